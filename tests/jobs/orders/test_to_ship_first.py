"""What is to ship comes first: in a first run, after a long gap, and when the run dies between."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from amzlink.core.orders.order import TO_SHIP
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.orderbook.schema import ORDERS
from amzlink.sandbox.order_changes import CHANGES
from amzlink.sandbox.order_plan import Story
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

DAY = 86_400


class Killed(BaseException):
    """The process is gone."""


class Mortal(httpx.BaseTransport):
    """Amazon, until the run dies with the answer to its last search on the way. `searches` are all that were made."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.searches: list[str] = []
        self.dies_at: tuple[int, ...] | list[int] = ()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path.endswith("/orders"):
            statuses = set(request.url.params.get("fulfillmentStatuses", "").split(","))
            self.searches.append("to ship" if statuses == TO_SHIP else "changes")
            if len(self.searches) in self.dies_at:
                raise Killed
        return answer


def shop(tmp_path: Path, *, to_ship: int, changed: int) -> tuple[StoreOnSandbox, Mortal]:
    """A third of what is to ship is older than any window of changes."""
    at = store_on_sandbox(tmp_path, orders=0, quota="real")
    at.sandbox.world.add_orders(to_ship // 3, country="DE", kinds=())
    at.clock.advance(40 * DAY)
    fill(at, to_ship=to_ship - to_ship // 3, changed=changed)
    at.deps.transport = transport = Mortal(at.transport)
    return at, transport


def fill(at: StoreOnSandbox, *, to_ship: int, changed: int) -> None:
    for count, status in ((changed // 2, Story.SHIPPED), (to_ship, Story.UNSHIPPED), (changed // 2, Story.CANCELLED)):
        at.sandbox.world.add_orders(count, status, country="DE", kinds=())
        at.clock.advance(3600)


def run(at: StoreOnSandbox, **options: Any) -> ImportReport | None:
    """A run that waits for no quota; None where it was killed."""
    try:
        [report] = import_orders(at.deps, [SLUG], ImportOptions(max_wait=timedelta(), **options))
    except Killed:
        return None
    return report


def in_the_book(at: StoreOnSandbox) -> set[str]:
    with at.deps.book(SLUG) as book, book.reading() as connection:
        return set(connection.scalars(select(ORDERS.c.order_id)))


def test_a_first_run_that_its_quota_stops_has_all_orders_to_ship(tmp_path: Path) -> None:
    """The shop of 3,800 changed orders and 1,500 to ship: one run, no wait, no report."""
    at, amazon = shop(tmp_path, to_ship=1500, changed=3800)
    began = at.clock.now()
    report = run(at)
    assert report is not None
    assert report.problem is not None, "the quota stops it among the changes"
    assert amazon.searches == ["to ship"] * 15 + ["changes"] * 5
    assert in_the_book(at) >= set(at.sandbox.world.shippable())
    assert (report.api_calls["createReport"], at.clock.now()) == (0, began)


@pytest.mark.parametrize("dies_at", [[1], [3], [4], [1, 2, 3, 4, 5]], ids=str)
@pytest.mark.parametrize("gap", [0, 3], ids=["first run", "after three days"])
def test_a_run_that_is_killed_goes_on_with_what_is_to_ship(tmp_path: Path, gap: int, dies_at: list[int]) -> None:
    at, amazon = shop(tmp_path, to_ship=240, changed=300)
    if gap:
        assert run(at) is not None
        amazon.searches.clear()
        at.clock.advance(gap * DAY)
        fill(at, to_ship=60, changed=240)
    amazon.dies_at = dies_at
    while run(at) is None:
        pass
    last_to_ship = len(amazon.searches) - amazon.searches[::-1].index("to ship")
    assert "changes" not in amazon.searches[:last_to_ship]
    assert amazon.searches.count("to ship") <= 3 + len(dies_at)
    assert in_the_book(at) >= set(at.sandbox.world.orders)


def test_a_run_that_dies_with_the_last_page_to_ship_leaves_none_of_them_behind(tmp_path: Path) -> None:
    at, amazon = shop(tmp_path, to_ship=240, changed=300)
    amazon.dies_at = [4]  # the first page of changes
    assert run(at) is None
    assert in_the_book(at) == set(at.sandbox.world.shippable())


def test_what_comes_to_ship_while_changes_are_read_for_hours_does_not_wait_for_them(tmp_path: Path) -> None:
    at, amazon = shop(tmp_path, to_ship=30, changed=2900)
    [pending] = at.sandbox.world.add_orders(1, Story.PENDING, country="DE", kinds=())
    at.clock.advance(3600)
    run(at)
    at.clock.advance(600)
    amazon.searches.clear()
    assert run(at) is not None
    assert set(amazon.searches) == {"changes"}, "they were begun a moment ago"
    new = at.sandbox.world.add_orders(2, country="DE", kinds=())
    CHANGES["pay"](at.sandbox.world.orders[pending], at.sandbox.world.now(), at.sandbox.world.random())
    at.clock.advance(900)
    amazon.searches.clear()
    report = run(at)
    assert report is not None
    assert report.problem is not None, "the changes are not through"
    assert in_the_book(at) >= {*new, pending}
    assert amazon.searches[0] == "to ship"
    assert amazon.searches.count("to ship") == 1
    at.clock.advance(300)
    amazon.searches.clear()
    assert run(at) is not None
    assert set(amazon.searches) == {"changes"}, "the changes get further, however often it runs"
    while (report := run(at)) is None or report.problem:
        at.clock.advance(900)
    assert in_the_book(at) == set(at.sandbox.world.orders)
