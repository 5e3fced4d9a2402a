"""The settings of all stores: what there is, and what each can be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from amzlink.core.nearest import nearest
from amzlink.core.orders.holds import HoldPolicy
from amzlink.core.privacy.retention import Retention
from amzlink.core.shipments.own_carriers import OwnCarrier, OwnCarriers, comparable
from amzlink.core.store_choices import IncludePrime
from amzlink.problems import Problem, ProblemName, usage


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """`[stores.SLUG]`: one Amazon seller account in one region.

    `carriers` is its own table: the name as Sendcloud or a file gives it, and Amazon's code alone or with a method.
    `test` marks a store that was made under overridden endpoints; `client_secret_set_on` and `authorised_on` are
    the days on which the two secrets were given, by which their age is judged. A `..._mark` is the beginning of the
    secret's hash: too short to tell anything of it, and long enough to see that another one was given.
    `secrets_folder` is where `connect` wrote the secrets, on a machine without a keyring: nothing is read there, but
    who starts amzlink without the variables that name the files is told of it.
    """

    name: str
    country: str
    seller_id: str
    client_id: str
    marketplace_ids: tuple[str, ...]
    import_weights: bool = True
    update_status_when: Literal["announced", "processed"] = "processed"
    destination: Literal["none", "sendcloud"] = "none"
    hold_missing_weight: bool = False
    hold_missing_customs: bool = False
    default_weight_grams: int | None = None
    include_prime: IncludePrime = "auto"
    include_customised: bool = False
    notes_for_demands: bool = True
    ship_by_guard_hours: int = 0
    purge_destination: bool = False
    sendcloud_public_key: str | None = None
    sendcloud_integration_id: int | None = None
    carriers: dict[str, str | OwnCarrier] = {}
    amazon_sandbox: bool = False
    test: bool = False
    client_secret_set_on: str | None = None
    authorised_on: str | None = None
    client_secret_mark: str | None = None
    refresh_token_mark: str | None = None
    secrets_folder: str | None = None

    @property
    def hold_policy(self) -> HoldPolicy:
        """The settings that decide which holds count."""
        return HoldPolicy(
            self.include_prime, self.hold_missing_weight, self.include_customised, self.hold_missing_customs
        )

    @property
    def own_carriers(self) -> OwnCarriers:
        """The store's own table of carriers, as it is looked up."""
        return {
            comparable(name): OwnCarrier(meant) if isinstance(meant, str) else meant
            for name, meant in self.carriers.items()
        }


SETTINGS: Final = (
    "name",
    "marketplace_ids",
    "import_weights",
    "update_status_when",
    "destination",
    "hold_missing_weight",
    "hold_missing_customs",
    "default_weight_grams",
    "include_prime",
    "include_customised",
    "notes_for_demands",
    "ship_by_guard_hours",
    "purge_destination",
    "sendcloud_public_key",
    "sendcloud_integration_id",
)
"""What `stores set` may change; the rest follows from the account and changes by `connect`."""

LARGEST_NUMBER: Final = 10**9
"""What a number of a store's settings may be at most where nothing else limits it."""
RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "default_weight_grams": (1, 70_000),  # no parcel carrier takes more
    "ship_by_guard_hours": (0, 30 * 24),
    "sendcloud_integration_id": (1, LARGEST_NUMBER),
}
"""The least and the most that a number can be."""

STORE_IN_ADDRESS: Final = "{store}"
_JOB: Final = "{job}"
_WATCHED: Final = "import-orders"


class Database(msgspec.Struct, frozen=True):
    """`[database]`."""

    url: str | None = None

    @property
    def is_on_server(self) -> bool:
        """Whether the order book is on a server, which several machines can share."""
        return self.url is not None and self.url.startswith("postgres")


class Archive(msgspec.Struct, frozen=True):
    """`[archive]`: where each purge writes what tax needs, and the public keys (`age1...`) that it is encrypted to."""

    dir: str | None = None
    recipients: tuple[str, ...] = ()

    @property
    def folder(self) -> Path | None:
        """The folder, a `~` in it filled in; None where nothing is archived."""
        return Path(self.dir).expanduser() if self.dir is not None else None


class Notify(msgspec.Struct, frozen=True):
    """`[notify]`: whom runs tell how they went.

    `command` is a program, with its arguments, that is told what a run nobody watches says; no shell reads it. `ping`
    is an address that is called after a run that went well, or one for each store. `{store}` and `{job}` in it are
    filled in; without `{job}` only imports call it, so that no other job hides that they have stopped.
    """

    command: tuple[str, ...] = ()
    ping: str | dict[str, str] | None = None

    def ping_of(self, slug: str, job: str) -> str | None:
        """The address to call after a good run of this job, if there is one."""
        address = self.ping.get(slug) if isinstance(self.ping, dict) else self.ping
        if not address or (_JOB not in address and job != _WATCHED):
            return None
        return address.replace(STORE_IN_ADDRESS, slug).replace(_JOB, job)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. `raw` is what was read, with the keys that this version does not know.

    `old_prime` has the stores whose `include_prime` is still the boolean of an earlier version, and that boolean.
    `broken` has the stores that are left out of `stores` because of their settings, and what is wrong with these.
    """

    default_store: str | None = None
    stores: dict[str, Store] = {}
    database: Database = Database()
    retention: Retention = Retention()
    archive: Archive = Archive()
    notify: Notify = Notify()
    raw: dict[str, Any] = {}
    old_prime: dict[str, bool] = {}
    broken: dict[str, Problem] = {}

    def with_store(self, slug: str, store: Store) -> "Config":
        """The same with this store added or replaced."""
        return msgspec.structs.replace(self, stores={**self.stores, slug: store})

    def without_store(self, slug: str) -> "Config":
        """The same without this store."""
        others = {name: store for name, store in self.stores.items() if name != slug}
        default = None if self.default_store == slug else self.default_store
        return msgspec.structs.replace(self, stores=others, default_store=default)

    def with_database(self, url: str) -> "Config":
        """The same with the order book at this address."""
        raw = {**self.raw, "database": {**self.raw.get("database", {}), "url": url}}
        return msgspec.structs.replace(self, database=Database(url), raw=raw)

    def choose(self, slug: str | None, file: Path) -> str:
        """The slug to work on: the one named, the only one, or the default.

        Raises:
            Problem: `no-store` or `which-store`; `config-invalid`, where the settings of the one meant are broken.
        """
        known = sorted({*self.stores, *self.broken})
        if slug is None and len(known) == 1:
            slug = known[0]
        elif slug is None and self.default_store in known:
            slug = self.default_store
        if slug is not None and slug in self.broken:
            raise self.broken[slug]
        if slug is not None and slug not in self.stores:
            meant = usage.did_you_mean(nearest(slug, known))
            unknown = Problem(ProblemName.NO_STORE, named=f"“{slug}” ", meant=meant, file=file)
            raise unknown.with_facts(advice=", ".join(known)) if known else unknown
        if slug is not None:
            return slug
        if not known:
            raise Problem(ProblemName.NO_STORE, file=file)
        raise Problem(ProblemName.WHICH_STORE, detail=", ".join(known), example=known[0])
