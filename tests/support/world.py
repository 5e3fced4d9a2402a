"""A store on a sandbox, as the tests of jobs and of the command line need it."""

import json
import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from amzlink.config.settings import Store
from amzlink.core.diagnosis.alarms import Part
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.problems import Problem
from amzlink.sandbox.catalogue import LISTINGS
from amzlink.sandbox.server import Sandbox
from amzlink.secrets.memory import MemorySecrets
from tests.support import books, forked_programs
from tests.support.deliveries import Delivered

SLUG = "demo-shop"


class VirtualClock:
    """Time that passes only when somebody waits; the sandbox and the client can share one."""

    def __init__(self, start: datetime | None = None) -> None:
        self.moment = start or datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class ReportedParcel:
    """An observer that keeps what it was told, the steps with the time by the clock."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    progress_lines: list[str] = field(default_factory=list)
    steps: list[tuple[float, tuple[str, int | None, int | None]]] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        self.progress_lines.append(what)
        self.steps.append((self.clock.now().timestamp(), (what, done, total)))

    def waiting(self, seconds: float, why: str) -> None:
        self.waits.append((seconds, why))

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        self.warnings.append(problem)

    def works(self, part: Part, store: str) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)


class InProcess(httpx.BaseTransport):
    """Calls the sandbox without a socket; `calls` holds every request, for the conformance test and for counting."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.calls: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        from amzlink.sandbox.messages import Request

        self.calls.append(request)
        answer = self._sandbox.app.handle(
            Request(
                method=request.method,
                path=request.url.raw_path.decode().split("?")[0],
                query=request.url.query.decode(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.read(),
            )
        )
        if answer.silent:
            raise httpx.ReadTimeout("no answer", request=request)
        headers = dict(answer.headers)
        if answer.delivery is not None:
            stream = Delivered(answer.delivery)
            return httpx.Response(answer.status, headers=headers, stream=stream, request=request)
        return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)


@dataclass
class StoreOnSandbox:
    """A connected store, its sandbox, and the means to work with both."""

    sandbox: Sandbox
    deps: Deps
    reported: ReportedParcel
    transport: InProcess
    clock: VirtualClock


def store_of(credentials: Mapping[str, Any], **settings: Any) -> Store:
    """A store with the sandbox's credentials; those of Sendcloud too, if its orders go there."""
    if settings.get("destination") == "sendcloud":
        keys = ("sendcloud_public_key", "sendcloud_integration_id")
        settings = {**{key: credentials[key] for key in keys}, **settings}
    return Store(
        **{
            "name": "Demo Shop",
            "country": credentials["country"],
            "seller_id": credentials["seller_id"],
            "client_id": credentials["client_id"],
            "marketplace_ids": tuple(credentials["marketplace_ids"]),
            "import_weights": False,
            **settings,
        }
    )


def store_on_sandbox(
    folder: Path,
    *,
    orders: int = 120,
    listings: int = LISTINGS,
    seed: int = 7,
    quota: Any = "off",
    faults: Sequence[str] = (),
    **settings: Any,
) -> StoreOnSandbox:
    """A store on a sandbox in this process, on a virtual clock and without sockets."""
    clock = VirtualClock()
    sandbox = Sandbox(orders=orders, listings=listings, seed=seed, quota=quota, faults=faults, clock=clock)
    credentials = sandbox.world.account.credentials()
    environ = {
        "AMZLINK_HOME": str(folder / "amzlink"),
        "AMZLINK_SPAPI_URL": "http://127.0.0.1:1",
        "AMZLINK_LWA_URL": "http://127.0.0.1:1",
        "AMZLINK_SENDCLOUD_URL": "http://127.0.0.1:1",
    }
    home = find_home(environ)
    home.prepare()
    books.lay_out(home.database_file)
    secrets = MemorySecrets()
    secrets.set(SLUG, "client-secret", credentials["client_secret"])
    secrets.set(SLUG, "refresh-token", credentials["refresh_token"])
    secrets.set(SLUG, "sendcloud-secret-key", credentials["sendcloud_secret_key"])
    reported, transport = ReportedParcel(clock), InProcess(sandbox)
    deps = Deps(environ, home, secrets, clock, reported, transport, rng=random.Random(seed))
    base = books.settings_for(home.database_file)
    deps.save_config(base.with_store(SLUG, store_of(credentials, **settings)))
    return StoreOnSandbox(sandbox, deps, reported, transport, clock)


