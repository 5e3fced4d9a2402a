"""Stores that were disconnected and whose orders were kept: whose orders they are."""

import msgspec
from sqlalchemy import select

from amzlink.orderbook.database import Database, StoreBook, upsert
from amzlink.orderbook.schema import FORMER_STORES


class FormerStore(msgspec.Struct, frozen=True, kw_only=True):
    """The seller account that orders under a store's name came from."""

    seller_id: str
    country: str
    test: bool


def note_former_store(book: StoreBook, former: FormerStore) -> None:
    """Keep in mind whose the orders of this store are."""
    with book.writing() as connection:
        connection.execute(upsert(FORMER_STORES), {"store": book.store, **msgspec.structs.asdict(former)})


def former_stores(database: Database) -> dict[str, FormerStore]:
    """All of them, by the store's name."""
    with database.reading() as connection:
        return {
            row.store: FormerStore(seller_id=row.seller_id, country=row.country, test=row.test)
            for row in connection.execute(select(FORMER_STORES))
        }
