"""Parcels in the book: what is kept of them, which are asked for again, and when an order has arrived."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from amzlink.core.privacy.sealed_data import ITS_PARCELS, Box
from amzlink.core.shipments.parcels import OPEN, Kind, Parcel, ParcelItem
from amzlink.orderbook.database import Database
from amzlink.orderbook.privacy.boxes import boxes
from amzlink.orderbook.schema import TOMBSTONES
from amzlink.orderbook.shipments.parcels import (
    Arrival,
    ParcelsSeen,
    newly_delivered,
    note_deliveries,
    note_polled,
    note_superseded,
    open_parcels,
    parcels_of,
    polled_until,
    save_parcels,
    touch_parcels,
)
from tests.orderbook.samples import NOW, ORDER_ID, STORE, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

DAY = timedelta(days=1)
BOX = Box(date(2026, 12, 23), "chain", b"sealed")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        save(found, change_of(order_of(status="SHIPPED")))
        yield found


def parcel(kind: Kind = Kind.UNDER_WAY, key: str = "sendcloud:1") -> Parcel:
    return Parcel(
        key=key, order_id=ORDER_ID, status="X", kind=kind, updated_at=NOW, announced_at=NOW, processed_at=NOW,
        carrier="dhl_de", carrier_label="DHL", service="dhl:paket", traceable=True,
        items=(ParcelItem("1", "A", 2, ("C1",)), ParcelItem(None, "B", None)),
    )  # fmt: skip


def see(book: Database, *parcels: Parcel, box: Box | None = None) -> None:
    seen = ParcelsSeen(parcels=parcels, boxes={ORDER_ID: box} if box else {}, chain_ids={"2026-12": "chain"})
    save_parcels(book.of(STORE), seen, NOW)


def test_a_parcel_comes_back_as_it_was_stored(book: Database) -> None:
    see(book, parcel(), box=BOX)
    assert parcels_of(book.of(STORE), [ORDER_ID, "other"]) == {ORDER_ID: [parcel()], "other": []}
    assert boxes(book.of(STORE), [ORDER_ID], ITS_PARCELS) == {ORDER_ID: BOX}


def test_an_order_that_was_purged_gets_no_number_back(book: Database) -> None:
    gone = {"store": STORE, "order_id": ORDER_ID, "purged_at": "2026-11-23T10:00:00Z", "rule": "delivered"}
    with book.writing() as connection:
        connection.execute(insert(TOMBSTONES), gone)
    see(book, parcel(), box=BOX)
    assert boxes(book.of(STORE), [ORDER_ID], ITS_PARCELS) == {}


@pytest.mark.parametrize("kind", list(Kind))
def test_only_those_of_which_more_can_be_heard_are_asked_for_again(book: Database, kind: Kind) -> None:
    see(book, parcel(kind))
    found = open_parcels(book.of(STORE), "sendcloud", seen_before=NOW + DAY, not_before=NOW - DAY)
    assert found == (["sendcloud:1"] if kind in OPEN else [])


def test_what_was_asked_for_lately_or_is_given_up_is_not_asked_for(book: Database) -> None:
    see(book, parcel(), parcel(key="file:1"))
    assert open_parcels(book.of(STORE), "sendcloud", seen_before=NOW, not_before=NOW - DAY) == []
    assert open_parcels(book.of(STORE), "sendcloud", seen_before=NOW + DAY, not_before=NOW + DAY) == []
    touch_parcels(book.of(STORE), ["sendcloud:1"], NOW + 2 * DAY)
    assert open_parcels(book.of(STORE), "sendcloud", seen_before=NOW + DAY, not_before=NOW - DAY) == []


def test_the_poll_remembers_how_far_it_came(book: Database) -> None:
    assert polled_until(book.of(STORE)) is None
    note_polled(book.of(STORE), NOW)
    assert polled_until(book.of(STORE)) == NOW


def test_what_a_later_file_replaced_is_no_parcel_any_more(book: Database) -> None:
    see(book, parcel(key="file:1"))
    note_superseded(book.of(STORE), ["file:1"])
    assert [each.kind for each in parcels_of(book.of(STORE), [ORDER_ID])[ORDER_ID]] == [Kind.CANCELLED]


def test_a_delivery_is_noted_once(book: Database) -> None:
    see(book, parcel(Kind.DELIVERED))
    assert list(newly_delivered(book.of(STORE))) == [ORDER_ID]
    note_deliveries(book.of(STORE), {ORDER_ID: Arrival(NOW, "sendcloud")})
    assert not newly_delivered(book.of(STORE))
