"""The story of an order: what happened to it, and what it waits for now.

Both are told from plain values of the own record, so they are true at once, whatever Amazon shows at the moment.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.core.orders.holds import INCOMPLETE, HeldFor, Hold, HoldPolicy, counts
from amzlink.core.orders.order import CANCELLED, PENDING, SHIPPED, TO_SHIP
from amzlink.problems import ProblemName

# Events ---------------------------------------------------------------------------------------------------------------


class What(StrEnum):
    """What can happen to an order. The order book keeps these names."""

    ORDERED = "ordered"
    IMPORTED = "imported"
    CHANGED = "changed"
    HELD = "held"
    RELEASED = "released"
    HOLD_ENDED = "hold-ended"
    GIVEN_TO_SENDCLOUD = "given-to-sendcloud"
    SENT = "sent"
    NOT_SENT = "not-sent"
    WITHDRAWN = "withdrawn"
    STOPPED_TOO_LATE = "stopped-too-late"
    IN_A_FILE = "in-a-file"
    ANNOUNCED = "announced"
    SCANNED = "scanned"
    LABEL_CANCELLED = "label-cancelled"
    CONFIRMATION_PLANNED = "confirmation-planned"
    CONFIRMATION_SENT = "confirmation-sent"
    CONFIRMATION_ACCEPTED = "confirmation-accepted"
    CONFIRMATION_STORED = "confirmation-stored"
    CONFIRMATION_REFUSED = "confirmation-refused"
    CONFIRMATION_WITHDRAWN = "confirmation-withdrawn"
    DELIVERED = "delivered"
    RETURNING = "returning"
    SHIPPED = "shipped"
    """As Amazon shows it; nobody here has confirmed it."""
    NOT_READ = "not-read"
    PURGED = "purged"


# At the same second one leads to the other.
_SEQUENCE: Final = {what: number for number, what in enumerate(What)}


class Event(msgspec.Struct, frozen=True):
    """Something that happened. `about` is the hold, the carrier or the package, nothing that is personal."""

    at: datetime
    what: What
    about: str = ""
    problem: ProblemName | None = None


def in_sequence(events: Iterable[Event]) -> list[Event]:
    """The events as they happened. Of what happened again and again the first and the last time stay."""
    ordered = sorted(set(events), key=lambda event: (event.at, _SEQUENCE[event.what], event.about))
    last = {(event.what, event.about, event.problem): number for number, event in enumerate(ordered)}
    seen: set[object] = set()
    kept: list[Event] = []
    for number, event in enumerate(ordered):
        kind = (event.what, event.about, event.problem)
        if kind not in seen or last[kind] == number:
            kept.append(event)
        seen.add(kind)
    return kept


# What an order waits for ----------------------------------------------------------------------------------------------


class Wait(StrEnum):
    """What comes next, or who has to do something."""

    DO_NOT_SHIP = "do-not-ship"
    """It was cancelled, or something holds it, and there is a parcel."""
    REMOVAL = "removal"
    """It was cancelled, and Sendcloud still has it."""
    PAYMENT = "payment"
    READING = "reading"
    """It is known from a report alone."""
    MISSING_PARTS = "missing-parts"
    """Amazon left out its address or its lines."""
    BUYER_ASKS_TO_CANCEL = "buyer-asks-to-cancel"
    RELEASE = "release"
    WEIGHT = "weight"
    CUSTOMS = "customs"
    LABEL_DAY = "label-day"
    """Amazon allows no label before that."""
    CONFIRM_BY_HAND = "confirm-by-hand"
    """Amazon refused its confirmation, or lost it twice."""
    AMAZONS_ANSWER = "amazons-answer"
    NEXT_PUSH = "next-push"
    SCAN = "scan"
    SCAN_IN_DOUBT = "scan-in-doubt"
    """The same for parcels without a tracking number: letters, of which none may ever come."""
    AMAZON_SHOWS = "amazon-shows"
    AMAZON_CONFIRMS = "amazon-confirms"
    LABEL_IN_THE_MAKING = "label-in-the-making"
    PARCEL_IN_DOUBT = "parcel-in-doubt"
    """Sendcloud has a parcel, and says nothing of it that is understood here."""
    REFUSED_BY_SENDCLOUD = "refused-by-sendcloud"
    CHANGE_REFUSED = "change-refused"
    """Sendcloud has it as it was before its last change."""
    SENDCLOUD_STORES = "sendcloud-stores"
    LABEL = "label"
    NEXT_IMPORT = "next-import"
    SELLER_CENTRAL = "seller-central"
    """Its personal data was deleted before it went anywhere."""
    OWN_PARCEL = "own-parcel"
    """No destination is set: the merchant ships it, and gives the parcel in a file."""
    DELIVERY = "delivery"
    RETURN = "return"


class At(StrEnum):
    """Where an order stands with the destination."""

    NONE = "none"
    """None is set, and none has it."""
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Way(StrEnum):
    """How far a parcel is on its way to the buyer."""

    IN_THE_MAKING = "in-the-making"
    IN_DOUBT = "in-doubt"
    """Nothing is known of it."""
    OUT = "out"
    """It has a label, and has not arrived."""
    CANCELLING = "cancelling"
    """Its label is to be cancelled, and it may travel all the same."""
    ARRIVED = "arrived"
    RETURNING = "returning"
    NONE = "none"
    """Its label was cancelled or never made."""


class Confirmed(StrEnum):
    """Where a confirmation stands."""

    PLANNED = "planned"
    SENT = "sent"
    """The answer is not known yet."""
    ACCEPTED = "accepted"
    STORED = "stored"
    REFUSED = "refused"
    """Or lost by Amazon twice."""
    MENDED = "mended"
    """Refused, but the order was confirmed all the same."""


class ParcelNow(msgspec.Struct, frozen=True):
    """A parcel: how far it is, whether it has reached the store's trigger, and where its confirmation stands.

    `has_number`: there is one to follow it by. `nothing_left`: other parcels hold all its items, so that Amazon is not
    told of it.
    """

    way: Way
    has_reached: bool = False
    confirmed: Confirmed | None = None
    has_number: bool = True
    nothing_left: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what an order waits for.

    `holds` are those that count now, `label_from` is the day of `label-too-early`. `may_be_there` says that Sendcloud
    has the order or may have it, `asked` that it was given the order and has not shown it yet. `confirmations`
    are those of all its parcels. `amazon_confirms` orders are confirmed by Amazon itself. `guard_from` is when parcels
    are confirmed that nobody has scanned.
    """

    status: str
    now: datetime
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    holds: tuple[str, ...] = ()
    label_from: datetime | None = None
    destination: At = At.NONE
    has_destination: bool = False
    may_be_there: bool = False
    asked: bool = False
    parcels: tuple[ParcelNow, ...] = ()
    confirmations: frozenset[Confirmed] = frozenset()
    amazon_confirms: bool = False
    guard_from: datetime | None = None
    is_purged: bool = False


