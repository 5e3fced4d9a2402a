"""Orders API 2026-01-01: searchOrders and getOrder.

The structs name only what amzlink uses; unknown fields are passed over and unknown values kept as they came.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.errors import UNREADABLE
from amzlink.amazon.marketplaces import Region
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import Link
from amzlink.clock import to_iso
from amzlink.core.orders import (
    NOTHING_PERSONAL,
    Buyer,
    Order,
    OrderId,
    OrderLine,
    Package,
    PackageItem,
    PersonalData,
    Recipient,
    TaxRegistration,
)
from amzlink.problems import Problem

_PATH: Final = "/orders/2026-01-01/orders"
_ROLE: Final = "Inventory and Order Tracking"
SEARCH_ORDERS: Final = Operation("searchOrders", 0.0056, 20, _ROLE)
GET_ORDER: Final = Operation("getOrder", 0.5, 30, _ROLE)
PAGE_SIZE: Final = 100
DATASETS: Final = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,TAX"

# Amazon's static sandbox answers only requests that its model lists word for word (facts 11).
SANDBOX_QUERIES: Final[Mapping[Region, Mapping[str, str]]] = {
    "na": {
        "createdAfter": "2024-12-20T00:00:00Z",
        "marketplaceIds": "A2Q3Y263D00KWC",
        "includedData": "BUYER,RECIPIENT,PROCEEDS,FULFILLMENT,TAX,PAYMENT",
    },
    "eu": {
        "createdAfter": "2024-12-23T00:00:00Z",
        "marketplaceIds": "A1F83G8C2ARO7P",
        "includedData": "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES",
        "paginationToken": "9ZhB4RmVyc2lvbiAxLjAgb2YgdGhl",
    },
    "fe": {
        "createdAfter": "2024-12-25T00:00:00Z",
        "marketplaceIds": "A1VC38T7YXB528",
        "includedData": "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES",
    },
}


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """JSON in Amazon's camel case. Without cycles, so that the garbage collector need not look."""


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
    gift_message: str | None = None


class _Packing(_Wire, frozen=True):
    gift_option: _GiftOption | None = None


class _InternationalShipping(_Wire, frozen=True):
    ioss_number: str | None = None


class _Shipping(_Wire, frozen=True):
    international_shipping: _InternationalShipping | None = None


class _ItemFulfillment(_Wire, frozen=True):
    quantity_fulfilled: int | None = None
    quantity_unfulfilled: int | None = None
    packing: _Packing | None = None
    shipping: _Shipping | None = None


class _Item(_Wire, frozen=True):
    order_item_id: str
    quantity_ordered: int
    product: _Product
    programs: tuple[str, ...] | None = None
    cancellation: _Cancellation | None = None
    fulfillment: _ItemFulfillment | None = None


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
    quantity: int


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


class _Order(_Wire, frozen=True):
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


class _Pagination(_Wire, frozen=True):
    next_token: str | None = None


class _Page(_Wire, frozen=True):
    orders: tuple[_Order, ...]
    pagination: _Pagination | None = None


class _LoosePage(_Wire, frozen=True):
    orders: tuple[object, ...]
    pagination: _Pagination | None = None


class _Answer(_Wire, frozen=True):
    order: _Order


class Refused(msgspec.Struct, frozen=True):
    """An order that could not be read. `message` names the field, never its content."""

    order_id: str
    problem: str
    message: str


class OrdersPage(msgspec.Struct, frozen=True):
    """One page: the orders that could be read, those that could not, and the token of the next page."""

    orders: tuple[Order, ...]
    refused: tuple[Refused, ...]
    next_token: str | None


_decode_page: Final = msgspec.json.Decoder(_Page).decode
_decode_order: Final = msgspec.json.Decoder(_Order).decode
_decode_answer: Final = msgspec.json.Decoder(_Answer).decode


def changed_between(start: datetime, end: datetime, marketplace_ids: Sequence[str]) -> dict[str, str]:
    """The query for all merchant-fulfilled orders that changed in a span; both ends belong to it."""
    return {
        "lastUpdatedAfter": to_iso(start),
        "lastUpdatedBefore": to_iso(end),
        "marketplaceIds": ",".join(marketplace_ids),
        "fulfilledBy": "MERCHANT",
        "maxResultsPerPage": str(PAGE_SIZE),
        "includedData": DATASETS,
    }


def to_ship_created_between(
    start: datetime, end: datetime, marketplace_ids: Sequence[str], page_size: int = PAGE_SIZE
) -> dict[str, str]:
    """The query for all orders of a span that the merchant has still to ship."""
    return {
        "createdAfter": to_iso(start),
        "createdBefore": to_iso(end),
        "marketplaceIds": ",".join(marketplace_ids),
        "fulfillmentStatuses": "UNSHIPPED,PARTIALLY_SHIPPED",
        "fulfilledBy": "MERCHANT",
        "maxResultsPerPage": str(page_size),
        "includedData": DATASETS,
    }


def any_between(start: datetime, end: datetime, marketplace_ids: Sequence[str]) -> dict[str, str]:
    """The query for a few orders of any kind, Amazon-fulfilled ones too, without anything personal in them."""
    return {
        "createdAfter": to_iso(start),
        "createdBefore": to_iso(end),
        "marketplaceIds": ",".join(marketplace_ids),
        "maxResultsPerPage": "20",
        "includedData": "FULFILLMENT",
    }


