"""Reading the orders that only a report has told of, with the quotas of getOrder and of searches at once.

Under Amazon's quotas the two together read 3,816 orders an hour (1,800 and 2,016) after their bursts of 30 and 2,000,
if no order is read twice. `core.orders.reading_plan` says which reads what.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from amzlink.amazon.orders import (
    PAGE_SIZE,
    SEARCH_ORDERS,
    DamagedOrder,
    can_be_sent,
    get_order,
    search_orders,
    to_ship_created_between,
)
from amzlink.amazon.transport import DeadPageToken
from amzlink.clock import age_of
from amzlink.core.orders.import_window import SETTLED
from amzlink.core.orders.reading_plan import Slice, plan_slices
from amzlink.core.orders.refusal import Refusal
from amzlink.jobs.orders.ingest import Intake
from amzlink.orderbook.orders.incomplete import orders_not_read, unread_in, unread_moments
from amzlink.orderbook.orders.pages import Page, save_page
from amzlink.orderbook.orders.searches import REPORT_TAKEN, SLICE, Search, find_search, finish_search
from amzlink.problems import ProblemName
from amzlink.problems.failures import AnswerUnknown, CallFailed, Denied, Refused, Throttled
from amzlink.problems.services import NOT_MADE_KNOWN
from amzlink.run import StoreRun

PAGE_TOKEN_LIFE: Final = timedelta(hours=23)
"""Amazon says 24; one that is nearly dead is not worth a call."""
ONE_ORDERS_OWN: Final = (Refused, Denied, DamagedOrder)
"""What getOrder can answer for one order while others are well: a 403 may mean that it is another seller's.

