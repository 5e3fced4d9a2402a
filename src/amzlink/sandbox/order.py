"""One order of the sandbox: what can be asked of it, and what the datasets and its status let Amazon tell."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.catalogue import Catalogue
from amzlink.sandbox.clock import iso, whole_seconds
from amzlink.sandbox.incomplete_orders import withhold
from amzlink.sandbox.messages import Json, encode
from amzlink.sandbox.order_bodies import write_order
from amzlink.sandbox.order_plan import Plan, Story, Trait

_ALWAYS: Final = (
    "orderId", "orderAliases", "createdTime", "lastUpdatedTime", "programs", "associatedOrders", "salesChannel",
)  # fmt: skip
_ORDER_PARTS: Final = {
    "buyer": "BUYER", "recipient": "RECIPIENT", "proceeds": "PROCEEDS", "payment": "PAYMENT", "tax": "TAX",
    "fulfillment": "FULFILLMENT", "packages": "PACKAGES", "fulfillmentOrders": "FULFILLMENT_ORDERS",
}  # fmt: skip
_ITEM_PARTS: Final = {
    "proceeds": "PROCEEDS", "expense": "EXPENSE", "promotion": "PROMOTION", "cancellation": "CANCELLATION",
    "fulfillment": "FULFILLMENT", "tax": "TAX",
}  # fmt: skip
_WITH_EMAIL: Final = frozenset({Story.UNSHIPPED, Story.PARTIALLY_SHIPPED, Story.SHIPPED})
_NOT_YET_PAID: Final = frozenset({Story.PENDING, Story.PENDING_AVAILABILITY})
_HIDDEN_WHILE_UNPAID: Final = ("buyer", "recipient", "proceeds", "payment", "tax")
_SHIPPABLE: Final = frozenset({Story.UNSHIPPED, Story.PARTIALLY_SHIPPED})
# Shorter texts (a house number, "Top 3") turn up anywhere by chance and would prove nothing when searched for.
_SHORTEST_PERSONAL_VALUE: Final = 5


class Order:
    """An order and its present state.

    It is written out when it is asked for, and then kept as the JSON that was served; the far larger dicts stay only
    for orders that have changed since they were planned.
    """

    def __init__(self, plan: Plan, write: Callable[[Plan], Json]) -> None:
        self.order_id = plan.order_id
        self.country = plan.country
        self.marketplace_id = BY_COUNTRY[plan.country].id
        self.status = plan.story
        self.traits = plan.traits
        self.fulfilled_by = "AMAZON" if Trait.AMAZON_FULFILLED in plan.traits else "MERCHANT"
        self.created = plan.created
        self.updated = plan.updated
        # Pages follow this key: fixed for the order's life and without any relation to time.
        self.key = hashlib.blake2b(plan.order_id.encode(), digest_size=16).hexdigest()
        self._plan = plan
        self._write = write
        self._body: Json | None = None
        self._deliver_by: str | None = None
        self._served: dict[tuple[frozenset[str], bool], bytes] = {}
        self._withheld: tuple[str, ...] = ()

    @property
    def body(self) -> Json:
        """Everything about the order, whatever its status hides; whoever alters it calls `change` then."""
        if self._body is None:
            self._body = self._write(self._plan)
        return self._body

    @property
    def is_shippable(self) -> bool:
        """Whether a merchant has something of it left to send."""
        return self.fulfilled_by == "MERCHANT" and self.status in _SHIPPABLE

    def change(self, now: datetime, status: Story | None = None) -> None:
        """Notes that the body was changed: the order counts as updated now, perhaps with another status."""
        self.status = status or self.status
        self.updated = max(self.updated, whole_seconds(now))
        self.body["lastUpdatedTime"] = iso(self.updated)
        self.body["fulfillment"]["fulfillmentStatus"] = self.status.value
        self.note_silently()

    def note_silently(self) -> None:
        """Notes that the body was changed under the same time: nobody who asks for changes hears of it."""
        self._deliver_by = None
        self._served.clear()

    def withhold(self, parts: tuple[str, ...]) -> None:
        """From now on Amazon tells the order without these parts of it (none: whole), under the same time."""
        self._withheld = parts
        self._served.clear()

    def render(self, datasets: frozenset[str], now: datetime) -> bytes:
        """The order as JSON with these datasets."""
        body = self._body
        if self._deliver_by is None:
            body = self._read()
            self._deliver_by = str(body["fulfillment"]["deliverByWindow"]["latestDateTime"])
        hide_phone = self.status is Story.SHIPPED and iso(now) > self._deliver_by
        form = datasets, hide_phone
        if form not in self._served:
            self._served[form] = encode(self._tell(body or self._read(), datasets, hide_phone=hide_phone))
        return self._served[form]

    def personal_values(self) -> tuple[str, ...]:
        """Texts that tell who the buyer is: names, firms, streets, numbers, messages; not town and postal code."""
        return tuple({value for value in _personal_values(self._read()) if len(value) >= _SHORTEST_PERSONAL_VALUE})

    def _read(self) -> Json:
        return self._body or self._write(self._plan)

    def _tell(self, body: Json, datasets: frozenset[str], *, hide_phone: bool) -> Json:
        unpaid = self.status in _NOT_YET_PAID
        told: Json = {key: body[key] for key in _ALWAYS if key in body}
        for key, dataset in _ORDER_PARTS.items():
            if dataset in datasets and key in body and not (unpaid and key in _HIDDEN_WHILE_UNPAID):
                told[key] = body[key]
        if "buyer" in told and (self.fulfilled_by == "AMAZON" or self.status not in _WITH_EMAIL):
            told["buyer"] = _without(told["buyer"], "buyerEmail")
        if "recipient" in told and hide_phone:
            address = _without(told["recipient"]["deliveryAddress"], "phone")
            told["recipient"] = {**told["recipient"], "deliveryAddress": address}
        if "fulfillment" in told and unpaid:
            told["fulfillment"] = _without(
                told["fulfillment"], "shipByWindow", "deliverByWindow", "labelPrintingWindow"
            )
        told["orderItems"] = [_tell_item(item, datasets, unpaid=unpaid) for item in body["orderItems"]]
        return withhold(told, self._withheld)


def make_writer(catalogue: Catalogue) -> Callable[[Plan], Json]:
    """What writes planned orders out with this catalogue's products."""

    def write(plan: Plan) -> Json:
        return write_order(plan, catalogue)

    return write


