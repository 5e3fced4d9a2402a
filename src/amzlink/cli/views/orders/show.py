"""How one order looks, to a program and to a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, OfStore, join, joined, moment
from amzlink.cli.views.orders.lists import ListedOrder, OrderLine, lines_of, listed_order
from amzlink.cli.views.orders.story import StoryParts, print_events, print_standing, story_parts, waits_in_words
from amzlink.cli.views.privacy import WHY_PURGED
from amzlink.cli.views.words import counted
from amzlink.clock import local_time
from amzlink.core.orders import order as orders
from amzlink.core.orders.demands import in_words
from amzlink.core.orders.holds import INCOMPLETE
from amzlink.core.orders.order import NOTHING_PERSONAL, Order, PersonalData, Recipient
from amzlink.core.privacy.retention import Rule
from amzlink.jobs.orders.show import OrderDetail
from amzlink.orderbook.orders.browse import BookedOrder
from amzlink.problems.words import local_day

_REPORTERS: Final = {"amazon": "Amazon", "sendcloud": "Sendcloud"}
_WISHES: Final = "; --with-pii shows the buyer's wishes"


class AmountPart(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that is part of another; `kind` is Amazon's name of it."""

    kind: str
    amount: str
    currency: str


class PricePart(AmountPart, frozen=True, kw_only=True):
    """A part of a price, and what it consists of."""

    details: list[AmountPart]


class TaxCollectionPart(msgspec.Struct, frozen=True, kw_only=True):
    """Who collects a line's tax, and by which model."""

    model: str | None
    responsible_party: str | None


class ShownLine(OrderLine, frozen=True, kw_only=True):
    """The same with what it demands of the parcel, and what its price consists of, tax first.

    `demands` has Amazon's names of its shipping constraints.
    """

    programs: tuple[str, ...]
    ioss_number: str | None
    demands: tuple[str, ...]
    gift_wrap: str | None
    customised: bool
    price_parts: list[PricePart]
    tax_collections: list[TaxCollectionPart]
    tax_schemes: tuple[str, ...]


