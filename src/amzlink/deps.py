"""What the jobs work with: the machine, its files, its secrets and the services, put together once per process."""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from amzlink.account import Account
from amzlink.amazon.marketplaces import ENDPOINTS, LWA_URL, SANDBOX_ENDPOINTS, Region
from amzlink.clock import Clock, ShiftedClock, SystemClock, elapsed_seconds, shift_of
from amzlink.config.file import read_config, write_config
from amzlink.config.settings import Config, Store
from amzlink.files.home import Home, find_home
from amzlink.http.allowed_hosts import is_protected
from amzlink.observer import Observer, Silence
from amzlink.problems import Problem, ProblemName, services, store_option, stores, upgrades
from amzlink.runlog import RunLog
from amzlink.secrets.names import variable
from amzlink.secrets.store import SecretStore, require
from amzlink.secrets.system import SystemSecrets

if TYPE_CHECKING:
    from amzlink.amazon.quota import SharedQuotas
    from amzlink.amazon.transport import SpApiClient
    from amzlink.http.client import BaseTransport, CallRecord, KeptWays, MaySend
    from amzlink.http.shared_document import SharedDocument
    from amzlink.orderbook.database import Database, StoreBook
    from amzlink.sendcloud.transport import SendcloudClient

_T = TypeVar("_T")

DEFAULT_MAX_WAIT: Final = timedelta(minutes=5)
SENDCLOUD_URL: Final = "https://panel.sendcloud.sc"
SENDCLOUD_ACCOUNT_URL: Final = "https://account.sendcloud.com"  # where OAuth2's tokens are made
CLOCK_OFFSET: Final = "AMZLINK_CLOCK_OFFSET"
"""Seconds by which the clock of test stores is shifted; it has no effect on a real store."""
ENDPOINT_VARIABLES: Final = ("AMZLINK_SPAPI_URL", "AMZLINK_LWA_URL", "AMZLINK_SENDCLOUD_URL")


class Shared:
    """What the runs of several stores share, opened at its first use: the order book, the ways to the services."""

    def __init__(self, deps: "Deps") -> None:
        self._deps = deps
        self._held = contextlib.ExitStack()
        self._database: Database | None = None
        self._ways: KeptWays | None = None

    @property
    def database(self) -> "Database":
        """The order book; closing it leaves it open for the others. Raises as opening it does, each time anew."""
        from amzlink.orderbook.database import LentDatabase  # noqa: PLC0415 - SQLAlchemy is heavy

        if self._database is None:
            self._database = self._held.enter_context(self._deps.open_database())
        return LentDatabase(self._database)

    @property
    def ways(self) -> "KeptWays":
        """The ways to the services; closing them leaves them open for the others. Raises `environment-invalid`."""
        from amzlink.http.client import KeptWays  # noqa: PLC0415 - httpx is heavy

        if self._ways is None:
            self._ways = KeptWays(self._deps.environ)
            self._held.callback(self._ways.end)
        return self._ways

    def close(self) -> None:
        """Close what was opened."""
        self._held.close()


