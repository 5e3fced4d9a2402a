"""How the state of a store looks, to a program and to a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.alike import FEW, several, together
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, Failure, failure, moment
from amzlink.cli.views.carriers import OtherCarrier, other_carriers, tell_other
from amzlink.cli.views.runs import MOST_SHOWN, warn_alike
from amzlink.cli.views.words import by_number, counted, reason
from amzlink.clock import local_time
from amzlink.core.shipments import rates
from amzlink.jobs.diagnosis.needs import FailingJob, Need
from amzlink.jobs.status import NotSeen, StoreStatus
from amzlink.orderbook.orders.fulfilment import KeptRefusal, Progress
from amzlink.orderbook.runs import Ends
from amzlink.problems import CATALOGUE, Exit, Problem, ProblemName
from amzlink.problems.destination import kept_reason
from amzlink.problems.orders import last_success
from amzlink.problems.shipments import REFUSED_BECAUSE

_MOST_SHOWN: Final = 10
_COLUMNS: Final = (
    "STORE", "LAST IMPORT", "LAST PUSH", "TO SHIP", "DUE TODAY", "OVERDUE", "ON HOLD", "NEEDS YOU",
)  # fmt: skip
_SCHEDULED: Final = {
    True: "yes: a timer or a crontab line on this machine runs amzlink",
    False: reason("no: this user has no timer and no crontab line for it", ProblemName.NOT_SCHEDULED),
    None: "not known: amzlink cannot look for timers on this machine",
}


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The store's orders in numbers; `refused` are those that could not be imported."""

    to_ship: int
    due: int
    overdue: int
    held: int
    refused: int
    by_status: dict[str, int]


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """When a job last succeeded and last failed, and with what; None: never."""

    success: datetime | None
    failure: datetime | None
    failed_with: str | None


class RefusedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was not taken, the problem's name, and the service's reason in a word or two."""

    order_id: str
    problem: ProblemName
    reason: str | None


class Shipping(msgspec.Struct, frozen=True, kw_only=True):
    """How far the orders have come between Amazon and the buyer."""

    at_sendcloud: int
    waiting_for_parcel: int
    waiting_for_trigger: int
    being_confirmed: int
    confirmed: int
    overdue: int
    refused: list[RefusedEntry]
    not_sent: list[RefusedEntry]
    stopped_with_parcel: list[str]


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """A job whose last run failed: since when, the problem's name, and its words where this version has them."""

    job: str
    since: datetime | None
    problem: str
    summary: str | None
    next_step: str | None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """`count` of `of`, in percent too; of `unknown` more it cannot be told. Amazon allows `allowed_percent`."""

    count: int
    of: int
    percent: float | None
    allowed_percent: int
    unknown: int
    orders: tuple[str, ...]


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How shipments went since then, as the order book knows it. These are not Amazon's own figures."""

    since: datetime | None
    late_confirmations: Rate
    without_valid_tracking: Rate
    delivered_late: Rate


