"""How the result of an import reads."""

import pytest

from amzlink.cli.views.orders.imports import pause_of
from amzlink.jobs.import_orders import ImportReport
from amzlink.problems import Problem, ProblemName


@pytest.mark.parametrize(
    ("operation", "awaited"), [("getOrder", "the next order"), ("searchOrders", "the next page"), ("", "the next call")]
)
def test_a_pause_names_what_the_quota_does_not_allow_yet(operation: str, awaited: str) -> None:
    throttled = Problem(ProblemName.THROTTLED, operation=operation, seconds=60.0)
    told, _ = pause_of(ImportReport(store="shop", booked=10, problem=throttled))
    assert told.startswith(f"Paused with 10 orders in the order book. Amazon's quota allows {awaited} ")