@dataclass(slots=True)
class Deps:
    """Everything that a job may need and that a test may want to be another."""

    environ: Mapping[str, str]
    home: Home
    secrets: SecretStore
    clock: Clock = field(default_factory=SystemClock)
    observer: Observer = field(default_factory=Silence)
    transport: "BaseTransport | None" = None
    timeout_seconds: float | None = None
    rng: random.Random = field(default_factory=random.Random)
    elapsed: Callable[[], float] = elapsed_seconds
    """Seconds on this machine, by which a run knows that it was stopped for too long."""
    shared: Shared | None = None
    on_bug: Callable[[Exception, str], Problem] | None = None
    one_by_one: bool = False

    def bug(self, error: Exception, slug: str) -> Problem:
        """`internal-error` for a bug that the work on a store has met, where somebody takes reports of bugs.

        Raises the error itself where nobody does.
        """
        if self.on_bug is None:
            raise error
        return self.on_bug(error, slug)

    @contextlib.contextmanager
    def sharing(self) -> "Iterator[Deps]":
        """The same for the runs of several stores, which share what costs time to open."""
        with contextlib.closing(Shared(self)) as shared:
            yield replace(self, shared=shared)

    @property
    def endpoints_overridden(self) -> bool:
        """Whether the environment sends calls elsewhere: a store made now is a test store."""
        return any(self.environ.get(name) for name in ENDPOINT_VARIABLES)

    def time_counts_for(self, store: Store) -> bool:
        """Whether the time that this store hears is one by which its data may be destroyed.

        For a real store only Amazon's own hosts count; a test store lives in the time of whatever stands in for them.
        """
        return store.test or store.amazon_sandbox or not self.endpoints_overridden

    def of_store(self, store: Store) -> "Deps":
        """The same for one store: the clock of a test store goes with its sandbox's.

        Raises:
            Problem: `environment-invalid`, where AMZLINK_CLOCK_OFFSET is no number of seconds.
        """
        given = self.environ.get(CLOCK_OFFSET)
        if not given or not store.test or isinstance(self.clock, ShiftedClock):
            return self
        try:
            shift = timedelta(seconds=float(given))
            _ = self.clock.now() + shift
        except (ValueError, OverflowError):
            raise Problem(
                ProblemName.ENVIRONMENT_INVALID, variable=CLOCK_OFFSET, detail=stores.CLOCK_OFFSET_NOT_SECONDS
            ) from None
        return replace(self, clock=ShiftedClock(self.clock, shift))

    @property
    def log(self) -> RunLog:
        """The log of runs and calls."""
        return RunLog(self.home.log)

    def load_config(self) -> Config:
        """The settings as they are on disk now. What an earlier version wrote in another form is written anew.

        With `one_by_one` a store whose settings are wrong is among the `broken`, and keeps no other from working.
        """
        settings = read_config(self.home.config_file, one_by_one=self.one_by_one)
        if not settings.old_prime or settings.broken:
            return settings
        try:
            self.save_config(settings)
        except Problem:  # the file is not ours to write: it is read like this the next time too
            return settings
        for slug, before in settings.old_prime.items():
            self.observer.warn(
                Problem(
                    ProblemName.PRIME_SETTING_CHANGED,
                    store=slug,
                    before=str(before).lower(),
                    after=settings.stores[slug].include_prime,
                    store_option=store_option(slug),
                )
            )
        return self.load_config()

    def save_config(self, settings: Config) -> None:
        """Write the settings."""
        write_config(settings, self.home.config_file)

    def account_of(self, slug: str, store: Store) -> Account:
        """A store's account; its secrets are looked up when the first call needs them."""

        def credentials() -> tuple[str, str]:
            return (
                require(self.secrets, slug, "client-secret").reveal(),
                require(self.secrets, slug, "refresh-token").reveal(),
            )

        return Account(slug, store.country, store.seller_id, store.client_id, credentials, store.amazon_sandbox)

    def link(
        self,
        account: Account,
        max_wait: timedelta = DEFAULT_MAX_WAIT,
        *,
        region: Region | None = None,
        read_only: bool = False,
        may_send: "MaySend | None" = None,
    ) -> "SpApiClient":
        """A connection to Amazon whose waits add up to `max_wait` at most, to the account's region or another one.

        One that is `read_only` refuses to change anything there, and `may_send` can refuse any call. Close it after
        use.
        """
        from amzlink.amazon.auth import LwaAuth  # noqa: PLC0415
        from amzlink.amazon.read_only import ReadOnlySpApiClient  # noqa: PLC0415
        from amzlink.amazon.transport import SpApiClient  # noqa: PLC0415
        from amzlink.http.client import time_limits  # noqa: PLC0415
        from amzlink.http.patience import Patience  # noqa: PLC0415

        base_url = self.spapi_url(account, region)
        return (ReadOnlySpApiClient if read_only else SpApiClient)(
            base_url=base_url,
            auth=LwaAuth(self.lwa_url(), account.client_id, account.credentials, self.clock),
            quotas=self.quotas(account, region),
            clock=self.clock,
            patience=Patience(self.clock, max_wait, self._tell_wait),
            transport=self._transport,
            environ=self.environ,
            timeout=time_limits(self.timeout_seconds),
            rng=self.rng,
            on_call=lambda record: self._log_call(account.slug, record),
            may_send=may_send,
            facts={
                "page": account.marketplace.develop_apps_url,
                "store": account.slug,
                "store_option": store_option(account.slug),
                "country": account.country,
            },
        )

    def sendcloud(
        self,
        slug: str,
        store: Store,
        max_wait: timedelta = DEFAULT_MAX_WAIT,
        *,
        read_only: bool = False,
        may_send: "MaySend | None" = None,
    ) -> "SendcloudClient":
        """A connection to Sendcloud with the store's keys, whose waits add up to `max_wait` at most.

        One that is `read_only` refuses to change anything there, and `may_send` can refuse any call. Close it after
        use.

        Raises:
            Problem: `sendcloud-keys-missing`, where the store has no public key; or `environment-invalid`.
        """
        if not store.sendcloud_public_key:
            raise Problem(ProblemName.SENDCLOUD_KEYS_MISSING, store=slug, store_option=store_option(slug))
        return self.sendcloud_client(
            slug,
            store.sendcloud_public_key,
            lambda: require(self.secrets, slug, "sendcloud-secret-key").reveal(),
            integration_id=store.sendcloud_integration_id,
            max_wait=max_wait,
            read_only=read_only,
            may_send=may_send,
        )

    def sendcloud_client(
        self,
        slug: str,
        public_key: str,
        secret: Callable[[], str],
        *,
        integration_id: int | None = None,
        max_wait: timedelta = DEFAULT_MAX_WAIT,
        read_only: bool = False,
        may_send: "MaySend | None" = None,
    ) -> "SendcloudClient":
        """The same with keys that need not be kept yet; `secret` gives the secret one."""
        from amzlink.http.client import time_limits  # noqa: PLC0415
        from amzlink.http.patience import Patience  # noqa: PLC0415
        from amzlink.sendcloud.pace import Made  # noqa: PLC0415
        from amzlink.sendcloud.read_only import ReadOnlySendcloudClient  # noqa: PLC0415
        from amzlink.sendcloud.transport import SendcloudClient  # noqa: PLC0415

        base_url, account_url = self.sendcloud_urls()
        return (ReadOnlySendcloudClient if read_only else SendcloudClient)(
            base_url=base_url,
            account_url=account_url,
            public_key=public_key,
            secret=secret,
            clock=self.clock,
            patience=Patience(self.clock, max_wait, self._tell_wait),
            transport=self._transport,
            environ=self.environ,
            pace=self._counted_together(self.home.pace_file, "", f"Sendcloud: {public_key}", Made),
            timeout=time_limits(self.timeout_seconds),
            rng=self.rng,
            on_call=lambda record: self._log_call(slug, record),
            may_send=may_send,
            facts={
                "store": slug,
                "store_option": store_option(slug),
                "integration_id": integration_id or "of these keys",
            },
        )

    def quotas(self, account: Account, region: Region | None = None) -> "SharedQuotas":
        """What is left of an account's quotas in its region or another one, kept between runs. Close it after use.

        Amazon's own sandbox counts by itself, and tells one rate for all operations, which holds nowhere else.
        """
        from amzlink.amazon.quota import Buckets, SharedQuotas  # noqa: PLC0415

        counted = f"{account.client_id} {account.seller_id} {region or account.region}"
        counted += " sandbox" if account.amazon_sandbox else ""
        return SharedQuotas(
            self._counted_together(self.home.quota_file, account.slug, f"Amazon: {counted}", Buckets),
            counted,
            self.clock,
        )

    def _counted_together(self, file: Path, slug: str, counted: str, kind: "type[_T]") -> "SharedDocument[_T]":
        """What runs count together: those of this machine in a file, those of several in the book that they share.

        In the book each count has a document of its own, of one store or of all (an empty `slug`).
        """
        if self.shares_book:
            from amzlink.orderbook.shared_counts import SharedCount  # noqa: PLC0415 - SQLAlchemy is heavy

            shift = shift_of(self.clock)
            return SharedCount(self.database, slug, counted, kind, None if shift is None else shift.total_seconds())
        from amzlink.http.shared_file import SharedFile  # noqa: PLC0415

        return SharedFile(file, kind)

    @property
    def _transport(self) -> "BaseTransport | None":
        return self.transport or (self.shared.ways if self.shared else None)

    def database(self) -> "Database":
        """The order book of all stores. Close it after use."""
        return self.shared.database if self.shared else self.open_database()

    def open_database(self) -> "Database":
        """The same, shared with nobody."""
        from amzlink.orderbook.database import Database  # noqa: PLC0415 - SQLAlchemy is heavy

        url = self.load_config().database.url
        return Database.open(self.home.database_file, url, _Upgrading(self.observer))

    def has_database(self) -> bool:
        """Whether there is an order book, as far as that can be seen without opening it."""
        from amzlink.orderbook.connection import locate  # noqa: PLC0415 - SQLAlchemy is heavy

        return locate(self.home.database_file, self.load_config().database.url).exists()

    @property
    def shares_book(self) -> bool:
        """Whether the order book is on a server, so that other machines may work with it too."""
        return self.load_config().database.is_on_server

    def key_of_one_machine(self, slug: str) -> Problem | None:
        """`vault-key-not-shared`, where machines share the order book and only this one has the store's key."""
        if not self.shares_book or self.secrets.overridden(slug, "vault-key"):
            return None
        return Problem(ProblemName.VAULT_KEY_NOT_SHARED, store=slug, variable=f"{variable(slug, 'vault-key')}_FILE")

    @contextlib.contextmanager
    def book(self, slug: str) -> "Iterator[StoreBook]":
        """The order book of one store, open as long as the context lasts."""
        with self.database() as database:
            yield database.of(slug)

    def spapi_url(self, account: Account, region: Region | None = None) -> str:
        """Where the account's region is served, or another region, in which verify looks for it."""
        region = region or account.region
        if url := self.environ.get("AMZLINK_SPAPI_URL"):
            return _accepted("AMZLINK_SPAPI_URL", url.replace("{region}", region))
        hosts = SANDBOX_ENDPOINTS if account.amazon_sandbox else ENDPOINTS
        return hosts[region]

    def lwa_url(self) -> str:
        """Where tokens are made."""
        url = self.environ.get("AMZLINK_LWA_URL")
        return _accepted("AMZLINK_LWA_URL", url) if url else LWA_URL

    def sendcloud_urls(self) -> tuple[str, str]:
        """Where Sendcloud's API is served, and where its tokens are made."""
        if url := self.environ.get("AMZLINK_SENDCLOUD_URL"):
            accepted = _accepted("AMZLINK_SENDCLOUD_URL", url)
            return accepted, accepted
        return SENDCLOUD_URL, SENDCLOUD_ACCOUNT_URL

    def _log_call(self, slug: str, record: "CallRecord") -> None:
        self.log.write(
            self.clock.now(),
            "call",
            store=slug,
            operation=record.operation,
            status=record.status,
            request_id=record.request_id,
            milliseconds=record.milliseconds,
        )

    def _tell_wait(self, seconds: float, operation: str) -> None:
        self.observer.waiting(seconds, services.comes_next(operation))


