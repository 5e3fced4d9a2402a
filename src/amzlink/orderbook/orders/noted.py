"""What is noted of an order: when it came, when it arrived, and that Amazon's latest answer could not be read."""

from datetime import datetime

import msgspec
from sqlalchemy import select

from amzlink.clock import from_iso
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.schema import ORDERS, REFUSED_ORDERS
from amzlink.problems import ProblemName


class NotRead(msgspec.Struct, frozen=True):
    """Why an order could not be taken in. `message` holds nothing personal."""

    at: datetime
    problem: ProblemName
    message: str


class Noted(msgspec.Struct, frozen=True):
    """Times of an order in the book; `not_read`: the last import could not take in what Amazon told of it."""

    imported_at: datetime | None
    delivered_at: datetime | None
    not_read: NotRead | None


def noted(book: StoreBook, order_id: str) -> Noted:
    """What is noted of an order."""
    times = select(ORDERS.c.imported_at, ORDERS.c.delivered_at).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id == order_id
    )
    refused = select(REFUSED_ORDERS).where(REFUSED_ORDERS.c.store == book.store, REFUSED_ORDERS.c.order_id == order_id)
    with book.reading() as connection:
        row = connection.execute(times).one_or_none()
        bad = connection.execute(refused).one_or_none()
    return Noted(
        imported_at=from_iso(row.imported_at) if row and row.imported_at else None,
        delivered_at=from_iso(row.delivered_at) if row and row.delivered_at else None,
        not_read=NotRead(from_iso(bad.seen_at), ProblemName(bad.problem), bad.message) if bad else None,
    )
