"""import-orders: bring the order book up to date with Amazon.

Each page and its resume point are stored in one transaction, so a run may die anywhere: the next one goes on from the
last page, and an order that comes twice is one order.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from amzlink.core.diagnosis.alarms import Part
from amzlink.core.orders.refusal import Refusal
from amzlink.core.orders.route import RouteChoice
from amzlink.core.shipments.parcels import SENDCLOUD
from amzlink.deps import DEFAULT_MAX_WAIT, Deps
from amzlink.jobs.destination.tally import SendTally
from amzlink.jobs.orders.fetch import Fetch
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.orders.numbers import numbers_meant
from amzlink.jobs.orders.single_orders import SingleOrders
from amzlink.jobs.privacy.due import overdue
from amzlink.jobs.privacy.purge import purge_in_passing
from amzlink.jobs.privacy.renew import renew_leases
from amzlink.jobs.runs.each_store import each_store
from amzlink.jobs.runs.one_of_many import Crew, Task
from amzlink.jobs.shipments.read_back import ConfirmationsShown
from amzlink.jobs.weights.customs import find_missing_customs
from amzlink.orderbook.orders.browse import note_prime_still_held
from amzlink.orderbook.orders.incomplete import incomplete_orders
from amzlink.orderbook.orders.overview import count_orders
from amzlink.orderbook.orders.pages import refused_orders
from amzlink.orderbook.weights.order_lines import forget_missing_weights
from amzlink.problems import Problem, ProblemName, database, store_option
from amzlink.problems.failures import Denied, Throttled
from amzlink.run import StoreRun, run_job, sure_day

if TYPE_CHECKING:
    from amzlink.core.orders.address_file import AddressRefusal, AddressRow
    from amzlink.jobs.orders.addresses import AddressTally

JOB: Final = "import-orders"
_RETRIED_ORDERS: Final = 50


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `since` is for the first run, or reaches further back than the last one.

    `addresses` is a file of Seller Central's with names and streets, for orders that came without.
    """

    since: datetime | None = None
    order_ids: tuple[str, ...] = ()
    addresses: Path | None = None
    route: Literal["auto", "search", "report"] = "auto"
    max_wait: timedelta = DEFAULT_MAX_WAIT
    dry_run: bool = False


class ImportReport(msgspec.Struct, kw_only=True):
    """What one store's run did. `problem` is what stopped it, or what a person should know of.

    `choice` is why a report was asked for or not, where a page of a search had to be waited for.
    `addresses` is what became of a file with addresses, where one was given. `booked` is how many orders the book has,
    where Amazon's quota stopped the run. With `none_yet` neither this run nor one before has brought any. `left_out`:
    another run had just done it.
    """

    store: str
    window: tuple[datetime, datetime] | None = None
    route: str = "search"
    choice: RouteChoice | None = None
    tally: Tally = msgspec.field(default_factory=Tally)
    addresses: "AddressTally | None" = None
    sent: SendTally = msgspec.field(default_factory=SendTally)
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    purged: int = 0
    booked: int = 0
    none_yet: bool = False
    seconds: float = 0.0
    problem: Problem | None = None
    left_out: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that came could be taken in."""
        return self.problem is None and not self.refused and not (self.addresses and self.addresses.refused)

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {**self.tally.counts(), "sent": self.sent.sent}

    @property
    def refused(self) -> list[Refusal]:
        """What could not be taken in, and what the destination does not take."""
        return [*self.tally.refused, *self.sent.refused]


def stops(problem: Problem) -> bool:
    """Whether a run ends there. Orders without addresses are stored and held, and it goes on."""
    return problem.name != ProblemName.ROLE_MISSING_PII


def import_orders(
    deps: Deps, slugs: Sequence[str], options: ImportOptions, crew: Crew | None = None
) -> list[ImportReport]:
    """Import the stores, as many at once as there are in the `crew`; one that fails does not hold back the others.

    Raises:
        Problem: `usage` or `input-malformed`, before anything is done.
    """
    order_ids = numbers_meant(deps, slugs, options.order_ids, "amzlink import-orders")
    options = msgspec.structs.replace(options, order_ids=order_ids)
    rows: Sequence[AddressRow | AddressRefusal] | None = None
    if options.addresses:
        from amzlink.jobs.orders.addresses import addresses_of  # noqa: PLC0415 - few runs are given a file

        rows = addresses_of(options.addresses, deps.load_config().stores[slugs[0]].country)
    task = Task(
        job=JOB,
        report=partial(_empty_report, options),
        work=partial(_import_store, options, rows),
        once=not (options.dry_run or options.order_ids or options.since),
    )
    return each_store(deps, slugs, task, crew)


def _empty_report(options: ImportOptions, slug: str) -> ImportReport:
    return ImportReport(store=slug, route="order" if options.order_ids else "search")


def _import_store(
    options: ImportOptions, rows: "Sequence[AddressRow | AddressRefusal] | None", deps: Deps, report: ImportReport
) -> None:
    def work(run: StoreRun) -> None:
        _import_into(run, options, report, rows)

    run_job(
        deps,
        JOB,
        report,
        work,
        dry_run=options.dry_run,
        max_wait=options.max_wait,
        max_wait_for_sendcloud=options.max_wait,
    )


def _import_into(
    run: StoreRun, options: ImportOptions, report: ImportReport, rows: "Sequence[AddressRow | AddressRefusal] | None"
) -> None:
    """The steps: bring orders in, see to what is in the book, hand on what is ready, and destroy what is due.

    A dry run brings in and counts what would be handed on. Addresses that a person gives come after Amazon's, and need
    nothing of Amazon: an import that fails does not hold them back.
    """
    sealed = run.sealed
    try:
        try:
            run.learn_time()
            intake = Intake(run, report.tally)
            single = SingleOrders(run, intake)
            fetch = Fetch(run, intake, single, options.route)
            _bring_in(run, single, fetch, options, report)
        finally:
            if rows is not None:
                from amzlink.jobs.orders.addresses import take_addresses  # noqa: PLC0415 - as above

                report.addresses = take_addresses(run, rows)
        if report.addresses:
            intake.addresses_came(report.addresses.taken, report.addresses.damaged)
        _tell_prime_still_held(run)
        if not run.dry_run:
            if run.time.is_trusted:
                renew_leases(sealed, today=sealed.today(run.now()), policy=run.retention)
            ConfirmationsShown(run, intake).check()
        report.problem = intake.missing_addresses() or fetch.throttled
        report.tally.incomplete = incomplete_orders(run.book)
        report.none_yet = not report.tally.fetched and not count_orders(run.book)
    except Problem as problem:
        # What was stored before counts, and so does the time that Amazon told.
        report.problem = problem
    if isinstance(report.problem, Throttled):
        report.booked = count_orders(run.book)
    if not run.dry_run:
        _see_to_products(run, report)
    if run.store.destination == SENDCLOUD:
        _send_on(run, report)
    if not run.dry_run:
        _purge(run, report)


def _bring_in(run: StoreRun, single: SingleOrders, fetch: Fetch, options: ImportOptions, report: ImportReport) -> None:
    if options.order_ids:
        single.read_asked_for(options.order_ids)
    elif run.store.amazon_sandbox:
        fetch.sample()
    else:
        single.read(refused_orders(run.book, _RETRIED_ORDERS, but_reported=True))
        single.read_incomplete()
        single.read_taken_over()
        try:
            fetch.changes(options.since)
        finally:
            report.window, report.route, report.choice = fetch.window, fetch.route, fetch.choice


def _see_to_products(run: StoreRun, report: ImportReport) -> None:
    """Weigh orders, and look whether customs can be told of them, before any is handed on.

    Also after an import that was stopped: what it has brought in goes on all the same, and the store may ask that
    nothing goes without its weight.
    """
    try:
        if run.store.import_weights:
            report.tally.missing_weight = _weigh(run, report)
        else:
            forget_missing_weights(run.book)
        report.tally.customs = find_missing_customs(run)
    except Problem as problem:
        _note_as_well(run, report, problem)


def _note_as_well(run: StoreRun, report: ImportReport, problem: Problem) -> None:
    """Two things can go wrong at once: what stops more is the run's, and of the other somebody has to hear too."""
    ours, other = report.problem, problem
    if ours is None or not stops(ours):
        ours, other = problem, ours
    report.problem = ours
    if other and not _is_same(ours, other):
        run.reporter.warn(run.naming_store(other), part=Part.RUN)


