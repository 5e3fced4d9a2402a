"""Orders that came incomplete: which they are, and whether that looks like a missing role."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, select

from amzlink.core.orders.holds import FROM_FILE, INCOMPLETE, Hold
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.orders.role_missing import Batch, withholds_addresses
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import any_deliverable
from amzlink.orderbook.schema import HOLDS, ORDERS, TOMBSTONES

_HOLDS: Final = sorted(hold.value for hold in INCOMPLETE - {Hold.NOT_READ_YET})
_IS_FROM_FILE: Final = and_(HOLDS.c.hold == Hold.NO_ADDRESS.value, HOLDS.c.cause == FROM_FILE)


class IncompleteOrder(msgspec.Struct, frozen=True):
    """An order to ship, and what it lacks by the names of the holds, whether or not those were lifted."""

    order_id: str
    lacks: tuple[str, ...]


def incomplete_orders(book: StoreBook) -> list[IncompleteOrder]:
    """Those that came incomplete, to be asked for again, the most urgent first; not those that were never read."""
    lacking = and_(
        HOLDS.c.store == ORDERS.c.store,
        HOLDS.c.order_id == ORDERS.c.order_id,
        HOLDS.c.hold.in_(_HOLDS),
        ~_IS_FROM_FILE,
    )
    query = (
        select(ORDERS.c.order_id, HOLDS.c.hold)
        .select_from(ORDERS.join(HOLDS, lacking))
        .where(_wanted(book.store))
        .order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id, HOLDS.c.hold)
    )
    found: dict[str, list[str]] = {}
    with book.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.order_id, []).append(row.hold)
    return [IncompleteOrder(order_id, tuple(lacks)) for order_id, lacks in found.items()]


def orders_not_read(book: StoreBook, limit: int, *, but: Collection[str] = ()) -> list[str]:
    """Orders to ship that are known from a report alone, the most urgent first, but for some."""
    lacking = and_(
        HOLDS.c.store == ORDERS.c.store, HOLDS.c.order_id == ORDERS.c.order_id, HOLDS.c.hold == Hold.NOT_READ_YET.value
    )
    query = (
        select(ORDERS.c.order_id)
        .select_from(ORDERS.join(HOLDS, lacking))
        .where(_wanted(book.store), ORDERS.c.order_id.not_in(but))
        .order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
        .limit(limit)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def orders_without_address(book: StoreBook) -> int:
    """How many orders to ship have no address, where that is because Amazon withholds addresses; else none.

    An address that a person gave shows that Amazon withholds it.
    """
    given = select(HOLDS.c.order_id).where(
        HOLDS.c.store == ORDERS.c.store, HOLDS.c.order_id == ORDERS.c.order_id, _IS_FROM_FILE
    )
    without = func.sum(case((ORDERS.c.deliverable, 0), else_=1))
    any_without = select(ORDERS.c.order_id).where(_wanted(book.store), ORDERS.c.deliverable.is_(False)).limit(1)
    withheld = func.sum(case((and_(ORDERS.c.deliverable, ~given.exists()), 0), else_=1))
    query = (
        select(func.count().label("orders"), without.label("without"), withheld.label("withheld"))
        .where(_wanted(book.store))
        .group_by(ORDERS.c.imported_at)
        .order_by(ORDERS.c.imported_at.is_(None), ORDERS.c.imported_at.desc())
    )
    with book.reading() as connection:
        if connection.scalar(any_without) is None:
            return 0
        rows = connection.execute(query).all()
    count = sum(int(row.without) for row in rows)
    batches = [Batch(row.orders, row.withheld) for row in rows]
    if count and withholds_addresses(batches, ever_came=any_deliverable(book)):
        return count
    return 0


def _wanted(store: str) -> ColumnElement[bool]:
    """Orders to ship of which nothing was purged: what was purged is not asked for again."""
    purged = select(TOMBSTONES.c.order_id).where(
        TOMBSTONES.c.store == ORDERS.c.store, TOMBSTONES.c.order_id == ORDERS.c.order_id
    )
    return and_(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ~purged.exists())
