"""Destroying in the book: what is kept, what goes as a whole or not at all, and that its bytes are gone too."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, Table, insert
from sqlalchemy.exc import IntegrityError

from amzlink.core.privacy.retention import Lifetime, Rule
from amzlink.core.privacy.sealed_data import ITS_PARCELS, THE_ORDER, Box, Place
from amzlink.orderbook.database import Database, Row
from amzlink.orderbook.destination.outbox import DispatchState
from amzlink.orderbook.orders.pages import refused_orders
from amzlink.orderbook.privacy.boxes import boxes_of, note_floor
from amzlink.orderbook.privacy.purges import (
    CHUNK,
    KeptOrder,
    Purge,
    Tombstone,
    copies_at_sendcloud,
    destroy,
    empty_journal,
    forget_old_orders,
    kept_order,
    kept_orders,
    let_go,
    note_copy_gone,
    note_purge,
    records_of,
    tombstone_of,
)
from amzlink.orderbook.schema import DISPATCHES, METADATA, ORDERS, REFUSED_ORDERS, SEALED, TOMBSTONES
from amzlink.orderbook.shipments.parcels import ParcelsSeen, save_parcels
from amzlink.vault import Vault
from tests.orderbook.samples import (
    NOW,
    ORDER_ID,
    STORE,
    book_in,
    change_of,
    contents,
    order_of,
    package_of,
    rows_of,
    save,
)
from tests.support import books
from tests.support.books import url_of
from tests.support.purges import purges

pytestmark = pytest.mark.on_both_engines

OTHER = "my-other-shop"
LEASE = date(2026, 12, 23)
LATER = NOW + timedelta(days=40)


@pytest.fixture(scope="module")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new book: to copy it is cheaper than to make one."""
    folder = tmp_path_factory.mktemp("new")
    with books.on("sqlite"), book_in(folder):
        pass
    return folder / "data" / "orders.db"


@pytest.fixture
def file(tmp_path: Path, empty_book: Path) -> Path:
    """The book's file."""
    return Path(shutil.copy(empty_book, tmp_path / "orders.db"))


@pytest.fixture
def book(file: Path) -> Iterator[Database]:
    with Database.open(file, url_of(file)) as found:
        yield found


def number_of(index: int) -> str:
    return f"302-{index:07}-0000000"


def fill(book: Database, count: int, store: str = STORE, **fields: Any) -> list[str]:
    ids = [number_of(index) for index in range(count)]
    save(book, *(change_of(order_of(order_id, **fields)) for order_id in ids), store=store)
    return ids


def seal_parcels(book: Database, order_id: str, lease: date = LEASE, data: bytes = b"its numbers") -> None:
    box = Box(lease, "chain", data)
    save_parcels(book.of(STORE), ParcelsSeen(parcels=(), boxes={order_id: box}, chain_ids={}), NOW)


def add(book: Database, table: Table, *rows: Row) -> None:
    with book.writing() as connection:
        connection.execute(insert(table), rows)


def record(rule: Rule = Rule.DELIVERED, orders: int = 1, **fields: Any) -> Purge:
    return Purge(**{"at": NOW, "rule": rule, "orders": orders, "archived": 0, "floor": LEASE, "job": "test", **fields})


def sealed(book: Database, store: str = STORE) -> set[str]:
    return {row["order_id"] for row in rows_of(book, SEALED, store)}


def bytes_of(file: Path) -> bytes:
    """Everything that lies on the disk of the book."""
    return b"".join(each.read_bytes() for each in sorted(file.parent.glob(f"{file.name}*")))


