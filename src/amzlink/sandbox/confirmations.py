"""Confirming that a parcel was sent: Amazon's rules, the same for a single call and for a message of a feed.

What follows is real: units count as sent, the parcel can be read with the order, the order moves on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amzlink.sandbox.clock import iso
from amzlink.sandbox.ledger import Route
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order import Order
from amzlink.sandbox.order_changes import send_off, units_left
from amzlink.sandbox.order_plan import Story
from amzlink.sandbox.packages import make_confirmed_package, tell_way
from amzlink.sandbox.shipment_faults import (
    NOT_STORED,
    NOT_STORED_ONCE,
    PACKAGE_STALE,
    TRACKING_DOUBTED,
    TRACKING_REFUSED,
)
from amzlink.sandbox.world import World

# Amazon limits the edits of a package; its number is not known.
MOST_EDITS: Final = 5
# Amazon confirms these by itself, or its own people fetch them: FBM Ship+ orders are known to be refused, and the
# labels of the other two come from Amazon too.
_AMAZON_CONFIRMS: Final = frozenset({"FBM_SHIP_PLUS", "AMAZON_EASY_SHIP", "DELIVERY_BY_AMAZON"})
_NOT_YET_PAID: Final = frozenset({Story.PENDING, Story.PENDING_AVAILABILITY})
_REFERENCE: Final = re.compile(r"0*[1-9]\d{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """Why a confirmation is refused: Amazon's sentence, and the number that a feed's report has for it.

    The numbers 5004, 18021 and 18028 were seen in Amazon's reports; for the rest none is known, and 18000 stands in.
    """

    message: str
    code: str = "InvalidInput"
    status: int = 400
    result_code: int = 18000


ORDER_UNKNOWN: Final = Rule("The requested order was not found.", "NotFound", 404, 18028)
BAD_REFERENCE: Final = Rule("PackageReferenceId: is invalid, must be a positive numeric value.")
BAD_ITEM: Final = Rule(
    "OrderItemId  is invalid, please obtain the value through the getOrderItems API or Manage Orders page"
)
BAD_DATE: Final = Rule("The value of packageDetail.shipDate is not valid. Please check your input and try again.")
CARRIER_UNKNOWN: Final = Rule("The carrier-code field contains an invalid value: {}.", result_code=5004)
ALREADY_FULFILLED: Final = Rule(
    "Failed to create package due to not finding a matching package or order already fulfilled. "
    "errorMetric=PackageToUpdateNotFound",
    result_code=18021,
)
TOO_MANY_UNITS: Final = Rule(
    "The quantities you provided for order id ({}) were larger than the quantities that could be fulfilled.",
    result_code=18021,
)
CANCELLED: Final = Rule("ErrorCode: NonexistentOrderItem Description: Failed to find order item list by order ID: {}")
STALE: Final = Rule("ErrorCode: InvalidPackageVersion Description: The package was changed by another request.")
TOO_MANY_EDITS: Final = Rule("The package has reached the maximum number of allowed updates.")
TRACKING_FORMAT: Final = Rule(
    "The tracking ID {} for {} does not match the expected format for the carrier. Check it and submit it again."
)
# How Amazon words the following is not known.
TRANSPARENCY: Final = Rule("Transparency codes are required for order item {}, one for each unit.")
AMAZON_CONFIRMS: Final = Rule("The shipment of order {} is confirmed by Amazon.")
NOT_TO_SHIP: Final = Rule("Order {} cannot be confirmed in its present state.")


class ConfirmationRefusedError(Exception):
    """A confirmation that breaks a rule; nothing of it is taken."""

    def __init__(self, rule: Rule, *facts: str, details: str = "") -> None:
        self.rule = rule
        self.message = rule.message.format(*facts)
        self.details = details
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class SentItem:
    """Some units of one order item."""

    order_item_id: str
    quantity: int
    transparency_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One parcel, as a call or a message tells of it. No items: everything that is left, which only a feed may say."""

    order_id: str
    reference: str
    carrier: str
    shipping_method: str | None
    tracking_number: str | None
    ship_date: datetime
    items: tuple[SentItem, ...]


def confirm(world: World, confirmation: Confirmation, route: Route, now: datetime) -> str | None:
    """Takes a confirmation at `now`; comes back with what Amazon doubts in it, if anything.

    A reference that the order has already means an edit of that package: carrier, service, number and date are
    replaced, its contents stay, whatever items the edit names.

    Raises:
        ConfirmationRefusedError: a rule is broken.
    """
    if not _REFERENCE.fullmatch(confirmation.reference):
        raise ConfirmationRefusedError(BAD_REFERENCE)
    if confirmation.ship_date > now:
        raise ConfirmationRefusedError(BAD_DATE, details="It is in the future.")
    order = world.orders.get(confirmation.order_id)
    if order is None:
        raise ConfirmationRefusedError(ORDER_UNKNOWN, details=confirmation.order_id)
    if confirmation.ship_date < order.created:
        raise ConfirmationRefusedError(BAD_DATE, details=f"The order was made at {iso(order.created)}.")
    _check_order(order)
    if confirmation.tracking_number and world.faults.has(TRACKING_REFUSED):
        raise ConfirmationRefusedError(TRACKING_FORMAT, confirmation.tracking_number, confirmation.order_id)
    reference = str(int(confirmation.reference))
    package = _find_package(order, reference)
    if package is None:
        _confirm_new(world, order, reference, confirmation, route=route, now=now)
    else:
        _edit(world, order, package, confirmation, route=route, now=now)
    if confirmation.tracking_number and world.faults.has(TRACKING_DOUBTED):
        return TRACKING_FORMAT.message.format(confirmation.tracking_number, confirmation.order_id)
    return None


