"""Looking through the whole catalogue: all of it once, from then on what has changed since.

A small catalogue is paged through; of a large one, which the search does not give out whole, the listings report tells
the SKUs, which are then looked up by twenty. The SKUs are written down first, so a sweep that stops is continued.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from amzlink.amazon.listings import (
    MOST_PAGED,
    TooManyListings,
    changed_listings,
    count_listings,
    listings_of_asins,
)
from amzlink.amazon.reports import Report, listing_skus, report_status, request_listings_report
from amzlink.clock import age_of
from amzlink.jobs.weights.look_up import Weigher
from amzlink.orderbook.weights import listings as booked
from amzlink.orderbook.weights.listings import Sweep
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Refused
from amzlink.run import StoreRun

_FROM_THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)  # before there was anything to list
_OVERLAP: Final = timedelta(minutes=10)
_SHORTEST_SPAN: Final = timedelta(minutes=2)
_POLL_REPORT_EVERY: Final = 15.0
_REPORT_WAITED_FOR: Final = timedelta(minutes=30)
_REPORT_GIVEN_UP_AFTER: Final = timedelta(days=1)
_CHUNK: Final = 500


class CatalogueSweep:
    """The sweep of one store, at the time of the weigher's look-ups."""

    def __init__(self, run: StoreRun, weigher: Weigher) -> None:
        self._link = run.amazon
        self._book = run.book
        self._store = run.store
        self._clock = run.clock
        self._run = run
        self._weigher = weigher
        self._now = weigher.now

    def look_through(self) -> None:
        """Go on with a sweep that was stopped, then look at what has changed since the last, or at everything."""
        sweep = booked.sweep_of(self._book)
        if sweep.begun_at is not None:
            self._by_report(sweep)
            sweep = booked.sweep_of(self._book)
        self._since(sweep.until)
        if sweep.until and self._has_lost_some():
            self._since(None)

    def _since(self, until: datetime | None) -> None:
        """Look at what has changed since a sweep; without one, at everything."""
        try:
            for _ in self._changed(until - _OVERLAP if until else _FROM_THE_BEGINNING, self._now):
                pass
        except TooManyListings:
            self._by_report(Sweep(until=until, begun_at=self._now))
        else:
            if until is None:
                self._look_again_at_the_rest()
            booked.note_sweep(self._book, Sweep(until=self._now))

    def _has_lost_some(self) -> bool:
        """Whether the account has fewer listings than the book: one that is deleted is not among the changes."""
        count = count_listings(self._link, self._store.seller_id, self._store.marketplace_ids)
        return count < booked.count_listed(self._book) and count != MOST_PAGED  # which may stand for more

    def _look_again_at_the_rest(self) -> None:
        """What the book has and a look at everything did not bring is gone, or hard to find."""
        rest = booked.skus_not_looked_up(self._book, self._now, MOST_PAGED)
        self._weigher.look_up(rest)

    def _changed(self, after: datetime, before: datetime) -> Iterator[int]:
        """Look at what changed in a span, in halves where it is too much; a first sweep goes to the report at once."""
        try:
            done = 0
            for page in changed_listings(self._link, self._store.seller_id, self._store.marketplace_ids, after, before):
                self._weigher.keep(page.listings)
                done += len(page.listings)
                self._run.reporter.step("looking through the listings", done, page.total)
                yield done
        except TooManyListings:
            half = (before - after) / 2
            if after == _FROM_THE_BEGINNING or half < _SHORTEST_SPAN:
                raise
            yield from self._changed(after, after + half)
            yield from self._changed(after + half, before)

    def _by_report(self, sweep: Sweep) -> None:
        """Take the SKUs from the listings report, and look up each."""
        # Not after this run's own time, by which what is looked up now is told from what is left.
        begun = min(sweep.begun_at or self._now, self._now)
        if sweep.report_id != _WRITTEN_DOWN:
            self._write_down(self._document(sweep.until, begun, sweep.report_id))
            booked.note_sweep(self._book, Sweep(until=sweep.until, begun_at=begun, report_id=_WRITTEN_DOWN))
        total, done = booked.count_not_looked_up(self._book, begun), 0
        while skus := booked.skus_not_looked_up(self._book, begun, _CHUNK):
            self._weigher.look_up(skus, before=done, total=total)
            done += len(skus)
            # Beside the look-ups it costs no time: the catalogue has a quota of its own.
            self._weigher.ask_catalogue(skus)
        booked.note_sweep(self._book, Sweep(until=begun))

    def _document(self, until: datetime | None, begun: datetime, report_id: str | None) -> str:
        """The report's document, of a new report where there is none to wait for.

        Raises:
            Problem: `report-late`, after which the next run waits for the same; `report-failed` or `report-cancelled`,
                after which it asks for another.
        """
        report = self._asked_for(report_id) if report_id else None
        if report is None:
            report_id = request_listings_report(self._link, self._store.marketplace_ids)
            booked.note_sweep(self._book, Sweep(until=until, begun_at=begun, report_id=report_id))
            report = report_status(self._link, report_id)
        given_up = self._clock.now() + _REPORT_WAITED_FOR
        while not report.is_over:
            if self._clock.now() >= given_up:
                if age_of(begun, self._now) >= _REPORT_GIVEN_UP_AFTER:
                    self._begin_anew(until)
                raise Problem(ProblemName.REPORT_LATE, detail=report.report_id, store=self._book.store)
            self._run.reporter.step("Amazon makes the listings report")
            self._run.pause(_POLL_REPORT_EVERY, "next check")
            report = report_status(self._link, report.report_id)
        try:
            document_id = report.document()
        except Problem:
            # One that is cancelled mostly means that there is nothing to report, but the search has found listings.
            self._begin_anew(until)
            raise
        return document_id or ""

    def _asked_for(self, report_id: str) -> Report | None:
        """The report of an earlier run; None where Amazon does not know it any more."""
        try:
            return report_status(self._link, report_id)
        except Refused:
            return None

    def _begin_anew(self, until: datetime | None) -> None:
        booked.note_sweep(self._book, Sweep(until=until))

    def _write_down(self, document_id: str) -> None:
        asins: dict[str, str | None] = {}
        damaged: set[str] = set()
        for line in listing_skus(self._link, document_id):
            if line.is_damaged:
                damaged.update([line.asin] if line.asin else ())
                continue
            asins[line.sku] = line.asin
            if len(asins) == _CHUNK:
                booked.note_skus(self._book, asins)
                asins = {}
        booked.note_skus(self._book, asins)
        if damaged:
            # Letters that the report's encoding does not have (docs/services/amazon.md,
            # "What goes wrong with reports"): by their ASINs they come whole.
            found = listings_of_asins(self._link, self._store.seller_id, self._store.marketplace_ids, sorted(damaged))
            self._weigher.keep(found)


_WRITTEN_DOWN: Final = "written-down"  # in place of a report's id: its SKUs are in the book