class WaitsFor(msgspec.Struct, frozen=True):
    """What an order waits for, and the time that counts: until when, or, for `LABEL_DAY`, from when.

    `holds` are those to be released. `is_late`: the time is over. `unscanned_from` is when a parcel that waits for its
    scan is confirmed without it; None: never.
    """

    wait: Wait
    until: datetime | None = None
    is_late: bool = False
    holds: tuple[str, ...] = ()
    unscanned_from: datetime | None = None


_GIVEN_UP: Final = timedelta(days=14)
"""After the promised day of delivery: nobody tells any more that it has arrived."""
_LONGEST_WAY: Final = timedelta(days=60)
"""The same where no day was promised."""
_TOLD: Final = frozenset({Confirmed.ACCEPTED, Confirmed.STORED})
_MAY_TRAVEL: Final = frozenset({Way.OUT, Way.CANCELLING})
_SCANS: Final = frozenset({Wait.SCAN, Wait.SCAN_IN_DOUBT})
_BEFORE_ITS_WAY: Final = {Way.IN_THE_MAKING: Wait.LABEL_IN_THE_MAKING, Way.IN_DOUBT: Wait.PARCEL_IN_DOUBT}
_SHIPPED: Final = frozenset({Way.OUT, Way.ARRIVED, Way.RETURNING})


def waits_for(order: Standing) -> WaitsFor | None:
    """What the order waits for; None where nothing more is to come."""
    if order.status == CANCELLED:
        return _of_cancelled(order)
    if order.status in PENDING:
        return WaitsFor(Wait.PAYMENT)
    if order.status in TO_SHIP:
        wait, holds = _to_ship(order)
        if wait is Wait.LABEL_DAY:
            return WaitsFor(wait, order.label_from)
        return WaitsFor(
            wait,
            order.ship_by,
            is_late=bool(order.ship_by and order.ship_by < order.now),
            holds=holds,
            unscanned_from=order.guard_from if wait in _SCANS else None,
        )
    return _of_shipped(order) if order.status == SHIPPED else None


def _of_cancelled(order: Standing) -> WaitsFor | None:
    if any(parcel.way in _MAY_TRAVEL for parcel in order.parcels):
        return WaitsFor(Wait.DO_NOT_SHIP)
    return WaitsFor(Wait.REMOVAL) if order.may_be_there else None


