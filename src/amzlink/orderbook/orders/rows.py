"""Orders with their lines and packages, as their rows say."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from amzlink.clock import from_iso
from amzlink.core.orders.order import (
    NO_MONEY,
    NOTHING_PERSONAL,
    LineMoney,
    Money,
    Order,
    OrderId,
    OrderLine,
    Package,
    PackageItem,
    Part,
    PersonalData,
)
from amzlink.orderbook.database import OF_STORE, StoreBook, execute_for, is_among, named_rows
from amzlink.orderbook.schema import ORDER_LINES, ORDERS, PACKAGES

Weights = Mapping[str, int]
"""What a piece of each line weighs in grams, by order item id; a line whose weight is not known has no entry."""

_MERCHANT: Final = "MERCHANT"  # orders that somebody else ships are not taken in
_NOTHING_KNOWN: Final[Mapping[str, PersonalData]] = {}
_ORDERS: Final = (
    select(ORDERS).where(ORDERS.c.store == OF_STORE, is_among(ORDERS.c.order_id)).order_by(ORDERS.c.order_id)
)
_LINES: Final = (
    select(ORDER_LINES)
    .where(ORDER_LINES.c.store == OF_STORE, is_among(ORDER_LINES.c.order_id))
    .order_by(ORDER_LINES.c.order_id, ORDER_LINES.c.position)
)
_PACKAGES: Final = (
    select(PACKAGES)
    .where(PACKAGES.c.store == OF_STORE, is_among(PACKAGES.c.order_id))
    .order_by(PACKAGES.c.order_id, PACKAGES.c.shipped_at.nulls_first(), PACKAGES.c.reference)
)
_decode_parts: Final = msgspec.json.Decoder(tuple[Part, ...]).decode
_decode_money: Final = msgspec.json.Decoder(LineMoney).decode
_decode_items: Final = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode


def orders_of(
    book: StoreBook, order_ids: Collection[str], personal: Mapping[str, PersonalData] = _NOTHING_KNOWN
) -> list[Order]:
    """These orders, by order id; those that the book does not have are left out.

    What is personal lies sealed elsewhere: `personal` is put into them.
    """
    return [order for order, _ in weighed_orders_of(book, order_ids, personal)]


def weighed_orders_of(
    book: StoreBook, order_ids: Collection[str], personal: Mapping[str, PersonalData] = _NOTHING_KNOWN
) -> list[tuple[Order, Weights]]:
    """The same, each with the weights of its lines."""
    with book.reading() as connection:
        rows = named_rows(execute_for(connection, _ORDERS, book.store, order_ids))
        return to_weighed_orders(connection, book.store, rows, personal)


def to_weighed_orders(
    connection: Connection,
    store: str,
    rows: Sequence[Any],
    personal: Mapping[str, PersonalData] = _NOTHING_KNOWN,
) -> list[tuple[Order, Weights]]:
    """The orders of these rows of `ORDERS`, with what other tables have of them."""
    ids = [row.order_id for row in rows]
    lines, weights, money = _lines(connection, store, ids)
    packages = _packages(connection, store, ids)
    return [
        (
            Order(
                order_id=OrderId(row.order_id),
                marketplace_id=row.marketplace_id,
                status=row.status,
                fulfilled_by=_MERCHANT,
                purchased_at=from_iso(row.purchased_at),
                changed_at=from_iso(row.changed_at),
                ship_by=from_iso(row.ship_by) if row.ship_by else None,
                deliver_by=from_iso(row.deliver_by) if row.deliver_by else None,
                label_from=None,  # what followed from it is a hold
                service_level=row.service_level,
                programs=tuple(row.programs.split()),
                replaces=row.replaces,
                total=row.total,
                currency=row.currency,
                lines=tuple(lines.get(row.order_id, ())),
                packages=tuple(packages.get(row.order_id, ())),
                personal=personal.get(row.order_id, NOTHING_PERSONAL),
                money=_money(row, money.get(row.order_id, {})),
            ),
            weights.get(row.order_id, {}),
        )
        for row in rows
    ]


def _money(row: Any, lines: dict[str, LineMoney]) -> Money:
    parts = _decode_parts(row.price_parts) if row.price_parts else ()
    return Money(parts=parts, lines=lines) if parts or lines else NO_MONEY


def _lines(
    connection: Connection, store: str, order_ids: Collection[str]
) -> tuple[dict[str, list[OrderLine]], dict[str, dict[str, int]], dict[str, dict[str, LineMoney]]]:
    """Each order's lines, in Amazon's sequence, their weights, and what their prices consist of."""
    found: dict[str, list[OrderLine]] = {}
    money: dict[str, dict[str, LineMoney]] = {}
    weights: dict[str, dict[str, int]] = {}
    for row in named_rows(execute_for(connection, _LINES, store, order_ids)):
        line = OrderLine(
            order_item_id=row.order_item_id,
            sku=row.sku,
            asin=row.asin,
            title=row.title,
            quantity=row.quantity,
            quantity_unshipped=row.quantity_unshipped,
            unit_price=row.unit_price,
            currency=row.currency,
            programs=tuple(row.programs.split()),
            ioss_number=row.ioss_number,
            cancellation_requested=False,  # what followed from it is a hold
            demands=tuple((row.demands or "").split()),
            gift_wrap=row.wrap_level,
            customised=bool(row.customised),
        )
        found.setdefault(row.order_id, []).append(line)
        if row.weight_grams is not None:
            weights.setdefault(row.order_id, {})[row.order_item_id] = row.weight_grams
        if row.money is not None:
            money.setdefault(row.order_id, {})[row.order_item_id] = _decode_money(row.money)
    return found, weights, money


def _packages(connection: Connection, store: str, order_ids: Collection[str]) -> dict[str, list[Package]]:
    """Each order's, the first that was handed over first."""
    found: dict[str, list[Package]] = {}
    for row in named_rows(execute_for(connection, _PACKAGES, store, order_ids)):
        package = Package(
            reference=row.reference,
            status=row.status,
            detailed_status=row.detailed_status,
            carrier=row.carrier,
            service=row.service,
            shipped_at=from_iso(row.shipped_at) if row.shipped_at else None,
            items=tuple(PackageItem(item, quantity) for item, quantity in _decode_items(row.items)),
        )
        found.setdefault(row.order_id, []).append(package)
    return found
