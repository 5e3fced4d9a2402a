"""Order books that are there already: to migrate a new one is a quarter of a short job's time."""

import tempfile
from functools import cache
from pathlib import Path

from amzlink.orderbook.database import Database


def lay_out(file: Path) -> None:
    """Put an empty order book of today's schema there, as a first run would have made it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_empty())


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.db"
        Database.open(file).close()
        return file.read_bytes()
