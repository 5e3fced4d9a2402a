"""Which holds keep an order back at a moment, asked of the database by the rule of `core.orders.holds.counts`."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_

from amzlink.clock import to_iso
from amzlink.core.orders.holds import BUY_SHIPPING, FROM_FILE, OWN_CARRIER, HeldFor, Hold, HoldPolicy, counts
from amzlink.orderbook.schema import HOLDS

_BY_THEIR_CAUSE: Final = (Hold.PRIME, Hold.LABEL_TOO_EARLY, Hold.NO_ADDRESS)


def hold_counts(policy: HoldPolicy, now: datetime) -> ColumnElement[bool]:
    """A condition on `HOLDS`: nobody has lifted the hold, and it counts under these settings at this moment."""
    never = [hold.value for hold in Hold if hold not in _BY_THEIR_CAUSE and not counts(HeldFor(hold, ""), policy, now)]
    by_cause = [hold.value for hold in _BY_THEIR_CAUSE]
    counting = [
        HOLDS.c.hold.not_in([*never, *by_cause]),
        and_(HOLDS.c.hold == Hold.LABEL_TOO_EARLY.value, HOLDS.c.cause > to_iso(now)),
        and_(HOLDS.c.hold == Hold.NO_ADDRESS.value, HOLDS.c.cause != FROM_FILE),
    ]
    prime = HOLDS.c.hold == Hold.PRIME.value
    if counts(HeldFor(Hold.PRIME, OWN_CARRIER), policy, now):
        counting.append(and_(prime, HOLDS.c.cause == OWN_CARRIER))
    if counts(HeldFor(Hold.PRIME, BUY_SHIPPING), policy, now):
        counting.append(and_(prime, HOLDS.c.cause != OWN_CARRIER))
    return and_(HOLDS.c.lifted_at.is_(None), or_(*counting))
