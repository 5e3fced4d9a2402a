"""The outbox to Sendcloud: an order is a row before it is sent, and what came of that goes into the row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from amzlink.clock import from_iso, to_iso, to_iso_exact
from amzlink.core.destination.currencies import RefusedCurrency, currency_at
from amzlink.core.orders.order import CANCELLED, TO_SHIP
from amzlink.core.orders.story import Event, What
from amzlink.orderbook.database import OF_STORE, Row, StoreBook, execute_for, execute_many, is_among, named_rows, upsert
from amzlink.orderbook.events import keep_events
from amzlink.orderbook.schema import DISPATCHES, HOLDS, ORDER_LINES, ORDERS
from amzlink.problems import ProblemName

_UPSERT: Final = upsert(DISPATCHES)
_OF_ORDERS: Final = select(DISPATCHES).where(DISPATCHES.c.store == OF_STORE, is_among(DISPATCHES.c.order_id))
_LEFT_TO_SHIP: Final = (
    select(ORDER_LINES.c.order_id, ORDER_LINES.c.currency)
    .where(ORDER_LINES.c.store == OF_STORE, is_among(ORDER_LINES.c.order_id), ORDER_LINES.c.quantity_unshipped > 0)
    .order_by(ORDER_LINES.c.order_id, ORDER_LINES.c.position)
)
_TIME_LENGTH: Final = len("2026-11-23T09:30:00.000Z")
_MOST_URGENT_FIRST: Final = (ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)


class DispatchState(StrEnum):
    """Where an order stands on its way to the destination."""

    ASKED = "asked"
    """Written down; whether Sendcloud was asked, and what it said, is not known."""
    ACCEPTED = "accepted"
    """Sendcloud has accepted it, and will store it soon."""
    SENT = "sent"
    """Read back: it is there."""
    REFUSED = "refused"
    RECALLED = "recalled"
    """Taken back, or it never arrived."""
    TOO_LATE = "too-late"
    """It should not be shipped any more, and there is a parcel."""


THERE: Final = (DispatchState.ACCEPTED, DispatchState.SENT)


class DispatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox.

    `payload_hash` is of what was last asked to be stored; None: nobody knows what is there. `considered` is the order's
    change that was last decided on, and the basis of that (`orders_to_consider`). `problem`, `code`, `pointer` and
    `message` say why it was refused, the last three in Sendcloud's words, never with the order's. `settled_at` is when
    it came to its state; `save_dispatches` sets it.
    """

    order_id: str
    state: DispatchState
    payload_hash: str | None = None
    considered: str | None = None
    sendcloud_id: str | None = None
    asked_at: datetime | None = None
    accepted_at: datetime | None = None
    problem: ProblemName | None = None
    code: str | None = None
    pointer: str | None = None
    message: str | None = None
    settled_at: datetime | None = None

    @property
    def why(self) -> tuple[object, ...]:
        """Its state, and the reason for it."""
        return self.state, self.problem, self.code, self.pointer, self.message

    @property
    def is_there(self) -> bool:
        """Whether Sendcloud has the order, or will have it, in some version."""
        return self.sendcloud_id is not None or self.state in THERE

    @property
    def version(self) -> datetime | None:
        """The order's change that was last asked to be stored, to the second; None where it is not known."""
        return from_iso(self.considered.split(" ")[0]).replace(microsecond=0) if self.considered else None


def orders_to_consider(book: StoreBook, basis: str) -> list[str]:
    """Orders to ship that were never sent, that were taken back, or that have changed since; the most urgent first.

    `basis` names what else a payload depends on, the store's settings: where it is another, every order has changed.
    """
    query = (
        select(ORDERS.c.order_id)
        .select_from(_with_dispatch())
        .where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
        .where(
            or_(
                DISPATCHES.c.state.is_(None),
                DISPATCHES.c.state.in_((DispatchState.ASKED.value, DispatchState.RECALLED.value)),
                DISPATCHES.c.considered.is_(None),
                DISPATCHES.c.considered != ORDERS.c.changed_at + f" {basis}",
            )
        )
        .order_by(*_MOST_URGENT_FIRST)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def refused_currencies(book: StoreBook) -> list[RefusedCurrency]:
    """Orders to ship that were refused for their currency, the most urgent first."""
    query = (
        select(ORDERS.c.order_id, ORDERS.c.currency, DISPATCHES.c.asked_at, DISPATCHES.c.pointer)
        .select_from(_with_dispatch())
        .where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP), ORDERS.c.currency.is_not(None))
        .where(DISPATCHES.c.state == DispatchState.REFUSED.value)
        .where(DISPATCHES.c.problem == ProblemName.CURRENCY_UNSUPPORTED.value)
        .order_by(*_MOST_URGENT_FIRST)
    )
    with book.reading() as connection:
        rows = connection.execute(query).all()
        of_items = _currencies_of_items(connection, book.store, [row.order_id for row in rows if row.pointer])
    return [
        RefusedCurrency(
            row.order_id,
            currency_at(row.pointer or "", row.currency, of_items.get(row.order_id, ())) or row.currency,
            from_iso(row.asked_at) if row.asked_at else None,
        )
        for row in rows
    ]