class TestWhatIsKept:
    def test_many_come_in_chunks_and_each_once_though_they_are_destroyed_on_the_way(self, book: Database) -> None:
        ids = fill(book, 2 * CHUNK + 205)
        fill(book, 3, OTHER)
        seen: list[str] = []
        sizes = []
        for number, chunk in enumerate(kept_orders(book.of(STORE))):
            seen += [entry.order_id for entry in chunk]
            sizes.append(len(chunk))
            # All of the first chunk goes, every other order of the second, and some that come later.
            going = [entry.order_id for entry in chunk][:: 1 + number] + ([ids[-1]] if number == 0 else [])
            destroy(book.of(STORE), dict.fromkeys(going, Rule.DELIVERED), [], NOW)
        assert seen == ids[:-1]
        assert sizes == [CHUNK, CHUNK, 204]
        left = [entry.order_id for chunk in kept_orders(book.of(STORE)) for entry in chunk]
        assert left == ids[CHUNK + 1 : 2 * CHUNK : 2] + [
            order_id for index, order_id in enumerate(ids[2 * CHUNK : -1]) if index % 3
        ]
        assert len(sealed(book, OTHER)) == 3

    def test_an_order_with_two_boxes_comes_once_with_its_longest_lease_and_its_own(self, book: Database) -> None:
        fill(book, 2, status="SHIPPED", packages=(package_of(),))
        seal_parcels(book, number_of(0), LEASE + timedelta(days=9))
        seal_parcels(book, number_of(1), LEASE - timedelta(days=9))
        first, second = next(kept_orders(book.of(STORE)))
        assert (first.lease_day, first.own_lease_day) == (LEASE + timedelta(days=9), LEASE)
        assert (second.lease_day, second.own_lease_day) == (LEASE, LEASE)
        assert first.order == Lifetime(
            status="SHIPPED", changed_on=date(2026, 11, 22), shipped_on=date(2026, 11, 22), ship_by=date(2026, 11, 25)
        )
        assert kept_order(book.of(STORE), number_of(1)) == second

    def test_an_order_of_which_only_tracking_numbers_are_sealed_is_kept_too(self, book: Database) -> None:
        save(book, change_of(order_of(), sealed=None))
        seal_parcels(book, ORDER_ID)
        found = kept_order(book.of(STORE), ORDER_ID)
        assert found is not None
        assert (found.lease_day, found.own_lease_day) == (LEASE, None)
        destroy(book.of(STORE), {ORDER_ID: Rule.REQUESTED}, [], NOW)
        assert kept_order(book.of(STORE), ORDER_ID) is None
        assert rows_of(book, SEALED) == []

    def test_what_lies_below_the_floor_is_kept_until_it_is_destroyed(self, book: Database) -> None:
        fill(book, 1)
        note_floor(book.of(STORE), LEASE + timedelta(days=1))
        assert [entry.order_id for chunk in kept_orders(book.of(STORE)) for entry in chunk] == [number_of(0)]
        assert list(boxes_of(book.of(STORE), [number_of(0)])) == [Place(number_of(0))]

    def test_another_stores_order_is_not_found(self, book: Database) -> None:
        fill(book, 1, OTHER)
        assert list(kept_orders(book.of(STORE))) == []
        assert kept_order(book.of(STORE), number_of(0)) is None
        assert boxes_of(book.of(STORE), [number_of(0)]) == {}

    @pytest.mark.parametrize(
        ("status", "shipped", "sale"),
        [("SHIPPED", True, True), ("UNSHIPPED", False, True), ("CANCELLED", False, False), ("CANCELLED", True, True)],
    )
    def test_what_was_cancelled_before_it_was_handed_over_was_no_sale(
        self, status: str, shipped: bool, sale: bool
    ) -> None:
        day = LEASE if shipped else None
        assert KeptOrder("1", LEASE, LEASE, Lifetime(status=status, changed_on=LEASE, shipped_on=day)).is_sale is sale


