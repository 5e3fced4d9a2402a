"""Looking at the orders in the book, and setting and lifting their holds."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, literal, select, update

from amzlink.clock import to_iso
from amzlink.core.orders.holds import BUY_SHIPPING, FROM_FILE, OWN_CARRIER_MARKETPLACES, STILL_HELD, HeldFor, Hold
from amzlink.core.orders.order import TO_SHIP, Order
from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import THE_ORDER
from amzlink.orderbook.database import StoreBook, upsert
from amzlink.orderbook.orders.fulfilment import Outcome, outcomes
from amzlink.orderbook.orders.rows import Weights, to_weighed_orders
from amzlink.orderbook.privacy.boxes import can_be_opened
from amzlink.orderbook.privacy.lifetimes import lifetime_of
from amzlink.orderbook.schema import (
    HOLDS,
    ORDERS,
    PASSED_OVER,
    REFUSED_ORDERS,
    SEALED,
)

_CHUNK: Final = 200
_WITH_LEASE: Final = ORDERS.outerjoin(
    SEALED,
    and_(
        ORDERS.c.store == SEALED.c.store,
        ORDERS.c.order_id == SEALED.c.order_id,
        SEALED.c.part == literal(THE_ORDER),
        can_be_opened(),
    ),
)


class Filter(msgspec.Struct, frozen=True):
    """Which orders to look at: a fulfilment status, and a time before which they have to be shipped."""

    status: str | None = None
    due_before: datetime | None = None


class BookedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the book has it, and what the book knows besides; what is personal lies sealed elsewhere.

    `weights` are those of its lines, `lifetime` decides how long its personal data may be kept. `lease_day` is the last
    day on which that may be opened; `kept_until` the day after which it is destroyed by the rules, which are the
    caller's to apply. `delivered_by` is who told that it has arrived.
    """

    order: Order
    weights: Weights
    held_for: tuple[HeldFor, ...]
    lifetime: Lifetime
    lease_day: date | None
    delivered_by: str | None = None
    kept_until: date | None = None
    outcome: Outcome = Outcome("no", confirmation_refused=False)

    @property
    def order_id(self) -> str:
        """Amazon's order number."""
        return self.order.order_id

    @property
    def weight_grams(self) -> int | None:
        """What all its pieces weigh together; None as long as one line has no weight."""
        lines, weights = self.order.lines, self.weights
        if not lines or any(line.order_item_id not in weights for line in lines):
            return None
        return sum(weights[line.order_item_id] * line.quantity for line in lines)


def iterate_orders(book: StoreBook, wanted: Filter) -> Iterator[BookedOrder]:
    """The orders, the most urgent first (by ship-by date, then by age), a chunk at a time: memory stays flat."""
    query = _filtered(select(ORDERS, SEALED.c.lease_day).select_from(_WITH_LEASE), book.store, wanted)
    query = query.order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
    with book.reading() as connection:
        for rows in connection.execution_options(yield_per=_CHUNK).execute(query).partitions():
            yield from _with_parts(connection, book.store, rows)


def find_order(book: StoreBook, order_id: str) -> BookedOrder | None:
    """One order, or None where the book does not have it."""
    query = (
        select(ORDERS, SEALED.c.lease_day)
        .select_from(_WITH_LEASE)
        .where(ORDERS.c.store == book.store, ORDERS.c.order_id == order_id)
    )
    with book.reading() as connection:
        return next(iter(_with_parts(connection, book.store, connection.execute(query).all())), None)


class NotImported(msgspec.Struct, frozen=True):
    """Why the book knows an order's number and not the order.

    It is `by_amazon` that it is shipped, or `unreadable` says in words why it could not be read; else it is pending.
    """

    by_amazon: bool = False
    unreadable: str | None = None


def find_not_imported(book: StoreBook, order_id: str) -> NotImported | None:
    """What is known of an order that is not in the book; None: nothing."""
    passed = select(PASSED_OVER.c.by_amazon).where(
        PASSED_OVER.c.store == book.store, PASSED_OVER.c.order_id == order_id
    )
    refused = select(REFUSED_ORDERS.c.message).where(
        REFUSED_ORDERS.c.store == book.store, REFUSED_ORDERS.c.order_id == order_id
    )
    with book.reading() as connection:
        message = connection.scalar(refused)
        if message is not None:
            return NotImported(unreadable=message)
        by_amazon = connection.scalar(passed)
    return None if by_amazon is None else NotImported(by_amazon=by_amazon)


def holds(book: StoreBook, order_ids: Sequence[str]) -> dict[str, tuple[HeldFor, ...]]:
    """What these orders are held for, lifted or not; each of them has an entry."""
    with book.reading() as connection:
        held = _held_for(connection, book.store, order_ids)
    return {order_id: tuple(held.get(order_id, ())) for order_id in order_ids}


