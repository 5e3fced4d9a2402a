"""An order as Amazon's JSON has it (Orders API 2026-01-01), and how it becomes one of ours.

The structs name only what amzlink uses; unknown fields are passed over and unknown values kept as they came.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec

from amzlink.clock import in_our_time
from amzlink.core.decoding import Count
from amzlink.core.orders.order import (
    NO_MONEY,
    NOTHING_PERSONAL,
    Amount,
    Buyer,
    LineMoney,
    Money,
    Order,
    OrderId,
    OrderLine,
    Package,
    PackageItem,
    Part,
    PersonalData,
    Recipient,
    TaxCollection,
    TaxRegistration,
)
from amzlink.problems import services


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """JSON in Amazon's camel case. Without cycles, so that the garbage collector need not look."""


_TAX = "TAX"
_MANDATORY = "MANDATORY"  # the one value of a shipping constraint
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Money(_Wire, frozen=True):
    amount: str
    currency_code: str


class _Range(_Wire, frozen=True):
    earliest_date_time: Moment | None = None
    latest_date_time: Moment | None = None


class _ExtendedFields(_Wire, frozen=True):
    street_name: str | None = None
    street_number: str | None = None
    complement: str | None = None
    neighborhood: str | None = None


class _Address(_Wire, frozen=True):
    name: str | None = None
    company_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    city: str | None = None
    district_or_county: str | None = None
    state_or_region: str | None = None
    municipality: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    extended_fields: _ExtendedFields | None = None
    address_type: str | None = None


class _Preference(_Wire, frozen=True):
    drop_off_location: str | None = None
    address_instruction: str | None = None


class _Recipient(_Wire, frozen=True):
    delivery_address: _Address | None = None
    delivery_preference: _Preference | None = None


class _Buyer(_Wire, frozen=True):
    buyer_name: str | None = None
    buyer_email: str | None = None
    buyer_company_name: str | None = None
    buyer_purchase_order_number: str | None = None


class _Price(_Wire, frozen=True):
    unit_price: _Money | None = None


class _Customization(_Wire, frozen=True):
    customized_url: str | None = None


class _Product(_Wire, frozen=True):
    asin: str | None = None
    title: str | None = None
    seller_sku: str | None = None
    price: _Price | None = None
    customization: _Customization | None = None


class _CancellationRequest(_Wire, frozen=True):
    requester: str | None = None


class _CancellationExecution(_Wire, frozen=True):
    cancelled_by: str | None = None


class _Cancellation(_Wire, frozen=True):
    cancellation_request: _CancellationRequest | None = None
    cancellation_execution: _CancellationExecution | None = None


class _GiftOption(_Wire, frozen=True):
    gift_wrap_level: str | None = None
    gift_message: str | None = None


class _Packing(_Wire, frozen=True):
    gift_option: _GiftOption | None = None


class _InternationalShipping(_Wire, frozen=True):
    ioss_number: str | None = None


class _Shipping(_Wire, frozen=True):
    shipping_constraints: dict[str, object] | None = None  # by name: Amazon may add one
    international_shipping: _InternationalShipping | None = None


class _ItemFulfillment(_Wire, frozen=True):
    quantity_fulfilled: Count | None = None
    quantity_unfulfilled: Count | None = None
    packing: _Packing | None = None
    shipping: _Shipping | None = None


class _DetailedBreakdown(_Wire, frozen=True):
    subtype: str | None = None
    value: _Money | None = None


class _Breakdown(_Wire, frozen=True):
    type: str | None = None
    subtotal: _Money | None = None


class _ItemBreakdown(_Breakdown, frozen=True):
    detailed_breakdowns: tuple[_DetailedBreakdown, ...] | None = None


class _ItemProceeds(_Wire, frozen=True):
    breakdowns: tuple[_ItemBreakdown, ...] | None = None


class _TaxCalculation(_Wire, frozen=True):
    reporting_scheme: str | None = None


