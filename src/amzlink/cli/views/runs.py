"""How the reports of a job that works on several stores are shown: in one document, or store by store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from amzlink.cli.shell.alarms import Alarms, Finished, Saying
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, failure
from amzlink.problems import Exit, Problem, ProblemName


class Report(Protocol):
    """One store's run; `problem` is what stopped it, or what a person should know of."""

    @property
    def store(self) -> str:
        """The store's slug."""

    @property
    def problem(self) -> Problem | None:
        """What stopped it."""


R = TypeVar("R", bound=Report)


class RefusedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order for which something could not be done, and why."""

    order_id: str
    problem: ProblemName
    message: str


class Refused(Protocol):
    """What a job says of such an order."""

    @property
    def order_id(self) -> str:
        """Whose it is."""

    @property
    def problem(self) -> ProblemName:
        """Its name."""

    @property
    def message(self) -> str:
        """In words."""


def refused_orders(entries: Iterable[Refused]) -> list[RefusedOrder]:
    """The refusals as JSON shows them."""
    return [RefusedOrder(order_id=entry.order_id, problem=entry.problem, message=entry.message) for entry in entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView(Generic[R]):
    """What one job's reports look like.

    `document` makes the whole document, with what stopped the run where something did; `show` prints one report and
    `sayings` are the orders in it that something was refused for, of which at most `most_told` are told one by one;
    `paused` is what is told a person in place of an error, where a run that was stopped has not failed.
    `has_news` says whether a run that was stopped has something to show, and `gets_further` whether it has done work
    that the next one need not do again. With `always` what was asked for is shown
    even where nobody looks on.
    """

    document: Callable[[MaybeFailure], Document]
    show: Callable[[R], None]
    has_news: Callable[[R], bool]
    complete: Callable[[R], bool]
    gets_further: Callable[[R], bool] = lambda _: False
    sayings: Callable[[R], Sequence[Saying]] = lambda _: ()
    most_told: int | None = None
    stops: Callable[[Problem], bool] = lambda _: True
    paused: Callable[[R], Sequence[str]] = lambda _: ()
    always: bool = False


def show_runs(console: Console, alarms: Alarms | None, reports: Sequence[R], view: RunView[R]) -> Exit:
    """Give the result and the exit code. One store that was stopped is the command's own failure.

    Where nobody watches only the alarms speak. A run that is fine says nothing in a pipe, unless the view is shown
    `always`.
    """
    if alarms is not None:
        alarms.tell([_finished(report, view) for report in reports])
        return _exit_code(reports, view)
    problems = [report.problem for report in reports if report.problem]
    stopped = problems[0] if len(reports) == 1 and problems and view.stops(problems[0]) else None

    def show(shown: Iterable[R]) -> None:
        for report in shown:
            view.show(report)

    if stopped:
        if console.watched and not console.as_json:
            show(filter(view.has_news, reports))
    else:
        for problem in problems:
            console.warn(problem)
        if console.watched or console.as_json or view.always:
            console.result(lambda: view.document(UNSET), lambda: show(reports))
    if not console.as_json:
        for report in reports:
            _tell_refused(console, report.store, view.sayings(report), view.most_told)
    if stopped:
        _tell_stopped(console, reports[0], stopped, view)
    return _exit_code(reports, view)


def _tell_stopped(console: Console, report: R, stopped: Problem, view: RunView[R]) -> None:
    if console.watched and not console.as_json and (lines := view.paused(report)):
        for line in lines:
            console.tell(line)
    else:
        console.fail(stopped, lambda: view.document(failure(stopped)))


def _exit_code(reports: Sequence[R], view: RunView[R]) -> Exit:
    if len(reports) == 1 and (problem := reports[0].problem) and view.stops(problem):
        return problem.exit_code
    return Exit.DONE if all(map(view.complete, reports)) else Exit.PARTLY


def _finished(report: R, view: RunView[R]) -> Finished:
    problem = report.problem
    stopped = bool(problem and view.stops(problem))
    if problem and problem.name is ProblemName.THROTTLED and view.gets_further(report):
        problem, stopped = None, False  # the quota was used up by work that is done: the next run goes on
    return Finished(store=report.store, problem=problem, stopped=stopped, sayings=view.sayings(report))


def _tell_refused(console: Console, store: str, sayings: Sequence[Saying], most: int | None) -> None:
    for saying in sayings[:most]:
        console.tell(f"{store}: {saying.alone()}")
    if most is not None and len(sayings) > most:
        console.tell(f"{store}: and {len(sayings) - most} more; --json lists them all.")
