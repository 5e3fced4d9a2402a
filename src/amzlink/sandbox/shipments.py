"""`confirmShipment` of the Orders API v0: holds a confirmation to Amazon's rules; none is taken yet."""

import json
import re
from datetime import datetime
from typing import Any, Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.messages import Json, Request, Response
from amzlink.sandbox.parameters import Arguments, parse_time
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid, refusal
from amzlink.sandbox.world import World

_TEXTS: Final = ("carrierCode", "trackingNumber", "shipDate")
_NO_TYPE: Final = "The input you have submitted is not valid. Please check the fields with invalid type [{}]."
_BAD_ITEM: Final = (
    "OrderItemId  is invalid, please obtain the value through the getOrderItems API or Manage Orders page"
)


def confirm_shipment(world: World, arguments: Arguments, request: Request) -> Response:
    """The refusal of a confirmation: of what is wrong in it, of an order that is not there, or of any other."""
    body = _read_object(request)
    marketplace_id, package = body.get("marketplaceId"), body.get("packageDetail")
    if not isinstance(marketplace_id, str):
        raise invalid_input(_NO_TYPE.format("marketplaceId"))
    refused = check_marketplaces(world, [marketplace_id])
    if refused:
        return refused
    if not isinstance(package, dict):
        raise invalid_input(_NO_TYPE.format("packageDetail"))
    _check_package(package, world.now())
    order_id = arguments.text("orderId") or ""
    if order_id not in world.orders:
        return refusal(404, "NotFound", "The requested order was not found.", order_id)
    return refusal(400, "InvalidInput", "This version of the sandbox takes no confirmations yet.", order_id)


def _read_object(request: Request) -> Json:
    try:
        body: Any = json.loads(request.body)
    except ValueError:
        raise invalid_input("The body is no JSON.") from None
    if not isinstance(body, dict):
        raise invalid_input("The body is no JSON object.")
    return body


def _check_package(package: Json, now: datetime) -> None:
    reference = package.get("packageReferenceId")
    if not isinstance(reference, str):
        raise invalid_input(_NO_TYPE.format("packageDetail.packageReferenceId"))
    if not re.fullmatch(r"0*[1-9]\d*", reference, re.ASCII):
        raise invalid_input("PackageReferenceId: is invalid, must be a positive numeric value.")
    for name in _TEXTS:
        if not isinstance(package.get(name), str) or not package[name]:
            raise invalid_input(_NO_TYPE.format(f"packageDetail.{name}"))
    if package["carrierCode"] == "Other" and not package.get("carrierName"):
        raise not_valid("packageDetail.carrierName", "It is required with the carrier code Other.")
    shipped = parse_time(package["shipDate"])
    if shipped is None or shipped > now:
        raise RefusalError(400, "Invalid Input", "Invalid Input")
    _check_items(package.get("orderItems"))


def _check_items(items: object) -> None:
    if not isinstance(items, list) or not items:
        raise invalid_input(_BAD_ITEM)
    for item in items:
        if not isinstance(item, dict) or not re.fullmatch(r"\d+", str(item.get("orderItemId")), re.ASCII):
            raise invalid_input(_BAD_ITEM)
        quantity = item.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
            raise invalid_input(_NO_TYPE.format("packageDetail.orderItems.quantity"))
