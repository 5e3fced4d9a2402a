"""What an import by search costs, as a ratio to its floor.

Both sides fetch the same pages from one sandbox with its quota off. CPU time is each process's own, after its imports.
"""

import tempfile
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from amzlink.amazon.orders import changed_between
from amzlink.orderbook.schema import METADATA, ORDER_LINES, ORDERS, PACKAGES, SEALED
from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.processes import child, fresh
from benchmarks.shop import sandbox

ORDERS_OF_A_SANDBOX = 12_000  # of every kind and age, about five in six of which the merchant ships
RUNS = 3
PAGE = 100


def figures() -> list[Figure]:
    """CPU for a thousand orders, and calls."""
    pairs = []
    with tempfile.TemporaryDirectory() as folder, sandbox(orders=ORDERS_OF_A_SANDBOX) as addresses:
        for run in range(RUNS):
            floor = child("import_floor", [addresses, query(addresses), schema(), fresh(folder, f"f{run}")])
            ours = child("import_amzlink", [addresses, fresh(folder, f"a{run}")])
            pairs.append(tuple(side["cpu_seconds"] / floor["orders"] * 1000 for side in (ours, floor)))
    value, at_least = middle((ours, floor) for ours, floor in pairs)
    calls = 1 + -(-ours["fetched"] // PAGE)
    count = f"{ours['fetched']:,} orders"
    return [
        Figure(
            subject="import",
            name=f"1,000 orders by search, of {count}",
            value=value,
            unit="s CPU",
            floor=Floor("pages decoded, sealed and written by hand", at_least),
            limits=(Limit(1.9),),
        ),
        Figure(
            subject="import",
            name=f"calls for {count} by search",
            value=ours["api_calls"],
            unit="calls",
            floor=Floor("a token and full pages", calls),
            limits=(Limit(calls + 1, of="value"),),  # a first run also looks for older orders that are still to ship
        ),
    ]


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
