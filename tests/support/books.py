"""Order books that are there already: to migrate a new one is a quarter of a short job's time.

Where a test's order book is, in a file or on a PostgreSQL server, is said here: `make test-postgresql` has the tests of
the order book and of the jobs on a server, and some of them always run on both.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import psycopg

from amzlink.config.settings import Config
from amzlink.orderbook.database import Database
from tests.support import postgres

Engine = Literal["sqlite", "postgresql"]
EVERYWHERE: Final[Engine] = "postgresql" if os.environ.get("AMZLINK_TEST_POSTGRESQL") else "sqlite"
"""Where the order books of this test run are, if a test does not say."""


@dataclass
class _Shelf:
    """Where books are, and the addresses of those on a server by the file in whose place they are."""

    engine: Engine
    urls: dict[Path, str] = field(default_factory=dict)


_shelves: Final = [_Shelf(EVERYWHERE)]


@contextlib.contextmanager
def on(engine: Engine) -> Iterator[None]:
    """As long as the context lasts, order books are there. Those on a server are emptied afterwards."""
    _shelves.append(_Shelf(engine))
    try:
        yield
    finally:
        for url in _shelves.pop().urls.values():
            postgres.give_back(url)


def url_of(file: Path, *, made: bool = True) -> str | None:
    """The address of the order book that takes the place of the one in this file; None where it is in the file.

    It is empty when it is first asked for; where it is not `made`, there is a database without any table.
    """
    shelf = _shelves[-1]
    if shelf.engine == "postgresql" and file not in shelf.urls:
        shelf.urls[file] = postgres.empty_book() if made else postgres.bare_database()
    return shelf.urls.get(file)


def lay_out(file: Path) -> None:
    """Put an empty order book of today's schema there, as a first run would have made it."""
    if url_of(file):
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_empty())


def settings_for(file: Path, *, made: bool = True) -> Config:
    """The settings of a machine whose order book is in this file, or in its place on a server, and of no store yet."""
    url = url_of(file, made=made)
    return Config(raw={"database": {"url": url}}) if url else Config()


def execute(file: Path, sql: str, *values: object) -> list[Any]:
    """Run a statement behind amzlink's back in the order book of this file, or in its place on a server: its rows.

    A `?` stands for each value.
    """
    url = url_of(file)
    if url is None:
        with contextlib.closing(sqlite3.connect(file)) as book, book:
            return book.execute(sql, values).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(sql.replace("?", "%s").encode(), values)
        return done.fetchall() if done.description else []


def end_leases(file: Path) -> None:
    """Where the book is on a server: two minutes go by, after which a run that was killed has lost its leases."""
    if url_of(file):
        with contextlib.suppress(psycopg.errors.UndefinedTable):  # it was killed before the book was made
            execute(file, "UPDATE leases SET expires_at = 0")


def check(file: Path) -> None:
    """A book in a file is sound; a server sees to that itself."""
    if url_of(file) is None:
        assert execute(file, "PRAGMA integrity_check") == [("ok",)]


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.db"
        Database.open(file).close()
        return file.read_bytes()