class TestDestroying:
    def test_boxes_tombstones_and_record_go_together_and_nothing_else_is_touched(self, book: Database) -> None:
        ids = fill(book, 3)
        fill(book, 3, OTHER)
        seal_parcels(book, ids[0])
        before = contents(book)
        destroy(book.of(STORE), {ids[0]: Rule.DELIVERED, ids[1]: Rule.CANCELLED}, [record(orders=2)], NOW)
        after = contents(book)
        assert {place.order_id for place in boxes_of(book.of(STORE), ids)} == {ids[2]}
        assert [tombstone_of(book.of(STORE), order_id) for order_id in ids] == [
            Tombstone(NOW, Rule.DELIVERED), Tombstone(NOW, Rule.CANCELLED), None,
        ]  # fmt: skip
        assert [tombstone_of(book.of(OTHER), order_id) for order_id in ids] == [None] * 3
        assert purges(book.of(STORE)) == [record(orders=2)]
        assert sealed(book, OTHER) == set(ids)
        assert {name for name in before if before[name] != after[name]} == {"sealed", "tombstones", "purges"}

    @pytest.mark.parametrize("moment", ["DELETE ON sealed", "INSERT ON tombstones", "INSERT ON purges"])
    @pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
    @pytest.mark.on_sqlite
    def test_where_any_of_it_fails_nothing_has_happened(
        self, book: Database, file: Path, when: str, moment: str
    ) -> None:
        """The last of three orders is the one that cannot be done."""
        ids = fill(book, 3)
        table = moment.partition(" ON ")[2]
        value = {"sealed": "OLD.order_id", "tombstones": "NEW.order_id", "purges": "NEW.job"}[table]
        stumble = ids[2] if table != "purges" else "stumble"
        with closing(sqlite3.connect(file)) as other, other:
            other.execute(
                f"CREATE TRIGGER stumble {when} {moment} WHEN {value} = '{stumble}' "
                "BEGIN SELECT RAISE(ABORT, 'stumbled'); END"
            )
        before = contents(book)
        going = dict.fromkeys(ids, Rule.DELIVERED)
        records = [record(orders=3), record(Rule.SHIPPED, orders=1, job="stumble")]
        with pytest.raises(IntegrityError, match="stumbled"):
            destroy(book.of(STORE), going, records, NOW)
        assert contents(book) == before
        with closing(sqlite3.connect(file)) as other, other:
            other.execute("DROP TRIGGER stumble")
        destroy(book.of(STORE), going, records, NOW)
        assert (sealed(book), len(purges(book.of(STORE)))) == (set(), 2)

    @pytest.mark.on_sqlite
    def test_a_process_that_dies_inside_leaves_everything_as_it_was(self, book: Database) -> None:
        ids = fill(book, 2)
        before = contents(book)

        def dying() -> Iterator[Any]:
            yield record()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            destroy(book.of(STORE), dict.fromkeys(ids, Rule.DELIVERED), dying(), NOW)  # type: ignore[arg-type]
        assert contents(book) == before

    def test_the_first_tombstone_keeps_its_word(self, book: Database) -> None:
        """An old book was put back, say, and what it holds is purged a second time, by another rule."""
        fill(book, 1)
        destroy(book.of(STORE), {number_of(0): Rule.REQUESTED}, [record()], NOW)
        add(
            book, SEALED,
            {
                "store": STORE, "order_id": number_of(0), "part": THE_ORDER, "lease_day": "2026-12-23",
                "chain_id": "chain", "box": b"an old box",
            },
        )  # fmt: skip
        destroy(book.of(STORE), {number_of(0): Rule.DELIVERED}, [record()], LATER)
        assert sealed(book) == set()
        assert tombstone_of(book.of(STORE), number_of(0)) == Tombstone(NOW, Rule.REQUESTED)

    def test_more_than_a_statement_can_name_go_at_once(self, book: Database) -> None:
        ids = fill(book, 1500)
        destroy(book.of(STORE), dict.fromkeys(ids, Rule.DELIVERED), [record(orders=1500)], NOW)
        assert sealed(book) == set()
        assert len(rows_of(book, TOMBSTONES)) == 1500


class TestTheRecord:
    def test_the_newest_comes_first_and_two_of_one_second_are_two(self, book: Database) -> None:
        told = [record(Rule.DELIVERED), record(Rule.CANCELLED, floor=None), record(Rule.REQUESTED, at=LATER)]
        for each in told:
            note_purge(book.of(STORE), each)
        note_purge(book.of(OTHER), record(orders=9))
        assert purges(book.of(STORE)) == told[::-1]
        assert purges(book.of(OTHER)) == [record(orders=9)]

    def test_each_rule_is_one_entry_with_its_orders_and_how_many_were_archived(self) -> None:
        rules = {"1": Rule.DELIVERED, "2": Rule.CANCELLED, "3": Rule.DELIVERED, "4": Rule.DELIVERED}
        found = records_of(rules, ["1", "3"], at=NOW, floor=LEASE, job="test")
        assert found == [record(Rule.DELIVERED, orders=3, archived=2), record(Rule.CANCELLED, orders=1)]
        assert sum(each.orders for each in found) == len(rules)
        assert records_of({}, [], at=NOW, floor=LEASE, job="test") == []


