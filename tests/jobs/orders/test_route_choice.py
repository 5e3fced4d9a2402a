"""`--route auto`: a report where it is faster than the pages to go, and the reason told."""

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from amzlink.amazon.orders import SEARCH_ORDERS
from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.imports import show
from amzlink.core.orders.route import REPORT_SECONDS, RouteChoice
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def shop(tmp_path: Path, orders: int) -> StoreOnSandbox:
    at = store_on_sandbox(tmp_path, orders=0, quota="real")
    at.sandbox.world.add_orders(orders)
    at.clock.advance(3600)
    return at


def run(at: StoreOnSandbox, **options: object) -> ImportReport:
    return import_orders(at.deps, [SLUG], ImportOptions(**{"max_wait": timedelta(seconds=1), **options}))[0]  # type: ignore[arg-type]


def searches_left(at: StoreOnSandbox, calls: int, seconds_ago: float = 0) -> None:
    """Another run has left so many searches, some time ago."""
    account = at.deps.account_of(SLUG, at.deps.load_config().stores[SLUG])
    then = at.clock.now().timestamp()
    with contextlib.closing(at.deps.quotas(account)) as quotas:
        while quotas.left(SEARCH_ORDERS, then) > calls:
            quotas.take(SEARCH_ORDERS, then)
            quotas.answered(SEARCH_ORDERS, then, None)
    at.clock.advance(seconds_ago)


def test_a_page_that_comes_sooner_than_a_report_is_waited_for(tmp_path: Path) -> None:
    at = shop(tmp_path, 150)
    searches_left(at, 1, seconds_ago=120)
    report = run(at, max_wait=timedelta(minutes=10))
    assert (report.route, report.problem, report.api_calls["createReport"]) == ("search", None, 0)
    assert report.choice is not None
    assert (report.choice.route, report.choice.pages, report.choice.at_least) == ("search", 1, True)
    assert report.choice.search_seconds == pytest.approx(1 / 0.0056 - 120, abs=1)


def test_the_buckets_as_they_stand_count(tmp_path: Path) -> None:
    at = shop(tmp_path, 350)
    searches_left(at, 1)
    report = run(at)
    assert (report.route, report.api_calls["createReport"]) == ("report", 1)
    assert report.choice is not None
    assert report.choice.search_seconds >= 1 / 0.0056 - 1
    assert report.choice.report_seconds == REPORT_SECONDS


def test_after_an_outage_the_orders_in_the_book_tell_of_the_pages_to_go(tmp_path: Path) -> None:
    at = shop(tmp_path, 420)
    assert run(at).problem is None
    at.clock.advance(3 * 86_400)
    at.sandbox.world.add_orders(30)
    at.clock.advance(3600)
    searches_left(at, 1, seconds_ago=150)
    report = run(at)
    assert report.route == "report"
    assert report.choice is not None
    assert 3 <= report.choice.pages <= 4
    assert report.choice.search_seconds > 2 / 0.0056


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (
            RouteChoice("report", 80, at_least=False, search_seconds=14_286.0, report_seconds=120.0),
            "a report of all orders to ship, about 2 minutes. The search had about 80 pages to go: about 4 hours.",
        ),
        (
            RouteChoice("report", 1, at_least=True, search_seconds=178.6, report_seconds=120.0),
            "about 2 minutes. The search had at least 1 page to go: at least 3 minutes.",
        ),
        (
            RouteChoice("search", 1, at_least=True, search_seconds=40.0, report_seconds=120.0),
            "Chosen: the search, with at least 1 page to go: at least 40 seconds. A report takes about 2 minutes.",
        ),
    ],
    ids=["many pages", "all that is known is the next page", "the next page comes soon"],
)
def test_what_was_chosen_and_why_is_told_with_verbose(
    choice: RouteChoice, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = ImportReport(store=SLUG, choice=choice)
    for verbose, told in ((1, True), (0, False)):
        show(Console(verbose=verbose), None, [report], dry_run=False, asked=True)
        assert (words in capsys.readouterr().out) == told