class _TaxCollection(_Wire, frozen=True):
    model: str | None = None
    responsible_party: str | None = None


class _ItemTax(_Wire, frozen=True):
    tax_calculation_breakdowns: tuple[_TaxCalculation, ...] | None = None
    tax_collections: tuple[_TaxCollection, ...] | None = None


class _Item(_Wire, frozen=True):
    order_item_id: str
    quantity_ordered: Count
    product: _Product
    programs: tuple[str, ...] | None = None
    cancellation: _Cancellation | None = None
    fulfillment: _ItemFulfillment | None = None
    proceeds: _ItemProceeds | None = None
    tax: _ItemTax | None = None


class _SalesChannel(_Wire, frozen=True):
    marketplace_id: str | None = None


class _Fulfillment(_Wire, frozen=True):
    fulfillment_status: str
    fulfilled_by: str | None = None
    fulfillment_service_level: str | None = None
    ship_by_window: _Range | None = None
    deliver_by_window: _Range | None = None
    label_printing_window: _Range | None = None


class _PackageStatus(_Wire, frozen=True):
    status: str | None = None
    detailed_status: str | None = None


class _PackageItem(_Wire, frozen=True):
    order_item_id: str
    quantity: Count


class _Package(_Wire, frozen=True):
    package_reference_id: str
    package_status: _PackageStatus | None = None
    carrier: str | None = None
    ship_time: Moment | None = None
    shipping_service: str | None = None
    tracking_number: str | None = None
    package_items: tuple[_PackageItem, ...] | None = None


class _Proceeds(_Wire, frozen=True):
    grand_total: _Money | None = None
    breakdowns: tuple[_Breakdown, ...] | None = None


class _AssociatedOrder(_Wire, frozen=True):
    order_id: str | None = None
    association_type: str | None = None


class _TaxRegistration(_Wire, frozen=True):
    entity_type: str | None = None
    legal_name: str | None = None
    tax_registration_type: str | None = None
    tax_registration_number: str | None = None


class _Tax(_Wire, frozen=True):
    tax_registrations: tuple[_TaxRegistration, ...] | None = None


class WireOrder(_Wire, frozen=True):
    """An order; the parts that may be missing have a default."""

    order_id: str
    created_time: Moment
    last_updated_time: Moment
    sales_channel: _SalesChannel
    order_items: tuple[_Item, ...]
    fulfillment: _Fulfillment
    programs: tuple[str, ...] | None = None
    associated_orders: tuple[_AssociatedOrder, ...] | None = None
    buyer: _Buyer | None = None
    recipient: _Recipient | None = None
    proceeds: _Proceeds | None = None
    tax: _Tax | None = None
    packages: tuple[_Package, ...] | None = None

    def __post_init__(self) -> None:
        """Without these two nobody knows what is new. The decoder names the place (its `ValidationError`)."""
        if not (in_our_time(self.created_time) and in_our_time(self.last_updated_time)):
            raise ValueError(services.NO_SUCH_TIME)


class Pagination(_Wire, frozen=True):
    """Where the next page is; absent on the last one."""

    next_token: str | None = None


class WirePage(_Wire, frozen=True):
    """The answer of searchOrders."""

    orders: tuple[WireOrder, ...]
    pagination: Pagination | None = None


class LoosePage(_Wire, frozen=True):
    """The same with each part as it came, for a page on which one cannot be read."""

    orders: tuple[object, ...]
    pagination: object = None


class WireAnswer(_Wire, frozen=True):
    """The answer of getOrder."""

    order: WireOrder