class PackageItem(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order line is in a package."""

    order_item_id: str
    quantity: int


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package as Amazon has it."""

    reference: str
    status: str | None
    detailed_status: str | None
    carrier: str | None
    service: str | None
    shipped_at: datetime | None
    items: list[PackageItem]
    tracking_number: str | UnsetType | None = UNSET


class BuyerPart(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought."""

    name: str | None
    email: str | None
    company_name: str | None
    purchase_order_number: str | None


class RecipientPart(msgspec.Struct, frozen=True, kw_only=True):
    """Where the parcel goes; the names are those of Amazon's `deliveryAddress`."""

    name: str | None
    company_name: str | None
    address_line_1: str | None
    address_line_2: str | None
    address_line_3: str | None
    street_name: str | None
    street_number: str | None
    complement: str | None
    neighborhood: str | None
    city: str | None
    district_or_county: str | None
    municipality: str | None
    state_or_region: str | None
    postal_code: str | None
    country_code: str | None
    phone: str | None
    address_type: str | None
    drop_off_location: str | None
    address_instruction: str | None


class TaxRegistrationPart(msgspec.Struct, frozen=True, kw_only=True):
    """A tax number of the buyer."""

    type: str | None
    number: str | None
    legal_name: str | None


class OrderParts(msgspec.Struct, frozen=True, kw_only=True):
    """What an order consists of; what follows `packages` only where personal data was asked for.

    `customisations` are links to the buyer's wishes, by order item id.
    """

    total: str | None
    currency: str | None
    price_parts: list[PricePart]
    replaces: str | None
    deliver_by: datetime | None
    order_lines: list[ShownLine]
    packages: list[Package]
    buyer: BuyerPart | UnsetType | None = UNSET
    recipient: RecipientPart | UnsetType | None = UNSET
    gift_messages: dict[str, str] | UnsetType = UNSET
    customisations: dict[str, str] | UnsetType = UNSET
    tax_registrations: list[TaxRegistrationPart] | UnsetType = UNSET


ShowDocument = joined("ShowDocument", Document, OfStore, ListedOrder, StoryParts, OrderParts)
"""`orders show --json`."""


def show_detail(console: Console, slug: str, detail: OrderDetail, now: datetime, *, with_pii: bool) -> None:
    """One order, or its document. Times are told as seen from `now`."""
    console.result(
        lambda: show_document(slug, detail, with_pii=with_pii),
        lambda: _print(console, detail, now, with_pii=with_pii),
    )


def show_document(slug: str, detail: OrderDetail, *, with_pii: bool) -> Document:
    """One order as JSON shows it."""
    return join(
        ShowDocument,
        OfStore(store=slug),
        listed_order(detail.order, detail.holds),
        story_parts(detail.story),
        _parts(detail, with_pii=with_pii),
    )


def _parts(detail: OrderDetail, *, with_pii: bool) -> OrderParts:
    personal = detail.personal or NOTHING_PERSONAL
    numbers = personal.tracking_numbers
    packages = [
        _package(package, numbers.get(package.reference) if with_pii else UNSET)
        for package in detail.order.order.packages
    ]
    parts = _plain_parts(detail.order, packages)
    if not with_pii:
        return parts
    return msgspec.structs.replace(
        parts,
        buyer=msgspec.convert(personal.buyer, BuyerPart, from_attributes=True) if detail.personal else None,
        recipient=msgspec.convert(personal.recipient, RecipientPart, from_attributes=True) if detail.personal else None,
        gift_messages=personal.gift_messages,
        customisations=personal.customization_urls,
        tax_registrations=[
            msgspec.convert(registration, TaxRegistrationPart, from_attributes=True)
            for registration in personal.tax_registrations
        ],
    )


def _plain_parts(booked: BookedOrder, packages: list[Package]) -> OrderParts:
    order = booked.order
    return OrderParts(
        total=order.total,
        currency=order.currency,
        price_parts=_price_parts(order.money.parts),
        replaces=order.replaces,
        deliver_by=moment(order.deliver_by),
        order_lines=[
            _shown_line(shown, line, order.money.lines.get(line.order_item_id, orders.NO_LINE_MONEY))
            for shown, line in zip(lines_of(booked), order.lines, strict=True)
        ],
        packages=packages,
    )


def _shown_line(shown: OrderLine, line: orders.OrderLine, money: orders.LineMoney) -> ShownLine:
    return ShownLine(
        **msgspec.structs.asdict(shown),
        programs=line.programs,
        ioss_number=line.ioss_number,
        demands=line.demands,
        gift_wrap=line.gift_wrap,
        customised=line.customised,
        price_parts=_price_parts(money.parts),
        tax_collections=[
            msgspec.convert(each, TaxCollectionPart, from_attributes=True) for each in money.tax_collections
        ],
        tax_schemes=money.schemes,
    )


def _price_parts(parts: Iterable[orders.Part]) -> list[PricePart]:
    return [msgspec.convert(part, PricePart, from_attributes=True) for part in parts]


def _package(package: orders.Package, tracking_number: str | UnsetType | None) -> Package:
    return Package(
        reference=package.reference,
        status=package.status,
        detailed_status=package.detailed_status,
        carrier=package.carrier,
        service=package.service,
        shipped_at=moment(package.shipped_at),
        items=[PackageItem(order_item_id=item.order_item_id, quantity=item.quantity) for item in package.items],
        tracking_number=tracking_number,
    )


def _print(console: Console, detail: OrderDetail, now: datetime, *, with_pii: bool) -> None:
    order = detail.order.order
    story = detail.story
    console.line(f"{order.order_id}  {order.status}  {order.service_level or ''}".rstrip(), style="bold")
    if story.waits_for:
        console.line(waits_in_words(story.waits_for, lambda time: local_time(time, now)) + ".", lead="Waits for: ")
    else:
        console.line("Waits for nothing more.")
    console.line()
    print_standing(console, story, now)
    if order.programs:
        console.line(f"Programs: {', '.join(order.programs)}")
    if order.replaces:
        console.line(f"Replaces order {order.replaces}")
    if detail.holds:
        release = f"`amzlink orders release {order.order_id}{console.store_option}`"
        console.line(f"On hold for: {', '.join(detail.holds)}; {release} lifts it")
    if INCOMPLETE & set(detail.holds):
        console.line("It came incomplete from Amazon. Each import asks for the rest; you do not need to release it.")
    if order.ship_by:
        console.line(f"Ship by {local_time(order.ship_by, now)}")
    if order.deliver_by:
        console.line(f"Deliver by {local_time(order.deliver_by, now)}")
    console.line()
    print_events(console, story, now)
    _print_lines(console, order)
    _print_price(console, order)
    _print_demands(console, order, with_pii=with_pii)
    for package in order.packages:
        carrier = " ".join(part for part in (package.carrier, package.service) if part)
        console.line(f"Package {package.reference}: {carrier or 'carrier unknown'}, {package.status or 'no status'}")
    console.line()
    _print_retention(console, detail, with_pii=with_pii)
    if with_pii and detail.personal and not detail.tombstone:
        _print_personal(console, detail.personal)


def _print_lines(console: Console, order: Order) -> None:
    if not order.lines:  # Amazon left them out
        return
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
            for line in order.lines
        ],
        keys=("SKU",),
        right=("QUANTITY", "TO SHIP", "PRICE"),
    )