def search_orders(link: Link, query: Mapping[str, str], page_token: str | None = None) -> OrdersPage:
    """One page of the orders that a query asks for. The query must be the same for all pages of a search.

    Raises:
        Problem: as `Link.get`, or `response-malformed` when not even the page can be read.
        DeadPageToken: the search has to be started again.
    """
    answer = link.get(SEARCH_ORDERS, _PATH, {**query, "paginationToken": page_token} if page_token else query)
    try:
        page = _decode_page(answer.body)
    except UNREADABLE:
        return _page_with_faults(link, answer.body, answer.request_id)
    return OrdersPage(tuple(map(_to_order, page.orders)), (), _next_token(page.pagination))


def get_order(link: Link, order_id: str) -> Order:
    """One order by its id, however old its last change.

    Raises:
        Problem: `order-not-found`, `response-malformed`, or as `Link.get`.
    """
    try:
        answer = link.get(GET_ORDER, f"{_PATH}/{quote(order_id, safe='')}", {"includedData": DATASETS})
    except Problem as problem:
        if problem.name == "order-not-found":
            raise problem.with_facts(order_id=order_id, detail="to Amazon") from None
        raise
    try:
        return _to_order(_decode_answer(answer.body).order)
    except msgspec.ValidationError as error:
        raise link.malformed(GET_ORDER, answer.request_id, str(error)) from error
    except UNREADABLE as error:
        raise link.malformed(GET_ORDER, answer.request_id, _cut_off(answer.body)) from error


def _page_with_faults(link: Link, body: bytes, request_id: str) -> OrdersPage:
    """Read a page order by order, so that one that cannot be read does not hold back the others.

    Python's own decoder takes the page apart, because it lets damaged text through (half a surrogate pair; and bytes
    that are no UTF-8 are made into such halves): the damage then comes to light in its own order and in no other.
    """
    try:
        page = msgspec.convert(json.loads(body.decode("utf-8", "surrogateescape")), _LoosePage)
    except msgspec.ValidationError as error:
        raise link.malformed(SEARCH_ORDERS, request_id, str(error)) from error
    except ValueError as error:
        raise link.malformed(SEARCH_ORDERS, request_id, _cut_off(body)) from error
    orders: list[Order] = []
    refused: list[Refused] = []
    for entry in page.orders:
        try:
            orders.append(_to_order(_decode_order(json.dumps(entry))))
        except msgspec.ValidationError as error:
            refused.append(Refused(_id_of(entry), "response-malformed", str(error)))
        except msgspec.DecodeError:
            refused.append(Refused(_id_of(entry), "response-malformed", "its text is damaged"))
    return OrdersPage(tuple(orders), tuple(refused), _next_token(page.pagination))


def _id_of(entry: object) -> str:
    order_id = entry.get("orderId") if isinstance(entry, dict) else None
    return order_id if isinstance(order_id, str) and order_id.isascii() else ""


def _cut_off(body: bytes) -> str:
    return "it is empty" if not body.strip() else f"it ends in the middle, or is no JSON ({len(body)} bytes)"


def _next_token(pagination: _Pagination | None) -> str | None:
    return (pagination.next_token or None) if pagination else None


def _to_order(wire: _Order) -> Order:
    fulfillment = wire.fulfillment
    total = wire.proceeds.grand_total if wire.proceeds else None
    window, label = fulfillment.ship_by_window, fulfillment.label_printing_window
    closed = fulfillment.fulfillment_status in ("SHIPPED", "CANCELLED")
    return Order(
        order_id=OrderId(wire.order_id),
        marketplace_id=wire.sales_channel.marketplace_id,
        status=fulfillment.fulfillment_status,
        fulfilled_by=fulfillment.fulfilled_by,
        purchased_at=wire.created_time,
        changed_at=wire.last_updated_time,
        ship_by=window.latest_date_time if window else None,
        deliver_by=fulfillment.deliver_by_window.latest_date_time if fulfillment.deliver_by_window else None,
        label_from=label.earliest_date_time if label else None,
        service_level=fulfillment.fulfillment_service_level,
        programs=wire.programs or (),
        replaces=_replaced(wire.associated_orders) if wire.associated_orders else None,
        total=total.amount if total else None,
        currency=total.currency_code if total else None,
        lines=tuple([_to_line(item, closed=closed) for item in wire.order_items]),
        packages=tuple([_to_package(package) for package in wire.packages]) if wire.packages else (),
        personal=_to_personal(wire),
    )


def _replaced(associated: Iterable[_AssociatedOrder]) -> str | None:
    return next((order.order_id for order in associated if order.association_type == "REPLACEMENT_ORIGINAL_ID"), None)


def _to_line(item: _Item, *, closed: bool) -> OrderLine:
    product, fulfillment = item.product, item.fulfillment
    price = product.price.unit_price if product.price else None
    unshipped = fulfillment.quantity_unfulfilled if fulfillment else None
    if closed:
        unshipped = 0  # whatever is counted: what a cancelled line leaves open is not to be shipped any more
    elif unshipped is None:
        unshipped = item.quantity_ordered
    shipping = fulfillment.shipping if fulfillment else None
    abroad = shipping.international_shipping if shipping else None
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
        # A request that was carried out is history (facts 4.3).
        cancellation_requested=bool(
            request and request.requester == "BUYER" and cancellation and cancellation.cancellation_execution is None
        ),
    )


def _to_package(package: _Package) -> Package:
    status = package.package_status
    return Package(
        reference=package.package_reference_id,
        status=status.status if status else None,
        detailed_status=status.detailed_status if status else None,
        carrier=package.carrier,
        service=package.shipping_service,
        shipped_at=package.ship_time,
        items=tuple([PackageItem(item.order_item_id, item.quantity) for item in package.package_items or ()]),
    )


def _to_personal(wire: _Order) -> PersonalData:
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
