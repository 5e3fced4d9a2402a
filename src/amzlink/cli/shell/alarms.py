"""What a job says that nobody watches: to cron's mail, and as JSON to the merchant's own program.

Without a terminal a run that is fine says nothing. What else it says, and how often, `core.diagnosis.alarms` decides.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.cli.shell.alike import alike, several
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, encode, failure, moment
from amzlink.core.diagnosis.alarms import LASTS, Judgement, Key, Over, Part, Trouble
from amzlink.jobs.diagnosis.alarms import judged, run_command, succeeds_elsewhere
from amzlink.problems import CATALOGUE, Exit, Problem, ProblemName, docs_of, store_option

if TYPE_CHECKING:
    from amzlink.deps import Deps

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_NEARLY_AN_HOUR: Final = timedelta(minutes=55)
_LASTING_STATES: Final = frozenset({ProblemName.RETENTION_OVERDUE, ProblemName.SHIP_BY_NEAR})


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """An order for which something could not be done: `one` and `many` say what, `why` is the reason as a sentence."""

    order_id: str
    problem: ProblemName
    one: str
    many: str
    why: str

    @property
    def number(self) -> str:
        """The order's number as it is shown."""
        return self.order_id or "(no number)"

    def reason_for(self, order: str) -> str:
        """The reason with other words for the order's number, so that orders of one cause have one reason."""
        named = f"he order {self.order_id}"
        return self.why.replace(f"t{named}", order).replace(f"T{named}", order.capitalize())

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
        self._parts: dict[Key, Part] = {}
        self._worked: set[tuple[str, str]] = set()
        self._told = False

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Nobody looks on."""

    def waiting(self, seconds: float, why: str) -> None:
        """Nobody looks on."""

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        """Something a person should know that did not stop the work."""
        self._warnings.append(problem)
        if part:
            self._parts[_of_warning(problem)] = part

    def note(self, text: str) -> None:
        """Nobody looks on."""

    def works(self, part: Part, store: str) -> None:
        """What stopped that part of the work before is over."""
        self._worked.add((store, part.value))

    def tell(self, runs: Sequence[Finished]) -> None:
        """Say what the runs have met, as far as it is to be said now."""
        deps = self._deps()
        troubles = [self._met(each) for each in self._warnings]
        for run in runs:
            if run.problem:
                troubles += self._what_stopped(run.problem, run.store, deps)
            troubles += [Trouble(saying.key(run.store)) for saying in run.sayings]
        succeeded = [run.store for run in runs if not run.stopped]
        now = _time(deps, [run.store for run in runs])
        try:
            through = [*succeeded, *([""] if succeeded else [])]
            with judged(deps.home, self._job, troubles, through, now, self._worked) as judgement:
                documents = list(self._say(runs, judgement, now))
                self._notify(deps, documents)
        except Problem as problem:  # what was said cannot be remembered
            self._begin_message()
            self._console.warn(problem)

    def _what_stopped(self, problem: Problem, store: str, deps: "Deps") -> list[Trouble]:
        """That another run is always in progress is no trouble, as long as that run does the job."""
        if problem.name is not ProblemName.RUN_IN_PROGRESS:
            return [Trouble(_key(problem, store), _passes(problem))]
        if succeeds_elsewhere(deps, self._job, store):
            self._worked.add((store, Part.ELSEWHERE.value))
            return []
        return [Trouble(_key(problem, store), _passes(problem), part=Part.ELSEWHERE.value)]

    def _met(self, warning: Problem) -> Trouble:
        key = _of_warning(warning)
        part = self._parts.get(key)
        stays = _stays(warning) or part is Part.RUN
        return Trouble(key, _passes(warning), stays=stays, part=part.value if part and not stays else "")

    def _say(self, runs: Sequence[Finished], judgement: Judgement, now: datetime) -> Iterator[AlarmDocument]:
        many = len({run.store for run in runs}) > 1
        for problem in {(_of_warning(each), each.summary): each for each in self._warnings}.values():
            if (key := _of_warning(problem)) in judgement.tell:
                self._begin_message()
                self._console.alarm(problem, about=key.store if many else "", warning=True)
                self._tell_since(judgement.since[key], now)
                yield self._document(problem, key, judgement.since[key])
        stopped = [(run.store, run.problem) for run in runs if run.problem]
        told_now = [(slug, problem) for slug, problem in stopped if _key(problem, slug) in judgement.tell]
        for slugs, problem in alike(told_now):
            self._begin_message()
            self._console.alarm(problem, about=several(slugs) if many else "")
            self._tell_since(judgement.since[_key(problem, slugs[0])], now)
        for slug, problem in told_now:
            yield self._document(problem, _key(problem, slug), judgement.since[_key(problem, slug)])
        for run in runs:
            told = [saying for saying in run.sayings if saying.key(run.store) in judgement.tell]
            for sayings in alike_sayings(told):
                self._begin_message()
                tell_sayings(self._console, run.store, sayings)
                yield self._about_orders(run.store, sayings)
        for over in judgement.over:
            self._begin_message()
            self._console.tell(f"{f'{over.key.store}: ' if over.key.store else ''}{_ended(over, now)}")
            yield self._about_its_end(over, now)

    def _begin_message(self) -> None:
        """Set it apart from the one before."""
        if self._told:
            self._console.tell("")
        self._told = True

    def _tell_since(self, since: datetime, now: datetime) -> None:
        if now - since >= LASTS:
            self._console.tell(f"This problem has lasted {_span(now - since)} so far.")

    def _document(self, problem: Problem, key: Key, since: datetime) -> AlarmDocument:
        shown = failure(problem)
        return AlarmDocument(
            job=self._job, store=key.store or None, problem=shown.problem, summary=shown.summary, cause=shown.cause,
            next_step=shown.next_step, docs=shown.docs, exit_code=int(problem.exit_code), since=moment(since),
            orders=(key.order,) if key.order else (),
        )  # fmt: skip

    def _about_orders(self, store: str, sayings: Sequence[Saying]) -> AlarmDocument:
        first = sayings[0]
        return AlarmDocument(
            job=self._job, store=store, problem=first.problem, summary=_together(sayings),
            cause=_reason(sayings),
            next_step=_next_step(store, sayings), docs=docs_of(first.problem), exit_code=int(Exit.PARTLY), since=None,
            orders=tuple(each.order_id for each in sayings),
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
            self._begin_message()
            self._console.warn(told)


def _next_step(store: str, sayings: Sequence[Saying]) -> str:
    """The catalogue's, where it can be filled for all these orders."""
    name = sayings[0].problem
    order = {"order_id": sayings[0].order_id} if len(sayings) == 1 else {}
    step = Problem(name, store=store, store_option=store_option(store), **order).next_step
    return f"`amzlink explain {name}` says what to do." if re.search("<[A-Z_]+>", step) else step


