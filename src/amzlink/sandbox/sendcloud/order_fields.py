"""What an order must look like: Sendcloud's model of it (Orders API v3), and its rules beyond the model."""

from typing import Any, Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.errors import Flaw
from amzlink.sandbox.sendcloud.fields import MISSING, Anything, Field, Flag, Group, Number, Rows, Text, Time, swap

LONGEST_ORDER_ID: Final = 64
CURRENCIES: Final = ("EUR", "GBP", "USD")
WEIGHT_UNITS: Final = ("kg", "g", "lbs", "oz")
_LENGTH_UNITS: Final = ("cm", "mm", "m", "yd", "ft", "in")
_VOLUME_UNITS: Final = ("m3", "cm3", "l", "ml", "gal")
_ADDRESS_DUTIES: Final = ("name", "address_line_1", "postal_code", "city", "country_code")

_TEXT: Final = Text()
_SOME: Final = Text(least=1)
_OPTIONAL: Final = Text(nullable=True)
_CURRENCY: Final = Text(choices=CURRENCIES)
_PRICE_FIELDS: Final[dict[str, Field]] = {"value": Number(), "currency": _CURRENCY}
_PRICE: Final = Group(_PRICE_FIELDS)
_FULL_PRICE: Final = Group(_PRICE_FIELDS, ("value", "currency"))
_COSTS: Final = Group({"value": Text(pattern=r"\d+(\.\d+)?", nullable=True), "currency": _OPTIONAL}, nullable=True)
_STATUS: Final = Group({"code": _SOME, "message": _TEXT}, ("code",))
_SIZE: Final = Number(least=0)
_MEASUREMENT: Final = Group(
    {
        "dimension": Group(
            {"length": _SIZE, "width": _SIZE, "height": _SIZE, "unit": Text(choices=_LENGTH_UNITS)},
            ("length", "width", "height", "unit"),
        ),
        "weight": Group({"value": Number(above=0), "unit": Text(choices=WEIGHT_UNITS)}, ("value", "unit")),
        "volume": Group({"value": Number(whole=True, least=0), "unit": Text(choices=_VOLUME_UNITS)}, ("value", "unit")),
    }
)
_ITEM_FIELDS: Final[dict[str, Field]] = {
    "item_id": _SOME,
    "product_id": _TEXT,
    "variant_id": _TEXT,
    "image_url": _TEXT,
    "name": _TEXT,
    "description": _TEXT,
    "quantity": Number(whole=True, above=0),
    "sku": _TEXT,
    "ean": _TEXT,
    "hs_code": _TEXT,
    "country_of_origin": Text(least=2, most=2),
    "properties": Anything(),
    "unit_price": _PRICE,
    "total_price": _PRICE,
    "measurement": _MEASUREMENT,
    "delivery_dates": Group({"handover_at": Time(nullable=True), "deliver_at": Time(nullable=True)}),
    "mid_code": _OPTIONAL,
    "material_content": _OPTIONAL,
    "intended_use": _OPTIONAL,
    "dangerous_goods": Anything(),
}
_DETAILS: Final = Group(
    {
        "integration": Group({"id": Number(whole=True)}, ("id",)),
        "status": _STATUS,
        "order_created_at": Time(),
        "order_updated_at": Time(),
        "order_items": Rows(Group(_ITEM_FIELDS, ("name", "quantity", "total_price"))),
        "notes": _TEXT,
        "tags": Rows(_TEXT),
    },
    ("integration", "status", "order_created_at", "order_items"),
)
_PAYMENT: Final = Group(
    {
        "is_cash_on_delivery": Flag(nullable=True),
        **dict.fromkeys(
            ("total_price", "subtotal_price", "estimated_shipping_price", "estimated_tax_price"), _FULL_PRICE
        ),
        "status": _STATUS,
        "invoice_date": _OPTIONAL,
        **dict.fromkeys(("discount_granted", "insurance_costs", "freight_costs", "other_costs"), _COSTS),
    },
    ("total_price", "status"),
)
_TAX_NUMBERS: Final = Rows(Group({"name": _OPTIONAL, "country_code": _OPTIONAL, "value": _OPTIONAL}))
_CUSTOMS: Final = Group(
    {
        "commercial_invoice_number": _TEXT,
        "shipment_type": Text(choices=("gift", "commercial_goods", "commercial_sample", "returned_goods")),
        "export_type": Text(choices=("private", "commercial_b2c", "commercial_b2b")),
        "tax_numbers": Group(dict.fromkeys(("sender", "receiver", "importer_of_record"), _TAX_NUMBERS), nullable=True),
    },
    nullable=True,
)
_ADDRESS_FIELDS: Final[dict[str, Field]] = {
    "name": _SOME,
    "company_name": _TEXT,
    "address_line_1": _TEXT,
    "house_number": _TEXT,
    "address_line_2": _TEXT,
    "postal_code": _SOME,
    "city": _SOME,
    "po_box": _OPTIONAL,
    "state_province_code": _TEXT,
    "country_code": _SOME,
    "email": Text(pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone_number": _TEXT,
}
_ADDRESS: Final = Group(_ADDRESS_FIELDS, _ADDRESS_DUTIES)
_SHIPPING: Final = Group(
    {
        "is_local_pickup": Flag(nullable=True),
        "delivery_indicator": _TEXT,
        "measurement": _MEASUREMENT,
        "ship_with": Group(
            {
                "type": Text(choices=("shipping_option_code",)),
                "properties": Group(
                    {
                        "shipping_option_code": _OPTIONAL,
                        "contract_id": Number(whole=True, least=1, nullable=True),
                    },
                    ("shipping_option_code",),
                ),
            },
            ("type", "properties"),
        ),
    }
)
_SERVICE_POINT: Final = Group(
    {
        **dict.fromkeys(("id", "carrier_service_point_id", "post_number", "latitude", "longitude", "type"), _TEXT),
        "extra_data": Anything(),
    }
)
ORDER: Final = Group(
    {
        "id": _TEXT,
        "order_id": Text(least=1, most=LONGEST_ORDER_ID),
        "order_number": _SOME,
        "order_details": _DETAILS,
        "payment_details": _PAYMENT,
        "customs_details": _CUSTOMS,
        "customer_details": Group({"name": _TEXT, "phone_number": _TEXT, "email": _TEXT}, ("name",)),
        "billing_address": _ADDRESS,
        "shipping_address": _ADDRESS,
        "shipping_details": _SHIPPING,
        "service_point_details": _SERVICE_POINT,
    },
    ("order_id", "order_number", "order_details", "payment_details"),
)
# The partial update calls one field by another name.
_PARTIAL_ORDER: Final = Group(
    {
        **ORDER.without_duty().fields,
        "customer_details": Group({"name": _TEXT, "phone": _TEXT, "email": _TEXT}),
    }
)


# Sendcloud's own link to Amazon serves shops in Sweden and Poland, so the published list may be shorter than what the
# service takes: both readings can be played.
_ANY_CURRENCY: Final = Text(pattern=r"[A-Z]{3}")
_ORDER_IN_ANY: Final = swap(ORDER, _CURRENCY, _ANY_CURRENCY)
_PARTIAL_ORDER_IN_ANY: Final = swap(_PARTIAL_ORDER, _CURRENCY, _ANY_CURRENCY)


def read_order(document: Any, at: str, flaws: list[Flaw], *, any_currency: bool = False) -> Json | None:
    """An order of `POST /orders` as it is kept; None, and what is wrong in `flaws`, if it cannot be taken."""
    found: list[Flaw] = []
    order = (_ORDER_IN_ANY if any_currency else ORDER).read(document, at, found)
    if not found:
        found += _break_rules(order, at)
    flaws += found
    return None if found else order


def read_partial_order(document: Any, at: str, flaws: list[Flaw], *, any_currency: bool = False) -> Json | None:
    """The changes of `PATCH /orders/{id}`; None, and what is wrong in `flaws`, if they cannot be taken."""
    found: list[Flaw] = []
    changes = (_PARTIAL_ORDER_IN_ANY if any_currency else _PARTIAL_ORDER).read(document, at, found)
    flaws += found
    return None if found else changes


def _break_rules(order: Json, at: str) -> list[Flaw]:
    """The rules that no single field tells."""
    flaws = [
        Flaw(f"{at}/order_details/order_items/{number}/product_id", MISSING)
        for number, item in enumerate(order["order_details"]["order_items"])
        if item.get("image_url") and not item.get("product_id")
    ]
    point = order.get("service_point_details")
    if point is not None and ("id" in point) == ("carrier_service_point_id" in point):
        flaws.append(Flaw(f"{at}/service_point_details/id", MISSING))
    return flaws
