"""What every job leaves behind of a run: a row in the book, a line in the log, its problem with the store named."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from amzlink.deps import Deps
from amzlink.orderbook.book import Book
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


def note_report(deps: Deps, book: Book, job: str, report: RunReport, started: datetime) -> None:
    """Keep the record of a run in the book."""
    run = Run(
        job=job,
        started_at=started,
        finished_at=deps.clock.now(),
        problem=report.problem.name if report.problem else None,
        counts=report.counts(),
        amazon_time=report.borne_out,
    )
    note_run(book, report.store, run)


def close_report(deps: Deps, job: str, report: RunReport, started: datetime) -> None:
    """Fill in what is known at the very end, whatever came before, and write the run into the log."""
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