def _passes(problem: Problem) -> bool:
    return problem.exit_code is Exit.TRY_AGAIN


def _stays(warning: Problem) -> bool:
    """Whether each run meets it until it is over, whatever part of the work met it.

    Others come once, or only where a run has a certain thing to do: these end when that is done.
    """
    return _passes(warning) or warning.name in _LASTING_STATES


def _time(deps: "Deps", stores: Sequence[str]) -> datetime:
    """This machine's time; that of a test store goes with its sandbox's."""
    try:
        known = deps.load_config().stores
        return next((deps.of_store(known[slug]) for slug in stores if slug in known), deps).clock.now()
    except Problem:  # it is what there is to tell, or will be told by what reads the settings next
        return deps.clock.now()


def _key(problem: Problem, store: str) -> Key:
    return Key(str(problem.name), store)


def _of_warning(problem: Problem) -> Key:
    return Key(str(problem.name), str(problem.facts.get("store", "")), str(problem.facts.get("order_id", "")))


def alike_sayings(sayings: Sequence[Saying]) -> Iterable[Sequence[Saying]]:
    """The orders that have one cause, together."""

    def what(saying: Saying) -> tuple[str, str, str]:
        return str(saying.problem), saying.many, saying.reason_for("each order")

    return (list(group) for _, group in groupby(sorted(sayings, key=what), key=what))


def tell_sayings(console: Console, store: str, sayings: Sequence[Saying]) -> None:
    """Tell once of the orders of a store that have one cause."""
    console.tell(f"{store}: {_together(sayings)}")
    console.tell_parts(_reason(sayings), _next_step(store, sayings), sayings[0].problem)


def tell_causes(console: Console, store: str, causes: Sequence[Sequence[Saying]], most: int | None) -> None:
    """Tell of orders that have one problem from several causes: a line for each, and what to do once."""
    if len(causes) == 1:
        tell_sayings(console, store, causes[0])
        return
    for sayings in causes[:most]:
        console.tell(f"{store}: {_together(sayings)} {_reason(sayings)}")
    if most is not None and len(causes) > most:
        left = sum(map(len, causes[most:]))
        console.tell(f"{store}: {left} more; --json lists them all.")
    every = [saying for sayings in causes for saying in sayings]
    console.tell_parts("", _next_step(store, every), every[0].problem)


def _reason(sayings: Sequence[Saying]) -> str:
    return sayings[0].reason_for("this order" if len(sayings) == 1 else "each order")


def _together(sayings: Sequence[Saying]) -> str:
    """One sentence for all orders with the same cause: how many they are, and the first few."""
    first = sayings[0]
    if len(sayings) == 1:
        return f"Order {first.number} {first.one}."
    return f"{len(sayings)} orders {first.many}: {several([saying.number for saying in sayings])}."


def _ended(over: Over, now: datetime) -> str:
    name = ProblemName(over.key.problem)
    return f"This problem has ended: {CATALOGUE[name].title} ({name}). It lasted {_span(now - over.since)}."


def _span(span: timedelta) -> str:
    """A span to the nearest minute, hour or day, whichever is fine enough."""
    if _NEARLY_AN_HOUR <= span < _HOUR * 1.5:
        return "about an hour"
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if (number := round(span / unit)) >= 2:  # noqa: PLR2004 - what is shorter is told in the next smaller unit
            return f"{number} {name}"
    return "about a minute"