def _currencies_of_items(connection: Connection, store: str, order_ids: Collection[str]) -> dict[str, list[str | None]]:
    """The currencies of what is left to ship of these orders, in Amazon's sequence."""
    found: dict[str, list[str | None]] = {}
    for row in named_rows(execute_for(connection, _LEFT_TO_SHIP, store, order_ids)):
        found.setdefault(row.order_id, []).append(row.currency)
    return found


def accepted_currencies(book: StoreBook, currencies: Collection[str]) -> dict[str, datetime]:
    """When Sendcloud last accepted an order in these currencies; those that it never took are left out."""
    query = (
        select(ORDERS.c.currency, func.max(DISPATCHES.c.accepted_at).label("at"))
        .select_from(_with_dispatch())
        .where(ORDERS.c.store == book.store, ORDERS.c.currency.in_(currencies), DISPATCHES.c.accepted_at.is_not(None))
        .group_by(ORDERS.c.currency)
    )
    with book.reading() as connection:
        return {row.currency: from_iso(row.at) for row in connection.execute(query)}


def considered(changed_at: datetime, basis: str) -> str:
    """What a row notes once an order's change was decided on."""
    return f"{to_iso_exact(changed_at)} {basis}"


def consider_again(connection: Connection, store: str, order_ids: Collection[str]) -> None:
    """Take back what was decided on these orders, because they have changed; the version that was asked for stays."""
    connection.execute(
        update(DISPATCHES)
        .where(DISPATCHES.c.store == store, DISPATCHES.c.order_id.in_(order_ids))
        .values(considered=func.substr(DISPATCHES.c.considered, 1, _TIME_LENGTH))
    )