def to_be_booked(sandbox: Sandbox) -> dict[str, str]:
    """What a complete book has: all that the merchant ships, with its status, but for what is not payable yet."""
    return {
        order_id: order.status
        for order_id, order in sandbox.world.orders.items()
        if order.fulfilled_by == "MERCHANT" and not order.status.startswith("PENDING")
    }


@dataclass
class Shell:
    """The command line as a program, in a home of its own, against a sandbox that listens."""

    home: Path
    addresses: Mapping[str, Any]
    environ: dict[str, str]
    sandbox: Sandbox

    @property
    def book(self) -> Path:
        """The file of the order book; `books` knows what is in its place on a server."""
        return self.home / "data" / "orders.db"

    def run(
        self, *words: str, stdin: str | None = None, environ: Mapping[str, str] | None = None, seconds: float = 300
    ) -> "Ran":
        """Run a command without a terminal; it is a failure when it takes longer than so many seconds."""
        done = forked_programs.run(
            "amzlink", words, env={**self.environ, **(environ or {})}, stdin=stdin, timeout=seconds
        )
        assert words[:1] == ("explain",) or not re.search("<[A-Z_]{2,}>", done.stderr), f"a gap: {done.stderr}"
        return Ran(done.returncode, done.stdout, done.stderr)

    def run_mortal(self, last: int, counter: Path, *words: str, seconds: float = 300) -> int:
        """Run a command that is killed at that call, or at none with 0, as `mortal` says; gives the exit code.

        Where it leased the store, its lease runs out.
        """
        arguments = (str(last), str(counter), *words)
        code = forked_programs.run(
            "tests.support.kill_at_call", arguments, env=self.environ, timeout=seconds
        ).returncode
        books.end_leases(self.book)
        return code

    def control(self, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask, or tell, the sandbox something. Where its clock is moved, this machine's goes along."""
        if path == "/clock" and document:
            moved = float(self.environ.get("AMZLINK_CLOCK_OFFSET", 0)) + float(document.get("advance", 0))
            self.environ["AMZLINK_CLOCK_OFFSET"] = str(moved)
        url = f"{self.addresses['control_url']}{path}"
        # There is nothing to verify, and to load the certificates of the world takes longer than the call.
        answer = httpx.get(url, verify=False) if document is None else httpx.post(url, json=document, verify=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@contextmanager
def shell(
    folder: Path, settings: Mapping[str, Any] | None = None, *, with_book: bool = True, **sandbox: Any
) -> Iterator[Shell]:
    """A command line with a store that is connected by its environment: no keyring, as on a server under cron.

    Without `with_book` the first command that needs an order book makes it.
    """
    with Sandbox(**{"orders": 120, "quota": "off", **sandbox}) as running:
        addresses = running.describe()
        credentials = addresses["credentials"]
        home = folder / "amzlink"
        key_file = folder / "keys" / "vault-key"
        key_file.parent.mkdir()
        prefix = f"AMZLINK_SECRET_{SLUG.upper().replace('-', '_')}_"
        environ = {
            "PATH": os.environ["PATH"],
            "AMZLINK_HOME": str(home),
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
            "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
            f"{prefix}CLIENT_SECRET": credentials["client_secret"],
            f"{prefix}REFRESH_TOKEN": credentials["refresh_token"],
            f"{prefix}SENDCLOUD_SECRET_KEY": credentials["sendcloud_secret_key"],
            f"{prefix}VAULT_KEY_FILE": str(key_file),
        }
        found = find_home(environ)
        found.prepare()
        if with_book:
            books.lay_out(found.database_file)
        from amzlink.config.file import write_config

        base = books.settings_for(found.database_file, made=with_book)
        write_config(base.with_store(SLUG, store_of(credentials, test=True, **(settings or {}))), found.config_file)
        yield Shell(home, addresses, environ, running)
