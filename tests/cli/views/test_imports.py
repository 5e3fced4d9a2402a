"""How the result of an import reads."""

import json
from datetime import UTC, datetime

import pytest

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.imports import pause_of, show
from amzlink.jobs.import_orders import ImportReport
from amzlink.problems import Problem, ProblemName


@pytest.mark.parametrize(
    ("operation", "awaited"), [("getOrder", "the next order"), ("searchOrders", "the next page"), ("", "the next call")]
)
def test_a_pause_names_what_the_quota_does_not_allow_yet(operation: str, awaited: str) -> None:
    throttled = Problem(ProblemName.THROTTLED, operation=operation, seconds=60.0)
    told, _ = pause_of(ImportReport(store="shop", booked=10, problem=throttled))
    assert told.startswith(f"Paused with 10 orders in the order book. Amazon's quota allows {awaited} ")


@pytest.mark.parametrize(("auto_route", "verbose", "told"), [(True, 1, True), (False, 1, False), (True, 0, False)])
def test_the_route_is_told_where_there_was_nothing_to_weigh_up_too(
    capsys: pytest.CaptureFixture[str], *, auto_route: bool, verbose: int, told: bool
) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    report = ImportReport(store="shop", window=(now, now))
    show(Console(verbose=verbose), None, [report], dry_run=False, asked=True, auto_route=auto_route)
    assert ("Chosen: the search. A report would bring nothing sooner." in capsys.readouterr().out) is told


def test_what_was_warned_of_is_in_the_document_once(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=True)
    warning = Problem(ProblemName.ROLE_MISSING_LISTINGS, store="shop", store_option="", page="https://amazon.example")
    for met in ([], [warning, warning]):
        for problem in met:
            console.warn(problem)
        show(console, None, [ImportReport(store="shop")], dry_run=False, asked=False)
        document = json.loads(capsys.readouterr().out)
        assert [(each["store"], each["problem"]) for each in document.get("warnings", ())] == [
            ("shop", "role-missing-listings") for _ in met[:1]
        ]
