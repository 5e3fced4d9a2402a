"""Which orders leave the customs union, and what customs ask of their products."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, func, select, update

from amzlink.core.orders.holds import Hold
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.privacy.sealed_data import THE_ORDER
from amzlink.core.weights.customs import CustomsData, usable
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.schema import LISTINGS, ORDER_LINES, ORDERS, SEALED
from amzlink.orderbook.weights.holds_by_sku import hold_for_skus

_CHUNK: Final = 500
_NONE_COUNTED: Final[Mapping[str, int]] = {}
_NONE_KNOWN: Final[Mapping[str, CustomsData]] = {}


class MissingCustoms(msgspec.Struct, frozen=True):
    """Orders to ship that lack customs data: how many, and of each product, those that most lack first.

    `known` is what is known of such a product: its HS code, its country, or neither.
    """

    orders: int = 0
    by_sku: Mapping[str, int] = _NONE_COUNTED
    known: Mapping[str, CustomsData] = _NONE_KNOWN


NOTHING_MISSING: Final = MissingCustoms()


def orders_of_unknown_destination(book: StoreBook) -> list[str]:
    """Orders to ship whose address is sealed here, and of which nobody has looked whether it leaves the union."""
    sealed = select(SEALED.c.order_id).where(SEALED.c.store == book.store, SEALED.c.part == THE_ORDER)
    query = select(ORDERS.c.order_id).where(
        ORDERS.c.store == book.store,
        ORDERS.c.status.in_(TO_SHIP),
        ORDERS.c.leaves_customs_union.is_(None),
        ORDERS.c.order_id.in_(sealed),
    )
    with book.reading() as connection:
        return list(connection.scalars(query.order_by(ORDERS.c.order_id)))


def note_destinations(book: StoreBook, leaving: Mapping[str, bool]) -> None:
    """Write down which orders leave the customs union, and which do not."""
    with book.writing() as connection:
        for leaves in (True, False):
            ids = sorted(order_id for order_id, found in leaving.items() if found is leaves)
            for start in range(0, len(ids), _CHUNK):
                here = ORDERS.c.order_id.in_(ids[start : start + _CHUNK])
                connection.execute(
                    update(ORDERS).where(ORDERS.c.store == book.store, here).values(leaves_customs_union=leaves)
                )


def orders_abroad_by_sku(book: StoreBook) -> dict[str, int]:
    """How many orders to ship leave the customs union with each SKU."""
    query = _lines_abroad(book.store, ORDER_LINES.c.sku, func.count(func.distinct(ORDER_LINES.c.order_id)).label("n"))
    query = query.where(ORDER_LINES.c.sku.is_not(None)).group_by(ORDER_LINES.c.sku)
    with book.reading() as connection:
        return {row.sku: row.n for row in connection.execute(query)}


def customs_of(book: StoreBook, skus: Collection[str]) -> dict[str, CustomsData]:
    """What can travel of the customs data of these products; one of which nothing is known is left out."""
    found: dict[str, CustomsData] = {}
    wanted = sorted(set(skus))
    with book.reading() as connection:
        for start in range(0, len(wanted), _CHUNK):
            query = select(LISTINGS.c.sku, LISTINGS.c.hs_code, LISTINGS.c.country_of_origin).where(
                LISTINGS.c.store == book.store, LISTINGS.c.sku.in_(wanted[start : start + _CHUNK])
            )
            for row in connection.execute(query):
                if row.hs_code or row.country_of_origin:
                    found[row.sku] = usable(CustomsData(row.hs_code, row.country_of_origin))
    return found


def hold_missing_customs(book: StoreBook, now: datetime) -> MissingCustoms:
    """Note the orders to ship that lack a product's customs data, and forget those that have all by now.

    The cause names the SKUs, so a hold that a person lifted stays lifted until others are missing. Whether it keeps an
    order back is the store's setting.
    """
    with book.reading() as connection:
        lines = connection.execute(_lines_abroad(book.store, ORDER_LINES.c.order_id, ORDER_LINES.c.sku)).all()
    known = customs_of(book, {row.sku for row in lines if row.sku})
    missing: dict[str, set[str]] = {}
    for row in lines:
        data = known.get(row.sku)
        if not (data and data.hs_code and data.country_of_origin):
            missing.setdefault(row.order_id, set()).add(row.sku or "")
    with book.writing() as connection:
        hold_for_skus(connection, book.store, Hold.MISSING_CUSTOMS, missing, now)
    return _counted(missing, known)


def _counted(missing: Mapping[str, Collection[str]], known: Mapping[str, CustomsData]) -> MissingCustoms:
    counts: dict[str, int] = {}
    for skus in missing.values():
        for sku in skus:
            if sku:
                counts[sku] = counts.get(sku, 0) + 1
    by_sku = dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
    return MissingCustoms(len(missing), by_sku, {sku: known[sku] for sku in by_sku if sku in known})


def _lines_abroad(store: str, *columns: Any) -> Select[Any]:
    """Of the lines of which something is to ship, of orders that leave the customs union."""
    of_order = (ORDERS.c.store == ORDER_LINES.c.store) & (ORDERS.c.order_id == ORDER_LINES.c.order_id)
    return (
        select(*columns)
        .join(ORDERS, of_order)
        .where(
            ORDER_LINES.c.store == store,
            ORDERS.c.status.in_(TO_SHIP),
            ORDERS.c.leaves_customs_union.is_(True),
            ORDER_LINES.c.quantity_unshipped > 0,
        )
    )
