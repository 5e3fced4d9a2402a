"""The leases in the book: which are about to end, and the floor below which nothing is opened any more."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select

from amzlink.core.sealing import Box
from amzlink.orderbook.book import Book, execute_many, upsert
from amzlink.orderbook.imports import box_of, note_chains, sealed_row
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_FLOORS


def expiring(book: Book, store: str, statuses: Sequence[str], before: date, limit: int) -> dict[str, Box]:
    """Boxes of orders in these statuses whose lease ends before a day, the earliest first."""
    query = (
        select(SEALED)
        .join(ORDERS)
        .where(SEALED.c.store == store, SEALED.c.lease_day < before.isoformat(), ORDERS.c.status.in_(statuses))
        .order_by(SEALED.c.lease_day)
        .limit(limit)
    )
    with book.reading() as connection:
        return {row.order_id: box_of(row) for row in connection.execute(query)}


def replace_boxes(book: Book, store: str, boxes: Mapping[str, Box], chain_ids: Mapping[str, str]) -> None:
    """Put newly sealed boxes in the place of the old ones, and note the chains that they hang on."""
    with book.writing() as connection:
        execute_many(connection, upsert(SEALED), [sealed_row(store, order_id, box) for order_id, box in boxes.items()])
        note_chains(connection, store, chain_ids)


def note_floor(book: Book, store: str, floor: date) -> None:
    """Note the first day whose boxes may still be opened."""
    with book.writing() as connection:
        connection.execute(upsert(VAULT_FLOORS), {"store": store, "floor": floor.isoformat()})
