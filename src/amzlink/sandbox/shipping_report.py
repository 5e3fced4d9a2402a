"""The report of orders to ship: names and streets, a line for each item, and much less than an order has."""

from datetime import datetime, timedelta
from typing import Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order import Order
from amzlink.sandbox.world import World

TYPE: Final = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
# An order stands in it up to half an hour after it has become ready to ship.
LATE: Final = timedelta(minutes=15)
COLUMNS: Final = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "reporting-date", "promise-date",
    "days-past-promise", "buyer-email", "buyer-phone-number", "sku", "product-name", "quantity-purchased",
    "quantity-shipped", "quantity-to-ship", "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2",
    "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country", "is-business-order",
    "purchase-order-number", "price-designation", "is-prime",
)  # fmt: skip
_SALES_CHANNEL: Final = "sales-channel"
_PRIME: Final = "PRIME"
_ADDRESS: Final = {
    "recipient-name": "name", "ship-address-1": "addressLine1", "ship-address-2": "addressLine2",
    "ship-address-3": "addressLine3", "ship-city": "city", "ship-state": "stateOrRegion",
    "ship-postal-code": "postalCode", "ship-country": "countryCode",
}  # fmt: skip


def write_orders(
    world: World, marketplace_ids: tuple[str, ...], data: tuple[datetime, datetime], *, with_channel: bool
) -> str | None:
    """The report's text: orders of these marketplaces that became ready to ship in that span; None if there is none.

    Tabs part the columns and nothing is quoted. The column with the marketplace's name is there only on request.
    """
    start, end = data[0], min(data[1], world.now() - LATE)
    lines = [
        line
        for order in world.orders.values()
        if order.is_shippable and order.marketplace_id in marketplace_ids and start <= order.created <= end
        for line in _write_order(order, world.now(), with_channel=with_channel)
    ]
    if not lines:
        return None
    columns = (*COLUMNS, _SALES_CHANNEL) if with_channel else COLUMNS
    return "\r\n".join(["\t".join(columns), *lines, ""])


def _write_order(order: Order, now: datetime, *, with_channel: bool) -> list[str]:
    body = order.body
    buyer, address = body.get("buyer", {}), body.get("recipient", {}).get("deliveryAddress", {})
    promise = str(body["fulfillment"]["shipByWindow"]["latestDateTime"])
    told = {
        "order-id": order.order_id,
        "purchase-date": _with_offset(str(body["createdTime"])),
        "payments-date": _with_offset(str(body["createdTime"])),
        "reporting-date": _with_offset(str(body["createdTime"])),
        "promise-date": _with_offset(promise),
        "days-past-promise": str((now - datetime.fromisoformat(promise)).days),
        "buyer-email": buyer.get("buyerEmail", ""),
        "buyer-phone-number": address.get("phone", ""),
        "ship-service-level": body["fulfillment"].get("fulfillmentServiceLevel", "").title().replace("_", ""),
        "is-business-order": _flag("buyerCompanyName" in buyer),
        "purchase-order-number": buyer.get("buyerPurchaseOrderNumber", ""),
        "is-prime": _flag(_PRIME in body.get("programs", [])),
        _SALES_CHANNEL: BY_ID[order.marketplace_id].shop.capitalize(),
        **{column: address.get(field, "") for column, field in _ADDRESS.items()},
    }
    columns = (*COLUMNS, _SALES_CHANNEL) if with_channel else COLUMNS
    return [
        "\t".join(_one_line({**told, **_item(item)}.get(column, "")) for column in columns)
        for item in body["orderItems"]
        if item["fulfillment"].get("quantityUnfulfilled", item["quantityOrdered"])
    ]


def _item(item: Json) -> dict[str, str]:
    ordered = int(item["quantityOrdered"])
    left = int(item["fulfillment"].get("quantityUnfulfilled", ordered))
    return {
        "order-item-id": str(item["orderItemId"]),
        "sku": str(item["product"].get("sellerSku", "")),
        "product-name": str(item["product"].get("title", "")),
        "quantity-purchased": str(ordered),
        "quantity-shipped": str(ordered - left),
        "quantity-to-ship": str(left),
    }


def _flag(value: bool) -> str:  # noqa: FBT001 - a value to be written, no switch
    return "true" if value else "false"


def _with_offset(moment: str) -> str:
    return moment.replace("Z", "+00:00")


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
