"""How far a store's orders have come between Amazon and the buyer: at Sendcloud, with a parcel, confirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union,
)

from amzlink.clock import to_iso
from amzlink.core.orders.holds import AMAZON_CONFIRMS, BY_AMAZON, CONFIRMED_BY_AMAZON, Hold
from amzlink.core.orders.order import SHIPPED, TO_SHIP
from amzlink.core.shipments.confirmation import COUNTING, SAID, UNDER_WAY, State
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import LIVE, Kind
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.destination.outbox import THERE, DispatchState
from amzlink.orderbook.schema import CONFIRMATIONS, DISPATCHES, HOLDS, ORDERS, PARCELS, TOMBSTONES
from amzlink.problems import ProblemName

_LATELY: Final = timedelta(days=7)
_decode_items: Final = msgspec.json.Decoder(tuple[Item, ...]).decode


class KeptRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal that is kept: whose it is, the problem's name, and the service's reason in a word or two."""

    order_id: str
    problem: ProblemName
    reason: str | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of orders still to ship, but for `confirmed`, which counts the confirmations of the last seven days.

    `overdue` are past Amazon's ship-by date, and nothing has been said of what is left. `refused` are confirmations
    that Amazon did not take or does not show, `not_sent` orders that did not get to Sendcloud, `stopped_with_parcel`
    orders that nobody should ship although there is a parcel.
    """

    at_sendcloud: int
    waiting_for_parcel: int
    waiting_for_trigger: int
    being_confirmed: int
    confirmed: int
    overdue: int
    refused: tuple[KeptRefusal, ...]
    not_sent: tuple[KeptRefusal, ...]
    stopped_with_parcel: tuple[str, ...]


def progress(book: StoreBook, now: datetime) -> Progress:
    """Count. An order with a parcel that Amazon has not been told of waits for the trigger."""
    said = select(func.count()).where(CONFIRMATIONS.c.store == book.store)
    with book.reading() as connection:

        def count(query: Select[Any]) -> int:
            return int(connection.scalar(query) or 0)

        numbers = connection.execute(
            select(
                _number_of(is_at_sendcloud()).label("at_sendcloud"),
                _number_of(waits_for_parcel()).label("waiting_for_parcel"),
                _number_of(waits_for_trigger()).label("waiting_for_trigger"),
            ).where(_to_ship(book.store))
        ).one()
        overdue = select(func.count()).select_from(ORDERS).where(_to_ship(book.store), is_overdue(now))
        return Progress(
            at_sendcloud=numbers.at_sendcloud or 0,
            waiting_for_parcel=numbers.waiting_for_parcel or 0,
            waiting_for_trigger=numbers.waiting_for_trigger or 0,
            being_confirmed=count(
                said.where(CONFIRMATIONS.c.state.in_([state.value for state in (*UNDER_WAY, State.PLANNED)]))
            ),
            confirmed=count(
                said.where(
                    CONFIRMATIONS.c.state.in_([state.value for state in SAID]),
                    CONFIRMATIONS.c.accepted_at >= to_iso(now - _LATELY),
                )
            ),
            overdue=count(overdue),
            refused=refusals_by_amazon(connection, book.store),
            not_sent=refusals_by_sendcloud(connection, book.store),
            stopped_with_parcel=tuple(
                sorted(
                    connection.scalars(
                        select(DISPATCHES.c.order_id)
                        .where(DISPATCHES.c.store == book.store, DISPATCHES.c.state == DispatchState.TOO_LATE.value)
                        .where(~_arrived().exists())
                    )
                )
            ),
        )


def refusals_by_amazon(
    connection: Connection, store: str, order_ids: Sequence[str] | None = None
) -> tuple[KeptRefusal, ...]:
    """The confirmations that Amazon refused, or does not show, and that still matter; of these orders, or of all."""
    query = (
        select(CONFIRMATIONS.c.order_id, CONFIRMATIONS.c.problem, CONFIRMATIONS.c.reason)
        .join(ORDERS, _same_order(CONFIRMATIONS))
        .where(CONFIRMATIONS.c.store == store, CONFIRMATIONS.c.problem.is_not(None), _still_refused())
    )
    if order_ids is not None:
        query = query.where(CONFIRMATIONS.c.order_id.in_(order_ids))
    return _refusals(connection, query)


def refusals_by_sendcloud(
    connection: Connection, store: str, order_ids: Sequence[str] | None = None
) -> tuple[KeptRefusal, ...]:
    """The orders to ship that Sendcloud refused; of these orders, or of all."""
    reason = func.coalesce(func.nullif(DISPATCHES.c.pointer, ""), DISPATCHES.c.message).label("reason")
    query = select(DISPATCHES.c.order_id, DISPATCHES.c.problem, reason).where(_refused_by_sendcloud(store))
    if order_ids is not None:
        query = query.where(DISPATCHES.c.order_id.in_(order_ids))
    return _refusals(connection, query)


def _refusals(connection: Connection, query: Select[Any]) -> tuple[KeptRefusal, ...]:
    """By order id. Sorted here: the database would go through all rows in that sequence, not only those that count."""
    found = (
        KeptRefusal(order_id=row.order_id, problem=ProblemName(row.problem), reason=row.reason)
        for row in connection.execute(query)
    )
    return tuple(sorted(found, key=lambda refusal: refusal.order_id))


def refused_orders(store: str) -> CompoundSelect[tuple[str]]:
    """The ids of the orders to ship that Sendcloud refused, and of those whose confirmation Amazon refused."""
    return union(
        select(DISPATCHES.c.order_id).where(_refused_by_sendcloud(store)),
        select(CONFIRMATIONS.c.order_id)
        .join(ORDERS, _same_order(CONFIRMATIONS))
        .where(CONFIRMATIONS.c.store == store, _still_refused())
        .correlate(None),
    )


def _refused_by_sendcloud(store: str) -> ColumnElement[bool]:
    to_ship = _of_order(select(ORDERS.c.order_id), DISPATCHES).where(ORDERS.c.status.in_(TO_SHIP))
    return and_(
        DISPATCHES.c.store == store,
        DISPATCHES.c.state == DispatchState.REFUSED.value,
        to_ship.correlate(DISPATCHES).exists(),
    )


def untold_parcels(store: str, order_ids: Sequence[str]) -> Select[Any]:
    """The parcels of these orders that Amazon has not been told of."""
    return (
        select(PARCELS.c.order_id, PARCELS.c.carrier, PARCELS.c.carrier_label)
        .where(PARCELS.c.store == store, PARCELS.c.order_id.in_(order_ids), *_is_untold())
        .order_by(PARCELS.c.order_id, PARCELS.c.parcel)
    )


def is_at_sendcloud() -> ColumnElement[bool]:
    """A condition on an order: Sendcloud has it."""
    there = [state.value for state in THERE]
    return _of_order(select(DISPATCHES.c.state), DISPATCHES).where(DISPATCHES.c.state.in_(there)).exists()


def waits_for_parcel() -> ColumnElement[bool]:
    """A condition on an order to ship: there is no parcel, and Amazon was told of none."""
    told = [state.value for state in (*COUNTING, State.REFUSED)]
    of_order = _of_order(select(CONFIRMATIONS.c.state), CONFIRMATIONS).where(CONFIRMATIONS.c.state.in_(told))
    return and_(~_live_parcel().exists(), ~of_order.exists())


def waits_for_trigger() -> ColumnElement[bool]:
    """A condition on an order to ship: there is a parcel that Amazon has not been told of, and is to be told of."""
    untold = _of_order(select(PARCELS.c.parcel), PARCELS).where(*_is_untold())
    return and_(untold.exists(), ~_amazon_confirms(), ~_is_purged())


def waits_for_scan() -> ColumnElement[bool]:
    """The same, where the carrier has not scanned it."""
    unscanned = _of_order(select(PARCELS.c.parcel), PARCELS).where(*_is_untold(), PARCELS.c.processed_at.is_(None))
    return and_(unscanned.exists(), ~_amazon_confirms(), ~_is_purged())


def is_being_confirmed() -> ColumnElement[bool]:
    """A condition on an order to ship: what is left of it is being said to Amazon, or was."""
    return _of_order(select(CONFIRMATIONS.c.state), CONFIRMATIONS).where(_says_what_is_left()).exists()


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """A condition on an order to ship: Amazon waits for its shipment, and the ship-by date is past."""
    return and_(ORDERS.c.ship_by < to_iso(now), ~is_being_confirmed(), ~is_taken_over())


def is_taken_over() -> ColumnElement[bool]:
    """A condition on an order to ship: Amazon ships it by itself since it was imported."""
    return (
        _of_order(select(HOLDS.c.hold), HOLDS)
        .where(HOLDS.c.hold == Hold.AMAZON_SHIPS.value, HOLDS.c.cause == BY_AMAZON)
        .exists()
    )


def _to_ship(store: str) -> ColumnElement[bool]:
    return and_(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP))


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _live_parcel() -> Select[Any]:
    return _of_order(select(PARCELS.c.parcel), PARCELS).where(_is_live())


def _is_live() -> ColumnElement[bool]:
    return PARCELS.c.kind.in_([kind.value for kind in LIVE])


def _is_untold() -> tuple[ColumnElement[bool], ...]:
    """Conditions on a parcel: Amazon was not told of it, and something is left to tell."""
    return (_is_live(), ~_told().exists(), PARCELS.c.nothing_left.is_not(True))


def _amazon_confirms() -> ColumnElement[bool]:
    """A condition on an order: Amazon confirms it by itself (as `core.orders.holds.amazon_confirms` has it)."""
    programs = literal(" ") + ORDERS.c.programs + " "
    by_program = [programs.contains(f" {name} ", autoescape=True) for name in sorted(CONFIRMED_BY_AMAZON)]
    refused = _of_order(select(CONFIRMATIONS.c.reference), CONFIRMATIONS)
    return or_(*by_program, refused.where(CONFIRMATIONS.c.reason == AMAZON_CONFIRMS).exists())


def _is_purged() -> ColumnElement[bool]:
    """A condition on an order: the numbers of its parcels were deleted, so that amzlink can confirm none of them."""
    return _of_order(select(TOMBSTONES.c.order_id), TOMBSTONES).exists()


def _told() -> Select[Any]:
    """What Amazon was told, or is to be told, of a parcel."""
    return select(CONFIRMATIONS.c.state).where(
        CONFIRMATIONS.c.store == PARCELS.c.store,
        CONFIRMATIONS.c.order_id == PARCELS.c.order_id,
        CONFIRMATIONS.c.parcel == PARCELS.c.parcel,
        CONFIRMATIONS.c.state != State.WITHDRAWN.value,
    )


def _arrived() -> Select[Any]:
    return select(PARCELS.c.parcel).where(
        PARCELS.c.store == DISPATCHES.c.store,
        PARCELS.c.order_id == DISPATCHES.c.order_id,
        PARCELS.c.kind == Kind.DELIVERED.value,
    )


def _says_what_is_left() -> ColumnElement[bool]:
    # What is stored shows in the order's own status.
    return CONFIRMATIONS.c.state.in_([state.value for state in (*UNDER_WAY, State.PLANNED, State.ACCEPTED)])


class Outcome(msgspec.Struct, frozen=True):
    """Whether an order is at Sendcloud (`no`, `yes`, `refused`), and whether Amazon refused its confirmation.

    `told` are the packages that Amazon has accepted, by reference, each with its number of units.
    """

    sent: str
    confirmation_refused: bool
    told: Mapping[str, int] = {}


def outcomes(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, Outcome]:
    """What has come of these orders so far; each has an entry."""
    dispatched = select(DISPATCHES.c.order_id, DISPATCHES.c.state).where(
        DISPATCHES.c.store == store, DISPATCHES.c.order_id.in_(order_ids)
    )
    refused = (
        select(CONFIRMATIONS.c.order_id)
        .join(ORDERS, _same_order(CONFIRMATIONS))
        .where(CONFIRMATIONS.c.store == store, CONFIRMATIONS.c.order_id.in_(order_ids), _still_refused())
    )
    states = {row.order_id: DispatchState(row.state) for row in connection.execute(dispatched)}
    bad = set(connection.scalars(refused))
    accepted = select(
        CONFIRMATIONS.c.order_id, CONFIRMATIONS.c.reference, CONFIRMATIONS.c.state, CONFIRMATIONS.c["items"]
    ).where(
        CONFIRMATIONS.c.store == store,
        CONFIRMATIONS.c.order_id.in_(order_ids),
    )
    told: dict[str, dict[str, int]] = {}
    for row in connection.execute(accepted):
        if row.state not in SAID:  # in SQL it would lead to the index of the states, past that of the orders
            continue
        units = sum(item.quantity for item in _decode_items(row.items))
        told.setdefault(row.order_id, {})[row.reference] = units
    return {
        order_id: Outcome(_sent(states.get(order_id)), order_id in bad, told.get(order_id, {}))
        for order_id in order_ids
    }


def _still_refused() -> ColumnElement[bool]:
    """A refusal counts until the order is confirmed all the same; but then the buyer has another number, or an old one.

    What Amazon confirms by itself is none.
    """
    matters = or_(ORDERS.c.status != SHIPPED, CONFIRMATIONS.c.is_edit, CONFIRMATIONS.c.reason == "already-confirmed")
    return and_(
        CONFIRMATIONS.c.state.in_((State.REFUSED.value, State.MISSING.value)),
        func.coalesce(CONFIRMATIONS.c.reason, "") != AMAZON_CONFIRMS,
        matters,
    )


def _sent(state: DispatchState | None) -> str:
    if state is DispatchState.REFUSED:
        return "refused"
    return "yes" if state in (*THERE, DispatchState.TOO_LATE) else "no"


def _same_order(table: Any) -> Any:  # a table; a condition of SQLAlchemy's
    return and_(table.c.store == ORDERS.c.store, table.c.order_id == ORDERS.c.order_id)


def _of_order(query: Select[Any], table: Any) -> Select[Any]:
    return query.where(_same_order(table))
