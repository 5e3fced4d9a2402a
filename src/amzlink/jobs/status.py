"""status: one screen about each store, from what this machine knows; nobody is asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from amzlink.core.diagnosis.checks import Result, Status
from amzlink.deps import Deps
from amzlink.jobs.diagnosis.machine import check_freshness, check_retention, check_secret_age
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.orderbook.health import LastRuns, last_runs
from amzlink.orderbook.orders.fulfilment import Progress, progress
from amzlink.orderbook.orders.incomplete import incomplete_orders, orders_without_address
from amzlink.orderbook.orders.overview import Overview, overview
from amzlink.problems import Problem, ProblemName
from amzlink.problems.orders import spell_incomplete
from amzlink.run import StoreRun, sure_day


class StoreStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One store: its last import, its orders, and what a person should look at. `seen_at` is when that was so."""

    store: str
    name: str
    last_import: LastRuns
    orders: Overview
    shipping: Progress
    last_push: LastRuns
    seen_at: datetime
    problems: tuple[Problem, ...]


def status_of(deps: Deps, slugs: Sequence[str]) -> list[StoreStatus]:
    """The stores' states, one after the other. Raises what opening the order book raises."""
    settings = deps.load_config()
    scheduled = is_scheduled(deps.environ)
    found = []
    for slug in slugs:
        store = settings.stores[slug]
        with StoreRun(deps, slug) as run:
            now, sure = run.now(), sure_day(run)
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            runs = last_runs(run.book, "import-orders")
            pushes = last_runs(run.book, "push-status")
            numbers = overview(run.book, store.hold_policy, now, midnight)
            shipping = progress(run.book, now)
            intake = _of_intake(run)
        checks = (
            check_secret_age(store, now.date()),
            check_retention(deps, slug, sure, now),
            check_freshness(deps, slug, now, scheduled=scheduled),
        )
        found.append(
            StoreStatus(
                store=slug,
                name=store.name,
                last_import=runs,
                last_push=pushes,
                orders=numbers,
                shipping=shipping,
                seen_at=now,
                problems=(*intake, *_problems(checks)),
            )
        )
    return found


def _of_intake(run: StoreRun) -> list[Problem]:
    """What the imports could not bring, as the order book has it."""
    if count := orders_without_address(run.book):
        return [run.naming_store(Problem(ProblemName.ROLE_MISSING_PII, count=count))]
    if lacking := {entry.order_id: entry.lacks for entry in incomplete_orders(run.book)}:
        detail = spell_incomplete(lacking)
        return [run.naming_store(Problem(ProblemName.ORDERS_INCOMPLETE, count=len(lacking), detail=detail))]
    return []


def _problems(checks: Sequence[Result]) -> tuple[Problem, ...]:
    return tuple(check.problem for check in checks if check.problem and check.status is not Status.OK)
