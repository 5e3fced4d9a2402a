"""push-status: tell Amazon of each parcel that has reached the store's trigger.

News of parcels is stored first, then what follows from it is decided and written into the outbox, then the outbox is
sent. A run may die anywhere: the next one finds out what became of a call whose answer it never wrote down.
"""

import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

import msgspec

from amzlink.core.orders.refusal import Refusal
from amzlink.core.shipments.confirmation import UNDER_WAY, State
from amzlink.core.shipments.parcels import SENDCLOUD
from amzlink.core.shipments.rows import RowRefusal, ShipmentRow
from amzlink.core.shipments.ship_date import Span
from amzlink.deps import Deps
from amzlink.jobs.runs.each_store import each_store
from amzlink.jobs.runs.one_of_many import Task
from amzlink.jobs.shipments.arrivals import note_arrivals
from amzlink.jobs.shipments.collect import ParcelUpdates
from amzlink.jobs.shipments.confirm import Outbox
from amzlink.jobs.shipments.confirm_singly import ConfirmTally
from amzlink.jobs.shipments.from_file import refused_parcels, rows_by_order, rows_of
from amzlink.jobs.shipments.plan import Planned, Planner
from amzlink.jobs.shipments.unscanned import ship_by_near
from amzlink.orderbook.shipments.outbox import state_counts
from amzlink.orderbook.shipments.parcels import bought_at
from amzlink.problems import Problem
from amzlink.run import StoreRun, run_job

if TYPE_CHECKING:
    from amzlink.orderbook.database import Database

JOB: Final = "push-status"
# Confirmed one by one, ten thousand parcels take an hour and a half: the quota's waits are the work here.
_MAX_WAIT: Final = timedelta(hours=3)


class PushOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `source` is a file to read, or standard input (`-`); None: ask Sendcloud."""

    source: Path | Literal["-"] | None = None
    route: Literal["auto", "single", "feed"] = "auto"
    dry_run: bool = False


class PushReport(msgspec.Struct, kw_only=True):
    """What one store's run did, or of a dry run what it would have done. `problem` is what stopped it.

    Everything counts parcels, but for `delivered`, which counts orders. `unanswered` have been planned or sent, and
    Amazon's answer is not known yet. `unknown_statuses` are Sendcloud's that amzlink does not know, by code, with the
    number of parcels. `left_out`: another run had just done the store.
    """

    store: str
    planned: Planned = msgspec.field(default_factory=Planned)
    sent: ConfirmTally = msgspec.field(default_factory=ConfirmTally)
    unanswered: int = 0
    failed: list[Refusal] = msgspec.field(default_factory=list)
    delivered: int = 0
    unknown_statuses: Counter[str] = msgspec.field(default_factory=Counter)
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None
    left_out: bool = False

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

    @property
    def amazon_confirms(self) -> int:
        """Parcels of which something was heard, of orders that Amazon confirms by itself."""
        return self.planned.amazon_confirms + self.sent.amazon_confirms

    @property
    def data_deleted(self) -> int:
        """Parcels that cannot be confirmed, because their orders' personal data is deleted."""
        return self.planned.deleted.total()

    @property
    def nothing_left(self) -> int:
        """Parcels that are not confirmed, because other parcels hold all their items."""
        return self.planned.nothing_left.total()

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
    by_store = read_source(deps, slugs, options, stdin)
    task = Task(
        job=JOB,
        report=lambda slug: PushReport(store=slug),
        work=lambda each, report: _push_store(each, report, options, by_store[report.store]),
        once=not (options.dry_run or options.source),
    )
    return each_store(deps, slugs, task)


