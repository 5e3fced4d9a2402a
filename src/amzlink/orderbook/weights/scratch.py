"""A copy of what the book knows of products, in memory: what a dry run writes to, so that it keeps nothing."""

from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from amzlink.core.orders.order import TO_SHIP
from amzlink.orderbook.database import Database, StoreBook
from amzlink.orderbook.schema import LISTING_SWEEPS, LISTINGS, METADATA, ORDER_LINES, ORDERS

_CHUNK: Final = 1000


def scratch_of(book: StoreBook) -> StoreBook:
    """The store's listings and orders to ship in a book of their own, gone with the process."""
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    METADATA.create_all(engine, tables=[LISTINGS, LISTING_SWEEPS, ORDERS, ORDER_LINES])
    scratch = Database(engine, Path(":memory:"))
    to_ship = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
    with book.reading() as source, scratch.writing() as target:
        for table in (LISTINGS, LISTING_SWEEPS, ORDERS, ORDER_LINES):
            query = select(table).where(table.c.store == book.store)
            if "order_id" in table.c:
                query = query.where(table.c.order_id.in_(to_ship))
            rows = source.execution_options(yield_per=_CHUNK).execute(query).mappings()
            for chunk in rows.partitions(_CHUNK):
                target.execute(table.insert(), [dict(row) for row in chunk])
    return scratch.of(book.store)
