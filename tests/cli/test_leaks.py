"""Nothing personal lies anywhere but sealed, and after a purge nothing at all, in no copy either.

Every personal value of a thousand orders is a mark (tests/support/personal_marks.py). Every command is run, in both
forms and with `-vv`, and after each of them everything is searched that it printed and that it left on the disk.
"""

import base64
import contextlib
import gzip
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from typer import Typer

from amzlink.cli.main import app, run
from amzlink.config.settings import Config
from amzlink.core.orders.order import PersonalData
from amzlink.core.privacy.sealed_data import ITS_PARCELS, THE_ORDER, Place
from amzlink.core.shipments.parcels import SealedParcels
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.orderbook.privacy.boxes import boxes_of, replace_boxes
from amzlink.sandbox.order_plan import Trait
from amzlink.secrets.memory import MemorySecrets
from amzlink.secrets.system import SystemSecrets
from tests.cli.test_connect import KEYRING
from tests.support.address_files import cells_of, file_of
from tests.support.personal_marks import FIELDS, TOKEN, Marks, fields_in, files_under, hits, marks_in, read, shapes_in
from tests.support.pushing import HEADER, row
from tests.support.sealed import vault_of
from tests.support.world import SLUG, Ran, Shell, shell

ORDERS: Final = 1000
LATE_ORDERS: Final = 20
DAY: Final = 86_400
EVER: Final = ("--since", "700d")
KEY_FILE: Final = "AMZLINK_SECRET_DEMO_SHOP_VAULT_KEY_FILE"
# What nobody could be found by, or what amzlink has made itself.
NO_MARK: Final = frozenset({"country_code", "address_type", "entity_type", "type", "salt"})