def to_order(wire: WireOrder) -> Order:
    """The order as the rest of amzlink knows it; what Amazon left out is None, or empty."""
    fulfillment = wire.fulfillment
    total = wire.proceeds.grand_total if wire.proceeds else None
    window, label = fulfillment.ship_by_window, fulfillment.label_printing_window
    deliver = fulfillment.deliver_by_window
    closed = fulfillment.fulfillment_status in ("SHIPPED", "CANCELLED")
    return Order(
        order_id=OrderId(wire.order_id),
        marketplace_id=wire.sales_channel.marketplace_id,
        status=fulfillment.fulfillment_status,
        fulfilled_by=fulfillment.fulfilled_by,
        purchased_at=wire.created_time,
        changed_at=wire.last_updated_time,
        ship_by=in_our_time(window.latest_date_time) if window else None,
        deliver_by=in_our_time(deliver.latest_date_time) if deliver else None,
        label_from=in_our_time(label.earliest_date_time) if label else None,
        service_level=fulfillment.fulfillment_service_level,
        programs=wire.programs or (),
        replaces=_replaced(wire.associated_orders) if wire.associated_orders else None,
        total=total.amount if total else None,
        currency=total.currency_code if total else None,
        lines=tuple([_to_line(item, closed=closed) for item in wire.order_items]),
        packages=tuple([_to_package(package) for package in wire.packages]) if wire.packages else (),
        personal=_to_personal(wire),
        money=_to_money(wire),
    )


def _to_money(wire: WireOrder) -> Money:
    parts = _to_parts(wire.proceeds.breakdowns if wire.proceeds else None)
    lines = {
        item.order_item_id: LineMoney(
            parts=_to_parts(item.proceeds.breakdowns if item.proceeds else None),
            tax_collections=tuple(
                [TaxCollection(each.model, each.responsible_party) for each in item.tax.tax_collections or ()]
            )
            if item.tax
            else (),
            schemes=tuple(
                [each.reporting_scheme for each in item.tax.tax_calculation_breakdowns or () if each.reporting_scheme]
            )
            if item.tax
            else (),
        )
        for item in wire.order_items
        if item.proceeds or item.tax
    }
    return Money(parts=parts, lines=lines) if parts or lines else NO_MONEY


def _to_parts(breakdowns: Iterable[_Breakdown] | None) -> tuple[Part, ...]:
    """The tax first, the others as Amazon lists them; what has no kind or no amount is left out."""
    if not breakdowns:
        return ()
    parts = [
        Part(
            each.type,
            each.subtotal.amount,
            each.subtotal.currency_code,
            _to_details(each),
        )
        for each in breakdowns
        if each.type and each.subtotal
    ]
    if len(parts) > 1:
        parts.sort(key=lambda part: part.kind != _TAX)
    return tuple(parts)


def _to_details(breakdown: _Breakdown) -> tuple[Amount, ...]:
    if not isinstance(breakdown, _ItemBreakdown) or not breakdown.detailed_breakdowns:
        return ()
    return tuple(
        [
            Amount(detail.subtype, detail.value.amount, detail.value.currency_code)
            for detail in breakdown.detailed_breakdowns
            if detail.subtype and detail.value
        ]
    )


def _replaced(associated: Iterable[_AssociatedOrder]) -> str | None:
    return next((order.order_id for order in associated if order.association_type == "REPLACEMENT_ORIGINAL_ID"), None)


def _to_line(item: _Item, *, closed: bool) -> OrderLine:
    product, fulfillment = item.product, item.fulfillment
    price = product.price.unit_price if product.price else None
    unshipped = fulfillment.quantity_unfulfilled if fulfillment else None
    if closed:
        unshipped = 0  # whatever is counted: what a cancelled line leaves open is not to be shipped any more
    elif unshipped is None or unshipped > item.quantity_ordered:
        unshipped = item.quantity_ordered
    shipping = fulfillment.shipping if fulfillment else None
    abroad = shipping.international_shipping if shipping else None
    constraints = shipping.shipping_constraints if shipping else None
    gift = fulfillment.packing.gift_option if fulfillment and fulfillment.packing else None
    cancellation = item.cancellation
    request = cancellation.cancellation_request if cancellation else None
    return OrderLine(
        order_item_id=item.order_item_id,
        sku=product.seller_sku,
        asin=product.asin,
        title=product.title,
        quantity=item.quantity_ordered,
        quantity_unshipped=unshipped,
        unit_price=price.amount if price else None,
        currency=price.currency_code if price else None,
        programs=item.programs or (),
        ioss_number=abroad.ioss_number if abroad else None,
        # A request that was carried out is history (docs/services/amazon.md, "What an order contains").
        cancellation_requested=bool(
            request and request.requester == "BUYER" and cancellation and cancellation.cancellation_execution is None
        ),
        demands=tuple(sorted(name for name, value in constraints.items() if value == _MANDATORY))
        if constraints
        else (),
        gift_wrap=(gift.gift_wrap_level or None) if gift else None,
        customised=bool(product.customization and product.customization.customized_url),
    )


