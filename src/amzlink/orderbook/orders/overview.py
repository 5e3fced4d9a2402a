"""A store's orders in numbers."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select

from amzlink.core.orders.holds import HoldPolicy, counting
from amzlink.core.orders.order import TO_SHIP
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import Filter, iterate_orders
from amzlink.orderbook.schema import ORDERS, REFUSED_ORDERS


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders have still to be shipped, by when, and what keeps them back."""

    to_ship: int
    due: int
    overdue: int
    held: int
    refused: int
    by_status: dict[str, int]


def count_orders(book: StoreBook) -> int:
    """How many orders the book has."""
    with book.reading() as connection:
        query = select(func.count()).select_from(ORDERS).where(ORDERS.c.store == book.store)
        return connection.execute(query).scalar_one()


def overview(book: StoreBook, policy: HoldPolicy, now: datetime, day_ends: datetime) -> Overview:
    """Count the orders; `due` are those to be shipped between now and the end of the day."""
    by_status = (
        select(ORDERS.c.status, func.count().label("orders"))
        .where(ORDERS.c.store == book.store)
        .group_by(ORDERS.c.status)
    )
    refused = select(func.count()).where(REFUSED_ORDERS.c.store == book.store)
    with book.reading() as connection:
        counts: dict[str, int] = {row.status: row.orders for row in connection.execute(by_status)}
        refused_count = int(connection.scalar(refused) or 0)
    due = overdue = held = to_ship = 0
    for status in sorted(TO_SHIP):
        for order in iterate_orders(book, Filter(status)):
            to_ship += 1
            ship_by = order.order.ship_by
            held += bool(counting(order.held_for, policy, now))
            overdue += bool(ship_by and ship_by < now)
            due += bool(ship_by and now <= ship_by < day_ends)
    return Overview(to_ship=to_ship, due=due, overdue=overdue, held=held, refused=refused_count, by_status=counts)
