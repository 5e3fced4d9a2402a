"""Every command against every fault of the sandbox, each in a process of its own, on the same morning in one shop.

The shop has orders in every state that a command can be about: new at Amazon, at Sendcloud, with a label that is not
confirmed yet, delivered so long ago that their data is due. The process that has laid it out forks for each pair of
fault and command, on a copy of the home. Time passes only when somebody waits for it.
"""

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from amzlink.cli.main import run as run_command_line
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.problems import CATALOGUE, Exit, ProblemName
from tests.support.cron import Office
from tests.support.pushing import HEADER, row
from tests.support.world import SLUG

MOST_SECONDS: Final = 240
MEGABYTES: Final = 80  # of a huge answer; more than any reader takes
NAMES: Final = frozenset(name.value for name in ProblemName)
ESCAPES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What was refused so is sent again when the order changes, or after a day.
REFUSED_FOR_GOOD: Final = ("sendcloud-refuses-one", "sendcloud-refuses-vaguely")
_SECRETS: Final = ("client_secret", "refresh_token", "sendcloud_secret_key")


class Outcome(msgspec.Struct, frozen=True):
    """How a command ended: its exit code, the problems that it named, and what of it breaks a promise."""

    code: int
    problems: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A command line.

    `unconnected` where no store is connected yet; `settings` where it may change them; `calls` where it calls a
    service. `before` is a command that has run some minutes ago, without a fault.
    """

    words: tuple[str, ...]
    unconnected: bool = False
    settings: bool = False
    calls: bool = True
    before: tuple[str, ...] = ()


class Shop:
    """The shop on that morning."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office = office = Office(folder / "laid-out", orders=12, import_weights=True, purge_destination=True)
        self.world = office.world.sandbox.world
        self.world.faults.megabytes = MEGABYTES
        (old,) = office.add()
        office.clock.advance(600)
        self._run("import-orders", "--since", "700d")
        for action in ("announce", "scan", "deliver"):
            which = {"parcels": "all"} if action != "announce" else {"orders": [old]}
            office.clock.advance(600)
            office.tell("/control/sendcloud/parcels", {"action": action, **which})
            self._run("push-status")
        office.clock.advance(timedelta(days=31).total_seconds())
        self.sent, self.labelled, self.filed = office.add(3)
        office.clock.advance(600)
        self._run("import-orders")
        office.clock.advance(600)
        office.tell("/control/sendcloud/parcels", {"action": "announce", "orders": [self.labelled]})
        (self.new,) = office.add()
        office.clock.advance(600)
        self._secrets = [self.world.account.credentials()[name] for name in _SECRETS]
        self.sku = office.tell("/control/listings")["listings"][0]["sku"]
        self.secrets_file = folder / "secrets.toml"
        credentials = self.world.account.credentials()
        self.secrets_file.write_text("".join(f'{name} = "{credentials[name]}"\n' for name in _SECRETS))
        self.status_file = folder / "parcels.csv"
        today = f"{office.clock.now():%Y-%m-%d}"
        self.status_file.write_text(f"{HEADER}\n{row(self.filed, ship_date=today)}\n")

    def _run(self, *words: str) -> None:
        code, said = self.office.run(*words)
        assert code in (Exit.DONE, Exit.PARTLY), said

    def lines(self) -> dict[str, Line]:
        """The command lines, by what stands over their column."""
        credentials = self.world.account.credentials()
        given = (
            "--country", credentials["country"], "--seller-id", credentials["seller_id"],
            "--client-id", credentials["client_id"], "--name", "Shop", "--import-weights", "--no-browser",
            "--update-status-when", "processed", "--destination", "sendcloud",
            "--sendcloud-public-key", credentials["sendcloud_public_key"], "--secrets-from", str(self.secrets_file),
        )  # fmt: skip
        plain = (
            "import-orders", "import-orders --route report", f"import-orders --order {self.new}",
            "push-status --route single", "push-status --route feed", f"push-status --from {self.status_file}",
            "check-weights --all-listings", f"check-weights --set {self.sku}=0.45kg --apply",
            "purge-pii --yes", f"purge-pii --order {self.sent} --include-destination --yes",
        )  # fmt: skip
        local = (
            "status", "orders list", f"orders show {self.labelled}", "orders export", f"orders hold {self.sent}",
            f"orders release {self.sent}", "stores list", "stores show", "schedule show",
        )  # fmt: skip
        return {
            "connect": Line(("connect", *given), unconnected=True, settings=True),
            "verify": Line(("verify", "--deep")),
            **{_title(line): Line(tuple(line.split())) for line in plain},
            "push-status (after a feed)": Line(("push-status",), before=("push-status", "--route", "feed")),
            "disconnect": Line(("disconnect", "--yes"), settings=True),
            **{_title(line): Line(tuple(line.split()), calls=False) for line in local},
            "stores set": Line(("stores", "set", "name=Other"), settings=True, calls=False),
            "stores default": Line(("stores", "default", SLUG), settings=True, calls=False),
        }

    def outcome(self, fault: str | None, line: Line) -> Outcome:
        """Run the command in a process of its own, in which the fault is on; None: no fault."""
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            self._die_with(write, fault, line)
        os.close(write)
        with os.fdopen(read, "rb") as told:
            said = told.read()
        _, status = os.waitpid(child, 0)
        if not said:
            return Outcome(os.waitstatus_to_exitcode(status), broken=("it did not come to its end",))
        return msgspec.json.decode(said, type=Outcome)

    def _die_with(self, write: int, fault: str | None, line: Line) -> None:
        """The process of a command: run it, tell how it ended, and be gone without a word."""
        signal.alarm(MOST_SECONDS)
        try:
            outcome = self._run_here(fault, line)
            with os.fdopen(write, "wb") as told:
                told.write(msgspec.json.encode(outcome))
        except BaseException:  # noqa: BLE001 - nothing of the process that has forked may go on here
            traceback.print_exc()
        finally:
            os._exit(0)

    def _run_here(self, fault: str | None, line: Line) -> Outcome:
        office = self.office
        home = self.folder / f"home-{os.getpid()}"
        try:
            if line.unconnected:
                home.mkdir()
                office.deps.environ = {**office.deps.environ, "AMZLINK_HOME": str(home)}
                for secret in ("client-secret", "refresh-token", "sendcloud-secret-key", "vault-key"):
                    office.deps.secrets.delete(SLUG, secret)
            else:
                shutil.copytree(office.deps.environ["AMZLINK_HOME"], home)
            environ = {**office.deps.environ, "AMZLINK_HOME": str(home)}
            office.deps.environ, office.deps.home = environ, find_home(environ)
            office.deps.home.prepare()
            if line.before:
                self._run(*line.before)
                office.clock.advance(600)
            before = _settings(home)
            if fault:
                office.switch(fault)
            code, out, err = self._execute(*line.words)
            broken = list(broken_promises(code, out, err, self._secrets))
            if not line.settings and _settings(home) != before:
                broken.append("it changed the settings")
            if fault:
                office.switch(off=[fault])
            broken += self._afterwards(home, fault, line, code)
            return Outcome(code, names_in(out), tuple(broken))
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _afterwards(self, home: Path, fault: str | None, line: Line, code: int) -> Iterator[str]:
        """What is wrong with what the command has left behind; once the fault is over, all is made up for."""
        office = self.office
        book = home / "data" / "orders.db"
        if book.exists():
            with closing(sqlite3.connect(book)) as opened:
                if opened.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    yield "the order book is damaged"
        if SLUG not in office.deps.load_config().stores:
            if not line.settings:
                yield "the store is gone"
            return
        if line.unconnected and code != Exit.DONE:
            yield "it left half a store"
        if line.unconnected or not line.calls or "disconnect" in line.words:
            return
        office.clock.advance(timedelta(days=1).total_seconds())
        for job in ("import-orders", "push-status"):
            again, _, said = self._execute(job)
            office.clock.advance(1800)
            if again not in (Exit.DONE, Exit.PARTLY):
                yield f"{job} does not work again: {said}"
        yield from self._not_made_up_for(book, fault)

    def _not_made_up_for(self, book: Path, fault: str | None) -> Iterator[str]:
        with closing(sqlite3.connect(book)) as opened:
            booked = Counter(order_id for (order_id,) in opened.execute("SELECT order_id FROM orders"))
        if set(booked.values()) != {1} or self.new not in booked:
            yield "an order is missing or doubled in the book"
        there = {order["order_id"]: order for order in self.office.tell("/control/sendcloud/orders")["orders"]}
        if self.new not in there and fault not in REFUSED_FOR_GOOD:
            yield "an order did not reach Sendcloud"
        for shipment in self.office.tell("/control/shipments")["shipments"]:
            if any(package["confirmed"] > 1 for package in shipment["packages"]):
                yield "a parcel is confirmed twice"

    def _execute(self, *words: str) -> tuple[int, str, str]:
        """A command line in this process, as `--json`: its exit code, and both of its outputs."""
        office = self.office
        deps = Deps(
            office.deps.environ, office.deps.home, office.deps.secrets, office.clock,
            transport=office.deps.transport, rng=random.Random(1),
        )  # fmt: skip
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_command_line([*words, "--json"], deps)
        return code, out.getvalue(), err.getvalue()


