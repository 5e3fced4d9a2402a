"""What an order waits for: every state has a true answer, and no two facts contradict each other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.orders.holds import INCOMPLETE, Hold
from amzlink.core.orders.order import CANCELLED, PENDING, SHIPPED, STATUSES, TO_SHIP
from amzlink.core.orders.story import (
    At,
    Confirmed,
    Event,
    ParcelNow,
    Standing,
    Wait,
    WaitsFor,
    Way,
    What,
    in_sequence,
    waits_for,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
TIMES = st.none() | st.integers(-100, 100).map(lambda days: NOW + timedelta(days=days))
PARCELS = st.builds(
    ParcelNow, st.sampled_from(Way), st.booleans(), st.none() | st.sampled_from(Confirmed), st.booleans(), st.booleans()
)


_CONFIRMING = {Wait.NEXT_PUSH, Wait.SCAN, Wait.SCAN_IN_DOUBT}


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any state that the tables can tell of: the confirmations are those of the parcels, and perhaps of others."""
    parcels = tuple(draw(st.lists(PARCELS, max_size=3)))
    own = {parcel.confirmed for parcel in parcels if parcel.confirmed}
    destination = draw(st.sampled_from(At))
    asked = destination is At.WAITING and draw(st.booleans())
    return Standing(
        status=draw(st.sampled_from(STATUSES)),
        now=NOW,
        ship_by=draw(TIMES),
        deliver_by=draw(TIMES),
        shipped_at=draw(TIMES),
        delivered_at=draw(TIMES),
        holds=tuple(draw(st.lists(st.sampled_from([hold.value for hold in Hold]), max_size=3, unique=True))),
        label_from=draw(TIMES),
        destination=destination,
        has_destination=draw(st.booleans()),
        may_be_there=asked or destination is At.SENT or (destination is At.REFUSED and draw(st.booleans())),
        asked=asked,
        parcels=parcels,
        confirmations=frozenset(own | draw(st.sets(st.sampled_from(Confirmed), max_size=1))),
        amazon_confirms=draw(st.booleans()),
        is_purged=draw(st.booleans()),
    )


@given(standings())
def test_an_order_still_to_ship_always_waits_for_something(order: Standing) -> None:
    waiting = waits_for(order)
    if order.status in TO_SHIP:
        assert waiting is not None
        assert waiting.until == (order.label_from if waiting.wait is Wait.LABEL_DAY else order.ship_by)
    if order.status in PENDING:
        assert waiting == WaitsFor(Wait.PAYMENT)


@given(standings())
def test_what_is_held_or_cancelled_is_never_to_be_shipped(order: Standing) -> None:
    waiting = waits_for(order)
    stopped = order.status == CANCELLED or (order.status in TO_SHIP and bool(order.holds))
    if waiting and waiting.wait in {Wait.LABEL, Wait.NEXT_IMPORT, Wait.OWN_PARCEL, *_CONFIRMING}:
        assert not stopped or order.status == SHIPPED
    if waiting and waiting.wait is Wait.DO_NOT_SHIP:
        assert stopped
        assert any(parcel.way in (Way.OUT, Way.CANCELLING) for parcel in order.parcels)


@given(standings())
def test_each_answer_has_its_reason_in_the_record(order: Standing) -> None:
    waiting = waits_for(order)
    if waiting is None:
        assert order.status not in TO_SHIP | PENDING
        return
    ways = {parcel.way for parcel in order.parcels}
    held = set(order.holds)
    reasons = {
        Wait.DO_NOT_SHIP: bool(ways & {Way.OUT, Way.CANCELLING}),
        Wait.REMOVAL: order.may_be_there,
        Wait.PAYMENT: order.status in PENDING,
        Wait.MISSING_PARTS: bool(held & INCOMPLETE),
        Wait.BUYER_ASKS_TO_CANCEL: Hold.CANCELLATION_REQUESTED in held,
        Wait.RELEASE: bool(held),
        Wait.READING: Hold.NOT_READ_YET in held,
        Wait.WEIGHT: Hold.MISSING_WEIGHT in held,
        Wait.CUSTOMS: held <= {Hold.MISSING_CUSTOMS, Hold.LABEL_TOO_EARLY},
        Wait.LABEL_DAY: held == {Hold.LABEL_TOO_EARLY},
        Wait.CONFIRM_BY_HAND: Confirmed.REFUSED in order.confirmations,
        Wait.AMAZONS_ANSWER: Confirmed.SENT in order.confirmations,
        Wait.NEXT_PUSH: Confirmed.PLANNED in order.confirmations or any(each.has_reached for each in order.parcels),
        Wait.SCAN: any(each.confirmed is None and each.has_number for each in order.parcels),
        Wait.SCAN_IN_DOUBT: any(each.confirmed is None and not each.has_number for each in order.parcels),
        Wait.AMAZON_SHOWS: Confirmed.ACCEPTED in order.confirmations,
        Wait.AMAZON_CONFIRMS: order.amazon_confirms,
        Wait.LABEL_IN_THE_MAKING: Way.IN_THE_MAKING in ways,
        Wait.PARCEL_IN_DOUBT: Way.IN_DOUBT in ways,
        Wait.REFUSED_BY_SENDCLOUD: order.destination is At.REFUSED and not order.may_be_there,
        Wait.CHANGE_REFUSED: order.destination is At.REFUSED and order.may_be_there,
        Wait.SENDCLOUD_STORES: order.asked,
        Wait.LABEL: order.destination is At.SENT,
        Wait.NEXT_IMPORT: order.has_destination and not order.is_purged,
        Wait.SELLER_CENTRAL: order.is_purged,
        Wait.OWN_PARCEL: not order.has_destination and not order.is_purged,
        Wait.DELIVERY: order.status == SHIPPED and order.delivered_at is None,
        Wait.RETURN: Way.RETURNING in ways,
    }
    assert set(reasons) == set(Wait)
    assert reasons[waiting.wait], waiting


