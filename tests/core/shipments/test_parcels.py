"""What is known of a parcel after news of it, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from amzlink.core.shipments.parcels import SUPERSEDED, Kind, Parcel, ParcelItem, delivered_at, follow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def parcel(kind: Kind = Kind.LABELLED, **fields: Any) -> Parcel:
    return Parcel(
        **{
            "key": "sendcloud:1",
            "order_id": "302-0000000-0000001",
            "status": "READY_TO_SEND",
            "kind": kind,
            "updated_at": NOON,
            "announced_at": NOON,
            **fields,
        }
    )


def test_news_that_is_older_than_what_is_known_changes_nothing() -> None:
    known = parcel(Kind.UNDER_WAY, updated_at=LATER, processed_at=LATER)
    assert follow(known, parcel(Kind.LABELLED)) == known


def test_news_of_the_same_moment_counts_because_a_status_may_not_move_it() -> None:
    assert follow(parcel(), parcel(Kind.DELIVERED, delivered_at=NOON)).kind is Kind.DELIVERED


def test_a_status_that_says_nothing_leaves_the_one_before_it() -> None:
    seen = parcel(Kind.UNKNOWN, status="UNKNOWN", updated_at=LATER, announced_at=None)
    after = follow(parcel(Kind.UNDER_WAY, processed_at=NOON, status="SORTED"), seen)
    assert (after.kind, after.status, after.processed_at) == (Kind.UNDER_WAY, "SORTED", NOON)
    assert after.is_live


def test_a_parcel_of_which_only_an_unknown_status_was_heard_is_none_yet() -> None:
    assert not parcel(Kind.UNKNOWN, announced_at=None).is_live


@pytest.mark.parametrize(("seen", "expected"), [(Kind.LABELLED, Kind.CANCELLED), (Kind.UNDER_WAY, Kind.UNDER_WAY)])
def test_a_label_that_a_file_replaced_comes_back_with_a_scan_alone(seen: Kind, expected: Kind) -> None:
    after = follow(parcel(Kind.CANCELLED, status=SUPERSEDED), parcel(seen, updated_at=LATER))
    assert (after.kind, after.status == SUPERSEDED) == (expected, seen is Kind.LABELLED)


def test_a_moment_that_was_reached_stays_reached() -> None:
    known = parcel(Kind.UNDER_WAY, processed_at=NOON)
    after = follow(known, parcel(Kind.LABELLED, status="EXCEPTION", updated_at=LATER))
    assert after.processed_at == NOON


def test_a_parcel_whose_cancellation_failed_lives_on() -> None:
    cancelling = follow(parcel(), parcel(Kind.CANCELLING, updated_at=LATER, announced_at=None))
    assert not cancelling.is_live
    assert follow(cancelling, parcel(Kind.LABELLED, updated_at=LATER + timedelta(hours=1))).is_live


def test_what_later_news_leave_out_is_kept() -> None:
    known = parcel(carrier="dhl_de", service="dhl:paket", traceable=True, items=(ParcelItem("1", "A", 2),))
    after = follow(known, parcel(updated_at=LATER))
    assert (after.carrier, after.service, after.traceable, after.items) == (
        "dhl_de", "dhl:paket", True, (ParcelItem("1", "A", 2),),
    )  # fmt: skip


def test_an_order_has_arrived_when_its_slowest_parcel_has() -> None:
    fast = parcel(Kind.DELIVERED, delivered_at=NOON)
    slow = msgspec.structs.replace(fast, key="sendcloud:2", delivered_at=LATER)
    assert delivered_at((slow, fast)) == LATER


@pytest.mark.parametrize("kind", [Kind.LABELLED, Kind.UNDER_WAY, Kind.RETURNING, Kind.CANCELLING])
def test_an_order_has_not_arrived_while_a_parcel_may_be_on_its_way(kind: Kind) -> None:
    arrived = parcel(Kind.DELIVERED, delivered_at=NOON)
    assert delivered_at((arrived, parcel(kind, key="sendcloud:2"))) is None


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.FAILED, Kind.BEFORE])
def test_a_parcel_that_is_none_keeps_no_order_from_having_arrived(kind: Kind) -> None:
    arrived = parcel(Kind.DELIVERED, delivered_at=NOON)
    assert delivered_at((arrived, parcel(kind, key="sendcloud:2"))) == NOON


def test_an_order_without_parcels_has_not_arrived() -> None:
    assert delivered_at(()) is None
