"""The leases in the book, and what it tells the vault of itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from amzlink.core.sealing import ITS_PARCELS, Box, Place
from amzlink.orderbook.book import Book
from amzlink.orderbook.leases import expiring, note_floor, replace_boxes
from amzlink.orderbook.orders import boxes
from amzlink.orderbook.runs import SealedMarks, sealed_marks
from tests.orderbook.samples import STORE, book_in, change_of, order_of, save

DAY = date(2026, 12, 1)
OPEN = ["PARTIALLY_SHIPPED", "UNSHIPPED"]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with book_in(tmp_path) as found:
        yield found


def number_of(index: int) -> str:
    return f"302-{index:07}-0000000"


def save_with_lease(book: Book, index: int, ends: date, status: str = "UNSHIPPED", store: str = STORE) -> None:
    change = change_of(order_of(number_of(index), status=status), sealed=Box(ends, "chain", b"box"))
    save(book, change, store=store)


def test_leases_that_end_before_a_day_come_the_earliest_first(book: Book) -> None:
    for index, days in enumerate((1, -2, 0, -1)):
        save_with_lease(book, index, DAY + timedelta(days=days))
    found = expiring(book, STORE, OPEN, DAY, 10)
    assert list(found) == [Place(number_of(1)), Place(number_of(3))]
    assert found[Place(number_of(1))] == Box(DAY - timedelta(days=2), "chain", b"box")


def test_no_more_come_than_were_asked_for(book: Book) -> None:
    for index in range(5):
        save_with_lease(book, index, DAY - timedelta(days=5 - index))
    assert list(expiring(book, STORE, OPEN, DAY, 2)) == [Place(number_of(0)), Place(number_of(1))]


def test_only_orders_in_the_wanted_statuses_and_of_the_store_come(book: Book) -> None:
    early = DAY - timedelta(days=1)
    for index, status in enumerate(("UNSHIPPED", "SHIPPED", "PARTIALLY_SHIPPED", "CANCELLED")):
        save_with_lease(book, index, early, status)
    save_with_lease(book, 7, early, store="my-other-shop")
    assert set(expiring(book, STORE, OPEN, DAY, 10)) == {Place(number_of(0)), Place(number_of(2))}


def test_new_boxes_take_the_place_of_the_old_and_their_chains_are_noted(book: Book) -> None:
    save_with_lease(book, 0, DAY)
    save_with_lease(book, 1, DAY)
    fresh = Box(DAY + timedelta(days=40), "next", b"sealed anew")
    old = Box(DAY, "chain", b"box")
    replace_boxes(book, STORE, {Place(number_of(0)): (old, fresh)}, {"2026-12": "chain", "2027-01": "next"})
    assert boxes(book, STORE, [number_of(0), number_of(1)]) == {
        number_of(0): fresh,
        number_of(1): Box(DAY, "chain", b"box"),
    }
    assert sealed_marks(book, STORE).chain_ids == {"2026-12": "chain", "2027-01": "next"}


def test_a_box_that_another_has_replaced_meanwhile_stays(book: Book) -> None:
    save_with_lease(book, 0, DAY)
    seen_earlier = Box(DAY, "chain", b"what was there before")
    replace_boxes(book, STORE, {Place(number_of(0)): (seen_earlier, Box(DAY, "next", b"sealed anew"))}, {})
    assert boxes(book, STORE, [number_of(0)]) == {number_of(0): Box(DAY, "chain", b"box")}


def test_the_parts_of_an_order_are_kept_apart(book: Book) -> None:
    save_with_lease(book, 0, DAY)
    assert boxes(book, STORE, [number_of(0)], ITS_PARCELS) == {}


def test_a_new_book_has_no_marks(book: Book) -> None:
    assert sealed_marks(book, STORE) == SealedMarks(None, {})


def test_the_floor_is_noted_for_each_store_and_can_be_moved_on(book: Book) -> None:
    note_floor(book, STORE, DAY)
    note_floor(book, "my-other-shop", DAY + timedelta(days=9))
    note_floor(book, STORE, DAY + timedelta(days=1))
    assert sealed_marks(book, STORE).floor == DAY + timedelta(days=1)
    assert sealed_marks(book, "my-other-shop").floor == DAY + timedelta(days=9)
