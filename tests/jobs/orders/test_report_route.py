"""The report route: orders to ship in a handful of calls, each held until it has been read, and nothing lost by it."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from amzlink.core.orders.holds import Hold
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.orders.fetch import Fetch
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.orders.report_route import OrdersByReport
from amzlink.jobs.orders.single_orders import SingleOrders
from amzlink.orderbook.orders.incomplete import orders_not_read
from amzlink.orderbook.orders.searches import (
    REPORT,
    REPORT_TAKEN,
    REPORTS_GIVEN_UP,
    Search,
    find_search,
    note_search,
)
from amzlink.orderbook.schema import HOLDS, ORDER_LINES, ORDERS
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun
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
    at = shop(tmp_path, 2200)
    run(at)
    left = not_read(at)
    assert len(left) > 100
    with at.deps.book(SLUG) as book, book.reading() as connection:
        held = set(connection.scalars(select(HOLDS.c.order_id).where(HOLDS.c.hold == Hold.NOT_READ_YET.value)))
        due = {row.order_id: row.ship_by for row in connection.execute(select(ORDERS))}
    assert set(left) == held
    assert [due[order_id] for order_id in left] == sorted(due[order_id] for order_id in left)
    report = run(at, max_wait=timedelta(hours=2))
    assert report.problem is None
    assert report.api_calls["createReport"] == 0
    assert not_read(at) == []


def test_a_run_that_leaves_orders_of_a_report_unread_for_the_quota_is_not_done_however_old_the_report_is(
    tmp_path: Path,
) -> None:
    at = shop(tmp_path, 3500)
    run(at)
    at.clock.advance(4 * 3600)
    report = run(at)
    assert not_read(at)
    assert report.window is not None  # all that has changed is in
    assert report.problem is not None
    assert (report.problem.name.value, report.booked) == ("throttled", 3500 - len(report.refused))


def test_an_order_that_a_report_tells_of_and_a_search_reads_counts_once(tmp_path: Path) -> None:
    at = shop(tmp_path, 3500)
    report = run(at)
    booked = len(in_the_book(at))
    assert report.tally.verdicts["new"] == booked
    assert booked <= report.tally.fetched <= report.booked + len(report.refused)


def test_a_run_counts_no_hold_that_ended_when_it_read_the_order(tmp_path: Path) -> None:
    at = shop(tmp_path, 60)
    report = run(at, route="report")
    assert not_read(at) == []
    with at.deps.book(SLUG) as book, book.reading() as connection:
        in_force = Counter(connection.scalars(select(HOLDS.c.hold)))
    assert Hold.NOT_READ_YET not in report.tally.held
    assert all(count <= in_force[hold] for hold, count in report.tally.held.items())


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
    at = shop(tmp_path, 2150)
    run(at)
    gone = not_read(at)[-1]
    from amzlink.sandbox.order_changes import CHANGES

    with at.sandbox.world.lock:
        CHANGES["cancel"](at.sandbox.world.orders[gone], at.sandbox.world.now(), at.sandbox.world.random())
    at.clock.advance(7200)
    assert run(at, max_wait=timedelta(hours=3)).problem is None
    assert not_read(at) == []
    with at.deps.book(SLUG) as book, book.reading() as connection:
        status = connection.scalar(select(ORDERS.c.status).where(ORDERS.c.order_id == gone))
    assert status == "CANCELLED"


class Altered(httpx.BaseTransport):
    """Amazon, with something changed in its report of orders (`report`) or in an order that is asked for (`order`)."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        report: Callable[[list[dict[str, str]]], object] = lambda _: None,
        order: Callable[[Any], object] = lambda _: None,
    ) -> None:
        self._inner, self._report, self._order = inner, report, order

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        body = answer.read()
        if answer.headers.get("content-type", "").startswith("text/plain"):
            names, *rows = [line.split("\t") for line in body.decode("cp1252").splitlines()]
            lines = [dict(zip(names, row, strict=True)) for row in rows]
            self._report(lines)
            body = "\r\n".join("\t".join(row) for row in [names, *(line.values() for line in lines)]).encode("cp1252")
        elif "/orders/2026-01-01/orders" in request.url.path:
            document = json.loads(body)
            if "order" in document:
                self._order(document["order"])
            else:
                document = {"orders": []}  # a search that is behind the report
            body = json.dumps(document).encode()
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, content=body, request=request)


def altered(tmp_path: Path, **changes: Callable[[Any], object]) -> StoreOnSandbox:
    at = shop(tmp_path, 6)
    at.deps.transport = Altered(at.transport, **changes)
    run(at, route="report", max_wait=timedelta(minutes=30))
    return at


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda order: order.update(orderItems=[]), id="without its lines"),
        pytest.param(lambda order: order.update(orderId="111-1111111-1111111"), id="another order"),
        pytest.param(lambda order: order["fulfillment"].update(fulfilledBy="AMAZON"), id="shipped by Amazon"),
    ],
)
def test_an_order_that_no_answer_makes_known_is_asked_for_once_a_run(
    tmp_path: Path, change: Callable[[Any], object]
) -> None:
    at = altered(tmp_path, order=change)
    asked = Counter(call.url.path for call in at.transport.calls if "/orders/2026-01-01/orders/" in call.url.path)
    assert set(asked.values()) == {1}
    assert set(not_read(at)) == in_the_book(at) == open_at_amazon(at)