def booked_status(book: StoreBook, order_ids: Sequence[str]) -> dict[str, str]:
    """Amazon's fulfilment status of these orders."""
    query = select(ORDERS.c.order_id, ORDERS.c.status).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids)
    )
    with book.reading() as connection:
        return {row.order_id: row.status for row in connection.execute(query)}


def any_deliverable(book: StoreBook) -> bool:
    """Whether an order ever came with a name and a street; one that a person gave its address did not."""
    given = select(HOLDS.c.order_id).where(
        HOLDS.c.store == ORDERS.c.store,
        HOLDS.c.order_id == ORDERS.c.order_id,
        HOLDS.c.hold == Hold.NO_ADDRESS.value,
        HOLDS.c.cause == FROM_FILE,
    )
    query = (
        select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.deliverable, ~given.exists()).limit(1)
    )
    with book.reading() as connection:
        return connection.scalar(query) is not None


def set_manual_hold(book: StoreBook, order_id: str, now: datetime) -> None:
    """Hold an order because a person wants it."""
    row = {
        "store": book.store, "order_id": order_id, "hold": Hold.MANUAL.value, "cause": to_iso(now),
        "set_at": to_iso(now), "lifted_at": None,
    }  # fmt: skip
    with book.writing() as connection:
        connection.execute(upsert(HOLDS), row)


def lift_holds(book: StoreBook, order_id: str, now: datetime) -> None:
    """Lift all holds of an order; each stays lifted until its cause is another."""
    here = (HOLDS.c.store == book.store, HOLDS.c.order_id == order_id)
    with book.writing() as connection:
        connection.execute(delete(HOLDS).where(*here, HOLDS.c.hold == Hold.MANUAL.value))
        connection.execute(update(HOLDS).where(*here, HOLDS.c.lifted_at.is_(None)).values(lifted_at=to_iso(now)))


def release_prime(book: StoreBook, causes: Collection[str], now: datetime) -> list[str]:
    """Lift the hold `prime` with one of these causes from orders to ship whose carrier the merchant chooses.

    Their order ids.
    """
    wanted = (*_prime_of_own_carrier(book.store), HOLDS.c.cause.in_(causes))
    with book.writing() as connection:
        released = list(connection.scalars(select(HOLDS.c.order_id).where(*wanted).order_by(HOLDS.c.order_id)))
        connection.execute(update(HOLDS).where(*wanted).values(lifted_at=to_iso(now)))
    return released


def note_prime_still_held(book: StoreBook) -> int:
    """How many Prime orders an earlier version holds of which nobody was told yet; from now on they count as told."""
    untold = (*_prime_of_own_carrier(book.store), HOLDS.c.cause == BUY_SHIPPING)
    with book.writing() as connection:
        return connection.execute(update(HOLDS).where(*untold).values(cause=STILL_HELD)).rowcount


def _prime_of_own_carrier(store: str) -> tuple[ColumnElement[bool], ...]:
    own_carrier = select(ORDERS.c.order_id).where(
        ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ORDERS.c.marketplace_id.in_(OWN_CARRIER_MARKETPLACES)
    )
    return (
        HOLDS.c.store == store,
        HOLDS.c.hold == Hold.PRIME.value,
        HOLDS.c.lifted_at.is_(None),
        HOLDS.c.order_id.in_(own_carrier),
    )


def _filtered(query: Select[Any], store: str, wanted: Filter) -> Select[Any]:
    query = query.where(ORDERS.c.store == store)
    if wanted.status:
        query = query.where(ORDERS.c.status == wanted.status)
    if wanted.due_before:
        query = query.where(ORDERS.c.ship_by < to_iso(wanted.due_before))
    return query


def _with_parts(connection: Connection, store: str, rows: Sequence[Row[Any]]) -> Iterator[BookedOrder]:
    ids = [row.order_id for row in rows]
    held = _held_for(connection, store, ids)
    came_of_it = outcomes(connection, store, ids)
    for row, (order, weights) in zip(rows, to_weighed_orders(connection, store, rows), strict=True):
        yield BookedOrder(
            order=order,
            weights=weights,
            held_for=tuple(held.get(row.order_id, ())),
            lifetime=lifetime_of(row),
            lease_day=date.fromisoformat(row.lease_day) if row.lease_day else None,
            delivered_by=row.delivered_by,
            outcome=came_of_it[row.order_id],
        )


def _held_for(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, list[HeldFor]]:
    held: dict[str, list[HeldFor]] = {}
    query = select(HOLDS).where(HOLDS.c.store == store, HOLDS.c.order_id.in_(order_ids))
    for row in connection.execute(query):
        held.setdefault(row.order_id, []).append(HeldFor(row.hold, row.cause, row.lifted_at))
    return held
