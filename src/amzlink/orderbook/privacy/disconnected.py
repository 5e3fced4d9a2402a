"""Disconnecting a store: its personal data goes, and where its orders stay, whose they are is kept in mind."""

import msgspec
from sqlalchemy import delete, func, select, update

from amzlink.orderbook.database import Database, StoreBook, upsert
from amzlink.orderbook.schema import (
    ARCHIVE_FOLDERS,
    CLOCK_READINGS,
    CONFIRMATIONS,
    COVERAGE,
    DISPATCHES,
    FEEDS,
    FORMER_STORES,
    HOLDS,
    LEASES,
    LISTING_SWEEPS,
    LISTINGS,
    ORDER_LINES,
    ORDERS,
    PACKAGES,
    PARCEL_POLLS,
    PARCELS,
    PASSED_OVER,
    REFUSED_ORDERS,
    RUNS,
    SEALED,
    SEARCHES,
    SHARED_COUNTS,
    TOMBSTONES,
    TRUSTED_TIMES,
    VAULT_CHAINS,
    VAULT_FLOORS,
)


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


def forget_store(book: StoreBook, *, keep_orders: bool) -> int:
    """Destroy all personal data of a store and the vault's marks; with `keep_orders` the rest of the orders stays.

    The record of purges stays in any case. Returns how many orders had personal data.
    """
    gone = [SEALED, VAULT_CHAINS, VAULT_FLOORS, SEARCHES, COVERAGE, REFUSED_ORDERS, PASSED_OVER, PARCEL_POLLS]
    gone += [CLOCK_READINGS, TRUSTED_TIMES, SHARED_COUNTS]  # not LEASES: whoever asks for this holds one
    if not keep_orders:
        gone += [CONFIRMATIONS, FEEDS, PARCELS, DISPATCHES, LISTINGS, LISTING_SWEEPS, ARCHIVE_FOLDERS]
        gone += [HOLDS, PACKAGES, ORDER_LINES, ORDERS, TOMBSTONES, RUNS, FORMER_STORES]
    with book.writing() as connection:
        connection.execute(update(LEASES).where(LEASES.c.store == book.store).values(account=""))
        sealed = select(func.count(SEALED.c.order_id.distinct())).where(SEALED.c.store == book.store)
        count = connection.scalar(sealed)
        for table in gone:
            connection.execute(delete(table).where(table.c.store == book.store))
        # Their addresses are gone: an import must not take these orders for unchanged.
        connection.execute(update(ORDERS).where(ORDERS.c.store == book.store).values(deliverable=False))
        # What was a test store may come back as a real one, whose data no test's time may destroy.
        connection.execute(update(RUNS).where(RUNS.c.store == book.store).values(amazon_time=None))
    return int(count or 0)
