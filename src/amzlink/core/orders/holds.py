"""Why an imported order is not sent on.

A hold has a cause, in a few characters that hold nothing personal. A person may lift a hold; it stays lifted until its
cause is another. Some holds depend on the time or on the store's settings, so the book keeps the causes and asks here
which of them count now.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.clock import to_iso
from amzlink.core.orders.order import Order


class Hold(StrEnum):
    """The reasons, by the names that scripts rely on."""

    CANCELLATION_REQUESTED = "cancellation-requested"
    PRIME = "prime"
    AMAZON_SHIPS = "amazon-ships"
    STORE_PICKUP = "store-pickup"
    PREORDER = "preorder"
    LABEL_TOO_EARLY = "label-too-early"
    NO_ADDRESS = "no-address"
    NO_LINES = "no-lines"
    DAMAGED_TEXT = "damaged-text"
    MISSING_WEIGHT = "missing-weight"
    MANUAL = "manual"


# Amazon's Buy Shipping makes the labels of Seller Fulfilled Prime; the other programs are collected, or confirmed, by
# Amazon itself (docs/services/amazon.md, "Statuses, programs and holds" and "Rules for confirming").
_BY_PROGRAM: Final[Mapping[str, Hold]] = {
    "PRIME": Hold.PRIME,
    "AMAZON_EASY_SHIP": Hold.AMAZON_SHIPS,
    "DELIVERY_BY_AMAZON": Hold.AMAZON_SHIPS,
    "FBM_SHIP_PLUS": Hold.AMAZON_SHIPS,
    "IN_STORE_PICK_UP": Hold.STORE_PICKUP,
    "PREORDER": Hold.PREORDER,
}


INCOMPLETE: Final = frozenset({Hold.NO_ADDRESS, Hold.NO_LINES, Hold.DAMAGED_TEXT})
"""What came incomplete. It is not final: Amazon is asked again, whether or not a person lifted the hold."""


class HoldPolicy(msgspec.Struct, frozen=True):
    """The store's settings that decide whether a cause counts."""

    include_prime: bool = False
    hold_missing_weight: bool = False


class HeldFor(msgspec.Struct, frozen=True):
    """A cause in the book, and when a person lifted it, if so."""

    hold: str
    cause: str
    lifted_at: str | None = None


def causes(order: Order) -> dict[Hold, str]:
    """All reasons in the order itself; none for an order with nothing left to ship."""
    if not order.to_ship:
        return {}
    found: dict[Hold, str] = {}
    for program in sorted(set(order.programs) & _BY_PROGRAM.keys()):  # Amazon promises no sequence
        hold = _BY_PROGRAM[program]
        found[hold] = f"{found[hold]},{program}" if hold in found else program
    if asked := [line.order_item_id for line in order.lines if line.cancellation_requested]:
        found[Hold.CANCELLATION_REQUESTED] = ",".join(sorted(asked))
    if order.label_from:
        found[Hold.LABEL_TOO_EARLY] = to_iso(order.label_from)
    if not order.personal.recipient.deliverable:
        found[Hold.NO_ADDRESS] = "absent"
    if not order.lines:
        found[Hold.NO_LINES] = "absent"
    return found


def counting(held: tuple[HeldFor, ...], policy: HoldPolicy, now: datetime) -> tuple[str, ...]:
    """The holds that keep an order back at this moment, in the order of their names."""
    return tuple(sorted(entry.hold for entry in held if entry.lifted_at is None and _counts(entry, policy, now)))


def _counts(entry: HeldFor, policy: HoldPolicy, now: datetime) -> bool:
    if entry.hold == Hold.PRIME:
        return not policy.include_prime
    if entry.hold == Hold.MISSING_WEIGHT:
        return policy.hold_missing_weight
    if entry.hold == Hold.LABEL_TOO_EARLY:
        return to_iso(now) < entry.cause
    return True
