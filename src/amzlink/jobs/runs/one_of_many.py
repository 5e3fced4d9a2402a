"""A job on one store among others: whatever goes wrong with it is its own report's problem, a bug of ours too."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from amzlink.core.diagnosis.alarms import Part
from amzlink.deps import Deps
from amzlink.observer import Observer
from amzlink.orderbook.runs import last_begun
from amzlink.problems import Problem
from amzlink.run import RunReport, naming


class StoreReport(RunReport, Protocol):
    """What one store's run did; `left_out`: another run had just done it."""

    left_out: bool


R = TypeVar("R", bound=StoreReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[R]):
    """A job for a store: `report` makes an empty report, and `work` does the job and fills it.

    With `once` it is the usual run, which keeps what it does: a store is left out that another run of the job has begun
    since this one began, because it has just been done. A task can be sent to another process where both functions can.
    """

    job: str
    report: Callable[[str], R]
    work: Callable[[Deps, R], None]
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Processes that work at once: how many, and what makes the means to work in each."""

    size: int
    deps: Callable[[], Deps]


def do_store(deps: Deps, slug: str, task: Task[R], began: datetime) -> R:
    """One store among others: whatever happens is in its report.

    `began` is when the run over all stores did; by the server's clock, where machines share the order book.
    """
    report = task.report(slug)
    if task.once and _is_just_done(deps, slug, task.job, began):
        report.left_out = True
    else:
        do_it(deps, report, task, marked=task.once)
    return report


def do_it(deps: Deps, report: R, task: Task[R], *, marked: bool = False) -> None:
    """Do the job for one store; `marked`: that it began is to be seen, also where it is killed.

    Raises what the work raises that is no Problem, where nobody takes reports of bugs.
    """
    try:
        if broken := deps.load_config().broken.get(report.store):
            report.problem = broken
            return
        if marked:
            _note_begin(deps, task.job, report.store)
        task.work(deps, report)
    except Problem as problem:
        report.problem = report.problem or naming(problem, report.store)
    except Exception as error:  # noqa: BLE001 - a bug costs one store, not all
        report.problem = naming(deps.bug(error, report.store), report.store)


def _is_just_done(deps: Deps, slug: str, job: str, began: datetime) -> bool:
    try:
        if deps.shares_book:
            from amzlink.orderbook.leases import begun_by_server  # noqa: PLC0415 - SQLAlchemy is heavy

            with deps.database() as database:
                by_server = begun_by_server(database, job).get(slug)
            return by_server is not None and by_server > began
        clock = deps.of_store(deps.load_config().stores[slug]).clock
        with deps.book(slug) as book:
            last = last_begun(book, job)
    except (Problem, KeyError, ValueError):  # the run itself says what is wrong
        return False
    return last is not None and last > began + (clock.now() - deps.clock.now())


def _mark(deps: Deps, job: str, slug: str) -> Path:
    """A file whose time says when a run of the job last began: the book knows only those that came to an end."""
    return deps.home.state / "begun" / f"{slug}.{job}"


def _note_begin(deps: Deps, job: str, slug: str) -> None:
    file = _mark(deps, job, slug)
    with contextlib.suppress(OSError):  # then the order is less fair, and the work says what is wrong with the folder
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)


def begun_here(deps: Deps, job: str, slug: str) -> datetime | None:
    """When a run of the job last began on this machine; None: that is not known."""
    try:
        return datetime.fromtimestamp(_mark(deps, job, slug).stat().st_mtime, UTC)
    except OSError:
        return None


@dataclass(slots=True)
class Told:
    """Who is told of many stores, and what they were told: what concerns no single store is said once."""

    observer: Observer
    warnings: set[tuple[object, str]] = field(default_factory=set)

    def warn(self, problem: Problem, part: Part | None) -> None:
        """Pass a warning on, unless the same was said."""
        key = (problem.name, problem.summary)
        if key not in self.warnings:
            self.warnings.add(key)
            self.observer.warn(problem, part=part)


@dataclass(slots=True)
class OfMany:
    """The observer of a store among others: what it is told says which store it is about."""

    told: Told
    slug: str
    number: int
    total: int

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Say which store it is, and how far that is among all."""
        of_all = f"store {self.number} of {self.total}, {self.slug}: {what}"
        self.told.observer.step(of_all, done, total, about=about)

    def note(self, text: str) -> None:
        """Pass it on."""
        self.told.observer.note(text)

    def waiting(self, seconds: float, why: str) -> None:
        """Pass it on."""
        self.told.observer.waiting(seconds, why)

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        """Pass it on, unless it was said of another store."""
        self.told.warn(problem, part)

    def works(self, part: Part, store: str) -> None:
        """Pass it on."""
        self.told.observer.works(part, store)
