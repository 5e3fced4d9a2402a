"""Which orders a question finds: held, refused, overdue, waiting, due; together, and counted alike."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from amzlink.clock import to_iso
from amzlink.core.orders.holds import BY_AMAZON, PRIME_CAUSES, HeldFor, Hold, HoldPolicy, counts
from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import Kind, Parcel
from amzlink.orderbook.database import Database
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, save_dispatches
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    Filter,
    Standpoint,
    count_orders,
    has_orders,
    iterate_orders,
    lift_holds,
    set_manual_hold,
)
from amzlink.orderbook.orders.counting_holds import hold_counts
from amzlink.orderbook.orders.fulfilment import progress
from amzlink.orderbook.orders.overview import overview
from amzlink.orderbook.schema import HOLDS, PARCELS
from amzlink.orderbook.shipments.outbox import Outgoing, plan_confirmations
from amzlink.orderbook.shipments.parcels import ParcelsSeen, save_parcels
from amzlink.orderbook.shipments.urgent import overdue_orders
from amzlink.problems import ProblemName
from tests.orderbook.machine import common_folder
from tests.orderbook.samples import NOW, STORE, book_in, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

AT = Standpoint(HoldPolicy(), NOW)
HOUR = timedelta(hours=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def number(last: int) -> str:
    return f"302-0000000-{last:07}"


def found(book: Database, at: Standpoint = AT, **wanted: Any) -> list[str]:
    """What is found, which is as many as are counted."""
    filtered = Filter(**wanted)
    ids = [order.order_id for order in iterate_orders(book.of(STORE), filtered, at)]
    assert count_orders(book.of(STORE), filtered, at) == len(ids)
    assert len(list(iterate_orders(book.of(STORE), filtered, at, 1))) == min(len(ids), 1)
    return ids


def the_one(book: Database, **wanted: Any) -> BookedOrder:
    (order,) = iterate_orders(book.of(STORE), Filter(**wanted), AT)
    return order


def parcel(book: Database, order_id: str, kind: Kind = Kind.LABELLED, **fields: Any) -> None:
    made = Parcel(
        key=f"sendcloud:{order_id}", order_id=order_id, status="1000", kind=kind, updated_at=NOW,
        **{"carrier_label": "DHL", **fields},
    )  # fmt: skip
    save_parcels(book.of(STORE), ParcelsSeen(parcels=[made], boxes={}, chain_ids={}), NOW)


def confirm(book: Database, order_id: str, state: State, problem: ProblemName | None = None) -> None:
    confirmation = Confirmation(
        order_id=order_id, reference="1001", parcel=f"sendcloud:{order_id}", state=state, items=(Item("1", 1),),
        content="0",
    )  # fmt: skip
    entry = Outgoing(
        confirmation=confirmation, marketplace_id="A1PA6795UKMFR9", carrier_code="DHL", carrier_label="DHL",
        shipping_method=None, ship_date=NOW, traceable=True, problem=problem,
        reason="InvalidInput" if problem else None,
    )  # fmt: skip
    plan_confirmations(book.of(STORE), [entry], [], NOW)


def dispatch(book: Database, order_id: str, state: DispatchState, **fields: Any) -> None:
    save_dispatches(book.of(STORE), [DispatchRow(order_id=order_id, state=state, **fields)], NOW)


class TestHeld:
    def test_held_orders_are_found_by_any_hold_or_by_one(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(number(1), programs=("PREORDER",))),
            change_of(order_of(number(2))),
            change_of(order_of(number(3))),
        )
        set_manual_hold(book.of(STORE), number(3), NOW)
        assert found(book, held=True) == [number(1), number(3)]
        assert found(book, held=True, hold="preorder") == [number(1)]
        assert found(book, held=True, hold="prime") == []
        lift_holds(book.of(STORE), number(1), NOW)
        assert found(book, held=True) == [number(3)]

    def test_it_is_said_since_when(self, book: Database) -> None:
        save(book, change_of(order_of(number(1), programs=("PREORDER",))))
        set_manual_hold(book.of(STORE), number(1), NOW + HOUR)
        assert the_one(book, held=True).remark.held_since == NOW

    def test_an_order_that_is_done_is_found_only_by_its_status(self, book: Database) -> None:
        save(book, change_of(order_of(number(1), status="SHIPPED")))
        set_manual_hold(book.of(STORE), number(1), NOW)
        assert found(book, held=True) == []
        assert found(book, held=True, statuses=("SHIPPED",)) == [number(1)]

    def test_without_a_standpoint_nobody_can_say(self, book: Database) -> None:
        save(book, change_of(order_of(number(1))))
        with pytest.raises(ValueError, match="depend on the time"):
            list(iterate_orders(book.of(STORE), Filter(held=True)))

    @given(
        st.sampled_from(list(Hold)),
        st.sampled_from([*PRIME_CAUSES, "absent", "1,2", to_iso(NOW - HOUR), to_iso(NOW), to_iso(NOW + HOUR)]),
        st.booleans(),
        st.builds(
            HoldPolicy,
            include_prime=st.sampled_from(["auto", "always", "never"]),
            hold_missing_weight=st.booleans(),
            include_customised=st.booleans(),
        ),
    )
    @settings(deadline=None, max_examples=30)
    @pytest.mark.on_sqlite
    def test_the_database_counts_the_holds_that_the_rule_counts(
        self, hold: Hold, cause: str, lifted: bool, policy: HoldPolicy
    ) -> None:
        entry = HeldFor(hold.value, cause, to_iso(NOW) if lifted else None)
        with common_folder() as folder, book_in(folder) as book:
            save(book, change_of(order_of(number(1))))
            with book.writing() as connection:
                row = {"store": STORE, "order_id": number(1), "hold": hold.value, "cause": cause}
                connection.execute(insert(HOLDS).values(**row, set_at=to_iso(NOW), lifted_at=entry.lifted_at))
                told = connection.execute(select(HOLDS.c.hold).where(hold_counts(policy, NOW))).all()
            numbers = overview(book.of(STORE), policy, NOW, NOW + HOUR)
        rule = not lifted and counts(entry, policy, NOW)
        assert bool(told) == rule
        assert numbers.held == rule


class TestRefused:
    def test_what_sendcloud_refused_is_found_with_the_reason(self, book: Database) -> None:
        save(book, change_of(order_of(number(1))), change_of(order_of(number(2))))
        dispatch(
            book, number(1), DispatchState.REFUSED, problem=ProblemName.ADDRESS_UNFIT, pointer="/postal_code"
        )  # fmt: skip
        dispatch(book, number(2), DispatchState.SENT)
        assert found(book, refused=True) == [number(1)]
        remark = the_one(book, refused=True).remark
        assert remark.by_sendcloud is not None
        assert (remark.by_sendcloud.problem, remark.by_sendcloud.reason) == (ProblemName.ADDRESS_UNFIT, "/postal_code")
        assert remark.by_amazon is None

    def test_what_sendcloud_refused_no_longer_matters_once_it_is_shipped(self, book: Database) -> None:
        save(book, change_of(order_of(number(1), status="SHIPPED")))
        dispatch(book, number(1), DispatchState.REFUSED, problem=ProblemName.ADDRESS_UNFIT)
        assert found(book, refused=True) == []

    def test_a_confirmation_that_amazon_refused_is_found_with_the_reason(self, book: Database) -> None:
        save(book, change_of(order_of(number(1))), change_of(order_of(number(2), status="SHIPPED")))
        for order_id in (number(1), number(2)):
            parcel(book, order_id)
            confirm(book, order_id, State.REFUSED, ProblemName.SHIPMENT_REFUSED)
        assert found(book, refused=True) == [number(1)]  # the other one is confirmed all the same
        remark = the_one(book, refused=True).remark
        assert remark.by_amazon is not None
        assert (remark.by_amazon.problem, remark.by_amazon.reason) == (ProblemName.SHIPMENT_REFUSED, "InvalidInput")


class TestOverdue:
    def test_it_is_past_its_date_and_amazon_was_told_nothing(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(number(1), ship_by=NOW - HOUR)),
            change_of(order_of(number(2), ship_by=NOW)),
            change_of(order_of(number(3), ship_by=NOW - HOUR)),
            change_of(order_of(number(4), ship_by=NOW - HOUR, status="SHIPPED")),
            change_of(order_of(number(5), ship_by=None)),
        )
        parcel(book, number(3))
        confirm(book, number(3), State.ACCEPTED)
        assert found(book, overdue=True) == [number(1)]
        assert found(book, overdue=True, statuses=("SHIPPED",)) == []
        assert progress(book.of(STORE), NOW).overdue == 1

    def test_an_order_that_amazon_ships_after_all_is_not_the_merchants_to_ship_in_time(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(number(1), ship_by=NOW - HOUR, fulfilled_by=BY_AMAZON)),
            change_of(order_of(number(2), ship_by=NOW + HOUR, fulfilled_by=BY_AMAZON)),
            change_of(order_of(number(3), ship_by=NOW - HOUR, programs=("FBM_SHIP_PLUS",))),
        )
        assert found(book, overdue=True) == [number(3)]
        assert progress(book.of(STORE), NOW).overdue == 1
        assert overdue_orders(book.of(STORE), NOW, 10) == (number(3),)
        counts = overview(book.of(STORE), HoldPolicy(), NOW, NOW + 2 * HOUR)
        assert (counts.overdue, counts.due) == (1, 0)


class TestWaiting:
    def test_for_a_label_for_the_first_scan_and_for_the_next_push(self, book: Database) -> None:
        save(book, *(change_of(order_of(number(last))) for last in range(1, 6)))
        dispatch(book, number(1), DispatchState.SENT)
        for last in (2, 3, 4):
            dispatch(book, number(last), DispatchState.SENT)
        parcel(book, number(2))
        parcel(book, number(3), Kind.UNDER_WAY, processed_at=NOW)
        parcel(book, number(4))
        confirm(book, number(4), State.ACCEPTED)
        parcel(book, number(5), carrier=None, carrier_label=None)
        remarks = {
            order.order_id: order.remark.carriers for order in iterate_orders(book.of(STORE), Filter(waiting=True), AT)
        }
        assert found(book, waiting=True) == [number(1), number(2), number(3), number(5)]
        assert remarks == {
            number(1): (),
            number(2): ("DHL",),
            number(3): ("DHL",),
            number(5): (),
        }

    def test_not_for_what_amazon_is_not_to_be_told_of(self, book: Database) -> None:
        programs = ("PRIME", "AMAZON_EASY_SHIP")
        save(book, change_of(order_of(number(1), programs=programs)), *(change_of(order_of(number(n))) for n in (2, 3)))
        for last in (1, 2, 3):
            parcel(book, number(last))
        with book.of(STORE).writing() as connection:
            connection.execute(update(PARCELS).where(PARCELS.c.order_id == number(3)).values(nothing_left=True))
        assert found(book, waiting=True) == [number(2)]
        assert progress(book.of(STORE), NOW).waiting_for_trigger == 1

    def test_an_order_that_was_shipped_elsewhere_waits_for_nothing(self, book: Database) -> None:
        save(book, change_of(order_of(number(1), status="SHIPPED")))
        dispatch(book, number(1), DispatchState.SENT)
        assert found(book, waiting=True) == []


class TestTogether:
    def test_all_kinds_have_to_be_met_and_one_of_the_statuses(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(number(1), ship_by=NOW - HOUR, programs=("PREORDER",))),
            change_of(order_of(number(2), ship_by=NOW - HOUR)),
            change_of(order_of(number(3), ship_by=NOW + HOUR, programs=("PREORDER",))),
            change_of(order_of(number(4), ship_by=NOW - 2 * HOUR, status="PARTIALLY_SHIPPED")),
            change_of(order_of(number(5), ship_by=NOW - HOUR, status="CANCELLED")),
        )
        assert found(book, held=True, overdue=True) == [number(1)]
        assert found(book, held=True, due_before=NOW + 2 * HOUR) == [number(1), number(3)]
        assert found(book, statuses=("CANCELLED", "PARTIALLY_SHIPPED")) == [number(4), number(5)]
        assert found(book, overdue=True, statuses=("CANCELLED", "PARTIALLY_SHIPPED")) == [number(4)]

    def test_an_empty_book_is_told_from_a_filter_that_finds_nothing(self, book: Database) -> None:
        assert not has_orders(book.of(STORE))
        save(book, change_of(order_of(number(1))))
        assert has_orders(book.of(STORE))
        assert found(book, held=True) == []

    def test_a_limit_takes_the_most_urgent_over_all_statuses(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(number(1), ship_by=None)),
            change_of(order_of(number(2), ship_by=NOW + HOUR, status="SHIPPED")),
            change_of(order_of(number(3), ship_by=NOW + 2 * HOUR)),
            change_of(order_of(number(4), ship_by=NOW + 3 * HOUR, status="CANCELLED")),
        )
        ids = [order.order_id for order in iterate_orders(book.of(STORE), Filter(), None, 3)]
        assert ids == [number(2), number(3), number(4)]


def test_status_names_overdue_orders_of_one_date_in_the_sequence_of_the_list_the_first_that_was_placed_first(
    book: Database,
) -> None:
    placed = {number(1): 1, number(2): 3, number(3): 2}
    for order_id, hours in placed.items():
        save(book, change_of(order_of(order_id, ship_by=NOW - HOUR, purchased_at=NOW - HOUR * hours)))
    named = overdue_orders(book.of(STORE), NOW, 10)
    assert list(named) == found(book, overdue=True) == [number(2), number(3), number(1)]
