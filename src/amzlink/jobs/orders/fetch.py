"""Asking Amazon for orders: by number, or by a search whose every page is stored with the point to go on from."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.orders import SANDBOX_QUERIES, changed_between, get_order, search_orders, to_ship_created_between
from amzlink.amazon.transport import DeadPageToken
from amzlink.clock import to_iso
from amzlink.core.orders.import_window import Coverage, plan_run
from amzlink.jobs.orders.ingest import Intake
from amzlink.orderbook.orders.pages import Search, begin_searches, coverage, searches_under_way
from amzlink.problems import Problem, ProblemName, services
from amzlink.problems.failures import Denied, Refused, Unreadable
from amzlink.run import StoreRun

_PAGE_TOKEN_LIFE: Final = timedelta(hours=23)  # Amazon says 24; one that is nearly dead is not worth a call
# What getOrder can answer for one order while others are well: a 403 may mean that it is another seller's
# (docs/services/amazon.md, "When a role is missing").
_ONE_ORDERS_OWN: Final = (Refused, Denied, Unreadable)
_RESTARTS: Final = 2


class Fetch:
    """Asks Amazon for one store's orders."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._link = run.amazon
        self._book = run.book
        self._run = run
        self._store = run.store
        self._progress = run.reporter.progress
        self._intake = intake

    def by_number(self, order_ids: Sequence[str]) -> None:
        """Single orders by getOrder, whose quota is ninety times that of a search."""
        for order_id in order_ids:
            self._progress(f"order {order_id}")
            try:
                order = get_order(self._link, order_id)
            except _ONE_ORDERS_OWN as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
            else:
                self._intake.take((order,))

    def sample(self) -> None:
        """Amazon's static sandbox has one fixed answer per region."""
        page = search_orders(self._link, SANDBOX_QUERIES[BY_COUNTRY[self._store.country].region])
        self._intake.take(page.orders, page.refused)

    def changes(self, since: datetime | None) -> tuple[datetime, datetime]:
        """Finish what an earlier run began, then bring in what has changed since. Returns the window of changes."""
        # One that ends in the future was planned by a wrong Date: Amazon refuses it for ever. It is planned anew.
        latest = max(self._run.now(), self._link.amazon_now())
        for search in searches_under_way(self._book):
            if search.window_end <= latest:
                self._go_through(search)
        planned = self._plan(since)
        begin_searches(self._book, planned)
        for search in planned:
            self._go_through(search)
        changes = planned[-1]
        return changes.window_start, changes.window_end

    def _plan(self, since: datetime | None) -> list[Search]:
        ids = self._store.marketplace_ids
        known = coverage(self._book)
        plan = plan_run(Coverage(*known) if known else None, ids, self._link.amazon_now(), since)
        searches = []
        if plan.sweep:
            # First, because what lies longest is most urgent. What was created later has changed later too.
            start, end = plan.sweep.start, plan.sweep.end
            searches.append(
                Search(
                    kind="sweep",
                    position=1,
                    query=to_ship_created_between(start, end, plan.sweep_marketplace_ids),
                    window_start=start,
                    window_end=end,
                    marketplace_ids=plan.sweep_marketplace_ids,
                )
            )
        start, end = plan.changes.start, plan.changes.end
        searches.append(
            Search(
                kind="changes",
                position=2,
                query=changed_between(start, end, ids),
                window_start=start,
                window_end=end,
                marketplace_ids=ids,
            )
        )
        return searches

    def _go_through(self, search: Search) -> None:
        if search.page_token_at and self._link.amazon_now() - search.page_token_at > _PAGE_TOKEN_LIFE:
            search = _from_the_start(search)
        for _ in range(_RESTARTS):
            try:
                for page_number, at in enumerate(self._pages(search), 1):
                    self._progress(f"{search.kind}: page {page_number}, up to {to_iso(at)}")
            except DeadPageToken:
                search = _from_the_start(search)
            else:
                return
        raise Problem(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail=services.PAGE_TOKENS_REFUSED)

    def _pages(self, search: Search) -> Iterator[datetime]:
        token, seen = search.page_token, set[int]()
        while True:
            page = search_orders(self._link, search.query, token)
            token = page.next_token
            if token and hash(token) in seen:
                raise Problem(
                    ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail=services.PAGES_IN_A_CIRCLE
                )
            seen.add(hash(token))
            here = msgspec.structs.replace(search, page_token=token, page_token_at=self._link.amazon_now())
            self._intake.take(page.orders, page.refused, search=here)
            yield here.window_end
            if token is None:
                return


def _from_the_start(search: Search) -> Search:
    return msgspec.structs.replace(search, page_token=None, page_token_at=None)
