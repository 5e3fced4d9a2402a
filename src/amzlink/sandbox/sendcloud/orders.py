"""The Orders API: batches in, single orders looked at, changed and taken out again."""

from datetime import timedelta
from typing import Any, Final

from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.ask import Ask
from amzlink.sandbox.sendcloud.errors import Flaw, SendcloudError
from amzlink.sandbox.sendcloud.faults import ANY_CURRENCY, FORGETS, SLOW
from amzlink.sandbox.sendcloud.order_fields import read_order, read_partial_order
from amzlink.sandbox.sendcloud.order_search import find_page
from amzlink.sandbox.sendcloud.order_store import SAVING, StoredOrder
from amzlink.sandbox.sendcloud.panel import Panel

LARGEST_BATCH: Final = 100
SLOW_SAVING: Final = timedelta(minutes=8)
_PLACE: Final = "/data/attributes/"
_CHANGES: Final = "order"  # where the pointers of a partial update begin


def create_orders(panel: Panel, ask: Ask) -> Response:
    """Takes a whole batch, or nothing of it and says what is wrong with which order."""
    panel.orders.posts += 1
    batch = _read_batch(ask.json())
    flaws: list[Flaw] = []
    orders = [_read_one(panel, document, f"{_PLACE}[{number}]", flaws) for number, document in enumerate(batch)]
    if flaws:
        return errors.flawed(flaws)
    return json_response(201, {"data": [_accept(panel, order) for order in orders if order is not None]})


def list_orders(panel: Panel, ask: Ask) -> Response:
    """A page of orders."""
    page = find_page(panel, ask)
    answer = json_response(200, {"data": [panel.orders[key].render() for key in page.ids]})
    return answer.with_headers(page.link(ask.path, ask.query))


def get_order(panel: Panel, ask: Ask) -> Response:
    """One order by Sendcloud's id."""
    return json_response(200, {"data": _find(panel, ask).render()})


def delete_order(panel: Panel, ask: Ask) -> Response:
    """Takes one order out."""
    panel.orders.delete(_find(panel, ask))
    return Response(204)


def patch_order(panel: Panel, ask: Ask) -> Response:
    """Changes what is given; the answer has the ids alone."""
    order = _find(panel, ask)
    flaws: list[Flaw] = []
    changes = read_partial_order(ask.json(), _CHANGES, flaws, any_currency=panel.faults.has(ANY_CURRENCY))
    if changes is None:
        return errors.flawed(flaws)
    if changes.pop("order_id", order.order_id) != order.order_id:
        return errors.flawed([_immovable(order.order_id, _CHANGES)])
    changes.pop("id", None)
    customer = changes.get("customer_details", {})
    if "phone" in customer:
        customer["phone_number"] = customer.pop("phone")
    panel.orders.change(order, _merge(order.body, changes), panel.now())
    return json_response(200, {"data": order.names()})


def _read_batch(batch: Any) -> list[Any]:
    if not isinstance(batch, list):
        refusal = errors.failure(
            400, "non_field_errors", "Wrong request format, expected list of objects", title="Wrong format"
        )
        raise SendcloudError(refusal)
    if len(batch) > LARGEST_BATCH:
        detail = f"Orders list should have at most {LARGEST_BATCH} items, not {len(batch)}"
        raise SendcloudError(errors.flawed([Flaw(_PLACE, detail)]))
    if not batch:
        raise SendcloudError(errors.flawed([Flaw(_PLACE, "Orders list should have at least 1 item, not 0")]))
    return batch


def _read_one(panel: Panel, document: Any, at: str, flaws: list[Flaw]) -> Json | None:
    order = read_order(document, at, flaws, any_currency=panel.faults.has(ANY_CURRENCY))
    if order is None:
        return None
    found = list(_judge(panel, order, at))
    flaws += found
    return None if found else order


def _judge(panel: Panel, order: Json, at: str) -> list[Flaw]:
    """What is wrong with an order that is right in itself."""
    integration_id = order["order_details"]["integration"]["id"]
    if panel.integration(integration_id) is None:
        detail = f"Integration with id {integration_id} does not exist"
        return [Flaw(f"{at}/order_details/integration/id", detail)]
    if order["order_id"] in panel.refusals:
        path = panel.refusals[order["order_id"]]
        # Whether Sendcloud quotes what it refuses is not known. Here it does, so that a client which repeats it shows.
        return [Flaw(f"{at}/{path}", f"Input should be a valid value, not {_value_at(order, path)!r}")]
    aim = order.pop("id", None)
    if aim is None:
        return []
    target = panel.orders.get(int(aim)) if aim.isascii() and aim.isdecimal() else None
    if target is None:
        return [Flaw(f"{at}/id", f"Order with id {aim} does not exist")]
    if (target.integration_id, target.order_id) != (integration_id, order["order_id"]):
        return [_immovable(target.order_id, at)]
    return []


def _value_at(order: Json, path: str) -> object:
    value: Any = order
    for name in path.split("/"):
        if isinstance(value, list):
            value = value[int(name)] if name.isdecimal() and int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _accept(panel: Panel, order: Json) -> Json:
    store = panel.orders
    saving = SLOW_SAVING if panel.faults.has(SLOW) else SAVING
    key = store.draw_id() if panel.faults.has(FORGETS) else store.accept(order, panel.now(), saving)
    return {"id": key, "order_id": order["order_id"], "order_number": order["order_number"]}


def _find(panel: Panel, ask: Ask) -> StoredOrder:
    order = panel.orders.get(ask.number(errors.ORDER_GONE))
    if order is None or panel.integration(order.integration_id) is None:
        raise SendcloudError(errors.not_found(errors.ORDER_GONE))
    return order


def _immovable(order_id: str, at: str) -> Flaw:
    return Flaw(f"{at}/order_id", f"Order id {order_id} cannot be changed")


def _merge(old: Json, changes: Json) -> Json:
    merged = dict(old)
    for name, value in changes.items():
        if name == "order_items":
            merged[name] = _merge_items(old.get(name, []), value)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            merged[name] = _merge(old[name], value)
        else:
            merged[name] = value
    return merged


def _merge_items(old: list[Json], changes: list[Json]) -> list[Json]:
    """The items with the changes to those of the same name; none can be added, none left out."""
    merged = list(old)
    for change in changes:
        place = next((place for place, item in enumerate(old) if item["name"] == change.get("name")), None)
        if place is None:
            detail = "Could not find specified item."
            raise SendcloudError(errors.flawed([Flaw(f"{_CHANGES}/order_details/order_items", detail)]))
        merged[place] = _merge(merged[place], change)
    return merged
