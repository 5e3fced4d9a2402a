"""A run: one job's work on one store. It is opened, locked, recorded and closed here, and only here.

Each part opens when it is first used. So who only looks takes no lock and needs no key, and a store of which something
is broken can still be examined.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar

from amzlink.clock import Clock
from amzlink.config.settings import Config, Store
from amzlink.core.diagnosis.clock_skew import is_skewed, skew_problem
from amzlink.core.privacy.retention import Retention
from amzlink.core.privacy.trusted_time import Sighting, Trust, TrustedTime, judge_time, last_heard
from amzlink.deps import DEFAULT_MAX_WAIT, Deps
from amzlink.observer import Observer
from amzlink.problems import Problem, ProblemName, privacy, store_option
from amzlink.store_locks import store_lease, store_lock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from amzlink.amazon.quota import SharedQuotas
    from amzlink.amazon.transport import SpApiClient
    from amzlink.orderbook.database import StoreBook
    from amzlink.orderbook.leases import StoreLease
    from amzlink.sealed import SealedOrders
    from amzlink.sendcloud.transport import SendcloudClient

C = TypeVar("C", bound="SpApiClient | SendcloudClient")

JOBS: Final = ("import-orders", "push-status", "check-weights", "purge-pii")
"""The jobs that work on a store. Each has a lock of its own, so that one that waits for a quota holds up no other."""
PURGE_WAITED_FOR: Final = timedelta(minutes=1)
VAULT_KEY: Final = "vault-key"
"""Leased as a job is while the key is changed, which takes moments, though a keyring may ask for its password."""
_VAULT_KEY_WAITED_FOR: Final = timedelta(seconds=30)


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
        self._given = deps
        self._seen: Sighting | None = None
        self._judged: TrustedTime | None = None
        self._max_wait = max_wait
        self._max_wait_for_sendcloud = max_wait_for_sendcloud
        self._held = contextlib.ExitStack()
        self._connections: list[SpApiClient | SendcloudClient] = []
        self._leases: list[StoreLease] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @cached_property
    def _deps(self) -> Deps:
        return self._given.of_store(self.store)

    @property
    def reporter(self) -> Observer:
        """Who is told how the work goes on."""
        return self._deps.observer

    @property
    def clock(self) -> Clock:
        """This machine's clock."""
        return self._deps.clock

    def pause(self, seconds: float, why: str) -> None:
        """Sleep, and say what comes then (`next check`)."""
        self.reporter.waiting(seconds, why)
        self.clock.sleep(seconds)

    @cached_property
    def settings(self) -> Config:
        """All settings, as they were when the run first asked for them."""
        return self._given.load_config()

    @property
    def store(self) -> Store:
        """The store's own settings. Raises `config-invalid` where only other stores' can be used."""
        if broken := self.settings.broken.get(self.slug):
            raise broken
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

            return self._held.enter_context(UnkeptDatabase(database)).of(self.slug)
        return database.of(self.slug, self._fence)

    @cached_property
    def sealed(self) -> "SealedOrders":
        """The personal data of the store's orders. Raises as opening the vault does."""
        from amzlink.sealed import SealedOrders, UnkeptKeys, VaultKeys  # noqa: PLC0415 - cryptography is heavy

        deps, shares = self._deps, self._deps.shares_book
        lease = self._vault_key_lease if shares else contextlib.nullcontext
        keys = VaultKeys(deps.secrets, self.slug, deps.home.locks, lease, self.check_leases)
        try:
            return SealedOrders(self.book, UnkeptKeys(keys) if self.dry_run else keys)
        except Problem as problem:
            if shares and problem.name is ProblemName.VAULT_KEY_MISSING:
                # Above all it must not be taken for lost: other machines work with it.
                raise problem.with_facts(advice=privacy.KEY_OF_OTHER_MACHINES) from problem.__cause__
            raise

    @cached_property
    def amazon(self) -> "SpApiClient":
        """The connection to Amazon."""
        account = self._deps.account_of(self.slug, self.store)
        link = self._deps.link(account, self._max_wait, read_only=self.dry_run, may_send=self.check_leases)
        return self._connected(link)

    @cached_property
    def sendcloud(self) -> "SendcloudClient":
        """The connection to Sendcloud. Raises `sendcloud-keys-missing`."""
        wait = self._max_wait_for_sendcloud
        client = self._deps.sendcloud(self.slug, self.store, wait, read_only=self.dry_run, may_send=self.check_leases)
        return self._connected(client)

    @cached_property
    def integration_id(self) -> int:
        """The integration at Sendcloud. It follows from the keys, so the settings need not name it."""
        from amzlink.sendcloud.account import who_am_i  # noqa: PLC0415 - only for this destination

        return self.store.sendcloud_integration_id or who_am_i(self.sendcloud).integration_id

    @cached_property
    def quotas(self) -> "SharedQuotas":
        """What is left of the account's quotas at Amazon."""
        quotas = self._deps.quotas(self._deps.account_of(self.slug, self.store))
        return self._held.enter_context(contextlib.closing(quotas))

    @property
    def calls(self) -> Counter[str]:
        """How often each operation of either service was called."""
        return sum((connection.calls for connection in self._connections), Counter[str]())

    def now(self) -> datetime:
        """The time to go by: Amazon's where it is trusted, else the earlier of the two.

        It is told by this machine's clock and the offset of the run's beginning: no single later answer moves it. As
        long as nobody was asked, it is what the last comparison of the two clocks says.
        """
        return self.clock.now() + self._shift

    @property
    def time(self) -> TrustedTime:
        """What this run may rely on; before `learn_time` nothing is known of today."""
        return self._judged or self._judge(Sighting(self.clock.now(), None))

    @property
    def time_to_purge_by(self) -> TrustedTime:
        """The same for what destroys data: what stands in for Amazon proves no time to a real store."""
        return self.time if self._heard_counts else self._judge(Sighting(self.clock.now(), None))

    @property
    def _heard_counts(self) -> bool:
        return self._deps.time_counts_for(self.store)

    def ask_time(self) -> TrustedTime:
        """Ask Amazon for the time, and judge it. Raises as `SpApiClient.learn_time`; then nothing was heard.

        A run goes by what it heard first, however often it asks.
        """
        if self._judged and self._judged.trust is not Trust.UNKNOWN:
            return self._judged
        try:
            self.amazon.learn_time()
        except Problem:
            self.take_time(None)
            raise
        return self.take_time(self.amazon.offset if self.amazon.knows_service_time else None)

    def take_time(self, offset: timedelta | None) -> TrustedTime:
        """Judge by how much Amazon's time differs from this machine's, against what earlier runs have seen.

        None: nothing was heard.
        """
        self._seen = Sighting(self.clock.now(), offset)
        self._judged = self._judge(self._seen)
        return self._judged

    def learn_time(self) -> datetime:
        """The time to go by, once Amazon was asked; where the two clocks differ that is said. Raises as `ask_time`."""
        judged = self.ask_time()
        if is_skewed(self.amazon.offset):
            self.reporter.warn(skew_problem(self.amazon.offset))
        if judged.trust is Trust.DOUBTED:
            self.reporter.warn(self.naming_store(self.doubt()))
        return self.now()

    def doubt(self) -> Problem:
        """`clock-jumped`, with what is known of the time."""
        noted, told = self._noted, self._seen.amazon if self._seen and self._heard_counts else None
        now = self.clock.now()
        if told is None:
            detail = privacy.not_told_since(noted) if noted else privacy.NO_TIME_YET
        else:
            detail = privacy.clocks_differ(now=now, amazon=told)
        return Problem(ProblemName.CLOCK_JUMPED, detail=detail)

    @property
    def _shift(self) -> timedelta:
        """The time to go by, less this machine's."""
        if self._seen and self._judged and self._seen.offset is not None:
            return self._judged.time - self._seen.machine
        machine = self.clock.now()
        compared = last_heard(self._history)
        if compared is None:
            return timedelta()
        shift = self._judge(Sighting(machine, compared)).time - machine
        # A run that goes on without Amazon may seal: rather too short than too long.
        return min(shift, timedelta()) if self._seen else shift

    def _judge(self, seen: Sighting) -> TrustedTime:
        return judge_time(self._history, seen, self._noted)

    @cached_property
    def _history(self) -> Sequence[Sighting]:
        from amzlink.orderbook.privacy.clock_readings import clock_readings  # noqa: PLC0415 - SQLAlchemy is heavy

        return clock_readings(self.book.database, self._witnesses)

    @cached_property
    def _noted(self) -> datetime | None:
        from amzlink.orderbook.privacy.clock_readings import noted_time  # noqa: PLC0415 - SQLAlchemy is heavy

        return noted_time(self.book.database, self._witnesses)

    @property
    def _witnesses(self) -> Collection[str]:
        """The stores whose runs count as proof: all real ones for a real one, and for a test store itself alone."""
        stores = self.settings.stores
        real = [slug for slug, store in stores.items() if not store.test and not store.amazon_sandbox]
        return real if self.slug in real else [self.slug]

    def note_time(self) -> None:
        """Keep what this run has seen of the time for those to come."""
        from amzlink.orderbook.privacy.clock_readings import note_reading, note_trusted_time  # noqa: PLC0415

        seen, judged = self._seen or Sighting(self.clock.now(), None), self._judged
        if not self._heard_counts:
            seen, judged = Sighting(seen.machine, None), None
        note_reading(self.book, seen)
        if judged and judged.is_trusted and judged.note:
            note_trusted_time(self.book, judged.note, correcting=list(self._witnesses) if judged.corrected else ())

    @property
    def amazon_time(self) -> datetime | None:
        """The time that Amazon told this run."""
        return self._seen.amazon if self._seen else None

    def naming_store(self, problem: Problem) -> Problem:
        """The problem, and which store it is about."""
        return naming(problem, self.slug)

    @contextlib.contextmanager
    def lock(self, *jobs: str, wait_for_purge: timedelta = timedelta()) -> Iterator[None]:
        """While it is entered no run of these jobs works on the store. Raises `run-in-progress`.

        Where machines share the order book, it is leased from them too, all jobs or none.
        `wait_for_purge` is how long to wait where a purge is running, which takes the locks of all jobs for moments.
        """
        self.check_leases()  # who has lost one takes no other
        with contextlib.ExitStack() as held:
            for job in jobs:
                held.enter_context(store_lock(self._deps, self.slug, job, wait=wait_for_purge))
            if self._deps.shares_book:
                held.enter_context(self._leased(*jobs, wait=wait_for_purge))
            yield

    def check_leases(self) -> None:
        """Refuse to go on where another machine may have taken over. Costs no call. Raises `lease-lost`."""
        for lease in self._leases:
            lease.check()

    def cause_of(self, problem: Problem) -> Problem:
        """`lease-lost`, where it is behind the problem: a machine that was stopped finds its connections closed."""
        try:
            self.check_leases()
        except Problem as lost:
            return lost
        return problem

    @contextlib.contextmanager
    def _vault_key_lease(self) -> Iterator[None]:
        """Alone with the vault key among the machines that share the book, for moments."""
        with self._leased(VAULT_KEY, wait=_VAULT_KEY_WAITED_FOR, whatever_for=True):
            yield

    @contextlib.contextmanager
    def _leased(self, *jobs: str, wait: timedelta, whatever_for: bool = False) -> Iterator[None]:
        with store_lease(self._deps, self.slug, *jobs, wait=wait, whatever_for=whatever_for) as lease:
            self._leases.append(lease)
            try:
                yield
            finally:
                self._leases.remove(lease)

    def _fence(self, connection: "Connection") -> None:
        """The same, held against the order book, in the transaction that is about to write."""
        for lease in self._leases:
            lease.fence(connection)

    def _connected(self, connection: C) -> C:
        self._held.callback(connection.close)
        self._connections.append(connection)
        return connection


