"""How often each parcel was confirmed, and by which way: what a test asks that wants to know "exactly once"."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from amzlink.sandbox.messages import Json
from amzlink.sandbox.order import Order


class Route(StrEnum):
    """The way a confirmation came."""

    SINGLE = "single"
    FEED = "feed"


@dataclass(slots=True)
class _Record:
    """The counts of one package; `route` is the way of its last confirmation or edit."""

    route: Route
    confirmed: int = 0
    edited: int = 0


class Ledger:
    """The counts of all packages that a confirmation made or edited; those from elsewhere are not in it."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, _Record]] = {}

    def note_confirmed(self, order_id: str, reference: str, route: Route) -> None:
        """A confirmation made this package."""
        self._record(order_id, reference, route).confirmed += 1

    def note_edited(self, order_id: str, reference: str, route: Route) -> None:
        """A confirmation changed this package."""
        self._record(order_id, reference, route).edited += 1

    def edits(self, order_id: str, reference: str) -> int:
        """How often the package was changed so far."""
        record = self._records.get(order_id, {}).get(reference)
        return record.edited if record else 0

    def tell(self, orders: Mapping[str, Order]) -> list[Json]:
        """The packages as the orders have them, with their counts, in the order of their first confirmation."""
        return [
            {
                "order_id": order_id,
                "packages": [
                    _tell(package, records[package["packageReferenceId"]])
                    for package in orders[order_id].body["packages"]
                    if package["packageReferenceId"] in records
                ],
            }
            for order_id, records in self._records.items()
        ]

    def _record(self, order_id: str, reference: str, route: Route) -> _Record:
        record = self._records.setdefault(order_id, {}).setdefault(reference, _Record(route))
        record.route = route
        return record


def _tell(package: Json, record: _Record) -> Json:
    return {
        "reference": package["packageReferenceId"],
        "carrier": package["carrier"],
        "tracking_number": package.get("trackingNumber"),
        "items": [
            {"order_item_id": item["orderItemId"], "quantity": item["quantity"]} for item in package["packageItems"]
        ],
        "confirmed": record.confirmed,
        "edited": record.edited,
        "route": record.route.value,
    }