Source: docs/services/amazon.md, "When a role is missing".
"""
_ORDERS_TO_SHIP_FIRST: Final = timedelta(hours=3)
"""So long after a report searches read its orders before anything else that has changed."""
_MOST_IN_A_ROW: Final = 30
_MOST_REFUSED: Final = 20  # without an order in between: what is wrong is then no single order's matter
_MOST_MOMENTS: Final = 20_000  # of the earliest orders; more would take memory, and hours pass until they are read
_MOST_SLICES: Final = 5
_FEWEST: Final = 25  # getOrder reads as many in less than a minute
_MOST_FRUITLESS: Final = 2


class ReadAhead:
    """Reads one store's orders that are known from a report alone, the most urgent first."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._run = run
        self._link = run.amazon
        self._book = run.book
        self._intake = intake
        self._marketplace_ids = run.store.marketplace_ids
        self._asked: set[str] = set()  # in this run
        self._in_vain: set[str] = set()
        self._next: list[str] = []
        self._slices: list[Slice] = []
        self._shares_slice = False  # getOrder has no orders but those of the first slice
        self._fruitless = 0
        self._refused = 0

    def read(self, until: Callable[[], bool] = lambda: False, *, by_search: bool = False) -> Throttled | None:
        """Read until something else can be done, nothing is left, or a quota is not worth the wait, which is returned.

        What Amazon refuses is noted, and asked for again by a later run.
        """
        by_search = by_search and self._is_worth_a_search()
        try:
            while not until():
                # Planned before there is a call for it, so that getOrder leaves these orders to it.
                if by_search and (slice_ := self._first_slice()) and self.can_search():
                    self._read_page(slice_)
                elif order_id := self._most_urgent():
                    self._read_single(order_id)
                else:
                    return None
        except AnswerUnknown:  # the next run goes on with it
            return None
        except Throttled as failure:
            return failure
        return None

    def can_search(self) -> bool:
        """Whether a search is to be had without waiting for it."""
        return self._run.quotas.left(SEARCH_ORDERS, self._run.clock.now().timestamp()) >= 1

    def _is_worth_a_search(self) -> bool:
        """Whether so much is unread that a slice can be planned; else a slice that was begun is forgotten."""
        if len(orders_not_read(self._book, _FEWEST, due_at=self._run.now())) == _FEWEST:
            return True
        finish_search(self._book, SLICE)
        return False

    # By number -------------------------------------------------------------------------------------------------------

    def _most_urgent(self) -> str | None:
        """The next order for getOrder: none that a search is to read soon, as long as there are others."""
        while self._refused < _MOST_REFUSED:
            while self._next:
                if (order_id := self._next.pop(0)) not in self._in_vain:
                    return order_id
            owned = () if self._shares_slice else self._slices
            found = orders_not_read(
                self._book, _MOST_IN_A_ROW, but=self._in_vain, outside=owned, due_at=self._run.now()
            )
            self._note_in_vain(self._asked.intersection(found) - self._in_vain)
            if found:
                self._next = found
            elif not owned:
                return None
            elif len(self._slices) > 1:
                self._slices.pop()
            else:
                self._shares_slice = True
        return None

    def _read_single(self, order_id: str) -> None:
        self._asked.add(order_id)
        try:
            order = get_order(self._link, order_id)
        except ONE_ORDERS_OWN as problem:
            self._intake.refuse(order_id, problem.name, problem.summary)
            self._note_refusal(order_id, problem.name, problem.summary)
            self._refused += 1
        else:
            self._intake.take((order,))
            self._refused = 0

    def _note_in_vain(self, order_ids: set[str]) -> None:
        """An answer can leave an order unread as well: Amazon ships it, say. It is not asked for in every run."""
        self._in_vain |= order_ids
        for order_id in order_ids:
            self._note_refusal(order_id, ProblemName.RESPONSE_MALFORMED, NOT_MADE_KNOWN)

    def _note_refusal(self, order_id: str, name: ProblemName, message: str) -> None:
        """Keep in the book why an order stays unread; what was noted before says it better."""
        save_page(self._book, Page(changes=(), refusals=(Refusal(order_id, name, message),)), self._run.now())

    # By search -------------------------------------------------------------------------------------------------------

    def _first_slice(self) -> Slice | None:
        if self._fruitless >= _MOST_FRUITLESS:
            self._slices = []
            return None
        if not self._slices:
            self._slices = self._planned()
            self._next = []  # there may be orders of the slices among them
        return self._slices[0] if self._slices else None

    def _planned(self) -> list[Slice]:
        moments = unread_moments(self._book, self._marketplace_ids, _MOST_MOMENTS)
        planned = [_of_search(begun)] if (begun := self._begun()) and self._brings_enough(_of_search(begun)) else []
        for each in plan_slices(moments, PAGE_SIZE, _MOST_SLICES, _FEWEST):
            if any(each.start <= there.end and there.start <= each.end for there in planned):
                continue
            if each.orders <= PAGE_SIZE:
                planned.append(each)
                continue
            # Too many in one second. A search takes their marketplaces apart, and getOrder has the smaller ones.
            counts = {key: count for key, count in unread_in(self._book, each).items() if key in self._marketplace_ids}
            largest = max(counts, key=lambda key: counts[key])
            planned.append(msgspec.structs.replace(each, marketplace_ids=(largest,)))
        return planned

    def _brings_enough(self, slice_: Slice) -> bool:
        """Whether the rest of a slice is worth a page: getOrder may have read its orders meanwhile."""
        return sum(unread_in(self._book, slice_).values()) >= _FEWEST

    def _begun(self) -> Search | None:
        """The slice of which an earlier page was read, unless it cannot be continued."""
        search = find_search(self._book, SLICE)
        if search is None or search.page_token is None or search.page_token_at is None:
            return None
        is_alive = self._link.amazon_now() - search.page_token_at <= PAGE_TOKEN_LIFE
        return search if is_alive and can_be_sent(search.page_token) else None

    def _read_page(self, slice_: Slice) -> None:
        search = self._begun()
        if search is None or _of_search(search) != msgspec.structs.replace(slice_, orders=0, unread=0, due=0.0):
            search = self._search_of(slice_)
        before = sum(unread_in(self._book, slice_).values())
        try:
            page = search_orders(self._link, search.query, search.page_token)
        except (DeadPageToken, CallFailed) as failure:
            finish_search(self._book, SLICE)
            self._fruitless = _MOST_FRUITLESS
            if isinstance(failure, AnswerUnknown | Throttled):
                raise
            return
        token = page.next_token if before - len(page.orders) >= _FEWEST else None
        here = msgspec.structs.replace(search, page_token=token, page_token_at=self._link.amazon_now())
        self._intake.take(page.orders, page.refused, search=here, unread=page.unread)
        after = sum(unread_in(self._book, slice_).values())
        self._fruitless = 0 if after < before else self._fruitless + 1
        if token is None:
            self._slices.pop(0)
            self._shares_slice = False

    def _search_of(self, slice_: Slice) -> Search:
        ids = slice_.marketplace_ids or self._marketplace_ids
        start = datetime.fromtimestamp(slice_.start, UTC)
        # Where Amazon counts fractions of a second, the last one belongs to it as well.
        latest = datetime.fromtimestamp(slice_.end + 1, UTC)
        latest = max(start, min(latest, self._link.amazon_now().replace(microsecond=0) - SETTLED))
        return Search(
            kind=SLICE,
            position=3,
            query=to_ship_created_between(start, latest, ids),
            window_start=start,
            window_end=datetime.fromtimestamp(slice_.end, UTC),
            marketplace_ids=slice_.marketplace_ids,
        )


def reads_report_first(run: StoreRun) -> bool:
    """Whether searches are for the orders of a report before they are for anything else."""
    taken = find_search(run.book, REPORT_TAKEN)
    return taken is not None and age_of(taken.window_end, run.now()) < _ORDERS_TO_SHIP_FIRST


def _of_search(search: Search) -> Slice:
    """The slice that a search reads, as far as the search tells."""
    return Slice(
        int(search.window_start.timestamp()), int(search.window_end.timestamp()), marketplace_ids=search.marketplace_ids
    )