def _tell_item(item: Json, datasets: frozenset[str], *, unpaid: bool) -> Json:
    told = {key: value for key, value in item.items() if key not in _ITEM_PARTS or _ITEM_PARTS[key] in datasets}
    if unpaid:
        told.pop("proceeds", None)
        told["product"] = _without(told["product"], "price")
    return told


def _without(part: Json, *names: str) -> Json:
    return {key: value for key, value in part.items() if key not in names}


def _personal_values(body: Json) -> Iterator[str]:
    yield from body["buyer"].values()
    recipient = body["recipient"]
    address = recipient["deliveryAddress"]
    for key in ("name", "companyName", "addressLine1", "addressLine2", "addressLine3", "phone"):
        if key in address:
            yield address[key]
    yield from address.get("extendedFields", {}).values()
    if "addressInstruction" in recipient.get("deliveryPreference", {}):
        yield recipient["deliveryPreference"]["addressInstruction"]
    for item in body["orderItems"]:
        gift = item["fulfillment"].get("packing", {}).get("giftOption", {})
        if "giftMessage" in gift:
            yield gift["giftMessage"]
        if "customization" in item["product"]:
            yield item["product"]["customization"]["customizedUrl"]
    for registration in body.get("tax", {}).get("taxRegistrations", []):
        yield registration["taxRegistrationNumber"]