def _is_same(problem: Problem, other: Problem) -> bool:
    """Whether two parts of the work met one trouble: an order book that is gone is gone for both."""
    return problem.name is other.name and (problem.summary == other.summary or problem.name in database.ENTRIES)


def _tell_prime_still_held(run: StoreRun) -> None:
    """Say once that Prime orders which an earlier version held wait for a person: their labels may be made already."""
    if run.store.include_prime == "auto" and (count := note_prime_still_held(run.book)):
        run.reporter.warn(run.naming_store(Problem(ProblemName.PRIME_STILL_HELD, count=count)))


def _purge(run: StoreRun, report: ImportReport) -> None:
    """Destroy what is due. Where another job is running on the store, the next run does it."""
    done = purge_in_passing(run)
    if done is not None:
        report.purged = done.purged
    problem = done.problem if done else None
    if problem and report.problem and _is_same(report.problem, problem):
        return
    if done is None or problem:
        _tell_overdue(run, problem)


def _tell_overdue(run: StoreRun, problem: Problem | None) -> None:
    """Say why not all could be destroyed, and of how many orders the time is over for certain."""
    sure = sure_day(run)
    count = overdue(run.book, sure, run.retention) if sure else 0
    late = Problem(ProblemName.RETENTION_OVERDUE, count=count) if count else None
    for each in (problem, late):
        if each:
            run.reporter.warn(run.naming_store(each), part=Part.PURGE)


def _weigh(run: StoreRun, report: ImportReport) -> int:
    """Give the lines of orders their weights; a listing that cannot be read holds up no import.

    Where Amazon gave this run no order, it is asked for no listing either: what is known counts.
    """
    from amzlink.jobs.weights.look_up import Weigher  # noqa: PLC0415 - not every store has its orders weighed

    weigher = Weigher(run)
    if report.problem is None or not stops(report.problem) or report.tally.fetched:
        try:
            if weigher.look_up_orders():
                run.reporter.works(Part.LISTINGS, run.slug)
        except Problem as problem:
            if report.problem is None or not _is_same(report.problem, problem):
                run.reporter.warn(_named_for_listings(run, problem), part=Part.LISTINGS)
    return weigher.weigh_orders()


def _named_for_listings(run: StoreRun, problem: Problem) -> Problem:
    name = ProblemName.ROLE_MISSING_LISTINGS if isinstance(problem, Denied) else problem.name
    return Problem(name, **{**problem.facts, "store": run.slug, "store_option": store_option(run.slug)})


def _send_on(run: StoreRun, report: ImportReport) -> None:
    """Hand on what is ready, whether or not Amazon has told everything: what it told before is in the book."""
    from amzlink.jobs.destination.send import send_orders  # noqa: PLC0415 - only for this destination

    try:
        send_orders(run, report.sent)
    except Problem as problem:
        _note_as_well(run, report, problem)
