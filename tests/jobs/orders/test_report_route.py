"""The report route: orders to ship in a handful of calls, each held until it has been read, and nothing lost by it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from amzlink.core.orders.holds import Hold
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.orderbook.orders.incomplete import orders_not_read
from amzlink.orderbook.schema import HOLDS, ORDERS
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

AT_ONCE = timedelta(seconds=1)


def shop(tmp_path: Path, orders: int, **options: Any) -> StoreOnSandbox:
    """A shop with so many open orders that were there an hour ago, under Amazon's real quotas."""
    at = store_on_sandbox(tmp_path, orders=0, quota="real", **options)
    at.sandbox.world.add_orders(orders)
    at.clock.advance(3600)
    return at


def run(at: StoreOnSandbox, max_wait: timedelta = AT_ONCE, **options: Any) -> ImportReport:
    return import_orders(at.deps, [SLUG], ImportOptions(max_wait=max_wait, **options))[0]


def in_the_book(at: StoreOnSandbox) -> set[str]:
    with at.deps.book(SLUG) as book, book.reading() as connection:
        return set(connection.scalars(select(ORDERS.c.order_id)))


def not_read(at: StoreOnSandbox) -> list[str]:
    with at.deps.book(SLUG) as book:
        return orders_not_read(book, 100_000)


def open_at_amazon(at: StoreOnSandbox) -> set[str]:
    ours = at.deps.load_config().stores[SLUG].marketplace_ids
    return {each for each in at.sandbox.world.shippable() if at.sandbox.world.orders[each].marketplace_id in ours}


def test_what_searches_would_have_to_be_waited_for_comes_by_a_report_at_once(tmp_path: Path) -> None:
    at = shop(tmp_path, 4000)
    before = at.clock.now()
    report = run(at)
    assert (report.route, at.clock.now() - before <= timedelta(seconds=150)) == ("report", True)
    assert in_the_book(at) == open_at_amazon(at)
    assert report.api_calls["createReport"] == 1
    assert len(not_read(at)) <= 4000 - 2000
    assert report.problem is not None  # there is more to read
    assert report.problem.name.value == "throttled"


def test_what_searches_bring_without_waiting_needs_no_report(tmp_path: Path) -> None:
    at = shop(tmp_path, 700)
    report = run(at)
    assert (report.route, report.problem, report.api_calls["createReport"]) == ("search", None, 0)


def test_an_order_known_from_a_report_alone_is_held_until_it_was_read_the_most_urgent_first(tmp_path: Path) -> None:
    at = shop(tmp_path, 3000)
    run(at)
    left = not_read(at)
    with at.deps.book(SLUG) as book, book.reading() as connection:
        held = set(connection.scalars(select(HOLDS.c.order_id).where(HOLDS.c.hold == Hold.NOT_READ_YET.value)))
        due = {row.order_id: row.ship_by for row in connection.execute(select(ORDERS))}
    assert set(left) == held
    assert [due[order_id] for order_id in left] == sorted(due[order_id] for order_id in left)
    report = run(at, max_wait=timedelta(hours=2))
    assert report.problem is None
    assert report.api_calls["createReport"] == 0
    assert not_read(at) == []


def test_a_report_changes_nothing_of_an_order_that_was_read(tmp_path: Path) -> None:
    at = shop(tmp_path, 30)
    run(at)
    with at.deps.book(SLUG) as book, book.reading() as connection:
        before = connection.execute(select(ORDERS).order_by(ORDERS.c.order_id)).all()
    at.clock.advance(3600)
    assert run(at, route="report").route == "report"
    with at.deps.book(SLUG) as book, book.reading() as connection:
        assert connection.execute(select(ORDERS).order_by(ORDERS.c.order_id)).all() == before


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("report-failed", "report-failed"),
        ("role-missing-reports", "role-missing-reports"),
        ("report-hang-in-progress", "report-late"),
        ("report-document-expired", "document-refused"),
    ],
)
def test_where_no_report_is_to_be_had_the_search_goes_on_and_that_is_said(
    tmp_path: Path, fault: str, told: str
) -> None:
    at = shop(tmp_path, 2500, faults=[fault])
    report = run(at, max_wait=timedelta(hours=2))
    assert (report.route, report.problem) == ("search", None)
    assert [each.name.value for each in at.reported.warnings] == [told]
    assert in_the_book(at) == open_at_amazon(at)


def test_a_run_that_dies_while_the_report_is_made_picks_the_same_report_up_again(tmp_path: Path) -> None:
    at = shop(tmp_path, 2500, faults=["report-hang-in-progress"])
    run(at)
    at.sandbox.world.faults.switch(off=["report-hang-in-progress"])
    report = run(at)
    assert (report.route, report.api_calls["createReport"]) == ("report", 0)
    assert in_the_book(at) == open_at_amazon(at)


def test_a_report_with_nothing_in_it_is_no_failure(tmp_path: Path) -> None:
    report = run(shop(tmp_path, 0), route="report")
    assert (report.route, report.problem) == ("report", None)


def test_an_order_that_was_cancelled_after_the_report_is_found_to_be_so(tmp_path: Path) -> None:
    at = shop(tmp_path, 2500)
    run(at)
    gone = not_read(at)[-1]
    from amzlink.sandbox.changes import CHANGES

    with at.sandbox.world.lock:
        CHANGES["cancel"](at.sandbox.world.orders[gone], at.sandbox.world.now(), at.sandbox.world.random())
    at.clock.advance(7200)
    assert run(at, max_wait=timedelta(hours=3)).problem is None
    assert not_read(at) == []
    with at.deps.book(SLUG) as book, book.reading() as connection:
        status = connection.scalar(select(ORDERS.c.status).where(ORDERS.c.order_id == gone))
    assert status == "CANCELLED"