class NeedPart(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to do, and the orders that it is about."""

    problem: ProblemName
    summary: str
    next_step: str
    orders: tuple[str, ...]


class StorePart(msgspec.Struct, frozen=True, kw_only=True):
    """One store. `needs_you` is what needs a person, first things first.

    `booked_so_far` is how many orders are in the order book while the first import is not finished; null otherwise.
    """

    store: str
    name: str
    last_import: Runs
    last_push: Runs
    orders: Orders
    shipping: Shipping
    problems: list[Failure]
    last_purge: Runs
    scheduled: bool | None
    failing: list[Failing]
    overdue: tuple[str, ...]
    rates: Rates
    as_other: list[OtherCarrier]
    booked_so_far: int | None
    needs_you: list[NeedPart]


class NotSeenPart(msgspec.Struct, frozen=True, kw_only=True):
    """A store of several at which nobody could look, and why."""

    store: str
    error: Failure


class StatusDocument(Document, frozen=True, kw_only=True):
    """`status --json`. `not_seen` is there where several stores were asked for, and some could not be looked at."""

    stores: list[StorePart]
    not_seen: list[NotSeenPart] | UnsetType = UNSET


def show_status(console: Console, found: Sequence[StoreStatus | NotSeen]) -> Exit:
    """The stores, and the exit code; times are told as seen from the moment in which a store was looked at.

    Several stores are a table, and below it what needs a person. With `-v` each is shown as it is alone.
    """
    seen = [store for store in found if isinstance(store, StoreStatus)]
    not_seen = [store for store in found if isinstance(store, NotSeen)]

    def show() -> None:
        if len(found) > 1 and not console.verbose:
            _print_overview(console, seen)
            console.line(_which_need_you(found))
            return
        for number, store in enumerate(seen):
            if number:
                console.line()
            _print(console, store)
        if len(found) > 1:
            console.line()
            console.line(_which_need_you(found))

    console.result(
        lambda: StatusDocument(
            stores=[_part(console, store) for store in seen],
            not_seen=[NotSeenPart(store=each.store, error=failure(each.problem)) for each in not_seen] or UNSET,
        ),
        show,
    )
    if not console.as_json:
        warn_alike(console, [(each.store, each.problem) for each in not_seen], many=len(found) > 1)
    return Exit.PARTLY if not_seen or any(store.needs for store in seen) else Exit.DONE


def _part(console: Console, status: StoreStatus) -> StorePart:
    return StorePart(
        store=status.store,
        name=status.name,
        last_import=_runs(status.last_import),
        last_push=_runs(status.last_push),
        orders=msgspec.convert(status.orders, Orders, from_attributes=True),
        shipping=msgspec.convert(status.shipping, Shipping, from_attributes=True),
        problems=[failure(problem) for problem in status.problems],
        last_purge=_runs(status.last_purge),
        scheduled=status.scheduled,
        failing=[_failing(job) for job in status.failing],
        overdue=status.overdue,
        rates=Rates(
            since=moment(status.rates.since),
            late_confirmations=_rate(status.rates.late),
            without_valid_tracking=_rate(status.rates.untracked),
            delivered_late=_rate(status.rates.delivered_late),
        ),
        as_other=other_carriers(console, status.store, status.as_other),
        booked_so_far=status.booked_so_far,
        needs_you=[msgspec.convert(need, NeedPart, from_attributes=True) for need in status.needs],
    )


def _runs(runs: Ends) -> Runs:
    return Runs(success=moment(runs.success), failure=moment(runs.failure), failed_with=runs.failed_with)


def _failing(job: FailingJob) -> Failing:
    problem = job.problem if job.problem and job.problem.is_whole else None
    return Failing(
        job=job.job,
        since=moment(job.ends.failing_since),
        problem=job.ends.failed_with or "",
        summary=problem.summary if problem else None,
        next_step=problem.next_step if problem else None,
    )


def _rate(rate: rates.Rate) -> Rate:
    return Rate(
        count=rate.count,
        of=rate.of,
        percent=None if rate.tenths is None else rate.tenths / 10,
        allowed_percent=rate.allowed,
        unknown=rate.unknown,
        orders=rate.orders,
    )


def _which_need_you(found: Sequence[StoreStatus | NotSeen]) -> str:
    needing = [store.store for store in found if isinstance(store, NotSeen) or store.needs]
    if not needing:
        return "No store needs you."
    who = counted(len(needing), "store")
    return f"{who} {by_number(len(needing), 'needs', 'need')} you: {several(needing, MOST_SHOWN)}."


def _print_overview(console: Console, seen: Sequence[StoreStatus]) -> None:
    """A line for each store, of many only for those that need a person; and what that is, where it is the same once."""
    many = len(seen) > MOST_SHOWN
    listed = [store for store in seen if store.needs or not many][:MOST_SHOWN]
    if listed:
        warned = {store.store: len(_warnings(store)) for store in listed}
        console.table(
            (*_COLUMNS, *(["WARNINGS"] if any(warned.values()) else [])),
            [(*_overview(store), *([str(warned[store.store])] if any(warned.values()) else [])) for store in listed],
            keys=("STORE",),
            whole=("LAST IMPORT", "LAST PUSH"),
            right=(*_COLUMNS[3:], "WARNINGS"),
            dropping=("ON HOLD", "LAST PUSH", "LAST IMPORT"),
        )
        _print_common_needs(console, seen)
        console.line()
    if any(store.scheduled is False for store in seen):
        unscheduled = Problem(ProblemName.NOT_SCHEDULED)
        console.line(reason(unscheduled.summary, unscheduled.name))
        console.line(unscheduled.next_step, lead="  Next: ")
    if quiet := sum(not store.needs for store in seen) if many else 0:
        console.line(f"{counted(quiet, 'store')} {by_number(quiet, 'needs', 'need')} nothing.")
    if one := next((store for store in listed if store.needs), next(iter(seen), None)):
        console.line(f"`amzlink status --store {one.store}` shows one store whole, and -v all of them.")


def _overview(store: StoreStatus) -> tuple[str, ...]:
    orders = store.orders
    return (
        store.store,
        *(_last(ends, store.seen_at) for ends in (store.last_import, store.last_push)),
        *map(str, (orders.to_ship, orders.due, store.shipping.overdue, orders.held, len(store.needs))),
    )


def _last(ends: Ends, now: datetime) -> str:
    if ends.is_failing:
        return f"failed {local_time(ends.failure, now)}"
    return local_time(ends.success, now) or "never"


def _print_common_needs(console: Console, seen: Sequence[StoreStatus]) -> None:
    """What needs a person: once where many stores have it, else store by store."""
    by_slug = {store.store: store for store in seen}
    needs = [(store.store, need) for store in seen for need in store.needs]
    alone: dict[str, list[Need]] = {}
    for slugs, group in together(needs, lambda need: need.problem):
        if len(slugs) <= FEW:
            for slug, need in zip(slugs, group, strict=True):
                alone.setdefault(slug, []).append(need)
            continue
        console.line()
        summaries = {_summary_of(need, by_slug[slug]) for slug, need in zip(slugs, group, strict=True)}
        told = summaries.pop() if len(summaries) == 1 else f"{CATALOGUE[group[0].problem].title}."
        console.line(f"{several(slugs)}: {reason(told, group[0].problem)}")
        console.line(group[0].next_step, lead=f"  Next, for {slugs[0]}: ")
    for slug, own in alone.items():
        console.line()
        for need in own:
            console.line(f"{slug}: {reason(_summary_of(need, by_slug[slug]), need.problem)}")
            console.line(need.next_step, lead="  Next: ")


def _print(console: Console, store: StoreStatus) -> None:
    orders = store.orders
    console.line(f"{store.store}: {store.name}")
    _print_runs(console, store)
    _row(
        console,
        "To ship",
        f"{counted(orders.to_ship, 'order')}: {orders.due} due today, {store.shipping.overdue} overdue, "
        f"{orders.held} on hold",
    )
    _print_shipping(console, store.shipping)
    if orders.refused:
        _row(console, "Not imported", f"{counted(orders.refused, 'order')}; each import tries again")
    _print_rates(console, store)
    for other in other_carriers(console, store.store, store.as_other):
        _row(console, "Carrier", tell_other(other))
    for problem in _warnings(store):
        _row(console, "Warning", reason(problem.summary, problem.name))
        _row(console, "", f"Next: {problem.next_step}")
    _print_needs(console, store)


def _warnings(store: StoreStatus) -> list[Problem]:
    """What is worth a look and needs nobody yet."""
    told = {ProblemName.NOT_SCHEDULED, *(need.problem for need in store.needs)}  # in a row of its own, or at the end
    if store.last_import.is_failing:
        told |= {ProblemName.IMPORT_STALE}
    return [problem for problem in store.problems if problem.name not in told]


def _print_runs(console: Console, store: StoreStatus) -> None:
    """When each job ran last, and how that ended."""
    for heading, ends, never in (
        ("Last import", store.last_import, "never"),
        ("Last push", store.last_push, "never"),
        ("Last purge", store.last_purge, "never; imports delete what is due"),
    ):
        booked = store.booked_so_far if ends is store.last_import else None
        if booked is not None and (not ends.is_failing or ends.failed_with == ProblemName.THROTTLED.value):
            _row(console, heading, _unfinished(booked, local_time(ends.failure, store.seen_at)))
            continue
        if not ends.is_failing:
            _row(console, heading, local_time(ends.success, store.seen_at) or never)
            continue
        job = next(job for job in store.failing if job.ends is ends)
        _row(console, heading, f"failed {local_time(ends.failure, store.seen_at)}: {_why(job)}")
        before = local_time(ends.success, store.seen_at) or "never"
        since = local_time(ends.failing_since, store.seen_at)
        _row(console, "", f"Failing since {since}. Last success: {before}.")
        if booked:
            _row(console, "", f"{counted(booked, 'order')} in the order book so far.")
        if job.problem and not job.lasts:  # what lasts is told at the end
            _row(console, "", f"Next: {job.problem.next_step}")
    _row(console, "Scheduled", _SCHEDULED[store.scheduled])
    if store.scheduled is False:
        _row(console, "", f"Next: {Problem(ProblemName.NOT_SCHEDULED).next_step}")


def _unfinished(booked: int, paused: str) -> str:
    """How far the first import is; `paused` is when Amazon's quota ended its last run, if that is what ended it."""
    so_far = f"{counted(booked, 'order')} in the order book so far. The next import continues."
    if not paused:
        return f"the first one is not finished: {so_far}"
    return reason(f"paused {paused} by Amazon's quota: {so_far}", ProblemName.THROTTLED)


def _why(job: FailingJob) -> str:
    problem = job.problem
    if problem is None:
        return job.ends.failed_with or ""
    return reason(problem.summary if problem.is_whole else problem.entry.title, problem.name)


def _print_shipping(console: Console, shipping: Progress) -> None:
    """How far the orders have come, and what was refused on the way, with the reason."""
    _row(
        console,
        "Shipping",
        f"{shipping.waiting_for_parcel} without a parcel, {shipping.waiting_for_trigger} waiting for the carrier, "
        f"{shipping.confirmed} confirmed in the last 7 days",
    )
    if shipping.at_sendcloud:
        _row(console, "At Sendcloud", f"{shipping.at_sendcloud} of the orders to ship")
    if shipping.being_confirmed:
        _row(console, "With Amazon", f"{counted(shipping.being_confirmed, 'confirmation')} in progress")
    _print_refused(console, "Not confirmed", shipping.refused)
    _print_refused(console, "Not sent", shipping.not_sent)
    for order_id in shipping.stopped_with_parcel:
        _row(console, "Stop", f"{order_id} should not be shipped, but has a parcel (parcel-of-stopped-order)")


def _print_refused(console: Console, heading: str, entries: Sequence[KeptRefusal]) -> None:
    for entry in entries[:_MOST_SHOWN]:
        why = f": {REFUSED_BECAUSE.get(entry.reason, kept_reason(entry.reason))}" if entry.reason else ""
        _row(console, heading, f"{entry.order_id} ({entry.problem}{why})")
    if len(entries) > _MOST_SHOWN:
        _row(console, heading, f"and {len(entries) - _MOST_SHOWN} more")


def _print_rates(console: Console, store: StoreStatus) -> None:
    """The rates in a line each; with `-v` the orders that cost them, and of how many nothing can be told."""
    shown = store.rates
    if shown.is_empty:
        return
    heading = f"Last {rates.SPAN.days} days"
    costly = False
    for rate, things, words in (
        (shown.late, "parcel", "confirmed late"),
        (shown.untracked, "parcel", "without a valid tracking number"),
        (shown.delivered_late, "order", "delivered late"),
    ):
        if rate.tenths is None:
            continue
        percent = f"{rate.tenths // 10}.{rate.tenths % 10}".removesuffix(".0")
        over = ": too many" if rate.is_over else ""
        told = f"{rate.count} of {counted(rate.of, things)} {words} ({percent} %; Amazon allows {rate.allowed} %{over})"
        _row(console, heading, told)
        heading = ""
        costly = costly or bool(rate.orders)
        if console.verbose:
            _print_details(console, rate)
    hint = (
        ""
        if console.verbose or not costly
        else f" `amzlink status -v{console.option_of(store.store)}` names the orders."
    )
    _row(console, "", f"Counted here, not by Amazon: `amzlink explain rates`.{hint}")


def _print_details(console: Console, rate: rates.Rate) -> None:
    if rate.orders:
        _row(console, "", several(rate.orders, _MOST_SHOWN, of=rate.count))
    if rate.unknown:
        _row(console, "", f"Not known of {rate.unknown} more.")


def _print_needs(console: Console, store: StoreStatus) -> None:
    """What needs a person, numbered, first things first."""
    if not store.needs:
        _row(console, "Needs you", "nothing")
        return
    for number, need in enumerate(store.needs, 1):
        heading = "Needs you" if number == 1 else ""
        _row(console, heading, reason(_summary_of(need, store), need.problem), number=f"{number}. ")
        if len(need.orders) > 1 or (need.orders and need.orders[0] not in need.summary):
            of = store.shipping.overdue if need.problem is ProblemName.ORDERS_OVERDUE else 0
            _row(console, "", several(need.orders, _MOST_SHOWN, of=of), number="   ")
        _row(console, "", f"Next: {need.next_step}", number="   ")


def _summary_of(need: Need, store: StoreStatus) -> str:
    """What is so, with times as the reader's clock has them."""
    if need.problem is not ProblemName.IMPORT_STALE:
        return need.summary
    when = local_time(store.last_import.success, store.seen_at)
    return Problem(ProblemName.IMPORT_STALE, detail=last_success(when=when)).summary


def _row(console: Console, heading: str, text: str, *, number: str = "") -> None:
    console.line(text, lead=f"  {heading:<13} {number}")
