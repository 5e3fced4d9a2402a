"""The control calls for orders: which there are, new ones of any kind, and what happens to one of them."""

from datetime import timedelta
from typing import Any, Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.clock import iso
from amzlink.sandbox.control_bodies import BadCallError, read_body, read_names
from amzlink.sandbox.incomplete_orders import PARTS
from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.order import Order
from amzlink.sandbox.order_changes import CHANGES, ImpossibleChangeError
from amzlink.sandbox.order_plan import SELLABLE, Story
from amzlink.sandbox.parameters import parse_query
from amzlink.sandbox.world import World

_MOST_HOURS: Final = 30 * 24
_MOST_ADDED: Final = 100_000
_MERGE, _WITHHOLD = "merge", "withhold"
_FIXED: Final = ("orderId", "createdTime", "lastUpdatedTime")


def list_orders(world: World, request: Request) -> Json:
    """Ids of all orders, or of those with a status."""
    status = parse_query(request.query).get("status")
    if status is not None and status not in set(Story):
        raise BadCallError(f"no such status: {status}")
    found = [order for order in world.orders.values() if status in {None, order.status}]
    return {"orders": [order.order_id for order in found]}


def add_orders(world: World, request: Request) -> Json:
    """New orders, created now or over the hours before."""
    body = read_body(request)
    count, status, country = body.get("add"), body.get("status", Story.UNSHIPPED), body.get("country")
    hours = body.get("over_hours", 0)
    if isinstance(hours, bool) or not isinstance(hours, int) or not 0 <= hours <= _MOST_HOURS:
        raise BadCallError(f'"over_hours" is a number of hours, at most {_MOST_HOURS}')
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= _MOST_ADDED:
        raise BadCallError(f'"add" is a number of orders, at most {_MOST_ADDED}')
    if status not in {Story.UNSHIPPED, Story.PENDING, Story.PENDING_AVAILABILITY}:
        raise BadCallError("a new order is UNSHIPPED, PENDING or PENDING_AVAILABILITY")
    if country is not None and country not in SELLABLE:
        raise BadCallError(f'"country" is one of {", ".join(SELLABLE)}')
    kinds = read_names(body, "kinds") if "kinds" in body else None
    try:
        over = timedelta(hours=hours)
        return {"added": world.add_orders(count, Story(status), country=country, kinds=kinds, over=over)}
    except ValueError as error:
        raise BadCallError(str(error)) from None


def open_shop(world: World, request: Request) -> Json:
    """One more marketplace in which the seller participates."""
    country = read_body(request).get("open")
    if not isinstance(country, str) or country not in BY_COUNTRY:
        raise BadCallError(f'"open" is one of {", ".join(BY_COUNTRY)}')
    world.open_shop(BY_COUNTRY[country])
    return {"marketplace_ids": [marketplace.id for marketplace in world.marketplaces]}


def answer_for_order(world: World, request: Request, order_id: str) -> Json:
    """Shows or changes one order."""
    order = world.orders.get(order_id)
    if order is None:
        raise BadCallError(f"no such order: {order_id}", 404)
    if request.method == "GET":
        return {"order": order.body, "traits": sorted(order.traits)}
    _change(world, order, read_body(request))
    return {"order_id": order.order_id, "status": order.status.value, "last_updated": iso(order.updated)}


def _change(world: World, order: Order, body: Json) -> None:
    action = body.get("action")
    if action == _MERGE:
        _merge(world, order, body)
    elif action == _WITHHOLD:
        parts = read_names(body, "parts")
        if unknown := sorted(set(parts) - PARTS.keys()):
            raise BadCallError(f"no such parts: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        order.withhold(tuple(parts))
    elif isinstance(action, str) and action in CHANGES:
        try:
            CHANGES[action](order, world.now(), world.random())
        except ImpossibleChangeError as error:
            raise BadCallError(str(error)) from None
    else:
        raise BadCallError(f'"action" is one of {", ".join((*CHANGES, _MERGE, _WITHHOLD))}')


def _merge(world: World, order: Order, body: Json) -> None:
    patch = body.get("order")
    if not isinstance(patch, dict) or patch.keys() & set(_FIXED):
        raise BadCallError(f'"order" is an object with parts of the order, but none of {", ".join(_FIXED)}')
    merged = merge_patch(order.body, patch)
    order.body.clear()
    order.body.update(merged)
    if body.get("silently"):
        order.note_silently()
    else:
        order.change(world.now())


def merge_patch(document: Any, patch: Any) -> Any:
    """A document after a JSON merge patch (RFC 7396): objects are merged, null takes out, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
