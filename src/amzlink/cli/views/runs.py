"""How the reports of a job that works on several stores are shown: in one document, or store by store."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from amzlink.cli.shell.alarms import Alarms, Finished, Saying, alike_sayings, tell_causes
from amzlink.cli.shell.alike import alike, several
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, MaybeWarned, failure, warned_or_unset
from amzlink.cli.views.words import counted
from amzlink.problems import Exit, Problem, ProblemName

MOST_SHOWN: Final = 10
"""More stores than these are summed up."""


class Report(Protocol):
    """One store's run; `problem` is what stopped it, or what a person should know of."""

    @property
    def store(self) -> str:
        """The store's slug."""

    @property
    def problem(self) -> Problem | None:
        """What stopped it."""

    @property
    def left_out(self) -> bool:
        """Whether another run had just done the store."""

    def counts(self) -> Mapping[str, int]:
        """The plain numbers."""


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

    `document` makes the whole document, with what stopped the run where something did, and what was warned of.
    `show` prints one report; `sayings` are the orders in it that something was refused for, of which at most
    `most_told` causes are told.
    `paused` is what is told a person in place of an error, where a run that was stopped has not failed.
    `total` says in a few words what the counts of many stores add up to.
    `has_news` says whether a run that was stopped has something to show, and `gets_further` whether it has done work
    that the next one need not do again. With `always` what was asked for is shown
    even where nobody looks on.
    """

    document: Callable[[MaybeFailure, MaybeWarned], Document]
    show: Callable[[R], None]
    has_news: Callable[[R], bool]
    complete: Callable[[R], bool]
    gets_further: Callable[[R], bool] = lambda _: False
    sayings: Callable[[R], Sequence[Saying]] = lambda _: ()
    most_told: int | None = None
    total: Callable[[Counter[str]], str] = lambda _: ""
    stops: Callable[[Problem], bool] = lambda _: True
    paused: Callable[[R], Sequence[str]] = lambda _: ()
    always: bool = False


def show_runs(console: Console, alarms: Alarms | None, reports: Sequence[R], view: RunView[R]) -> Exit:
    """Give the result and the exit code. One store that was stopped is the command's own failure.

    Where nobody watches only the alarms speak. A run that is fine says nothing in a pipe, unless the view is shown
    `always`.
    """
    if alarms is not None:
        alarms.tell([_finished(report, view) for report in reports if not report.left_out])
        return _exit_code(reports, view)
    problem = reports[0].problem
    stopped = problem if len(reports) == 1 and problem and view.stops(problem) else None
    if stopped:
        if console.watched and not console.as_json:
            for report in filter(view.has_news, reports):
                view.show(report)
    else:
        told = [report for report in reports if not _is_elsewhere(report) or len(reports) == 1]
        met = [(report.store, report.problem) for report in told if report.problem]
        warn_alike(console, met, many=len(reports) > 1)
        if console.watched or console.as_json or view.always:
            console.result(lambda: _document(console, view, UNSET), lambda: _show(console, reports, view))
    if not console.as_json:
        for report in reports:
            _tell_refused(console, report.store, view.sayings(report), view.most_told)
    if stopped:
        _tell_stopped(console, reports[0], stopped, view)
    return _exit_code(reports, view)


def _document(console: Console, view: RunView[R], stopped: MaybeFailure) -> Document:
    return view.document(stopped, warned_or_unset(console.warned))


def _is_elsewhere(report: Report) -> bool:
    """Whether another run is doing the store, or has just done it: nobody has to do anything."""
    return report.left_out or bool(report.problem and report.problem.name is ProblemName.RUN_IN_PROGRESS)


def warn_alike(console: Console, met: Iterable[tuple[str, Problem]], *, many: bool) -> None:
    """Tell what stores have met, of `many` with their names: once where it is the same, with the first few of them."""
    for slugs, problem in alike(met):
        console.alarm(problem, about=several(slugs) if many else "", warning=True)


def _show(console: Console, reports: Sequence[R], view: RunView[R]) -> None:
    """Store by store; where they are many, those that went well are counted in a line."""
    here = [report for report in reports if not _is_elsewhere(report)]
    many = len(reports) > MOST_SHOWN and not console.verbose
    for report in here:
        if view.complete(report):
            if not many:
                view.show(report)
        elif len(reports) == 1 or view.has_news(report):
            view.show(report)
    if console.verbose:
        for report in filter(_is_elsewhere, reports):
            done = "has just done it" if report.left_out else "is in progress"
            console.line(f"{report.store}: left out, another run {done}.")
    if not many:
        return
    well = [report for report in here if view.complete(report)]
    if well:
        numbers: Counter[str] = sum((Counter(report.counts()) for report in well), Counter())
        console.line(f"{counted(len(well), 'store')} without a problem: {view.total(numbers)}.")
    if elsewhere := len(reports) - len(here):
        console.line(f"{counted(elsewhere, 'store')} left to another run.")
    if failed := [report.store for report in here if not view.complete(report)]:
        console.line(f"{counted(len(failed), 'store')} with a problem: {several(failed, MOST_SHOWN)}.")


def _tell_stopped(console: Console, report: R, stopped: Problem, view: RunView[R]) -> None:
    if console.watched and not console.as_json and (lines := view.paused(report)):
        for line in lines:
            console.tell(line)
    else:
        console.fail(stopped, lambda: _document(console, view, failure(stopped)))


def _exit_code(reports: Sequence[R], view: RunView[R]) -> Exit:
    """What stopped all of them alike is the command's own failure; a store that another run is at is none of ours."""
    codes = {report.problem.exit_code if report.problem and view.stops(report.problem) else None for report in reports}
    if len(codes) == 1 and (code := codes.pop()) is not None:
        return code
    return Exit.DONE if all(view.complete(report) or _is_elsewhere(report) for report in reports) else Exit.PARTLY


def _finished(report: R, view: RunView[R]) -> Finished:
    problem = report.problem
    stopped = bool(problem and view.stops(problem))
    if problem and problem.name is ProblemName.THROTTLED and view.gets_further(report):
        problem, stopped = None, False  # the quota was used up by work that is done: the next run goes on
    return Finished(store=report.store, problem=problem, stopped=stopped, sayings=view.sayings(report))


def _tell_refused(console: Console, store: str, sayings: Sequence[Saying], most: int | None) -> None:
    for problem in dict.fromkeys(saying.problem for saying in sayings):
        tell_causes(console, store, list(alike_sayings([each for each in sayings if each.problem is problem])), most)
