"""The control calls of Sendcloud's half: what a merchant does in the panel, and carriers on the road."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.control_bodies import BadCallError, read_body, read_names
from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.parameters import parse_query
from amzlink.sandbox.sendcloud.account import FEEDBACK_TYPES, Integration
from amzlink.sandbox.sendcloud.order_store import StoredOrder
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.parcel_control import find_order, move_parcels, parcels_of, show_parcel
from amzlink.sandbox.sendcloud.parcels import add_strangers

_MOST_STRANGERS: Final = 10_000
_USUAL_REFUSAL: Final = "shipping_address/postal_code"


def answer(panel: Panel, request: Request, route: list[str]) -> Json:
    """The answer to a control call below `sendcloud`; raises BadCallError."""
    panel.orders.settle(panel.now())
    name = "/".join(route)
    match route:
        case [] | [_] if (request.method, name) in _CALLS:
            return _CALLS[request.method, name](panel, request)
        case ["orders", order_id] if request.method == "GET":
            return _show_order(panel, find_order(panel, order_id))
        case ["integrations", key] if request.method == "POST":
            return _change_integration(panel, _find_integration(panel, key), read_body(request))
    raise BadCallError(f"no such control call: {request.method} {request.path}", 404)


def _tell_state(panel: Panel, _request: Request) -> Json:
    statuses: dict[str, int] = {}
    for parcel in panel.shipments.parcels:
        statuses[parcel.status] = statuses.get(parcel.status, 0) + 1
    return {
        "order_posts": panel.orders.posts,
        "orders_stored": len(panel.orders),
        "writes": dict(panel.orders.writes),
        "shipments": len(panel.shipments),
        "parcels_by_status": statuses,
        "refusals": dict(panel.refusals),
        "integrations": [_show_integration(each) for each in panel.integrations],
    }


def _list_orders(panel: Panel, _request: Request) -> Json:
    return {"orders": [_sum_up(panel, panel.orders[key]) for key in panel.orders.ids]}


def _show_order(panel: Panel, order: StoredOrder) -> Json:
    return {**_sum_up(panel, order), "order": order.render()}


def _sum_up(panel: Panel, order: StoredOrder) -> Json:
    return {
        "id": order.id,
        "order_id": order.order_id,
        "order_number": order.order_number,
        "integration_id": order.integration_id,
        "writes": panel.orders.writes[order.order_id],
        "parcels": [parcel.id for parcel in parcels_of(panel, order)],
    }


def _list_parcels(panel: Panel, request: Request) -> Json:
    number = parse_query(request.query).get("order")
    shown = [show_parcel(panel, parcel) for parcel in panel.shipments.parcels]
    return {"parcels": [each for each in shown if number in {None, each["order_number"]}]}


def _add_strangers(panel: Panel, request: Request) -> Json:
    body = read_body(request)
    numbers = read_names(body, "order_numbers")
    count = body.get("add", 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_STRANGERS:
        raise BadCallError(f'"add" is a number of parcels, at most {_MOST_STRANGERS}')
    first = len(panel.shipments) + 1000
    numbers += [f"#{first + number}" for number in range(count)]
    return {"parcels": [show_parcel(panel, parcel) for parcel in add_strangers(panel, numbers)]}


def _set_refusals(panel: Panel, request: Request) -> Json:
    body = read_body(request)
    path = body.get("path", _USUAL_REFUSAL)
    if not isinstance(path, str) or not path:
        raise BadCallError('"path" is the way to a field, such as "shipping_address/postal_code"')
    panel.refusals = dict.fromkeys(read_names(body, "orders"), path)
    return {"refusals": dict(panel.refusals)}


def _list_integrations(panel: Panel, _request: Request) -> Json:
    return {"integrations": [_show_integration(each) for each in panel.integrations]}


def _add_integration(panel: Panel, request: Request) -> Json:
    body = read_body(request)
    kind = body.get("add")
    if not isinstance(kind, str) or not kind:
        raise BadCallError('"add" is the kind of an integration, such as "amazon"')
    return _show_integration(panel.add_integration(kind, "Kontor am Markt, another shop"))


def _change_integration(panel: Panel, integration: Integration, body: Json) -> Json:
    if body.get("remove") is True:
        panel.remove_integration(integration.id)
        return {"removed": integration.id}
    oauth, feedback = body.get("oauth", integration.oauth), body.get("feedback_type", integration.feedback_type)
    if not isinstance(oauth, bool) or feedback not in FEEDBACK_TYPES:
        raise BadCallError(f'"oauth" is true or false, "feedback_type" is one of {", ".join(FEEDBACK_TYPES)}')
    integration.oauth, integration.feedback_type, integration.updated = oauth, feedback, panel.now()
    return _show_integration(integration)


def _find_integration(panel: Panel, key: str) -> Integration:
    found = panel.integration(int(key)) if key.isascii() and key.isdecimal() else None
    if found is None:
        raise BadCallError(f"no such integration: {key}", 404)
    return found


def _show_integration(integration: Integration) -> Json:
    return {
        "id": integration.id,
        "type": integration.type,
        "feedback_type": integration.feedback_type,
        "oauth": integration.oauth,
    }


_CALLS: Final[Mapping[tuple[str, str], Callable[[Panel, Request], Json]]] = MappingProxyType(
    {
        ("GET", ""): _tell_state,
        ("GET", "orders"): _list_orders,
        ("GET", "parcels"): _list_parcels,
        ("POST", "parcels"): move_parcels,
        ("POST", "strangers"): _add_strangers,
        ("POST", "refusals"): _set_refusals,
        ("GET", "integrations"): _list_integrations,
        ("POST", "integrations"): _add_integration,
    }
)
