"""The control calls, by which a person or a test steers the sandbox; Amazon has nothing like them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.clock import iso
from amzlink.sandbox.control_bodies import BadCallError, read_body, read_names
from amzlink.sandbox.faults import FAULTS
from amzlink.sandbox.listings_control import answer_for_listing, change_listings, list_listings
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.order_plan import Story
from amzlink.sandbox.orders_control import add_orders, answer_for_order, list_orders, open_shop
from amzlink.sandbox.sendcloud import control as sendcloud
from amzlink.sandbox.world import World

ROOT: Final = "/control"
_MOST_MEGABYTES: Final = 10_000
_FURTHEST_SECONDS: Final = 366 * 86_400
_MOST_SECONDS: Final = 86_400


def handle(world: World, request: Request) -> Response:
    """The answer to a control call."""
    route = request.path.removeprefix(ROOT).strip("/").split("/")
    try:
        return json_response(200, _answer(world, request, route))
    except BadCallError as error:
        return json_response(error.status, {"error": str(error)})


def _answer(world: World, request: Request, route: list[str]) -> Json:
    match route:
        case [name] if (request.method, name) in _CALLS:
            return _CALLS[request.method, name](world, request)
        case ["sendcloud", *rest]:
            return sendcloud.answer(world.sendcloud, request, rest)
        case ["orders", order_id] if request.method in {"GET", "POST"}:
            return answer_for_order(world, request, order_id)
        case ["listings", sku] if request.method in {"GET", "POST"}:
            return answer_for_listing(world, request, sku)
    raise BadCallError(f"no such control call: {request.method} {request.path}", 404)


def _tell_state(world: World, _request: Request) -> Json:
    statuses = {status.value: 0 for status in Story}
    for order in world.orders.values():
        statuses[order.status.value] += 1
    return {
        "now": iso(world.now()),
        "clock_moved_seconds": world.clock.offset.total_seconds(),
        "quota": world.quota.mode,
        "orders": {"total": len(world.orders), "shippable": len(world.shippable()), "by_status": statuses},
        "calls": world.count_calls(),
        "faults": world.faults.names,
        "damaged_orders": world.faults.damaged_orders(),
    }


def _list_faults(world: World, _request: Request) -> Json:
    return {"faults": {fault.name: fault.description for fault in FAULTS.values()}, "on": world.faults.names}


def _switch_faults(world: World, request: Request) -> Json:
    body = read_body(request)
    on, off, after = read_names(body, "on"), read_names(body, "off"), _read_after(body)
    try:
        if after is None:
            world.faults.switch(on=on, off=off)
        else:
            world.faults.plan(world.clock.now() + after, on=on, off=off)
    except ValueError as error:
        raise BadCallError(str(error)) from None
    return {"on": world.faults.names}


def _read_after(body: Json) -> timedelta | None:
    seconds = body.get("after")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _FURTHEST_SECONDS:
        raise BadCallError(f'"after" is a number of seconds, less than {_FURTHEST_SECONDS}')
    return timedelta(seconds=seconds)


def _move_clock(world: World, request: Request) -> Json:
    seconds = read_body(request).get("advance")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadCallError('"advance" is a number of seconds')
    try:
        world.clock.advance(timedelta(seconds=seconds))
        world.now()
    except (ValueError, OverflowError) as error:
        raise BadCallError(str(error)) from None
    return {"now": iso(world.now())}


def _renew_authorisation(world: World, _request: Request) -> Json:
    return {"refresh_token": world.renew_authorisation()}


def _list_shipments(world: World, _request: Request) -> Json:
    return {"shipments": world.ledger.tell(world.orders)}


def _set_feed_time(world: World, request: Request) -> Json:
    seconds = _read_seconds(request, "a feed")
    world.feeds.job_time = timedelta(seconds=seconds)
    return {"seconds": seconds}


def _set_patch_time(world: World, request: Request) -> Json:
    seconds = _read_seconds(request, "a change to a listing")
    world.patches.patch_time = timedelta(seconds=seconds)
    return {"seconds": seconds}


def _set_report_time(world: World, request: Request) -> Json:
    seconds = _read_seconds(request, "a report")
    world.reports.job_time = timedelta(seconds=seconds)
    return {"seconds": seconds}


def _read_seconds(request: Request, what: str) -> float:
    seconds = read_body(request).get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < _MOST_SECONDS:
        raise BadCallError(f'"seconds" is how long {what} takes, less than {_MOST_SECONDS}')
    return seconds


def _set_size(world: World, request: Request) -> Json:
    megabytes = read_body(request).get("megabytes")
    if isinstance(megabytes, bool) or not isinstance(megabytes, int) or not 0 < megabytes <= _MOST_MEGABYTES:
        raise BadCallError(f'"megabytes" is the size of huge answers, at most {_MOST_MEGABYTES}')
    world.faults.megabytes = megabytes
    return {"megabytes": megabytes}


_CALLS: Final[Mapping[tuple[str, str], Callable[[World, Request], Json]]] = MappingProxyType(
    {
        ("GET", "state"): _tell_state,
        ("GET", "faults"): _list_faults,
        ("POST", "faults"): _switch_faults,
        ("POST", "clock"): _move_clock,
        ("POST", "refresh-token"): _renew_authorisation,
        ("GET", "orders"): list_orders,
        ("POST", "orders"): add_orders,
        ("GET", "shipments"): _list_shipments,
        ("POST", "feeds"): _set_feed_time,
        ("GET", "listings"): list_listings,
        ("POST", "listings"): change_listings,
        ("POST", "patches"): _set_patch_time,
        ("POST", "reports"): _set_report_time,
        ("POST", "bodies"): _set_size,
        ("POST", "marketplaces"): open_shop,
    }
)
