"""Looking up order numbers: those with a beginning, those of a list, and in which store one is."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Table, select, union

from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.schema import ORDERS, PASSED_OVER, REFUSED_ORDERS

_TABLES: Final = (ORDERS, PASSED_OVER, REFUSED_ORDERS)
_AFTER_ALL: Final = "~"  # sorts after every character of an order number


def numbers_beginning(book: StoreBook, beginning: str, limit: int) -> list[str]:
    """The order numbers of the book, imported or not, that begin like this; the first of them, in their sequence."""

    def of(table: Table) -> "list[str]":
        number = table.c.order_id
        query = select(number).where(table.c.store == book.store, number.between(beginning, beginning + _AFTER_ALL))
        return list(connection.scalars(query.order_by(number).limit(limit)))

    with book.reading() as connection:
        return sorted({number for table in _TABLES for number in of(table)})[:limit]


def known_numbers(book: StoreBook, order_ids: Collection[str]) -> list[str]:
    """Those of these order numbers that the book knows, imported or not, in their sequence."""
    query = union(
        *(
            select(table.c.order_id).where(table.c.store == book.store, table.c.order_id.in_(order_ids))
            for table in _TABLES
        )
    )
    with book.reading() as connection:
        return sorted(connection.scalars(query))


def store_with(book: StoreBook, order_id: str, stores: Sequence[str]) -> str | None:
    """Which of these other stores has the order; None: none of them."""
    query = select(ORDERS.c.store).where(ORDERS.c.store.in_(stores), ORDERS.c.order_id == order_id)
    with book.reading() as connection:
        return connection.scalar(query.order_by(ORDERS.c.store).limit(1))
