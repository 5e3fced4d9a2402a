"""A run: one job's work on one store. It is opened, locked, recorded and closed here, and only here.

Each part opens when it is first used. So who only looks takes no lock and needs no key, and a store of which something
is broken can still be examined.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from amzlink.clock import Clock
from amzlink.config import Config, Store
from amzlink.core.privacy.retention import Retention
from amzlink.deps import DEFAULT_MAX_WAIT, Deps, Observer, amazon_offset_is_large, skew_problem
from amzlink.problems import Problem, store_option

if TYPE_CHECKING:
    from amzlink.amazon.quota import FileQuotas
    from amzlink.amazon.transport import SpApiClient
    from amzlink.orderbook.database import StoreBook
    from amzlink.sealed import SealedOrders
    from amzlink.sendcloud.transport import SendcloudClient

C = TypeVar("C", bound="SpApiClient | SendcloudClient")

JOBS: Final = ("import-orders", "push-status", "check-weights", "purge-pii")
"""The jobs that work on a store. Each has a lock of its own, so that one that waits for a quota holds up no other."""


class StoreRun:
    """A store, and what it takes to work on it. Use it as a context: what was opened is closed at its end.

    A dry run keeps nothing: its order book is one whose writes are forgotten with it, its vault keeps no new key, and
    its connections refuse to change anything. `max_wait` is how long the waits for Amazon may add up to at most.
    """

    def __init__(
        self,
        deps: Deps,
        slug: str,
        *,
        dry_run: bool = False,
        max_wait: timedelta = DEFAULT_MAX_WAIT,
        max_wait_for_sendcloud: timedelta = DEFAULT_MAX_WAIT,
    ) -> None:
        self.slug = slug
        self.dry_run = dry_run
        self.trusted_time: datetime | None = None
        """Amazon's time at the start, where personal data may be destroyed by it."""
        self._deps = deps
        self._max_wait = max_wait
        self._max_wait_for_sendcloud = max_wait_for_sendcloud
        self._held = contextlib.ExitStack()
        self._connections: list[SpApiClient | SendcloudClient] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def reporter(self) -> Observer:
        """Who is told how the work goes on."""
        return self._deps.observer

    @property
    def clock(self) -> Clock:
        """This machine's clock."""
        return self._deps.clock

    @cached_property
    def settings(self) -> Config:
        """All settings, as they were when the run first asked for them."""
        return self._deps.load_config()

    @property
    def store(self) -> Store:
        """The store's own settings."""
        return self.settings.stores[self.slug]

    @property
    def retention(self) -> Retention:
        """How long personal data may be kept."""
        return self.settings.retention

    @cached_property
    def book(self) -> "StoreBook":
        """The store's order book."""
        database = self._held.enter_context(self._deps.database())
        if self.dry_run:
            from amzlink.orderbook.database import UnkeptDatabase  # noqa: PLC0415 - SQLAlchemy is heavy

            database = self._held.enter_context(UnkeptDatabase(database))
        return database.of(self.slug)

    @cached_property
    def sealed(self) -> "SealedOrders":
        """The personal data of the store's orders. Raises as opening the vault does."""
        from amzlink.sealed import SealedOrders, UnkeptKeys, VaultKeys  # noqa: PLC0415 - cryptography is heavy

        keys = VaultKeys(self._deps.secrets, self.slug, self._deps.home.locks)
        return SealedOrders(self.book, UnkeptKeys(keys) if self.dry_run else keys)

    @cached_property
    def amazon(self) -> "SpApiClient":
        """The connection to Amazon."""
        account = self._deps.account_of(self.slug, self.store)
        return self._connected(self._deps.link(account, self._max_wait, read_only=self.dry_run))

    @cached_property
    def sendcloud(self) -> "SendcloudClient":
        """The connection to Sendcloud. Raises `sendcloud-keys-missing`."""
        wait = self._max_wait_for_sendcloud
        return self._connected(self._deps.sendcloud(self.slug, self.store, wait, read_only=self.dry_run))

    @cached_property
    def integration_id(self) -> int:
        """The integration at Sendcloud. It follows from the keys, so the settings need not name it."""
        from amzlink.sendcloud.account import who_am_i  # noqa: PLC0415 - only for this destination

        return self.store.sendcloud_integration_id or who_am_i(self.sendcloud).integration_id

    @property
    def quotas(self) -> "FileQuotas":
        """What is left of the account's quotas at Amazon."""
        return self._deps.quotas(self._deps.account_of(self.slug, self.store))

    @property
    def calls(self) -> Counter[str]:
        """How often each operation of either service was called."""
        return sum((connection.calls for connection in self._connections), Counter[str]())

    def now(self) -> datetime:
        """Amazon's time, as far as it has told it; else this machine's."""
        return self.amazon.amazon_now() if "amazon" in self.__dict__ else self.clock.now()

    @property
    def time_counts(self) -> bool:
        """Whether personal data may be destroyed by the time that this store's Amazon tells."""
        return self._deps.time_counts_for(self.store)

    def note_time(self) -> datetime:
        """Ask Amazon for the time, and note it as borne out where it counts. Raises as `SpApiClient.learn_time`."""
        told = self.amazon.learn_time()
        if self.time_counts and self.amazon.knows_service_time:
            self.trusted_time = told
        return told

    def learn_time(self) -> datetime:
        """The same, and say so where this machine's clock is far from Amazon's."""
        told = self.note_time()
        if amazon_offset_is_large(self.amazon.offset):
            self.reporter.warn(skew_problem(self.amazon.offset))
        return told

    def naming_store(self, problem: Problem) -> Problem:
        """The problem, and which store it is about."""
        return problem.with_facts(store=self.slug, store_option=store_option(self.slug))

    @contextlib.contextmanager
    def lock(self, *jobs: str) -> Iterator[None]:
        """While it is entered no run of these jobs works on the store. Raises `run-in-progress`."""
        with contextlib.ExitStack() as held:
            for job in jobs:
                held.enter_context(self._deps.lock(self.slug, job))
            yield

    def _connected(self, connection: C) -> C:
        self._held.callback(connection.close)
        self._connections.append(connection)
        return connection


