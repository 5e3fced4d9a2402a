"""The floor of confirming: shipments read, numbers sealed, rows written and calls made by hand, and nothing around it.

Run by `push_status.py` in a process of its own after amzlink has confirmed its share: it makes labels for as many
others and confirms those.
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

from benchmarks.import_floor import PRAGMAS, fetch_token
from benchmarks.processes import finish
from benchmarks.sending_floor import read_all, sendcloud_client
from benchmarks.usage import cpu_seconds

TABLE = "CREATE TABLE outbox (order_id TEXT PRIMARY KEY, state TEXT, number BLOB)"


def main() -> None:
    """Have labels made, then confirm them."""
    addresses, folder = json.loads(sys.argv[1])
    control = addresses["control_url"]
    client, sendcloud = httpx.Client(timeout=60), sendcloud_client(addresses)
    announce = {"action": "announce", "orders": "all"}
    made = client.post(f"{control}/sendcloud/parcels", json=announce).json()["parcels"]
    wanted = {parcel["order_number"] for parcel in made}
    orders = {order_id: client.get(f"{control}/orders/{order_id}").json()["order"] for order_id in wanted}
    token = fetch_token(client, addresses)
    cipher = AESGCM(secrets.token_bytes(32))
    started = cpu_seconds()
    database = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
    for statement in (*PRAGMAS, TABLE):
        database.execute(statement)
    headers = {"x-amz-access-token": token, "content-type": "application/json"}
    count = 0
    own = {"integration_id": str(addresses["credentials"]["sendcloud_integration_id"]), "page_size": "100"}
    for shipment in read_all(sendcloud, "/shipments", own):
        order = orders.get(shipment["order_number"])
        if order is None:
            continue
        number = shipment["parcels"][0]["tracking_number"]
        nonce = secrets.token_bytes(12)
        sealed = nonce + cipher.encrypt(nonce, number.encode(), order["orderId"].encode())
        database.execute("INSERT INTO outbox VALUES (?, 'calling', ?)", (order["orderId"], sealed))
        url = f"{addresses['spapi_url']}/orders/v0/orders/{order['orderId']}/shipmentConfirmation"
        client.post(url, content=msgspec.json.encode(document(order, number)), headers=headers)
        database.execute("UPDATE outbox SET state = 'accepted' WHERE order_id = ?", (order["orderId"],))
        count += 1
    finish(cpu_seconds=cpu_seconds() - started, shipments=count)


def document(order: dict[str, Any], number: str) -> dict[str, Any]:
    """A confirmation of all that the order has."""
    items = [{"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]} for item in order["orderItems"]]
    return {
        "marketplaceId": order["salesChannel"]["marketplaceId"],
        "packageDetail": {
            "packageReferenceId": "1", "carrierCode": "DHL", "trackingNumber": number,
            "shipDate": order["createdTime"], "orderItems": items,
        },
    }  # fmt: skip


if __name__ == "__main__":
    main()
