"""Why an imported order is not sent on.

A hold has a cause, in a few characters that hold nothing personal. A person may lift a hold; it stays lifted until its
cause is another. Some holds depend on the time or on the store's settings, so the book keeps the causes and asks here
which of them count now.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.clock import to_iso
from amzlink.core.orders.order import Order, Recipient
from amzlink.core.store_choices import IncludePrime


class Hold(StrEnum):
    """The reasons, by the names that scripts rely on."""

    CANCELLATION_REQUESTED = "cancellation-requested"
    PRIME = "prime"
    CUSTOMISED = "customised"
    AMAZON_SHIPS = "amazon-ships"
    STORE_PICKUP = "store-pickup"
    PREORDER = "preorder"
    LABEL_TOO_EARLY = "label-too-early"
    NO_ADDRESS = "no-address"
    NO_LINES = "no-lines"
    NOT_READ_YET = "not-read-yet"
    DAMAGED_TEXT = "damaged-text"
    MISSING_WEIGHT = "missing-weight"
    MISSING_CUSTOMS = "missing-customs"
    MANUAL = "manual"


# Amazon's Buy Shipping makes the labels of Seller Fulfilled Prime, but for some countries; the other programs are
# collected, or confirmed, by Amazon itself (docs/services/amazon.md, "Statuses, programs and holds" and "Rules for
# confirming").
_BY_PROGRAM: Final[Mapping[str, Hold]] = {
    "PRIME": Hold.PRIME,
    "AMAZON_EASY_SHIP": Hold.AMAZON_SHIPS,
    "DELIVERY_BY_AMAZON": Hold.AMAZON_SHIPS,
    "FBM_SHIP_PLUS": Hold.AMAZON_SHIPS,
    "IN_STORE_PICK_UP": Hold.STORE_PICKUP,
    "PREORDER": Hold.PREORDER,
}

CONFIRMED_BY_AMAZON: Final = frozenset(name for name, hold in _BY_PROGRAM.items() if hold is Hold.AMAZON_SHIPS)
"""Programs whose orders Amazon confirms by itself; it refuses what it is told of them."""

AMAZON_CONFIRMS: Final = "amazon-confirms"
"""Why it refused a confirmation of such an order whose programs do not show it."""


BY_AMAZON: Final = "AMAZON"
"""Amazon's word for who ships (`fulfilledBy`), and the cause of `amazon-ships` where Amazon took an order over."""


def amazon_confirms(programs: Iterable[str], refused_for: Iterable[str | None]) -> bool:
    """Whether Amazon confirms an order by itself, by its programs, or by why it refused what it was told."""
    return not CONFIRMED_BY_AMAZON.isdisjoint(programs) or AMAZON_CONFIRMS in refused_for


# Causes of `no-address`, and the second of `damaged-text` too. An address that Amazon withheld and a file gave keeps no
# order back.
ABSENT: Final = "absent"
FROM_FILE: Final = "from-file"
REPORT: Final = "report"
"""The cause of `not-read-yet`, and of `damaged-text` where a report lost the letters."""

INCOMPLETE: Final = frozenset({Hold.NO_ADDRESS, Hold.NO_LINES, Hold.DAMAGED_TEXT, Hold.NOT_READ_YET})
"""What came incomplete. It is not final: Amazon is asked again, whether or not a person lifted the hold."""

OWN_CARRIER_MARKETPLACES: Final = frozenset(
    {
        "A1PA6795UKMFR9",  # DE
        "A13V1IB3VIYZZH",  # FR
        "A1RKKUPIHCS9HS",  # ES
        "A1805IZSGTT6HS",  # NL
        "A1C3SOZRARQ6R3",  # PL
        "A2NODRKZP88ZB9",  # SE
        "AMEN7PMS3EDWL",  # BE
    }
)
"""Where the merchant chooses the carrier of a Prime order (docs/services/amazon.md, "Statuses, programs and holds")."""

