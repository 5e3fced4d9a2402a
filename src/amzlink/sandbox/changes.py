"""What happens to orders while the sandbox runs: by buyer, merchant, carrier or Amazon."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.order import Order
from amzlink.sandbox.packages import make_package
from amzlink.sandbox.plan import Story


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
    contents = []
    for item in order.body["orderItems"]:
        progress = item["fulfillment"]
        if progress["quantityUnfulfilled"]:
            contents.append({"orderItemId": item["orderItemId"], "quantity": progress["quantityUnfulfilled"]})
        progress["quantityFulfilled"] += progress["quantityUnfulfilled"]
        progress["quantityUnfulfilled"] = 0
    if order.fulfilled_by == "MERCHANT":
        packages = order.body.setdefault("packages", [])
        reference = 1 + max((int(package["packageReferenceId"]) for package in packages), default=0)
        status = {"status": "SHIPPED"}
        packages.append(make_package(rng, order.country, reference, shipped=now, status=status, contents=contents))
    order.change(now, Story.SHIPPED)


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
