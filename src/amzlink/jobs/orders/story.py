"""The story of one order, from the own record alone: where it stands, what it waits for, and what happened to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from amzlink.clock import from_iso
from amzlink.core.destination.currencies import currency_at
from amzlink.core.orders.holds import AMAZON_CONFIRMS, Hold, amazon_confirms
from amzlink.core.orders.order import CANCELLED, SHIPPED, TO_SHIP
from amzlink.core.orders.story import (
    At,
    Confirmed,
    Event,
    ParcelNow,
    Standing,
    WaitsFor,
    Way,
    What,
    in_sequence,
    waits_for,
)
from amzlink.core.shipments.confirmation import State
from amzlink.core.shipments.parcels import SENDCLOUD, Kind, Parcel
from amzlink.core.shipments.trigger import TriggerRule
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, dispatch_rows, events_of_dispatch
from amzlink.orderbook.events import hold_events, kept_events
from amzlink.orderbook.orders.browse import BookedOrder
from amzlink.orderbook.orders.noted import Noted, NotRead, noted
from amzlink.orderbook.privacy.purges import Tombstone
from amzlink.orderbook.shipments.outbox import Outgoing, events_of_order, outgoing_of
from amzlink.orderbook.shipments.parcels import events_of_parcel, parcels_of
from amzlink.problems import Problem, ProblemName
from amzlink.problems.destination import CURRENCY_NOT_NAMED, refused_field
from amzlink.problems.services import REASON_NOT_KEPT
from amzlink.problems.shipments import refused_because, why_stopped
from amzlink.run import StoreRun

_STATES: Final = {
    DispatchState.ASKED: At.WAITING,
    DispatchState.ACCEPTED: At.WAITING,
    DispatchState.SENT: At.SENT,
    DispatchState.TOO_LATE: At.SENT,
    DispatchState.REFUSED: At.REFUSED,
    DispatchState.RECALLED: At.WITHDRAWN,
}
_WAYS: Final = {
    Kind.BEFORE: Way.IN_THE_MAKING,
    Kind.LABELLED: Way.OUT,
    Kind.UNDER_WAY: Way.OUT,
    Kind.DELIVERED: Way.ARRIVED,
    Kind.RETURNING: Way.RETURNING,
    Kind.CANCELLING: Way.CANCELLING,
    Kind.CANCELLED: Way.NONE,
    Kind.FAILED: Way.NONE,
}
_CONFIRMED: Final = {
    State.PLANNED: Confirmed.PLANNED,
    State.CALLING: Confirmed.SENT,
    State.IN_FEED: Confirmed.SENT,
    State.ACCEPTED: Confirmed.ACCEPTED,
    State.STORED: Confirmed.STORED,
    State.REFUSED: Confirmed.REFUSED,
    State.MISSING: Confirmed.REFUSED,
}
_NOTHING_LEFT: Final = "already-confirmed"


class AtDestination(msgspec.Struct, frozen=True):
    """Where an order stands with Sendcloud, since when as far as that is known, and why it was refused."""

    state: At
    since: datetime | None = None
    why: Problem | None = None
    message: str | None = None


class ConfirmationNow(msgspec.Struct, frozen=True):
    """Where a confirmation stands, since when as far as that is known, and why it was refused."""

    package: str
    state: Confirmed
    at: datetime | None
    carrier: str
    why: Problem | None = None
    message: str | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `not_read`: what Amazon told of it last could not be taken in."""

    destination: AtDestination
    parcels: tuple[Parcel, ...]
    confirmations: tuple[ConfirmationNow, ...]
    waits_for: WaitsFor | None
    events: tuple[Event, ...]
    not_read: NotRead | None


