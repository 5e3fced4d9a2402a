"""The outbox to Sendcloud: what is to be considered, taken back, and looked for."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from amzlink.clock import from_iso
from amzlink.core.destination.outgoing_order import outgoing
from amzlink.core.orders.order import NOTHING_PERSONAL
from amzlink.core.privacy.sealed_data import keyed_hash
from amzlink.orderbook.database import Database
from amzlink.orderbook.destination.outbox import (
    DispatchRow,
    DispatchState,
    considered,
    dispatch_rows,
    orders_to_consider,
    orders_to_recall,
    save_dispatches,
    unsettled_rows,
)
from amzlink.orderbook.orders.browse import lift_holds, set_manual_hold
from amzlink.orderbook.orders.rows import orders_of, weighed_orders_of
from amzlink.orderbook.schema import DISPATCHES, ORDERS
from amzlink.problems import ProblemName
from tests.orderbook.samples import (
    NOW,
    ORDER_ID,
    PERSONAL,
    STORE,
    change_of,
    empty_book_in,
    line_of,
    order_of,
    package_of,
    rows_of,
    save,
)

pytestmark = pytest.mark.on_both_engines

BASIS = "4711 weighed"
STATES = list(DispatchState)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def put(book: Database, state: DispatchState | None, **order: Any) -> DispatchRow | None:
    """The order in the book, and its row as it is once its present change was decided on."""
    save(book, change_of(order_of(**order)))
    if state is None:
        return None
    [booked] = rows_of(book, ORDERS)
    row = DispatchRow(
        order_id=ORDER_ID, state=state, payload_hash="1f", considered=considered(from_iso(booked["changed_at"]), BASIS)
    )
    save_dispatches(book.of(STORE), [row], NOW)
    return row


def test_an_order_that_was_never_sent_is_considered(book: Database) -> None:
    put(book, None)
    assert orders_to_consider(book.of(STORE), BASIS) == [ORDER_ID]
    assert orders_to_consider(book.of("my-other-shop"), BASIS) == []


@pytest.mark.parametrize("status", ["SHIPPED", "CANCELLED", "UNFULFILLABLE"])
def test_an_order_with_nothing_to_ship_is_not(book: Database, status: str) -> None:
    put(book, None, status=status)
    assert orders_to_consider(book.of(STORE), BASIS) == []


@pytest.mark.parametrize("state", STATES)
def test_what_was_decided_on_is_left_alone_unless_its_end_is_not_known_or_it_was_taken_back(
    book: Database, state: DispatchState
) -> None:
    put(book, state)
    again = state in (DispatchState.ASKED, DispatchState.RECALLED)
    assert orders_to_consider(book.of(STORE), BASIS) == ([ORDER_ID] if again else [])


@pytest.mark.parametrize("state", STATES)
def test_a_change_at_amazon_another_basis_or_a_mark_that_is_gone_bring_every_order_back(
    book: Database, state: DispatchState
) -> None:
    row = put(book, state)
    assert row
    assert orders_to_consider(book.of(STORE), "4711") == [ORDER_ID]
    save_dispatches(book.of(STORE), [replace(row, considered=None)], NOW)
    assert orders_to_consider(book.of(STORE), BASIS) == [ORDER_ID]
    save_dispatches(book.of(STORE), [row], NOW)
    save(book, change_of(order_of(changed_at=NOW + timedelta(milliseconds=1)), is_new=False))
    assert orders_to_consider(book.of(STORE), BASIS) == [ORDER_ID]


def test_the_most_urgent_order_comes_first_and_one_without_a_date_last(book: Database) -> None:
    days = {"302-0000000-0000001": 3, "302-0000000-0000002": None, "302-0000000-0000003": 1}
    for order_id, day in days.items():
        save(book, change_of(order_of(order_id, ship_by=NOW + timedelta(days=day) if day else None)))
    assert [order_id[-1] for order_id in orders_to_consider(book.of(STORE), BASIS)] == ["3", "1", "2"]


@pytest.mark.parametrize("state", STATES)
def test_an_order_that_may_be_there_is_taken_back_when_it_is_cancelled(book: Database, state: DispatchState) -> None:
    put(book, state, status="CANCELLED")
    never = state in (DispatchState.RECALLED, DispatchState.REFUSED)
    assert orders_to_recall(book.of(STORE)) == ([] if never else [ORDER_ID])


def test_a_refused_order_that_sendcloud_was_once_asked_to_store_may_be_there(book: Database) -> None:
    row = put(book, DispatchState.REFUSED, status="CANCELLED")
    assert row
    save_dispatches(book.of(STORE), [replace(row, asked_at=NOW)], NOW)
    assert orders_to_recall(book.of(STORE)) == [ORDER_ID]


def test_a_hold_brings_an_order_back_and_a_lifted_one_does_not(book: Database) -> None:
    put(book, DispatchState.SENT)
    assert orders_to_recall(book.of(STORE)) == []
    set_manual_hold(book.of(STORE), ORDER_ID, NOW)
    assert orders_to_recall(book.of(STORE)) == [ORDER_ID]
    lift_holds(book.of(STORE), ORDER_ID, NOW)
    assert orders_to_recall(book.of(STORE)) == []


def test_an_order_that_was_too_late_is_looked_at_again_whatever_became_of_its_hold(book: Database) -> None:
    put(book, DispatchState.TOO_LATE)
    assert orders_to_recall(book.of(STORE)) == [ORDER_ID]


@pytest.mark.parametrize("state", STATES)
def test_what_was_asked_or_accepted_is_unsettled_as_long_as_it_is_to_ship(book: Database, state: DispatchState) -> None:
    put(book, state)
    unsettled = state in (DispatchState.ASKED, DispatchState.ACCEPTED)
    assert [row.order_id for row in unsettled_rows(book.of(STORE))] == ([ORDER_ID] if unsettled else [])
    save(book, change_of(order_of(status="SHIPPED"), is_new=False))
    assert unsettled_rows(book.of(STORE)) == []


def test_a_row_comes_back_as_it_was_written(book: Database) -> None:
    save(book, change_of(order_of()))
    row = DispatchRow(
        order_id=ORDER_ID, state=DispatchState.REFUSED, payload_hash="1f", considered="2026-11-22T09:30:00.250Z 4711",
        sendcloud_id="77", asked_at=NOW, accepted_at=NOW,
        problem=ProblemName.SENDCLOUD_REFUSED, code="invalid", pointer="a/b", message="Field required", settled_at=NOW,
    )  # fmt: skip
    save_dispatches(book.of(STORE), [row], NOW)
    assert dispatch_rows(book.of(STORE), [ORDER_ID, "302-0000000-0000000"]) == {ORDER_ID: row}
    assert row.version == NOW - timedelta(days=1)
    assert row.is_there
    assert replace(row, considered=None).version is None
    assert not replace(row, sendcloud_id=None).is_there


def test_rows_are_written_all_or_none(book: Database) -> None:
    save(book, change_of(order_of()))
    good = DispatchRow(order_id=ORDER_ID, state=DispatchState.ASKED)
    with pytest.raises(IntegrityError):
        save_dispatches(book.of(STORE), [good, replace(good, order_id="302-0000000-0000000")], NOW)
    assert rows_of(book, DISPATCHES) == []


def test_an_order_is_handed_on_with_what_is_still_to_ship(book: Database) -> None:
    lines = (line_of("1", quantity_unshipped=0), line_of("2", quantity=3, quantity_unshipped=1))
    save(book, change_of(order_of(lines=lines)))
    [(order, weights)] = weighed_orders_of(book.of(STORE), [ORDER_ID], {ORDER_ID: PERSONAL})
    found = outgoing(order, weights)
    assert found
    assert [(line.order_item_id, line.quantity_unshipped) for line in found.lines] == [("2", 1)]
    assert found.order.personal == PERSONAL
    assert considered(order.changed_at, "4711") == f"{rows_of(book, ORDERS)[0]['changed_at']} 4711"


def test_an_order_comes_back_from_the_book_as_it_came_from_amazon(book: Database) -> None:
    """But for what is noted elsewhere: that a label cannot be made yet, and that a buyer wants to cancel, are holds."""
    order = order_of(lines=(line_of("1", ioss_number="IM3720000000"), line_of("2")), packages=(package_of(),))
    save(book, change_of(order))
    assert orders_of(book.of(STORE), [ORDER_ID, "302-0000000-0000000"], {ORDER_ID: order.personal}) == [order]
    assert orders_of(book.of(STORE), [ORDER_ID])[0].personal == NOTHING_PERSONAL


def test_a_fingerprint_depends_on_its_salt_and_is_never_made_without_one() -> None:
    assert keyed_hash("00", b"x") == keyed_hash("00", b"x") != keyed_hash("01", b"x")
    with pytest.raises(ValueError, match="salt"):
        keyed_hash("", b"x")
