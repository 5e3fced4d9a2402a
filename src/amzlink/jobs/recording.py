"""What every job leaves behind of a run: a row in the book, a line in the log, its problem with the store named."""

import contextlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from amzlink.deps import Deps
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem


class RunReport(Protocol):
    """What one store's run did."""

    seconds: float
    problem: Problem | None

    @property
    def store(self) -> str:
        """The store's slug."""

    @property
    def borne_out(self) -> datetime | None:
        """Amazon's time, where personal data may be destroyed by it."""

    def counts(self) -> Mapping[str, int]:
        """The plain numbers, for the log and the record of runs."""


def run_job(
    deps: Deps,
    job: str,
    report: RunReport,
    work: Callable[[StoreBook], None],
    *,
    dry_run: bool,
    also_locked: Collection[str] = (),
) -> None:
    """Do a job's work on a store, alone with it, and leave its record: in the book unless nothing is to be kept there.

    What stops the work becomes the report's problem; what it has put there itself stays.
    """
    started = deps.clock.now()
    try:
        with contextlib.ExitStack() as held:
            for each in (job, *also_locked):
                held.enter_context(deps.lock(report.store, each))
            book = held.enter_context(deps.book(report.store))
            work(book)
            if not dry_run:
                _note(deps, book, job, report, started)
    except Problem as problem:
        report.problem = report.problem or problem
    _close(deps, job, report, started)


def _note(deps: Deps, book: StoreBook, job: str, report: RunReport, started: datetime) -> None:
    run = Run(
        job=job,
        started_at=started,
        finished_at=deps.clock.now(),
        problem=report.problem.name if report.problem else None,
        counts=report.counts(),
        amazon_time=report.borne_out,
    )
    note_run(book, run)


def _close(deps: Deps, job: str, report: RunReport, started: datetime) -> None:
    if report.problem:
        report.problem = report.problem.with_facts(store=report.store, store_option=f" --store {report.store}")
    report.seconds = (deps.clock.now() - started).total_seconds()
    deps.log.write(
        deps.clock.now(),
        "run",
        store=report.store,
        job=job,
        problem=report.problem.name if report.problem else None,
        seconds=round(report.seconds, 1),
        **report.counts(),
    )