def broken_promises(code: int, out: str, err: str, secrets: Iterable[str]) -> Iterator[str]:
    """What is wrong with how a command ended, whatever it met."""
    if code == Exit.BUG or "Traceback" in err:
        yield f"it crashed: {err[-300:]}"
    if any(secret in out + err for secret in secrets):
        yield "it shows a secret"
    if ESCAPES.search(out + err):
        yield "it sends control characters to the terminal"
    try:
        named = names_in(out)
    except ValueError:
        yield f"its output is no JSON: {out[:200]}"
        return
    if code not in {Exit.DONE, Exit.PARTLY, *(int(CATALOGUE[ProblemName(name)].exit_code) for name in named)}:
        yield f"exit code {code} belongs to none of {', '.join(named)}"


def names_in(out: str) -> tuple[str, ...]:
    """The problems that a document names, wherever it does. Raises ValueError where it is no JSON."""

    def names(document: object) -> Iterator[str]:
        if isinstance(document, dict):
            for key, value in document.items():
                if key in ("problem", "name") and value in NAMES:
                    yield value
                else:
                    yield from names(value)
        elif isinstance(document, list):
            for each in document:
                yield from names(each)

    return tuple(sorted(set(names(json.loads(out)))))


def _settings(home: Path) -> bytes:
    file = home / "config" / "config.toml"
    return file.read_bytes() if file.exists() else b""


def _title(line: str) -> str:
    """A command line without what is different in each shop."""
    return " ".join(word for word in line.split() if not re.search(r"\d|/|=|--yes", word))
