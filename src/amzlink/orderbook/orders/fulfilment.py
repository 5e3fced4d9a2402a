"""How far a store's orders have come between Amazon and the buyer: at Sendcloud, with a parcel, confirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from amzlink.clock import to_iso
from amzlink.core.orders.order import SHIPPED, TO_SHIP
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import LIVE, Kind
from amzlink.core.shipments.plan import COUNTING, SAID, UNDER_WAY, State
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.destination.outbox import THERE, DispatchState
from amzlink.orderbook.schema import CONFIRMATIONS, DISPATCHES, ORDERS, PARCELS
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
    to_ship = and_(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
    parcel = _of_order(select(PARCELS.c.parcel), PARCELS).where(PARCELS.c.kind.in_([kind.value for kind in LIVE]))
    told = _of_order(select(CONFIRMATIONS.c.reference), CONFIRMATIONS).where(
        CONFIRMATIONS.c.state.in_([state.value for state in (*COUNTING, State.REFUSED)])
    )
    there = _of_order(select(DISPATCHES.c.state), DISPATCHES).where(
        DISPATCHES.c.state.in_([state.value for state in THERE])
    )
    arrived = _of_order(select(PARCELS.c.parcel), PARCELS).where(PARCELS.c.kind == Kind.DELIVERED.value)
    untold = parcel.where(
        ~select(CONFIRMATIONS.c.reference)
        .where(
            CONFIRMATIONS.c.store == PARCELS.c.store,
            CONFIRMATIONS.c.parcel == PARCELS.c.parcel,
            CONFIRMATIONS.c.state != State.WITHDRAWN.value,
        )
        .exists()
    )
    on_its_way = _of_order(select(CONFIRMATIONS.c.reference), CONFIRMATIONS).where(
        # What is stored shows in the order's own status.
        CONFIRMATIONS.c.state.in_([state.value for state in (*UNDER_WAY, State.PLANNED, State.ACCEPTED)])
    )
    said = select(func.count()).where(CONFIRMATIONS.c.store == book.store)
    with book.reading() as connection:

        def count(query: Select[Any]) -> int:
            return int(connection.scalar(query) or 0)

        orders = select(func.count()).select_from(ORDERS).where(to_ship)
        return Progress(
            at_sendcloud=count(orders.where(there.exists())),
            waiting_for_parcel=count(orders.where(~parcel.exists(), ~told.exists())),
            waiting_for_trigger=count(orders.where(untold.exists())),
            being_confirmed=count(
                said.where(CONFIRMATIONS.c.state.in_([state.value for state in (*UNDER_WAY, State.PLANNED)]))
            ),
            confirmed=count(
                said.where(
                    CONFIRMATIONS.c.state.in_([state.value for state in SAID]),
                    CONFIRMATIONS.c.accepted_at >= to_iso(now - _LATELY),
                )
            ),
            overdue=count(orders.where(~on_its_way.exists(), ORDERS.c.ship_by < to_iso(now))),
            refused=tuple(
                KeptRefusal(order_id=row.order_id, problem=ProblemName(row.problem), reason=row.reason)
                for row in connection.execute(
                    select(CONFIRMATIONS.c.order_id, CONFIRMATIONS.c.problem, CONFIRMATIONS.c.reason)
                    .join(ORDERS, _same_order(CONFIRMATIONS))
                    .where(CONFIRMATIONS.c.store == book.store, CONFIRMATIONS.c.problem.is_not(None), _still_refused())
                    .order_by(CONFIRMATIONS.c.order_id)
                )
            ),
            not_sent=tuple(
                KeptRefusal(order_id=row.order_id, problem=ProblemName(row.problem), reason=row.pointer or row.message)
                for row in connection.execute(
                    select(DISPATCHES.c.order_id, DISPATCHES.c.problem, DISPATCHES.c.pointer, DISPATCHES.c.message)
                    .join(ORDERS, _same_order(DISPATCHES))
                    .where(to_ship, DISPATCHES.c.state == DispatchState.REFUSED.value)
                    .order_by(DISPATCHES.c.order_id)
                )
            ),
            stopped_with_parcel=tuple(
                connection.scalars(
                    select(DISPATCHES.c.order_id)
                    .join(ORDERS, _same_order(DISPATCHES))
                    .where(DISPATCHES.c.store == book.store, DISPATCHES.c.state == DispatchState.TOO_LATE.value)
                    .where(~arrived.exists())
                    .order_by(DISPATCHES.c.order_id)
                )
            ),
        )


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
        func.coalesce(CONFIRMATIONS.c.reason, "") != "amazon-confirms",
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
