"""An order book that an earlier version made opens, is brought up to date, and goes on being worked with.

The books are in `tests/fixtures/books`, each with what the version that made it said about it. Everything here is asked
on the command line, at the time of the book's own day: a month later its personal data is due.
"""

import contextlib
import io
import json
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from amzlink.amazon.shipments import Confirmation, confirm_shipment
from amzlink.cli.main import run
from amzlink.core.shipments.packing import Item
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.sandbox.messages import Request
from amzlink.sandbox.server import Sandbox
from amzlink.secrets.memory import MemorySecrets
from tests.support.world import SLUG, InProcess, Ran, VirtualClock

BOOKS: Final = Path(__file__).parents[1] / "fixtures" / "books"
NOWHERE: Final = "http://127.0.0.1:1"
SEARCH: Final = "/orders/2026-01-01/orders"


class Home:
    """A home on a clock that stands still, and its command line; all services are the sandbox."""

    def __init__(self, folder: Path, kept: Path, sandbox: Sandbox, clock: VirtualClock, *, with_book: bool) -> None:
        names = ("AMZLINK_SPAPI_URL", "AMZLINK_LWA_URL", "AMZLINK_SENDCLOUD_URL")
        environ = {"AMZLINK_HOME": str(folder), **dict.fromkeys(names, NOWHERE)}
        home, secrets = find_home(environ), MemorySecrets()
        home.prepare()
        self.book_file = home.database_file
        shutil.copy(kept / "config.toml", home.config_file)
        keyring = json.loads((kept / "keyring.json").read_text())
        if with_book:
            shutil.copy(kept / "orders.db", self.book_file)
        else:
            del keyring["vault-key"]
        for name, value in keyring.items():
            secrets.set(SLUG, name, value)
        self.wire = InProcess(sandbox)
        self._deps = Deps(environ, home, secrets, clock, transport=self.wire)

    def run(self, *words: str) -> Ran:
        """Run a command; what it asks in return finds nobody."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(words, self._deps)
        return Ran(code, out.getvalue(), err.getvalue())

    def confirm(self, sandbox: Sandbox, order_id: str, number: str) -> None:
        """Confirm a whole order to Amazon, as our first package, without a word in any book."""
        order = sandbox.world.orders[order_id]
        items = tuple(Item(line["orderItemId"], line["quantityOrdered"]) for line in order.body["orderItems"])
        account = self._deps.account_of(SLUG, self._deps.load_config().stores[SLUG])
        with self._deps.link(account) as client:
            confirm_shipment(
                client,
                Confirmation(
                    order_id=order_id, marketplace_id=order.marketplace_id, reference="1001", carrier_code="DHL",
                    ship_date=self._deps.clock.now(), items=items, tracking_number=number,
                ),
            )  # fmt: skip

    def ask(self, *words: str) -> dict[str, Any]:
        """The document of a command that does all it is asked for."""
        done = self.run(*words, "--json")
        assert done.code == 0, done.out + done.err
        return done.document


class Kept:
    """A book in the fixtures, the day that it is of, and the services as they were then."""

    def __init__(self, kept: Path) -> None:
        self.folder = kept
        # Times are told to the second today; at that time some were told to the millisecond.
        told = re.sub(r"(T\d\d:\d\d:\d\d)\.\d{3}Z", r"\1Z", (kept / "expected.json").read_text())
        self.expected: dict[str, Any] = json.loads(told)
        self.moment = datetime.fromisoformat(self.expected["moment"])

    def sandbox(self, clock: VirtualClock) -> Sandbox:
        """The sandbox that the book was made with: the same orders, but nothing has happened to them since."""
        made = self.expected["sandbox"]
        clock.moment = datetime.fromisoformat(made["started"])
        sandbox = Sandbox(
            orders=made["orders"], listings=made["listings"], seed=made["seed"], quota="off", clock=clock
        )  # fmt: skip
        for count, moment in made["added"]:
            clock.moment = datetime.fromisoformat(moment)
            sandbox.world.add_orders(count)
        clock.moment = self.moment
        return sandbox

    def open(self, folder: Path, *, later: timedelta = timedelta(0)) -> Home:
        """A copy in a home of its own, so long after the day that it is of."""
        clock = VirtualClock()
        sandbox = self.sandbox(clock)
        clock.advance(later.total_seconds())
        return Home(folder, self.folder, sandbox, clock, with_book=True)


def accepted_in(book: Path) -> set[str]:
    """The orders with a confirmation that Amazon has accepted."""
    with closing(sqlite3.connect(book)) as opened:
        return {
            order_id for (order_id,) in opened.execute("SELECT order_id FROM confirmations WHERE state = 'accepted'")
        }


@pytest.fixture(scope="module", params=sorted(each.name for each in BOOKS.iterdir() if each.is_dir()))
def kept(request: pytest.FixtureRequest) -> Kept:
    return Kept(BOOKS / request.param)


@pytest.fixture(scope="module")
def opened(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """For tests that only look."""
    return kept.open(tmp_path_factory.mktemp("old") / "amzlink")


def test_the_book_holds_every_state_that_there_was(kept: Kept) -> None:
    """As its own version wrote it, before anything is brought up to date."""
    assert counted(kept.folder / "orders.db") == kept.expected["rows"]


def test_its_schema_is_brought_up_to_that_of_a_new_book(kept: Kept, opened: Home, tmp_path: Path) -> None:
    clock = VirtualClock()
    new = Home(tmp_path / "new", kept.folder, kept.sandbox(clock), clock, with_book=False)
    for home in (opened, new):
        home.run("status")
    assert version_of(kept.folder / "orders.db") == kept.expected["schema"]
    assert version_of(opened.book_file) == version_of(new.book_file)
    assert schema_of(opened.book_file) == schema_of(new.book_file)


class TestWhatItKnows:
    def test_its_stores(self, kept: Kept, opened: Home) -> None:
        expected = kept.expected["store"]
        (store,) = opened.ask("stores", "list")["stores"]
        assert part_of(store, expected) == expected

    def test_every_order_is_where_it_was(self, kept: Kept, opened: Home) -> None:
        expected, listed = kept.expected["orders"], orders_of(opened)
        assert listed.keys() == expected.keys()
        # That version waited for the next import; what Amazon has accepted counts as confirmed at once today.
        accepted = accepted_in(kept.folder / "orders.db")
        assert accepted
        for order_id, order in expected.items():
            known = {**order, "confirmed": "yes"} if order_id in accepted and order["confirmed"] == "no" else order
            assert part_of(listed[order_id], known) == known

    def test_what_is_sealed_can_be_opened(self, kept: Kept, opened: Home) -> None:
        assert recipients_of(opened) == kept.expected["recipients"]

    def test_single_orders_are_shown_whole(self, kept: Kept, opened: Home) -> None:
        for order_id, expected in kept.expected["shown"].items():
            assert part_of(opened.ask("orders", "show", order_id, "--with-pii"), expected) == expected

    def test_what_was_purged_is_said_to_be(self, kept: Kept, opened: Home) -> None:
        for order_id in kept.expected["purged"]:
            shown = opened.ask("orders", "show", order_id, "--with-pii")
            assert (shown["recipient"], shown["buyer"], shown["personal_data_until"]) == (None, None, None)

    def test_how_far_everything_has_come(self, kept: Kept, opened: Home) -> None:
        expected = kept.expected["status"]
        assert part_of(status_of(opened), expected) == expected

    def test_what_products_weigh(self, kept: Kept, opened: Home) -> None:
        assert weights_of(opened) == kept.expected["weights"]


@pytest.mark.parametrize("days", [17, 31])
def test_a_month_later_its_data_is_due_and_goes(kept: Kept, tmp_path: Path, days: int) -> None:
    """What was delivered in time goes first; in the end all goes, but for what must be kept longer."""
    expected = kept.expected["later"][str(days)]
    at = kept.open(tmp_path / "amzlink", later=timedelta(days=days))
    assert due_of(at) == expected["due"]
    (done,) = at.ask("purge-pii")["stores"]
    assert (done["purged"], done["kept"]) == (len(expected["due"]), expected["kept"])
    assert due_of(at) == {}
    left = recipients_of(at)
    assert left == {
        order_id: personal
        for order_id, personal in kept.expected["recipients"].items()
        if order_id not in expected["due"]
    }
    assert left


class TestTheWorkGoesOn:
    """Another home has brought the services to where they were when the book's last runs died."""

    @pytest.fixture
    def clock(self) -> VirtualClock:
        return VirtualClock()

    @pytest.fixture
    def sandbox(self, kept: Kept, clock: VirtualClock, tmp_path: Path) -> Sandbox:
        sandbox = kept.sandbox(clock)
        clock.moment = datetime.fromisoformat(kept.expected["sandbox"]["sent_at"])
        at = Home(tmp_path / "other", kept.folder, sandbox, clock, with_book=False)
        refuse(sandbox, *kept.expected["never_arrived"])
        at.run("import-orders", "--since", "90d")
        refuse(sandbox)
        # The numbers are of a sandbox whose carriers printed any digits, so a file with them would be refused today.
        for order_id, number in kept.expected["under_way"].items():
            at.confirm(sandbox, order_id, number)
        clock.moment = kept.moment
        return sandbox

    @pytest.fixture
    def at(self, kept: Kept, sandbox: Sandbox, clock: VirtualClock, tmp_path: Path) -> Home:
        return Home(tmp_path / "amzlink", kept.folder, sandbox, clock, with_book=True)

    def test_an_import_ends_what_was_begun_and_sends_nothing_twice(
        self, kept: Kept, sandbox: Sandbox, clock: VirtualClock, at: Home
    ) -> None:
        new = sandbox.world.add_orders(3)
        clock.advance(timedelta(minutes=10).total_seconds())
        done = at.run("import-orders", "--json")
        assert done.code in (0, 1), done.out
        assert done.document["stores"][0].get("error") is None
        searches = [call.url.params for call in at.wire.calls if call.url.path == SEARCH]
        assert "paginationToken" in searches[0], "it goes on from the last page that the book has"
        assert "paginationToken" not in searches[-1]
        assert status_of(at)["orders"]["refused"] == 0  # what could not be read then has been read now
        listed = orders_of(at)
        assert listed.keys() == {*new, *kept.expected["orders"]}
        assert recipients_of(at).keys() >= set(new)
        for order_id in (*kept.expected["handed_over"], *kept.expected["never_arrived"]):
            assert listed[order_id]["sent"] == "yes"
            assert sandbox.world.sendcloud.orders.writes[order_id] == 1

    def test_a_push_tells_what_was_not_told_and_nothing_twice(self, kept: Kept, sandbox: Sandbox, at: Home) -> None:
        done = at.run("push-status", "--json")
        assert done.code == 0, done.out
        told = packages_at_amazon(sandbox)
        for order_id in (*kept.expected["under_way"], *kept.expected["planned"]):
            assert told[order_id] == [(1, 0)], order_id
        assert {listed["confirmed"] for listed in orders_of(at).values()} >= {"yes", "no", "refused"}


