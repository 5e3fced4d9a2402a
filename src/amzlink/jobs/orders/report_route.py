"""The report route: all orders to ship in a handful of calls, known from a report alone until each has been read.

Its state is a row among the searches under way, written before each call that counts, so a run that dies goes on with
the same report: one that was asked for without an answer is looked for among the reports that Amazon has. Orders of a
report that are in the book already change nothing there, so that it may be taken in twice.
"""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.orders_report import NEEDED, ReportedOrders, reported_orders
from amzlink.amazon.reports import (
    CANCELLED,
    Report,
    find_orders_report,
    report_lines,
    report_status,
    request_orders_report,
)
from amzlink.clock import age_of
from amzlink.core.orders.import_window import OLDEST
from amzlink.jobs.orders.ingest import Intake
from amzlink.orderbook.orders.incomplete import any_to_ship
from amzlink.orderbook.orders.pages import known_orders
from amzlink.orderbook.orders.searches import (
    REPORT,
    REPORT_TAKEN,
    REPORTS_GIVEN_UP,
    Search,
    find_search,
    finish_search,
    note_search,
)
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import CallFailed, Denied, Refused, Unreadable
from amzlink.run import StoreRun

MOST_WAITED: Final = timedelta(minutes=10)
"""For one report in one run. It is apart from the patience with quotas."""

_POLL_EVERY: Final = 10.0  # seconds; getReport allows two calls a second
_GIVEN_UP_AFTER: Final = timedelta(hours=2)
_MOST_TRIES: Final = 3
"""So often the document of one report is fetched; what is damaged then stays so."""
_MOST_REPORTS: Final = 2
"""So many reports may come to nothing before the searches that are under way go on without one."""
_MOST_UNREAD: Final = 500
"""With more damaged lines than these, the search has to look for the orders of all."""
_BATCH: Final = 500
_TAKING: Final = "orders of Amazon's report"
_JAPAN: Final = "JP"
_ID: Final = "reportId"
_TRIES: Final = "tries"
_COUNT: Final = "reports"
WHOLE: Final = "whole"
"""Stands in the query of a report that was taken, where it has told of all orders to ship."""


