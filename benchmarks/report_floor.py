"""The floor of a report: the same lines, split, sealed and written by hand, with nothing else around them.

Run by `report_orders.py` in a process of its own; prints the CPU seconds after its imports and the orders written.
"""

import gzip
import itertools
import json
import secrets
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.import_floor import PRAGMAS
from benchmarks.processes import finish
from benchmarks.usage import cpu_seconds

_A_TRANSACTION = 500


def main() -> None:
    """Read the report and write its orders."""
    document, schema, folder = json.loads(sys.argv[1])
    started = cpu_seconds()
    database = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
    for statement in (*PRAGMAS, *schema):
        database.execute(statement)
    cipher = AESGCM(secrets.token_bytes(32))
    count = 0
    with gzip.open(document, "rt", encoding="utf-8", newline="\n") as text:
        header = next(text).rstrip("\r\n").split("\t")
        lines = (dict(zip(header, line.rstrip("\r\n").split("\t"), strict=True)) for line in text)
        orders = (list(group) for _, group in itertools.groupby(lines, key=lambda line: line["order-id"]))
        while batch := list(itertools.islice(orders, _A_TRANSACTION)):
            write(database, cipher, batch)
            count += len(batch)
    finish(cpu_seconds=cpu_seconds() - started, orders=count)


def write(database: sqlite3.Connection, cipher: AESGCM, orders: list[list[dict[str, str]]]) -> None:
    """One transaction for some orders, one `executemany` a table."""
    now = moment(datetime.now(UTC).isoformat())
    rows: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    holds: list[tuple[Any, ...]] = []
    sealed: list[tuple[Any, ...]] = []
    for items in orders:
        first = items[0]
        order_id, bought = first["order-id"], moment(first["purchase-date"])
        rows.append(
            (
                "demo", order_id, "A1PA6795UKMFR9", "UNSHIPPED", bought, bought, moment(first["promise-date"]), None,
                None, "STANDARD", "", None, None, None, len(items),
                sum(int(item["quantity-purchased"]) for item in items), 1, "0" * 24, None, None, now, None, 0,
            )
        )  # fmt: skip
        lines += [
            (
                "demo", order_id, item["order-item-id"], position, item["sku"], None, item["product-name"],
                int(item["quantity-purchased"]), int(item["quantity-to-ship"]), None, None, "", None, None, "", None,
                0, None,
            )
            for position, item in enumerate(items, 1)
        ]  # fmt: skip
        holds.append(("demo", order_id, "not-read-yet", "report", now, None))
        personal = msgspec.json.encode({name: told for name, told in first.items() if name[:5] in ("ship-", "buyer")})
        nonce = secrets.token_bytes(12)
        box = nonce + cipher.encrypt(nonce, personal, order_id.encode())
        sealed.append(("demo", order_id, "order", "2026-12-23", "0" * 16, box))
    database.execute("BEGIN IMMEDIATE")
    for table, values in (("orders", rows), ("order_lines", lines), ("holds", holds), ("sealed", sealed)):
        marks = ", ".join("?" * len(values[0]))
        database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)
    database.execute("COMMIT")


def moment(text: str) -> str:
    """A time as the order book writes it."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat("T", "seconds")[:19] + "Z"


if __name__ == "__main__":
    main()
