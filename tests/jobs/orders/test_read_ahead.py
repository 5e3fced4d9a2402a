"""Reading what only a report has told of: both quotas at once, no order twice, and the most urgent first."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from amzlink.amazon.orders import GET_ORDER, SEARCH_ORDERS
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.orders.read_ahead import ReadAhead
from amzlink.orderbook.orders.rows import orders_of
from amzlink.orderbook.orders.searches import SLICE, Search, find_search, note_search
from amzlink.run import StoreRun
from tests.jobs.orders.test_report_route import in_the_book, not_read, open_at_amazon, run
from tests.support.destination import NONE
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

HOUR = timedelta(hours=1)
_ORDERS = "/orders/2026-01-01/orders/"


def shop(tmp_path: Path, orders: int, *, apart: float, searches: int = 2) -> StoreOnSandbox:
    """A shop whose open orders came so many seconds apart, and whose bursts are spent but for some searches."""
    at = store_on_sandbox(tmp_path, orders=NONE, quota="real")
    for _ in range(orders):
        at.sandbox.world.add_orders(1)
        at.clock.advance(apart)
    at.clock.advance(3600)
    with StoreRun(at.deps, SLUG) as spending:
        for _ in range(SEARCH_ORDERS.burst - searches):
            spending.quotas.take(SEARCH_ORDERS, at.clock.now().timestamp())
        spending.quotas.drain(GET_ORDER, at.clock.now().timestamp())
    return at


class WithoutSearches(httpx.BaseTransport):
    """Amazon, which answers every search with this status."""

    def __init__(self, at: StoreOnSandbox, status: int) -> None:
        self._inner, self._status = at.transport, status

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/2026-01-01/orders"):
            return self._inner.handle_request(request)
        error = {"code": "InvalidInput", "message": "No."}
        return httpx.Response(self._status, json={"errors": [error]}, request=request)


def by_number(at: StoreOnSandbox) -> list[str]:
    """The orders that getOrder was asked for."""
    paths = [call.url.path for call in at.transport.calls]
    return [path.removeprefix(_ORDERS) for path in paths if path.startswith(_ORDERS)]


def by_slices(at: StoreOnSandbox) -> int:
    """How many pages of slices were asked for."""
    return sum("createdAfter" in call.url.query.decode() for call in at.transport.calls)


def test_both_quotas_read_and_hardly_an_order_is_read_twice(tmp_path: Path) -> None:
    at = shop(tmp_path, 400, apart=600)
    run(at, route="report")
    while not_read(at):
        run(at, max_wait=timedelta(minutes=5))
    assert in_the_book(at) == open_at_amazon(at)
    assert by_slices(at) >= 3
    assert 400 - 100 * by_slices(at) <= len(by_number(at)) <= 400 - 90 * by_slices(at)
    assert len(by_number(at)) == len(set(by_number(at)))


def test_what_is_read_by_number_is_what_is_to_be_shipped_first(tmp_path: Path) -> None:
    at = shop(tmp_path, 20, apart=7200)
    run(at, route="report")
    run(at, max_wait=timedelta(minutes=1))
    with StoreRun(at.deps, SLUG) as reading:
        due = {str(order.order_id): order.ship_by for order in orders_of(reading.book, by_number(at))}
    read = [due[order_id] for order_id in by_number(at)]
    assert len(read) >= 10
    assert read == sorted(read, key=str)


def test_a_search_that_its_first_pages_show_to_be_long_gives_way_to_a_report_while_calls_are_left(
    tmp_path: Path,
) -> None:
    at = shop(tmp_path, 1000, apart=300, searches=8)
    report = run(at)
    assert (report.route, report.choice and report.choice.route) == ("report", "report")
    assert by_slices(at) == 8  # two pages of the search, one that shows how many orders there are, and five slices
    assert len(not_read(at)) <= 1000 - 700


def test_orders_of_one_second_are_read_marketplace_by_marketplace_over_several_pages_and_runs(tmp_path: Path) -> None:
    at = shop(tmp_path, 0, apart=0)
    at.sandbox.world.add_orders(330)
    at.clock.advance(3600)
    run(at, route="report")
    before = Counter(at.sandbox.world.count_calls())
    while not_read(at):
        run(at, max_wait=timedelta(minutes=5))
    made = Counter(at.sandbox.world.count_calls()) - before
    assert in_the_book(at) == open_at_amazon(at)
    assert made["getOrder"] <= 230
    assert run(at, max_wait=HOUR).problem is None


def test_a_search_that_does_not_show_the_orders_of_a_report_is_not_asked_for_ever(tmp_path: Path) -> None:
    at = shop(tmp_path, 120, apart=60)
    searches: list[str] = []

    class Behind(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if not request.url.path.endswith("/2026-01-01/orders"):
                return at.transport.handle_request(request)
            searches.append(request.url.query.decode())
            return httpx.Response(200, json={"orders": []}, request=request)

    at.deps.transport = Behind()
    assert run(at, route="report", max_wait=HOUR).problem is None
    assert not_read(at) == []
    assert sum("createdAfter" in query for query in searches) <= 2


def test_a_slice_that_was_begun_is_forgotten_once_its_orders_are_read(tmp_path: Path) -> None:
    at = shop(tmp_path, 3, apart=60)
    now = at.clock.now()
    begun = Search(
        kind=SLICE, position=3, query={}, window_start=now - HOUR, window_end=now, marketplace_ids=(),
        page_token="next", page_token_at=now,
    )  # fmt: skip
    with at.deps.book(SLUG) as book:
        note_search(book, begun)
    assert run(at).problem is None
    with at.deps.book(SLUG) as book:
        assert find_search(book, SLICE) is None


def test_what_has_come_to_ship_since_a_report_comes_before_its_orders_are_read(tmp_path: Path) -> None:
    at = shop(tmp_path, 1100, apart=10, searches=0)
    run(at, route="report")
    new = set(at.sandbox.world.add_orders(3)) & open_at_amazon(at)
    at.clock.advance(900)
    run(at)
    assert not_read(at)
    assert new
    assert new <= in_the_book(at)


@pytest.mark.parametrize("status", [400, 403, 500])
def test_where_searches_are_refused_orders_are_still_read_by_number(tmp_path: Path, status: int) -> None:
    at = shop(tmp_path, 60, apart=60)

    at.deps.transport = WithoutSearches(at, status)
    assert run(at, route="report", max_wait=HOUR).problem is not None
    assert len(not_read(at)) < 30 or status == 500


class OnlyReports(httpx.BaseTransport):
    """Amazon, whose searches find nothing, and which refuses every single order."""

    def __init__(self, at: StoreOnSandbox) -> None:
        self._inner = at.transport
        self.singles = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/2026-01-01/orders"):
            return httpx.Response(200, json={"orders": []}, request=request)
        if _ORDERS not in request.url.path:
            return self._inner.handle_request(request)
        self.singles += 1
        return httpx.Response(400, json={"errors": [{"code": "InvalidInput", "message": "No."}]}, request=request)


def test_where_every_order_is_refused_a_run_asks_for_twenty_and_a_begun_slice_is_gone_on_with(tmp_path: Path) -> None:
    at = store_on_sandbox(tmp_path, orders=NONE)
    at.sandbox.world.add_orders(40, country="DE", kinds=())
    at.clock.advance(3600)
    refusing = at.deps.transport = OnlyReports(at)
    assert run(at, route="report", max_wait=HOUR).problem is None
    assert (len(not_read(at)), refusing.singles) == (40, 20)
    with StoreRun(at.deps, SLUG) as again:
        ahead = ReadAhead(again, Intake(again, Tally()))
        (planned,) = ahead._planned()
        begun = replace(ahead._search_of(planned), page_token="next", page_token_at=at.clock.now())
        note_search(again.book, begun)
        (gone_on_with,) = ahead._planned()
        assert (gone_on_with.start, gone_on_with.end) == (planned.start, planned.end)
        note_search(
            again.book, replace(begun, window_start=begun.window_start - HOUR, window_end=begun.window_start - HOUR)
        )
        (another,) = ahead._planned()
        assert (another.start, another.end) == (planned.start, planned.end), "of the begun one, too little is left"
