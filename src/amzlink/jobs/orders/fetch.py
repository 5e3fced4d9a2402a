"""Asking Amazon for orders: by number, or by a search whose every page is stored with the point to go on from."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.orders import (
    SANDBOX_QUERIES,
    SEARCH_ORDERS,
    DamagedOrder,
    OrdersPage,
    can_be_sent,
    changed_between,
    get_order,
    search_orders,
    to_ship_changed_between,
    to_ship_created_between,
)
from amzlink.amazon.transport import DeadPageToken
from amzlink.core.diagnosis.alarms import Part
from amzlink.core.orders.holds import INCOMPLETE, causes
from amzlink.core.orders.import_progress import Extent
from amzlink.core.orders.import_window import LONG_GAP, Coverage, plan_run, since_search
from amzlink.jobs.orders.ingest import Intake
from amzlink.jobs.orders.report_route import OrdersByReport
from amzlink.jobs.orders.route_choice import faster_route
from amzlink.orderbook.orders.incomplete import incomplete_orders, orders_not_read
from amzlink.orderbook.orders.pages import (
    TO_SHIP_SINCE,
    Search,
    begin_searches,
    coverage,
    find_search,
    forget_page_token,
    has_taken_report,
    note_search,
    report_under_way,
    searches_under_way,
)
from amzlink.problems import Problem, ProblemName, services
from amzlink.problems.failures import AnswerUnknown, CallFailed, Denied, Refused, Throttled
from amzlink.run import StoreRun

if TYPE_CHECKING:
    from amzlink.core.orders.route import RouteChoice

_PAGE_TOKEN_LIFE: Final = timedelta(hours=23)  # Amazon says 24; one that is nearly dead is not worth a call
# What getOrder can answer for one order while others are well: a 403 may mean that it is another seller's
# (docs/services/amazon.md, "When a role is missing").
_ONE_ORDERS_OWN: Final = (Refused, Denied, DamagedOrder)
_MOST_DISTURBED: Final = 3
"""After so many answers in a row that say nothing, no more orders are asked for by number in this run."""
_RESTARTS: Final = 2
_MOST_IN_A_ROW: Final = 30
_NO_REPORT: Final = frozenset({ProblemName.REPORT_LATE, ProblemName.REPORT_FAILED})
Route = Literal["auto", "search", "report"]
_MOST_IN_VAIN: Final = 20  # a run's share of getOrder's burst of 30


class _DeadEnd(Problem):
    """`response-malformed`: the pages of a search cannot be followed to the last one."""

    def __init__(self, detail: str) -> None:
        super().__init__(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail=detail)


class Fetch:
    """Asks Amazon for one store's orders."""

    def __init__(self, run: StoreRun, intake: Intake, route: Route = "auto") -> None:
        self.route: Route = route if route == "report" else "search"
        """How the orders came: `report` as soon as one has brought some."""
        self.choice: RouteChoice | None = None
        """Why a report was asked for or not, where a page had to be waited for and either way was allowed."""
        self._wanted = route
        self._link = run.amazon
        self._book = run.book
        self._run = run
        self._store = run.store
        self._reporter = run.reporter
        self._intake = intake
        self._asked: set[str] = set()  # in this run, of those that are known from a report alone
        self._in_vain: set[str] = set()

    def by_number(self, order_ids: Sequence[str]) -> CallFailed | None:
        """Single orders by getOrder, whose quota is ninety times that of a search.

        What cannot be had is told order by order, and asked for again by the next run. Where that is because no more
        calls are allowed, or the last answers said nothing of an order, the failure is returned.
        """
        failure: CallFailed | None = None
        in_a_row = 0
        for number, order_id in enumerate(order_ids, 1):
            if failure and (in_a_row == _MOST_DISTURBED or isinstance(failure, Throttled)):
                self._intake.refuse(order_id, failure.name, failure.summary)
                continue
            self._reporter.step("reading single orders", number, len(order_ids))
            try:
                order = get_order(self._link, order_id)
            except _ONE_ORDERS_OWN as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
            except (AnswerUnknown, Throttled) as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
                failure, in_a_row = problem, in_a_row + 1
                continue
            else:
                self._intake.take((order,))
            failure, in_a_row = None, 0
        return failure

    def incomplete(self) -> None:
        """Ask again for what came incomplete, the most urgent first; for few only where nothing more comes of it."""
        in_vain = disturbed = 0
        incomplete = incomplete_orders(self._book)
        for number, entry in enumerate(incomplete, 1):
            if in_vain == _MOST_IN_VAIN or disturbed == _MOST_DISTURBED:
                return
            self._reporter.step("reading incomplete orders again", number, len(incomplete))
            try:
                order = get_order(self._link, entry.order_id)
            except _ONE_ORDERS_OWN:
                in_vain += 1
            except AnswerUnknown:
                disturbed += 1
            except Throttled:
                return
            else:
                self._intake.take((order,))
                in_vain += bool(causes(order).keys() & INCOMPLETE)

    def asked_for(self, order_ids: Sequence[str]) -> None:
        """The orders that a person names. Raises what ended the last call, where no answer could be had."""
        if failure := self.by_number(order_ids):
            raise failure

    def sample(self) -> None:
        """Amazon's static sandbox has one fixed answer per region."""
        page = search_orders(self._link, SANDBOX_QUERIES[BY_COUNTRY[self._store.country].region])
        self._intake.take(page.orders, page.refused)

    def changes(self, since: datetime | None) -> tuple[datetime, datetime]:
        """Finish what an earlier run began, then bring in what has changed since. Returns the window of changes."""
        # One that ends in the future was planned by a wrong Date: Amazon refuses it for ever. It is planned anew.
        latest = max(self._run.now(), self._link.amazon_now())
        under_way = [search for search in searches_under_way(self._book) if search.window_end <= latest]
        self._go_through_all([*self._to_ship_since(under_way), *under_way])
        planned = self._plan(since)
        begin_searches(self._book, planned)
        if self._wanted == "report" or report_under_way(self._book):
            self._by_report()
        self._go_through_all(planned)
        self._read_ahead()
        changes = planned[-1]
        return changes.window_start, changes.window_end

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

    def _go_through_all(self, searches: Sequence[Search]) -> None:
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
        if self._is_spent(search):
            search = self._from_the_start(search)
        for _ in range(_RESTARTS):
            try:
                self._read_pages(search)
            except DeadPageToken:
                search = self._from_the_start(search)
            else:
                return
        raise _DeadEnd(services.PAGE_TOKENS_REFUSED)

    def _read_pages(self, search: Search) -> None:
        is_sweep, extent = search.kind == "sweep", Extent(search.window_start, search.window_end)
        what = "orders still to ship" if is_sweep else "new and changed orders"
        self._reporter.step(what)
        for page in self._pages(search, extent):
            extent.add([order.purchased_at if is_sweep else order.changed_at for order in page.orders])
            over = page.next_token is None
            self._reporter.step(what, extent.done, extent.done if over else extent.total, about=not over)

    def _can_search(self) -> bool:
        """Whether a search is to be had without waiting for it."""
        return self._run.quotas.left(SEARCH_ORDERS, self._run.clock.now().timestamp()) >= 1

    def _use_the_time(self, search: Search, extent: Extent) -> None:
        """The next page has to be waited for: three minutes at worst, where a report takes two for all orders.

        Where a sweep has come to its end, nothing is left for a report to bring. The bucket of getOrder fills meanwhile
        too, and brings what the report leaves open, the most urgent first.
        """
        after_a_sweep = search.kind == "changes" and search.window_end - search.window_start > LONG_GAP
        if self._wanted == "auto" and not after_a_sweep and not has_taken_report(self._book):
            if not (is_under_way := report_under_way(self._book) is not None):
                self.choice = faster_route(self._run, search, extent)
            if is_under_way or (self.choice and self.choice.route == "report"):
                self._by_report()
        self._read_ahead(until=self._can_search)

    def _by_report(self) -> None:
        """All orders to ship by a report; where none is to be had, the search goes on, and that is said."""
        try:
            OrdersByReport(self._run, self._intake).bring_in()
        except Problem as problem:
            if not isinstance(problem, CallFailed) and problem.name not in _NO_REPORT:
                raise
            self._run.reporter.warn(self._run.naming_store(problem), part=Part.REPORT)
        else:
            self._run.reporter.works(Part.REPORT, self._run.slug)
            self.route = "report"
        self._wanted = "search"  # once a run

    def _read_ahead(self, until: Callable[[], bool] = lambda: False) -> None:
        """Read orders that are known from a report alone, the most urgent first, until something else can be done."""
        while chunk := orders_not_read(self._book, _MOST_IN_A_ROW, but=self._in_vain):
            # An answer can leave an order unread as well: it comes without lines, say.
            self._in_vain |= self._asked.intersection(chunk)
            for order_id in chunk:
                if order_id in self._in_vain:
                    continue
                if until():
                    return
                self._asked.add(order_id)
                try:
                    self._intake.take((get_order(self._link, order_id),))
                except _ONE_ORDERS_OWN as problem:
                    self._intake.refuse(order_id, problem.name, problem.summary)
                except (AnswerUnknown, Throttled):  # the next run goes on with it
                    return

    def _is_spent(self, search: Search) -> bool:
        """Whether the point to go on from is too old, or one that no request can hold."""
        if search.page_token is None or search.page_token_at is None:
            return False
        too_old = self._link.amazon_now() - search.page_token_at > _PAGE_TOKEN_LIFE
        return too_old or not can_be_sent(search.page_token)

    def _from_the_start(self, search: Search) -> Search:
        """The search without the point to go on from, which is forgotten."""
        forget_page_token(self._book, search.kind)
        return msgspec.structs.replace(search, page_token=None, page_token_at=None)

    def _page(self, search: Search, token: str | None) -> OrdersPage:
        """One page. Whatever refuses a query that was taken before without a token, or for an earlier run, passes.

        Raises:
            DeadPageToken: the query is refused with this token.
        """
        try:
            return search_orders(self._link, search.query, token)
        except Refused as refusal:
            if token is not None:
                raise DeadPageToken from refusal
            known = coverage(self._book)
            if known and set(known[1]) >= set(search.marketplace_ids):
                raise refusal.named(ProblemName.REFUSED_FOR_NOW) from None
            raise

    def _pages(self, search: Search, extent: Extent) -> Iterator[OrdersPage]:
        token, seen = search.page_token, set[int]()
        while True:
            if token is not None and not self._can_search():
                self._use_the_time(search, extent)
            page = self._page(search, token)
            if page.leads_nowhere:
                self._intake.take(page.orders, page.refused)  # the point to go on from stays where it is
                self.by_number(page.unread)
                raise _DeadEnd(services.NO_NEXT_PAGE)
            token = page.next_token
            if token and hash(token) in seen:
                raise _DeadEnd(services.PAGES_IN_A_CIRCLE)
            seen.add(hash(token))
            here = msgspec.structs.replace(search, page_token=token, page_token_at=self._link.amazon_now())
            # Written down first: whatever ends the run, they are asked for.
            self._intake.take(page.orders, page.refused, search=here, unread=page.unread)
            self.by_number(page.unread)
            yield page
            if token is None:
                return
