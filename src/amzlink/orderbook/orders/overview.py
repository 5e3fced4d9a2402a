"""A store's orders in numbers."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, or_, select

from amzlink.clock import to_iso, to_iso_exact
from amzlink.core.orders.holds import HoldPolicy
from amzlink.core.orders.order import TO_SHIP
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.counting_holds import hold_counts
from amzlink.orderbook.orders.fulfilment import is_taken_over
from amzlink.orderbook.schema import HOLDS, ORDERS, REFUSED_ORDERS


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders have still to be shipped, by when, and what keeps them back.

    `overdue` are past their ship-by date, also where a confirmation is on its way to Amazon. `by_status` has the
    statuses that were counted: all of them, or those of orders to ship.
    """

    to_ship: int
    due: int
    overdue: int
    held: int
    refused: int
    by_status: dict[str, int]


def count_orders(book: StoreBook) -> int:
    """How many orders the book has."""
    with book.reading() as connection:
        query = select(func.count()).select_from(ORDERS).where(ORDERS.c.store == book.store)
        return connection.execute(query).scalar_one()


def to_ship_before(book: StoreBook, moment: datetime) -> int:
    """How many orders to ship the book has that it had by then already."""
    there = or_(ORDERS.c.imported_at.is_(None), ORDERS.c.imported_at < to_iso(moment))
    query = select(func.count()).where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP), there)
    with book.reading() as connection:
        return connection.execute(query).scalar_one()


def changed_between(book: StoreBook, start: datetime, end: datetime) -> int:
    """How many of the book's orders have changed last in this time."""
    changed = ORDERS.c.changed_at.between(to_iso_exact(start), to_iso_exact(end))
    with book.reading() as connection:
        return connection.execute(select(func.count()).where(ORDERS.c.store == book.store, changed)).scalar_one()


def overview(
    book: StoreBook, policy: HoldPolicy, now: datetime, day_ends: datetime, *, every_status: bool = True
) -> Overview:
    """Count the orders; `due` are those to be shipped between now and the end of the day.

    Without `every_status` those that are done are left out: to count them takes longer the more there are.
    """
    by_status = (
        select(ORDERS.c.status, func.count().label("orders"))
        .where(ORDERS.c.store == book.store)
        .group_by(ORDERS.c.status)
    )
    if not every_status:
        by_status = by_status.where(ORDERS.c.status.in_(TO_SHIP))
    refused = select(func.count()).where(REFUSED_ORDERS.c.store == book.store)
    to_ship = (ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
    by_merchant = select(func.count()).select_from(ORDERS).where(*to_ship, ~is_taken_over())
    overdue = by_merchant.where(ORDERS.c.ship_by < to_iso(now))
    due = by_merchant.where(ORDERS.c.ship_by >= to_iso(now), ORDERS.c.ship_by < to_iso(day_ends))
    held = (
        select(func.count(ORDERS.c.order_id.distinct()))
        .select_from(HOLDS.join(ORDERS, (HOLDS.c.store == ORDERS.c.store) & (HOLDS.c.order_id == ORDERS.c.order_id)))
        .where(HOLDS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP), hold_counts(policy, now))
    )
    with book.reading() as connection:
        counts: dict[str, int] = {row.status: row.orders for row in connection.execute(by_status)}

        def count(query: Select[Any]) -> int:
            return int(connection.scalar(query) or 0)

        return Overview(
            to_ship=sum(number for status, number in counts.items() if status in TO_SHIP),
            due=count(due),
            overdue=count(overdue),
            held=count(held),
            refused=count(refused),
            by_status=counts,
        )
