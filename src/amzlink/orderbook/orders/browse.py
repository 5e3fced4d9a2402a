"""Looking at the orders in the book, and setting and lifting their holds."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Select, and_, delete, func, literal, select, update

from amzlink.clock import to_iso
from amzlink.core.orders.holds import HeldFor, Hold
from amzlink.core.privacy.sealed_data import THE_ORDER
from amzlink.orderbook.database import StoreBook, upsert
from amzlink.orderbook.orders.fulfilment import Outcome, outcomes
from amzlink.orderbook.privacy.boxes import can_be_opened
from amzlink.orderbook.schema import (
    HOLDS,
    ORDER_LINES,
    ORDERS,
    PACKAGES,
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
    """An order as the book has it, without personal data. Times are ISO 8601 texts, a weight is whole grams.

    `lease_day` is the last day on which its personal data may be opened; `kept_until` the day after which it is
    destroyed by the rules, which are the caller's to apply.
    """

    order_id: str
    marketplace_id: str | None
    status: str
    purchased_at: str
    changed_at: str
    ship_by: str | None
    deliver_by: str | None
    service_level: str | None
    programs: tuple[str, ...]
    replaces: str | None
    total: str | None
    currency: str | None
    lines: int
    units: int
    held_for: tuple[HeldFor, ...]
    weight_grams: int | None
    lease_day: date | None
    shipped_at: str | None = None
    delivered_at: str | None = None
    delivered_by: str | None = None
    kept_until: date | None = None
    outcome: Outcome = Outcome("no", confirmation_refused=False)


class BookedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order as the book has it."""

    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity: int
    quantity_unshipped: int
    unit_price: str | None
    currency: str | None
    programs: tuple[str, ...]
    weight_grams: int | None
    ioss_number: str | None = None


class BookedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package of an order as the book has it; `items` are pairs of order item id and quantity."""

    reference: str
    status: str | None
    detailed_status: str | None
    carrier: str | None
    service: str | None
    shipped_at: str | None
    items: tuple[tuple[str, int], ...]


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


def find_orders(book: StoreBook, order_ids: Sequence[str]) -> list[BookedOrder]:
    """These orders, by order id; those that the book does not have are left out."""
    query = (
        select(ORDERS, SEALED.c.lease_day)
        .select_from(_WITH_LEASE)
        .where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids))
        .order_by(ORDERS.c.order_id)
    )
    with book.reading() as connection:
        return list(_with_parts(connection, book.store, connection.execute(query).all()))


def order_lines(book: StoreBook, order_ids: Sequence[str]) -> dict[str, list[BookedLine]]:
    """The lines of these orders, each order's in Amazon's order."""
    query = (
        select(ORDER_LINES)
        .where(ORDER_LINES.c.store == book.store, ORDER_LINES.c.order_id.in_(order_ids))
        .order_by(ORDER_LINES.c.order_id, ORDER_LINES.c.position)
    )
    found: dict[str, list[BookedLine]] = {order_id: [] for order_id in order_ids}
    with book.reading() as connection:
        for row in connection.execute(query):
            found[row.order_id].append(_to_line(row))
    return found


def packages(book: StoreBook, order_id: str) -> list[BookedPackage]:
    """The packages that Amazon has of an order."""
    query = (
        select(PACKAGES)
        .where(PACKAGES.c.store == book.store, PACKAGES.c.order_id == order_id)
        .order_by(PACKAGES.c.shipped_at, PACKAGES.c.reference)
    )
    with book.reading() as connection:
        return [
            BookedPackage(
                reference=row.reference,
                status=row.status,
                detailed_status=row.detailed_status,
                carrier=row.carrier,
                service=row.service,
                shipped_at=row.shipped_at,
                items=msgspec.json.decode(row.items, type=tuple[tuple[str, int], ...]),
            )
            for row in connection.execute(query)
        ]


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
    """Whether an order ever came with a name and a street."""
    query = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.deliverable).limit(1)
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
    weights = _weights(connection, store, ids)
    came_of_it = outcomes(connection, store, ids)
    for row in rows:
        yield BookedOrder(
            order_id=row.order_id,
            marketplace_id=row.marketplace_id,
            status=row.status,
            purchased_at=row.purchased_at,
            changed_at=row.changed_at,
            ship_by=row.ship_by,
            deliver_by=row.deliver_by,
            service_level=row.service_level,
            programs=tuple(row.programs.split()),
            replaces=row.replaces,
            total=row.total,
            currency=row.currency,
            lines=row.lines,
            units=row.units,
            held_for=tuple(held.get(row.order_id, ())),
            weight_grams=weights.get(row.order_id),
            lease_day=date.fromisoformat(row.lease_day) if row.lease_day else None,
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            delivered_by=row.delivered_by,
            outcome=came_of_it[row.order_id],
        )


def _held_for(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, list[HeldFor]]:
    held: dict[str, list[HeldFor]] = {}
    query = select(HOLDS).where(HOLDS.c.store == store, HOLDS.c.order_id.in_(order_ids))
    for row in connection.execute(query):
        held.setdefault(row.order_id, []).append(HeldFor(row.hold, row.cause, row.lifted_at))
    return held


def _weights(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, int]:
    """The weight of each order of whose lines every one has a weight."""
    lines = ORDER_LINES.c
    query = (
        select(lines.order_id, func.sum(lines.weight_grams * lines.quantity).label("grams"))
        .where(lines.store == store, lines.order_id.in_(order_ids))
        .group_by(lines.order_id)
        .having(func.count() == func.count(lines.weight_grams))
    )
    return {row.order_id: row.grams for row in connection.execute(query)}


def _to_line(row: Row[Any]) -> BookedLine:
    return BookedLine(
        order_item_id=row.order_item_id,
        sku=row.sku,
        asin=row.asin,
        title=row.title,
        quantity=row.quantity,
        quantity_unshipped=row.quantity_unshipped,
        unit_price=row.unit_price,
        currency=row.currency,
        programs=tuple(row.programs.split()),
        weight_grams=row.weight_grams,
        ioss_number=row.ioss_number,
    )
