"""What is asked of an order before it is sent or taken back: may it be shipped, and has it a parcel already?"""

from collections.abc import Collection
from typing import Final

from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import CANCELLED, TO_SHIP
from amzlink.core.shipments.parcels import DEAD, Kind
from amzlink.orderbook.orders.browse import booked_status, holds
from amzlink.run import StoreRun

_LABEL_IN_THE_MAKING: Final = "ANNOUNCING"


def stopped(run: StoreRun, order_ids: Collection[str]) -> dict[str, str]:
    """Those of these orders that nobody should ship, each with its status.

    They are cancelled, or held at this moment with something left to ship.
    """
    status, held = booked_status(run.book, list(order_ids)), holds(run.book, list(order_ids))
    policy, now = run.store.hold_policy, run.now()
    return {
        order_id: status[order_id]
        for order_id in order_ids
        if status[order_id] == CANCELLED or (status[order_id] in TO_SHIP and counting(held[order_id], policy, now))
    }


def has_parcel_there(run: StoreRun, order_id: str) -> bool:
    """Whether Sendcloud has a parcel of the order now, or a label in the making."""
    from amzlink.sendcloud.shipments import shipments_of_order  # noqa: PLC0415 - only for this destination
    from amzlink.sendcloud.statuses import kind_of  # noqa: PLC0415

    shipments = shipments_of_order(run.sendcloud, run.integration_id, order_id)
    codes = {parcel.status_code for shipment in shipments for parcel in shipment.parcels}
    return any(code == _LABEL_IN_THE_MAKING or kind_of(code) not in DEAD | {Kind.BEFORE} for code in codes)
