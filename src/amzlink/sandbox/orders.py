"""The Orders API, version 2026-01-01."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.clock import iso, whole_seconds
from amzlink.sandbox.messages import Response, encode, raw_json
from amzlink.sandbox.order import Order
from amzlink.sandbox.pagination import Place, fingerprint, make_token, read_token
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.refusals import not_valid, page_token_dead, query_changed, refusal
from amzlink.sandbox.world import World

LAG: Final = timedelta(minutes=2)  # what is younger is not searched yet
REACH: Final = timedelta(days=2 * 365)  # older orders simply do not come
DEFAULT_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Window:
    """The time span of a search, both ends included; `field` is `created` or `lastUpdated`."""

    field: str
    start: datetime
    end: datetime

    def holds(self, order: Order) -> bool:
        """Whether the order's time of that kind is inside."""
        return self.start <= (order.created if self.field == "created" else order.updated) <= self.end


def search_orders(world: World, arguments: Arguments) -> Response:
    """One page of the orders of a window."""
    now = world.now()
    window = _read_window(arguments, now)
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    after, query = "", fingerprint(arguments.raw)
    token = arguments.text("paginationToken")
    if token is not None:
        place = read_token(token)
        if place is None or not place.is_alive(now):
            return page_token_dead()
        if place.query != query:
            return query_changed()
        after, window = place.after, Window(window.field, window.start, place.cutoff)
    size = arguments.number("maxResultsPerPage", DEFAULT_PAGE)
    # One more than the page holds shows whether another page follows.
    found = _find(world, _make_filter(window, arguments, now), after, size + 1)
    page = found[:size]
    next_token = make_token(Place(page[-1].key, window.end, query, now)) if len(found) > size else None
    return raw_json(200, _write_page(page, frozenset(arguments.items("includedData")), window, next_token, now))


def get_order(world: World, arguments: Arguments) -> Response:
    """One order by its id."""
    order_id = arguments.text("orderId") or ""
    order = world.orders.get(order_id)
    if order is None or world.now() - order.created > REACH:
        return refusal(404, "NotFound", "The requested order was not found.", order_id)
    datasets = frozenset(arguments.items("includedData"))
    return raw_json(200, b'{"order":' + order.render(datasets, world.now()) + b"}")


def _read_window(arguments: Arguments, now: datetime) -> Window:
    given = [field for field in ("created", "lastUpdated") if arguments.has(f"{field}After")]
    if len(given) != 1:
        raise not_valid("createdAfter or lastUpdatedAfter", "Exactly one of them must be given.")
    field = given[0]
    other = "lastUpdatedBefore" if field == "created" else "createdBefore"
    if arguments.has(other):
        raise not_valid(other, f"It cannot be combined with {field}After.")
    start, end = arguments.time(f"{field}After"), arguments.time(f"{field}Before")
    latest = now - LAG
    if start is None:  # the table has checked every time that is given
        raise not_valid(f"{field}After", "It is no time.")
    if end is not None and end > latest:
        raise not_valid(f"{field}Before", "It must be at least two minutes before the request.")
    if start > (end or latest):
        raise not_valid(f"{field}After", f"It must not be later than {field}Before, or than two minutes ago.")
    return Window(field, start, end or whole_seconds(latest))


def _make_filter(window: Window, arguments: Arguments, now: datetime) -> Callable[[Order], bool]:
    marketplaces = frozenset(arguments.items("marketplaceIds"))
    statuses = frozenset(arguments.items("fulfillmentStatuses"))
    fulfilled_by = frozenset(arguments.items("fulfilledBy"))
    oldest = now - REACH

    def matches(order: Order) -> bool:
        return (
            window.holds(order)
            and order.created >= oldest
            and (not marketplaces or order.marketplace_id in marketplaces)
            and (not statuses or order.status in statuses)
            and (not fulfilled_by or order.fulfilled_by in fulfilled_by)
        )

    return matches


def _find(world: World, matches: Callable[[Order], bool], after: str, count: int) -> list[Order]:
    """The first matching orders behind a page key.

    Pages follow the keys and not positions, so an order that leaves the result between two pages shifts no other one.
    """
    # The key is followed by an order id in the list; no id is as high as this, so the search goes on behind that key.
    start = bisect_right(world.paged, (after, "\uffff")) if after else 0
    rest = (world.orders[order_id] for _, order_id in islice(world.paged, start, None))
    return list(islice(filter(matches, rest), count))


def _write_page(
    page: list[Order], datasets: frozenset[str], window: Window, next_token: str | None, now: datetime
) -> bytes:
    """The page as JSON, put together from orders that are kept as JSON."""
    tail: dict[str, object] = {f"{window.field}Before": iso(window.end)}
    if next_token is not None:
        tail["pagination"] = {"nextToken": next_token}
    orders = b",".join(order.render(datasets, now) for order in page)
    return b'{"orders":[' + orders + b"]," + encode(tail)[1:]