def read_source(
    deps: Deps, slugs: Sequence[str], options: PushOptions, stdin: BinaryIO | None
) -> dict[str, list[ShipmentRow | RowRefusal]]:
    """The rows of the source for each store. It is read once for all stores that go by the same clock.

    What is shipped later than now is refused, and the clock of a test store can be another than this machine's.
    """
    stores = {slug: store for slug, store in deps.load_config().stores.items() if slug in slugs}
    countries = {store.country for store in stores.values()}
    clocks = {slug: deps.of_store(store).clock for slug, store in stores.items()}
    shifted = {slug: clock is not deps.clock for slug, clock in clocks.items()}
    if stdin and options.source == "-" and len(set(shifted.values())) > 1:
        stdin = io.BytesIO(stdin.read())
    read: dict[bool, list[ShipmentRow | RowRefusal]] = {}
    for slug, clock in clocks.items():
        if shifted[slug] in read:
            continue
        now = clock.now()
        with _known_between(deps, slugs, now) as known_between:
            read[shifted[slug]] = list(rows_of(options.source, stdin, now, countries, known_between))
        if isinstance(stdin, io.BytesIO):
            stdin.seek(0)
    return {slug: read[is_shifted] for slug, is_shifted in shifted.items()}


@contextlib.contextmanager
def _known_between(deps: Deps, slugs: Sequence[str], now: datetime) -> Iterator[Callable[[str], Span | None]]:
    """From when to when an order can have been shipped: since it was placed. The order book is opened when asked."""
    with contextlib.ExitStack() as held:
        opened: list[Database] = []

        def between(order_id: str) -> Span | None:
            if not opened:
                opened.append(held.enter_context(deps.database()))
            found = (bought_at(opened[0].of(slug), [order_id]).get(order_id) for slug in slugs)
            placed = next(filter(None, found), None)
            return (placed, max(placed, now)) if placed else None

        yield between


def _push_store(
    deps: Deps, report: PushReport, options: PushOptions, rows: Sequence[ShipmentRow | RowRefusal]
) -> None:  # fmt: skip
    def work(run: StoreRun) -> None:
        try:
            _push_into(run, options, rows, report)
        finally:
            report.unanswered = _count_unanswered(run)

    run_job(deps, JOB, report, work, dry_run=options.dry_run, max_wait=_MAX_WAIT)


def _push_into(
    run: StoreRun, options: PushOptions, rows: Sequence[ShipmentRow | RowRefusal], report: PushReport
) -> None:  # fmt: skip
    """The steps: settle what is open, hear of parcels, decide what follows from it, and tell Amazon.

    A dry run tells nothing, and leaves open what is.
    """
    run.learn_time()
    outbox, updates = Outbox(run, report.sent), ParcelUpdates(run)
    if not run.dry_run:
        outbox.settle()
    try:
        _collect(run, updates, options, rows, report)
    except Problem as problem:
        report.problem = problem  # what was heard before can still be told
    report.unknown_statuses = updates.unknown_statuses
    run.reporter.step("deciding what to confirm")
    report.planned = Planner(run, updates).decide()
    if report.planned.due:
        run.reporter.warn(ship_by_near(run, report.planned.due))
    report.delivered = note_arrivals(run)
    if not run.dry_run:
        outbox.send(options.route)


def _collect(
    run: StoreRun,
    updates: ParcelUpdates,
    options: PushOptions,
    rows: Sequence[ShipmentRow | RowRefusal],
    report: PushReport,
) -> None:
    """Take in what is new of parcels: from the file, or else from Sendcloud."""
    if options.source is not None:
        told, refused = rows_by_order(run.book, rows)
        report.failed += refused
        nameless = updates.take_rows(told)
        report.failed += refused_parcels(run.book, {order_id: told[order_id] for order_id in nameless})
    elif run.store.destination == SENDCLOUD:
        updates.poll(run.sendcloud, run.integration_id)


def _count_unanswered(run: StoreRun) -> int:
    """Confirmations without an answer; a dry run counts what is in the queue as what it would send."""
    states = UNDER_WAY if run.dry_run else {*UNDER_WAY, State.PLANNED}
    return sum(count for state, count in state_counts(run.book).items() if state in states)