@dataclass(frozen=True, slots=True)
class _Upgrading:
    """Tells who looks on that an order book of an earlier version is copied and upgraded."""

    observer: Observer

    def copying(self, done: int, total: int) -> None:
        """See `UpgradeWatcher`; pages mean nothing to anybody, and hundredths do."""
        self.observer.step("copying the order book before its upgrade (%)", 100 * done // max(1, total), 100)

    def upgraded(self, copy: Path) -> None:
        """See `UpgradeWatcher`."""
        self.observer.note(upgrades.upgraded(copy=copy))


def system_deps(environ: Mapping[str, str], *, interactive: bool) -> Deps:
    """The machine's own. Makes the folders; raises as `Home.prepare`."""
    home = find_home(environ)
    home.prepare()
    return Deps(environ, home, SystemSecrets(environ, home, interactive=interactive, folder_of=_folders_of(home)))


def _folders_of(home: Home) -> Callable[[str], Path | None]:
    """Where `connect` wrote each store's secrets, as the settings have it."""

    def folder_of(slug: str) -> Path | None:
        try:
            store = read_config(home.config_file).stores.get(slug)
        except Problem:  # whoever needs the settings is told what is wrong with them
            return None
        return Path(store.secrets_folder) if store and store.secrets_folder else None

    return folder_of


def _accepted(name: str, url: str) -> str:
    """An overridden endpoint without its trailing slash: https, or http to this machine (A4)."""
    if is_protected(url):
        return url.rstrip("/")
    raise Problem(ProblemName.ENVIRONMENT_INVALID, variable=name, detail=stores.ENDPOINT_NOT_ACCEPTED)
