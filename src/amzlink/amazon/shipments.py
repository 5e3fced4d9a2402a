"""Orders API v0, `confirmShipment`: the one operation of v0 that has no successor (facts 3).

Here only its door is tried, with an order that cannot exist, so that nothing changes.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import Link
from amzlink.clock import to_iso
from amzlink.problems import Problem

CONFIRM_SHIPMENT: Final = Operation("confirmShipment", 2.0, 10, "Inventory and Order Tracking")
NO_SUCH_ORDER: Final = "000-0000000-0000000"
_A_WHILE: Final = timedelta(minutes=5)  # a hand-over in the future would be refused for itself
# Which of the two says that there is no such order is not documented; either is told only to who may confirm.
_NO_SUCH_ORDER_STATUSES: Final = (400, 404)


def prove_confirm_access(link: Link, marketplace_id: str) -> Mapping[str, object]:
    """Confirm a shipment that cannot be; the refusal, as far as it may stand in evidence, comes back.

    Only an app that may confirm shipments gets to hear that the order does not exist (facts 2.7).

    Raises:
        Problem: `access-denied`, or as `Link.post_json`.
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
    path = f"/orders/v0/orders/{NO_SUCH_ORDER}/shipmentConfirmation"
    try:
        answer = link.post_json(CONFIRM_SHIPMENT, path, document)
    except Problem as problem:
        facts = problem.facts  # of the call itself: LWA's refusal of a token has the same name
        told = problem.name == "request-refused" and facts["operation"] == CONFIRM_SHIPMENT.name
        if told and facts["status"] in _NO_SUCH_ORDER_STATUSES:
            return {name: facts[name] for name in ("status", "code", "request_id")}
        raise
    # Amazon takes what it later does not store (facts 5.3); the door is open all the same.
    return {"status": 204, "code": "", "request_id": answer.request_id}
