"""All statuses of parcels, and what each proves about the way to the buyer.

The codes and messages are those of `GET /parcels/statuses`, recorded in 2026; what they prove is ours.

Source: docs/services/sendcloud.md, "Parcel statuses".
"""

from typing import Final

import msgspec

from amzlink.core.shipments.parcels import Kind


class ParcelStatus(msgspec.Struct, frozen=True):
    """One status. A parcel may skip every status before it, so each tells all that it proves.

    `announced`: the carrier was told, that is, there is a label. `processed`: the carrier has scanned it once at least.
    Neither is taken back by a later status that no longer proves it.
    """

    code: str
    message: str
    announced: bool
    processed: bool
    delivered: bool
    kind: Kind


def status_of(code: str) -> ParcelStatus:
    """What a code means; one that is not in the table says nothing. Codes are compared whole, as they are written."""
    return STATUSES.get(code) or ParcelStatus(
        code, "", announced=False, processed=False, delivered=False, kind=Kind.UNKNOWN
    )


def kind_of(code: str) -> Kind:
    """How far a parcel with this status has come; `UNKNOWN` for a code that is not in the table."""
    return status_of(code).kind


_NOT_ANNOUNCED: Final = frozenset({Kind.BEFORE, Kind.FAILED, Kind.CANCELLING, Kind.CANCELLED, Kind.UNKNOWN})

# Sendcloud's own plug-ins count these as shipped. Strictly they prove no scan, and a shipment that was confirmed to
# Amazon cannot be taken back, so that here they do not. (Of an EXCEPTION and of a cancellation that failed nobody can
# tell anyway; the parcel of the latter is alive.)
_NO_SCAN_PROVEN: Final = frozenset({
    "DELAYED", "DELIVERY_METHOD_CHANGED", "DELIVERY_DATE_CHANGED", "DELIVERY_ADDRESS_CHANGED", "ADDRESS_INVALID",
})  # fmt: skip

_TABLE: Final = (
    ("NO_LABEL", "No label", Kind.BEFORE),
    ("ANNOUNCING", "Being announced", Kind.BEFORE),
    ("ANNOUNCEMENT_FAILED", "Announcement failed", Kind.FAILED),
    ("READY_TO_SEND", "Ready to send", Kind.LABELLED),
    ("ANNOUNCED", "Announced", Kind.LABELLED),
    ("ANNOUNCED_UNCOLLECTED", "Announced: not collected", Kind.LABELLED),
    ("COLLECT_ERROR", "Error collecting", Kind.LABELLED),
    ("PICKED_UP_BY_DRIVER", "Shipment picked up by driver", Kind.UNDER_WAY),
    ("TO_SORTING", "En route to sorting center", Kind.UNDER_WAY),
    ("AT_SORTING_CENTRE", "At sorting centre", Kind.UNDER_WAY),
    ("SORTING", "Being sorted", Kind.UNDER_WAY),
    ("SORTED", "Sorted", Kind.UNDER_WAY),
    ("UNSORTED", "Not sorted", Kind.UNDER_WAY),
    ("AT_CUSTOMS", "At Customs", Kind.UNDER_WAY),
    ("SHIPMENT_ON_ROUTE", "Parcel en route", Kind.UNDER_WAY),
    ("DRIVER_ON_ROUTE", "Driver en route", Kind.UNDER_WAY),
    ("AWAITING_CUSTOMER_PICKUP", "Awaiting customer pickup", Kind.UNDER_WAY),
    ("DELAYED", "Delivery delayed", Kind.UNDER_WAY),
    ("DELIVERY_METHOD_CHANGED", "Delivery method changed", Kind.UNDER_WAY),
    ("DELIVERY_DATE_CHANGED", "Delivery date changed", Kind.UNDER_WAY),
    ("DELIVERY_ADDRESS_CHANGED", "Delivery address changed", Kind.UNDER_WAY),
    ("DELIVERY_FAILED", "Delivery attempt failed", Kind.UNDER_WAY),
    ("UNDELIVERABLE", "Unable to deliver", Kind.UNDER_WAY),
    ("ADDRESS_INVALID", "Address invalid", Kind.UNDER_WAY),
    ("EXCEPTION", "Exception", Kind.LABELLED),
    ("REFUSED_BY_RECIPIENT", "Refused by recipient", Kind.RETURNING),
    ("RETURNED_TO_SENDER", "Returned to sender", Kind.RETURNING),
    ("DELIVERED", "Delivered", Kind.DELIVERED),
    ("COLLECTED_BY_CUSTOMER", "Shipment collected by customer", Kind.DELIVERED),
    ("CANCELLING", "Cancellation requested", Kind.CANCELLING),
    ("CANCELLING_UPSTREAM", "Submitting cancellation request", Kind.CANCELLING),
    ("CANCELLED", "Cancelled", Kind.CANCELLED),
    ("CANCELLED_UPSTREAM", "Cancelled upstream", Kind.CANCELLED),
    ("CANCELLATION_FAILED", "Parcel cancellation failed.", Kind.LABELLED),
    ("UNKNOWN", "Unknown status - check carrier track & trace page for more insights", Kind.UNKNOWN),
)

STATUSES: Final = {
    code: ParcelStatus(
        code,
        message,
        announced=kind not in _NOT_ANNOUNCED,
        processed=kind in {Kind.UNDER_WAY, Kind.RETURNING, Kind.DELIVERED} and code not in _NO_SCAN_PROVEN,
        delivered=kind is Kind.DELIVERED,
        kind=kind,
    )
    for code, message, kind in _TABLE
}
