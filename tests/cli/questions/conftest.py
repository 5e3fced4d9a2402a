"""One shop for every question that a shop owner or a support desk asks: `desk`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.questions import Desk, at_the_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A connected shop without orders, whose orders go to Sendcloud."""
    with at_the_desk(tmp_path) as found:
        yield found
