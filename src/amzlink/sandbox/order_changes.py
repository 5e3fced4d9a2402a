"""What happens to orders while the sandbox runs: by buyer, merchant, carrier or Amazon."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.order import Order
from amzlink.sandbox.order_plan import Story
from amzlink.sandbox.packages import make_package


class ImpossibleChangeError(Exception):
    """The order is in no state for it."""


def cancel(order: Order, now: datetime, rng: Random) -> None:  # noqa: ARG001
    """The buyer's order ends before anything was sent."""
    _demand(order, Story.PENDING_AVAILABILITY, Story.PENDING, Story.UNSHIPPED)
    for item in order.body["orderItems"]:
        execution = {"cancelledBy": "BUYER", "cancelReason": "No longer needed"}
        item["cancellation"] = {**item.get("cancellation", {}), "cancellationExecution": execution}
        item["fulfillment"]["quantityUnfulfilled"] = 0
    order.change(now, Story.CANCELLED)


def request_cancellation(order: Order, now: datetime, rng: Random) -> None:  # noqa: ARG001
    """The buyer asks the merchant not to send it."""
    _demand(order, Story.UNSHIPPED)
    for item in order.body["orderItems"]:
        item["cancellation"] = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "Ordered by mistake"}}
    order.change(now)


def pay(order: Order, now: datetime, rng: Random) -> None:  # noqa: ARG001
    """Payment clears: a pending order becomes one to ship, and its address can be read."""
    _demand(order, Story.PENDING_AVAILABILITY, Story.PENDING)
    order.change(now, Story.UNSHIPPED)


def ship(order: Order, now: datetime, rng: Random) -> None:
    """All that is left is handed to a carrier, in one parcel."""
    _demand(order, Story.UNSHIPPED, Story.PARTIALLY_SHIPPED)
    left = units_left(order)
    package = None
    if order.fulfilled_by == "MERCHANT":
        taken = (int(package["packageReferenceId"]) for package in order.body.get("packages", []))
        contents = [{"orderItemId": item_id, "quantity": quantity} for item_id, quantity in left.items()]
        package = make_package(
            rng, order.country, 1 + max(taken, default=0), shipped=now, status={"status": "SHIPPED"}, contents=contents
        )
    send_off(order, left, package, now)


def units_left(order: Order) -> dict[str, int]:
    """What is still to be sent, by order item; lines with nothing left are left out."""
    left = {item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"] for item in order.body["orderItems"]}
    return {item_id: quantity for item_id, quantity in left.items() if quantity}


def send_off(order: Order, units: Mapping[str, int], package: Json | None, now: datetime) -> None:
    """Counts these units as sent, in that parcel; Amazon tells of none that its own warehouses send."""
    for item in order.body["orderItems"]:
        sent = units.get(item["orderItemId"], 0)
        item["fulfillment"]["quantityFulfilled"] += sent
        item["fulfillment"]["quantityUnfulfilled"] -= sent
    if package is not None:
        order.body.setdefault("packages", []).append(package)
    order.change(now, Story.PARTIALLY_SHIPPED if units_left(order) else Story.SHIPPED)


def deliver(order: Order, now: datetime, rng: Random) -> None:  # noqa: ARG001
    """The carrier delivers all parcels."""
    if not order.body.get("packages"):
        raise ImpossibleChangeError(f"{order.order_id} has no parcels")
    for package in order.body["packages"]:
        package["packageStatus"] = {"status": "DELIVERED", "detailedStatus": "DELIVERED"}
    order.change(now)


def touch(order: Order, now: datetime, rng: Random) -> None:  # noqa: ARG001
    """Amazon changes something that nobody outside can see."""
    order.change(now)


CHANGES: Final[Mapping[str, Callable[[Order, datetime, Random], None]]] = MappingProxyType(
    {
        "cancel": cancel,
        "request-cancellation": request_cancellation,
        "pay": pay,
        "ship": ship,
        "deliver": deliver,
        "touch": touch,
    }
)


def _demand(order: Order, *statuses: Story) -> None:
    if order.status not in statuses:
        raise ImpossibleChangeError(f"{order.order_id} is {order.status.value}, not {' or '.join(statuses)}")
