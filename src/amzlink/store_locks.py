"""Who has a store to itself: locks between the runs of this machine, and leases among machines that share a book."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amzlink.account import account_key_of
from amzlink.clock import local_time
from amzlink.deps import Deps
from amzlink.files.locks import lock
from amzlink.problems import Problem, ProblemName, usage

if TYPE_CHECKING:
    from amzlink.orderbook.leases import StoreLease, Tenant


@contextlib.contextmanager
def store_lock(deps: Deps, slug: str, job: str, *, wait: timedelta = timedelta()) -> Iterator[None]:
    """Only one run of a job works on a store; `wait` is how long to wait for who has the store to itself.

    Raises:
        Problem: `run-in-progress`.
    """
    held = Problem(ProblemName.RUN_IN_PROGRESS, job=job, store=slug)
    file = deps.home.locks / f"{slug}.{job}.lock"
    with contextlib.ExitStack() as entered:
        try:
            entered.enter_context(lock(file, held))
        except Problem:
            if not wait or not _is_held_alone(deps, slug):
                raise
            _tell_held_alone(deps, slug)
            held = held.with_facts(detail=usage.OR_HELD_ALONE, advice=usage.LOOK_FOR_ANOTHER_MACHINE)
            entered.enter_context(lock(file, held, wait_seconds=wait.total_seconds()))
        yield


@contextlib.contextmanager
def store_lease(
    deps: Deps, slug: str, *jobs: str, wait: timedelta = timedelta(), whatever_for: bool = False
) -> Iterator["StoreLease"]:
    """The same among the machines that share a book: all of these jobs or none, renewed as long as it is entered.

    `wait` is for who has the store to itself too, unless it is `whatever_for`.

    Raises:
        Problem: `run-in-progress`, with the machine; or what the order book raises.
    """
    from amzlink.orderbook.leases import LeaseHeldError, StoreLease  # noqa: PLC0415

    account = account_key_of(deps.load_config().stores[slug])
    left = int(wait.total_seconds())
    with contextlib.ExitStack() as entered:
        while True:
            try:
                lease = entered.enter_context(
                    StoreLease(deps.database, slug, jobs, account=account, elapsed=deps.elapsed)
                )
                break
            except LeaseHeldError as held:
                if not left or not (whatever_for or _is_held_alone_elsewhere(deps, slug)):
                    raise _at_work_elsewhere(slug, held.tenant, deps.clock.now()) from None
                if not whatever_for:
                    _tell_held_alone(deps, slug)
                deps.clock.sleep(1)
                left -= 1
        yield lease


def _tell_held_alone(deps: Deps, slug: str) -> None:
    deps.observer.step(f"waiting for a command that has {slug} to itself, such as a deletion of personal data")


def _is_held_alone_elsewhere(deps: Deps, slug: str) -> bool:
    from amzlink.orderbook.leases import tenant_of  # noqa: PLC0415 - SQLAlchemy is heavy

    with deps.database() as database:
        return tenant_of(database, slug, "purge-pii") is not None


def _is_held_alone(deps: Deps, slug: str) -> bool:
    """Whether somebody has the store to itself, and so this lock among others.

    That is a purge, alone or at an import's end, the end of a connection, or a move of the order book.
    """
    purging = Problem(ProblemName.RUN_IN_PROGRESS, job="purge-pii", store=slug)
    try:
        with lock(deps.home.locks / f"{slug}.purge-pii.lock", purging):
            return False
    except Problem:
        return True


def _at_work_elsewhere(slug: str, tenant: "Tenant", now: datetime) -> Problem:
    """`run-in-progress`, with the machine where a run is at work, and since when."""
    where = usage.at_work_on(machine=tenant.machine, since=local_time(tenant.since, now))
    return Problem(ProblemName.RUN_IN_PROGRESS, job=tenant.job, store=slug, detail=where, advice=usage.MACHINE_GONE)