# What a home says of itself, as far as it is the same in every version.


def part_of(document: Any, like: Any) -> Any:
    """The document without the fields that `like` has not: a later version may tell more."""
    if isinstance(document, dict) and isinstance(like, dict):
        return {name: part_of(document[name], like[name]) for name in like}
    if isinstance(document, list) and isinstance(like, list) and len(document) == len(like):
        return [part_of(each, other) for each, other in zip(document, like, strict=True)]
    return document


def orders_of(at: Home) -> dict[str, dict[str, Any]]:
    """The orders of `orders list`."""
    return {order.pop("order_id"): order for order in at.ask("orders", "list")["orders"]}


def recipients_of(at: Home) -> dict[str, dict[str, str]]:
    """Of every order whose personal data is there, to whom it goes, and a gift's message."""
    names = ("buyer_name", "buyer_email", "recipient_name", "address_line_1", "postal_code", "city", "phone")
    done = at.run("orders", "export", "--format", "json", "--with-pii")
    assert done.code == 0, done.err
    found: dict[str, dict[str, str]] = {}
    for each in json.loads(done.out):
        personal = {name: each[name] for name in (*names, "gift_message") if each[name]}
        if personal:
            found.setdefault(each["order_id"], {}).update(personal)
    return found


def status_of(at: Home) -> dict[str, Any]:
    """What `status` says of the store, without its sentences and what depends on the machine."""
    done = at.run("status", "--json")
    assert done.code == 1, "some of its orders need a person"
    (store,) = done.document["stores"]
    return {name: store[name] for name in ("store", "last_import", "last_push", "orders", "shipping")}


