"""The control call that moves parcels: labels, scans, deliveries, cancellations, for one parcel or ten thousand."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from amzlink.sandbox.control_bodies import BadCallError, read_body, read_names
from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.sendcloud.contents import BY_ITEM, ImpossibleParcelError
from amzlink.sandbox.sendcloud.order_store import StoredOrder
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.parcels import (
    LABELLED,
    LETTER_LABEL,
    Label,
    announce,
    check_label,
    check_relabel,
    relabel,
    set_status,
)
from amzlink.sandbox.sendcloud.shipment_store import Parcel
from amzlink.sandbox.sendcloud.statuses import STATUSES

_Thing = TypeVar("_Thing")
_EVERY: Final = "all"
_STATUS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"scan": "TO_SORTING", "deliver": "DELIVERED", "fail": "DELIVERY_FAILED", "cancel": "CANCELLED"}
)
_ACTIONS: Final = ("announce", "letter", *_STATUS_OF, "status", "relabel")


def move_parcels(panel: Panel, request: Request) -> Json:
    """Does to many parcels, or orders, at once what the body says; tells of each parcel how it is then.

    Where one of those that are named is in no state for it, nothing is done at all. Of `all`, those are passed over.
    """
    body = read_body(request)
    action = body.get("action")
    if action not in _ACTIONS:
        raise BadCallError(f'"action" is one of {", ".join(_ACTIONS)}')
    if action in {"announce", "letter"}:
        label = LETTER_LABEL if action == "letter" else _read_label(body)
        orders = _able(body, _orders_meant(panel, body), lambda order: check_label(order, label))
        moved = [parcel for order in orders for parcel in announce(panel, order, label)]
    elif action == "relabel":
        moved = [relabel(panel, parcel) for parcel in _able(body, _parcels_meant(panel, body), check_relabel)]
    else:
        status = _STATUS_OF.get(action) or _read_status(body, "status")
        moved = _parcels_meant(panel, body)
        for parcel in moved:
            set_status(panel, parcel, status)
    return {"parcels": [show_parcel(panel, parcel) for parcel in moved]}


def _able(body: Json, meant: list[_Thing], check: Callable[[_Thing], object]) -> list[_Thing]:
    able = []
    for each in meant:
        try:
            check(each)
        except ImpossibleParcelError as error:
            if not _means_all(body):
                raise BadCallError(str(error)) from None
        else:
            able.append(each)
    return able


def _means_all(body: Json) -> bool:
    return _EVERY in (body.get("parcels"), body.get("orders"))


def _read_label(body: Json) -> Label:
    split = body.get("split", 1)
    if not ((_is_number(split) and split > 0) or split == BY_ITEM or _is_contents(split)):
        raise BadCallError('"split" is a number of parcels, "items", or a list of {item_id: quantity}')
    for name in ("carrier", "shipping_option"):
        if not isinstance(body.get(name), str | None):
            raise BadCallError(f'"{name}" is a text')
    return Label(
        carrier=body.get("carrier"),
        option=body.get("shipping_option"),
        split=split,
        together=bool(body.get("together", False)),
        status=_read_status(body, "status") if "status" in body else LABELLED,
    )


def _is_contents(split: object) -> bool:
    return (
        isinstance(split, list)
        and bool(split)
        and all(
            isinstance(units, dict) and units and all(_is_number(quantity) for quantity in units.values())
            for units in split
        )
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _read_status(body: Json, key: str) -> str:
    status = body.get(key)
    if not isinstance(status, str) or status not in STATUSES:
        raise BadCallError(f'"{key}" is one of {", ".join(STATUSES)}')
    return status


def _orders_meant(panel: Panel, body: Json) -> list[StoredOrder]:
    """The orders that are named, or all that have no living parcel yet."""
    if _means_all(body):
        waiting = (panel.orders[key] for key in panel.orders.ids)
        return [order for order in waiting if not any(parcel.is_alive for parcel in parcels_of(panel, order))]
    return [find_order(panel, order_id) for order_id in read_names(body, "orders")]


def _parcels_meant(panel: Panel, body: Json) -> list[Parcel]:
    """The parcels that are named by id, the living ones of the orders that are named, or all living ones."""
    if _means_all(body):
        return [parcel for parcel in panel.shipments.parcels if parcel.is_alive]
    if "orders" in body:
        orders = [find_order(panel, order_id) for order_id in read_names(body, "orders")]
        return [parcel for order in orders for parcel in parcels_of(panel, order) if parcel.is_alive]
    ids = body.get("parcels")
    if not isinstance(ids, list) or not all(_is_number(each) for each in ids):
        raise BadCallError('"parcels" is a list of parcel ids or "all"; or name "orders"')
    return [_find_parcel(panel, each) for each in ids]


def _find_parcel(panel: Panel, key: int) -> Parcel:
    parcel = panel.shipments.parcel(key)
    if parcel is None:
        raise BadCallError(f"no such parcel: {key}", 404)
    return parcel


def find_order(panel: Panel, order_id: str) -> StoredOrder:
    """The saved order of the integration whose keys there are."""
    found = panel.orders.find(panel.keys.integration_id, order_id)
    if found is None:
        raise BadCallError(f"no such order, or it is not saved yet: {order_id}", 404)
    return found


def parcels_of(panel: Panel, order: StoredOrder) -> Iterable[Parcel]:
    """The parcels of an order, the cancelled ones too."""
    for key in panel.shipments.by_number(order.order_number):
        if panel.shipments[key].integration_id == order.integration_id:
            yield from panel.shipments[key].parcels


def show_parcel(panel: Panel, parcel: Parcel) -> Json:
    """A parcel in short, with the order that it belongs to."""
    shipment = panel.shipments[parcel.shipment_id]
    return {
        "id": parcel.id,
        "shipment": shipment.uuid,
        "order_number": shipment.order_number,
        "integration_id": shipment.integration_id,
        "carrier": shipment.carrier.code,
        "status": parcel.status,
        "tracking_number": parcel.tracking_number,
        "units": {str(item.get("item_id")): item["quantity"] for item in parcel.items},
    }