def _print_price(console: Console, order: Order) -> None:
    """What the order costs, and what of it is tax, shipping, discount and so on."""
    parts = [f"{part.kind.replace('_', ' ').lower()} {part.amount} {part.currency}" for part in order.money.parts]
    if order.total:
        of_it = f" ({', '.join(parts)})" if parts else ""
        console.line(f"Total {order.total} {order.currency or ''}".rstrip() + of_it)
    collections = dict.fromkeys(each for money in order.money.lines.values() for each in money.tax_collections)
    for each in collections:
        party = f" ({each.responsible_party})" if each.responsible_party else ""
        console.line(f"Tax collection: {each.model or 'not named'}{party}")


def _print_demands(console: Console, order: Order, *, with_pii: bool) -> None:
    """What the lines demand of the parcel."""
    for line in order.lines:
        name = line.sku or line.order_item_id
        if line.programs:
            console.line(f"Programs of {name}: {', '.join(line.programs)}")
        if line.demands:
            console.line(f"Required for {name}: {', '.join(map(in_words, line.demands))}")
        if line.gift_wrap:
            console.line(f"Gift wrap for {name}: {line.gift_wrap}")
        if line.customised:
            console.line(f"Made to order: {name}{'' if with_pii else _WISHES}")


def _print_retention(console: Console, detail: OrderDetail, *, with_pii: bool) -> None:
    """What is stored of the buyer, and until when."""
    if detail.tombstone:
        day = local_day(detail.tombstone.at.date())
        console.line(f"Personal data was deleted on {day}: {WHY_PURGED[detail.tombstone.rule]}.")
    elif detail.order.lease_day is None:
        console.line("No personal data of this order is stored.")
    else:
        console.line(_how_long(detail, with_pii=with_pii))


def _how_long(detail: OrderDetail, *, with_pii: bool) -> str:
    """Until when personal data is kept, and by which rule."""
    until, keeping = detail.order.kept_until, detail.keeping
    if keeping is None or until is None:
        return "Personal data: past its retention date, the next purge deletes it (encrypted until then)"
    since = local_day(keeping.since) if keeping.since else "on an unknown day"
    reporter = _REPORTERS.get(detail.order.delivered_by or "", "a file")
    carrier = f" by {' and '.join(detail.carriers)}" if detail.carriers else ""
    later = counted(detail.assumed_days, "day")
    why = {
        Rule.OPEN: "still to ship, so this date will be extended",
        Rule.NOT_CONFIRMED: "not confirmed in time, so this date is final",
        Rule.DELIVERED: f"delivered {since}{carrier}, as {reporter} says",
        Rule.SHIPPED: f"shipped {since}{carrier}",
        Rule.DELIVERY_UNKNOWN: f"shipped {since}{carrier}, delivery assumed {later} later",
    }.get(keeping.rule, keeping.rule.value)
    how = "encrypted" if with_pii else "encrypted; --with-pii shows it"
    plus = "" if keeping.rule in (Rule.OPEN, Rule.NOT_CONFIRMED) else f", {detail.days} days"
    return f"Personal data until {local_day(until)}: {why}{plus} ({how})"


def _print_personal(console: Console, personal: PersonalData) -> None:
    console.line("To:")
    for line in address_lines(personal.recipient) or ["no address"]:
        console.line(line, lead="  ")
    if personal.recipient.phone:
        console.line(f"Phone {personal.recipient.phone}", lead="  ")
    for item, message in personal.gift_messages.items():
        console.line(f"Gift message ({item}):")
        for line in message.splitlines():
            console.line(line, lead="  ")
    for item, link in personal.customization_urls.items():
        console.line(f"The buyer's wishes ({item}): {link}")
    for registration in personal.tax_registrations:
        console.line(
            f"Tax number of the buyer: {registration.number or 'none'} ({registration.type or 'kind unknown'})"
        )
    for reference, number in personal.tracking_numbers.items():
        console.line(f"Tracking number of package {reference}: {number}")


def address_lines(recipient: Recipient) -> list[str]:
    """An address as it would stand on a parcel."""
    town = " ".join(part for part in (recipient.postal_code, recipient.city) if part)
    parts = (
        recipient.name, recipient.company_name, recipient.address_line_1, recipient.address_line_2,
        recipient.address_line_3, town, recipient.state_or_region, recipient.country_code,
    )  # fmt: skip
    return [part for part in parts if part]