class OrdersByReport:
    """Brings one store's orders to ship into the order book by a report."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._run = run
        self._link = run.amazon
        self._book = run.book
        self._store = run.store
        self._intake = intake

    @property
    def is_given_up(self) -> bool:
        """Whether so many reports have come to nothing that the searches under way go on without one."""
        return self._given_up() >= _MOST_REPORTS

    def bring_in(self) -> list[str]:
        """Have the report made, or continue with the one of an earlier run, and take its orders in.

        The numbers of orders come back whose lines are damaged, and which the book does not have. They are noted as
        refused.

        Raises:
            Problem: `role-missing-reports`; `report-late`, after which the next run waits for the same report;
                `report-failed`; `report-cancelled`, where the book has orders to ship; or as the calls of
                `amazon.reports`.
        """
        try:
            search, report = self._requested()
        except (Denied, Refused) as refusal:  # a role does not come while these searches are under way
            self._give_up(_MOST_REPORTS if isinstance(refusal, Denied) else 1)
            raise
        report = self._finished(report)
        unread: list[str] = []
        whole = False
        try:
            document_id = report.document() or ""
        except Problem:
            if report.processing_status != CANCELLED or any_to_ship(self._book):
                self._give_up()
                raise
        else:
            unread, whole = self._taken(search, document_id)
        note_search(
            self._book, _with_query(search, {_ID: report.report_id, **({WHOLE: WHOLE} if whole else {})}, REPORT_TAKEN)
        )
        finish_search(self._book, REPORT)
        return unread

    def _requested(self) -> tuple[Search, Report]:
        """The report that is under way, or a new one, and its row."""
        search = find_search(self._book, REPORT)
        if search is not None and age_of(search.window_end, self._run.now()) >= _GIVEN_UP_AFTER:
            self._give_up()
            search = None
        if search is not None and search.query[_ID]:
            try:
                return search, report_status(self._link, search.query[_ID])
            except Refused:  # Amazon does not know it any more
                finish_search(self._book, REPORT)
                search = None
        if search is None:
            now = self._link.amazon_now()
            search = Search(
                kind=REPORT,
                position=0,
                query={_ID: ""},
                window_start=now - OLDEST,
                window_end=now,
                marketplace_ids=self._store.marketplace_ids,
            )
            note_search(self._book, search)
            report_id = None
        else:  # it was asked for, and whether that has come to Amazon nobody knows
            report_id = find_orders_report(self._link, search.marketplace_ids, search.window_end)
        report_id = report_id or request_orders_report(self._link, search.marketplace_ids, search.window_start)
        search = _with_query(search, {_ID: report_id})
        note_search(self._book, search)
        return search, report_status(self._link, report_id)

    def _finished(self, report: Report) -> Report:
        given_up = self._run.clock.now() + MOST_WAITED
        while not report.is_over:
            if self._run.clock.now() >= given_up:
                raise Problem(ProblemName.REPORT_LATE, detail=report.report_id)
            self._run.reporter.waiting(_POLL_EVERY, "next check of Amazon's report")
            self._run.clock.sleep(_POLL_EVERY)
            report = report_status(self._link, report.report_id)
        return report

    def _taken(self, search: Search, document_id: str) -> tuple[list[str], bool]:
        """Take the document in, as `_take` does; one that cannot be read is fetched again, but not for ever."""
        tries = int(search.query.get(_TRIES, "0"))
        while True:
            tries += 1
            # Written down first: a run that ends in it has tried.
            note_search(self._book, _with_query(search, {**search.query, _TRIES: str(tries)}))
            try:
                return self._take(document_id)
            except CallFailed as failure:
                if isinstance(failure, Denied):
                    self._give_up(_MOST_REPORTS)
                elif tries >= _MOST_TRIES:
                    self._give_up()
                elif isinstance(failure, Unreadable):
                    continue
                raise

    def _take(self, document_id: str) -> tuple[list[str], bool]:
        """The orders whose lines are damaged, and whether the report has told of all orders there are."""
        country = BY_ID[self._store.marketplace_ids[0]].country
        encoding = {"without_charset": "cp932"} if country == _JAPAN else {}
        lines = report_lines(self._link, document_id, restricted=True, needed=NEEDED, **encoding)
        orders = reported_orders(lines, self._store.marketplace_ids, told := ReportedOrders())
        done = 0
        while batch := list(itertools.islice(orders, _BATCH)):
            self._intake.take(batch)
            done += len(batch)
            self._run.reporter.step(_TAKING, done)
        unread: list[str] = []
        if told.broken:
            self._warn(Problem(ProblemName.REPORT_LINES_UNREADABLE, count=told.broken, lines=_listed(told)))
            named = sorted(told.unread)[:_MOST_UNREAD]
            unread = [each for each in named if each not in known_orders(self._book, named)[0]]
            self._intake.take((), unread=unread)
        return unread, done > 0 and not told.nameless and len(told.unread) <= _MOST_UNREAD

    def _given_up(self) -> int:
        noted = find_search(self._book, REPORTS_GIVEN_UP)
        return int(noted.query[_COUNT]) if noted else 0

    def _give_up(self, count: int = 1) -> None:
        """Forget the report that is under way, and note that it came to nothing."""
        search = find_search(self._book, REPORT)
        if search is not None:
            query = {_COUNT: str(self._given_up() + count)}
            note_search(self._book, _with_query(search, query, REPORTS_GIVEN_UP))
            finish_search(self._book, REPORT)

    def _warn(self, problem: Problem) -> None:
        self._run.reporter.warn(self._run.naming_store(problem))


def _with_query(search: Search, query: Mapping[str, str], kind: str = REPORT) -> Search:
    return msgspec.structs.replace(search, query=query, kind=kind)


def _listed(told: ReportedOrders) -> str:
    """The numbers of the lines that could not be read, the first of them."""
    numbers = ", ".join(map(str, told.broken_at))
    return numbers if len(told.broken_at) == told.broken else f"{numbers}, ..."
