"""Order books that are there already: to migrate a new one is a quarter of a short job's time.

Where a test's order book is, in a file or on a PostgreSQL server, is said here: `make test-postgresql` has the tests of
the order book and of the jobs on a server, and some of them always run on both.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from amzlink.config import Config
from amzlink.config import Database as DatabaseSettings
from amzlink.orderbook.database import Database

Engine = Literal["sqlite", "postgresql"]
EVERYWHERE: Final[Engine] = "postgresql" if os.environ.get("AMZLINK_TEST_POSTGRESQL") else "sqlite"
"""Where the order books of this test run are, if a test does not say."""

_engine: list[Engine] = [EVERYWHERE]
_made: set[str] = set()


@contextlib.contextmanager
def on(engine: Engine) -> Iterator[None]:
    """As long as the context lasts, order books are there."""
    _engine.append(engine)
    try:
        yield
    finally:
        _engine.pop()


def url_of(file: Path, *, laid_out: bool = True) -> str | None:
    """The address of the order book that takes the place of the one in this file; None where it is in the file.

    It is made if it is not there. What is not `laid_out` has no tables.
    """
    if _engine[-1] == "sqlite":
        return None
    from tests.support import postgres

    name = f"book_{hashlib.sha256(os.fsencode(file)).hexdigest()[:24]}"
    if name not in _made:
        _made.add(name)
        return postgres.new_database(name) if laid_out else postgres.new_database(name, template="template0")
    return postgres.server().url(name)


def lay_out(file: Path) -> None:
    """Put an empty order book of today's schema there, as a first run would have made it."""
    if url_of(file):
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_empty())


def in_settings(settings: Config, file: Path) -> Config:
    """The settings of a machine whose order book is in this file, or in its place on a server."""
    url = url_of(file)
    return msgspec.structs.replace(settings, database=DatabaseSettings(url)) if url else settings


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.db"
        Database.open(file).close()
        return file.read_bytes()
