"""The leases in the book: which are about to end, and the floor below which nothing is opened any more."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select

from amzlink.orderbook.book import Book, execute_many, insert_missing, upsert
from amzlink.orderbook.imports import SealedData, sealed_row
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_CHAINS, VAULT_FLOORS


def expiring(book: Book, store: str, statuses: Sequence[str], before: date, limit: int) -> dict[str, SealedData]:
    """Boxes of orders in these statuses whose lease ends before a day, the earliest first."""
    query = (
        select(SEALED)
        .join(ORDERS)
        .where(SEALED.c.store == store, SEALED.c.lease_day < before.isoformat(), ORDERS.c.status.in_(statuses))
        .order_by(SEALED.c.lease_day)
        .limit(limit)
    )
    with book.reading() as connection:
        return {
            row.order_id: SealedData(date.fromisoformat(row.lease_day), row.chain_id, row.box)
            for row in connection.execute(query)
        }


def replace_boxes(book: Book, store: str, boxes: Mapping[str, SealedData], chain_ids: Mapping[str, str]) -> None:
    """Put newly sealed boxes in the place of the old ones, and note the chains that they hang on."""
    with book.writing() as connection:
        execute_many(connection, upsert(SEALED), [sealed_row(store, order_id, box) for order_id, box in boxes.items()])
        chains = [{"store": store, "month": month, "chain_id": chain} for month, chain in chain_ids.items()]
        connection.execute(insert_missing(VAULT_CHAINS), chains)


def note_floor(book: Book, store: str, floor: date) -> None:
    """Note the first day whose boxes may still be opened."""
    with book.writing() as connection:
        connection.execute(upsert(VAULT_FLOORS), {"store": store, "floor": floor.isoformat()})
