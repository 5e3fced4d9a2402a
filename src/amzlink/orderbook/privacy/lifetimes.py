"""What decides how long an order's personal data may be kept, as its rows say."""

from collections.abc import Collection
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from amzlink.core.privacy.retention import Lifetime
from amzlink.orderbook.database import StoreBook, named_rows
from amzlink.orderbook.schema import ORDERS

LIFETIME_COLUMNS: Final = (
    ORDERS.c.status,
    ORDERS.c.changed_at,
    ORDERS.c.shipped_at,
    ORDERS.c.delivered_at,
    ORDERS.c.delivered_by,
    ORDERS.c.ship_by,
)
DATED_BY: Final = "sendcloud"  # whose parcels tell when they arrived; of the others it is known when that was heard


def lifetimes(book: StoreBook, order_ids: Collection[str]) -> dict[str, Lifetime]:
    """What decides how long the data of these orders may be kept; one that the book does not have is left out."""
    query = select(ORDERS.c.order_id, *LIFETIME_COLUMNS).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids)
    )
    with book.reading() as connection:
        return {row.order_id: lifetime_of(row) for row in named_rows(connection.execute(query))}


def lifetime_of(row: Any) -> Lifetime:  # a row of any shape
    """What decides how long an order's data may be kept, from its row (`LIFETIME_COLUMNS`)."""
    return Lifetime(
        status=row.status,
        changed_on=_day(row.changed_at),
        shipped_on=_day(row.shipped_at) if row.shipped_at else None,
        delivered_on=_day(row.delivered_at) if row.delivered_at else None,
        ship_by=_day(row.ship_by) if row.ship_by else None,
        delivery_dated=row.delivered_by == DATED_BY,
    )


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])
