"""Orders API v0, `confirmShipment`: the one operation of v0 that has no successor.

A confirmation charges the buyer and cannot be taken back (docs/services/amazon.md, "Accepted is not stored"), so it is
sent once: after a lost answer (`AnswerUnknown`) the order has to be read back first.

Source: docs/services/amazon.md, "Interfaces that ended".
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.errors import SpApiError
from amzlink.amazon.quota import Operation
from amzlink.amazon.shipment_refusals import IN_WORDS, Reason, reason_of
from amzlink.amazon.transport import SpApiClient
from amzlink.clock import to_iso
from amzlink.core.service_message import without_quotes
from amzlink.core.shipments.packing import Item
from amzlink.http.retry import WhenThrottled
from amzlink.problems import ProblemName
from amzlink.problems.failures import CallFailed, Denied, NotFound, Refused
from amzlink.problems.orders import UNKNOWN_TO_AMAZON

CONFIRM_SHIPMENT: Final = Operation("confirmShipment", 2.0, 10, "Inventory and Order Tracking")
NO_SUCH_ORDER: Final = "000-0000000-0000000"
_A_WHILE: Final = timedelta(minutes=5)  # a hand-over in the future would be refused for itself
# Which of the two says that there is no such order is not documented; either is told only to who may confirm.
_NO_SUCH_ORDER_STATUSES: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


class ShipmentRefused(Refused):
    """Amazon refuses this confirmation. `reason` is None where Amazon does not know the order.

    `message` is Amazon's, without what it quotes.
    """

    reason: Reason | None = None
    message: str = ""


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel as Amazon is told of it (docs/services/amazon.md, "The confirmation call").

    `reference` is digits, unique in the order: one that the order has already means an edit of that package.
    `carrier_code` is in Amazon's spelling; with `Other`, `carrier_name` is needed. `ship_date` lies between the order's
    creation and now. Without `tracking_number` it can go by a feed only.
    """

    order_id: str
    marketplace_id: str
    reference: str
    carrier_code: str
    ship_date: datetime
    items: tuple[Item, ...]
    carrier_name: str | None = None
    shipping_method: str | None = None
    tracking_number: str | None = None


class _Item(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    order_item_id: str
    quantity: int
    transparency_codes: tuple[str, ...] = ()


class _PackageDetail(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    package_reference_id: str
    carrier_code: str
    tracking_number: str
    ship_date: str
    order_items: tuple[_Item, ...]
    carrier_name: str | None = None
    shipping_method: str | None = None


class _Request(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_id: str
    package_detail: _PackageDetail


def confirm_shipment(link: SpApiClient, confirmation: Confirmation) -> None:
    """Tell Amazon of one parcel. It has then accepted it, which is no proof that it is stored.

    It is told again only where Amazon throttled the call, and so did nothing.

    Source: docs/services/amazon.md, "Accepted is not stored".

    Raises:
        ShipmentRefused: `shipment-refused` with its `reason`, or `order-not-found`.
        CallFailed: as `SpApiClient.post_json`.
        ValueError: without a tracking number, which a single call must have.
    """
    if not confirmation.tracking_number:
        raise ValueError("what has no tracking number goes by feed")
    detail = _PackageDetail(
        package_reference_id=confirmation.reference,
        carrier_code=confirmation.carrier_code,
        carrier_name=confirmation.carrier_name,
        shipping_method=confirmation.shipping_method,
        tracking_number=confirmation.tracking_number,
        ship_date=to_iso(confirmation.ship_date),
        order_items=tuple(
            _Item(item.order_item_id, item.quantity, item.transparency_codes) for item in confirmation.items
        ),
    )
    link.post_json(
        CONFIRM_SHIPMENT,
        _path(confirmation.order_id),
        _Request(confirmation.marketplace_id, detail),
        explain=partial(_explain, confirmation.order_id),
        when_throttled=WhenThrottled.TRY_AGAIN,
    )


def _explain(order_id: str, refusal: Denied | Refused, error: SpApiError) -> CallFailed | None:
    if refusal.status not in _NO_SUCH_ORDER_STATUSES or not (error.code or error.message):
        return None  # an answer that says nothing may come from something between here and Amazon
    reason = reason_of(error.code, f"{error.message} {error.details or ''}")
    if isinstance(refusal, NotFound) or reason is Reason.ORDER_UNKNOWN:
        return refusal.retyped(
            ShipmentRefused, ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=UNKNOWN_TO_AMAZON
        )
    refused = refusal.retyped(ShipmentRefused, ProblemName.SHIPMENT_REFUSED, order_id=order_id, detail=IN_WORDS[reason])
    refused.reason, refused.message = reason, without_quotes(error.message)
    return refused


def _path(order_id: str) -> str:
    return f"/orders/v0/orders/{quote(order_id, safe='')}/shipmentConfirmation"


def _speaks_of_the_order(refusal: Denied | Refused, error: SpApiError) -> CallFailed | None:
    """A refusal that speaks of the order shows that the request was read; any other shows nothing."""
    if refusal.status in _NO_SUCH_ORDER_STATUSES and "order" in f"{error.message} {error.details or ''}".lower():
        return refusal.retyped(ShipmentRefused)
    return None


def prove_confirm_access(link: SpApiClient, marketplace_id: str) -> Mapping[str, object]:
    """Confirm a shipment that cannot be; the refusal, as far as it may stand in evidence, comes back.

    Only an app that may confirm shipments gets to hear that the order does not exist (docs/services/amazon.md,
    "What an answer proves").

    Raises:
        Problem: `access-denied`, or as `SpApiClient.post_json`.
    """
    document = {
        "marketplaceId": marketplace_id,
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "Other",
            "carrierName": "amzlink verify",
            "trackingNumber": "000000000000",
            "shipDate": to_iso(link.amazon_now() - _A_WHILE),
            "orderItems": [{"orderItemId": "00000000000000", "quantity": 1}],
        },
    }
    try:
        answer = link.post_json(CONFIRM_SHIPMENT, _path(NO_SUCH_ORDER), document, explain=_speaks_of_the_order)
    except ShipmentRefused as refusal:
        return {"status": refusal.status, "code": refusal.code, "request_id": refusal.request_id}
    # Amazon takes what it later does not store (docs/services/amazon.md, "Accepted is not stored"); the door is open
    # all the same.
    return {"status": 204, "code": "", "request_id": answer.request_id}