def naming(problem: Problem, slug: str) -> Problem:
    """The problem, and which store it is about."""
    return problem.with_facts(store=slug, store_option=store_option(slug))


def sure_day(run: StoreRun) -> date | None:
    """The day up to which something is due beyond doubt, as far as the run knows."""
    sure = run.time_to_purge_by.sure
    return sure.date() if sure else None


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
    run = StoreRun(
        deps, report.store, dry_run=dry_run, max_wait=max_wait, max_wait_for_sendcloud=max_wait_for_sendcloud
    )
    started = run.clock.now()
    try:
        # Who wants all locks would rather come back than wait with some of them in hand.
        wait = timedelta() if also_locked else PURGE_WAITED_FOR
        with run.lock(job, *also_locked, wait_for_purge=wait), run:
            try:
                work(run)
            except Problem as problem:
                report.problem = problem  # what was done before is done, and noted
            except Exception as error:  # noqa: BLE001 - a bug is noted as well
                report.problem = deps.bug(error, report.store)  # so that it is noted, and `status` tells of it
            finally:
                report.api_calls.update(run.calls)
            report.problem = report.problem and run.cause_of(report.problem)
            if not dry_run:
                _note(run, job, report, started)
                if deps.shares_book:
                    from amzlink.orderbook.leases import note_ended  # noqa: PLC0415 - SQLAlchemy is heavy

                    note_ended(run.book, job)
    except Problem as problem:
        report.problem = report.problem or problem
    _close(deps, run, job, report, started)
    if not dry_run and report.problem is None:
        _ping(deps, run, job)


