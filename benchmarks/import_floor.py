"""The floor of an import: the same pages, decoded, sealed and written by hand, with nothing else around it.

Run by `import_orders.py` in a process of its own; prints the CPU seconds after its imports and the orders written.
"""

import json
import secrets
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.processes import finish
from benchmarks.usage import cpu_seconds, peak_bytes

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)


encode = msgspec.json.Encoder().encode


def main() -> None:
    """Fetch all pages of one search and write them."""
    addresses, query, schema, folder = json.loads(sys.argv[1])
    started = cpu_seconds()
    database = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
    for statement in (*PRAGMAS, *schema):
        database.execute(statement)
    cipher = AESGCM(secrets.token_bytes(32))
    client = httpx.Client(timeout=60)
    token = fetch_token(client, addresses)
    decoder = msgspec.json.Decoder()
    url, count, page_token = addresses["spapi_url"] + "/orders/2026-01-01/orders", 0, None
    while True:
        asked = {**query, "paginationToken": page_token} if page_token else query
        page = decoder.decode(client.get(url, params=asked, headers={"x-amz-access-token": token}).content)
        write(database, cipher, page["orders"])
        count += len(page["orders"])
        page_token = page.get("pagination", {}).get("nextToken")
        if not page_token:
            break
    finish(cpu_seconds=cpu_seconds() - started, orders=count, peak=peak_bytes())


def fetch_token(client: httpx.Client, addresses: dict[str, Any]) -> str:
    """An access token of Amazon's."""
    credentials = addresses["credentials"]
    form = {name: credentials[name] for name in ("refresh_token", "client_id", "client_secret")}
    answer = client.post(f"{addresses['lwa_url']}/auth/o2/token", data={"grant_type": "refresh_token", **form})
    token: str = answer.json()["access_token"]
    return token


def write(database: sqlite3.Connection, cipher: AESGCM, orders: list[dict[str, Any]]) -> None:
    """One transaction a page, one `executemany` a table."""
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    packages: list[tuple[Any, ...]] = []
    sealed: list[tuple[Any, ...]] = []
    for order in orders:
        if order["fulfillment"]["fulfillmentStatus"].startswith("PENDING"):
            continue
        order_id, items, fulfillment = order["orderId"], order["orderItems"], order["fulfillment"]
        total = order.get("proceeds", {}).get("grandTotal", {})
        rows.append(
            (
                "demo", order_id, order["salesChannel"].get("marketplaceId"), fulfillment["fulfillmentStatus"],
                order["createdTime"], order["lastUpdatedTime"],
                fulfillment.get("shipByWindow", {}).get("latestDateTime"),
                fulfillment.get("deliverByWindow", {}).get("latestDateTime"), None,
                fulfillment.get("fulfillmentServiceLevel"), " ".join(order.get("programs", ())), None,
                total.get("amount"), total.get("currencyCode"), len(items),
                sum(item["quantityOrdered"] for item in items), 1, "0" * 24, None, None,
                order["lastUpdatedTime"], encode(order.get("proceeds", {}).get("breakdowns")), 0,
            )
        )  # fmt: skip
        for position, item in enumerate(items, 1):
            product = item["product"]
            price = product.get("price", {}).get("unitPrice", {})
            lines.append(
                (
                    "demo", order_id, item["orderItemId"], position, product.get("sellerSku"), product.get("asin"),
                    product.get("title"), item["quantityOrdered"],
                    item.get("fulfillment", {}).get("quantityUnfulfilled", 0), price.get("amount"),
                    price.get("currencyCode"), "", None, None, "", None, 0,
                    encode((item.get("proceeds"), item.get("tax"))),
                )
            )  # fmt: skip
        for package in order.get("packages", ()):
            status = package.get("packageStatus", {})
            packages.append(
                (
                    "demo", order_id, package["packageReferenceId"], status.get("status"), status.get("detailedStatus"),
                    package.get("carrier"), package.get("shippingService"), package.get("shipTime"), "[]",
                )
            )  # fmt: skip
        if fulfillment["fulfillmentStatus"] != "CANCELLED":
            personal = msgspec.json.encode((order.get("buyer"), order.get("recipient")))
            nonce = secrets.token_bytes(12)
            box = nonce + cipher.encrypt(nonce, personal, order_id.encode())
            sealed.append(("demo", order_id, "order", "2026-12-23", "0" * 16, box))
    database.execute("BEGIN IMMEDIATE")
    for table, values in (("orders", rows), ("order_lines", lines), ("packages", packages), ("sealed", sealed)):
        if values:
            marks = ", ".join("?" * len(values[0]))
            database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)
    database.execute("COMMIT")


if __name__ == "__main__":
    main()
