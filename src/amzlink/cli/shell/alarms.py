"""What a job says that nobody watches: to cron's mail, and as JSON to the merchant's own program.

Without a terminal a run that is fine says nothing. What else it says, and how often, `core.diagnosis.alarms` decides.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, encode, failure, moment
from amzlink.core.diagnosis.alarms import Judgement, Key, Over, Trouble
from amzlink.jobs.diagnosis.alarms import judged, run_command
from amzlink.problems import Exit, Problem, ProblemName, docs_of

if TYPE_CHECKING:
    from amzlink.deps import Deps

_FEW: Final = 3
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """An order for which something could not be done: `one` and `many` say what, `why` is the reason in words."""

    order_id: str
    problem: ProblemName
    one: str
    many: str
    why: str

    @property
    def number(self) -> str:
        """The order's number as it is shown."""
        return self.order_id or "(no number)"

    def alone(self) -> str:
        """It as a sentence about this order."""
        return f"order {self.number} {self.one}: {self.why}"

    def key(self, store: str) -> Key:
        """By which it is remembered."""
        return Key(str(self.problem), store, self.order_id)


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a store's run ended: `stopped` where its problem ended it before it was through, or had brought anything."""

    store: str
    problem: Problem | None = None
    stopped: bool = False
    sayings: Sequence[Saying] = ()


class AlarmDocument(Document, frozen=True, kw_only=True):
    """What `[notify] command` gets on standard input: a problem, or that it is over. Nothing personal is in it.

    `since` is when it was first met, `orders` are those that it concerns.
    """

    job: str
    store: str | None
    problem: ProblemName
    summary: str
    cause: str
    next_step: str
    docs: str
    exit_code: int
    since: datetime | None
    orders: tuple[str, ...] = ()
    over: bool = False


class Alarms:
    """The voice of a job that nobody watches. It is the job's observer, and what a job warns of it says at the end."""

    def __init__(self, job: str, console: Console, deps: "Callable[[], Deps]") -> None:
        self._job = job
        self._console = console
        self._deps = deps
        self._warnings: list[Problem] = []

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Nobody looks on."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nobody looks on."""

    def warn(self, problem: Problem) -> None:
        """Something a person should know that did not stop the work."""
        self._warnings.append(problem)

    def tell(self, runs: Sequence[Finished]) -> None:
        """Say what the runs have met, as far as it is to be said now."""
        troubles = [Trouble(_of_warning(problem), stays=False) for problem in self._warnings]
        for run in runs:
            if run.problem:
                troubles.append(Trouble(_key(run.problem, run.store), run.problem.exit_code is Exit.TRY_AGAIN))
            troubles += [Trouble(saying.key(run.store)) for saying in run.sayings]
        deps = self._deps()
        succeeded = [run.store for run in runs if not run.stopped]
        now = deps.clock.now()
        try:
            with judged(deps.home, self._job, troubles, [*succeeded, *([""] if succeeded else [])], now) as judgement:
                documents = list(self._say(runs, judgement, now))
                self._notify(deps, documents)
        except Problem as problem:  # what was said cannot be remembered
            self._console.warn(problem)

    def _say(self, runs: Sequence[Finished], judgement: Judgement, now: datetime) -> Iterator[AlarmDocument]:
        several = len({run.store for run in runs}) > 1
        for problem in dict.fromkeys(self._warnings):
            key = _of_warning(problem)
            if key in judgement.tell:
                self._console.alarm(problem, about=key.store if several else "", warning=True)
                yield self._document(problem, key.store, judgement.since[key])
        for run in runs:
            if run.problem and (key := _key(run.problem, run.store)) in judgement.tell:
                self._console.alarm(run.problem, about=run.store if several else "")
                yield self._document(run.problem, run.store, judgement.since[key])
            told = [saying for saying in run.sayings if saying.key(run.store) in judgement.tell]
            for sayings in _alike(told):
                self._console.tell(f"{run.store}: {_together(sayings)}")
                yield self._about_orders(run.store, sayings)
        for over in judgement.over:
            self._console.tell(_ended(over, now))
            yield self._about_its_end(over, now)

    def _document(self, problem: Problem, store: str, since: datetime) -> AlarmDocument:
        shown = failure(problem)
        return AlarmDocument(
            job=self._job, store=store or None, problem=shown.problem, summary=shown.summary, cause=shown.cause,
            next_step=shown.next_step, docs=shown.docs, exit_code=int(problem.exit_code), since=moment(since),
        )  # fmt: skip

    def _about_orders(self, store: str, sayings: Sequence[Saying]) -> AlarmDocument:
        problem = sayings[0].problem
        return AlarmDocument(
            job=self._job, store=store, problem=problem, summary=f"{store}: {_together(sayings)}",
            cause=sayings[0].why, next_step=_explained(problem), docs=docs_of(problem), exit_code=int(Exit.PARTLY),
            since=None, orders=tuple(each.order_id for each in sayings),
        )  # fmt: skip

    def _about_its_end(self, over: Over, now: datetime) -> AlarmDocument:
        problem = ProblemName(over.key.problem)
        return AlarmDocument(
            job=self._job, store=over.key.store or None, problem=problem, summary=_ended(over, now), cause="",
            next_step="", docs=docs_of(problem), exit_code=int(Exit.DONE), since=moment(over.since), over=True,
        )  # fmt: skip

    def _notify(self, deps: "Deps", documents: Sequence[AlarmDocument]) -> None:
        if not documents:
            return
        try:
            command = deps.load_config().notify.command
        except Problem:  # it is what was said
            return
        failed: dict[str, Problem] = {}
        for document in documents if command else ():
            try:
                run_command(command, encode(document, laid_out=False).encode() + b"\n", deps.environ)
            except Problem as problem:
                failed[str(problem.facts["detail"])] = problem
        for told in failed.values():
            self._console.warn(told)


def _explained(problem: ProblemName) -> str:
    return f"`amzlink explain {problem}` says what to do."


def _key(problem: Problem, store: str) -> Key:
    return Key(str(problem.name), store)


def _of_warning(problem: Problem) -> Key:
    return Key(str(problem.name), str(problem.facts.get("store", "")), str(problem.facts.get("order_id", "")))


def _alike(sayings: Sequence[Saying]) -> Iterable[Sequence[Saying]]:
    def what(saying: Saying) -> tuple[str, str, str]:
        return str(saying.problem), saying.many, saying.why

    return (list(group) for _, group in groupby(sorted(sayings, key=what), key=what))


def _together(sayings: Sequence[Saying]) -> str:
    """One message for all orders with the same cause: how many they are, and the first few."""
    first = sayings[0]
    if len(sayings) == 1:
        return first.alone()
    shown = ", ".join(saying.number for saying in sayings[:_FEW])
    rest = f" and {len(sayings) - _FEW} more" if len(sayings) > _FEW else ""
    return f"{len(sayings)} orders {first.many}: {first.why}. They are {shown}{rest}."


def _ended(over: Over, now: datetime) -> str:
    store = f"{over.key.store}: " if over.key.store else ""
    return f"{store}The problem {over.key.problem} is over. It lasted {_span(now - over.since)}."


def _span(span: timedelta) -> str:
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if span >= 2 * unit:
            return f"{span // unit} {name}"
    return "about a minute"