def _to_package(package: _Package) -> Package:
    status = package.package_status
    return Package(
        reference=package.package_reference_id,
        status=status.status if status else None,
        detailed_status=status.detailed_status if status else None,
        carrier=package.carrier,
        service=package.shipping_service,
        shipped_at=in_our_time(package.ship_time),
        items=tuple([PackageItem(item.order_item_id, item.quantity) for item in package.package_items or ()]),
    )


def _to_personal(wire: WireOrder) -> PersonalData:
    gifts, urls = _from_items(wire.order_items)
    tracking = {p.package_reference_id: p.tracking_number for p in wire.packages or () if p.tracking_number}
    registrations = (wire.tax.tax_registrations if wire.tax else None) or ()
    if not (wire.buyer or wire.recipient or gifts or urls or tracking or registrations):
        return NOTHING_PERSONAL
    return PersonalData(
        buyer=_to_buyer(wire.buyer) if wire.buyer else Buyer(),
        recipient=_to_recipient(wire.recipient) if wire.recipient else Recipient(),
        gift_messages=gifts,
        customization_urls=urls,
        tracking_numbers=tracking,
        tax_registrations=tuple(
            [
                TaxRegistration(
                    entity_type=entry.entity_type,
                    type=entry.tax_registration_type,
                    number=entry.tax_registration_number,
                    legal_name=entry.legal_name,
                )
                for entry in registrations
                if entry.entity_type == "BUYER"
            ]
        ),
    )


def _from_items(items: Iterable[_Item]) -> tuple[dict[str, str], dict[str, str]]:
    gifts: dict[str, str] = {}
    urls: dict[str, str] = {}
    for item in items:
        packing = item.fulfillment.packing if item.fulfillment else None
        if packing and packing.gift_option and packing.gift_option.gift_message:
            gifts[item.order_item_id] = packing.gift_option.gift_message
        if item.product.customization and item.product.customization.customized_url:
            urls[item.order_item_id] = item.product.customization.customized_url
    return gifts, urls


def _to_buyer(buyer: _Buyer) -> Buyer:
    return Buyer(
        name=buyer.buyer_name or None,
        email=buyer.buyer_email or None,
        company_name=buyer.buyer_company_name or None,
        purchase_order_number=buyer.buyer_purchase_order_number or None,
    )


def _to_recipient(recipient: _Recipient) -> Recipient:
    address, preference = recipient.delivery_address or _Address(), recipient.delivery_preference
    extended = address.extended_fields or _ExtendedFields()
    return Recipient(
        name=address.name or None,
        company_name=address.company_name or None,
        address_line_1=address.address_line1 or None,
        address_line_2=address.address_line2 or None,
        address_line_3=address.address_line3 or None,
        street_name=extended.street_name or None,
        street_number=extended.street_number or None,
        complement=extended.complement or None,
        neighborhood=extended.neighborhood or None,
        city=address.city or None,
        district_or_county=address.district_or_county or None,
        municipality=address.municipality or None,
        state_or_region=address.state_or_region or None,
        postal_code=address.postal_code or None,
        country_code=address.country_code or None,
        phone=address.phone or None,
        address_type=address.address_type or None,
        drop_off_location=(preference.drop_off_location or None) if preference else None,
        address_instruction=(preference.address_instruction or None) if preference else None,
    )
