"""Destroying personal data in the book: what is kept, the rows that go, and the record that stays."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, and_, case, delete, func, or_, select, union, update

from amzlink.clock import from_iso, to_iso
from amzlink.core.orders.order import CANCELLED, SHIPPED, TO_SHIP
from amzlink.core.privacy.retention import Lifetime, Rule
from amzlink.core.privacy.sealed_data import THE_ORDER
from amzlink.orderbook.database import (
    OF_STORE,
    Database,
    StoreBook,
    execute_for,
    execute_many,
    insert_missing,
    is_among,
    named_rows,
    upsert,
)
from amzlink.orderbook.destination.outbox import DispatchState, may_be_there
from amzlink.orderbook.privacy.boxes import floor_in
from amzlink.orderbook.privacy.lifetimes import LIFETIME_COLUMNS, lifetime_of
from amzlink.orderbook.privacy.purge_record import record_purge
from amzlink.orderbook.schema import DISPATCHES, ORDERS, PASSED_OVER, REFUSED_ORDERS, SEALED, TOMBSTONES
from amzlink.problems import ProblemName

_NUMBERS: Final = 20_000  # a megabyte or two
CHUNK: Final = 500
_SEALED_ORDERS: Final = (
    select(SEALED.c.order_id)
    .distinct()
    .join(ORDERS, (ORDERS.c.store == SEALED.c.store) & (ORDERS.c.order_id == SEALED.c.order_id))
)
_HAS_CHAIN: Final = SEALED.c.chain_id >= ""
"""True of every row, and in no index: else SQLite goes through the index of all leases for each few orders."""
KEPT_OF_ORDERS: Final = (
    select(
        SEALED.c.order_id,
        func.max(SEALED.c.lease_day).label("lease_day"),
        func.max(case((SEALED.c.part == THE_ORDER, SEALED.c.lease_day))).label("own_lease_day"),
        *LIFETIME_COLUMNS,
    )
    .join(ORDERS, (ORDERS.c.store == SEALED.c.store) & (ORDERS.c.order_id == SEALED.c.order_id))
    .where(SEALED.c.store == OF_STORE, is_among(SEALED.c.order_id), _HAS_CHAIN)
    .group_by(SEALED.c.order_id, *LIFETIME_COLUMNS)
    .order_by(SEALED.c.order_id)
)
_LOST: Final = ProblemName.VAULT_KEY_MISSING
_INSERT_TOMBSTONE: Final = insert_missing(TOMBSTONES)
_UPSERT_REFUSED: Final = upsert(REFUSED_ORDERS)


class KeptOrder(msgspec.Struct, frozen=True):
    """An order of which something is sealed, and what decides how long it may stay.

    `lease_day` is the longest lease of its parts, `own_lease_day` that of the order's own data, None where there is
    none of that; `floor` is the first day of which anything can be opened.
    """

    order_id: str
    lease_day: date
    own_lease_day: date | None
    order: Lifetime
    floor: date | None = None

    @property
    def can_be_opened(self) -> bool:
        """Whether what has the longest lease can be opened."""
        return self.floor is None or self.lease_day >= self.floor

    @property
    def is_lost(self) -> bool:
        """Whether what is needed still of an open order can be opened by nobody: an old book was put back."""
        return self.floor is not None and (self.own_lease_day or self.lease_day) < self.floor

    @property
    def is_sale(self) -> bool:
        """Whether tax wants to know of it (as `core.privacy.tax_record.is_sale`)."""
        return self.order.status != CANCELLED or self.order.shipped_on is not None


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a purge: how many orders, by which rule, how many of them were archived first."""

    at: datetime
    rule: Rule
    orders: int
    archived: int
    floor: date | None
    job: str


class Tombstone(msgspec.Struct, frozen=True):
    """When the personal data of an order was destroyed, and by which rule."""

    at: datetime
    rule: Rule


def kept_orders(book: StoreBook) -> Iterator[list[KeptOrder]]:
    """All orders of which something is sealed, whether it can still be opened or not, by order id, a chunk at a time.

    Each chunk is read when it is asked for: what was destroyed of an earlier one changes nothing.
    """
    return _in_chunks(book, _SEALED_ORDERS)


