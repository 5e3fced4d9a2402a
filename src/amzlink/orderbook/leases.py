"""The leases in the book: which are about to end, and the floor below which nothing is opened any more."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import select, update

from amzlink.core.sealing import Box, Place
from amzlink.orderbook.book import Book, upsert
from amzlink.orderbook.imports import box_of, note_chains, sealed_row
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_FLOORS


def expiring(book: Book, store: str, statuses: Sequence[str], before: date, limit: int) -> dict[Place, Box]:
    """Boxes of orders in these statuses whose lease ends before a day, the earliest first."""
    query = (
        select(SEALED)
        .join(ORDERS)
        .where(SEALED.c.store == store, SEALED.c.lease_day < before.isoformat(), ORDERS.c.status.in_(statuses))
        .order_by(SEALED.c.lease_day)
        .limit(limit)
    )
    with book.reading() as connection:
        return {Place(row.order_id, row.part): box_of(row) for row in connection.execute(query)}


def all_boxes(book: Book, store: str, order_ids: Collection[str]) -> dict[Place, Box]:
    """Everything that is sealed of these orders."""
    query = select(SEALED).where(SEALED.c.store == store, SEALED.c.order_id.in_(order_ids))
    with book.reading() as connection:
        return {Place(row.order_id, row.part): box_of(row) for row in connection.execute(query)}


def replace_boxes(book: Book, store: str, boxes: Mapping[Place, tuple[Box, Box]], chain_ids: Mapping[str, str]) -> None:
    """Put newly sealed boxes in the place of the old ones (old, new), and note the chains that they hang on.

    A box that somebody else has replaced meanwhile, with newer content, stays: its lease is theirs to see to.
    """
    with book.writing() as connection:
        for place, (old, new) in boxes.items():
            here = (SEALED.c.store == store, SEALED.c.order_id == place.order_id, SEALED.c.part == place.part)
            row = sealed_row(store, place.order_id, new, place.part)
            connection.execute(update(SEALED).where(*here, SEALED.c.box == old.data).values(row))
        note_chains(connection, store, chain_ids)


def note_floor(book: Book, store: str, floor: date) -> None:
    """Note the first day whose boxes may still be opened."""
    with book.writing() as connection:
        connection.execute(upsert(VAULT_FLOORS), {"store": store, "floor": floor.isoformat()})
