"""How long personal data may be kept: never longer than the policy, counted from what is known."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders.order import Order
from amzlink.core.privacy.retention import (
    Keeping,
    Lifetime,
    Retention,
    Rule,
    cancelled_by,
    expected_last_day,
    keeping_of,
    last_day_of,
    lease_for,
    lifetime_as_told,
)
from tests.orderbook.samples import NOW, order_of, package_of

TODAY = NOW.date()  # a Monday
DEFAULT = Retention()
FROM_SHIPMENT = Retention(counts_from="shipment")
OPEN = ("UNSHIPPED", "PARTIALLY_SHIPPED", "PENDING", "SOMETHING_NEW")


def days(number: int) -> timedelta:
    return timedelta(days=number)


def lease_as_told(order: Order, today: date, policy: Retention) -> date | None:
    """The lease that an import gives."""
    return lease_for(lifetime_as_told(order, today), today, policy)


def shipped(days_ago: int | None, *, changed_days_ago: int = 0) -> Order:
    """A shipped order: handed over so long ago, or nobody knows when."""
    at = NOW - timedelta(days=days_ago) if days_ago is not None else None
    return order_of(
        status="SHIPPED", packages=(package_of(shipped_at=at),), changed_at=NOW - timedelta(days=changed_days_ago)
    )


def booked(status: str = "SHIPPED", **fields: int | bool) -> Lifetime:
    """An order in the book; the days are counted from today."""
    dates = {name: TODAY + days(int(value)) for name, value in fields.items() if name != "delivery_dated"}
    told = Lifetime(status=status, changed_on=TODAY, delivery_dated=bool(fields.get("delivery_dated")))
    return msgspec.structs.replace(told, **dates)


def test_by_default_thirty_days_after_a_delivery_that_is_taken_to_need_fourteen() -> None:
    assert (DEFAULT.days, DEFAULT.counts_from, DEFAULT.unknown_delivery_days, DEFAULT.order_months) == (
        30, "delivery", 14, 18,
    )  # fmt: skip


class TestTheLeaseOfAnOrderAsItIsTold:
    @pytest.mark.parametrize("status", OPEN)
    def test_an_open_order_gets_a_full_lease_however_old_it_is(self, status: str) -> None:
        order = order_of(status=status, purchased_at=NOW - days(300), changed_at=NOW - days(300))
        assert lease_as_told(order, TODAY, DEFAULT) == TODAY + days(30)

    @pytest.mark.parametrize("status", OPEN)
    @pytest.mark.parametrize("ship_by", [None, -300, 300])
    def test_whatever_its_ship_by_date_says(self, status: str, ship_by: int | None) -> None:
        """Amazon tells of it today as of one that is to be shipped."""
        order = order_of(status=status, ship_by=None if ship_by is None else NOW + days(ship_by))
        assert lease_as_told(order, TODAY, DEFAULT) == TODAY + days(30)

    def test_of_a_cancelled_order_nothing_is_kept(self) -> None:
        assert lease_as_told(order_of(status="CANCELLED"), TODAY, DEFAULT) is None

    def test_an_order_shipped_today_gets_no_more_than_a_full_lease(self) -> None:
        assert lease_as_told(shipped(0), TODAY, DEFAULT) == TODAY + days(30)

    def test_an_order_that_was_shipped_a_while_ago_gets_what_its_shipment_leaves(self) -> None:
        assert lease_as_told(shipped(40), TODAY, DEFAULT) == TODAY + days(14 + 30 - 40)

    def test_the_last_day_of_a_lease_still_counts_and_the_next_does_not(self) -> None:
        assert lease_as_told(shipped(44), TODAY, DEFAULT) == TODAY
        assert lease_as_told(shipped(45), TODAY, DEFAULT) is None

    def test_counted_from_the_shipment_the_way_gives_no_days(self) -> None:
        assert lease_as_told(shipped(20), TODAY, FROM_SHIPMENT) == TODAY + days(10)
        assert lease_as_told(shipped(30), TODAY, FROM_SHIPMENT) == TODAY
        assert lease_as_told(shipped(31), TODAY, FROM_SHIPMENT) is None

    def test_a_shipment_of_unknown_time_counts_from_the_last_change(self) -> None:
        assert lease_as_told(shipped(None, changed_days_ago=40), TODAY, DEFAULT) == TODAY + days(4)

    def test_but_not_from_a_change_after_the_day_on_which_amazon_would_have_cancelled_it(self) -> None:
        """A refund on day 90 begins nothing anew."""
        order = order_of(status="SHIPPED", packages=(), ship_by=NOW - days(90), changed_at=NOW)
        assert lease_as_told(order, TODAY, DEFAULT) is None
        soon = order_of(status="SHIPPED", packages=(), ship_by=NOW - days(21), changed_at=NOW)
        assert lease_as_told(soon, TODAY, DEFAULT) == min(cancelled_by(TODAY - days(21)) + days(44), TODAY + days(30))

    def test_the_last_of_several_packages_counts(self) -> None:
        packages = (package_of("P1", shipped_at=NOW - days(43)), package_of("P2", shipped_at=NOW - days(40)))
        order = order_of(status="SHIPPED", packages=packages)
        assert lease_as_told(order, TODAY, DEFAULT) == TODAY + days(4)


class TestWhatAnOrderTellsOfItself:
    def test_that_it_has_arrived_is_known_since_today_unless_it_was_heard_before(self) -> None:
        order = order_of(status="SHIPPED", packages=(package_of(status="DELIVERED", shipped_at=NOW - days(9)),))
        told = lifetime_as_told(order, TODAY)
        assert (told.shipped_on, told.delivered_on, told.delivery_dated) == (TODAY - days(9), TODAY, False)
        earlier = lifetime_as_told(order, TODAY, TODAY - days(5), delivery_dated=True)
        assert (earlier.delivered_on, earlier.delivery_dated) == (TODAY - days(5), True)

    @pytest.mark.parametrize(
        ("status", "packages", "arrived"),
        [
            ("SHIPPED", ("DELIVERED", "DELIVERED"), True),
            ("SHIPPED", ("DELIVERED", "CANCELLED"), True),
            ("SHIPPED", ("DELIVERED", "IN_TRANSIT"), False),
            ("SHIPPED", ("DELIVERED", None), False),
            ("SHIPPED", ("UNDELIVERABLE",), False),
            ("SHIPPED", ("CANCELLED",), False),
            ("SHIPPED", (), False),
            ("PARTIALLY_SHIPPED", ("DELIVERED",), False),
        ],
    )
    def test_all_of_it_has_to_have_arrived(self, status: str, packages: tuple[str | None, ...], arrived: bool) -> None:
        boxes = tuple(package_of(f"P{number}", status=each) for number, each in enumerate(packages))
        told = lifetime_as_told(order_of(status=status, packages=boxes), TODAY)
        assert told.delivered_on == (TODAY if arrived else None)

    @pytest.mark.parametrize(
        ("status", "ship_by", "counts"),
        [
            ("UNSHIPPED", -40, 0),
            ("UNSHIPPED", 3, 3),
            ("PENDING", None, 0),
            ("SHIPPED", -40, -40),
            ("SHIPPED", None, None),
            ("CANCELLED", -40, -40),
        ],
    )
    def test_an_open_order_is_to_be_shipped_today_at_the_earliest(
        self, status: str, ship_by: int | None, counts: int | None
    ) -> None:
        order = order_of(status=status, ship_by=None if ship_by is None else NOW + days(ship_by))
        assert lifetime_as_told(order, TODAY).ship_by == (None if counts is None else TODAY + days(counts))


class TestTheRules:
    """In days from today: which rule it is, the last day, and the day from which it counts."""

    @pytest.mark.parametrize(
        ("order", "policy", "keeping"),
        [
            (booked("CANCELLED"), DEFAULT, (Rule.CANCELLED, None, None)),
            (booked("CANCELLED", shipped_on=-3, delivered_on=-1), DEFAULT, (Rule.CANCELLED, None, None)),
            (booked("UNSHIPPED", ship_by=2), DEFAULT, (Rule.OPEN, 30, None)),
            (booked("UNSHIPPED", ship_by=2), Retention(days=7), (Rule.OPEN, 7, None)),
            (booked("UNSHIPPED", ship_by=-11), DEFAULT, (Rule.OPEN, 30, None)),  # a Thursday: to the second Monday
            (booked("UNSHIPPED", ship_by=-12), DEFAULT, (Rule.NOT_CONFIRMED, -3, -12)),
            (booked("UNSHIPPED", changed_on=-12), DEFAULT, (Rule.NOT_CONFIRMED, -3, None)),
            (booked("PARTIALLY_SHIPPED", shipped_on=-50, ship_by=-50), DEFAULT, (Rule.NOT_CONFIRMED, -41, -50)),
            (booked(shipped_on=-10), DEFAULT, (Rule.DELIVERY_UNKNOWN, 34, -10)),
            (booked(shipped_on=-10), Retention(unknown_delivery_days=0), (Rule.DELIVERY_UNKNOWN, 20, -10)),
            (booked(shipped_on=-10), Retention(days=7, unknown_delivery_days=3), (Rule.DELIVERY_UNKNOWN, 0, -10)),
            (booked(shipped_on=-10, delivered_on=-8), DEFAULT, (Rule.DELIVERED, 22, -8)),
            (booked(shipped_on=-10, delivered_on=-8, delivery_dated=True), DEFAULT, (Rule.DELIVERED, 22, -8)),
            (booked(shipped_on=-20, delivered_on=-6), DEFAULT, (Rule.DELIVERED, 24, -6)),
            (booked(shipped_on=-20, delivered_on=-5), DEFAULT, (Rule.DELIVERY_UNKNOWN, 24, -20)),
            (booked(shipped_on=-20, delivered_on=-5, delivery_dated=True), DEFAULT, (Rule.DELIVERED, 25, -5)),
            (booked(shipped_on=-10, delivered_on=-8), FROM_SHIPMENT, (Rule.SHIPPED, 20, -10)),
            (booked(shipped_on=-10), FROM_SHIPMENT, (Rule.SHIPPED, 20, -10)),
            (booked(changed_on=-4), FROM_SHIPMENT, (Rule.SHIPPED, 26, -4)),
        ],
    )
    def test_which_one_applies(
        self, order: Lifetime, policy: Retention, keeping: tuple[Rule, int | None, int | None]
    ) -> None:
        rule, until, since = keeping
        assert keeping_of(order, TODAY, policy) == Keeping(
            rule, None if until is None else TODAY + days(until), None if since is None else TODAY + days(since)
        )

    @pytest.mark.parametrize(
        ("rule", "until", "lease", "last"),
        [
            (Rule.CANCELLED, None, 9, None),
            (Rule.OPEN, 30, 9, 9),
            (Rule.NOT_CONFIRMED, -3, 9, 9),
            (Rule.DELIVERED, 5, 9, 5),
            (Rule.DELIVERED, 9, 5, 5),
            (Rule.SHIPPED, -1, 9, -1),
            (Rule.DELIVERY_UNKNOWN, 9, 4, 4),
        ],
    )
    def test_the_last_day_is_that_of_the_rule_or_of_the_lease(
        self, rule: Rule, until: int | None, lease: int, last: int | None
    ) -> None:
        keeping = Keeping(rule, None if until is None else TODAY + days(until))
        assert last_day_of(keeping, TODAY + days(lease)) == (None if last is None else TODAY + days(last))


class TestWhenAmazonCancels:
    @pytest.mark.parametrize(
        ("ship_by", "cancelled"),
        [
            (date(2026, 11, 23), date(2026, 12, 2)),  # Monday: Wednesday of the next week
            (date(2026, 11, 24), date(2026, 12, 3)),
            (date(2026, 11, 25), date(2026, 12, 4)),  # Wednesday: Friday of the next week
            (date(2026, 11, 26), date(2026, 12, 7)),  # Thursday: over two week-ends
            (date(2026, 11, 27), date(2026, 12, 8)),
            (date(2026, 11, 28), date(2026, 12, 8)),  # Saturday, Sunday: as if it were Friday
            (date(2026, 11, 29), date(2026, 12, 8)),
            (date(2026, 12, 24), date(2027, 1, 4)),  # no holiday is known: an order is rather kept a day longer than
            (date(2026, 12, 31), date(2027, 1, 11)),  # Amazon does, since that hears of a cancellation anyway
            (date(2028, 2, 22), date(2028, 3, 2)),  # over a 29 February
        ],
    )
    def test_it_is_seven_business_days_later(self, ship_by: date, cancelled: date) -> None:
        assert cancelled_by(ship_by) == cancelled

    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    def test_never_at_a_weekend_nine_to_eleven_days_later_and_never_earlier_for_a_later_date(self, day: date) -> None:
        found = cancelled_by(day)
        assert found.weekday() < 5
        assert days(9) <= found - day <= days(11)
        between = [day + days(number) for number in range(1, (found - day).days + 1)]
        assert sum(each.weekday() < 5 for each in between) == 7
        assert cancelled_by(day + days(1)) >= found


POLICIES = st.builds(
    Retention,
    days=st.integers(1, 30),
    counts_from=st.sampled_from(["delivery", "shipment"]),
    unknown_delivery_days=st.integers(0, 30),
)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def lifetimes(*statuses: str, arrived: bool = False) -> Any:
    return st.builds(
        Lifetime,
        status=st.sampled_from(statuses),
        changed_on=DAYS,
        shipped_on=st.none() | DAYS,
        delivered_on=DAYS if arrived else st.none() | DAYS,
        ship_by=st.none() | DAYS,
        delivery_dated=st.booleans(),
    )


LIFETIMES = lifetimes("UNSHIPPED", "SOMETHING_NEW", "SHIPPED", "CANCELLED")
HANDED_OVER = lifetimes("SHIPPED")
ARRIVED = lifetimes("SHIPPED", arrived=True)
STILL_TO_SHIP = lifetimes(*OPEN)


class TestWhateverIsTold:
    """Properties: of any order, any day and any policy that the configuration takes."""

    @given(LIFETIMES, DAYS, POLICIES)
    def test_no_lease_is_over_longer_than_the_policy_or_beyond_the_stay(
        self, order: Lifetime, today: date, policy: Retention
    ) -> None:
        keeping, lease = keeping_of(order, today, policy), lease_for(order, today, policy)
        if lease is None:
            assert keeping.until is None or keeping.until < today
        else:
            assert keeping.until is not None
            assert today <= lease <= min(keeping.until, today + days(policy.days))
            assert last_day_of(keeping, lease) == lease

    @given(LIFETIMES, DAYS, POLICIES)
    def test_no_stay_goes_beyond_the_latest_that_the_order_allows(
        self, order: Lifetime, today: date, policy: Retention
    ) -> None:
        """Undated word of a delivery adds nothing to the days that a delivery is taken to need."""
        keeping = keeping_of(order, today, policy)
        if order.status == "CANCELLED":
            assert keeping == Keeping(Rule.CANCELLED, None)
        elif order.status != "SHIPPED":
            latest = today + days(policy.days)
            assert keeping.until is not None
            assert keeping.until <= latest
            assert (keeping.rule is Rule.OPEN) is (today <= cancelled_by(order.ship_by or order.changed_on))
        else:
            way = days(policy.unknown_delivery_days if policy.counts_from == "delivery" else 0)
            handed_over = order.shipped_on or min(order.changed_on, cancelled_by(order.ship_by or order.changed_on))
            latest = handed_over + way
            if keeping.rule is Rule.DELIVERED and order.delivery_dated:
                latest = order.delivered_on or latest
            assert keeping.until is not None
            assert keeping.until <= latest + days(policy.days)

    @given(HANDED_OVER, DAYS, POLICIES)
    def test_a_dated_delivery_is_exact_and_the_strict_reading_asks_for_none(
        self, order: Lifetime, today: date, policy: Retention
    ) -> None:
        keeping = keeping_of(order, today, policy)
        if policy.counts_from == "shipment":
            assert keeping == keeping_of(msgspec.structs.replace(order, delivered_on=None), today, policy)
            assert keeping.rule is Rule.SHIPPED
        elif order.delivered_on and order.delivery_dated:
            assert keeping == Keeping(Rule.DELIVERED, order.delivered_on + days(policy.days), order.delivered_on)

    @given(LIFETIMES, DAYS, POLICIES, st.integers(1, 400))
    def test_time_alone_lengthens_only_the_stay_of_what_is_still_to_ship(
        self, order: Lifetime, today: date, policy: Retention, more: int
    ) -> None:
        now, later = keeping_of(order, today, policy), keeping_of(order, today + days(more), policy)
        if now.rule is Rule.OPEN:
            assert later.rule in (Rule.OPEN, Rule.NOT_CONFIRMED)
        else:
            assert later == now

    @given(HANDED_OVER, DAYS, POLICIES, st.integers(0, 60))
    def test_the_day_that_people_are_told_is_the_one_on_which_it_goes(
        self, order: Lifetime, today: date, policy: Retention, more: int
    ) -> None:
        """However short the lease that runs: it is renewed for as long as the rule allows."""
        keeping, lease, later = keeping_of(order, today, policy), lease_for(order, today, policy), today + days(more)
        if lease:
            assert expected_last_day(keeping, lease, today) == keeping.until
            renewed = lease_for(order, later, policy)
            assert renewed is None or last_day_of(keeping, renewed) == min(
                later + days(policy.days), keeping.until or later
            )

    @given(ARRIVED, DAYS, POLICIES)
    def test_to_hear_of_a_delivery_undated_never_lengthens_a_stay(
        self, order: Lifetime, today: date, policy: Retention
    ) -> None:
        unheard = keeping_of(msgspec.structs.replace(order, delivered_on=None), today, policy)
        reported = keeping_of(msgspec.structs.replace(order, delivery_dated=False), today, policy)
        assert reported.until is not None
        assert unheard.until is not None
        assert reported.until <= unheard.until

    @given(LIFETIMES, DAYS, POLICIES, st.integers(1, 30))
    def test_fewer_days_never_keep_longer(self, order: Lifetime, today: date, policy: Retention, number: int) -> None:
        fewer = abs(policy.days - number)
        long = keeping_of(order, today, msgspec.structs.replace(policy, days=max(policy.days, number)))
        short = keeping_of(order, today, msgspec.structs.replace(policy, days=min(policy.days, number)))
        assert short.rule is long.rule
        assert (short.until is None) is (long.until is None)
        assert short.until is None or long.until is None or short.until <= long.until
        if short.until and long.until and short.rule is not Rule.NOT_CONFIRMED:
            assert long.until - short.until == days(fewer)

    @given(STILL_TO_SHIP, st.integers(-20, 400), POLICIES)
    def test_a_full_lease_is_given_on_every_day_on_which_amazon_waits_for_the_order(
        self, order: Lifetime, earlier: int, policy: Retention
    ) -> None:
        """So that a machine that runs once in `days` days loses nothing that is still to ship."""
        last_chance = cancelled_by(order.ship_by or order.changed_on)
        today = last_chance - days(earlier)
        assert lease_for(order, today, policy) == (today + days(policy.days) if earlier >= 0 else None)

    @given(
        status=st.sampled_from([*OPEN, "SHIPPED", "CANCELLED"]),
        shipped_days_ago=st.none() | st.integers(-10, 400),
        changed_days_ago=st.integers(0, 400),
        package=st.sampled_from(["IN_TRANSIT", "DELIVERED"]),
        heard_days_ago=st.none() | st.integers(0, 60),
        dated=st.booleans(),
        policy=POLICIES,
    )
    @settings(max_examples=60)
    def test_no_order_that_is_told_gets_more_than_its_days(
        self,
        *,
        status: str,
        shipped_days_ago: int | None,
        changed_days_ago: int,
        package: str,
        heard_days_ago: int | None,
        dated: bool,
        policy: Retention,
    ) -> None:
        at = NOW - days(shipped_days_ago) if shipped_days_ago is not None else None
        order = order_of(
            status=status,
            changed_at=NOW - days(changed_days_ago),
            packages=(package_of(shipped_at=at, status=package),),
        )
        reported = TODAY - days(heard_days_ago) if heard_days_ago is not None else None
        lease = lease_for(lifetime_as_told(order, TODAY, reported, delivery_dated=dated), TODAY, policy)
        assert lease is None or TODAY <= lease <= TODAY + days(policy.days)
        if status in OPEN:
            assert lease == TODAY + days(policy.days)

    @given(st.integers(0, 100), DAYS)
    @settings(max_examples=50)
    def test_looking_later_never_lengthens_what_a_shipment_leaves(self, days_later: int, today: date) -> None:
        order = order_of(status="SHIPPED", packages=(package_of(shipped_at=datetime(2026, 11, 23, tzinfo=UTC)),))
        leases = (lease_as_told(order, day, DEFAULT) for day in (today, today + days(days_later)))
        assert all(lease is None or lease <= TODAY + days(44) for lease in leases)
