"""An order as the JSON of Sendcloud's orders API (v3, `POST /orders`) has it.

Field names, and which may be missing, are those of Sendcloud's OpenAPI document. Only what amzlink fills is named.
"""

import msgspec


class _Part(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A part of the document; what is None or empty is not sent."""


class Price(_Part, frozen=True, kw_only=True):
    """An amount. `value` is the JSON number, digit by digit: neither a float nor a text comes between."""

    value: msgspec.Raw
    currency: str


class Weight(_Part, frozen=True, kw_only=True):
    """Whole grams."""

    value: int
    unit: str


class Measurement(_Part, frozen=True, kw_only=True):
    """A weight, of one piece in an item and of everything in `shipping_details`."""

    weight: Weight


class DeliveryDates(_Part, frozen=True, kw_only=True):
    """Until when the parcel is handed over, and until when it arrives: ISO 8601 in UTC."""

    handover_at: str | None = None
    deliver_at: str | None = None


class Item(_Part, frozen=True, kw_only=True):
    """An order line. `item_id` is Amazon's order item id: by it split parcels are confirmed with the right lines."""

    item_id: str
    product_id: str | None = None
    name: str
    quantity: int
    sku: str | None = None
    hs_code: str | None = None
    country_of_origin: str | None = None
    unit_price: Price | None = None
    total_price: Price
    measurement: Measurement | None = None
    delivery_dates: DeliveryDates | None = None


class Status(_Part, frozen=True, kw_only=True):
    """A status in the shop's own words; Sendcloud reads nothing into it."""

    code: str
    message: str | None = None


class Integration(_Part, frozen=True, kw_only=True):
    """Which of the account's integrations the order belongs to."""

    id: int


class OrderDetails(_Part, frozen=True, kw_only=True):
    """What was ordered. Times are ISO 8601 in UTC."""

    integration: Integration
    status: Status | None  # None only where it is left out of a hash
    order_created_at: str
    order_updated_at: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    order_items: tuple[Item, ...]


class PaymentDetails(_Part, frozen=True, kw_only=True):
    """What the whole order costs."""

    total_price: Price
    status: Status


class TaxNumber(_Part, frozen=True, kw_only=True):
    """A tax number under Sendcloud's name for its kind."""

    name: str
    country_code: str | None = None
    value: str


class TaxNumbers(_Part, frozen=True, kw_only=True):
    """Whose numbers they are: the IOSS number travels with the sender's."""

    sender: tuple[TaxNumber, ...] = ()
    receiver: tuple[TaxNumber, ...] = ()


class CustomsDetails(_Part, frozen=True, kw_only=True):
    """What customs ask of the whole parcel: what it is sent for, who sells to whom, and tax numbers."""

    shipment_type: str | None = None
    export_type: str | None = None
    tax_numbers: TaxNumbers | None = None


class CustomerDetails(_Part, frozen=True, kw_only=True):
    """Who bought."""

    name: str
    phone_number: str | None = None
    email: str | None = None


class ShippingAddress(_Part, frozen=True, kw_only=True):
    """Where the parcel goes."""

    name: str
    company_name: str | None = None
    address_line_1: str
    house_number: str | None = None
    address_line_2: str | None = None
    postal_code: str
    city: str
    po_box: str | None = None
    state_province_code: str | None = None
    country_code: str
    email: str | None = None
    phone_number: str | None = None


class ShippingDetails(_Part, frozen=True, kw_only=True):
    """`delivery_indicator` is Amazon's service level, for the merchant's shipping rules."""

    delivery_indicator: str | None = None
    measurement: Measurement | None = None


class OrderPayload(_Part, frozen=True, kw_only=True):
    """One element of the array that `POST /orders` takes."""

    order_id: str
    order_number: str
    order_details: OrderDetails
    payment_details: PaymentDetails
    customs_details: CustomsDetails | None = None
    customer_details: CustomerDetails
    shipping_address: ShippingAddress
    shipping_details: ShippingDetails | None = None