class TestLettingGo:
    def test_boxes_go_without_a_tombstone_and_the_orders_are_to_be_fetched_anew(self, book: Database) -> None:
        ids = fill(book, 3)
        fill(book, 3, OTHER)
        seal_parcels(book, ids[0])
        let_go(book.of(STORE), ids[:2], NOW)
        assert {place.order_id for place in boxes_of(book.of(STORE), ids)} == {ids[2]}
        assert sealed(book, OTHER) == set(ids)
        assert [row["deliverable"] for row in rows_of(book, ORDERS)] == [False, False, True]
        assert all(row["deliverable"] for row in rows_of(book, ORDERS, OTHER))
        assert refused_orders(book.of(STORE), 10) == ids[:2]
        assert rows_of(book, TOMBSTONES) == []

    def test_an_order_that_was_refused_before_is_refused_for_this_now(self, book: Database) -> None:
        fill(book, 1)
        old = {
            "store": STORE, "order_id": number_of(0), "problem": "response-malformed", "message": "x",
            "seen_at": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        add(book, REFUSED_ORDERS, old)
        let_go(book.of(STORE), [number_of(0)], NOW)
        (row,) = rows_of(book, REFUSED_ORDERS)
        assert (row["problem"], row["seen_at"]) == ("vault-key-missing", "2026-11-23T09:30:00Z")


class TestTheJournal:
    @pytest.mark.on_sqlite
    def test_while_somebody_reads_it_stays_and_that_is_said_at_once(self, book: Database, file: Path) -> None:
        ids = fill(book, 20)
        journal = file.with_name(f"{file.name}-wal")
        with closing(sqlite3.connect(file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM sealed").fetchone() == (20,)
            destroy(book.of(STORE), dict.fromkeys(ids, Rule.DELIVERED), [], NOW)
            assert not empty_journal(book)
            assert journal.stat().st_size > 0
            # Nobody is kept out by that, and the reader sees what it has seen.
            fill(book, 1, OTHER)
            assert reader.execute("SELECT count(*) FROM sealed").fetchone() == (20,)
            reader.execute("COMMIT")
            assert empty_journal(book)
        assert journal.stat().st_size == 0

    @pytest.mark.on_sqlite
    def test_while_somebody_writes_it_stays_too(self, book: Database, file: Path) -> None:
        fill(book, 1)
        with closing(sqlite3.connect(file, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert not empty_journal(book)
            writer.execute("ROLLBACK")
        assert empty_journal(book)

    @pytest.mark.on_sqlite
    def test_a_book_that_has_none_is_well(self, book: Database) -> None:
        assert empty_journal(book)
        assert empty_journal(book)

    @pytest.mark.on_sqlite
    def test_who_writes_afterwards_still_waits_for_others(self, book: Database) -> None:
        empty_journal(book)
        with book.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 20_000


class Keys:
    """A keyring."""

    def __init__(self) -> None:
        self.text: str | None = None

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text

    def alone(self) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()


class Nothing:
    """What a new book tells the vault."""

    floor = None
    chain_ids: Mapping[str, str] = {}


class TestTheBytes:
    """`secure_delete` writes over what is deleted, and the journal is emptied: the disk holds nothing of a box."""

    # A small box lies among others on a page, a middling one fills one, a large one goes on over pages of its own.
    @pytest.mark.parametrize("size", [200, 3_000, 20_000])
    @pytest.mark.parametrize("part", [THE_ORDER, ITS_PARCELS])
    @pytest.mark.on_sqlite
    def test_nothing_of_a_destroyed_box_is_left_on_the_disk(
        self, book: Database, file: Path, size: int, part: str
    ) -> None:
        vault = Vault(STORE, Keys(), Nothing())
        ids = [number_of(index) for index in range(12)]
        marks: dict[str, list[bytes]] = {}
        for order_id in ids:
            box = vault.seal(order_id, os.urandom(size), LEASE, part=part)
            marks[order_id] = [box.data[at : at + 24] for at in range(0, len(box.data) - 24, max(100, size // 20))]
            save(book, change_of(order_of(order_id), sealed=box if part == THE_ORDER else None))
            if part == ITS_PARCELS:
                seal_parcels(book, order_id, data=box.data)
        assert empty_journal(book)
        going, staying = ids[::2], ids[1::2]

        def found(order_ids: list[str]) -> int:
            disk = bytes_of(file)
            return sum(mark in disk for order_id in order_ids for mark in marks[order_id])

        everything = sum(len(marks[order_id]) for order_id in going)
        assert found(going) == everything
        destroy(book.of(STORE), dict.fromkeys(going, Rule.DELIVERED), [record(orders=6)], NOW)
        assert found(going) > 0, "as long as the journal is not folded in, the file is what it was"
        assert empty_journal(book)
        assert found(going) == 0
        assert found(staying) > everything * 0.9  # a mark that a page's end cuts in two is not found

    @pytest.mark.on_sqlite
    def test_a_box_that_was_replaced_leaves_nothing_behind_either(self, book: Database, file: Path) -> None:
        """A renewed lease: the same data under another day's key. The old box must not outlive it on the disk."""
        old, new = os.urandom(3_000), os.urandom(3_000)
        save(book, change_of(order_of(), sealed=Box(LEASE, "chain", old)))
        save(book, change_of(order_of(changed_at=NOW), sealed=Box(LEASE, "chain", new), is_new=False))
        assert empty_journal(book)
        assert (old[:40] in bytes_of(file), new[:40] in bytes_of(file)) == (False, True)


LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
LIMIT = LONG_AGO + timedelta(days=30)


class TestTheSecondClock:
    @pytest.mark.parametrize(
        ("status", "changed", "ship_by", "goes"),
        [
            ("SHIPPED", -1, None, True),
            ("SHIPPED", -1, 99, True),
            ("SHIPPED", 1, -99, False),
            ("CANCELLED", -1, 99, True),
            ("CANCELLED", 1, -99, False),
            ("UNFULFILLABLE", -1, None, True),
            ("SOMETHING_NEW", -1, 99, True),
            ("PENDING", -1, None, True),
            ("UNSHIPPED", -1, None, True),
            ("UNSHIPPED", -1, -1, True),
            ("UNSHIPPED", -99, 1, False),
            ("UNSHIPPED", 1, -99, False),
            ("PARTIALLY_SHIPPED", -1, -1, True),
            ("PARTIALLY_SHIPPED", -99, 1, False),
        ],
    )
    def test_an_order_goes_when_it_is_done_with_and_has_not_changed_since(
        self, book: Database, status: str, changed: int, ship_by: int | None, goes: bool
    ) -> None:
        """In days from the limit."""
        order = order_of(
            status=status,
            changed_at=LIMIT + timedelta(days=changed),
            ship_by=LIMIT + timedelta(days=ship_by) if ship_by is not None else None,
        )
        save(book, change_of(order, sealed=None))
        assert forget_old_orders(book.of(STORE), LIMIT) == goes
        assert (rows_of(book, ORDERS) == []) is goes

    def test_to_the_second(self, book: Database) -> None:
        for index, seconds in enumerate((-1, 1)):
            changed = LIMIT + timedelta(seconds=seconds)
            save(book, change_of(order_of(number_of(index), status="SHIPPED", changed_at=changed), sealed=None))
        assert forget_old_orders(book.of(STORE), LIMIT) == 1
        assert [row["order_id"] for row in rows_of(book, ORDERS)] == [number_of(1)]

    def test_one_of_which_something_is_sealed_stays_and_so_does_another_stores(self, book: Database) -> None:
        fields = {"status": "SHIPPED", "changed_at": LONG_AGO, "ship_by": None}
        save(book, change_of(order_of(number_of(0), **fields)))
        save(book, change_of(order_of(number_of(1), **fields), sealed=None))
        save(book, change_of(order_of(number_of(1), **fields), sealed=None), store=OTHER)
        assert forget_old_orders(book.of(STORE), LIMIT) == 1
        assert [row["order_id"] for row in rows_of(book, ORDERS)] == [number_of(0)]
        assert len(rows_of(book, ORDERS, OTHER)) == 1

    def test_many_go_in_one_call(self, book: Database) -> None:
        orders = [order_of(number_of(index), status="SHIPPED", changed_at=LONG_AGO) for index in range(2 * CHUNK + 1)]
        save(book, *(change_of(order, sealed=None) for order in orders))
        assert forget_old_orders(book.of(STORE), LIMIT) == 2 * CHUNK + 1
        assert rows_of(book, ORDERS) == []
        assert forget_old_orders(book.of(STORE), LIMIT) == 0

    @pytest.mark.on_sqlite
    def test_no_table_has_a_row_of_it_any_more_but_the_tombstones(self, book: Database, file: Path) -> None:
        """Every table that there is, those of later versions too, gets a row of each of two orders."""
        gone, kept = number_of(0), number_of(1)
        for order_id, changed in ((gone, LONG_AGO), (kept, NOW)):
            save(book, change_of(order_of(order_id, status="SHIPPED", changed_at=changed), sealed=None))
            for table in _tables_of_orders():
                add(book, table, _row_of(table, order_id))
        destroy(book.of(STORE), {gone: Rule.DELIVERED}, [], NOW)
        everywhere = {table.name for table in _tables_of_orders()} | {"orders", "tombstones"}
        assert everywhere >= {"order_lines", "packages", "holds", "parcels", "dispatches", "confirmations"}
        assert _tables_with(file, gone) == everywhere
        assert forget_old_orders(book.of(STORE), LIMIT) == 1
        assert _tables_with(file, gone) == {"tombstones"}
        # Orders that are not in the book go by the day on which an import met them last.
        assert _tables_with(file, kept) == everywhere - {"tombstones", "refused_orders", "passed_over"}
        assert empty_journal(book)
        assert bytes_of(file).count(gone.encode()) == _count_in(file, "tombstones", gone)


def _tables_of_orders() -> list[Table]:
    """Those that hang on an order, but for what is filled otherwise."""
    others = (ORDERS, SEALED, TOMBSTONES)
    return [table for table in METADATA.sorted_tables if "order_id" in table.columns and table not in others]


def _row_of(table: Table, order_id: str) -> Row:
    """A row with something in every column."""
    kinds = ((Boolean, True), (Integer, 7), (LargeBinary, b"x"))
    row: Row = {
        column.name: next((value for kind, value in kinds if isinstance(column.type, kind)), "2025-01-01T00:00:00Z")
        for column in table.columns
    }
    names: Row = {name: order_id for name in ("parcel", "order_item_id", "reference") if name in row}
    return {**row, **names, "store": STORE, "order_id": order_id}


def _tables_with(file: Path, text: str) -> set[str]:
    """The tables of the file in which a text stands anywhere."""
    with closing(sqlite3.connect(file)) as book:
        names = [name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name for name in names if any(text in str(row) for row in book.execute(f"SELECT * FROM {name}"))}


def _count_in(file: Path, table: str, text: str) -> int:
    """How often a text stands in a table's own pages and those of its indexes."""
    with closing(sqlite3.connect(file)) as book:
        (rows,) = book.execute(f"SELECT count(*) FROM {table} WHERE order_id = ?", (text,)).fetchone()
        (indexes,) = book.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (table,)
        ).fetchone()
    return int(rows) * (1 + int(indexes))


class TestCopiesAtSendcloud:
    @pytest.mark.parametrize("sendcloud_id", [None, "4711"])
    @pytest.mark.parametrize("state", DispatchState)
    def test_a_purged_order_that_was_handed_over_is_one(
        self, book: Database, state: DispatchState, sendcloud_id: str | None
    ) -> None:
        fill(book, 2)
        for order_id in (number_of(0), number_of(1)):
            add(book, DISPATCHES, _dispatch(order_id, state, sendcloud_id))
        assert copies_at_sendcloud(book.of(STORE)) == {}
        destroy(book.of(STORE), {number_of(0): Rule.DELIVERED}, [], NOW)
        handed_over = sendcloud_id is not None or state in {
            DispatchState.ASKED, DispatchState.ACCEPTED, DispatchState.SENT,
        }  # fmt: skip
        assert copies_at_sendcloud(book.of(STORE)) == ({number_of(0): sendcloud_id} if handed_over else {})
        assert copies_at_sendcloud(book.of(OTHER)) == {}

    def test_one_that_was_deleted_is_none_any_more(self, book: Database) -> None:
        fill(book, 2)
        for order_id in (number_of(0), number_of(1)):
            add(book, DISPATCHES, _dispatch(order_id, DispatchState.SENT, "4711"))
        destroy(book.of(STORE), dict.fromkeys((number_of(0), number_of(1)), Rule.DELIVERED), [], NOW)
        note_copy_gone(book.of(STORE), number_of(0), NOW)
        assert copies_at_sendcloud(book.of(STORE)) == {number_of(1): "4711"}


def _dispatch(order_id: str, state: DispatchState, sendcloud_id: str | None) -> Row:
    return {"store": STORE, "order_id": order_id, "state": state.value, "sendcloud_id": sendcloud_id}