def story_of(run: StoreRun, booked: BookedOrder, holds: tuple[str, ...], tombstone: Tombstone | None) -> Story:
    """The story of an order in the book; `holds` are those that count now."""
    book, order_id = run.book, booked.order_id
    row = dispatch_rows(book, [order_id]).get(order_id)
    parcels = tuple(parcels_of(book, [order_id])[order_id])
    outgoing = outgoing_of(book, [order_id])[order_id]
    facts = noted(book, order_id)
    destination = _destination(run, booked, row)
    confirmations = tuple(
        _confirmation(entry, booked) for entry in outgoing if entry.confirmation.state is not State.WITHDRAWN
    )
    return Story(
        destination=destination,
        parcels=parcels,
        confirmations=confirmations,
        waits_for=waits_for(
            msgspec.structs.replace(
                _standing(run, booked, holds, row, parcels, outgoing),
                delivered_at=facts.delivered_at,
                is_purged=tombstone is not None,
            )
        ),
        events=tuple(in_sequence(_events(run, booked, row, parcels, outgoing, facts, tombstone))),
        not_read=facts.not_read,
    )


def waits_of(run: StoreRun, listed: Sequence[tuple[BookedOrder, tuple[str, ...]]]) -> dict[str, WaitsFor]:
    """What orders wait for that have a parcel or are at Sendcloud, each with the holds that count now.

    It is what the story of each tells. For orders that are shipped or without either, the story looks at more.
    """
    ids = [booked.order_id for booked, _ in listed]
    rows, parcels, outgoing = dispatch_rows(run.book, ids), parcels_of(run.book, ids), outgoing_of(run.book, ids)
    standings = {
        booked.order_id: _standing(
            run, booked, holds, rows.get(booked.order_id), parcels[booked.order_id], outgoing[booked.order_id]
        )
        for booked, holds in listed
    }
    return {order_id: found for order_id, standing in standings.items() if (found := waits_for(standing))}


# Where it stands ------------------------------------------------------------------------------------------------------


def _destination(run: StoreRun, booked: BookedOrder, row: DispatchRow | None) -> AtDestination:
    if row is None:
        is_to_be_sent = run.store.destination == SENDCLOUD and booked.order.to_ship
        return AtDestination(At.WAITING if is_to_be_sent else At.NONE)
    state = _STATES[row.state]
    why = _why_not_sent(row, booked)
    since = row.settled_at or row.accepted_at or row.asked_at
    return AtDestination(state, row.asked_at if state is At.WAITING else since, why, _message(row, why))


def _why_not_sent(row: DispatchRow, booked: BookedOrder) -> Problem | None:
    if row.state is DispatchState.TOO_LATE:
        why = why_stopped(cancelled=booked.order.status == CANCELLED)
        return Problem(ProblemName.PARCEL_OF_STOPPED_ORDER, order_id=row.order_id, **why)
    if row.state is not DispatchState.REFUSED or row.problem is None:
        return None
    sent = [line.currency for line in booked.order.lines if line.quantity_unshipped > 0]
    return Problem(
        row.problem,
        order_id=row.order_id,
        currency=currency_at(row.pointer or "", booked.order.currency, sent) or CURRENCY_NOT_NAMED,
        detail=_reason(row) or REASON_NOT_KEPT,
    )


def _reason(row: DispatchRow) -> str:
    if row.problem is ProblemName.ADDRESS_UNFIT:
        return row.message or ""
    if not (row.code or row.pointer or row.message):
        return ""
    return refused_field(code=row.code or "", pointer=row.pointer or "", message=row.message or "")


def _message(row: DispatchRow, why: Problem | None) -> str | None:
    """Sendcloud's reason, or ours; what has none beside its name tells it in the problem's sentence."""
    if why is None:
        return None
    return (_reason(row) if row.state is DispatchState.REFUSED else "") or why.summary


def _confirmation(entry: Outgoing, booked: BookedOrder) -> ConfirmationNow:
    state = _confirmed(entry, booked)
    times = {
        Confirmed.PLANNED: entry.planned_at,
        Confirmed.SENT: entry.asked_at,
        Confirmed.ACCEPTED: entry.accepted_at,
        Confirmed.STORED: entry.settled_at or entry.accepted_at,
    }
    why = message = None
    if entry.confirmation.state in (State.REFUSED, State.MISSING) and entry.problem:
        detail = refused_because(reason=entry.reason or "", message=entry.message or "")
        why = Problem(entry.problem, order_id=entry.order_id, detail=detail)
        message = detail if entry.reason or entry.message else why.summary
    return ConfirmationNow(
        package=entry.confirmation.reference,
        state=state,
        at=times.get(state, entry.settled_at or entry.asked_at),
        carrier=entry.carrier_label or entry.carrier_code,
        why=why,
        message=message,
    )


