"""Books of any version, with rows in all tables that the version has, and what is in them."""

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from amzlink.orderbook import migrations
from amzlink.orderbook.connection import HEAD
from tests.orderbook.samples import STORE

_SCRIPTS: Final = str(Path(migrations.__file__).parent)
EARLIER: Final = tuple(
    script.revision for script in reversed([*ScriptDirectory(_SCRIPTS).walk_revisions()]) if script.revision != HEAD
)
"""All versions of the schema but the newest, in their order."""
NAMES: Final = {"store": (STORE, "old-shop"), "order_id": ("302-1234567-1234567", "302-7654321-7654321")}

Rows = Mapping[str, list[dict[str, Any]]]


def bring_to(file: Path, version: str) -> None:
    """Make a book of a version, without rows, or bring an older one to it."""
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


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
    if kind in ("INTEGER", "BIGINT", "BOOLEAN", "FLOAT"):
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
