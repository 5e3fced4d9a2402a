"""How long an order's personal data may be kept, and by which rule.

Amazon's data protection policy allows 30 days after delivery. Amazon tells that a parcel is delivered, but never when
(docs/services/amazon.md, "Packages and delivery"), so where nobody else says it, a delivery counts from the day on
which it was first reported, and one that is never reported, or late, is taken to have come `unknown_delivery_days`
after the hand-over.
"""

import functools
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.core.orders.order import CANCELLED, SHIPPED, Order

# Then Amazon cancels what was not confirmed (docs/services/amazon.md, "Rules for confirming").
_BUSINESS_DAYS_TO_CONFIRM: Final = 7
_SATURDAY: Final = 5


class Retention(msgspec.Struct, frozen=True):
    """`[retention]` of the configuration. Days and months are whole numbers."""

    days: int = 30
    counts_from: str = "delivery"
    unknown_delivery_days: int = 14
    order_months: int = 18


class Rule(StrEnum):
    """Why personal data stays as long as it does; a purge keeps the word."""

    OPEN = "open"
    """Still to ship: needed, and renewed from day to day."""
    NOT_CONFIRMED = "not-confirmed"
    """To be shipped so long ago that Amazon has cancelled it by now; nothing is renewed any more."""
    CANCELLED = "cancelled"
    DELIVERED = "delivered"
    SHIPPED = "shipped"
    """Counted from the hand-over, because the configuration says so."""
    DELIVERY_UNKNOWN = "delivery-unknown"
    """Counted from the hand-over and the days that a delivery is taken to need."""
    REQUESTED = "requested"
    """A person asked for it to be destroyed."""


class Lifetime(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the rules look at, in days (UTC).

    `delivery_dated`: who told of the delivery knows its day; else `delivered_on` is only when it was first reported.
    """

    status: str
    changed_on: date
    shipped_on: date | None = None
    delivered_on: date | None = None
    ship_by: date | None = None
    delivery_dated: bool = False


class Keeping(msgspec.Struct, frozen=True, gc=False):
    """How long: `until` is the last day on which the data may be read, None that it is not to be kept at all.

    `since` is the day from which it is counted, where there is one.
    """

    rule: Rule
    until: date | None
    since: date | None = None


def keeping_of(order: Lifetime, today: date, policy: Retention) -> Keeping:
    """The rule that applies today, and what it comes to. Of an open order `until` moves on with every day."""
    days = timedelta(days=policy.days)
    if order.status == CANCELLED:
        return Keeping(Rule.CANCELLED, None)
    # Without a ship-by date nobody can say when Amazon cancels: the order's last change counts.
    last_chance = cancelled_by(order.ship_by or order.changed_on)
    if order.status != SHIPPED:
        if today > last_chance:
            return Keeping(Rule.NOT_CONFIRMED, last_chance, order.ship_by)
        return Keeping(Rule.OPEN, today + days)
    # What changes an order later, a refund say, is no hand-over, and Amazon has cancelled by then what had none.
    shipped = order.shipped_on or min(order.changed_on, last_chance)
    if policy.counts_from == "shipment":
        return Keeping(Rule.SHIPPED, shipped + days, shipped)
    latest = shipped + timedelta(days=policy.unknown_delivery_days)
    delivered = order.delivered_on
    # To hear late of a delivery that nobody dates must not lengthen the stay.
    if delivered is not None and (order.delivery_dated or delivered <= latest):
        return Keeping(Rule.DELIVERED, delivered + days, delivered)
    return Keeping(Rule.DELIVERY_UNKNOWN, latest + days, shipped)


def last_day_of(keeping: Keeping, lease_day: date) -> date | None:
    """The last day on which data with this lease is kept; None: not any more.

    That of an open order moves on with every renewal. What Amazon has cancelled long since, unheard of, may yet be
    needed by somebody: it goes with its lease, which nobody renews any more.
    """
    if keeping.until is None:
        return None
    if keeping.rule in (Rule.OPEN, Rule.NOT_CONFIRMED):
        return lease_day
    return min(keeping.until, lease_day)


def expected_last_day(keeping: Keeping, lease_day: date, today: date) -> date | None:
    """The last day as people are told it: leases that run are renewed for as long as the rule allows."""
    if lease_day < today or keeping.rule in (Rule.OPEN, Rule.NOT_CONFIRMED):
        return last_day_of(keeping, lease_day)
    return keeping.until


def lease_for(order: Lifetime, today: date, policy: Retention) -> date | None:
    """The last day of a lease that is given today: at most the full number of days, and never beyond the order's stay.

    None: nothing is to be kept. A longer lease that was given before stays as it is.
    """
    until = keeping_of(order, today, policy).until
    if until is None or until < today:
        return None
    return min(today + timedelta(days=policy.days), until)


def lifetime_as_told(
    order: Order, today: date, delivered_on: date | None = None, *, delivery_dated: bool = False
) -> Lifetime:
    """What the rules look at in an order as Amazon tells it today, and in what is known of its delivery."""
    ship_by = order.ship_by.date() if order.ship_by else None
    if order.status not in (SHIPPED, CANCELLED):
        # Whatever its dates say: it is there to be shipped today.
        ship_by = max(ship_by or today, today)
    shipped_at = order.shipped_at
    return Lifetime(
        status=order.status,
        changed_on=order.changed_at.date(),
        shipped_on=shipped_at.date() if shipped_at else None,
        delivered_on=delivered_on or (today if order.has_arrived else None),
        ship_by=ship_by,
        delivery_dated=delivery_dated,
    )


def cancelled_by(ship_by: date) -> date:
    """The day by which Amazon cancels an order that nobody confirmed: seven business days after its ship-by date."""
    return ship_by + _way_to_confirm(ship_by.weekday())


@functools.cache
def _way_to_confirm(weekday: int) -> timedelta:
    days, left = 0, _BUSINESS_DAYS_TO_CONFIRM
    while left:
        days += 1
        left -= (weekday + days) % 7 < _SATURDAY
    return timedelta(days=days)