class Watched:
    """The command line, searched for marks after every command: what it says, and what it leaves.

    `asked` and `given` are folders for files with personal data that were asked for and that are read.
    """

    def __init__(self, at: Shell, folder: Path) -> None:
        self.at = at
        self.folder = folder
        self.marks = Marks(at.sandbox.world)
        self.asked, self.given, self.temporary, user = (
            self._make(name) for name in ("asked", "given", "temporary", "user")
        )
        (user / "file_keyring.py").write_text(KEYRING)
        at.environ |= {
            "HOME": str(user),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(user),
            "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
            "TEST_KEYRING": str(user / "keyring.json"),
        }
        self.commands: set[str] = set()
        self.runs = self.files_searched = 0
        self._known: dict[Path, tuple[int, int, int]] = {}

    def run(
        self,
        *words: str,
        codes: Collection[int] = (0,),
        stdin: str = "",
        home: Path | None = None,
        key: Path | None = None,
        shows: bool = False,
    ) -> Ran:
        """Run a command with `-vv`, and search; with `shows` its stdout is to have personal data, and nothing else.

        `home` and `key` are those of a copy.
        """
        line = [*words, "-vv"]
        assert not shapes_in(" ".join(line).encode()), "no personal data as an argument"
        environ = {"AMZLINK_HOME": str(home or self.at.home), KEY_FILE: str(key or self.at.environ[KEY_FILE])}
        with self._watching():
            done = self.at.run(*line, stdin=stdin, environ=environ)
        assert done.code in codes, (line, done.code, done.err)
        assert shapes_in(done.err.encode()) == [], line
        assert shows or shapes_in(done.out.encode()) == [], line
        self.commands.add(command_of(words))
        self.runs += 1
        self.look(line)
        return done

    def both(self, *words: str, codes: Collection[int] = (0,), **more: Any) -> Ran:
        """Run a command in both forms; what it gives is the document's."""
        self.run(*words, codes=codes, **more)
        return self.run(*words, "--json", codes=codes, **more)

    def look(self, after: object) -> None:
        """Search every file that is new or has changed, wherever it lies."""
        for file in files_under(self.folder, but=(self.asked, self.given)):
            try:
                seen = file.stat()
            except FileNotFoundError:
                continue
            state = seen.st_mtime_ns, seen.st_size, seen.st_ino
            if self._known.get(file) != state:
                self._known[file] = state
                self.files_searched += 1
                assert shapes_in(read(file)) == [], (file, after)

    def copy(self, name: str) -> Path:
        """A backup of the home as it is now."""
        target = self.folder / name
        shutil.copytree(self.at.home, target)
        self.look(f"copy {name}")
        return target

    def order_ids(self, **wanted: Any) -> list[str]:
        """The orders of the book for which all of this holds."""
        listed = self.run("orders", "list", "--json").document["orders"]
        return [order["order_id"] for order in listed if all(order[name] == it for name, it in wanted.items())]

    def bring_new(self, count: int) -> list[str]:
        """New orders, marked and imported."""
        added: list[str] = self.at.control("/orders", {"add": count})["added"]
        self.marks.mark_orders(added)
        self.at.control("/clock", {"advance": 150})
        self.run("import-orders", codes=(0, 1))
        return added

    def _make(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir()
        return made

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        """Search the temporary files that come and go meanwhile."""
        over = threading.Event()
        seen: dict[str, list[str]] = {}
        watching = threading.Thread(target=self._watch, args=(over, seen))
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()
        assert seen == {}

    def _watch(self, over: threading.Event, seen: dict[str, list[str]]) -> None:
        while not over.wait(0.03):
            with contextlib.suppress(OSError):  # it has gone again
                for file in (*self.temporary.rglob("*"), *nameless_files(self.folder)):
                    if file.is_file() and (shapes := shapes_in(read(file))):
                        seen[str(file)] = shapes


@contextlib.contextmanager
def reading(at: Shell) -> Iterator[None]:
    """Somebody looks into the order book meanwhile, so that its journal cannot be folded back."""
    with contextlib.closing(sqlite3.connect(at.home / "data" / "orders.db", isolation_level=None)) as book:
        book.execute("BEGIN")
        book.execute("SELECT count(*) FROM orders").fetchone()
        yield
        book.execute("COMMIT")


def nameless_files(folder: Path) -> Iterator[Path]:
    """The files of a folder that programs of ours have open and nobody can see: SQLite's temporary ones are so."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                link = str(handle.readlink())
                if link.startswith(str(folder)) and link.endswith(" (deleted)"):
                    yield handle


def descendants(pid: int) -> Iterator[int]:
    """Programs that a process's main thread has started, and so on."""
    with contextlib.suppress(OSError):
        for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
            yield child
            yield from descendants(child)


def command_of(words: Sequence[str]) -> str:
    groups = {group.name for group in app.registered_groups}
    return " ".join(words[:2]) if words[0] in groups else words[0]


def registered_commands() -> set[str]:
    found = {str(command.name) for command in app.registered_commands}
    for group in app.registered_groups:
        assert isinstance(group.typer_instance, Typer)
        found |= {f"{group.name} {command.name}" for command in group.typer_instance.registered_commands}
    return found


def deps_of(at: Shell, home: Path | None = None) -> Deps:
    environ = {**at.environ, "AMZLINK_HOME": str(home or at.home)}
    return Deps(environ, find_home(environ), SystemSecrets(environ, find_home(environ)))


def sealed(home: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(home / "data" / "orders.db")) as book:
        return {order_id for (order_id,) in book.execute("SELECT order_id FROM sealed")}


def texts_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a document, with the names that they stand under."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner, name)
    elif isinstance(value, str) and name not in NO_MARK:
        yield name, value


def check_that_all_is_marked(at: Shell, part: str) -> set[str]:
    """Open everything that is sealed: each text of it is a mark. The fields that there are."""
    kind: type[PersonalData | SealedParcels] = PersonalData if part == THE_ORDER else SealedParcels
    deps = deps_of(at)
    fields: set[str] = set()
    with deps.book(SLUG) as book:
        vault = vault_of(deps, book)
        for place, box in boxes_of(book, sealed(at.home)).items():
            if place.part == part:
                data = msgspec.to_builtins(msgspec.json.decode(vault.open(place.order_id, box, part=part), type=kind))
                for name, text in texts_in(data):
                    assert marks_in(text), name
                    fields |= fields_in(text)
    return fields


@contextlib.contextmanager
def faults(at: Shell, *names: str) -> Iterator[None]:
    at.control("/faults", {"on": list(names)})
    yield
    at.control("/faults", {"off": list(names)})


def connect_and_import(w: Watched) -> None:
    at = w.at
    credentials = at.addresses["credentials"]
    secrets = "".join(f"{name} = {json.dumps(credentials[name])}\n" for name in ("client_secret", "refresh_token"))
    w.both("connect", "--renew", "--secrets-from", "-", stdin=secrets)
    w.both("import-orders", *EVER, "--dry-run", codes=(0, 1))
    with faults(at, "malformed-order"):
        w.run("import-orders", *EVER, "--json", codes=(1,))
    w.run("import-orders", *EVER, codes=(0, 1))
    of_orders = set(FIELDS.values()) - {"Sendcloud's tracking number", "a file's tracking number"}
    assert check_that_all_is_marked(at, THE_ORDER) == of_orders
    with faults(at, "response-truncated"):
        w.both("import-orders", "--max-wait", "1s", codes=(69, 75))
    for path in ("shipping_address/city", "customer_details/name"):
        refused = at.control("/orders", {"add": 4})["added"]
        w.marks.mark_orders(refused)
        at.control("/clock", {"advance": 150})
        at.control("/sendcloud/refusals", {"orders": refused, "path": path})
        told = w.run("import-orders", "--json", codes=(1,)).document["stores"][0]
        assert "sendcloud-refused" in {entry["problem"] for entry in told["refused"]}
        story = w.both("orders", "show", refused[0]).document  # Sendcloud quotes what it refuses
        assert story["destination"]["state"] == "refused"
        assert story["destination"]["message"]


def look_at_orders(w: Watched) -> None:
    sent = w.order_ids(sent="yes")[0]
    there = json.dumps(w.at.control(f"/sendcloud/orders/{sent}"))
    assert {"name", "addressLine1", "city", "postalCode", "buyerEmail"} <= fields_in(there), "it went to Sendcloud"
    w.both("orders", "list")
    w.both("orders", "show", sent)
    shown = w.both("orders", "show", sent, "--with-pii", shows=True)
    assert {"buyerName", "buyerEmail", "name", "addressLine1", "city", "postalCode"} <= fields_in(shown.out)
    w.both("orders", "export")
    w.both("orders", "export", "--format", "jsonl", "--output", str(w.folder / "rows.jsonl"))
    exported = w.run("orders", "export", "--with-pii", "--format", "jsonl", shows=True)
    assert len(w.marks.orders_in(exported.out)) > ORDERS // 2
    for form, more in (("csv", ()), ("json", ("--json",))):
        file = w.asked / f"rows.{form}"
        done = w.run("orders", "export", "--with-pii", "--format", form, "--output", str(file), *more)
        assert "This export contains personal data" in done.err
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert w.marks.orders_in(file.read_text()) == w.marks.orders_in(exported.out)
    w.both("orders", "hold", sent)
    w.run("orders", "release", sent)
    w.run("orders", "release", sent, "--json")
    w.both("check-weights")
    w.both("check-weights", "--output", str(w.folder / "weights.csv"))


def give_addresses(w: Watched) -> None:
    """Orders come without addresses, and a file of Seller Central's has them: whole, damaged, and in wrong columns."""
    at = w.at
    with faults(at, "role-missing-pii"):
        added = w.bring_new(12)
        rows = [row for order_id in added for row in cells_of(at.sandbox.world, order_id)]
        assert shapes_in(file_of(rows, "utf-8"))
        wrong = [{**rows[0], "order-id": rows[0]["recipient-name"]}, {**rows[1], "ship-country": rows[1]["ship-city"]}]
        file = w.given / "unshipped.txt"
        for content in (
            file_of([*rows, *wrong], "utf-8").replace(b"recipient-name", rows[0]["recipient-name"].encode(), 1),
            file_of([*rows, *wrong], "utf-8"),
            file_of([*wrong, *rows[:2]], "utf-16"),
        ):
            file.write_bytes(content)
            w.run("import-orders", "--addresses", str(file), "--dry-run", codes=(1, 65))
            w.both("import-orders", "--addresses", str(file), codes=(1, 65))
    lacking = [order_id for order_id in added if "no-address" in w.run("orders", "show", order_id, "--json").out]
    assert len(lacking) < len(added) / 2


def push(w: Watched) -> None:
    at = w.at
    at.control("/sendcloud/parcels", {"action": "announce", "orders": "all"})
    w.marks.mark_parcels()
    w.both("push-status", "--dry-run", codes=(0, 1))
    with reading(at):
        w.run("push-status", codes=(0, 1))
        copied = w.copy("pushed, and somebody reads")
    assert (copied / "data" / "orders.db-wal").stat().st_size > 0
    at.control("/sendcloud/parcels", {"action": "deliver", "parcels": "all"})
    with faults(at, "sendcloud-malformed"):
        w.run("push-status", codes=(69, 75))
    w.run("push-status", "--json", codes=(0, 1))
    push_files(w)
    assert check_that_all_is_marked(at, ITS_PARCELS) == {"Sendcloud's tracking number", "a file's tracking number"}


def push_files(w: Watched) -> None:
    at = w.at
    today = at.control("/state")["now"][:10]
    w.bring_new(20)
    orders = at.sandbox.world.orders
    left = w.order_ids(status="UNSHIPPED", confirmed="no", holds=[], sent="yes", programs=[])
    left = [order_id for order_id in left if Trait.TRANSPARENCY not in orders[order_id].traits]
    assert len(left) >= 10

    def rows(order_ids: Sequence[str]) -> str:
        lines = (row(order_id, w.marks.number_for_a_file(order_id), ship_date=today) for order_id in order_ids)
        return "\n".join((HEADER, *lines)) + "\n"

    mark = w.marks.number_for_a_file(left[0])
    slips = (  # a number that stands in the wrong column, or is none
        f"{mark},dhl_de,1,{today}",
        f"{left[0]},dhl_de,1,{mark}",
        f"{left[0]},dhl_de,{mark}Ä,{today}",
        f"{left[0]},dhl_de,1,{today},,{mark}",
        f"{left[0]},dhl_de,1,{today},,,{mark}",
        f"{left[0]},dhl_de,1,{today},,,,{mark}",
        f'{left[0]},"{mark},dhl_de,1,{today}',
    )
    file = w.given / "parcels.csv"
    file.write_text(rows(left[1:4]) + "\n".join(slips) + "\n")
    told = w.run("push-status", "--from", str(file), "--json", codes=(1,)).document["stores"][0]
    assert len(told["failed"]) >= len(slips)
    assert told["confirmed"] == 3
    w.run("push-status", "--from", str(file), codes=(1,))
    for text in (f"{left[0]},dhl_de,{mark},{today}\n", f'[{{"order_id": "{mark}"', f'{{"{mark}": "{mark}"}}\n{mark}'):
        w.run("push-status", "--from", "-", stdin=text, codes=(1, 65))
        w.run("push-status", "--from", "-", "--json", stdin=text, codes=(1, 65))
    at.control("/feeds", {"seconds": 0})
    for route, fault, order_ids in (
        ("single", "shipment-refused", left[4:6]),  # Amazon repeats the number that it refuses
        ("feed", "shipment-refused", left[6:8]),
        ("feed", "feed-fatal", left[8:10]),
    ):
        file.write_text(rows(order_ids))
        with faults(at, fault):
            w.run("push-status", "--from", str(file), "--route", route, "--json", codes=(0, 1, 69, 75))
        w.both("orders", "show", order_ids[0])
        w.run("push-status", codes=(0, 1, 75))


def look_around(w: Watched) -> None:
    w.both("status", codes=(0, 1))
    w.both("verify", codes=(0, 1))
    listed = w.run("orders", "list", "--json").document["orders"]
    shown = [word for order in listed[::20] for word in ("--order", order["order_id"])]
    w.run("verify", "--deep", "--bundle", str(w.folder / "bundle.zip"), *shown, codes=(0, 1))
    with zipfile.ZipFile(w.folder / "bundle.zip") as bundle:
        assert len(json.loads(bundle.read("orders.json"))["orders"]) == len(shown) // 2 > LATE_ORDERS
    w.run("explain", "retention-overdue")
    w.run("explain", "--list", "--json")
    w.both("stores", "list")
    w.both("stores", "show")
    w.both("stores", "set", "hold_missing_weight=true")
    w.both("stores", "default", SLUG)
    w.both("schedule", "install", "--dry-run", codes=(0, 78))  # 78: secrets in variables, or no scheduler here
    w.both("schedule", "show")
    w.both("schedule", "remove", "--dry-run")
    w.both("database", "migrate", "--to", f"postgresql://@/amzlink?host={w.folder}", "--dry-run", codes=(75, 78))
    w.run("sandbox", "--fault", "help")
    w.run("demo")


def crash(w: Watched) -> None:
    """What is sealed has a form that this version does not know: a bug, while personal data is open."""
    broken = w.copy("broken")
    deps = deps_of(w.at, broken)
    with deps.book(SLUG) as book:
        vault = vault_of(deps, book)
        order_id = min(sealed(broken))
        place = Place(order_id)
        box = boxes_of(book, [order_id])[place]
        name, city = (w.marks.of(order_id, letter) for letter in "aj")
        data = json.dumps({"buyer": {"name": name}, "recipient": city, name: city})
        replace_boxes(
            book, {place: (box, vault.seal(order_id, data.encode(), box.lease_day))}, vault.chain_ids
        )  # fmt: skip
    done = w.both("orders", "show", order_id, "--with-pii", home=broken, codes=(70,))
    assert done.document["error"]["problem"] == "internal-error"
    assert "Traceback" in done.err
    w.run("orders", "export", "--with-pii", "--output", str(w.asked / "none"), home=broken, codes=(70,))
    assert sorted(file.name for file in w.asked.iterdir()) == ["rows.csv", "rows.json"], "nothing half-written is left"
    w.run("verify", "--bundle", str(w.folder / "crashed.zip"), home=broken, codes=(0, 1))
    with zipfile.ZipFile(w.folder / "crashed.zip") as bundle:
        assert any(name.startswith("crashes/") for name in bundle.namelist())


def stopped_purge(w: Watched) -> None:
    """A purge that is killed as soon as the keys have moved on."""
    key = Path(w.at.environ[KEY_FILE])
    before = key.read_bytes()
    with subprocess.Popen([sys.executable, "-m", "amzlink", "purge-pii"], env=w.at.environ) as purge:
        while key.read_bytes() == before and purge.poll() is None:
            time.sleep(0.0005)
        purge.kill()


def exported_from(w: Watched, copy: Path) -> set[str]:
    """The orders whose data a backup yields to the keyring of today, by all that is shown of it."""
    done = w.run("orders", "export", "--with-pii", "--json", home=copy, shows=True)
    assert done.document["rows"]
    return w.marks.orders_in(done.out)


@pytest.mark.long
@pytest.mark.timeout(900)  # a minute's work, on a machine that may be busy
def test_whatever_is_run_personal_data_is_nowhere_but_sealed_and_after_its_time_in_no_copy(tmp_path: Path) -> None:
    settings = {"destination": "sendcloud", "update_status_when": "announced"}
    with shell(tmp_path, settings, orders=ORDERS) as at:
        w = Watched(at, tmp_path)
        w.marks.mark_orders()
        assert w.marks.count > 8 * ORDERS
        connect_and_import(w)
        backups = [w.copy("imported")]
        look_at_orders(w)
        give_addresses(w)
        push(w)
        backups += [w.folder / "pushed, and somebody reads", w.copy("pushed")]
        look_around(w)
        crash(w)

        # Time goes by; what comes late is to stay when the rest goes.
        at.control("/clock", {"advance": 20 * DAY})
        late = w.bring_new(LATE_ORDERS)
        at.control("/clock", {"advance": 15 * DAY})
        due = {order["order_id"] for order in w.both("purge-pii", "--dry-run").document["stores"][0]["orders"]}
        assert len(due) > ORDERS // 3
        backups.append(w.copy("due"))
        boxes = box_beginnings(at.home)
        leave(w)
        stopped_purge(w)
        backups.append(w.copy("killed"))
        requested = min(set(late) & sealed(at.home))
        w.run("purge-pii", "--order", requested, "--yes")
        w.run("purge-pii", "--json")
        kept = sealed(at.home)
        assert not kept & due
        assert len(kept & set(late)) > LATE_ORDERS // 2

        # Every backup with the keyring of today: what was purged when it was due is dark, what is kept is not.
        readable = {copy.name: exported_from(w, copy) for copy in backups}
        assert all(orders <= kept | {requested} for orders in readable.values())
        assert min(readable["due"], readable["killed"], key=len) >= kept & set(late)
        gone = min(due)
        for copy in backups:
            shown = w.run("orders", "show", gone, "--with-pii", "--json", home=copy)
            assert shown.document["recipient"] is None

        at.control("/clock", {"advance": 120 * DAY})
        w.both("purge-pii")
        assert sealed(at.home) == set()
        assert [copy.name for copy in backups if exported_from(w, copy)] == []
        book = b"".join(read(file) for file in (at.home / "data").iterdir())
        assert len(boxes) > ORDERS // 3
        assert [beginning for beginning in boxes if beginning in book] == []
        assert hits(tmp_path, but=(w.asked, w.given)) == {}
        assert list(w.temporary.iterdir()) == []
        assert w.commands == registered_commands(), "every command is to be run here"


def box_beginnings(home: Path) -> list[bytes]:
    """Enough of each box to know it again."""
    with contextlib.closing(sqlite3.connect(home / "data" / "orders.db")) as book:
        return [box[:16] for (box,) in book.execute("SELECT box FROM sealed")]


def leave(w: Watched) -> None:
    """Disconnecting, on copies of the home with copies of the key."""
    for name, words in (("left", ("--json",)), ("left, orders kept", ("--keep-orders",))):
        home, key = w.copy(name), w.folder / f"{name}.key"
        shutil.copy(w.at.environ[KEY_FILE], key)
        assert sealed(home)
        w.run("disconnect", "--yes", *words, home=home, key=key)
        assert sealed(home) == set()
        assert not key.exists()


class BrokenDeps(Deps):
    """A bug whose message quotes what was at hand."""

    def load_config(self) -> Config:
        try:
            return dict[str, Config]()[f"{TOKEN}0000e Müller"]
        except KeyError as error:
            raise RuntimeError(f"no label for {TOKEN}0000e Müller, {TOKEN}0000g Straße 5") from error


@pytest.mark.parametrize("form", [("-vv",), ("-vv", "--json")])
def test_a_bug_shows_and_reports_no_message_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: tuple[str, ...]
) -> None:
    home = find_home({"AMZLINK_HOME": str(tmp_path)})
    home.prepare()
    assert run(["orders", "list", *form], BrokenDeps({}, home, MemorySecrets())) == 70
    out, err = capsys.readouterr()
    assert "Traceback" in err
    assert "builtins.RuntimeError" in err
    assert "load_config" in err
    assert shapes_in((out + err).encode()) == []
    assert len(list(home.log.glob("crash-*.txt"))) == 1
    assert hits(tmp_path) == {}