@pytest.mark.parametrize(
    ("report", "order"),
    [
        ({"purchase-date": "2027-06-01T00:00:00+00:00"}, {}),
        ({"purchase-date": "2499-06-01T00:00:00+00:00"}, {}),
        ({}, {"lastUpdatedTime": "2020-01-01T00:00:00Z"}),
        ({"promise-date": "9999-12-31T23:59:59+00:00"}, {}),
    ],
    ids=["bought later", "bought in a far year", "changed before it was bought", "promised for the year 9999"],
)
def test_times_that_cannot_be_hold_no_order_back(tmp_path: Path, report: dict[str, str], order: dict[str, str]) -> None:
    def change(lines: list[dict[str, str]]) -> None:
        for line in lines:
            line.update(report)

    at = altered(tmp_path, report=change, order=lambda body: body.update(order))
    assert not_read(at) == []
    assert in_the_book(at) == open_at_amazon(at)


def test_a_damaged_item_id_leaves_no_line_that_the_order_does_not_have(tmp_path: Path) -> None:
    def change(lines: list[dict[str, str]]) -> None:
        for line in lines:
            line["order-item-id"] = "1.23E+13"

    at = altered(tmp_path, report=change)
    orders = at.sandbox.world.orders
    with at.deps.book(SLUG) as book, book.reading() as connection:
        found = {(row.order_id, row.order_item_id) for row in connection.execute(select(ORDER_LINES))}
    assert found == {
        (each, item["orderItemId"]) for each in in_the_book(at) for item in orders[each].body["orderItems"]
    }


def test_letters_that_the_report_lost_hold_the_order_where_amazon_withholds_the_address(tmp_path: Path) -> None:
    def change(lines: list[dict[str, str]]) -> None:
        for line in lines:
            line["ship-address-1"] = "M?hlenstra?e 5"

    at = altered(tmp_path, report=change, order=lambda body: body.pop("recipient"))
    assert not_read(at) == []
    with at.deps.book(SLUG) as book, book.reading() as connection:
        held = set(connection.scalars(select(HOLDS.c.order_id).where(HOLDS.c.hold == Hold.DAMAGED_TEXT.value)))
    assert held == in_the_book(at)


def noted(at: StoreOnSandbox, kind: str) -> Search | None:
    with at.deps.book(SLUG) as book:
        return find_search(book, kind)


def under_way(at: StoreOnSandbox, report_id: str, age: timedelta = timedelta(0)) -> None:
    """A report that an earlier run asked for."""
    asked = at.clock.now() - age
    ids = at.deps.load_config().stores[SLUG].marketplace_ids
    with at.deps.book(SLUG) as book:
        note_search(
            book,
            Search(
                kind=REPORT, position=0, query={"reportId": report_id}, window_start=asked - timedelta(days=30),
                window_end=asked, marketplace_ids=ids,
            ),
        )  # fmt: skip


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=3)])
def test_a_report_that_amazon_has_forgotten_or_that_is_too_old_is_asked_for_anew(
    tmp_path: Path, age: timedelta
) -> None:
    at = shop(tmp_path, 6)
    under_way(at, "999999999999", age)
    report = run(at, route="report", max_wait=timedelta(minutes=30))
    assert (report.route, report.problem, report.api_calls["createReport"]) == ("report", None, 1)
    assert in_the_book(at) == open_at_amazon(at)
    assert (noted(at, REPORTS_GIVEN_UP) is None) is (age == timedelta(0))


def test_a_report_whose_document_is_denied_is_given_up_for_the_searches_under_way(tmp_path: Path) -> None:
    at = shop(tmp_path, 6)

    class Denying(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "/documents/" in request.url.path:
                error = {"code": "Unauthorized", "message": "Access to requested resource is denied."}
                return httpx.Response(403, json={"errors": [error]}, request=request)
            return at.transport.handle_request(request)

    at.deps.transport = Denying()
    report = run(at, route="report", max_wait=timedelta(minutes=30))
    assert (report.route, report.problem) == ("search", None)
    assert [problem.name.value for problem in at.reported.warnings] == ["access-denied"]
    assert in_the_book(at) == open_at_amazon(at)


def test_a_failure_of_our_own_while_a_report_comes_ends_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = shop(tmp_path, 6)

    def full(_: OrdersByReport) -> list[str]:
        raise Problem(ProblemName.DISK_FULL, file=at.deps.home.database_file)

    monkeypatch.setattr(OrdersByReport, "bring_in", full)
    report = run(at, route="report")
    assert report.problem is not None
    assert report.problem.name is ProblemName.DISK_FULL


def test_a_report_says_nothing_of_marketplaces_that_were_added_since(tmp_path: Path) -> None:
    at = shop(tmp_path, 6)
    run(at, route="report", max_wait=timedelta(minutes=30))
    with StoreRun(at.deps, SLUG) as asking:
        intake = Intake(asking, Tally())
        fetch = Fetch(asking, intake, SingleOrders(asking, intake))
        taken = find_search(asking.book, REPORT_TAKEN)
        assert taken is not None
        search = replace(taken, kind="sweep", query={"createdAfter": "2026-01-01T00:00:00Z"})
        assert fetch._after_report(search) != search
        more = replace(search, marketplace_ids=(*search.marketplace_ids, "A1F83G8C2ARO7P"))
        assert fetch._after_report(more) == more


def test_where_the_report_fails_in_the_middle_of_a_long_search_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = store_on_sandbox(tmp_path, orders=0, faults=["report-failed"])
    at.sandbox.world.add_orders(330)
    at.clock.advance(3600)
    monkeypatch.setattr(Fetch, "_takes_long", lambda *_: True)
    report = run(at, max_wait=timedelta(minutes=30))
    assert (report.route, report.problem) == ("search", None)
    assert [warning.name.value for warning in at.reported.warnings] == ["report-failed"]
    assert in_the_book(at) == open_at_amazon(at)
