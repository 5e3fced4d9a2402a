"""How lists of orders look, to a program and to a person."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, moment
from amzlink.cli.views.words import local_time
from amzlink.core.orders.order import Order
from amzlink.jobs.orders.browse import confirmed
from amzlink.orderbook.orders.browse import BookedOrder


class OrderHead(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is, and when it is to be shipped."""

    order_id: str
    marketplace_id: str | None
    status: str
    purchased_at: datetime | None
    changed_at: datetime | None
    ship_by: datetime | None
    service_level: str | None


class ListedOrder(OrderHead, frozen=True, kw_only=True):
    """An order without what is personal."""

    programs: tuple[str, ...]
    holds: tuple[str, ...]
    lines: int
    units: int
    weight_grams: int | None
    sent: str
    confirmed: str
    personal_data_until: date | None


class ListDocument(Document, frozen=True, kw_only=True):
    """`orders list --json`."""

    store: str
    orders: list[ListedOrder]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order."""

    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity: int
    quantity_unshipped: int
    unit_price: str | None
    currency: str | None
    weight_grams: int | None


def head_of(order: Order) -> OrderHead:
    """What an order is, as it is shown to a program."""
    return OrderHead(
        order_id=order.order_id,
        marketplace_id=order.marketplace_id,
        status=order.status,
        purchased_at=moment(order.purchased_at),
        changed_at=moment(order.changed_at),
        ship_by=moment(order.ship_by),
        service_level=order.service_level,
    )


def lines_of(order: BookedOrder) -> list[OrderLine]:
    """Its lines, as they are shown to a program."""
    return [
        OrderLine(
            order_item_id=line.order_item_id,
            sku=line.sku,
            asin=line.asin,
            title=line.title,
            quantity=line.quantity,
            quantity_unshipped=line.quantity_unshipped,
            unit_price=line.unit_price,
            currency=line.currency,
            weight_grams=order.weights.get(line.order_item_id),
        )
        for line in order.order.lines
    ]


def listed_order(order: BookedOrder, holds: tuple[str, ...]) -> ListedOrder:
    """An order as the list shows it to a program."""
    return ListedOrder(
        **msgspec.structs.asdict(head_of(order.order)),
        programs=order.order.programs,
        holds=holds,
        lines=len(order.order.lines),
        units=order.order.units,
        weight_grams=order.weight_grams,
        sent=order.outcome.sent,
        confirmed=confirmed(order),
        personal_data_until=order.kept_until,
    )


def show_list(
    console: Console, slug: str, orders: Iterable[tuple[BookedOrder, tuple[str, ...]]], now: datetime
) -> None:
    """The table of orders, or the document. Times are told as seen from `now`."""
    console.result(
        lambda: ListDocument(store=slug, orders=[listed_order(order, holds) for order, holds in orders]),
        lambda: _print_list(console, orders, now),
    )


def _print_list(console: Console, orders: Iterable[tuple[BookedOrder, tuple[str, ...]]], now: datetime) -> None:
    rows = [
        (
            order.order_id,
            order.order.status,
            local_time(order.order.ship_by, now),
            str(order.order.units),
            order.order.service_level or "",
            " ".join(holds),
        )
        for order, holds in orders
    ]
    if not rows:
        console.say(f"No orders. `amzlink import-orders{console.store_option}` fetches them.")
        return
    columns = ("ORDER", "STATUS", "SHIP BY", "UNITS", "SERVICE", "ON HOLD FOR")
    console.table(columns, rows, keys=("ORDER",), right=("UNITS",))
