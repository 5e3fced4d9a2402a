"""How long personal data may be kept: never longer than the policy, counted from what is known."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders import Order
from amzlink.core.retention import Retention, lease_for, lifetime_as_told
from tests.orderbook.samples import NOW, order_of, package_of

TODAY = NOW.date()
DEFAULT = Retention()
FROM_SHIPMENT = Retention(counts_from="shipment")


def lease_as_told(order: Order, today: date, policy: Retention) -> date | None:
    """The lease that an import gives."""
    return lease_for(lifetime_as_told(order, today), today, policy)


def shipped(days_ago: int | None, *, changed_days_ago: int = 0) -> Order:
    """A shipped order: handed over so long ago, or nobody knows when."""
    at = NOW - timedelta(days=days_ago) if days_ago is not None else None
    return order_of(
        status="SHIPPED", packages=(package_of(shipped_at=at),), changed_at=NOW - timedelta(days=changed_days_ago)
    )


def test_by_default_thirty_days_after_a_delivery_that_is_taken_to_need_fourteen() -> None:
    assert (DEFAULT.days, DEFAULT.counts_from, DEFAULT.unknown_delivery_days, DEFAULT.order_months) == (
        30, "delivery", 14, 18,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["UNSHIPPED", "PARTIALLY_SHIPPED", "PENDING", "SOMETHING_NEW"])
def test_an_open_order_gets_a_full_lease_however_old_it_is(status: str) -> None:
    order = order_of(status=status, purchased_at=NOW - timedelta(days=300), changed_at=NOW - timedelta(days=300))
    assert lease_as_told(order, TODAY, DEFAULT) == TODAY + timedelta(days=30)


def test_of_a_cancelled_order_nothing_is_kept() -> None:
    assert lease_as_told(order_of(status="CANCELLED"), TODAY, DEFAULT) is None


def test_an_order_shipped_today_gets_no_more_than_a_full_lease() -> None:
    assert lease_as_told(shipped(0), TODAY, DEFAULT) == TODAY + timedelta(days=30)


def test_an_order_that_was_shipped_a_while_ago_gets_what_its_shipment_leaves() -> None:
    assert lease_as_told(shipped(40), TODAY, DEFAULT) == TODAY + timedelta(days=14 + 30 - 40)


def test_the_last_day_of_a_lease_still_counts_and_the_next_does_not() -> None:
    assert lease_as_told(shipped(44), TODAY, DEFAULT) == TODAY
    assert lease_as_told(shipped(45), TODAY, DEFAULT) is None


def test_counted_from_the_shipment_the_way_gives_no_days() -> None:
    assert lease_as_told(shipped(20), TODAY, FROM_SHIPMENT) == TODAY + timedelta(days=10)
    assert lease_as_told(shipped(30), TODAY, FROM_SHIPMENT) == TODAY
    assert lease_as_told(shipped(31), TODAY, FROM_SHIPMENT) is None


def test_a_shipment_of_unknown_time_counts_from_the_last_change() -> None:
    assert lease_as_told(shipped(None, changed_days_ago=40), TODAY, DEFAULT) == TODAY + timedelta(days=4)


def test_the_last_of_several_packages_counts() -> None:
    packages = (
        package_of("P1", shipped_at=NOW - timedelta(days=43)),
        package_of("P2", shipped_at=NOW - timedelta(days=40)),
    )
    order = order_of(status="SHIPPED", packages=packages)
    assert lease_as_told(order, TODAY, DEFAULT) == TODAY + timedelta(days=4)


@given(
    st.sampled_from(["UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "SOMETHING_NEW"]),
    st.none() | st.integers(-10, 400),
    st.integers(0, 400),
    st.builds(
        Retention,
        days=st.integers(1, 30),
        counts_from=st.sampled_from(["delivery", "shipment"]),
        unknown_delivery_days=st.integers(0, 30),
    ),
)
@settings(deadline=None)
def test_no_lease_is_longer_than_the_retention_or_already_over(
    status: str, shipped_days_ago: int | None, changed_days_ago: int, policy: Retention
) -> None:
    at = NOW - timedelta(days=shipped_days_ago) if shipped_days_ago is not None else None
    order = order_of(
        status=status,
        changed_at=NOW - timedelta(days=changed_days_ago),
        packages=(package_of(shipped_at=at),),
    )
    lease = lease_as_told(order, TODAY, policy)
    assert lease is None or TODAY <= lease <= TODAY + timedelta(days=policy.days)


@given(st.integers(0, 100), st.dates(date(2024, 1, 1), date(2030, 1, 1)))
@settings(deadline=None)
def test_looking_later_never_lengthens_what_a_shipment_leaves(days_later: int, today: date) -> None:
    order = order_of(status="SHIPPED", packages=(package_of(shipped_at=NOW),))
    first, later = (
        lease_as_told(order, today, DEFAULT),
        lease_as_told(order, today + timedelta(days=days_later), DEFAULT),
    )
    limit = NOW.date() + timedelta(days=44)
    assert all(lease is None or lease <= limit for lease in (first, later))
