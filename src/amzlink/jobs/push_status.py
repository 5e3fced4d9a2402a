"""push-status: tell Amazon of each parcel that has reached the store's trigger.

News of parcels is stored first, then what follows from it is decided and written into the outbox, then the outbox is
sent. A run may die anywhere: the next one finds out what became of a call whose answer it never wrote down.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from amzlink.amazon.fulfilment_feed import MOST_CODES, fits_feed
from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.shipments.parcels import FILE, SENDCLOUD, Kind, delivered_at
from amzlink.core.shipments.plan import UNDER_WAY, State
from amzlink.core.shipments.rows import RowRefusal, ShipmentRow, read_shipments
from amzlink.deps import Deps
from amzlink.jobs.privacy.renew import lease_arrivals
from amzlink.jobs.shipments.collect import ParcelNews
from amzlink.jobs.shipments.confirm_by_feed import FeedRoute
from amzlink.jobs.shipments.confirm_singly import Confirmer, ConfirmTally, to_api
from amzlink.jobs.shipments.plan import Planned, Planner
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.pages import Refusal
from amzlink.orderbook.shipments.outbox import Outgoing, in_state, state_counts
from amzlink.orderbook.shipments.parcels import (
    Arrival,
    booked_orders,
    newly_delivered,
    note_deliveries,
    parcels_of,
)
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun, run_job

JOB: Final = "push-status"
# Confirmed one by one, ten thousand parcels take an hour and a half: the quota's waits are the work here.
_MAX_WAIT: Final = timedelta(hours=3)
_CHUNK: Final = 200


class PushOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `source` is a file to read, or standard input (`-`); None: ask Sendcloud."""

    source: Path | Literal["-"] | None = None
    route: Literal["auto", "single", "feed"] = "auto"
    dry_run: bool = False


class PushReport(msgspec.Struct, kw_only=True):
    """What one store's run did, or of a dry run what it would have done. `problem` is what stopped it.

    Everything counts parcels, but for `delivered`, which counts orders. `unanswered` have been planned or sent, and
    Amazon's answer is not known yet.
    """

    store: str
    planned: Planned = msgspec.field(default_factory=Planned)
    sent: ConfirmTally = msgspec.field(default_factory=ConfirmTally)
    unanswered: int = 0
    failed: list[Refusal] = msgspec.field(default_factory=list)
    delivered: int = 0
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def failures(self) -> list[Refusal]:
        """Everything that was not taken, whoever refused it."""
        return [*self.failed, *self.planned.failed, *self.sent.failed]

    @property
    def waiting(self) -> int:
        """Parcels that have not reached the trigger, and confirmations without a result yet."""
        return self.planned.waiting + self.unanswered

    @property
    def already(self) -> int:
        """Parcels of which something was heard, and of which Amazon knows all there is to say."""
        return self.planned.already + self.sent.already

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {
            "confirmed": self.sent.confirmed,
            "edited": self.sent.edited,
            "waiting": self.waiting,
            "already": self.already,
            "failed": len(self.failures),
            "delivered": self.delivered,
        }


def push_status(
    deps: Deps, slugs: Sequence[str], options: PushOptions, stdin: BinaryIO | None = None
) -> list[PushReport]:
    """Push the stores one after the other; one that fails does not hold back the others.

    Raises:
        Problem: `input-malformed` or `not-readable`, before anything is done.
    """
    countries = {store.country for slug, store in deps.load_config().stores.items() if slug in slugs}
    rows = list(_rows(options.source, stdin, deps.clock.now(), countries))
    return [_push_store(deps, slug, options, rows) for slug in slugs]


def _rows(
    source: Path | Literal["-"] | None, stdin: BinaryIO | None, now: datetime, countries: Collection[str]
) -> Iterator[ShipmentRow | RowRefusal]:
    if source is None:
        return
    if source == "-":
        if stdin is None:
            raise ValueError("standard input is read, and was not given")
        yield from read_shipments(
            stdin, file="standard input", now=now, codes=_status_words(), countries=countries
        )  # fmt: skip
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise Problem(ProblemName.INPUT_MALFORMED, file=source, detail=error.strerror or "it cannot be read") from error
    with stream:
        yield from read_shipments(stream, file=str(source), now=now, codes=_status_words(), countries=countries)


def _status_words() -> Mapping[str, Kind]:
    """Sendcloud's codes, which a file may use; one that proves no scan counts as announced."""
    from amzlink.sendcloud.statuses import STATUSES  # noqa: PLC0415

    return {
        code: Kind.LABELLED if status.kind is Kind.UNDER_WAY and not status.processed else status.kind
        for code, status in STATUSES.items()
    }


def _push_store(
    deps: Deps, slug: str, options: PushOptions, rows: Sequence[ShipmentRow | RowRefusal]
) -> PushReport:  # fmt: skip
    report = PushReport(store=slug)

    def work(run: StoreRun) -> None:
        _Push(run, report).steps(options, rows)

    run_job(deps, JOB, report, work, dry_run=options.dry_run, max_wait=_MAX_WAIT)
    return report


