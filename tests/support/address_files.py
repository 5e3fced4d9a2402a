"""The file "Unshipped orders" that Seller Central gives by hand, as the sandbox's orders would stand in it."""

from collections.abc import Iterable, Mapping
from typing import Final

from amzlink.sandbox.world import World

# List A of docs/services/amazon.md, "Report types and their columns".
COLUMNS: Final = (
    "order-id", "order-item-id", "purchase-date", "payments-date", "reporting-date", "promise-date",
    "days-past-promise", "buyer-email", "buyer-phone-number", "sku", "product-name", "quantity-purchased",
    "quantity-shipped", "quantity-to-ship", "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2",
    "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country", "is-business-order",
    "purchase-order-number", "price-designation", "is-prime",
)  # fmt: skip


def cells_of(world: World, order_id: str, **changed: str) -> list[dict[str, str]]:
    """An order's rows, one for each of its lines; `changed` are cells by column, with `_` for `-`."""
    body = world.orders[order_id].body
    address = body["recipient"]["deliveryAddress"]
    shared = {
        "order-id": order_id,
        "buyer-email": body.get("buyer", {}).get("buyerEmail", ""),
        "buyer-phone-number": address.get("phone", ""),
        "recipient-name": address.get("name") or address.get("companyName", ""),
        "ship-address-1": address.get("addressLine1") or address.get("streetName", "Hauptstr. 1"),
        "ship-address-2": address.get("addressLine2", ""),
        "ship-address-3": address.get("addressLine3", ""),
        "ship-city": address.get("city", ""),
        "ship-state": address.get("stateOrRegion", ""),
        "ship-postal-code": address.get("postalCode", ""),
        "ship-country": address.get("countryCode", ""),
        "is-prime": "false",
    }
    shared |= {column.replace("_", "-"): cell for column, cell in changed.items()}
    return [
        {**shared, "order-item-id": item["orderItemId"], "sku": item["product"].get("sellerSku", "")}
        for item in body["orderItems"]
    ]


def file_of(rows: Iterable[Mapping[str, str]], encoding: str = "cp1252") -> bytes:
    """The file: tabs, no quotes, CRLF; letters that the encoding lacks are question marks."""
    lines = ["\t".join(COLUMNS), *("\t".join(row.get(column, "") for column in COLUMNS) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode(encoding, "replace")
