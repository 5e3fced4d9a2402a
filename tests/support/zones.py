"""The machine's time zone, as a test wants it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """The machine stands there."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
