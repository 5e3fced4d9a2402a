"""Books with rows in all tables that their version has, and what is in them."""

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.orderbook.samples import STORE

NAMES: Final = {"store": (STORE, "old-shop"), "order_id": ("302-1234567-1234567", "302-7654321-7654321")}

Rows = Mapping[str, list[dict[str, Any]]]


def put_rows_into(file: Path) -> None:
    """Two rows in each table, of two stores; the second has nothing where nothing may be."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as book:
        book.execute("PRAGMA journal_mode = WAL")
        book.execute("BEGIN")
        for table in tables_of(book):
            columns = book.execute(f"PRAGMA table_info({table})").fetchall()
            for number in (0, 1):
                row = [
                    None if number and not must else value_of(name, kind, number) for _, name, kind, must, *_ in columns
                ]
                book.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        book.execute("COMMIT")


def value_of(column: str, kind: str, number: int) -> object:
    if column in NAMES:
        return NAMES[column][number]
    if kind == "BLOB":
        return bytes(range(256))
    if kind in ("INTEGER", "BOOLEAN"):
        return 1
    is_moment = column.endswith(("_at", "_time", "_by", "until")) or column in {"at", "ship_date"}
    return "2026-11-20T09:30:00Z" if is_moment else f"{column} {number} Größe"


def tables_of(book: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version' ORDER BY name"
    return [name for (name,) in book.execute(query)]


def rows_of(file: Path) -> Rows:
    with contextlib.closing(sqlite3.connect(file)) as book:
        book.row_factory = sqlite3.Row
        return {
            table: sorted((dict(row) for row in book.execute(f"SELECT * FROM {table}")), key=str)
            for table in tables_of(book)
        }
