"""Orders API 2026-01-01: searchOrders and getOrder."""

import codecs
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.damaged_page import salvage
from amzlink.amazon.marketplaces import Region
from amzlink.amazon.order_json import LoosePage, Pagination, WireAnswer, WireOrder, WirePage, to_order
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import SpApiClient
from amzlink.clock import to_iso
from amzlink.core.orders.order import STATUSES, TO_SHIP, Order
from amzlink.http.bodies import UndecodableError, UnexpectedFormError, json_decoder
from amzlink.problems import ProblemName, services
from amzlink.problems.failures import NotFound, Unreadable
from amzlink.problems.orders import UNKNOWN_TO_AMAZON

_PATH: Final = "/orders/2026-01-01/orders"
_ROLE: Final = "Inventory and Order Tracking"
SEARCH_ORDERS: Final = Operation("searchOrders", 0.0056, 20, _ROLE)
GET_ORDER: Final = Operation("getOrder", 0.5, 30, _ROLE)
PAGE_SIZE: Final = 100
_LONGEST_TOKEN: Final = 6000
"""In characters. Amazon names no limit; a gateway commonly takes a request line of 8,000 bytes."""
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


class DamagedOrder(Unreadable):
    """What an answer tells of one order cannot be read. Others may be well."""


class OrdersPage(msgspec.Struct, frozen=True):
    """One page: the orders that could be read, those that could not, and the token of the next page.

    `unread` are the numbers of orders to be asked for one by one, because the page is damaged as a whole.
    `leads_nowhere`: there is a next page, and its token can be none that Amazon takes.
    """

    orders: tuple[Order, ...]
    refused: tuple[UnreadableOrder, ...]
    next_token: str | None
    unread: tuple[str, ...] = ()
    leads_nowhere: bool = False


_decode_page: Final = json_decoder(WirePage)
_decode_order: Final = json_decoder(WireOrder)
_decode_answer: Final = json_decoder(WireAnswer)


def changed_between(
    start: datetime, end: datetime, marketplace_ids: Sequence[str], *, all_but_to_ship: bool = False
) -> dict[str, str]:
    """The query for all merchant-fulfilled orders that changed in a span; both ends belong to it.

    `all_but_to_ship` leaves out those that are still to ship.
    """
    statuses = {"fulfillmentStatuses": ",".join(status for status in STATUSES if status not in TO_SHIP)}
    return {
        **(statuses if all_but_to_ship else {}),
        "lastUpdatedAfter": to_iso(start),
        "lastUpdatedBefore": to_iso(end),
        "marketplaceIds": ",".join(marketplace_ids),
        "fulfilledBy": "MERCHANT",
        "maxResultsPerPage": str(PAGE_SIZE),
        "includedData": DATASETS,
    }


def to_ship_changed_between(start: datetime, end: datetime, marketplace_ids: Sequence[str]) -> dict[str, str]:
    """The query for all orders that changed in a span and that the merchant has still to ship."""
    return {**changed_between(start, end, marketplace_ids), "fulfillmentStatuses": ",".join(sorted(TO_SHIP))}


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
    page = _read_page(link, answer.body, answer.request_id)
    if page.next_token and not can_be_sent(page.next_token):
        return msgspec.structs.replace(page, next_token=None, leads_nowhere=True)
    return page


def can_be_sent(page_token: str) -> bool:
    """Whether a page token fits into a request: one of foreign size or with control characters does not."""
    return len(page_token) <= _LONGEST_TOKEN and page_token.isprintable()


def _read_page(link: SpApiClient, body: bytes, request_id: str) -> OrdersPage:
    try:
        page = _decode_page(body)
    except UndecodableError:
        return _page_with_faults(link, body.removeprefix(codecs.BOM_UTF8), request_id)
    return OrdersPage(tuple(map(to_order, page.orders)), (), _next_token(page.pagination))


def get_order(link: SpApiClient, order_id: str) -> Order:
    """One order by its id, however old its last change.

    Raises:
        DamagedOrder: it cannot be read.
        Problem: `order-not-found`, or as `SpApiClient.get`.
    """
    try:
        answer = link.get(GET_ORDER, f"{_PATH}/{quote(order_id, safe='')}", {"includedData": DATASETS})
    except NotFound as failure:
        raise failure.named(ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=UNKNOWN_TO_AMAZON) from None
    try:
        order = to_order(_decode_answer(answer.body).order)
    except UnexpectedFormError as error:
        raise link.malformed(GET_ORDER, answer.request_id, str(error)).retyped(DamagedOrder) from error
    except UndecodableError as error:
        raise link.malformed(GET_ORDER, answer.request_id, _cut_off(answer.body)).retyped(DamagedOrder) from error
    if order.order_id != order_id:
        raise link.malformed(GET_ORDER, answer.request_id, services.ANOTHER_ORDER).retyped(DamagedOrder)
    return order


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
        return _page_by_numbers(link, body, request_id, error)
    orders: list[Order] = []
    refused: list[UnreadableOrder] = []
    for entry in page.orders:
        try:
            orders.append(to_order(_decode_order(json.dumps(entry))))
        except UnexpectedFormError as error:
            refused.append(UnreadableOrder(_id_of(entry), ProblemName.RESPONSE_MALFORMED, str(error)))
        except UndecodableError:
            refused.append(UnreadableOrder(_id_of(entry), ProblemName.RESPONSE_MALFORMED, services.DAMAGED_TEXT))
    try:
        token = _next_token(msgspec.convert(page.pagination, Pagination | None))
    except msgspec.ValidationError:
        return OrdersPage(tuple(orders), tuple(refused), None, leads_nowhere=True)
    return OrdersPage(tuple(orders), tuple(refused), token)


def _page_by_numbers(link: SpApiClient, body: bytes, request_id: str, error: Exception) -> OrdersPage:
    """A page that is no JSON: none of its orders is read, and all are named, as far as they have a number."""
    found = salvage(body)
    if found is None:
        raise link.malformed(SEARCH_ORDERS, request_id, _cut_off(body)) from error
    refused = (UnreadableOrder("", ProblemName.RESPONSE_MALFORMED, services.DAMAGED_TEXT),) * found.nameless
    return OrdersPage((), refused, found.next_token, found.order_ids)


def _id_of(entry: object) -> str:
    order_id = entry.get("orderId") if isinstance(entry, dict) else None
    return order_id if isinstance(order_id, str) and order_id.isascii() else ""


def _cut_off(body: bytes) -> str:
    return services.cut_off(len(body)) if body.strip() else services.EMPTY


def _next_token(pagination: Pagination | None) -> str | None:
    return (pagination.next_token or None) if pagination else None
