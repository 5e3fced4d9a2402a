"""The outbox to Sendcloud: an order is a row before it is sent, and what came of that goes into the row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso
from amzlink.core.destination.outgoing_order import Dispatch, DispatchLine
from amzlink.core.orders.order import CANCELLED, TO_SHIP, OrderId, PersonalData
from amzlink.orderbook.database import Row, StoreBook, execute_many, upsert
from amzlink.orderbook.schema import DISPATCHES, HOLDS, ORDER_LINES, ORDERS
from amzlink.problems import ProblemName

_UPSERT: Final = upsert(DISPATCHES)


class DispatchState(StrEnum):
    """Where an order stands on its way to the destination."""

    ASKED = "asked"
    """Written down; whether Sendcloud was asked, and what it said, is not known."""
    ACCEPTED = "accepted"
    """Sendcloud has taken it, and stores it by and by."""
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
    change that was last decided on, and the basis of that (`orders_to_consider`). `problem`, `code` and `pointer` say
    why it was refused, the last two in Sendcloud's words, never with the order's.
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
        .order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def considered(changed_at: str, basis: str) -> str:
    """What a row notes once an order's change was decided on; `changed_at` as the book spells it."""
    return f"{changed_at} {basis}"


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
    query = select(DISPATCHES).where(DISPATCHES.c.store == book.store, DISPATCHES.c.order_id.in_(order_ids))
    with book.reading() as connection:
        return {row.order_id: _to_row(row) for row in connection.execute(query)}


def may_be_there() -> ColumnElement[bool]:
    """A condition on `DISPATCHES`: Sendcloud has the order, or may have it."""
    handed_over = [state.value for state in (*THERE, DispatchState.ASKED)]
    return or_(DISPATCHES.c.sendcloud_id.is_not(None), DISPATCHES.c.state.in_(handed_over))


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
        .order_by(DISPATCHES.c.asked_at.desc(), DISPATCHES.c.order_id)
    )
    with book.reading() as connection:
        return [_to_row(row) for row in connection.execute(query)]


def save_dispatches(book: StoreBook, rows: Sequence[DispatchRow]) -> None:
    """Write rows, all of them or none."""
    if not rows:
        return
    with book.writing() as connection:
        execute_many(connection, _UPSERT, [_row(book.store, row) for row in rows])


def dispatches_of(
    book: StoreBook, personal: Mapping[str, PersonalData], *, import_weights: bool
) -> dict[str, tuple[Dispatch, str]]:
    """The orders as they are handed on, each with the time of its change as the book spells it.

    `personal` names the orders. Lines with nothing left to ship are left out.
    """
    ids = list(personal)
    with book.reading() as connection:
        orders = connection.execute(
            select(ORDERS).where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(ids))
        ).all()
        lines: dict[str, list[DispatchLine]] = {}
        for row in connection.execute(
            select(ORDER_LINES)
            .where(
                ORDER_LINES.c.store == book.store, ORDER_LINES.c.order_id.in_(ids), ORDER_LINES.c.quantity_unshipped > 0
            )
            .order_by(ORDER_LINES.c.position)
        ):
            lines.setdefault(row.order_id, []).append(_to_line(row))
    return {
        row.order_id: (
            Dispatch(
                order_id=OrderId(row.order_id),
                status=row.status,
                purchased_at=from_iso(row.purchased_at),
                changed_at=from_iso(row.changed_at),
                ship_by=from_iso(row.ship_by) if row.ship_by else None,
                deliver_by=from_iso(row.deliver_by) if row.deliver_by else None,
                service_level=row.service_level,
                programs=tuple(row.programs.split()),
                total=row.total,
                currency=row.currency,
                lines=tuple(lines.get(row.order_id, ())),
                personal=personal[row.order_id],
                import_weights=import_weights,
            ),
            row.changed_at,
        )
        for row in orders
    }


def _with_dispatch() -> Any:  # SQLAlchemy's Join
    return ORDERS.outerjoin(
        DISPATCHES, (DISPATCHES.c.store == ORDERS.c.store) & (DISPATCHES.c.order_id == ORDERS.c.order_id)
    )


def _to_line(row: SqlRow[Any]) -> DispatchLine:
    return DispatchLine(
        order_item_id=row.order_item_id,
        sku=row.sku,
        asin=row.asin,
        title=row.title,
        quantity=row.quantity_unshipped,
        unit_price=row.unit_price,
        currency=row.currency,
        weight_grams=row.weight_grams,
        ioss_number=row.ioss_number,
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
    }


def _to_row(row: SqlRow[Any]) -> DispatchRow:
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
    )