def _ping(deps: Deps, run: StoreRun, job: str) -> None:
    """Tell whoever watches that the job has run. A job that does not start cannot complain; silence does it then."""
    if address := run.settings.notify.ping_of(run.slug, job):
        from amzlink.http.ping import ping  # noqa: PLC0415 - few have such an address

        try:
            ping(address, clock=run.clock, environ=deps.environ, transport=deps.transport)
        except Problem as problem:
            deps.observer.warn(run.naming_store(problem))


def _note(run: StoreRun, job: str, report: RunReport, started: datetime) -> None:
    from amzlink.orderbook.runs import Run, note_run  # noqa: PLC0415 - SQLAlchemy is heavy

    done = Run(
        job=job,
        started_at=started,
        finished_at=run.now(),
        problem=report.problem.name if report.problem else None,
        counts=report.counts(),
        amazon_time=run.amazon_time,
        facts=report.problem.facts_told if report.problem else {},
    )
    note_run(run.book, done)
    run.note_time()


def _close(deps: Deps, run: StoreRun, job: str, report: RunReport, started: datetime) -> None:
    if report.problem:
        report.problem = run.naming_store(report.problem)
    report.seconds = (run.clock.now() - started).total_seconds()
    deps.log.write(
        deps.clock.now(),
        "run",
        store=report.store,
        job=job,
        problem=report.problem.name if report.problem else None,
        seconds=round(report.seconds, 1),
        **report.counts(),
    )
