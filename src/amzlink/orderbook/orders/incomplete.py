"""Orders that came incomplete: which they are, and whether that looks like a missing role."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, func, select

from amzlink.clock import to_iso
from amzlink.core.orders.holds import FROM_FILE, INCOMPLETE, Hold
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.orders.reading_plan import Moment, Slice
from amzlink.core.orders.role_missing import Batch, withholds_addresses
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.dialects import unix_time
from amzlink.orderbook.orders.browse import any_deliverable
from amzlink.orderbook.orders.fulfilment import is_taken_over
from amzlink.orderbook.schema import HOLDS, ORDERS, REFUSED_ORDERS, TOMBSTONES
from amzlink.problems import ProblemName

_HOLDS: Final = sorted(hold.value for hold in INCOMPLETE - {Hold.NOT_READ_YET})
_NOT_READ: Final = and_(
    HOLDS.c.store == ORDERS.c.store, HOLDS.c.order_id == ORDERS.c.order_id, HOLDS.c.hold == Hold.NOT_READ_YET.value
)
_NEVER: Final = "2100-01-01T00:00:00Z"
_YOUNG: Final = timedelta(hours=2)
_PAUSE: Final = timedelta(minutes=15)
_LONG_PAUSE: Final = timedelta(hours=6)
_UNSURE_PAUSE: Final = timedelta(hours=1)
_SURE: Final = ProblemName.ORDER_NOT_FOUND.value
"""The one refusal that is Amazon's own and of this order: a 404 with Amazon's code for it. Others may pass for all."""
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


def orders_taken_over(book: StoreBook) -> list[str]:
    """Orders to ship that Amazon ships by itself since they were imported; its searches for ours leave them out."""
    query = select(ORDERS.c.order_id).where(_wanted(book.store), is_taken_over())
    with book.reading() as connection:
        return list(connection.scalars(query.order_by(ORDERS.c.order_id)))


def any_to_ship(book: StoreBook) -> bool:
    """Whether the book knows of an order that is to ship."""
    query = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP)).limit(1)
    with book.reading() as connection:
        return connection.scalar(query) is not None


def orders_not_read(
    book: StoreBook,
    limit: int,
    *,
    but: Collection[str] = (),
    outside: Sequence[Slice] = (),
    due_at: datetime | None = None,
) -> list[str]:
    """Orders to ship that are known from a report alone, the most urgent first, but for some.

    Those that were placed in slices which they are to lie `outside` of are left out; and with `due_at` those that
    Amazon refused a while before, each for longer the longer it is known.
    """
    query = (
        select(ORDERS.c.order_id)
        .select_from(ORDERS.join(HOLDS, _NOT_READ))
        .where(
            _wanted(book.store),
            ORDERS.c.order_id.not_in(but),
            *(~_in_slice(each) for each in outside),
            *([~_just_refused(due_at).exists()] if due_at else ()),
        )
        .order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
        .limit(limit)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def unread_moments(book: StoreBook, marketplace_ids: Collection[str], limit: int) -> list[Moment]:
    """The seconds in which orders to ship were placed, the earliest first, and how many of them are not read."""
    unread = HOLDS.c.order_id.is_not(None)
    due = func.coalesce(ORDERS.c.ship_by, _NEVER)
    query = (
        select(
            unix_time(ORDERS.c.purchased_at),
            func.count(),
            func.sum(case((unread, 1), else_=0)),
            func.sum(case((unread, unix_time(due)), else_=0)),
        )
        .select_from(ORDERS.outerjoin(HOLDS, _NOT_READ))
        .where(
            ORDERS.c.store == book.store,
            ORDERS.c.status.in_(TO_SHIP),
            ORDERS.c.marketplace_id.in_(marketplace_ids),
        )
        .group_by(ORDERS.c.purchased_at)
        .order_by(ORDERS.c.purchased_at)
        .limit(limit)
    )
    with book.reading() as connection:
        return [Moment(*row) for row in connection.execute(query)]


def unread_in(book: StoreBook, span: Slice) -> dict[str, int]:
    """How many orders of a slice are not read, by marketplace."""
    query = (
        select(ORDERS.c.marketplace_id, func.count())
        .select_from(ORDERS.join(HOLDS, _NOT_READ))
        .where(
            _wanted(book.store),
            _in_slice(span),
            ORDERS.c.marketplace_id.is_not(None),
        )
        .group_by(ORDERS.c.marketplace_id)
    )
    with book.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


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


def _just_refused(now: datetime) -> Select[tuple[str]]:
    """Orders that Amazon refused so shortly ago that it is not asked again yet.

    A 403 or 400 may come from a gateway, or be of a role that is soon back: after one an order waits no longer than an
    hour.
    """
    is_young = ORDERS.c.imported_at > to_iso(now - _YOUNG)
    not_yet = case(
        (is_young, REFUSED_ORDERS.c.seen_at > to_iso(now - _PAUSE)),
        (REFUSED_ORDERS.c.problem == _SURE, REFUSED_ORDERS.c.seen_at > to_iso(now - _LONG_PAUSE)),
        else_=REFUSED_ORDERS.c.seen_at > to_iso(now - _UNSURE_PAUSE),
    )
    return select(REFUSED_ORDERS.c.order_id).where(
        REFUSED_ORDERS.c.store == ORDERS.c.store, REFUSED_ORDERS.c.order_id == ORDERS.c.order_id, not_yet
    )


def _in_slice(span: Slice) -> ColumnElement[bool]:
    is_in = ORDERS.c.purchased_at.between(_iso(span.start), _iso(span.end))
    return and_(is_in, ORDERS.c.marketplace_id.in_(span.marketplace_ids)) if span.marketplace_ids else is_in


def _iso(seconds: int) -> str:
    return to_iso(datetime.fromtimestamp(seconds, UTC))


def _wanted(store: str) -> ColumnElement[bool]:
    """Orders to ship of which nothing was purged: what was purged is not asked for again."""
    purged = select(TOMBSTONES.c.order_id).where(
        TOMBSTONES.c.store == ORDERS.c.store, TOMBSTONES.c.order_id == ORDERS.c.order_id
    )
    return and_(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ~purged.exists())