def orders_to_recall(book: StoreBook) -> list[str]:
    """Orders at Sendcloud, or perhaps there, that were cancelled or that something holds; and those that were too late.

    Whether a hold counts at this moment is for the caller to see.
    """
    held = select(HOLDS.c.hold).where(
        HOLDS.c.store == ORDERS.c.store, HOLDS.c.order_id == ORDERS.c.order_id, HOLDS.c.lifted_at.is_(None)
    )
    too_late = DISPATCHES.c.state == DispatchState.TOO_LATE.value
    query = (
        select(ORDERS.c.order_id)
        .select_from(_with_dispatch())
        .where(ORDERS.c.store == book.store)
        .where(
            or_(
                too_late,
                DISPATCHES.c.state.in_([state.value for state in (*THERE, DispatchState.ASKED)]),
                # An order of which a version was refused may be there as it was before.
                (DISPATCHES.c.state == DispatchState.REFUSED.value) & DISPATCHES.c.asked_at.is_not(None),
            )
        )
        .where(or_(too_late, ORDERS.c.status == CANCELLED, ORDERS.c.status.in_(TO_SHIP) & held.exists()))
        .order_by(ORDERS.c.order_id)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def dispatch_rows(book: StoreBook, order_ids: Collection[str]) -> dict[str, DispatchRow]:
    """The rows of these orders; those that were never sent are left out."""
    with book.reading() as connection:
        return _rows_of(connection, book.store, order_ids)


def may_be_there() -> ColumnElement[bool]:
    """A condition on `DISPATCHES`: Sendcloud has the order, or may have it."""
    handed_over = [state.value for state in (*THERE, DispatchState.ASKED)]
    # An order of which a version was refused may be there as it was before.
    earlier = (DISPATCHES.c.state == DispatchState.REFUSED.value) & DISPATCHES.c.accepted_at.is_not(None)
    return or_(DISPATCHES.c.sendcloud_id.is_not(None), DISPATCHES.c.state.in_(handed_over), earlier)


def handed_over(book: StoreBook) -> int:
    """How many orders of a store Sendcloud has, or may have."""
    query = select(func.count()).select_from(DISPATCHES).where(DISPATCHES.c.store == book.store, may_be_there())
    with book.reading() as connection:
        return connection.scalar(query) or 0


def unsettled_rows(book: StoreBook) -> list[DispatchRow]:
    """The rows of orders to ship of which it is not known whether Sendcloud has stored them, the latest first."""
    query = (
        select(DISPATCHES)
        .select_from(_with_dispatch())
        .where(DISPATCHES.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
        .where(DISPATCHES.c.state.in_((DispatchState.ASKED.value, DispatchState.ACCEPTED.value)))
        .order_by(DISPATCHES.c.asked_at.desc().nulls_last(), DISPATCHES.c.order_id)
    )
    with book.reading() as connection:
        return [_to_row(row) for row in named_rows(connection.execute(query))]


def save_dispatches(book: StoreBook, rows: Sequence[DispatchRow], now: datetime) -> None:
    """Write rows, all of them or none, and keep the events that they forget by that."""
    if not rows:
        return
    with book.writing() as connection:
        before = _rows_of(connection, book.store, [row.order_id for row in rows])
        after = [_settled(row, before.get(row.order_id), now) for row in rows]
        execute_many(connection, _UPSERT, [_row(book.store, row) for row in after])
        forgotten = {row.order_id: _forgotten(before[row.order_id], row) for row in after if row.order_id in before}
        keep_events(connection, book.store, forgotten)


def _settled(row: DispatchRow, before: DispatchRow | None, now: datetime) -> DispatchRow:
    is_new = before is None or before.why != row.why
    return msgspec.structs.replace(row, settled_at=now if is_new or before is None else before.settled_at)


def _forgotten(before: DispatchRow, after: DispatchRow) -> list[Event]:
    told = events_of_dispatch(after)
    return [event for event in events_of_dispatch(before) if event not in told]


def events_of_dispatch(row: DispatchRow) -> list[Event]:
    """When an order was given to Sendcloud, and what came of that."""
    events = [Event(row.asked_at, What.GIVEN_TO_SENDCLOUD)] if row.asked_at else []
    if row.settled_at and row.state in _TELLING:
        what, problem = _TELLING[row.state]
        events.append(Event(row.settled_at, what, problem=problem or row.problem))
    return events


_TELLING: Final[Mapping[DispatchState, tuple[What, ProblemName | None]]] = {
    DispatchState.SENT: (What.SENT, None),
    DispatchState.REFUSED: (What.NOT_SENT, None),
    DispatchState.RECALLED: (What.WITHDRAWN, None),
    DispatchState.TOO_LATE: (What.STOPPED_TOO_LATE, ProblemName.PARCEL_OF_STOPPED_ORDER),
}


def _with_dispatch() -> Any:  # SQLAlchemy's Join
    return ORDERS.outerjoin(
        DISPATCHES, (DISPATCHES.c.store == ORDERS.c.store) & (DISPATCHES.c.order_id == ORDERS.c.order_id)
    )


def _row(store: str, row: DispatchRow) -> Row:
    return {
        "store": store,
        "order_id": row.order_id,
        "state": row.state.value,
        "payload_hash": row.payload_hash,
        "considered": row.considered,
        "sendcloud_id": row.sendcloud_id,
        "asked_at": to_iso(row.asked_at) if row.asked_at else None,
        "accepted_at": to_iso(row.accepted_at) if row.accepted_at else None,
        "problem": row.problem.value if row.problem else None,
        "code": row.code,
        "pointer": row.pointer,
        "message": row.message,
        "settled_at": to_iso(row.settled_at) if row.settled_at else None,
    }


def _rows_of(connection: Connection, store: str, order_ids: Collection[str]) -> dict[str, DispatchRow]:
    return {row.order_id: _to_row(row) for row in named_rows(execute_for(connection, _OF_ORDERS, store, order_ids))}


def _to_row(row: Any) -> DispatchRow:  # of `named_rows`
    return DispatchRow(
        order_id=row.order_id,
        state=DispatchState(row.state),
        payload_hash=row.payload_hash,
        considered=row.considered,
        sendcloud_id=row.sendcloud_id,
        asked_at=from_iso(row.asked_at) if row.asked_at else None,
        accepted_at=from_iso(row.accepted_at) if row.accepted_at else None,
        problem=ProblemName(row.problem) if row.problem else None,
        code=row.code,
        pointer=row.pointer,
        message=row.message,
        settled_at=from_iso(row.settled_at) if row.settled_at else None,
    )
