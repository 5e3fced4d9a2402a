"""status: one screen about each store, from what this machine knows; nobody is asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from amzlink.amazon.carriers import amazon_carrier
from amzlink.clock import end_of_local_day
from amzlink.config.settings import Store
from amzlink.core.diagnosis.checks import Result, Status
from amzlink.core.shipments.rates import Rates
from amzlink.deps import Deps
from amzlink.files.home import Home
from amzlink.jobs.diagnosis.alarms import remembered
from amzlink.jobs.diagnosis.machine import STALE_AFTER, check_freshness, check_retention, check_secret_age
from amzlink.jobs.diagnosis.needs import (
    IMPORT,
    FailingJob,
    Found,
    Need,
    failing_jobs,
    needs_of,
    remembered_problems,
)
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.jobs.shipments.unscanned import ship_by_near
from amzlink.orderbook.orders.fulfilment import Progress, progress
from amzlink.orderbook.orders.incomplete import incomplete_orders, orders_without_address
from amzlink.orderbook.orders.overview import Overview, count_orders, overview
from amzlink.orderbook.orders.pages import refused_orders
from amzlink.orderbook.orders.searches import REPORT, find_search, searches_under_way
from amzlink.orderbook.runs import Ends, last_ends
from amzlink.orderbook.shipments.rates import rates, told_as_other
from amzlink.orderbook.shipments.urgent import count_near, overdue_orders
from amzlink.problems import Problem, ProblemName
from amzlink.problems.orders import spell_incomplete
from amzlink.run import StoreRun, naming, sure_day

_PUSH: Final = "push-status"
_PURGE: Final = "purge-pii"
JOBS: Final = (IMPORT, _PUSH, _PURGE)
"""The jobs that are to run regularly."""

_MOST_NAMED: Final = 100


class StoreStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One store: its last runs, its orders, and what a person should look at. `seen_at` is when that was so.

    `scheduled`: whether anything on this machine runs amzlink; None: that cannot be seen. `as_other` are the carriers
    of the last weeks that Amazon was told of as `Other`, with the number of parcels. `overdue` are the first hundred of
    those that `shipping` counts. `booked_so_far` is how many orders the book has while the first import is not
    finished: it is under way, was paused, or was stopped; None: an import has succeeded, or none has begun.
    """

    store: str
    name: str
    last_import: Ends
    booked_so_far: int | None
    orders: Overview
    shipping: Progress
    last_push: Ends
    last_purge: Ends
    seen_at: datetime
    problems: tuple[Problem, ...]
    failing: tuple[FailingJob, ...]
    scheduled: bool | None
    overdue: tuple[str, ...]
    rates: Rates
    as_other: dict[str, int]
    needs: tuple[Need, ...]


class NotSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A store at which nobody could look, and why."""

    store: str
    problem: Problem


def status_of(deps: Deps, slugs: Sequence[str], *, every_status: bool = True) -> list[StoreStatus]:
    """The stores' states, one after the other. Without `every_status` orders that are done are not counted.

    Raises what opening the order book raises.
    """
    settings = deps.load_config()
    scheduled = is_scheduled(deps.environ)
    return [
        _status_of(deps, slug, settings.stores[slug], scheduled=scheduled, every_status=every_status) for slug in slugs
    ]


def status_of_all(deps: Deps, slugs: Sequence[str], *, every_status: bool = True) -> list[StoreStatus | NotSeen]:
    """The same, where a store at which nobody can look keeps no other from being shown."""
    settings = deps.load_config()
    scheduled = is_scheduled(deps.environ)
    found: list[StoreStatus | NotSeen] = []
    with deps.sharing() as shared:
        for slug in slugs:
            if broken := settings.broken.get(slug):
                found.append(NotSeen(store=slug, problem=naming(broken, slug)))
                continue
            store = settings.stores[slug]
            try:
                found.append(_status_of(shared, slug, store, scheduled=scheduled, every_status=every_status))
            except Problem as problem:
                found.append(NotSeen(store=slug, problem=naming(problem, slug)))
            except Exception as error:  # noqa: BLE001 - a bug costs one store, not all
                found.append(NotSeen(store=slug, problem=naming(deps.bug(error, slug), slug)))
    return found


def _status_of(deps: Deps, slug: str, store: Store, *, scheduled: bool | None, every_status: bool) -> StoreStatus:
    with StoreRun(deps, slug) as run:
        now, sure = run.now(), sure_day(run)
        ahead = now - run.clock.now()  # the alarms are noted by this machine's clock, and the ends of runs are not
        ends = {job: last_ends(run.book, job) for job in JOBS}
        numbers = overview(run.book, store.hold_policy, now, end_of_local_day(now), every_status=every_status)
        shipping = progress(run.book, now)
        overdue = overdue_orders(run.book, now, _MOST_NAMED) if shipping.overdue else ()
        not_imported = refused_orders(run.book, numbers.refused) if numbers.refused else ()
        of_the_book = (*_of_intake(run, shipping), *_of_parcels(run, now))
        shipped, as_other = rates(run.book, now), _as_other(run, now)
        booked_so_far = _booked_so_far(run, ends[IMPORT])
    checks = (
        check_secret_age(store, now.date()),
        check_retention(deps, slug, sure, now),
        check_freshness(deps, slug, now, scheduled=scheduled),
    )
    problems = (*of_the_book, *(run.naming_store(problem) for problem in _problems(checks)))
    if booked_so_far is not None and _gets_on(ends[IMPORT], now):
        problems = tuple(problem for problem in problems if problem.name is not ProblemName.IMPORT_STALE)
    failing = tuple(failing_jobs(slug, ends))
    found = Found(
        slug=slug,
        failing=failing,
        remembered=_remembered(deps.home, slug, ends, ahead),
        problems=problems,
        stopped_with_parcel=shipping.stopped_with_parcel,
        overdue=overdue,
        overdue_count=shipping.overdue,
        not_confirmed=shipping.refused,
        not_sent=shipping.not_sent,
        not_imported=not_imported,
    )
    return StoreStatus(
        store=slug,
        name=store.name,
        last_import=ends[IMPORT],
        booked_so_far=booked_so_far,
        last_push=ends[_PUSH],
        last_purge=ends[_PURGE],
        orders=numbers,
        shipping=shipping,
        seen_at=now,
        problems=problems,
        failing=failing,
        scheduled=scheduled,
        overdue=overdue,
        rates=shipped,
        as_other=as_other,
        needs=needs_of(found),
    )


def _booked_so_far(run: StoreRun, imports: Ends) -> int | None:
    """How many orders the first import has brought, where it has begun and is not finished."""
    if imports.success or not (searches_under_way(run.book) or find_search(run.book, REPORT)):
        return None
    return count_orders(run.book)


def _gets_on(imports: Ends, now: datetime) -> bool:
    """Whether a first import that is not finished needs nobody: no run has failed for hours, but for Amazon's quota."""
    if not imports.is_failing:
        return True
    failed = imports.failure
    return imports.failed_with == ProblemName.THROTTLED.value and failed is not None and now - failed <= STALE_AFTER


def _of_intake(run: StoreRun, shipping: Progress) -> list[Problem]:
    """What the imports could not bring, as the order book has it. What was tried to be sent all the same needs more."""
    if count := orders_without_address(run.book):
        return [run.naming_store(Problem(ProblemName.ROLE_MISSING_PII, count=count))]
    not_sent = {entry.order_id for entry in shipping.not_sent}
    if lacking := {
        entry.order_id: entry.lacks for entry in incomplete_orders(run.book) if entry.order_id not in not_sent
    }:
        detail = spell_incomplete(lacking)
        return [run.naming_store(Problem(ProblemName.ORDERS_INCOMPLETE, count=len(lacking), detail=detail))]
    return []


def _of_parcels(run: StoreRun, now: datetime) -> list[Problem]:
    """Parcels that wait for a scan while their orders fall due."""
    count = count_near(run.book, now) if run.store.update_status_when == "processed" else 0
    return [ship_by_near(run, count)] if count else []


def _as_other(run: StoreRun, now: datetime) -> dict[str, int]:
    """Carriers that went as `Other`, but for those that the store's own table has by now."""
    own = run.store.own_carriers
    found: dict[str, int] = {}
    for told in told_as_other(run.book, now):
        if not amazon_carrier(told.carrier or told.name, "", told.carrier_label, own).is_own:
            found[told.name] = found.get(told.name, 0) + told.parcels
    return found


def _remembered(home: Home, slug: str, ends: dict[str, Ends], ahead: timedelta) -> list[Problem]:
    """`ahead` is the time to go by less this machine's."""
    found: list[Problem] = []
    for job in JOBS:
        memory = [msgspec.structs.replace(entry, last=entry.last + ahead) for entry in remembered(home, job)]
        found += remembered_problems(slug, memory, ends[job])
    return found


def _problems(checks: Sequence[Result]) -> tuple[Problem, ...]:
    return tuple(check.problem for check in checks if check.problem and check.status is not Status.OK)
