"""Orders API 2026-01-01: searchOrders and getOrder."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.marketplaces import Region
from amzlink.amazon.order_json import LoosePage, Pagination, WireAnswer, WireOrder, WirePage, to_order
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import SpApiClient
from amzlink.clock import to_iso
from amzlink.core.orders.order import Order
from amzlink.http.bodies import UNREADABLE
from amzlink.problems import ProblemName, services
from amzlink.problems.failures import NotFound
from amzlink.problems.orders import UNKNOWN_TO_AMAZON

_PATH: Final = "/orders/2026-01-01/orders"
_ROLE: Final = "Inventory and Order Tracking"
SEARCH_ORDERS: Final = Operation("searchOrders", 0.0056, 20, _ROLE)
GET_ORDER: Final = Operation("getOrder", 0.5, 30, _ROLE)
PAGE_SIZE: Final = 100
DATASETS: Final = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,TAX"

# Amazon's static sandbox answers only requests that its model lists word for word (docs/services/amazon.md,
# "Amazon's sandbox").
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


class UnreadableOrder(msgspec.Struct, frozen=True):
    """An order that could not be read. `message` names the field, never its content."""

    order_id: str
    problem: ProblemName
    message: str


class OrdersPage(msgspec.Struct, frozen=True):
    """One page: the orders that could be read, those that could not, and the token of the next page."""

    orders: tuple[Order, ...]
    refused: tuple[UnreadableOrder, ...]
    next_token: str | None


_decode_page: Final = msgspec.json.Decoder(WirePage).decode
_decode_order: Final = msgspec.json.Decoder(WireOrder).decode
_decode_answer: Final = msgspec.json.Decoder(WireAnswer).decode


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


def search_orders(link: SpApiClient, query: Mapping[str, str], page_token: str | None = None) -> OrdersPage:
    """One page of the orders that a query asks for. The query must be the same for all pages of a search.

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed` when not even the page can be read.
        DeadPageToken: the search has to be started again.
    """
    answer = link.get(SEARCH_ORDERS, _PATH, {**query, "paginationToken": page_token} if page_token else query)
    try:
        page = _decode_page(answer.body)
    except UNREADABLE:
        return _page_with_faults(link, answer.body, answer.request_id)
    return OrdersPage(tuple(map(to_order, page.orders)), (), _next_token(page.pagination))


def get_order(link: SpApiClient, order_id: str) -> Order:
    """One order by its id, however old its last change.

    Raises:
        Problem: `order-not-found`, `response-malformed`, or as `SpApiClient.get`.
    """
    try:
        answer = link.get(GET_ORDER, f"{_PATH}/{quote(order_id, safe='')}", {"includedData": DATASETS})
    except NotFound as failure:
        raise failure.named(ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=UNKNOWN_TO_AMAZON) from None
    try:
        return to_order(_decode_answer(answer.body).order)
    except msgspec.ValidationError as error:
        raise link.malformed(GET_ORDER, answer.request_id, str(error)) from error
    except UNREADABLE as error:
        raise link.malformed(GET_ORDER, answer.request_id, _cut_off(answer.body)) from error


def _page_with_faults(link: SpApiClient, body: bytes, request_id: str) -> OrdersPage:
    """Read a page order by order, so that one that cannot be read does not hold back the others.

    Python's own decoder takes the page apart, because it lets damaged text through (half a surrogate pair; and bytes
    that are no UTF-8 are made into such halves): the damage then comes to light in its own order and in no other.
    """
    try:
        page = msgspec.convert(json.loads(body.decode("utf-8", "surrogateescape")), LoosePage)
    except msgspec.ValidationError as error:
        raise link.malformed(SEARCH_ORDERS, request_id, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise link.malformed(SEARCH_ORDERS, request_id, _cut_off(body)) from error
    orders: list[Order] = []
    refused: list[UnreadableOrder] = []
    for entry in page.orders:
        try:
            orders.append(to_order(_decode_order(json.dumps(entry))))
        except msgspec.ValidationError as error:
            refused.append(UnreadableOrder(_id_of(entry), ProblemName.RESPONSE_MALFORMED, str(error)))
        except msgspec.DecodeError:
            refused.append(UnreadableOrder(_id_of(entry), ProblemName.RESPONSE_MALFORMED, services.DAMAGED_TEXT))
    return OrdersPage(tuple(orders), tuple(refused), _next_token(page.pagination))


def _id_of(entry: object) -> str:
    order_id = entry.get("orderId") if isinstance(entry, dict) else None
    return order_id if isinstance(order_id, str) and order_id.isascii() else ""


def _cut_off(body: bytes) -> str:
    return services.cut_off(len(body)) if body.strip() else services.EMPTY


def _next_token(pagination: Pagination | None) -> str | None:
    return (pagination.next_token or None) if pagination else None
