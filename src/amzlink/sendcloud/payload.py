"""An order in the words of Sendcloud's orders API (v3, `POST /orders`).

Field names and rules are those of Sendcloud's OpenAPI document. What has no field of its own goes into
`order_details.notes`, which the merchant reads beside the order: what the parcel must have, gift wrap and messages, the
buyer's wishes for the delivery, company and purchase order of a business buyer, what the phone number that is sent does
not say, and of what customs will want a value that Amazon does not tell.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from amzlink.clock import to_iso
from amzlink.core.destination.address import FittedAddress, fit_address, tidy
from amzlink.core.destination.outgoing_order import OutgoingOrder
from amzlink.core.destination.phone import Phone, read_phone
from amzlink.core.orders.demands import as_tag, in_words
from amzlink.core.orders.order import OrderLine, TaxRegistration
from amzlink.problems import Problem, ProblemName
from amzlink.problems.destination import CURRENCY_NOT_NAMED
from amzlink.sendcloud.order_json import (
    CustomerDetails,
    CustomsDetails,
    DeliveryDates,
    Integration,
    Item,
    Measurement,
    OrderDetails,
    OrderPayload,
    PaymentDetails,
    Price,
    ShippingAddress,
    ShippingDetails,
    Status,
    TaxNumber,
    TaxNumbers,
    Weight,
)

_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NO_VALUE: Final = "Amazon gives no price. Enter what it is worth before you make the label"
_WISHES: Final = "the buyer's wishes are in Seller Central, with the order"

# Sendcloud's words for the papers of a parcel that crosses a customs border; without them the label fails
# (docs/services/sendcloud.md, "Customs"). What was bought is no gift, whoever gets it.
_SOLD: Final = "commercial_goods"
_BUSINESS: Final = "AMAZON_BUSINESS"

# Amazon's tax registration types (Orders API 2026-01-01) under the names that Sendcloud enumerates.
_TAX_NAMES: Final = {"VAT": "VAT", "CPF": "CNP", "CNPJ": "CNP"}
# ISO 3166-1 numeric codes of the member states, which follow the `IM` of an IOSS number.
_IOSS_COUNTRIES: Final = {
    "040": "AT", "056": "BE", "100": "BG", "191": "HR", "196": "CY", "203": "CZ", "208": "DK", "233": "EE",
    "246": "FI", "250": "FR", "276": "DE", "300": "GR", "348": "HU", "372": "IE", "380": "IT", "428": "LV",
    "440": "LT", "442": "LU", "470": "MT", "528": "NL", "616": "PL", "620": "PT", "642": "RO", "703": "SK",
    "705": "SI", "724": "ES", "752": "SE",
}  # fmt: skip
_VAT_COUNTRIES: Final = {**{code: code for code in _IOSS_COUNTRIES.values()}, "EL": "GR", "GB": "GB", "XI": "GB"}


def build_payload(outgoing: OutgoingOrder, integration_id: int, *, with_demands: bool = True) -> OrderPayload:
    """The order as Sendcloud takes it; `with_demands`: with what the parcel must have, as notes and tags.

    Raises:
        Problem: `currency-unsupported`, where Amazon names a price but no currency; `address-unfit`, naming each field
            that does not fit.
    """
    order = outgoing.order
    recipient, buyer = order.personal.recipient, order.personal.buyer
    currency = _currency(outgoing)
    address = fit_address(recipient, order.order_id)
    phone, email = read_phone(recipient.phone, address.country_code), _email(buyer.email)
    return OrderPayload(
        order_id=order.order_id,
        order_number=order.order_id,
        order_details=OrderDetails(
            integration=Integration(id=integration_id),
            status=Status(code=order.status.lower(), message=order.status.replace("_", " ").capitalize()),
            order_created_at=to_iso(order.purchased_at),
            order_updated_at=to_iso(order.changed_at),
            notes="\n".join([*(_demand_notes(outgoing) if with_demands else ()), *_notes(outgoing, phone)]) or None,
            # Amazon promises no sequence.
            tags=tuple(sorted({*order.programs, *(_demand_tags(outgoing) if with_demands else ())})),
            order_items=_items(outgoing, currency),
        ),
        payment_details=PaymentDetails(
            total_price=_price(_total(outgoing), currency), status=Status(code="paid", message="Paid")
        ),
        customs_details=_customs(outgoing),
        customer_details=CustomerDetails(
            name=tidy(buyer.name) or tidy(buyer.company_name) or address.name, phone_number=phone.number, email=email
        ),
        shipping_address=_shipping_address(address, phone.number, email),
        shipping_details=_shipping_details(outgoing),
    )


def payload_bytes(payload: OrderPayload) -> bytes:
    """The payload in one spelling, for the keyed hash that tells whether it has to be sent again.

    Without what changes at Amazon but means nothing to the parcel: the time of the last change, and the status, which
    our own confirmation moves.
    """
    details = msgspec.structs.replace(payload.order_details, status=None, order_updated_at=None)
    return msgspec.json.encode(msgspec.structs.replace(payload, order_details=details))


def _currency(outgoing: OutgoingOrder) -> str:
    """The order's currency, or that of its lines. Which ones it takes is for Sendcloud to say.

    A free replacement has none, yet Sendcloud's model demands one beside the amount: nothing is nothing in any.
    """
    order = outgoing.order
    for currency in (order.currency, *(line.currency for line in outgoing.lines)):
        if currency:
            return currency
    if any(map(_amount, (order.total, *(line.unit_price for line in outgoing.lines)))):
        raise Problem(ProblemName.CURRENCY_UNSUPPORTED, order_id=order.order_id, currency=CURRENCY_NOT_NAMED)
    return "EUR"


def _amount(text: str | None) -> Decimal | None:
    """Amazon's decimal; None where there is none, or nothing that could be a price."""
    return Decimal(text) if text and _AMOUNT.fullmatch(text) else None