def _check_order(order: Order) -> None:
    if order.status is Story.CANCELLED:
        raise ConfirmationRefusedError(CANCELLED, order.order_id)
    if _AMAZON_CONFIRMS & set(order.body.get("programs", [])) or order.fulfilled_by == "AMAZON":
        raise ConfirmationRefusedError(AMAZON_CONFIRMS, order.order_id)
    if order.status in _NOT_YET_PAID:
        raise ConfirmationRefusedError(NOT_TO_SHIP, order.order_id)


def _find_package(order: Order, reference: str) -> Json | None:
    packages: list[Json] = order.body.get("packages", [])
    return next((package for package in packages if package["packageReferenceId"] == reference), None)


def _confirm_new(
    world: World, order: Order, reference: str, confirmation: Confirmation, *, route: Route, now: datetime
) -> None:
    units = _count_units(order, confirmation.items)
    if _is_forgotten(world):
        return
    package = make_confirmed_package(reference, _way(confirmation), _contents(units, confirmation.items), now)
    send_off(order, units, package, now)
    world.ledger.note_confirmed(order.order_id, reference, route)


def _edit(
    world: World, order: Order, package: Json, confirmation: Confirmation, *, route: Route, now: datetime
) -> None:
    known = {item["orderItemId"] for item in order.body["orderItems"]}
    if not known.issuperset(item.order_item_id for item in confirmation.items):
        raise ConfirmationRefusedError(BAD_ITEM)
    if world.faults.has(PACKAGE_STALE):
        raise ConfirmationRefusedError(STALE)
    reference = package["packageReferenceId"]
    if world.ledger.edits(order.order_id, reference) >= MOST_EDITS:
        raise ConfirmationRefusedError(TOO_MANY_EDITS)
    if _is_forgotten(world):
        return
    for name in ("carrier", "shipTime", "shippingService", "trackingNumber"):
        package.pop(name, None)
    package.update(_way(confirmation))
    order.change(now)
    world.ledger.note_edited(order.order_id, reference, route)


def _is_forgotten(world: World) -> bool:
    return world.faults.has(NOT_STORED) or world.faults.strikes_once(NOT_STORED_ONCE)


def _way(confirmation: Confirmation) -> Json:
    return tell_way(
        confirmation.carrier, confirmation.shipping_method, confirmation.tracking_number, confirmation.ship_date
    )


def _count_units(order: Order, items: tuple[SentItem, ...]) -> dict[str, int]:
    """The units of a new parcel by order item, checked against what is left."""
    left = units_left(order)
    lines: dict[str, Json] = {item["orderItemId"]: item for item in order.body["orderItems"]}
    units = dict(left) if not items else {}
    codes: dict[str, set[str]] = {}
    for item in items:
        if item.order_item_id not in lines:
            raise ConfirmationRefusedError(BAD_ITEM)
        units[item.order_item_id] = units.get(item.order_item_id, 0) + item.quantity
        codes.setdefault(item.order_item_id, set()).update(item.transparency_codes)
    if not left:
        raise ConfirmationRefusedError(ALREADY_FULFILLED)
    for item_id, quantity in units.items():
        _check_line(order, lines[item_id], quantity, left.get(item_id, 0), len(codes.get(item_id, ())))
    return units


def _check_line(order: Order, line: Json, quantity: int, left: int, codes: int) -> None:
    if "cancellationExecution" in line.get("cancellation", {}):
        raise ConfirmationRefusedError(CANCELLED, order.order_id)
    if quantity > left:
        if not left:
            raise ConfirmationRefusedError(ALREADY_FULFILLED)
        raise ConfirmationRefusedError(TOO_MANY_UNITS, order.order_id)
    if "TRANSPARENCY" in line.get("programs", []) and codes != quantity:
        raise ConfirmationRefusedError(TRANSPARENCY, line["orderItemId"])


def _contents(units: Mapping[str, int], items: tuple[SentItem, ...]) -> list[Json]:
    codes: dict[str, list[str]] = {}
    for item in items:
        codes.setdefault(item.order_item_id, []).extend(item.transparency_codes)
    return [
        {"orderItemId": item_id, "quantity": quantity}
        | ({"transparencyCodes": codes[item_id]} if codes.get(item_id) else {})
        for item_id, quantity in units.items()
    ]