def _to_ship(order: Standing) -> tuple[Wait, tuple[str, ...]]:
    # What Amazon was told of is under way by right; the rest of the order can be held all the same.
    untold = [parcel for parcel in order.parcels if parcel.confirmed not in _TOLD and not parcel.nothing_left]
    if order.holds:
        if any(parcel.way in _MAY_TRAVEL for parcel in untold):
            return Wait.DO_NOT_SHIP, order.holds
        if Confirmed.ACCEPTED in order.confirmations:
            return Wait.AMAZON_SHOWS, ()  # only then is it known whether anything is left to release
        return _held(order.holds), order.holds
    return _confirming(order, [parcel for parcel in untold if parcel.way in _SHIPPED]) or _sending(order), ()


def _held(holds: Collection[str]) -> Wait:
    if Hold.CANCELLATION_REQUESTED in holds:
        return Wait.BUYER_ASKS_TO_CANCEL
    if Hold.NOT_READ_YET in holds:
        return Wait.READING
    if INCOMPLETE & set(holds):
        return Wait.MISSING_PARTS
    others = set(holds) - {Hold.MISSING_WEIGHT, Hold.MISSING_CUSTOMS, Hold.LABEL_TOO_EARLY}
    if others:
        return Wait.RELEASE
    if Hold.MISSING_WEIGHT in holds:
        return Wait.WEIGHT
    return Wait.CUSTOMS if Hold.MISSING_CUSTOMS in holds else Wait.LABEL_DAY


def _confirming(order: Standing, parcels: Sequence[ParcelNow]) -> Wait | None:
    """What the parcels and their confirmations wait for; None where the order still waits for a parcel."""
    if wait := _in_the_outbox(order):
        return wait
    if parcels and order.amazon_confirms:
        return Wait.AMAZON_CONFIRMS
    if untold := [parcel for parcel in parcels if parcel.confirmed is None]:
        if order.is_purged:  # no number is kept for it any more, so amzlink can confirm none of them
            return Wait.SELLER_CENTRAL
        unscanned = [parcel for parcel in untold if not parcel.has_reached]
        if not unscanned:
            return Wait.NEXT_PUSH
        return Wait.SCAN if any(parcel.has_number for parcel in unscanned) else Wait.SCAN_IN_DOUBT
    return Wait.AMAZON_SHOWS if Confirmed.ACCEPTED in order.confirmations else None


def _in_the_outbox(order: Standing) -> Wait | None:
    """What a confirmation waits for that Amazon has not taken."""
    waits = {
        Confirmed.REFUSED: Wait.CONFIRM_BY_HAND,
        Confirmed.SENT: Wait.AMAZONS_ANSWER,
        Confirmed.PLANNED: Wait.NEXT_PUSH,
    }
    return next((wait for state, wait in waits.items() if state in order.confirmations), None)


def _sending(order: Standing) -> Wait:
    """What an order without an open parcel waits for on its way to one."""
    ways = {parcel.way for parcel in order.parcels}
    if found := next((wait for way, wait in _BEFORE_ITS_WAY.items() if way in ways), None):
        return found
    if order.destination is At.REFUSED:
        return Wait.CHANGE_REFUSED if order.may_be_there else Wait.REFUSED_BY_SENDCLOUD
    if order.destination is At.SENT:
        return Wait.LABEL
    if order.asked:
        return Wait.SENDCLOUD_STORES
    if order.is_purged:
        return Wait.SELLER_CENTRAL
    return Wait.NEXT_IMPORT if order.has_destination else Wait.OWN_PARCEL


def _of_shipped(order: Standing) -> WaitsFor | None:
    if wait := _in_the_outbox(order):
        return WaitsFor(wait)
    if any(parcel.way is Way.RETURNING for parcel in order.parcels):
        return WaitsFor(Wait.RETURN)
    if order.delivered_at is not None or _is_given_up(order):
        return None
    if Confirmed.ACCEPTED in order.confirmations:
        return WaitsFor(Wait.AMAZON_SHOWS)
    return WaitsFor(Wait.DELIVERY, order.deliver_by, is_late=bool(order.deliver_by and order.deliver_by < order.now))


def _is_given_up(order: Standing) -> bool:
    """Whether nobody tells any more that the order has arrived."""
    if order.deliver_by:
        return order.deliver_by + _GIVEN_UP < order.now
    return bool(order.shipped_at and order.shipped_at + _LONGEST_WAY < order.now)


# Events of a hold -----------------------------------------------------------------------------------------------------


def events_of_hold(held: HeldFor, set_at: datetime, policy: HoldPolicy) -> list[Event]:
    """When a hold was set and lifted; nothing for a cause that keeps no order back under these settings."""
    if not counts(msgspec.structs.replace(held, lifted_at=None), policy, set_at):
        return []
    events = [Event(set_at, What.HELD, held.hold)]
    if held.lifted_at:
        events.append(Event(datetime.fromisoformat(held.lifted_at), What.RELEASED, held.hold))
    return events
