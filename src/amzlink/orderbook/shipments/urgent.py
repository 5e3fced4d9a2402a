"""Orders whose ship-by date is near or past, and of which Amazon has no shipment."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select

from amzlink.clock import to_iso
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.shipments.parcels import LIVE
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.fulfilment import is_being_confirmed
from amzlink.orderbook.schema import ORDERS, PARCELS

NEAR: Final = timedelta(hours=24)


def overdue_orders(book: StoreBook, now: datetime, limit: int) -> tuple[str, ...]:
    """Orders to ship that are past their ship-by date and not told of, those that have waited longest first."""
    query = (
        select(ORDERS.c.order_id)
        .where(_to_ship(book), ORDERS.c.ship_by < to_iso(now), ~is_being_confirmed())
        .order_by(ORDERS.c.ship_by, ORDERS.c.order_id)
        .limit(limit)
    )
    with book.reading() as connection:
        return tuple(connection.scalars(query))


def count_near(book: StoreBook, now: datetime) -> int:
    """Orders that have to be confirmed within a day, or are overdue, whose parcels wait for the store's trigger."""
    parcel = select(PARCELS.c.parcel).where(
        PARCELS.c.store == ORDERS.c.store,
        PARCELS.c.order_id == ORDERS.c.order_id,
        PARCELS.c.kind.in_([kind.value for kind in LIVE]),
    )
    query = select(func.count()).where(
        _to_ship(book),
        ORDERS.c.ship_by < to_iso(now + NEAR),
        parcel.exists(),
        ~is_being_confirmed(),
    )
    with book.reading() as connection:
        return int(connection.scalar(query) or 0)


def _to_ship(book: StoreBook) -> ColumnElement[bool]:
    return (ORDERS.c.store == book.store) & ORDERS.c.status.in_(TO_SHIP)