def _price(amount: Decimal, currency: str) -> Price:
    return Price(value=msgspec.Raw(f"{amount:f}"), currency=currency)


def _items(outgoing: OutgoingOrder, currency: str) -> tuple[Item, ...]:
    ship_by, deliver_by = outgoing.order.ship_by, outgoing.order.deliver_by
    dates = None
    if ship_by or deliver_by:
        dates = DeliveryDates(
            handover_at=to_iso(ship_by) if ship_by else None, deliver_at=to_iso(deliver_by) if deliver_by else None
        )
    return tuple([_item(line, outgoing, line.currency or currency, dates) for line in outgoing.lines])


def _item(line: OrderLine, outgoing: OutgoingOrder, currency: str, dates: DeliveryDates | None) -> Item:
    unit = _amount(line.unit_price)
    customs = outgoing.customs_of(line)
    return Item(
        item_id=line.order_item_id,
        product_id=line.asin or None,
        name=tidy(line.title) or tidy(line.sku) or f"Amazon item {line.order_item_id}",
        quantity=line.quantity_unshipped,
        sku=line.sku or None,
        hs_code=customs.hs_code,
        country_of_origin=customs.country_of_origin,
        unit_price=None if unit is None else _price(unit, currency),
        # Sendcloud demands a total; a piece without a price (a free replacement) costs nothing.
        total_price=_price(_line_total(line), currency),
        measurement=_grams(outgoing.weights.get(line.order_item_id)),
        delivery_dates=dates,
    )


def _line_total(line: OrderLine) -> Decimal:
    unit = _amount(line.unit_price)
    return Decimal(0) if unit is None else unit * line.quantity_unshipped


def _total(outgoing: OutgoingOrder) -> Decimal:
    """Amazon's total; where it gives none, what the lines still to ship add up to."""
    total = _amount(outgoing.order.total)
    return sum((_line_total(line) for line in outgoing.lines), Decimal(0)) if total is None else total


def _grams(weight: int | None) -> Measurement | None:
    return Measurement(weight=Weight(value=weight, unit="g")) if weight else None


def _shipping_details(outgoing: OutgoingOrder) -> ShippingDetails | None:
    details = ShippingDetails(
        delivery_indicator=outgoing.order.service_level or None,
        measurement=_grams(outgoing.weight_grams),
    )
    return details if details != ShippingDetails() else None


def _shipping_address(address: FittedAddress, phone: str | None, email: str | None) -> ShippingAddress:
    return ShippingAddress(
        name=address.name,
        company_name=address.company_name,
        address_line_1=address.address_line_1,
        house_number=address.house_number,
        address_line_2=address.address_line_2,
        postal_code=address.postal_code,
        city=address.city,
        po_box=address.po_box,
        state_province_code=address.state_province_code,
        country_code=address.country_code,
        email=email,
        phone_number=phone,
    )


def _email(email: str | None) -> str | None:
    """The address if it has the form of one, which Sendcloud's model demands."""
    return email if email and _EMAIL.fullmatch(email) else None