def weights_of(at: Home) -> dict[str, list[Any]]:
    """The products of `check-weights`, which looks and keeps nothing."""
    names = ("weight_grams", "source", "finding", "at_amazon")
    skus = at.ask("check-weights", "--all-listings", "--dry-run")["skus"]
    return {each["sku"]: [each[name] for name in names] for each in skus}


def due_of(at: Home) -> dict[str, list[Any]]:
    """What a purge would destroy now, and why."""
    (store,) = at.ask("purge-pii", "--dry-run")["stores"]
    return {order["order_id"]: [order["rule"], order["since"]] for order in store["orders"]}


# What a file holds, and what the services have.

STATES: Final[Mapping[str, str]] = {
    "orders": "status", "holds": "hold", "sealed": "part", "dispatches": "state", "parcels": "kind",
    "confirmations": "state", "feeds": "state", "listings": "patch_state", "tombstones": "rule", "purges": "rule",
    "runs": "job", "searches": "kind",
}  # fmt: skip


def counted(file: Path) -> dict[str, Any]:
    """How many rows there are in each table, or of each state in those that have one."""
    found: dict[str, Any] = {}
    with reading(file) as book:
        tables = [name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(tables):
            rows = book.execute(f"SELECT {STATES.get(table, 'NULL')} FROM {table}").fetchall()
            states = Counter(str(state) for (state,) in rows)
            found[table] = dict(sorted(states.items())) if table in STATES else len(rows)
    return found


def version_of(file: Path) -> str:
    with reading(file) as book:
        ((version,),) = book.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(version)


def schema_of(file: Path) -> dict[str, Any]:
    """Tables with their columns and indexes; the order of columns does not count."""
    with reading(file) as book:
        entries = book.execute("SELECT type, name FROM sqlite_master").fetchall()
        columns = {
            name: sorted(column[1:] for column in book.execute(f"PRAGMA table_info({name})"))
            for kind, name in entries if kind == "table"
        }  # fmt: skip
        indexes = {
            name: [column[2] for column in book.execute(f"PRAGMA index_info({name})")]
            for kind, name in entries if kind == "index"
        }  # fmt: skip
    return {"tables": columns, "indexes": indexes}


@contextlib.contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that puts no journal beside the file; what nobody has open has none."""
    assert not file.with_name(f"{file.name}-wal").exists()
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as book:
        yield book


def tell(sandbox: Sandbox, path: str, document: object = None) -> Any:
    """A control call of the sandbox."""
    body = b"" if document is None else json.dumps(document).encode()
    answer = sandbox.app.handle(Request("GET" if document is None else "POST", path, "", {}, body))
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def refuse(sandbox: Sandbox, *order_ids: str) -> None:
    """From now on Sendcloud refuses these orders, and no others."""
    path = "shipping_address/postal_code"
    tell(sandbox, "/control/sendcloud/refusals", {"orders": list(order_ids), "path": path})


def packages_at_amazon(sandbox: Sandbox) -> dict[str, list[tuple[int, int]]]:
    """How often each package of an order was confirmed, and edited."""
    found: dict[str, list[tuple[int, int]]] = {}
    for shipment in tell(sandbox, "/control/shipments")["shipments"]:
        counts = [(package["confirmed"], package["edited"]) for package in shipment["packages"]]
        found.setdefault(shipment["order_id"], []).extend(counts)
    return found
