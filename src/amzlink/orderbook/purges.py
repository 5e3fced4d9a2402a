"""Destroying personal data in the book: what is due, the rows that go, and the record that stays."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, text

from amzlink.clock import to_iso
from amzlink.core.orders import TO_SHIP
from amzlink.core.retention import Lifetime, Rule
from amzlink.core.sealing import THE_ORDER, Box, Place
from amzlink.orderbook.book import Book, execute_many, insert_missing
from amzlink.orderbook.imports import box_of
from amzlink.orderbook.leases import LIFETIME_COLUMNS, lifetime_of
from amzlink.orderbook.schema import DISPATCHES, ORDERS, PURGES, RUNS, SEALED, TOMBSTONES

_INSERT_TOMBSTONE: Final = insert_missing(TOMBSTONES)
_INSERT_PURGE: Final = insert_missing(PURGES)


class Kept(msgspec.Struct, frozen=True):
    """An order of which personal data is kept: until when it can be opened, and what decides how long it may stay."""

    order_id: str
    lease_day: date
    order: Lifetime


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a purge: how many orders, by which rule, how many of them were archived first."""

    at: datetime
    rule: Rule
    orders: int
    archived: int
    floor: date | None
    job: str


def kept_orders(book: Book, store: str) -> list[Kept]:
    """All orders of which something is sealed, those whose lease ends first first."""
    query = (
        select(SEALED.c.order_id, func.max(SEALED.c.lease_day).label("lease_day"), *LIFETIME_COLUMNS)
        .join(ORDERS, (ORDERS.c.store == SEALED.c.store) & (ORDERS.c.order_id == SEALED.c.order_id))
        .where(SEALED.c.store == store)
        .group_by(SEALED.c.order_id)
        .order_by(func.max(SEALED.c.lease_day), SEALED.c.order_id)
    )
    with book.reading() as connection:
        return [
            Kept(row.order_id, date.fromisoformat(row.lease_day), lifetime_of(row)) for row in connection.execute(query)
        ]


def boxes_of(book: Book, store: str, order_ids: Collection[str]) -> dict[Place, Box]:
    """Everything that is sealed of these orders."""
    query = select(SEALED).where(SEALED.c.store == store, SEALED.c.order_id.in_(order_ids))
    with book.reading() as connection:
        return {Place(row.order_id, row.part): box_of(row) for row in connection.execute(query)}


def destroy(book: Book, store: str, orders: Mapping[str, Rule], records: Sequence[Purge], now: datetime) -> None:
    """Delete what is sealed of these orders, put up their tombstones, and write the record; all of it, or nothing."""
    ids = list(orders)
    with book.writing() as connection:
        for start in range(0, len(ids), 500):
            chunk = ids[start : start + 500]
            connection.execute(delete(SEALED).where(SEALED.c.store == store, SEALED.c.order_id.in_(chunk)))
        execute_many(
            connection,
            _INSERT_TOMBSTONE,
            [
                {"store": store, "order_id": order_id, "purged_at": to_iso(now), "rule": rule.value}
                for order_id, rule in orders.items()
            ],
        )
        execute_many(
            connection,
            _INSERT_PURGE,
            [
                {
                    "store": store,
                    "purged_at": to_iso(record.at),
                    "rule": record.rule.value,
                    "orders": record.orders,
                    "archived": record.archived,
                    "floor": record.floor.isoformat() if record.floor else None,
                    "job": record.job,
                }
                for record in records
            ],
        )


def sweep_journal(book: Book) -> None:
    """Fold the journal into the file and empty it, so that nothing that was deleted is left in it."""
    with book.outside_transactions() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def old_orders(book: Book, store: str, before: datetime) -> list[str]:
    """Orders that are done with and were last changed before a time: nothing of them needs to be kept any more."""
    query = select(ORDERS.c.order_id).where(
        ORDERS.c.store == store, ORDERS.c.changed_at < to_iso(before), ORDERS.c.status.not_in(TO_SHIP)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def forget_orders(book: Book, store: str, order_ids: Sequence[str]) -> None:
    """Delete all that is left of these orders; their tombstones stay."""
    with book.writing() as connection:
        for start in range(0, len(order_ids), 500):
            chunk = order_ids[start : start + 500]
            connection.execute(delete(ORDERS).where(ORDERS.c.store == store, ORDERS.c.order_id.in_(chunk)))


def purges(book: Book, store: str) -> list[Purge]:
    """The record of all purges, the newest first."""
    query = select(PURGES).where(PURGES.c.store == store).order_by(PURGES.c.purged_at.desc(), PURGES.c.rule)
    with book.reading() as connection:
        return [
            Purge(
                at=datetime.fromisoformat(row.purged_at),
                rule=Rule(row.rule),
                orders=row.orders,
                archived=row.archived,
                floor=date.fromisoformat(row.floor) if row.floor else None,
                job=row.job,
            )
            for row in connection.execute(query)
        ]


def tombstones_at_sendcloud(book: Book, store: str) -> dict[str, str]:
    """Purged orders of which Sendcloud still has a copy, as far as is known: Sendcloud's id by order id."""
    query = (
        select(DISPATCHES.c.order_id, DISPATCHES.c.sendcloud_id)
        .join(TOMBSTONES, (TOMBSTONES.c.store == DISPATCHES.c.store) & (TOMBSTONES.c.order_id == DISPATCHES.c.order_id))
        .where(DISPATCHES.c.store == store, DISPATCHES.c.sendcloud_id.is_not(None))
    )
    with book.reading() as connection:
        return {row.order_id: row.sendcloud_id for row in connection.execute(query)}


def borne_out(book: Book, stores: Collection[str]) -> datetime | None:
    """The latest time that Amazon bore out to one of these stores."""
    query = select(func.max(RUNS.c.amazon_time)).where(RUNS.c.store.in_(stores))
    with book.reading() as connection:
        latest = connection.scalar(query)
    return datetime.fromisoformat(latest) if latest else None


def has_sealed(book: Book, store: str, order_id: str) -> bool:
    """Whether personal data of an order is kept."""
    query = select(SEALED.c.part).where(
        SEALED.c.store == store, SEALED.c.order_id == order_id, SEALED.c.part == THE_ORDER
    )
    with book.reading() as connection:
        return connection.scalar(query) is not None
