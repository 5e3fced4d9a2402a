"""The order book that the machines of a fleet share."""

from collections.abc import Iterator

import pytest

from tests.support import postgres
from tests.support.fleet import SharedBook


@pytest.fixture
def shared_book() -> Iterator[SharedBook]:
    """An empty order book on a server."""
    with SharedBook(postgres.new_database()) as book:
        yield book