def _notes(outgoing: OutgoingOrder, phone: Phone) -> Iterator[str]:
    personal = outgoing.order.personal
    yield from _gift_notes(outgoing)
    if outgoing.leaves_customs_union:  # whose papers state a value; the total that Sendcloud demands would make it 0
        yield from _for_lines(outgoing, "Value for customs", lambda line: [] if _line_total(line) else [_NO_VALUE])
    for label, text in (
        ("Leave at", personal.recipient.drop_off_location),
        ("Delivery instructions", personal.recipient.address_instruction),
        ("Buyer's company", personal.buyer.company_name),
        ("Purchase order", personal.buyer.purchase_order_number),
        ("Phone", phone.left_out),
    ):
        if text and text.strip():
            yield f"{label}: {text.strip()}"


def _demand_notes(outgoing: OutgoingOrder) -> Iterator[str]:
    """What the parcel must have. The wishes for a product made to order stay here: they are behind a personal link."""
    yield from _for_lines(outgoing, "Required", lambda line: map(in_words, line.demands))
    yield from _for_lines(outgoing, "Gift wrap", lambda line: [line.gift_wrap] if line.gift_wrap else [])
    wishes = outgoing.order.personal.customization_urls
    yield from _for_lines(
        outgoing, "Made to order", lambda line: [_WISHES] if line.customised or line.order_item_id in wishes else []
    )


def _demand_tags(outgoing: OutgoingOrder) -> Iterator[str]:
    wishes = outgoing.order.personal.customization_urls
    for line in outgoing.lines:
        yield from map(as_tag, line.demands)
        if line.gift_wrap:
            yield "GIFT_WRAP"
        if line.customised or line.order_item_id in wishes:
            yield "CUSTOMISED"


def _gift_notes(outgoing: OutgoingOrder) -> Iterator[str]:
    messages = outgoing.order.personal.gift_messages

    def of_line(line: OrderLine) -> list[str]:
        message = messages.get(line.order_item_id, "").strip()
        return [message] if message else []

    return _for_lines(outgoing, "Gift message", of_line)


def _for_lines(
    outgoing: OutgoingOrder, label: str, texts_of: Callable[[OrderLine], Iterable[str]]
) -> Iterator[str]:  # fmt: skip
    """Each text once, with the SKUs it is for unless it is for all lines."""
    meant: dict[str, list[str]] = {}
    for line in outgoing.lines:
        for text in texts_of(line):
            meant.setdefault(text, []).append(line.sku or line.order_item_id)
    for text, skus in meant.items():
        of_which = "" if len(skus) == len(outgoing.lines) else f" ({', '.join(skus)})"
        yield f"{label}{of_which}: {text}"


def _customs(outgoing: OutgoingOrder) -> CustomsDetails | None:
    numbers = TaxNumbers(
        sender=_distinct(_ioss(line.ioss_number) for line in outgoing.lines if line.ioss_number),
        receiver=_distinct(map(_tax_number, outgoing.order.personal.tax_registrations)),
    )
    details = CustomsDetails(
        shipment_type=_SOLD if outgoing.leaves_customs_union else None,
        export_type=_export_type(outgoing) if outgoing.leaves_customs_union else None,
        tax_numbers=numbers if numbers != TaxNumbers() else None,
    )
    return details if details != CustomsDetails() else None


def _export_type(outgoing: OutgoingOrder) -> str:
    return "commercial_b2b" if _BUSINESS in outgoing.order.programs else "commercial_b2c"


def _distinct(numbers: Iterable[TaxNumber | None]) -> tuple[TaxNumber, ...]:
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _ioss(number: str) -> TaxNumber:
    """An IOSS number: `IM`, the member state's numeric code, seven digits."""
    found = re.fullmatch(r"IM(\d{3})\d{7}", number, re.ASCII)
    return TaxNumber(name="IOSS", country_code=_IOSS_COUNTRIES.get(found[1]) if found else None, value=number)


def _tax_number(entry: TaxRegistration) -> TaxNumber | None:
    """The buyer's number; None for a kind that Sendcloud has no name for (`BUSINESS`, `CST`)."""
    name = _TAX_NAMES.get(entry.type or "")
    number = tidy(entry.number)
    if entry.entity_type != "BUYER" or name is None or not number:
        return None
    country = "BR" if name == "CNP" else _VAT_COUNTRIES.get(number[:2].upper())
    return TaxNumber(name=name, country_code=country, value=number)