class RunReport(Protocol):
    """What one store's run did."""

    api_calls: Counter[str]
    seconds: float
    problem: Problem | None

    @property
    def store(self) -> str:
        """The store's slug."""

    def counts(self) -> Mapping[str, int]:
        """The plain numbers, for the log and the record of runs."""


def run_job(
    deps: Deps,
    job: str,
    report: RunReport,
    work: Callable[[StoreRun], None],
    *,
    dry_run: bool,
    max_wait: timedelta = DEFAULT_MAX_WAIT,
    max_wait_for_sendcloud: timedelta = DEFAULT_MAX_WAIT,
    also_locked: Collection[str] = (),
) -> None:
    """Do a job's work on a store, alone with it, and leave its record: in the log, and of a real run in the order book.

    What stops the work becomes the report's problem; what it has put there itself stays.
    """
    started = deps.clock.now()
    run = StoreRun(
        deps, report.store, dry_run=dry_run, max_wait=max_wait, max_wait_for_sendcloud=max_wait_for_sendcloud
    )
    try:
        with run.lock(job, *also_locked), run:
            try:
                work(run)
            except Problem as problem:
                report.problem = problem  # what was done before is done, and noted
            finally:
                report.api_calls.update(run.calls)
            if not dry_run:
                _note(run, job, report, started)
    except Problem as problem:
        report.problem = report.problem or problem
    _close(deps, run, job, report, started)


def _note(run: StoreRun, job: str, report: RunReport, started: datetime) -> None:
    from amzlink.orderbook.runs import Run, note_run  # noqa: PLC0415 - SQLAlchemy is heavy

    done = Run(
        job=job,
        started_at=started,
        finished_at=run.clock.now(),
        problem=report.problem.name if report.problem else None,
        counts=report.counts(),
        amazon_time=run.trusted_time,
    )
    note_run(run.book, done)


def _close(deps: Deps, run: StoreRun, job: str, report: RunReport, started: datetime) -> None:
    if report.problem:
        report.problem = run.naming_store(report.problem)
    report.seconds = (deps.clock.now() - started).total_seconds()
    deps.log.write(
        deps.clock.now(),
        "run",
        store=report.store,
        job=job,
        problem=report.problem.name if report.problem else None,
        seconds=round(report.seconds, 1),
        **report.counts(),
    )
