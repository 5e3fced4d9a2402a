"""When a parcel is confirmed to Amazon, and as of when it was shipped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amzlink.core.shipments.parcels import Kind, Parcel
from amzlink.core.shipments.trigger import TriggerRule, ship_date

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def parcel(kind: Kind = Kind.UNDER_WAY, **fields: Any) -> Parcel:
    given = {"status": "X", "updated_at": NOON, "announced_at": NOON, "traceable": True, **fields}
    return Parcel(key="sendcloud:A", order_id="302-0000000-0000001", kind=kind, **given)


def test_a_store_that_confirms_when_announced_waits_for_no_scan() -> None:
    assert TriggerRule("announced").reached(parcel(kind=Kind.LABELLED), None, NOON)


def test_a_store_that_confirms_when_processed_waits_for_the_scan() -> None:
    trigger = TriggerRule("processed")
    assert not trigger.reached(parcel(kind=Kind.LABELLED), None, NOON)
    assert trigger.reached(parcel(processed_at=NOON), None, NOON)


def test_a_parcel_that_skips_states_has_reached_what_its_last_one_proves() -> None:
    arrived = parcel(kind=Kind.DELIVERED, processed_at=NOON, delivered_at=NOON)
    assert TriggerRule("processed").reached(arrived, None, NOON)


@pytest.mark.parametrize(("hours_left", "reached"), [(7, False), (6, True), (-3, True)])
def test_the_guard_confirms_an_announced_parcel_so_many_hours_before_its_date(hours_left: int, reached: bool) -> None:
    ship_by = NOON + timedelta(hours=hours_left)
    assert TriggerRule("processed", 6).reached(parcel(kind=Kind.LABELLED), ship_by, NOON) is reached


def test_without_a_date_the_guard_has_nothing_to_go_by() -> None:
    assert not TriggerRule("processed", 6).reached(parcel(kind=Kind.LABELLED), None, NOON)


@pytest.mark.parametrize("kind", [Kind.BEFORE, Kind.FAILED, Kind.CANCELLING, Kind.CANCELLED])
def test_what_is_no_parcel_reaches_no_trigger(kind: Kind) -> None:
    assert not TriggerRule("announced").reached(parcel(kind=kind, processed_at=NOON), NOON, NOON)


def test_the_ship_date_is_the_scan_or_else_the_label() -> None:
    assert ship_date(parcel(processed_at=NOON + HOUR), NOON - HOUR, NOON + 2 * HOUR) == NOON + HOUR
    assert ship_date(parcel(), NOON - HOUR, NOON + 2 * HOUR) == NOON


def test_the_ship_date_is_never_in_the_future() -> None:
    assert ship_date(parcel(processed_at=NOON + HOUR), NOON - HOUR, NOON) == NOON


def test_the_ship_date_is_never_before_the_order_whose_fraction_of_a_second_the_book_does_not_keep() -> None:
    assert ship_date(parcel(), NOON + HOUR, NOON + 2 * HOUR) > NOON + HOUR
