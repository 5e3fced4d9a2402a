"""How long an order's personal data may be kept.

Amazon's data protection policy allows 30 days after delivery. Amazon tells that a parcel is delivered, but never when
(facts 4.5), so an unknown delivery is taken to have come `unknown_delivery_days` after the hand-over.
"""

from datetime import date, timedelta

import msgspec

from amzlink.core.orders import CANCELLED, SHIPPED, Order


class Retention(msgspec.Struct, frozen=True):
    """`[retention]` of the configuration. Days and months are whole numbers."""

    days: int = 30
    counts_from: str = "delivery"
    unknown_delivery_days: int = 14
    order_months: int = 18


def lease_end(order: Order, today: date, policy: Retention) -> date | None:
    """The last day on which the personal data of an order that came in today may be read; None: it is not to be kept.

    While an order is open the lease is renewed before it runs out; one that was shipped before it was first seen gets
    no more than its shipment allows.
    """
    if order.status == CANCELLED:
        return None
    full = today + timedelta(days=policy.days)
    if order.status != SHIPPED:
        return full
    under_way = policy.unknown_delivery_days if policy.counts_from == "delivery" else 0
    last = (order.shipped_at or order.changed_at).date() + timedelta(days=under_way + policy.days)
    return None if last < today else min(full, last)