# Causes of the hold `prime`. Versions that knew one rule for all countries wrote the first; there the label may have
# been made elsewhere meanwhile, so it is never replaced by the second.
BUY_SHIPPING: Final = "PRIME"
OWN_CARRIER: Final = "PRIME,own-carrier"
STILL_HELD: Final = "PRIME,still-held"
"""Held by an earlier version under the first cause, and told."""
COUNTRY_UNKNOWN: Final = "PRIME,country-unknown"
"""A report named no marketplace. Whatever is read of the order decides."""
PRIME_CAUSES: Final = (BUY_SHIPPING, OWN_CARRIER, STILL_HELD)


class HoldPolicy(msgspec.Struct, frozen=True):
    """The store's settings that decide whether a cause counts."""

    include_prime: IncludePrime = "auto"
    hold_missing_weight: bool = False
    include_customised: bool = False
    hold_missing_customs: bool = False


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
    if order.fulfilled_by == BY_AMAZON:
        found[Hold.AMAZON_SHIPS] = BY_AMAZON
    if Hold.PRIME in found:
        if order.marketplace_id in OWN_CARRIER_MARKETPLACES:
            found[Hold.PRIME] = OWN_CARRIER
        elif order.from_report and order.marketplace_id is None:
            found[Hold.PRIME] = COUNTRY_UNKNOWN
    if asked := [line.order_item_id for line in order.lines if line.cancellation_requested]:
        found[Hold.CANCELLATION_REQUESTED] = ",".join(sorted(asked))
    made_to_order = {line.order_item_id for line in order.lines if line.customised}
    if made_to_order := made_to_order | order.personal.customization_urls.keys():
        found[Hold.CUSTOMISED] = ",".join(sorted(made_to_order))
    if order.label_from:
        found[Hold.LABEL_TOO_EARLY] = to_iso(order.label_from)
    found |= causes_of_address(order.personal.recipient)
    if not order.lines:
        found[Hold.NO_LINES] = ABSENT
    if order.from_report:
        found[Hold.NOT_READ_YET] = REPORT
    return found


def causes_of_address(recipient: Recipient) -> dict[Hold, str]:
    """The reasons in an address. One that a person gave is noted in place of the one that Amazon withheld."""
    lost = {Hold.DAMAGED_TEXT: FROM_FILE if recipient.from_file else REPORT} if recipient.letters_lost else {}
    if not recipient.deliverable:
        return {Hold.NO_ADDRESS: ABSENT} | lost
    return ({Hold.NO_ADDRESS: FROM_FILE} if recipient.from_file else {}) | lost


def cause_to_keep(hold: str, before: str | None, now: str) -> str:
    """What the book notes for a hold that is there `now`, where it noted `before`.

    A Prime order that an earlier version held stays held, whatever else of it changes.
    """
    if hold == Hold.PRIME and now == OWN_CARRIER and before not in (None, COUNTRY_UNKNOWN):
        return before
    return now


def counting(held: tuple[HeldFor, ...], policy: HoldPolicy, now: datetime) -> tuple[str, ...]:
    """The holds that keep an order back at this moment, in the order of their names."""
    return tuple(sorted(entry.hold for entry in held if entry.lifted_at is None and counts(entry, policy, now)))


def counts(entry: HeldFor, policy: HoldPolicy, now: datetime) -> bool:
    """Whether a cause keeps an order back under these settings, as long as nobody lifts it."""
    if entry.hold == Hold.PRIME:
        return policy.include_prime == "never" or (policy.include_prime == "auto" and entry.cause != OWN_CARRIER)
    if entry.hold == Hold.NO_ADDRESS:
        return entry.cause != FROM_FILE
    if entry.hold == Hold.LABEL_TOO_EARLY:
        return to_iso(now) < entry.cause
    by_setting: dict[str, bool] = {
        Hold.CUSTOMISED: not policy.include_customised,
        Hold.MISSING_WEIGHT: policy.hold_missing_weight,
        Hold.MISSING_CUSTOMS: policy.hold_missing_customs,
    }
    return by_setting.get(entry.hold, True)