@pytest.mark.parametrize(
    ("order", "wait"),
    [
        (Standing(status="UNSHIPPED", now=NOW, has_destination=True, destination=At.WAITING), Wait.NEXT_IMPORT),
        (Standing(status="UNSHIPPED", now=NOW, has_destination=True, destination=At.WITHDRAWN), Wait.NEXT_IMPORT),
        (Standing(status="UNSHIPPED", now=NOW), Wait.OWN_PARCEL),
        (Standing(status="UNSHIPPED", now=NOW, destination=At.SENT, may_be_there=True), Wait.LABEL),
        (Standing(status="UNSHIPPED", now=NOW, destination=At.REFUSED), Wait.REFUSED_BY_SENDCLOUD),
        (Standing(status="UNSHIPPED", now=NOW, parcels=(ParcelNow(Way.OUT),)), Wait.SCAN),
        (Standing(status="UNSHIPPED", now=NOW, parcels=(ParcelNow(Way.OUT),), is_purged=True), Wait.SELLER_CENTRAL),
        (Standing(status="UNSHIPPED", now=NOW, parcels=(ParcelNow(Way.OUT, has_number=False),)), Wait.SCAN_IN_DOUBT),
        (
            Standing(
                status="UNSHIPPED",
                now=NOW,
                parcels=(
                    ParcelNow(Way.OUT, has_reached=True, confirmed=Confirmed.ACCEPTED),
                    ParcelNow(Way.OUT, nothing_left=True),
                ),
                confirmations=frozenset({Confirmed.ACCEPTED}),
            ),
            Wait.AMAZON_SHOWS,
        ),
        (Standing(status="UNSHIPPED", now=NOW, parcels=(ParcelNow(Way.OUT, has_reached=True),)), Wait.NEXT_PUSH),
        (Standing(status="UNSHIPPED", now=NOW, parcels=(ParcelNow(Way.ARRIVED, has_reached=True),)), Wait.NEXT_PUSH),
        (Standing(status="CANCELLED", now=NOW, parcels=(ParcelNow(Way.OUT),), may_be_there=True), Wait.DO_NOT_SHIP),
        (Standing(status="CANCELLED", now=NOW, parcels=(ParcelNow(Way.NONE),), may_be_there=True), Wait.REMOVAL),
        (Standing(status="SHIPPED", now=NOW, deliver_by=TOMORROW), Wait.DELIVERY),
        (
            Standing(status="SHIPPED", now=NOW, delivered_at=NOW, parcels=(ParcelNow(Way.RETURNING),)),
            Wait.RETURN,
        ),
        (
            Standing(status="SHIPPED", now=NOW, deliver_by=TOMORROW, confirmations=frozenset({Confirmed.ACCEPTED})),
            Wait.AMAZON_SHOWS,
        ),
    ],
)
def test_the_usual_states_wait_for_what_people_expect(order: Standing, wait: Wait) -> None:
    found = waits_for(order)
    assert found is not None
    assert found.wait is wait


@pytest.mark.parametrize(
    "order",
    [
        Standing(status="CANCELLED", now=NOW),
        Standing(status="CANCELLED", now=NOW, parcels=(ParcelNow(Way.ARRIVED),)),
        Standing(status="SHIPPED", now=NOW, delivered_at=NOW),
        Standing(status="SHIPPED", now=NOW, deliver_by=NOW - timedelta(days=30)),
        Standing(status="UNFULFILLABLE", now=NOW),
    ],
)
def test_what_is_over_waits_for_nothing(order: Standing) -> None:
    assert waits_for(order) is None


def test_the_rest_of_an_order_can_be_held_while_a_confirmed_parcel_travels() -> None:
    parcels = (ParcelNow(Way.OUT, has_reached=True, confirmed=Confirmed.STORED),)
    order = Standing(status="PARTIALLY_SHIPPED", now=NOW, holds=("manual",), parcels=parcels)
    assert waits_for(order) == WaitsFor(Wait.RELEASE, holds=("manual",))


def test_a_held_order_whose_only_parcel_was_told_waits_for_amazon_and_not_for_its_release() -> None:
    parcels = (ParcelNow(Way.OUT, has_reached=True, confirmed=Confirmed.ACCEPTED),)
    order = Standing(
        status="UNSHIPPED", now=NOW, holds=("manual",), parcels=parcels, confirmations=frozenset({Confirmed.ACCEPTED})
    )
    assert waits_for(order) == WaitsFor(Wait.AMAZON_SHOWS)


def test_a_ship_by_time_that_is_over_is_told_as_over() -> None:
    order = Standing(status="UNSHIPPED", now=NOW, ship_by=NOW - timedelta(hours=1))
    assert waits_for(order) == WaitsFor(Wait.OWN_PARCEL, NOW - timedelta(hours=1), is_late=True)


def test_of_what_happened_again_and_again_the_first_and_the_last_time_stay() -> None:
    refused = [Event(NOW + timedelta(days=day), What.NOT_SENT) for day in range(5)]
    assert in_sequence([*reversed(refused), refused[2]]) == [refused[0], refused[4]]


def test_what_happened_in_one_second_stands_in_the_sequence_of_cause_and_effect() -> None:
    events = [Event(NOW, what) for what in (What.SENT, What.IMPORTED, What.GIVEN_TO_SENDCLOUD, What.ORDERED)]
    told = [event.what for event in in_sequence(events)]
    assert told == [What.ORDERED, What.IMPORTED, What.GIVEN_TO_SENDCLOUD, What.SENT]
