"""What an import costs, as a ratio to its floor, and whether its memory stays flat.

Both sides fetch the same pages from one sandbox with its quota off. CPU time is each process's own, after its imports.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from amzlink.amazon.orders import changed_between
from amzlink.orderbook.schema import METADATA, ORDER_LINES, ORDERS, PACKAGES, SEALED
from benchmarks.shop import sandbox

MANY, FEW = 20_000, 2_000
RUNS = 3
# The share of a sandbox's orders that the merchant ships; the benchmark wants at least MANY of those.
MERCHANT_SHARE = 0.84


def main() -> None:
    """Measure and print; the ratios are what counts, the seconds are this machine's."""
    with tempfile.TemporaryDirectory() as folder:
        ratios = []
        with sandbox(orders=int(MANY / MERCHANT_SHARE)) as addresses:
            for run in range(RUNS):
                floor = child("import_floor", [addresses, query(addresses), schema(), fresh(folder, f"f{run}")])
                ours = child("import_amzlink", [addresses, fresh(folder, f"a{run}")])
                ratios.append(ours["cpu_seconds"] / floor["cpu_seconds"])
                print(
                    f"  run {run + 1}: {ours['orders']} orders, {ours['cpu_seconds']:.2f} s CPU; "
                    f"floor {floor['orders']} orders, {floor['cpu_seconds']:.2f} s; ratio {ratios[-1]:.2f}"
                )
        print(f"import CPU: {statistics.median(ratios):.2f} times the floor (at most 2.0)")
        pages = -(-ours["orders"] // 100)
        print(
            f"import calls: {ours['api_calls']} for {ours['orders']} orders (at most a token, {pages} searches, and "
            "one more on a first run, for older orders that are still to ship)"
        )
        with sandbox(orders=int(FEW / MERCHANT_SHARE)) as addresses:
            few = child("import_amzlink", [addresses, fresh(folder, "few")])
        print(
            f"import memory: {ours['peak'] / few['peak']:.2f} times that of {few['orders']} orders (at most 1.15); "
            f"{ours['peak'] >> 20} MiB"
        )


def query(addresses: dict[str, Any]) -> dict[str, str]:
    """The same search as the import makes."""
    now = datetime.now(UTC)
    ids = addresses["credentials"]["marketplace_ids"]
    return changed_between(now - timedelta(days=700), now - timedelta(minutes=3), ids)


def schema(wanted: Collection[Table] = (ORDERS, ORDER_LINES, PACKAGES, SEALED)) -> list[str]:
    """The order book's own tables, so that both sides write the same."""
    tables = [table for table in METADATA.sorted_tables if table in wanted]
    statements = [str(CreateTable(table).compile(dialect=sqlite.dialect())) for table in tables]
    return statements + [str(CreateIndex(index)) for table in tables for index in table.indexes]


def child(module: str, argument: list[Any]) -> dict[str, Any]:
    """Run one side and read what it tells."""
    command = [sys.executable, "-m", f"benchmarks.{module}", json.dumps(argument)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def fresh(folder: str, name: str) -> str:
    """An empty folder."""
    path = Path(folder) / name
    path.mkdir()
    return str(path)


if __name__ == "__main__":
    main()