def perhaps_due(book: StoreBook, today: date, days: int) -> Iterator[list[KeptOrder]]:
    """As `kept_orders`, without most of those that are not due today by any rule, each of which gives `days` at least.

    A book holds many of these, and every import looks.
    """
    long_ago = (today - timedelta(days=days)).isoformat()
    counted_from = (ORDERS.c.shipped_at, ORDERS.c.delivered_at, ORDERS.c.changed_at, ORDERS.c.ship_by)
    by_rule = and_(ORDERS.c.status == SHIPPED, or_(*(moment < long_ago for moment in counted_from)))
    by_status = _SEALED_ORDERS.where(or_(ORDERS.c.status == CANCELLED, by_rule))
    over = select(SEALED.c.order_id).where(SEALED.c.lease_day < today.isoformat())
    with book.reading() as connection:
        if connection.scalar(over.where(SEALED.c.store == book.store).limit(1)) is None:
            return _in_chunks(book, by_status)
    return _in_chunks(book, by_status, over)


def _in_chunks(book: StoreBook, *queries: Select[tuple[str]]) -> Iterator[list[KeptOrder]]:
    """The orders that any of the queries finds: put together in one condition, none could use its index.

    Their numbers are read for many chunks at once, because to find them means to sort all that there are.
    """
    after = ""
    while True:
        here = (query.where(SEALED.c.store == book.store, SEALED.c.order_id > after) for query in queries)
        found = union(*here).subquery()
        with book.reading() as connection:
            ids = list(connection.scalars(select(found.c.order_id).order_by(found.c.order_id).limit(_NUMBERS)))
        for start in range(0, len(ids), CHUNK):
            yield _kept(book, ids[start : start + CHUNK])
        if len(ids) < _NUMBERS:
            return
        after = ids[-1]


def kept_order(book: StoreBook, order_id: str) -> KeptOrder | None:
    """One of them."""
    return next(iter(_kept(book, [order_id])), None)


def _kept(book: StoreBook, order_ids: Sequence[str]) -> list[KeptOrder]:
    with book.reading() as connection:
        floor = floor_in(connection, book.store)
        return [
            KeptOrder(
                row.order_id,
                date.fromisoformat(row.lease_day),
                date.fromisoformat(row.own_lease_day) if row.own_lease_day else None,
                lifetime_of(row),
                floor,
            )
            for row in named_rows(execute_for(connection, KEPT_OF_ORDERS, book.store, order_ids))
        ]


def day_of_purge(book: StoreBook, today: date) -> date:
    """The day by which it is told what is due: what once was over stays so, whatever time somebody tells now."""
    with book.reading() as connection:
        return max(today, floor_in(connection, book.store) or today)


def destroy(book: StoreBook, orders: Mapping[str, Rule], records: Sequence[Purge], now: datetime) -> None:
    """Delete what is sealed of these orders, put up their tombstones, and write the record; all of it, or nothing."""
    with book.writing() as connection:
        connection.execute(delete(SEALED).where(SEALED.c.store == book.store, SEALED.c.order_id.in_(orders)))
        execute_many(
            connection,
            _INSERT_TOMBSTONE,
            [
                {"store": book.store, "order_id": order_id, "purged_at": to_iso(now), "rule": rule.value}
                for order_id, rule in orders.items()
            ],
        )
        for record in records:
            _record(connection, book.store, record)


def still_sealed(book: StoreBook, order_ids: Collection[str]) -> set[str]:
    """Of which of these orders something is sealed, whether it can still be opened or not."""
    query = select(SEALED.c.order_id).where(SEALED.c.store == book.store, SEALED.c.order_id.in_(order_ids))
    with book.reading() as connection:
        return set(connection.scalars(query))


def note_purge(book: StoreBook, record: Purge) -> None:
    """Write the record of a purge that was made elsewhere."""
    with book.writing() as connection:
        _record(connection, book.store, record)


def _record(connection: Connection, store: str, record: Purge) -> None:
    record_purge(
        connection,
        store,
        at=record.at,
        rule=record.rule.value,
        orders=record.orders,
        archived=record.archived,
        floor=record.floor,
        job=record.job,
    )


def let_go(book: StoreBook, order_ids: Collection[str], now: datetime) -> None:
    """Delete boxes of open orders that nobody can open any more, and have import-orders fetch these orders anew."""
    with book.writing() as connection:
        here = (SEALED.c.store == book.store, SEALED.c.order_id.in_(order_ids))
        connection.execute(delete(SEALED).where(*here))
        mine = (ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids))
        connection.execute(update(ORDERS).where(*mine).values(deliverable=False))
        rows = [
            {
                "store": book.store, "order_id": order_id, "problem": _LOST.value,
                "message": "its address cannot be opened any more", "seen_at": to_iso(now),
            }
            for order_id in order_ids
        ]  # fmt: skip
        execute_many(connection, _UPSERT_REFUSED, rows)


