"""A run that dies at any step of the report route: the next one goes on with the same report, and nothing is lost."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from amzlink.problems import Problem, ProblemName
from tests.jobs.orders.test_report_route import in_the_book, open_at_amazon, run, shop
from tests.support.world import ReportedParcel, StoreOnSandbox

STEPS: dict[str, Callable[[httpx.Request], bool]] = {
    "createReport": lambda request: request.method == "POST" and request.url.path.endswith("/reports"),
    "getReport": lambda request: "/reports/2021-06-30/reports/" in request.url.path,
    "the token": lambda request: request.url.path.endswith("/restrictedDataToken"),
    "getReportDocument": lambda request: "/reports/2021-06-30/documents/" in request.url.path,
    "the download": lambda request: request.url.path.startswith("/documents/"),
}


class Death(BaseException):
    """The process is gone: nothing in the code catches it."""


class Dying(httpx.BaseTransport):
    """Amazon, and the process dies at a step of the report: before the call arrives, or before its answer does."""

    def __init__(self, at: StoreOnSandbox, step: Callable[[httpx.Request], bool], *, late: bool) -> None:
        self._inner, self._step, self._late = at.transport, step, late

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._step(request):
            return self._inner.handle_request(request)
        if self._late:
            self._inner.handle_request(request)
        raise Death


class Mortal(ReportedParcel):
    """An observer at whose hands the process dies, once so many batches of a report are stored."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self._left = batches

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        self._left -= what == "orders of Amazon's report"
        if not self._left:
            raise Death


@pytest.mark.parametrize("late", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies_at_a_call_is_gone_on_with_by_the_same_report(tmp_path: Path, step: str, late: bool) -> None:
    at = shop(tmp_path, 6)
    at.deps.transport = Dying(at, STEPS[step], late=late)
    with pytest.raises(Death):
        run(at, route="report")
    at.clock.advance(30)
    with contextlib.suppress(Death):  # there may be nothing left to die of
        run(at)
    at.deps.transport = at.transport
    run(at)
    assert in_the_book(at) == open_at_amazon(at)
    assert at.sandbox.world.count_calls()["createReport"] == 1


@pytest.mark.parametrize("batch", [1, 2])
def test_a_run_that_dies_while_the_report_is_taken_in_takes_in_the_same_report_again(
    tmp_path: Path, batch: int
) -> None:
    at = shop(tmp_path, 700)
    at.deps.observer = Mortal(batch)
    with pytest.raises(Death):
        run(at, route="report")
    assert 0 < len(in_the_book(at)) <= batch * 500
    at.deps.observer = at.reported
    assert run(at).route == "report"
    assert in_the_book(at) == open_at_amazon(at)
    assert at.sandbox.world.count_calls()["createReport"] == 1


def test_an_answer_that_was_lost_leads_to_the_report_that_amazon_makes(tmp_path: Path) -> None:
    at = shop(tmp_path, 6, faults=["report-lost-answer"])
    run(at, route="report")
    assert len(at.reported.warnings) == 1
    at.sandbox.world.faults.switch(off=["report-lost-answer"])
    assert run(at, route="report").route == "report"
    assert at.sandbox.world.count_calls()["createReport"] == 1


def test_of_two_runs_at_once_one_makes_the_report_and_the_other_says_so(tmp_path: Path) -> None:
    at = shop(tmp_path, 6)
    second: list[Problem | None] = []

    class Meanwhile(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if STEPS["getReport"](request) and not second:
                second.append(run(at, route="report").problem)
            return at.transport.handle_request(request)

    at.deps.transport = Meanwhile()
    assert run(at, route="report").route == "report"
    assert second[0] is not None
    assert second[0].name is ProblemName.RUN_IN_PROGRESS
    assert at.sandbox.world.count_calls()["createReport"] == 1