def _confirmed(entry: Outgoing, booked: BookedOrder) -> Confirmed:
    """Where it stands. A refusal counts until the order is confirmed all the same (as `fulfilment` counts it)."""
    state = _CONFIRMED[entry.confirmation.state]
    if state is not Confirmed.REFUSED:
        return state
    is_mended = booked.order.status == SHIPPED and not entry.confirmation.is_edit and entry.reason != _NOTHING_LEFT
    return Confirmed.MENDED if is_mended or entry.reason == AMAZON_CONFIRMS else state


# What it waits for ----------------------------------------------------------------------------------------------------


def _standing(  # noqa: PLR0917 - everything that counts
    run: StoreRun,
    booked: BookedOrder,
    holds: tuple[str, ...],
    row: DispatchRow | None,
    parcels: Sequence[Parcel],
    outgoing: Sequence[Outgoing],
) -> Standing:
    order, now = booked.order, run.now()
    trigger = TriggerRule(run.store.update_status_when, run.store.ship_by_guard_hours)
    told = {
        entry.confirmation.parcel: _confirmed(entry, booked)
        for entry in outgoing
        if entry.confirmation.state is not State.WITHDRAWN
    }
    label_from = next((held.cause for held in booked.held_for if held.hold == Hold.LABEL_TOO_EARLY), None)
    return Standing(
        status=order.status,
        now=now,
        ship_by=order.ship_by,
        deliver_by=order.deliver_by,
        shipped_at=order.shipped_at,
        holds=holds if order.status in TO_SHIP else (),
        label_from=from_iso(label_from) if label_from else None,
        destination=_destination(run, booked, row).state,
        has_destination=run.store.destination == SENDCLOUD,
        may_be_there=row is not None and (row.is_there or row.state is DispatchState.ASKED),
        asked=row is not None and row.state in (DispatchState.ASKED, DispatchState.ACCEPTED),
        parcels=tuple(
            ParcelNow(
                _way(parcel),
                has_reached=trigger.reached(parcel, order.ship_by, now),
                confirmed=told.get(parcel.key),
                has_number=parcel.traceable,
                nothing_left=parcel.nothing_left,
            )
            for parcel in parcels
        ),
        confirmations=frozenset(told.values()),
        amazon_confirms=amazon_confirms(order.programs, (entry.reason for entry in outgoing)),
        guard_from=trigger.guard_from(order.ship_by),
    )


def _way(parcel: Parcel) -> Way:
    if parcel.kind is Kind.UNKNOWN:
        return Way.OUT if parcel.is_live else Way.IN_DOUBT
    return _WAYS[parcel.kind]


# What happened --------------------------------------------------------------------------------------------------------


def _events(  # noqa: PLR0917 - all sources
    run: StoreRun,
    booked: BookedOrder,
    row: DispatchRow | None,
    parcels: Sequence[Parcel],
    outgoing: Sequence[Outgoing],
    facts: Noted,
    tombstone: Tombstone | None,
) -> list[Event]:
    order, book = booked.order, run.book
    events = [Event(order.purchased_at, What.ORDERED)]
    if facts.imported_at:
        events.append(Event(facts.imported_at, What.IMPORTED))
    if order.changed_at.replace(microsecond=0) != order.purchased_at.replace(microsecond=0):
        events.append(Event(order.changed_at.replace(microsecond=0), What.CHANGED))
    events += hold_events(book, booked.order_id, run.store.hold_policy)
    events += events_of_dispatch(row) if row else []
    arrivals = [event for parcel in parcels for event in events_of_parcel(parcel)]
    events += arrivals
    events += events_of_order(book, booked.order_id)
    events += kept_events(book, booked.order_id)
    if order.shipped_at and not outgoing:
        events.append(Event(order.shipped_at, What.SHIPPED))
    if facts.delivered_at and not any(event.what is What.DELIVERED for event in arrivals):
        events.append(Event(facts.delivered_at, What.DELIVERED))
    if facts.not_read:
        events.append(Event(facts.not_read.at, What.NOT_READ, problem=facts.not_read.problem))
    if tombstone:
        events.append(Event(tombstone.at, What.PURGED))
    return events