class _Push:
    """One store's run."""

    def __init__(self, run: StoreRun, report: PushReport) -> None:
        self._run = run
        self._report = report
        self._confirmer = Confirmer(run, report.sent)
        self._feeds = FeedRoute(run, self._confirmer)

    def steps(self, options: PushOptions, rows: Sequence[ShipmentRow | RowRefusal]) -> None:
        """Hear of parcels, decide what follows from it, and tell Amazon; a dry run tells nothing.

        First of all comes what earlier runs left open: nothing new is said of an order of which that is not known.
        """
        run, report = self._run, self._report
        try:
            run.learn_time()
            news = ParcelNews(run)
            if not run.dry_run:
                self._feeds.go_on()
                self._confirmer.settle()
            try:
                self._hear(news, rows, from_file=options.source is not None)
            except Problem as problem:
                # What was heard before can still be told.
                report.problem = problem
            self._decide(news)
            self._note_arrivals()
            if not run.dry_run:
                self._send(options.route)
        finally:
            report.unanswered = self._count_unanswered()

    def _hear(self, news: ParcelNews, rows: Sequence[ShipmentRow | RowRefusal], *, from_file: bool) -> None:
        """Take in the news: of the file, or else Sendcloud's."""
        if from_file:
            self._hear_file(news, rows)
        elif self._run.store.destination == SENDCLOUD:
            self._run.reporter.progress("asking Sendcloud for parcels")
            news.poll(self._run.sendcloud, self._run.integration_id)

    def _decide(self, news: ParcelNews) -> None:
        """What follows from it."""
        self._report.planned = Planner(self._run, news).decide()
        if self._report.planned.due:
            near = Problem(ProblemName.SHIP_BY_NEAR, count=self._report.planned.due, store=self._run.slug)
            self._run.reporter.warn(near)

    def _note_arrivals(self) -> None:
        """The last leases of orders that have arrived. A run that dies between the two steps does both once more."""
        book, sealed, now = self._run.book, self._run.sealed, self._run.now()
        for arrivals in _arrivals(book, now):
            self._report.delivered += len(arrivals)
            lease_arrivals(book, sealed, arrivals, today=sealed.today(now), policy=self._run.retention)
            note_deliveries(book, arrivals)

    def _count_unanswered(self) -> int:
        """Confirmations without an answer; a dry run counts what is in the queue as what it would send."""
        states = UNDER_WAY if self._run.dry_run else {*UNDER_WAY, State.PLANNED}
        return sum(count for state, count in state_counts(self._run.book).items() if state in states)

    def _send(self, route: str) -> None:
        """Send the outbox: one by one as long as that is faster, the rest and all mail without tracking by feed."""
        singly, either, by_feed = self._sorted(in_state(self._run.book, State.PLANNED))
        if singly:
            self._confirmer.send_singly(singly)
        while either and route != "feed" and (count := self._singly(len(either), route)):
            self._confirmer.send_singly(either[:count])
            either = either[count:]
        if either or (by_feed and (route == "feed" or self._feeds.may_feed())):
            self._feeds.send([*either, *by_feed])
        self._confirmer.settle()

    def _sorted(self, entries: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Outgoing], list[Outgoing]]:
        """Those that only a call can tell of, those that either way can, and those that only a feed can.

        What neither can is refused here and now.
        """
        singly: list[Outgoing] = []
        either: list[Outgoing] = []
        by_feed: list[Outgoing] = []
        for entry, number in self._confirmer.with_numbers(entries):
            fits = fits_feed(to_api(entry, number))
            if number:
                (either if fits else singly).append(entry)
            elif entry.traceable:
                self._confirmer.refuse(entry, _unsaid(entry, "its tracking number has been purged"), "number-purged")
            elif fits:
                by_feed.append(entry)
            else:
                detail = f"an item has more than {MOST_CODES} Transparency codes, and without a number it goes by feed"
                self._confirmer.refuse(entry, _unsaid(entry, detail), Reason.TRANSPARENCY_CODES)
        return singly, either, by_feed

    def _singly(self, count: int, route: str) -> int:
        return count if route == "single" else self._feeds.singly_first(count)

    def _hear_file(self, news: ParcelNews, rows: Sequence[ShipmentRow | RowRefusal]) -> None:
        by_order: dict[str, list[ShipmentRow]] = {}
        for row in rows:
            if isinstance(row, RowRefusal):
                self._report.failed.append(Refusal(row.order_id or "", row.problem, row.message))
            else:
                by_order.setdefault(row.order_id, []).append(row)
        ids = list(by_order)
        booked: set[str] = set()
        for start in range(0, len(ids), _CHUNK):
            booked |= booked_orders(self._run.book, ids[start : start + _CHUNK])
        for row in rows:
            if isinstance(row, ShipmentRow) and row.order_id not in booked:
                where = f"in the order book of {self._run.slug} (line {row.line})"
                problem = Problem(ProblemName.ORDER_NOT_FOUND, order_id=row.order_id, detail=where)
                self._report.failed.append(Refusal(row.order_id, problem.name, problem.summary))
        news.take_rows({order_id: told for order_id, told in by_order.items() if order_id in booked})


def _unsaid(entry: Outgoing, detail: str) -> Problem:
    """A refusal of our own: what Amazon would not take in any way."""
    return Problem(ProblemName.SHIPMENT_REFUSED, order_id=entry.order_id, detail=detail)


def _arrivals(book: StoreBook, now: datetime) -> Iterator[dict[str, Arrival]]:
    """The orders that have arrived as a whole since the last run, a chunk at a time."""
    ids = newly_delivered(book)
    for start in range(0, len(ids), _CHUNK):
        found = {}
        for order_id, parcels in parcels_of(book, ids[start : start + _CHUNK]).items():
            if moment := delivered_at(tuple(parcels)):
                told_by_file = any(parcel.source == FILE and parcel.delivered_at == moment for parcel in parcels)
                # Nothing arrives later than it is told: a wrong date must not lengthen anybody's stay.
                found[order_id] = Arrival(min(moment, now), FILE if told_by_file else SENDCLOUD)
        yield found
