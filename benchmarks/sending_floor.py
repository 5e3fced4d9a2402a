"""The floor of sending: the same payloads opened, hashed, noted and posted by hand, with nothing else around it.

Run by `sending.py` in a process of its own after amzlink has sent: what Sendcloud has by then is what it sends again.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.import_floor import PRAGMAS
from benchmarks.processes import finish
from benchmarks.usage import cpu_seconds

BATCH = 100
ALL = {"page_size": "200"}
TABLE = "CREATE TABLE outbox (order_id TEXT PRIMARY KEY, state TEXT, payload_hash TEXT, sendcloud_id TEXT, at TEXT)"


def main() -> None:
    """Learn what to send, then send it and read it back."""
    addresses, folder = json.loads(sys.argv[1])
    client = sendcloud_client(addresses)
    cipher = AESGCM(secrets.token_bytes(32))
    sealed = [seal(cipher, order) for order in read_all(client, "/orders", ALL)]
    started = cpu_seconds()
    database = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
    for statement in (*PRAGMAS, TABLE):
        database.execute(statement)
    for start in range(0, len(sealed), BATCH):
        send(client, database, cipher, sealed[start : start + BATCH])
    found = [(str(order["id"]), order["order_id"]) for order in read_all(client, "/orders", ALL)]
    write(database, "UPDATE outbox SET state = 'sent', sendcloud_id = ? WHERE order_id = ?", found)
    finish(cpu_seconds=cpu_seconds() - started, orders=len(found))


def sendcloud_client(addresses: dict[str, Any]) -> httpx.Client:
    """A client of Sendcloud's API with the shop's keys."""
    credentials = addresses["credentials"]
    keys = (credentials["sendcloud_public_key"], credentials["sendcloud_secret_key"])
    return httpx.Client(base_url=addresses["sendcloud_url"] + "/api/v3", auth=keys, timeout=60)


def read_all(client: httpx.Client, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """Everything that Sendcloud has there, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, params={**query, **cursor})
        found += msgspec.json.decode(answer.content)["data"]
        link = answer.links.get("next")
        if link is None:
            return found
        cursor = {"cursor": httpx.URL(link["url"]).params["cursor"]}


def seal(cipher: AESGCM, order: dict[str, Any]) -> tuple[str, bytes]:
    """An order as it would lie in a book."""
    payload = {key: order[key] for key in order.keys() - {"id", "created_at", "modified_at"}}
    nonce = secrets.token_bytes(12)
    order_id = order["order_id"]
    return order_id, nonce + cipher.encrypt(nonce, msgspec.json.encode(payload), order_id.encode())


def send(client: httpx.Client, database: sqlite3.Connection, cipher: AESGCM, sealed: list[tuple[str, bytes]]) -> None:
    """One batch: rows before the call, the call, rows after it."""
    payloads, rows = [], []
    for order_id, box in sealed:
        payload = msgspec.json.decode(cipher.decrypt(box[:12], box[12:], order_id.encode()))
        told = hmac.new(b"salt", msgspec.json.encode(payload), hashlib.sha256).hexdigest()
        payloads.append(payload)
        rows.append((order_id, "asked", told, None, "2026-11-23T09:30:00Z"))
    write(database, "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?)", rows)
    headers = {"content-type": "application/json"}
    client.post("/orders", content=msgspec.json.encode(payloads), headers=headers).raise_for_status()
    write(database, "UPDATE outbox SET state = 'accepted' WHERE order_id = ?", [(order_id,) for order_id, _ in sealed])


def write(database: sqlite3.Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """One transaction."""
    database.execute("BEGIN IMMEDIATE")
    database.executemany(statement, rows)
    database.execute("COMMIT")


if __name__ == "__main__":
    main()
