"""Orders whose ship-by date is near or past, and of which Amazon has no shipment."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select

from amzlink.clock import to_iso
from amzlink.core.orders.order import TO_SHIP
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.fulfilment import is_overdue, waits_for_scan
from amzlink.orderbook.schema import ORDERS

NEAR: Final = timedelta(hours=24)


def overdue_orders(book: StoreBook, now: datetime, limit: int) -> tuple[str, ...]:
    """Orders to ship that are past their ship-by date and not told of, those that have waited longest first.

    That is the sequence of `orders list`: by ship-by date, and of one date by when they were placed.
    """
    query = (
        select(ORDERS.c.order_id)
        .where(_to_ship(book), is_overdue(now))
        .order_by(ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
        .limit(limit)
    )
    with book.reading() as connection:
        return tuple(connection.scalars(query))


def count_near(book: StoreBook, now: datetime) -> int:
    """Orders that have to be confirmed within a day, or are overdue, of which a parcel waits for its first scan."""
    query = select(func.count()).where(_to_ship(book), ORDERS.c.ship_by < to_iso(now + NEAR), waits_for_scan())
    with book.reading() as connection:
        return int(connection.scalar(query) or 0)


def _to_ship(book: StoreBook) -> ColumnElement[bool]:
    return (ORDERS.c.store == book.store) & ORDERS.c.status.in_(TO_SHIP)
