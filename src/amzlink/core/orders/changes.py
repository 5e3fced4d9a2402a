"""What an order that came from Amazon means for the order book."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum

import msgspec

from amzlink.core.orders.order import NO_MONEY, NOTHING_PERSONAL, PENDING, Order


class Verdict(StrEnum):
    """Each order that was fetched gets one."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PENDING = "pending"
    """Not payable yet, without an address, and not known: it comes again when it changes."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What the book knows of an order: when it changed, a digest of its facts, and whether it can be addressed.

    `has_lines`: its items came at some time. `delivered_on` is the day on which all of it had arrived, as far as that
    is known, by the word of `delivered_by`. `reported_at` is when a report told of it first, as long as nothing else
    has told of it.
    """

    changed_at: datetime
    digest: str
    deliverable: bool
    delivered_on: date | None = None
    delivered_by: str | None = None
    has_lines: bool = False
    reported_at: datetime | None = None

    @property
    def from_report(self) -> bool:
        """Whether nothing but a report has told of it."""
        return self.reported_at is not None


def digest(order: Order) -> str:
    """A short fingerprint of everything in an order that is not personal.

    What its price consists of is left out: it changes with the price, and earlier versions did not read it.
    """
    facts = msgspec.json.encode(msgspec.structs.replace(order, personal=NOTHING_PERSONAL, money=NO_MONEY))
    return hashlib.blake2b(facts, digest_size=12).hexdigest()


def judge(
    order: Order, order_digest: str, known: Known | None, tells_more: Callable[[], bool] = lambda: False
) -> Verdict:
    """Whether an order is to be stored: the one rule of what has changed. What follows from a change goes by it too.

    An older answer never overwrites a newer one. What a report tells overwrites nothing, and any answer overwrites it.
    Two changes can carry the same time, so at equal times the content decides, with what is personal in it:
    `tells_more` says whether that is other than what is sealed, and is asked only where nothing else decides. An
    address that was missing is taken in any case (what was sealed may be gone).
    """
    if known is None:
        return Verdict.PENDING if order.status in PENDING else Verdict.NEW
    if order.from_report:
        return Verdict.UNCHANGED
    if known.from_report:
        return Verdict.UPDATED
    if order.changed_at < known.changed_at:
        return Verdict.UNCHANGED
    if order.changed_at > known.changed_at or order_digest != known.digest:
        return Verdict.UPDATED
    gained = order.personal.recipient.deliverable and not known.deliverable
    return Verdict.UPDATED if gained or tells_more() else Verdict.UNCHANGED
