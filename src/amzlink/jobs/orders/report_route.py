"""The report route: all orders to ship in a handful of calls, known from a report alone until each has been read.

Its state is a row among the searches under way, so a run that dies waits for the same report again. Orders of a report
that are in the book already change nothing there, so that it may be taken in twice.
"""

import itertools
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.orders_report import ReportedOrders, reported_orders
from amzlink.amazon.reports import CANCELLED, Report, report_lines, report_status, request_orders_report
from amzlink.clock import age_of
from amzlink.core.orders.import_window import OLDEST
from amzlink.jobs.orders.ingest import Intake
from amzlink.orderbook.orders.pages import REPORT, REPORT_TAKEN, Search, finish_search, note_search, report_under_way
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Refused
from amzlink.run import StoreRun

MOST_WAITED: Final = timedelta(minutes=10)
"""For one report in one run. It is apart from the patience with quotas."""

_POLL_EVERY: Final = 10.0  # seconds; getReport allows two calls a second
_GIVEN_UP_AFTER: Final = timedelta(hours=2)
_BATCH: Final = 500
_TAKING: Final = "orders of Amazon's report"
_JAPAN: Final = "JP"


class OrdersByReport:
    """Brings one store's orders to ship into the order book by a report."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._run = run
        self._link = run.amazon
        self._book = run.book
        self._store = run.store
        self._intake = intake

    def bring_in(self) -> None:
        """Have the report made, or go on with the one of an earlier run, and take its orders in.

        Raises:
            Problem: `role-missing-reports`; `report-late`, after which the next run waits for the same report;
                `report-failed`; or as the calls of `amazon.reports`.
        """
        search, report = self._requested()
        report = self._finished(report)
        if report.processing_status != CANCELLED:  # which means that nothing is to ship
            try:
                document_id = report.document()
            except Problem:
                finish_search(self._book, REPORT)
                raise
            self._take(document_id or "")
        finish_search(self._book, REPORT)
        note_search(self._book, msgspec.structs.replace(search, kind=REPORT_TAKEN))

    def _requested(self) -> tuple[Search, Report]:
        """The report that is under way, or a new one, and its row."""
        search = report_under_way(self._book)
        if search is not None and age_of(search.window_end, self._run.now()) < _GIVEN_UP_AFTER:
            try:
                return search, report_status(self._link, search.query["reportId"])
            except Refused:  # Amazon does not know it any more
                finish_search(self._book, REPORT)
        now = self._link.amazon_now()
        report_id = request_orders_report(self._link, self._store.marketplace_ids, now - OLDEST)
        search = Search(
            kind=REPORT,
            position=0,
            query={"reportId": report_id},
            window_start=now - OLDEST,
            window_end=now,
            marketplace_ids=self._store.marketplace_ids,
        )
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

    def _take(self, document_id: str) -> None:
        country = BY_ID[self._store.marketplace_ids[0]].country
        encoding = {"without_charset": "cp932"} if country == _JAPAN else {}
        lines = report_lines(self._link, document_id, restricted=True, **encoding)
        orders = reported_orders(lines, self._store.marketplace_ids, told := ReportedOrders())
        done = 0
        while batch := list(itertools.islice(orders, _BATCH)):
            self._intake.take(batch)
            done += len(batch)
            self._run.reporter.step(_TAKING, done)
        if told.broken:  # the search that follows brings their orders
            self._run.reporter.step(f"{told.broken} lines of Amazon's report could not be read")