def empty_journal(database: Database) -> bool:
    """Fold the journal into the file and empty it, so that nothing that was deleted is left in it.

    False, at once: another program is reading or writing, and the journal is as it was.
    """
    with database.outside_transactions() as connection:
        return database.location.empty_journal(connection)


def forget_old_orders(book: StoreBook, before: datetime) -> int:
    """Delete all that is left of orders that are done with and were last changed before a time; tombstones stay.

    One that nobody shipped is done with when its ship-by date is that long ago too. What was never taken in goes when
    it was last tried before that time. Returns how many orders of the book there were.
    """
    with book.writing() as connection:
        for never_in in (REFUSED_ORDERS, PASSED_OVER):
            connection.execute(
                delete(never_in).where(never_in.c.store == book.store, never_in.c.seen_at < to_iso(before))
            )
    sealed = select(SEALED.c.order_id).where(
        SEALED.c.store == ORDERS.c.store, SEALED.c.order_id == ORDERS.c.order_id
    )  # fmt: skip
    old = (
        select(ORDERS.c.order_id)
        .where(ORDERS.c.store == book.store, ORDERS.c.changed_at < to_iso(before), ~sealed.exists())
        .where(
            or_(
                ORDERS.c.status.not_in(TO_SHIP),
                func.coalesce(ORDERS.c.ship_by, ORDERS.c.changed_at) < to_iso(before),
            )
        )
        .limit(CHUNK)
    )
    count = 0
    while True:
        with book.writing() as connection:
            ids = list(connection.scalars(old))
            connection.execute(delete(ORDERS).where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(ids)))
        count += len(ids)
        if len(ids) < CHUNK:
            return count


def tombstone_of(book: StoreBook, order_id: str) -> Tombstone | None:
    """Why and when an order's personal data was destroyed; None: it was not."""
    query = select(TOMBSTONES).where(TOMBSTONES.c.store == book.store, TOMBSTONES.c.order_id == order_id)
    with book.reading() as connection:
        row = connection.execute(query).one_or_none()
    return Tombstone(from_iso(row.purged_at), Rule(row.rule)) if row else None


def copies_at_sendcloud(book: StoreBook) -> dict[str, str | None]:
    """Purged orders of which Sendcloud has a copy, or may have one: Sendcloud's id by order id, None where unknown."""
    query = (
        select(DISPATCHES.c.order_id, DISPATCHES.c.sendcloud_id)
        .join(TOMBSTONES, (TOMBSTONES.c.store == DISPATCHES.c.store) & (TOMBSTONES.c.order_id == DISPATCHES.c.order_id))
        .where(DISPATCHES.c.store == book.store, may_be_there())
    )
    with book.reading() as connection:
        return {row.order_id: row.sendcloud_id for row in connection.execute(query)}


def with_copy_at_sendcloud(book: StoreBook, order_ids: Sequence[str]) -> frozenset[str]:
    """Those of these orders, purged or not, of which Sendcloud has a copy, or may have one."""
    found: set[str] = set()
    with book.reading() as connection:
        for start in range(0, len(order_ids), CHUNK):
            chunk = order_ids[start : start + CHUNK]
            query = select(DISPATCHES.c.order_id).where(
                DISPATCHES.c.store == book.store, DISPATCHES.c.order_id.in_(chunk), may_be_there()
            )
            found.update(connection.scalars(query))
    return frozenset(found)


def note_copy_gone(book: StoreBook, order_id: str, now: datetime) -> None:
    """Note that Sendcloud has no copy of a purged order any more."""
    here = (DISPATCHES.c.store == book.store, DISPATCHES.c.order_id == order_id)
    with book.writing() as connection:
        connection.execute(
            update(DISPATCHES)
            .where(*here)
            .values(state=DispatchState.RECALLED.value, sendcloud_id=None, payload_hash=None, settled_at=to_iso(now))
        )


def records_of(orders: Mapping[str, Rule], sales: Collection[str], **facts: object) -> list[Purge]:
    """One record for each rule; `sales` are the orders that were archived, `facts` the other fields of `Purge`."""
    counts, archived = Counter(orders.values()), Counter(orders[order_id] for order_id in sales)
    return [
        Purge(rule=rule, orders=count, archived=archived[rule], **facts)  # type: ignore[arg-type]
        for rule, count in counts.items()
    ]
