"""All statuses that a parcel can have, as `GET /parcels/statuses` lists them (recorded in 2026, three times alike)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NO_LABEL": "No label",
        "ANNOUNCING": "Being announced",
        "ANNOUNCEMENT_FAILED": "Announcement failed",
        "READY_TO_SEND": "Ready to send",
        "ANNOUNCED": "Announced",
        "ANNOUNCED_UNCOLLECTED": "Announced: not collected",
        "COLLECT_ERROR": "Error collecting",
        "PICKED_UP_BY_DRIVER": "Shipment picked up by driver",
        "TO_SORTING": "En route to sorting center",
        "AT_SORTING_CENTRE": "At sorting centre",
        "SORTING": "Being sorted",
        "SORTED": "Sorted",
        "UNSORTED": "Not sorted",
        "AT_CUSTOMS": "At Customs",
        "SHIPMENT_ON_ROUTE": "Parcel en route",
        "DRIVER_ON_ROUTE": "Driver en route",
        "AWAITING_CUSTOMER_PICKUP": "Awaiting customer pickup",
        "DELAYED": "Delivery delayed",
        "DELIVERY_METHOD_CHANGED": "Delivery method changed",
        "DELIVERY_DATE_CHANGED": "Delivery date changed",
        "DELIVERY_ADDRESS_CHANGED": "Delivery address changed",
        "DELIVERY_FAILED": "Delivery attempt failed",
        "UNDELIVERABLE": "Unable to deliver",
        "ADDRESS_INVALID": "Address invalid",
        "EXCEPTION": "Exception",
        "REFUSED_BY_RECIPIENT": "Refused by recipient",
        "RETURNED_TO_SENDER": "Returned to sender",
        "DELIVERED": "Delivered",
        "COLLECTED_BY_CUSTOMER": "Shipment collected by customer",
        "CANCELLING": "Cancellation requested",
        "CANCELLING_UPSTREAM": "Submitting cancellation request",
        "CANCELLED": "Cancelled",
        "CANCELLED_UPSTREAM": "Cancelled upstream",
        "CANCELLATION_FAILED": "Parcel cancellation failed.",
        "UNKNOWN": "Unknown status - check carrier track & trace page for more insights",
    }
)
CANCELLED: Final = frozenset({"CANCELLED", "CANCELLED_UPSTREAM"})
# Those that a parcel can have which was never announced; any other shows that it was.
WITHOUT_LABEL: Final = CANCELLED | {
    "NO_LABEL", "ANNOUNCING", "ANNOUNCEMENT_FAILED", "CANCELLING", "CANCELLING_UPSTREAM",
}  # fmt: skip
