"""What the order book records of purges. amzlink writes it for whoever has to prove them, and never reads it."""

from datetime import date

from sqlalchemy import select

from amzlink.clock import from_iso
from amzlink.core.privacy.retention import Rule
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.purges import Purge
from amzlink.orderbook.schema import PURGES


def purges(book: StoreBook) -> list[Purge]:
    """The record of all purges, the newest first."""
    query = select(PURGES).where(PURGES.c.store == book.store).order_by(PURGES.c.number.desc())
    with book.reading() as connection:
        return [
            Purge(
                at=from_iso(row.purged_at),
                rule=Rule(row.rule),
                orders=row.orders,
                archived=row.archived,
                floor=date.fromisoformat(row.floor) if row.floor else None,
                job=row.job,
            )
            for row in connection.execute(query)
        ]
