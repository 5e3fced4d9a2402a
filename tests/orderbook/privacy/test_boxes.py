"""The leases in the book, and what it tells the vault of itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, select, text

from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import ITS_PARCELS, Box, Place
from amzlink.orderbook.database import Database, is_among
from amzlink.orderbook.privacy.boxes import (
    Lease,
    SealedMarks,
    boxes,
    can_be_opened,
    leases_ending,
    note_floor,
    replace_boxes,
    sealed_marks,
)
from amzlink.orderbook.privacy.purges import KEPT_OF_ORDERS
from amzlink.orderbook.schema import SEALED
from tests.orderbook.samples import STORE, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

DAY = date(2026, 12, 1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def number_of(index: int) -> str:
    return f"302-{index:07}-0000000"


def save_with_lease(book: Database, index: int, ends: date, status: str = "UNSHIPPED", store: str = STORE) -> None:
    change = change_of(order_of(number_of(index), status=status), sealed=Box(ends, "chain", b"box"))
    save(book, change, store=store)


def ending(book: Database, before: date = DAY) -> list[Lease]:
    return [lease for leases in leases_ending(book.of(STORE), before) for lease in leases]


def test_leases_that_end_before_a_day_come_and_none_below_the_floor(book: Database) -> None:
    for index, days in enumerate((1, -2, 0, -1)):
        save_with_lease(book, index, DAY + timedelta(days=days))
    assert {lease.place for lease in ending(book)} == {Place(number_of(1)), Place(number_of(3))}
    note_floor(book.of(STORE), DAY - timedelta(days=1))
    assert [lease.place for lease in ending(book)] == [Place(number_of(3))]


def test_each_comes_with_its_box_and_with_what_decides_how_long_it_may_stay(book: Database) -> None:
    save_with_lease(book, 0, DAY - timedelta(days=2), "SHIPPED")
    save_with_lease(book, 7, DAY - timedelta(days=2), store="my-other-shop")
    [lease] = ending(book)
    assert lease.box == Box(DAY - timedelta(days=2), "chain", b"box")
    assert lease.order == Lifetime(
        status="SHIPPED", changed_on=date(2026, 11, 22), ship_by=date(2026, 11, 25), shipped_on=None
    )


def _boxes(which: ColumnElement[bool]) -> Select[Any]:
    return select(SEALED).where(SEALED.c.store == STORE, which, can_be_opened())


@pytest.mark.on_sqlite  # it takes long
def test_many_come_in_chunks_and_each_once(book: Database) -> None:
    for index in range(450):
        save_with_lease(book, index, DAY - timedelta(days=1))
    chunks = [len(leases) for leases in leases_ending(book.of(STORE), DAY)]
    assert max(chunks) <= 200
    assert sum(chunks) == 450


def test_new_boxes_take_the_place_of_the_old_and_their_chains_are_noted(book: Database) -> None:
    save_with_lease(book, 0, DAY)
    save_with_lease(book, 1, DAY)
    fresh = Box(DAY + timedelta(days=40), "next", b"sealed anew")
    old = Box(DAY, "chain", b"box")
    replace_boxes(book.of(STORE), {Place(number_of(0)): (old, fresh)}, {"2026-12": "chain", "2027-01": "next"})
    assert boxes(book.of(STORE), [number_of(0), number_of(1)]) == {
        number_of(0): fresh,
        number_of(1): Box(DAY, "chain", b"box"),
    }
    assert sealed_marks(book.of(STORE)).chain_ids == {"2026-12": "chain", "2027-01": "next"}


def test_a_box_that_another_has_replaced_meanwhile_stays(book: Database) -> None:
    save_with_lease(book, 0, DAY)
    seen_earlier = Box(DAY, "chain", b"what was there before")
    replace_boxes(book.of(STORE), {Place(number_of(0)): (seen_earlier, Box(DAY, "next", b"sealed anew"))}, {})
    assert boxes(book.of(STORE), [number_of(0)]) == {number_of(0): Box(DAY, "chain", b"box")}


def test_the_parts_of_an_order_are_kept_apart(book: Database) -> None:
    save_with_lease(book, 0, DAY)
    assert boxes(book.of(STORE), [number_of(0)], ITS_PARCELS) == {}


def test_a_new_book_has_no_marks(book: Database) -> None:
    assert sealed_marks(book.of(STORE)) == SealedMarks(None, {})


def test_the_floor_is_noted_for_each_store_and_can_be_moved_on(book: Database) -> None:
    note_floor(book.of(STORE), DAY)
    note_floor(book.of("my-other-shop"), DAY + timedelta(days=9))
    note_floor(book.of(STORE), DAY + timedelta(days=1))
    assert sealed_marks(book.of(STORE)).floor == DAY + timedelta(days=1)
    assert sealed_marks(book.of("my-other-shop")).floor == DAY + timedelta(days=9)


@pytest.mark.on_sqlite  # whose planner it is that goes astray
@pytest.mark.parametrize(
    "query",
    [_boxes(SEALED.c.order_id.in_(["1", "2"])), _boxes(is_among(SEALED.c.order_id)), KEPT_OF_ORDERS],
    ids=["in", "among", "leases"],
)
def test_what_is_sealed_of_some_orders_is_looked_up_and_not_searched_for_among_all(
    query: Select[Any], book: Database
) -> None:
    query = query.params(values="[]", store=STORE)
    with book.reading() as connection:
        statement = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = " ".join(map(str, connection.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()))
    assert "(store=? AND order_id=?)" in plan
