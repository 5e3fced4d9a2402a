"""What a merchant and the carriers do with parcels: labels are made, parcels scanned, delivered, cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.carriers import LETTER, find_carrier
from amzlink.sandbox.sendcloud.contents import ImpossibleParcelError, Split, price_text, render_item, share_out, weigh
from amzlink.sandbox.sendcloud.faults import UPDATED_AT_STILL
from amzlink.sandbox.sendcloud.order_store import StoredOrder
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.shipment_store import Parcel, Shipment
from amzlink.sandbox.sendcloud.statuses import CANCELLED, WITHOUT_LABEL

LABELLED: Final = "READY_TO_SEND"
_ADDRESS: Final = ("name", "address_line_1", "postal_code", "city", "country_code")


@dataclass(frozen=True, slots=True)
class Label:
    """How labels are to be made. `together` puts several parcels of an order into one shipment."""

    carrier: str | None = None
    option: str | None = None
    split: Split = 1
    together: bool = False
    status: str = LABELLED


LETTER_LABEL: Final = Label(carrier=LETTER)


def check_label(order: StoredOrder, label: Label) -> list[list[Json]]:
    """What goes into each parcel of an order; raises ImpossibleParcelError where no such labels can be made."""
    address = order.body.get("shipping_address") or {}
    if not all(address.get(name) for name in _ADDRESS):
        raise ImpossibleParcelError(f"order {order.order_id} has no address, so no label can be made")
    return share_out(order.body["order_details"]["order_items"], label.split)


def announce(panel: Panel, order: StoredOrder, label: Label) -> list[Parcel]:
    """Makes the labels of an order; one for which that cannot be done stays as it is."""
    contents = check_label(order, label)
    shipments: list[Shipment] = []
    parcels = []
    for items in contents:
        if not shipments or not label.together:
            shipments.append(_ship(panel, order, label))
        parcels.append(_pack(panel, shipments[-1], items, label.status))
    return parcels


def set_status(panel: Panel, parcel: Parcel, status: str) -> None:
    """Gives a parcel another status; the first one that needs a label makes it."""
    now = panel.now()
    announces = status not in WITHOUT_LABEL and parcel.announced is None
    parcel.status = status
    if announces:
        panel.shipments.label(parcel, now)
    if announces or status in CANCELLED or not panel.faults.has(UPDATED_AT_STILL):
        parcel.updated = now


def check_relabel(parcel: Parcel) -> None:
    """Raises ImpossibleParcelError for a parcel without a living label."""
    if parcel.announced is None or not parcel.is_alive:
        raise ImpossibleParcelError(f"parcel {parcel.id} has no label to replace")


def relabel(panel: Panel, parcel: Parcel) -> Parcel:
    """Cancels a parcel and makes another with the same contents, in a shipment and under a number of its own."""
    check_relabel(parcel)
    old = panel.shipments[parcel.shipment_id]
    set_status(panel, parcel, "CANCELLED")
    shipment = panel.shipments.add_shipment(
        integration_id=old.integration_id,
        order_number=old.order_number,
        carrier=old.carrier,
        option=old.option,
        to_address=old.to_address,
        total=old.total,
        now=panel.now(),
    )
    return _add(panel, shipment, parcel.items, parcel.weight_kg, LABELLED)


def add_strangers(panel: Panel, order_numbers: Iterable[str]) -> list[Parcel]:
    """Labelled parcels of another integration of the account, under these order numbers."""
    address = {
        "name": "Jonna Wiebe",
        "address_line_1": "Am Deich",
        "house_number": "12",
        "postal_code": "26721",
        "city": "Emden",
        "country_code": "DE",
    }
    carrier = find_carrier(None, "DE")
    parcels = []
    for number in order_numbers:
        shipment = panel.shipments.add_shipment(
            integration_id=panel.neighbour.id,
            order_number=number,
            carrier=carrier,
            option=carrier.option,
            to_address=address,
            total={"value": "24.90", "currency": "EUR"},
            now=panel.now(),
        )
        item = {"name": "Teekanne", "quantity": 1, "sku": "TK-1", "total_price": {"value": 24.9, "currency": "EUR"}}
        parcels.append(_pack(panel, shipment, [item], LABELLED))
    return parcels


def _ship(panel: Panel, order: StoredOrder, label: Label) -> Shipment:
    address = order.body["shipping_address"]
    carrier = find_carrier(label.carrier, address["country_code"])
    total = order.body["payment_details"]["total_price"]
    return panel.shipments.add_shipment(
        integration_id=order.integration_id,
        order_number=order.order_number,
        carrier=carrier,
        option=label.option or carrier.option,
        to_address=address,
        total={"value": price_text(total["value"]), "currency": total["currency"]},
        now=panel.now(),
    )


def _pack(panel: Panel, shipment: Shipment, items: list[Json], status: str) -> Parcel:
    return _add(panel, shipment, [render_item(item) for item in items], weigh(items), status)


def _add(panel: Panel, shipment: Shipment, items: list[Json], weight_kg: str, status: str) -> Parcel:
    now = panel.now()
    parcel = panel.shipments.add_parcel(shipment, status=status, items=items, weight_kg=weight_kg, now=now)
    if status not in WITHOUT_LABEL:
        panel.shipments.label(parcel, now)
    return parcel
