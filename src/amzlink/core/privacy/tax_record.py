"""What tax law wants kept of an order whose personal data goes, and until when.

Amazon's data protection policy allows personal data longer than its 30 days only as far as a law demands it, and only
for that (docs/services/amazon.md, "Data protection policy"). So a record names what an invoice and a VAT record need,
field by field: whatever an order may hold one day stays out until somebody adds it here.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from amzlink.clock import to_iso
from amzlink.core.orders.order import CANCELLED, NO_LINE_MONEY, LineMoney, Order, OrderLine, Part

LINE_FIELDS: Final = ("sku", "title", "quantity", "unit_price", "currency", "ioss_number")
PRICE_PART_FIELDS: Final = ("kind", "amount", "currency")
LINE_MONEY_FIELDS: Final = ("price_parts", "tax_collections", "tax_schemes")
BUYER_FIELDS: Final = ("name", "company_name")
# Notes for the driver, the kind of building and the phone serve the delivery, and no invoice.
RECIPIENT_FIELDS: Final = (
    "name", "company_name", "address_line_1", "address_line_2", "address_line_3", "street_name", "street_number",
    "complement", "neighborhood", "city", "district_or_county", "municipality", "state_or_region", "postal_code",
    "country_code",
)  # fmt: skip
TAX_REGISTRATION_FIELDS: Final = ("entity_type", "type", "number", "legal_name")
FIELDS: Final = (
    "order_id", "marketplace_id", "status", "purchased_at", "shipped_at", "total", "currency",
    *(f"price_parts.{name}" for name in (*PRICE_PART_FIELDS, "details")),
    *(f"lines.{name}" for name in (*LINE_FIELDS, *LINE_MONEY_FIELDS)),
    *(f"buyer.{name}" for name in BUYER_FIELDS),
    *(f"recipient.{name}" for name in RECIPIENT_FIELDS),
    *(f"tax_registrations.{name}" for name in TAX_REGISTRATION_FIELDS),
    "keep_until",
)  # fmt: skip
"""Every field of a record, a nested one by its path."""

# Full calendar years after that of the sale. In the Union a record under OSS or IOSS is kept for ten years from the end
# of the year of the sale (Directive 2006/112/EC, articles 369, 369k and 369x), which is no shorter than what the member
# states ask for at home. The United Kingdom and Canada want six years from the end of the business year (gov.uk,
# "Running a limited company"; canada.ca, "What records to keep"), and that may end in the next calendar year. All
# sources read in November 2026. For the others the ten years are caution.
_YEARS: Final[Mapping[str, int]] = {"GB": 7, "CA": 7}
_YEARS_ELSEWHERE: Final = 10
_TO_THE_LATEST_ZONE: Final = timedelta(hours=14)


def is_sale(status: str, shipped_at: date | None) -> bool:
    """Whether tax may want to know of the order: all but one that was cancelled before anything was handed over.

    An order that seems still to ship counts: it may have been confirmed elsewhere, and what is destroyed cannot be
    asked for again.
    """
    return status != CANCELLED or shipped_at is not None


def tax_record(order: Order, countries: Collection[str]) -> dict[str, Any]:
    """What is kept of an order, ready for JSON; its keys are those of `FIELDS`, None where nothing is known.

    `countries` (ISO 3166) are those whose law may bind: that of the marketplace, and that of the store.
    """
    return {
        "order_id": order.order_id,
        "marketplace_id": order.marketplace_id,
        "status": order.status,
        "purchased_at": to_iso(order.purchased_at),
        "shipped_at": to_iso(order.shipped_at) if order.shipped_at else None,
        "total": order.total,
        "currency": order.currency,
        "price_parts": _plain_parts(order.money.parts),
        "lines": [_line(line, order.money.lines.get(line.order_item_id, NO_LINE_MONEY)) for line in order.lines],
        "buyer": _picked(order.personal.buyer, BUYER_FIELDS),
        "recipient": _picked(order.personal.recipient, RECIPIENT_FIELDS),
        "tax_registrations": [
            _picked(registration, TAX_REGISTRATION_FIELDS) for registration in order.personal.tax_registrations
        ],
        "keep_until": keep_until(order.shipped_at or order.purchased_at, countries).isoformat(),
    }


def keep_until(sold_at: datetime, countries: Collection[str]) -> date:
    """The last day on which a record is to be kept: the end of a calendar year, by the longest rule of the countries.

    A rule of thumb: the law of the merchant's seat counts as well, and the merchant has to check it. Where the year is
    over at one end of the world and not yet at the other, the later one counts.
    """
    years = max((_YEARS.get(country, _YEARS_ELSEWHERE) for country in countries), default=_YEARS_ELSEWHERE)
    return date((sold_at + _TO_THE_LATEST_ZONE).year + years, 12, 31)


def _line(line: OrderLine, money: LineMoney) -> dict[str, Any]:
    return {
        **_picked(line, LINE_FIELDS),
        "price_parts": _plain_parts(money.parts),
        "tax_collections": [_picked(each, ("model", "responsible_party")) for each in money.tax_collections],
        "tax_schemes": list(money.schemes),
    }


def _plain_parts(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """What a price consists of, tax first."""
    return [
        {
            **_picked(part, PRICE_PART_FIELDS),
            "details": [_picked(each, PRICE_PART_FIELDS) for each in part.details],
        }
        for part in parts
    ]


def _picked(source: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(source, name) for name in names}
