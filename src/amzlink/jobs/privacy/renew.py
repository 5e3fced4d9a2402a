"""Leases: renewing those of orders that are still open, and giving the last one to those that have arrived."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from amzlink.core.privacy.retention import Lifetime, Retention, Rule, keeping_of, lease_for
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.lifetimes import DATED_BY, lifetimes
from amzlink.orderbook.shipments.parcels import Arrival
from amzlink.sealed import SealedOrders

# Late, and in small steps where a parcel may have arrived unheard: a backup can be opened until the longest lease ends.
# A machine that is off for longer loses nothing, because a purge renews before it moves the key on.
_AHEAD: Final = timedelta(days=2)
_STEP: Final = timedelta(days=5)


def renew_leases(sealed: SealedOrders, *, today: date, policy: Retention) -> int:
    """Seal anew what is about to end of orders that are open or under way. How much that was.

    A lease that has ended while the machine was off is renewed too, as long as its key is not gone. No lease goes
    beyond the last day that the rules allow.
    """
    return sealed.renew(
        _soon(today, policy), lambda order, lease_day: renewed_lease(order, lease_day, today=today, policy=policy)
    )


def renewed_lease(order: Lifetime, lease_day: date, *, today: date, policy: Retention) -> date:
    """The lease that data has once `renew_leases` has run today, where it can be opened still."""
    if lease_day >= _soon(today, policy):
        return lease_day
    allowed = lease_for(order, today, policy)
    if allowed and keeping_of(order, today, policy).rule is Rule.DELIVERY_UNKNOWN:
        allowed = min(allowed, today + _STEP)
    return max(lease_day, allowed or lease_day)


def _soon(today: date, policy: Retention) -> date:
    """The day before which a lease has to end to be renewed today."""
    return today + min(_AHEAD, timedelta(days=policy.days - 1))


def lease_arrivals(
    book: StoreBook, sealed: SealedOrders, arrivals: Mapping[str, Arrival], *, today: date, policy: Retention
) -> None:
    """Give all that is sealed of orders that have arrived its last lease, where it has not a longer one."""
    until = {}
    for order_id, order in lifetimes(book, arrivals).items():
        arrival = arrivals[order_id]
        arrived = msgspec.structs.replace(
            order, delivered_on=arrival.at.date(), delivery_dated=arrival.told_by == DATED_BY
        )
        if lease := lease_for(arrived, today, policy):
            until[order_id] = lease
    sealed.lengthen(until)
