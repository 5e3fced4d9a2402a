"""What of a store's state needs a person, first things first. Holds that the merchant chose and warnings do not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from amzlink.core.diagnosis.alarms import Remembered
from amzlink.orderbook.orders.fulfilment import KeptRefusal
from amzlink.orderbook.runs import Ends
from amzlink.problems import Exit, Problem, ProblemName, recalled, store_option
from amzlink.problems.destination import kept_reason
from amzlink.problems.orders import not_imported, overdue
from amzlink.problems.shipments import REFUSED_BECAUSE, SENT_TWICE
from amzlink.problems.usage import about_orders, for_each

IMPORT: Final = "import-orders"
_LASTING: Final = frozenset({Exit.REFUSED, Exit.NOT_ALLOWED, Exit.CONFIGURATION})
_ALWAYS: Final = frozenset({ProblemName.RETENTION_OVERDUE, ProblemName.IMPORT_STALE})
_ANY_ORDER: Final = "ID"  # in a command that is about one of several orders, for the reader to choose


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to do: what is so, what to do, and which orders it is about."""

    problem: ProblemName
    summary: str
    next_step: str
    orders: tuple[str, ...] = ()


class FailingJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job whose last run failed, with what, and since when. `problem` is None where this version does not know it."""

    job: str
    ends: Ends
    problem: Problem | None

    @property
    def lasts(self) -> bool:
        """Whether it will not pass by itself."""
        return bool(self.problem and _lasts(self.problem))


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A store's state, as far as a person may be needed.

    `problems` are those of the checks and of the imports. `overdue` are the first of `overdue_count`.
    """

    slug: str
    failing: Sequence[FailingJob]
    remembered: Sequence[Problem]
    problems: Sequence[Problem]
    stopped_with_parcel: Sequence[str]
    overdue: Sequence[str]
    overdue_count: int
    not_confirmed: Sequence[KeptRefusal]
    not_sent: Sequence[KeptRefusal]
    not_imported: Sequence[str]


def failing_jobs(slug: str, ends: Mapping[str, Ends]) -> list[FailingJob]:
    """The jobs whose last run failed."""
    return [
        FailingJob(
            job=job,
            ends=last,
            problem=recalled(last.failed_with or "", last.facts, store=slug, store_option=store_option(slug)),
        )
        for job, last in ends.items()
        if last.is_failing
    ]


def remembered_problems(slug: str, memory: Iterable[Remembered], ends: Ends) -> list[Problem]:
    """What a job's runs that nobody watched have met since its last success, and did not get into the order book.

    What kept only a part of the work from being done counts too: such a run is itself a success.
    """
    return [
        problem
        for entry in memory
        if (entry.stays or entry.part) and not entry.key.order and entry.key.store in ("", slug)
        if ends.success is None or entry.last > ends.success
        if (problem := recalled(entry.key.problem, {}, store=slug, store_option=store_option(slug))) and _lasts(problem)
    ]


def needs_of(found: Found) -> tuple[Need, ...]:
    """What needs a person. Each problem is told once, however many runs have met it."""
    told: dict[tuple[ProblemName, tuple[str, ...]], Need] = {}
    for need in _all_of(found):
        told.setdefault((need.problem, need.orders), need)
    return tuple(told.values())


def _all_of(found: Found) -> Iterator[Need]:
    option = store_option(found.slug)
    lasting = [job.problem for job in found.failing if job.problem and job.lasts]
    yield from map(_as_it_is, [*lasting, *found.remembered, *filter(_lasts, found.problems)])
    if found.stopped_with_parcel:
        yield _of_orders(found.stopped_with_parcel, ProblemName.PARCEL_OF_STOPPED_ORDER, option)
    if found.overdue:
        late = Problem(ProblemName.ORDERS_OVERDUE, detail=overdue(count=found.overdue_count), store_option=option)
        yield msgspec.structs.replace(_as_it_is(late), orders=tuple(found.overdue))
    yield from _of_refusals(found.not_confirmed, option, lambda reason: REFUSED_BECAUSE.get(reason, reason))
    yield from _of_refusals(found.not_sent, option, kept_reason)
    if found.not_imported:
        yield Need(
            problem=ProblemName.ORDER_NOT_IMPORTED,
            summary=not_imported(count=len(found.not_imported)),
            next_step=_step(
                Problem(ProblemName.ORDER_NOT_IMPORTED, order_id=_ANY_ORDER, detail=""), found.not_imported
            ),
            orders=tuple(found.not_imported),
        )
    always = _ALWAYS
    if any(job.job == IMPORT and job.lasts for job in found.failing):
        always -= {ProblemName.IMPORT_STALE}  # its cause was told above
    yield from (_as_it_is(problem) for problem in found.problems if problem.name in always)


def _lasts(problem: Problem) -> bool:
    return problem.exit_code in _LASTING and problem.entry.severity == "error"


def _as_it_is(problem: Problem) -> Need:
    """In its own words; in general ones, where an earlier version did not keep what it was about."""
    summary = problem.summary if problem.is_whole else f"{problem.entry.title}."
    return Need(problem=problem.name, summary=summary, next_step=problem.next_step)


def _of_refusals(kept: Sequence[KeptRefusal], option: str, words: Callable[[str], str]) -> Iterator[Need]:
    """One for each problem; a single order with its reason, in words where there are some."""
    for name in dict.fromkeys(entry.problem for entry in kept):
        entries = [entry for entry in kept if entry.problem is name]
        orders = tuple(dict.fromkeys(entry.order_id for entry in entries))
        reason = entries[0].reason if len(orders) == 1 else None
        yield _of_orders(orders, name, option, words(reason) if reason else None)


def _of_orders(orders: Sequence[str], name: ProblemName, option: str, detail: str | None = None) -> Need:
    single = len(orders) == 1
    problem = Problem(name, order_id=orders[0] if single else _ANY_ORDER, store_option=option)
    if detail:
        problem = problem.with_facts(detail=detail)
    if name is ProblemName.CONFIRMATION_NOT_STORED:  # which is kept only once it was sent again in vain
        problem = problem.with_facts(advice=SENT_TWICE)
    return Need(
        problem=name,
        summary=problem.summary
        if single and problem.is_whole
        else about_orders(title=problem.entry.title, orders=orders),
        next_step=_step(problem, orders),
        orders=tuple(orders),
    )


def _step(problem: Problem, orders: Sequence[str]) -> str:
    return problem.next_step if len(orders) == 1 else for_each(step=problem.next_step)
