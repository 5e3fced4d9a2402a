"""How orders look, to a program and to a person."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.views.privacy import WHY_PURGED
from amzlink.core.orders.order import Buyer, PersonalData, Recipient
from amzlink.core.privacy.retention import Rule
from amzlink.jobs.orders.browse import OrderDetail, order_document
from amzlink.orderbook.orders.browse import BookedOrder

_TELLERS: Final = {"amazon": "Amazon", "sendcloud": "Sendcloud"}
_SENT: Final = {"yes": "it is there", "refused": "not taken; `amzlink status` says why"}


def show_list(console: Console, slug: str, orders: Iterable[tuple[BookedOrder, tuple[str, ...]]]) -> None:
    """The table of orders, or the document."""
    if console.as_json:
        console.result({"store": slug, "orders": [order_document(order, holds) for order, holds in orders]})
        return
    rows = [
        (
            order.order_id,
            order.status,
            short_time(order.ship_by),
            str(order.units),
            order.service_level or "",
            " ".join(holds),
        )
        for order, holds in orders
    ]
    if not rows:
        console.say("No orders. `amzlink import-orders` fetches them.")
        return
    console.table(("ORDER", "STATUS", "SHIP BY (UTC)", "UNITS", "SERVICE", "HELD FOR"), rows, right=("UNITS",))


def show_detail(console: Console, slug: str, detail: OrderDetail, *, with_pii: bool) -> None:
    """One order, or its document."""
    document = {"store": slug, **order_document(detail.order, detail.holds)}
    document["order_lines"] = [
        {
            name: getattr(line, name)
            for name in (
                "order_item_id", "sku", "asin", "title", "quantity", "quantity_unshipped", "unit_price", "currency",
                "weight_grams",
            )
        }
        for line in detail.lines
    ]  # fmt: skip
    tracking = detail.personal.tracking_numbers if detail.personal else {}
    document["packages"] = [
        {
            **msgspec.to_builtins(package),
            "items": [{"order_item_id": item, "quantity": quantity} for item, quantity in package.items],
            **({"tracking_number": tracking.get(package.reference)} if with_pii else {}),
        }
        for package in detail.packages
    ]
    if with_pii:
        document |= _personal_document(detail.personal)
    console.result(document, lambda: _print(console, detail, with_pii=with_pii))


def short_time(text: str | None) -> str:
    """An ISO time as people read it, to the minute."""
    return text[:16].replace("T", " ") if text else ""


def address_lines(recipient: Recipient) -> list[str]:
    """An address as it would stand on a parcel."""
    town = " ".join(part for part in (recipient.postal_code, recipient.city) if part)
    parts = (
        recipient.name, recipient.company_name, recipient.address_line_1, recipient.address_line_2,
        recipient.address_line_3, town, recipient.state_or_region, recipient.country_code,
    )  # fmt: skip
    return [part for part in parts if part]


def _personal_document(personal: PersonalData | None) -> dict[str, Any]:
    if personal is None:
        return {"buyer": None, "recipient": None, "gift_messages": {}}
    return {
        "buyer": _fields(personal.buyer),
        "recipient": _fields(personal.recipient),
        "gift_messages": personal.gift_messages,
    }


def _fields(value: Buyer | Recipient) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _print(console: Console, detail: OrderDetail, *, with_pii: bool) -> None:
    order = detail.order
    console.line(f"{order.order_id}  {order.status}  {order.service_level or ''}".rstrip())
    console.line(f"Bought {short_time(order.purchased_at)}, changed {short_time(order.changed_at)} (UTC)")
    if order.ship_by:
        console.line(f"To be shipped by {short_time(order.ship_by)} (UTC)")
    if order.programs:
        console.line(f"Programs: {', '.join(order.programs)}")
    if order.replaces:
        console.line(f"Replaces order {order.replaces}")
    if detail.holds:
        console.line(f"Held for: {', '.join(detail.holds)}; `amzlink orders release {order.order_id}` lifts it")
    if order.outcome.sent != "no":
        console.line(f"Sendcloud: {_SENT[order.outcome.sent]}")
    console.line()
    console.table(
        ("SKU", "TITLE", "QUANTITY", "TO SHIP", "PRICE"),
        [
            (
                line.sku or "",
                line.title or "",
                str(line.quantity),
                str(line.quantity_unshipped),
                f"{line.unit_price or ''} {line.currency or ''}".strip(),
            )
            for line in detail.lines
        ],
        right=("QUANTITY", "TO SHIP", "PRICE"),
    )
    for package in detail.packages:
        carrier = " ".join(part for part in (package.carrier, package.service) if part)
        console.line(f"Package {package.reference}: {carrier or 'carrier unknown'}, {package.status or 'no status'}")
    _print_personal(console, detail, with_pii=with_pii)


def _how_long(detail: OrderDetail) -> str:
    """Until when personal data is kept, and by which rule."""
    until, stay = detail.order.kept_until, detail.stay
    if stay is None or until is None:
        return "Personal data: due, the next purge destroys it (sealed until then)"
    since = _day(stay.since) if stay.since else "on an unknown day"
    teller = _TELLERS.get(detail.order.delivered_by or "", "a file")
    carrier = f" by {' and '.join(detail.carriers)}" if detail.carriers else ""
    why = {
        Rule.OPEN: "still to ship, so its lease is renewed",
        Rule.NOT_CONFIRMED: "not confirmed in time, so its lease is not renewed any more",
        Rule.DELIVERED: f"delivered {since}{carrier}, as {teller} says",
        Rule.SHIPPED: f"shipped {since}{carrier}",
        Rule.DELIVERY_UNKNOWN: f"shipped {since}{carrier}, its delivery taken to need its days",
    }.get(stay.rule, stay.rule.value)
    counted = "" if stay.rule in (Rule.OPEN, Rule.NOT_CONFIRMED) else f", {detail.days} days"
    return f"Personal data until {_day(until)}: {why}{counted} (sealed; --with-pii shows it)"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _print_personal(console: Console, detail: OrderDetail, *, with_pii: bool) -> None:
    console.line()
    if detail.tombstone:
        why = WHY_PURGED[detail.tombstone.rule]
        console.line(f"Personal data was destroyed on {_day(detail.tombstone.at.date())}: {why}.")
        return
    if detail.order.lease_day is None:
        console.line("No personal data is kept of this order.")
        return
    console.line(_how_long(detail))
    if not with_pii or detail.personal is None:
        return
    personal = detail.personal
    console.line("To:")
    for line in address_lines(personal.recipient) or ["no address"]:
        console.line(f"  {line}")
    if personal.recipient.phone:
        console.line(f"  Phone {personal.recipient.phone}")
    for item, message in personal.gift_messages.items():
        console.line(f"Gift message ({item}): {message}")
    for reference, number in personal.tracking_numbers.items():
        console.line(f"Tracking number of package {reference}: {number}")