def test_a_mark_is_found_in_every_shape(tmp_path: Path) -> None:
    text = f"buyer: {TOKEN}0012a, Köln"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("runs.json", gzip.compress(json.dumps({"text": text}).encode()))
    planted = {
        "as it is": b"\0\1" + text.encode() + b"\0",
        "capitals": text.upper().encode(),
        "utf-16": text.encode("utf-16-le"),
        "utf-16, big end": text.encode("utf-16-be"),
        **{f"base64 after {count}": base64.b64encode(bytes(count) + text.encode()) for count in range(3)},
        **{f"base64 of capitals after {n}": base64.b64encode(bytes(n) + text.upper().encode()) for n in range(3)},
        "hexadecimal": text.encode().hex().encode(),
        "hexadecimal, capitals": text.upper().encode().hex().upper().encode(),
        "percent": "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
        "JSON": "".join(f"\\u{ord(letter):04X}" for letter in text).encode(),
        "zip in which there is gzip": packed.getvalue(),
        "zlib": zlib.compress(text.encode()),
    }
    for name, data in planted.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "nothing").write_bytes(os.urandom(1 << 20))
    (tmp_path / "no zip").write_bytes(b"PK\3\4 and no more")
    (tmp_path / f"{TOKEN}0012a.txt").touch()
    assert set(hits(tmp_path)) == {*planted, f"{TOKEN}0012a.txt"}
    assert set(hits(tmp_path, but=(tmp_path / "zlib",))) == {*planted, f"{TOKEN}0012a.txt"} - {"zlib"}


def test_files_without_a_name_are_seen_too(tmp_path: Path) -> None:
    code = "import sys, tempfile, time; f = tempfile.TemporaryFile(dir=sys.argv[1]); f.write(b'x'); f.flush(); print()"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; sys.stdout.flush(); sys.stdin.read()", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert list(tmp_path.iterdir()) == []
        assert [read(file) for file in nameless_files(tmp_path)] == [b"x"]
