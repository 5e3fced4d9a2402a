"""`confirmShipment` of the Orders API v0: one parcel a call."""

import re
from datetime import datetime
from typing import Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.carriers import OTHER, filed_as
from amzlink.sandbox.confirmations import BAD_ITEM, Confirmation, ConfirmationRefusedError, SentItem, confirm
from amzlink.sandbox.ledger import Route
from amzlink.sandbox.messages import Json, Request, Response
from amzlink.sandbox.parameters import Arguments, parse_time, read_object
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid, refusal
from amzlink.sandbox.world import World

_REQUIRED_TEXTS: Final = ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate")
_OTHER_TEXTS: Final = ("carrierName", "shippingMethod", "shipFromSupplySourceId")
_NO_TYPE: Final = "The input you have submitted is not valid. Please check the fields with invalid type [{}]."


def confirm_shipment(world: World, arguments: Arguments, request: Request) -> Response:
    """Takes the confirmation: 204; or says which rule it breaks."""
    body = read_object(request)
    marketplace_id, package = body.get("marketplaceId"), body.get("packageDetail")
    if not isinstance(marketplace_id, str):
        raise _no_type("marketplaceId")
    refused = check_marketplaces(world, [marketplace_id])
    if refused:
        return refused
    if not isinstance(package, dict):
        raise _no_type("packageDetail")
    order_id = arguments.text("orderId") or ""
    confirmation = _read_package(package, order_id)
    order = world.orders.get(order_id)
    if order is not None and order.marketplace_id != marketplace_id:
        # What Amazon makes of it is not known; here a client that mixes its marketplaces up is to be noticed.
        raise not_valid("marketplaceId", "It is not the order's.")
    try:
        confirm(world, confirmation, Route.SINGLE, world.now())
    except ConfirmationRefusedError as error:
        return refusal(error.rule.status, error.rule.code, error.message, error.details)
    return Response(204)


def _read_package(package: Json, order_id: str) -> Confirmation:
    for name in _REQUIRED_TEXTS:
        if not isinstance(package.get(name), str) or not package[name]:
            raise _no_type(f"packageDetail.{name}")
    for name in _OTHER_TEXTS:
        if not isinstance(package.get(name, ""), str):
            raise _no_type(f"packageDetail.{name}")
    if package["carrierCode"] == OTHER and not package.get("carrierName"):
        raise not_valid("packageDetail.carrierName", "It is required with the carrier code Other.")
    return Confirmation(
        order_id=order_id,
        reference=package["packageReferenceId"],
        carrier=filed_as(package["carrierCode"], package.get("carrierName")),
        shipping_method=package.get("shippingMethod") or None,
        tracking_number=package["trackingNumber"],
        ship_date=_read_date(package["shipDate"]),
        items=_read_items(package.get("orderItems")),
    )


def _read_date(text: str) -> datetime:
    shipped = parse_time(text)
    if shipped is None:
        raise RefusalError(400, "Invalid Input", "Invalid Input")
    return shipped


def _read_items(items: object) -> tuple[SentItem, ...]:
    if not isinstance(items, list) or not items:
        raise invalid_input(BAD_ITEM.message)
    return tuple(_read_item(item) for item in items)


def _read_item(item: object) -> SentItem:
    if not isinstance(item, dict):
        raise invalid_input(BAD_ITEM.message)
    item_id, quantity, codes = item.get("orderItemId"), item.get("quantity"), item.get("transparencyCodes", [])
    if not isinstance(item_id, str) or not re.fullmatch(r"\d+", item_id, re.ASCII):
        raise invalid_input(BAD_ITEM.message)
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise _no_type("packageDetail.orderItems.quantity")
    if not isinstance(codes, list) or not all(isinstance(code, str) and code for code in codes):
        raise _no_type("packageDetail.orderItems.transparencyCodes")
    return SentItem(item_id, quantity, tuple(codes))


def _no_type(name: str) -> RefusalError:
    return invalid_input(_NO_TYPE.format(name))
