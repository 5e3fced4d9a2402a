"""Asking Amazon for new and changed orders: by searches, each page stored with the point to go on from, or a report."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.orders import (
    PAGE_SIZE,
    SANDBOX_QUERIES,
    SEARCH_ORDERS,
    OrdersPage,
    can_be_sent,
    changed_between,
    search_orders,
    to_ship_changed_between,
    to_ship_created_between,
)
from amzlink.amazon.transport import DeadPageToken
from amzlink.clock import age_of
from amzlink.core.diagnosis.alarms import Part
from amzlink.core.orders.first_page import oldest_part
from amzlink.core.orders.import_progress import Extent
from amzlink.core.orders.import_window import LONG_GAP, UNDER_WAY_FOR, Coverage, plan_run, since_search
from amzlink.core.orders.route import REPORT_SECONDS, RouteChoice
from amzlink.jobs.orders.ingest import Intake
from amzlink.jobs.orders.read_ahead import PAGE_TOKEN_LIFE, ReadAhead, reads_report_first
from amzlink.jobs.orders.route_choice import faster_route
from amzlink.jobs.orders.single_orders import SingleOrders
from amzlink.orderbook.orders.searches import (
    REPORT,
    REPORT_TAKEN,
    TO_SHIP_SINCE,
    Search,
    begin_searches,
    coverage,
    find_search,
    forget_page_token,
    note_search,
    searches_under_way,
)
from amzlink.problems import Problem, ProblemName, services
from amzlink.problems.failures import CallFailed, Refused, Throttled
from amzlink.run import StoreRun

_RESTARTS: Final = 2
_PAGES_BEFORE: Final = 2  # so many, and no fewer orders, are read by search in any case
_FEWEST_PAGES: Final = 5  # with fewer left, the choice is soon to be made in any case
_MOST_DAMAGED: Final = 30
_MOST_EMPTY: Final = 20  # pages of one search without an order, each with a token of another
_MOST_ALIKE: Final = 2  # pages of one search with the same orders, none of which has changed
_NO_REPORT: Final = frozenset({ProblemName.REPORT_LATE, ProblemName.REPORT_FAILED, ProblemName.REPORT_CANCELLED})
_REPORT_IS_LATE: Final = timedelta(minutes=45)
"""So long before it is asked for an order can have become ready to ship, and not be in a report; Amazon says 30."""
Route = Literal["auto", "search", "report"]


class _DeadEnd(Problem):
    """`response-malformed`: the pages of a search cannot be followed to the last one."""

    def __init__(self, detail: str) -> None:
        super().__init__(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail=detail)


class _ToldByReport(Exception):  # noqa: N818 - a turn of events, not a failure
    """A report has told of what a search is about, so that less is left for it."""


class Fetch:
    """Brings in what is new or changed of one store's orders."""

    def __init__(self, run: StoreRun, intake: Intake, single: SingleOrders, route: Route = "auto") -> None:
        self.route: Route = route if route == "report" else "search"
        """How the orders came: `report` as soon as one has brought some."""
        self.choice: RouteChoice | None = None
        """Why a report was asked for or not, where a page had to be waited for and either way was allowed."""
        self.throttled: Throttled | None = None
        """Why orders that only a report has told of are not read yet, where everything else is in."""
        self.window: tuple[datetime, datetime] | None = None
        """The window of changes, as soon as it is known: of an earlier run that was stopped, then this run's own."""
        self._wanted = route
        self._link = run.amazon
        self._book = run.book
        self._run = run
        self._store = run.store
        self._reporter = run.reporter
        self._intake = intake
        self._single = single
        self._ahead = ReadAhead(run, intake)

    def sample(self) -> None:
        """Amazon's static sandbox has one fixed answer per region."""
        page = search_orders(self._link, SANDBOX_QUERIES[BY_COUNTRY[self._store.country].region])
        self._intake.take(page.orders, page.refused)

    def changes(self, since: datetime | None) -> None:
        """Finish what an earlier run began, then bring in what has changed since."""
        self._note_window(self._under_way())
        self._go_through_all(self._unfinished())
        planned = self._plan(since)
        begin_searches(self._book, planned)
        self._note_window(planned)
        if self._wanted == "report" or find_search(self._book, REPORT):
            self._by_report()
        self._go_through_all(planned)
        self.throttled = self._ahead.read(by_search=True)

    def _note_window(self, searches: Iterable[Search]) -> None:
        for search in searches:
            if search.kind == "changes":
                self.window = search.window_start, search.window_end

    def _unfinished(self) -> Iterator[Search]:
        """What an earlier run began, and before all other changes what has come to ship since."""
        for search in self._under_way():
            if search.kind == "changes":
                yield from self._to_ship_since(self._under_way())
            yield search

    def _under_way(self) -> list[Search]:
        # One that ends in the future was planned by a wrong Date: Amazon refuses it for ever. It is planned anew.
        latest = max(self._run.now(), self._link.amazon_now())
        return [search for search in searches_under_way(self._book) if search.window_end <= latest]

    def _to_ship_since(self, under_way: Sequence[Search]) -> list[Search]:
        """What has come to ship since a search of changes was begun, where nothing else is left to be read before."""
        if [search.kind for search in under_way] != ["changes"]:
            return []
        [changes] = under_way
        last = find_search(self._book, TO_SHIP_SINCE) or changes
        window = since_search(last.window_end, self._link.amazon_now())
        if window is None:
            return []
        since = Search(
            kind="sweep",
            position=1,
            query=to_ship_changed_between(window.start, window.end, changes.marketplace_ids),
            window_start=window.start,
            window_end=window.end,
            marketplace_ids=changes.marketplace_ids,
        )
        for kind in (since.kind, TO_SHIP_SINCE):
            note_search(self._book, msgspec.structs.replace(since, kind=kind))
        return [since]

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
        # Whatever is to ship by the end of this span the sweep brings; what leaves it later, the next run's span.
        swept_all = plan.sweep is not None and set(plan.sweep_marketplace_ids) == set(ids)
        start, end = plan.changes.start, plan.changes.end
        searches.append(
            Search(
                kind="changes",
                position=2,
                query=changed_between(start, end, ids, all_but_to_ship=swept_all),
                window_start=start,
                window_end=end,
                marketplace_ids=ids,
            )
        )
        return searches

    def _go_through_all(self, searches: Iterable[Search]) -> None:
        """One after the other; one whose pages lead nowhere does not hold back the next one."""
        dead_end: _DeadEnd | None = None
        for search in searches:
            try:
                self._go_through(search)
            except _DeadEnd as problem:
                dead_end = dead_end or problem
        if dead_end:
            raise dead_end

    def _go_through(self, search: Search) -> None:
        search = self._after_report(search)
        if reads_report_first(self._run):
            if self._is_new_to_ship(search):
                self._ahead.read(until=self._ahead.can_search)
            elif throttled := self._ahead.read(by_search=True):
                raise throttled
        if self._is_spent(search):
            search = self._from_the_start(search)
        for _ in range(_RESTARTS):
            try:
                self._read_pages(search)
            except DeadPageToken:
                search = self._from_the_start(search)
            except _ToldByReport:
                return self._go_through(search)
            else:
                return None
        raise _DeadEnd(services.PAGE_TOKENS_REFUSED)

    def _read_pages(self, search: Search) -> None:
        is_sweep, extent = search.kind == "sweep", Extent(search.window_start, search.window_end)
        what = "orders still to ship" if is_sweep else "new and changed orders"
        self._reporter.step(what)
        for page in self._pages(search, extent):
            extent.add([order.purchased_at if is_sweep else order.changed_at for order in page.orders])
            over = page.next_token is None
            self._reporter.step(what, extent.done, extent.done if over else extent.total, about=not over)

    def _use_the_time(self, search: Search, extent: Extent) -> None:
        """The next page has to be waited for: three minutes at worst, where a report takes two for all orders.

        Where a sweep has come to its end, nothing is left for a report to bring. The bucket of getOrder fills meanwhile
        too, and brings what the report leaves open, the most urgent first.
        """
        after_a_sweep = search.kind == "changes" and search.window_end - search.window_start > LONG_GAP
        if self._wanted == "auto" and not after_a_sweep and not find_search(self._book, REPORT_TAKEN):
            if not (is_under_way := find_search(self._book, REPORT) is not None):
                self.choice = faster_route(self._run, search, extent)
            if is_under_way or (self.choice and self.choice.route == "report"):
                self._by_report()
        if self._after_report(search) is not search:
            raise _ToldByReport
        self._ahead.read(until=self._ahead.can_search)

    def _takes_long(self, search: Search, sample: OrdersPage) -> bool:
        """Whether a search of all orders to ship is likely to outlast the quota's burst.

        A report is then asked for at once, and what is left of the burst reads the most urgent orders. Amazon tells no
        total; where its pages follow no sequence in time, one more page tells how many there may be.
        """
        left = self._run.quotas.left(SEARCH_ORDERS, self._run.clock.now().timestamp()) - 1
        may_report = self._wanted == "auto" and not find_search(self._book, REPORT_TAKEN)
        if search.kind != "sweep" or not may_report or left < _FEWEST_PAGES:
            return False
        part = oldest_part([order.purchased_at for order in sample.orders], 1 / left)
        if part is None:
            return False
        query = to_ship_created_between(search.window_start, part.until, search.marketplace_ids)
        page = self._page(search, None, query)
        self._intake.take(page.orders)  # what cannot be read of it comes again, and is refused then
        # A part that does not fit on a page is larger than what was found, and twice as large as likely as not.
        found = len(page.orders) * (2 if page.next_token else 1)
        pages = int(found / part.share / PAGE_SIZE)
        if pages <= left:
            return False
        seconds = (pages - left) / SEARCH_ORDERS.rate
        self.choice = RouteChoice("report", pages, bool(page.next_token), seconds, REPORT_SECONDS)
        return True

    def _by_report(self) -> None:
        """All orders to ship by a report; where none is to be had, the search goes on, and that is said."""
        from amzlink.jobs.orders.report_route import OrdersByReport  # noqa: PLC0415 - few runs ask for a report

        report = OrdersByReport(self._run, self._intake)
        if report.is_given_up and self._wanted != "report":
            return
        try:
            unread = report.bring_in()
        except Problem as problem:
            if not isinstance(problem, CallFailed) and problem.name not in _NO_REPORT:
                raise
            self._run.reporter.warn(self._run.naming_store(problem), part=Part.REPORT)
            self.route = "search"
        else:
            self._run.reporter.works(Part.REPORT, self._run.slug)
            self.route = "report"
            self._single.read(unread[:_MOST_DAMAGED])
        self._wanted = "search"  # once a run

    def _after_report(self, search: Search) -> Search:
        """What is left for the search of all orders to ship, once a report has told of them.

        That is what has changed since, and a while before: a report lags behind. What only this report has told of is
        read apart (`jobs.orders.read_ahead`).
        """
        taken = find_search(self._book, REPORT_TAKEN)
        if search.kind != "sweep" or taken is None or "createdAfter" not in search.query:
            return search
        from amzlink.jobs.orders.report_route import WHOLE  # noqa: PLC0415 - as above

        if WHOLE not in taken.query:
            return search
        if not set(search.marketplace_ids) <= set(taken.marketplace_ids):
            return search
        start = min(taken.window_end - _REPORT_IS_LATE, search.window_end)
        rest = msgspec.structs.replace(
            search,
            query=to_ship_changed_between(start, search.window_end, search.marketplace_ids),
            page_token=None,
            page_token_at=None,
        )
        note_search(self._book, rest)
        return rest

    def _is_new_to_ship(self, search: Search) -> bool:
        """Whether a search is for what has come to ship since a report: a page or two, and it may have to go today.

        A moment after the report there is hardly anything.
        """
        taken = find_search(self._book, REPORT_TAKEN)
        if taken is None or search.kind != "sweep" or "createdAfter" in search.query:
            return False
        return age_of(taken.window_end, self._run.now()) >= UNDER_WAY_FOR

    def _is_spent(self, search: Search) -> bool:
        """Whether the point to go on from is too old, or one that no request can hold."""
        if search.page_token is None or search.page_token_at is None:
            return False
        too_old = self._link.amazon_now() - search.page_token_at > PAGE_TOKEN_LIFE
        return too_old or not can_be_sent(search.page_token)

    def _from_the_start(self, search: Search) -> Search:
        """The search without the point to go on from, which is forgotten."""
        forget_page_token(self._book, search.kind)
        return msgspec.structs.replace(search, page_token=None, page_token_at=None)

    def _page(self, search: Search, token: str | None, query: Mapping[str, str] | None = None) -> OrdersPage:
        """One page. Whatever refuses a query that was taken before without a token, or for an earlier run, passes.

        Raises:
            DeadPageToken: the query is refused with this token.
        """
        try:
            return search_orders(self._link, query or search.query, token)
        except Refused as refusal:
            if token is not None:
                raise DeadPageToken from refusal
            known = coverage(self._book)
            if known and set(known[1]) >= set(search.marketplace_ids):
                raise refusal.named(ProblemName.REFUSED_FOR_NOW) from None
            raise

    def _pages(self, search: Search, extent: Extent) -> Iterator[OrdersPage]:
        token, seen, told = search.page_token, set[int](), Counter[int]()
        while True:
            if token is not None and not self._ahead.can_search():
                self._use_the_time(search, extent)
            page = self._page(search, token)
            if page.leads_nowhere:
                self._intake.take(page.orders, page.refused)  # the point to go on from stays where it is
                self._single.read(page.unread)
                raise _DeadEnd(services.NO_NEXT_PAGE)
            token, content = page.next_token, _content(page)
            told[content] += 1
            if token and (hash(token) in seen or told[content] > (_MOST_ALIKE if content else _MOST_EMPTY)):
                self._from_the_start(search)  # whoever goes on from here only meets the same pages
                raise _DeadEnd(services.PAGES_IN_A_CIRCLE)
            seen.add(hash(token))
            here = msgspec.structs.replace(search, page_token=token, page_token_at=self._link.amazon_now())
            # Written down first: whatever ends the run, they are asked for.
            self._intake.take(page.orders, page.refused, search=here, unread=page.unread)
            self._single.read(page.unread)
            yield page
            if token is None:
                return
            if len(seen) == _PAGES_BEFORE and search.page_token is None and self._takes_long(search, page):
                self._by_report()
                if self._after_report(search) is not search:
                    raise _ToldByReport


def _content(page: OrdersPage) -> int:
    """What a page tells, 0 for nothing: one that comes again with the same orders unchanged leads on to nothing."""
    orders = {(order.order_id, order.changed_at) for order in page.orders}
    others = {*page.unread, *(refused.order_id for refused in page.refused)}
    return hash((frozenset(orders), frozenset(others))) if orders or others else 0
