"""The weights on the lines of orders: which are wanted, which are there, and which orders lack one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select, update

from amzlink.core.orders.holds import Hold
from amzlink.core.orders.order import TO_SHIP
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.schema import DISPATCHES, HOLDS, LISTINGS, ORDER_LINES, ORDERS
from amzlink.orderbook.weights.holds_by_sku import hold_for_skus, rows_of

_ORDER_OF_LINE: Final = (ORDERS.c.store == ORDER_LINES.c.store) & (ORDERS.c.order_id == ORDER_LINES.c.order_id)


def open_orders_by_sku(book: StoreBook) -> dict[str, int]:
    """How many orders wait for each SKU, of those of which something is left to ship."""
    query = (
        _lines(book.store, ORDER_LINES.c.sku, func.count(func.distinct(ORDER_LINES.c.order_id)).label("orders"))
        .where(ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.quantity_unshipped > 0)
        .group_by(ORDER_LINES.c.sku)
    )
    with book.reading() as connection:
        return {row.sku: row.orders for row in connection.execute(query)}


def skus_to_ship(book: StoreBook) -> list[str]:
    """The SKUs on the orders to ship."""
    query = _lines(book.store, ORDER_LINES.c.sku).distinct().where(ORDERS.c.status.in_(TO_SHIP))
    with book.reading() as connection:
        return list(connection.scalars(query.order_by(ORDER_LINES.c.sku)))


def skus_never_looked_up(book: StoreBook) -> list[str]:
    """The SKUs on orders in whatever state of which neither the merchant nor Amazon was ever asked the weight."""
    known = select(LISTINGS.c.sku).where(
        LISTINGS.c.store == book.store, or_(LISTINGS.c.looked_at.is_not(None), LISTINGS.c.local_grams.is_not(None))
    )
    query = _lines(book.store, ORDER_LINES.c.sku).distinct().where(ORDER_LINES.c.weight_grams.is_(None))
    with book.reading() as connection:
        return list(connection.scalars(query.where(ORDER_LINES.c.sku.not_in(known)).order_by(ORDER_LINES.c.sku)))


def asins_of_lines(book: StoreBook, skus: list[str]) -> dict[str, str]:
    """The products' ASINs, as orders tell them; those that none tells are left out."""
    query = select(ORDER_LINES.c.sku, func.max(ORDER_LINES.c.asin).label("asin")).where(
        ORDER_LINES.c.store == book.store, ORDER_LINES.c.sku.in_(skus), ORDER_LINES.c.asin.is_not(None)
    )
    with book.reading() as connection:
        return {row.sku: row.asin for row in connection.execute(query.group_by(ORDER_LINES.c.sku))}


def weights_on_lines(book: StoreBook) -> dict[str, set[int | None]]:
    """What stands on the lines of orders, by SKU: on those of orders to ship whatever it is, on others a gap only."""
    query = (
        _lines(book.store, ORDER_LINES.c.sku, ORDER_LINES.c.weight_grams)
        .distinct()
        .where(or_(ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.weight_grams.is_(None)))
    )
    found: dict[str, set[int | None]] = {}
    with book.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.sku, set()).add(row.weight_grams)
    return found


def weigh_lines(book: StoreBook, grams: Mapping[str, int | None]) -> None:
    """Give lines their weight, by SKU; an order to ship whose weight changes is considered for sending once more.

    What an order that is no longer to be shipped was sent with stays as it is; only gaps are filled there.
    """
    to_ship = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP))
    with book.writing() as connection:
        for sku, weight in grams.items():
            here = (
                ORDER_LINES.c.store == book.store,
                ORDER_LINES.c.sku == sku,
                ORDER_LINES.c.weight_grams.is_distinct_from(weight),
                or_(ORDER_LINES.c.weight_grams.is_(None), ORDER_LINES.c.order_id.in_(to_ship)),
            )
            changing = select(ORDER_LINES.c.order_id).where(*here)
            connection.execute(
                update(DISPATCHES)
                .where(DISPATCHES.c.store == book.store, DISPATCHES.c.order_id.in_(changing))
                .values(considered=None)
            )
            connection.execute(update(ORDER_LINES).where(*here).values(weight_grams=weight))


def hold_missing_weights(book: StoreBook, now: datetime) -> int:
    """Note the orders to ship that lack the weight of a product, and forget those that have all by now.

    The cause names the SKUs, so a hold that a person lifted stays lifted until others are missing. Whether it keeps an
    order back is the store's setting. Gives how many orders lack a weight.
    """
    lines = select(ORDER_LINES.c.order_id, ORDER_LINES.c.sku).join(ORDERS, _ORDER_OF_LINE)
    lines = lines.where(
        ORDERS.c.store == book.store, ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.weight_grams.is_(None),
        ORDER_LINES.c.quantity_unshipped > 0,
    )  # fmt: skip
    with book.writing() as connection:
        missing: dict[str, set[str]] = {}
        for row in connection.execute(lines):
            missing.setdefault(row.order_id, set()).add(row.sku or "")
        hold_for_skus(connection, book.store, Hold.MISSING_WEIGHT, missing, now)
    return len(missing)


def forget_missing_weights(book: StoreBook) -> None:
    """Lift the store's holds for missing weights: no weights are imported any more."""
    with book.writing() as connection:
        connection.execute(delete(HOLDS).where(*rows_of(book.store, Hold.MISSING_WEIGHT)))


def _lines(store: str, *columns: Any) -> Select[Any]:
    """Of the lines that have a SKU, with their orders."""
    return (
        select(*columns)
        .join(ORDERS, _ORDER_OF_LINE)
        .where(ORDER_LINES.c.store == store, ORDER_LINES.c.sku.is_not(None))
    )
