"""Looking through the whole catalogue: all of it once, from then on what has changed since.

A small catalogue is paged through; of a large one, which the search does not give out whole, the listings report tells
the SKUs, which are then looked up by twenty. The SKUs are written down first, so a sweep that stops is gone on with.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from amzlink.amazon.listings import PAGE_SIZE, TooManyListings, changed_listings, listings_of_asins
from amzlink.amazon.reports import listing_skus, report_status, request_listings_report
from amzlink.clock import Clock
from amzlink.config import Store
from amzlink.jobs.weighing import Weigher
from amzlink.orderbook import listings as booked
from amzlink.orderbook.book import Book
from amzlink.orderbook.listings import Sweep
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.amazon.transport import Link

_FROM_THE_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)  # before there was anything to list
_OVERLAP: Final = timedelta(minutes=10)
_SHORTEST_SPAN: Final = timedelta(minutes=2)
_POLL_REPORT_EVERY: Final = 15.0
_REPORT_WAITED_FOR: Final = timedelta(minutes=30)
_CHUNK: Final = 500


class CatalogueSweep:
    """The sweep of one store. `now` is Amazon's time at the start of the run."""

    def __init__(
        self,
        *,
        link: "Link",
        book: Book,
        slug: str,
        store: Store,
        weigher: Weigher,
        clock: Clock,
        now: datetime,
        progress: Callable[[str], None],
    ) -> None:
        self._link = link
        self._book = book
        self._slug = slug
        self._store = store
        self._weigher = weigher
        self._clock = clock
        self._now = now
        self._progress = progress

    def run(self) -> None:
        """Go on with a sweep that was stopped, or look at what has changed since the last, or at everything."""
        sweep = booked.sweep_of(self._book, self._slug)
        if sweep.begun_at is not None:
            self._by_report(sweep)
            return
        since = sweep.until - _OVERLAP if sweep.until else _FROM_THE_BEGINNING
        try:
            for _ in self._changed(since, self._now):
                pass
        except TooManyListings:
            self._by_report(Sweep(until=sweep.until, begun_at=self._now))
        else:
            booked.note_sweep(self._book, self._slug, Sweep(until=self._now))

    def _changed(self, after: datetime, before: datetime) -> Iterator[int]:
        """Look at what changed in a span, in halves where it is too much; a first sweep goes to the report at once."""
        try:
            done = 0
            for page in changed_listings(self._link, self._store.seller_id, self._store.marketplace_ids, after, before):
                self._weigher.keep(page.listings)
                done += len(page.listings)
                self._progress(f"looking through the catalogue: {done} of {page.total} listings")
                yield done
        except TooManyListings:
            half = (before - after) / 2
            if after == _FROM_THE_BEGINNING or half < _SHORTEST_SPAN:
                raise
            yield from self._changed(after, after + half)
            yield from self._changed(after + half, before)

    def _by_report(self, sweep: Sweep) -> None:
        """Take the SKUs from the listings report, and look up each."""
        begun = sweep.begun_at or self._now
        if sweep.report_id != _WRITTEN_DOWN:
            if sweep.report_id is None:
                report_id = request_listings_report(self._link, self._store.marketplace_ids)
                sweep = Sweep(until=sweep.until, begun_at=begun, report_id=report_id)
                booked.note_sweep(self._book, self._slug, sweep)
            self._write_down(self._wait_for(sweep.report_id or ""))
            sweep = Sweep(until=sweep.until, begun_at=begun, report_id=_WRITTEN_DOWN)
            booked.note_sweep(self._book, self._slug, sweep)
        left = booked.count_not_looked_up(self._book, self._slug, begun)
        total, started = left, self._clock.now()
        while skus := booked.skus_not_looked_up(self._book, self._slug, begun, PAGE_SIZE):
            self._progress(_how_far(total - left, total, (self._clock.now() - started).total_seconds()))
            self._weigher.look_up(skus)
            left -= len(skus)
        booked.note_sweep(self._book, self._slug, Sweep(until=begun))

    def _wait_for(self, report_id: str) -> str | None:
        """The report's document; None where there is nothing to report. One that failed is not waited for again."""
        until = self._clock.now() + _REPORT_WAITED_FOR
        while True:
            report = report_status(self._link, report_id)
            if report.is_over:
                break
            if self._clock.now() >= until:
                raise Problem("report-late", detail=report_id, store=self._slug)
            self._progress("waiting for Amazon's listings report")
            self._clock.sleep(_POLL_REPORT_EVERY)
        try:
            return report.document()
        except Problem as problem:
            if problem.name == "report-cancelled":  # nothing to report (facts 6.1)
                return None
            # The next run asks for a fresh one.
            sweep = booked.sweep_of(self._book, self._slug)
            booked.note_sweep(self._book, self._slug, Sweep(until=sweep.until))
            raise

    def _write_down(self, document_id: str | None) -> None:
        if document_id is None:
            return
        skus: list[str] = []
        damaged: set[str] = set()
        for line in listing_skus(self._link, document_id):
            if line.is_damaged:
                damaged.update([line.asin] if line.asin else ())
                continue
            skus.append(line.sku)
            if len(skus) == _CHUNK:
                booked.note_skus(self._book, self._slug, skus)
                skus = []
        booked.note_skus(self._book, self._slug, skus)
        if damaged:
            # Letters that the report's encoding does not have (facts 6.3): by their ASINs they come whole.
            found = listings_of_asins(self._link, self._store.seller_id, self._store.marketplace_ids, sorted(damaged))
            self._weigher.keep(found)


_WRITTEN_DOWN: Final = "written-down"  # in place of a report's id: its SKUs are in the book


def _how_far(done: int, total: int, seconds: float) -> str:
    """`1200 of 4000 listings, about 2 min left`."""
    text = f"looking up weights: {done} of {total} listings"
    if not done:
        return text
    left = seconds / done * (total - done)
    return f"{text}, about {left / 60:.0f} min left" if left >= 60 else f"{text}, about {left:.0f} s left"  # noqa: PLR2004
