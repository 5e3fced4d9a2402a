"""`config.toml`: the stores and their settings. No secret is in it.

The file is read into frozen structs; keys that this version does not know survive a rewrite.
"""

import functools
import itertools
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from amzlink.core.decoding import UndecodableError, read_toml
from amzlink.core.nearest import nearest
from amzlink.core.orders.holds import HoldPolicy
from amzlink.core.privacy.archive_recipients import AgeKey, clean, kind_of
from amzlink.core.privacy.retention import Retention
from amzlink.core.shipments.own_carriers import OwnCarrier, OwnCarriers, comparable, is_usable
from amzlink.core.store_choices import IncludePrime
from amzlink.core.stores.slug import is_slug
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.files.reading import read_private
from amzlink.files.rights import refuse_if_open
from amzlink.files.writing import write_private
from amzlink.http.allowed_hosts import is_protected
from amzlink.problems import Problem, ProblemName, privacy, schedule, stores, usage

_T = TypeVar("_T")

LONGEST_RETENTION_DAYS: Final = 30  # Amazon's data protection policy; more is `config-invalid`


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
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "default_weight_grams": (1, 70_000),  # no parcel carrier takes more
    "ship_by_guard_hours": (0, 30 * 24),
    "sendcloud_integration_id": (1, LARGEST_NUMBER),
}
MOST_ORDER_MONTHS: Final = 1200
_FORMS: Final[Mapping[object, str]] = {
    bool: stores.A_BOOLEAN,
    int: stores.A_WHOLE_NUMBER,
    str: stores.A_TEXT,
    tuple: stores.A_LIST,
}
_STORE: Final = "{store}"
_JOB: Final = "{job}"
_WATCHED: Final = "import-orders"
_PRIME_WORDS: Final = {True: "always", False: "never"}
# A boolean of an earlier version, which wrote false where nobody had chosen anything.
_PRIME_BEFORE: Final[Mapping[bool, IncludePrime]] = {True: "always", False: "auto"}


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
        return address.replace(_STORE, slug).replace(_JOB, job)


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


def load(path: Path, *, one_by_one: bool = False) -> Config:
    """Read the file; no file is an empty configuration.

    With `one_by_one` what is wrong with a single store's settings makes that store one of the `broken`.

    Raises:
        Problem: `config-invalid`, naming everything that is wrong at once, or `not-readable`, `disk-broken`,
            `writable-by-others`.
    """
    refuse_if_open(path, wanted="600")
    try:
        text = read_private(path)
    except FileNotFoundError:
        return Config()
    settings = _decode(text, path)
    if settings.broken and not one_by_one:
        found = "; ".join(str(problem.facts["detail"]) for problem in settings.broken.values())
        raise Problem(ProblemName.CONFIG_INVALID, file=path, detail=found)
    return settings


@functools.lru_cache(maxsize=2)
def _decode(text: bytes, path: Path) -> Config:
    """The settings in the file's text. They are asked for often, and 300 stores take a quarter of a second."""
    try:
        raw = read_toml(text)
    except UndecodableError as error:
        raise Problem(ProblemName.CONFIG_INVALID, file=path, detail=str(error)) from error
    return _parse(raw, path)


def save(config: Config, path: Path) -> None:
    """Write the file as a whole."""
    import tomli_w  # noqa: PLC0415 - needed only when something changes

    write_private(path, tomli_w.dumps(_dump(config)).encode())


def parse_setting(key: str, text: str) -> object:
    """The value that `stores set KEY=TEXT` means; an empty text unsets an optional setting.

    Raises:
        Problem: `usage`, for a key that cannot be set or a value that it cannot have.
    """
    fields = {field.name: field for field in msgspec.structs.fields(Store)}
    if key not in SETTINGS:
        known = (*SETTINGS, "carrier.NAME")
        raise _no_setting(usage.setting_unknown(key=key, known=known, nearest=nearest(key, SETTINGS)))
    wanted = fields[key].type
    value: object = text.strip() or None
    if (meant := parse_yes_no(text)) is not None:
        if key == "include_prime":
            value = _PRIME_WORDS[meant]
        elif wanted is bool:
            value = meant
    if key == "marketplace_ids":
        value = [part.strip() for part in text.split(",") if part.strip()] or None
    try:
        found = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _no_setting(_why_not(key, text, wanted)) from error
    if out_of_range := _out_of_range(key, key, found):
        raise _no_setting(out_of_range)
    return found


def _out_of_range(name: str, setting: str, value: object) -> str | None:
    """What is wrong with a number that this setting cannot have; `setting` is how it is called in that text."""
    least, most = _RANGES.get(name, (-LARGEST_NUMBER, LARGEST_NUMBER))
    if not isinstance(value, int) or least <= value <= most:
        return None
    return stores.setting_out_of_range(setting=setting, least=least, most=most)


def _why_not(key: str, text: str, kind: object) -> str:
    """What a setting can be instead of what was given."""
    if get_origin(kind) is Literal:
        return usage.setting_not_one_of(key=key, choices=get_args(kind), given=text)
    if kind is bool:
        return usage.setting_not_one_of(key=key, choices=("true", "false", "yes", "no"), given=text)
    if kind is int or int in get_args(kind):
        return usage.setting_no_number(key=key, given=text)
    return usage.setting_empty(key=key)


def _no_setting(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command="amzlink stores set", detail=detail)


def _parse(raw: Mapping[str, Any], path: Path) -> Config:
    faults: list[str] = []
    of_stores: dict[str, list[str]] = {}

    def read(where: str, value: object, kind: type[_T], default: _T, into: list[str] = faults) -> _T:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            broken = _field_faults(where, value, kind)
            into.extend(broken or [stores.setting_invalid(setting=where, reason=_form(kind))])
            return default

    tables = raw.get("stores", {})
    if not isinstance(tables, dict):
        tables = {}
        faults.append(stores.STORES_ARE_NO_TABLE)
    blank = Store(name="", country="", seller_id="", client_id="", marketplace_ids=())
    old_prime = _old_prime(tables)
    rewritten = {slug: {**tables[slug], "include_prime": _PRIME_BEFORE[before]} for slug, before in old_prime.items()}
    connected = {
        slug: read(f"stores.{slug}", table, Store, blank, of_stores.setdefault(slug, []))
        for slug, table in {**tables, **rewritten}.items()
    }
    for slug, store in connected.items():
        of_stores[slug] += _store_faults(slug, store)
    retention = read("retention", raw.get("retention", {}), Retention, Retention())
    archive = read("archive", raw.get("archive", {}), Archive, Archive())
    config = Config(
        default_store=read("default_store", raw.get("default_store"), str | None, None),  # type: ignore[arg-type]
        stores=connected,
        database=read("database", raw.get("database", {}), Database, Database()),
        retention=retention,
        archive=archive,
        notify=read("notify", raw.get("notify", {}), Notify, Notify()),
        raw=dict(raw),
        old_prime=old_prime,
    )
    faults += _retention_faults(retention)
    faults += _archive_faults(archive)
    faults += _ping_faults(config.notify)
    broken = {slug: found for slug, found in of_stores.items() if found}
    if faults:
        detail = "; ".join([*itertools.chain.from_iterable(broken.values()), *faults])
        raise Problem(ProblemName.CONFIG_INVALID, file=path, detail=detail)
    if not broken:
        return config
    return msgspec.structs.replace(
        config,
        stores={slug: store for slug, store in connected.items() if slug not in broken},
        broken={
            slug: Problem(ProblemName.CONFIG_INVALID, file=path, detail="; ".join(found))
            for slug, found in broken.items()
        },
    )


def _store_faults(slug: str, store: Store) -> list[str]:
    """What is wrong with a store's settings, each of which has the form that it should have."""
    out_of_range = [
        fault
        for name, value in msgspec.structs.asdict(store).items()
        if (fault := _out_of_range(name, f"stores.{slug}.{name}", value))
    ]
    unnamed = [] if is_slug(slug) else [stores.slug_invalid(slug=slug)]
    return [*out_of_range, *unnamed, *_carrier_faults(slug, store)]


def _old_prime(tables: Mapping[str, Any]) -> dict[str, bool]:
    found = {slug: table.get("include_prime") for slug, table in tables.items() if isinstance(table, dict)}
    return {slug: value for slug, value in found.items() if isinstance(value, bool)}


def _field_faults(where: str, table: object, kind: object) -> list[str]:
    """What is wrong with each key of a table; msgspec tells only the first."""
    if not (isinstance(table, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return []
    faults = []
    for field in msgspec.structs.fields(kind):
        if field.name in table:
            try:
                msgspec.convert(table[field.name], field.type)
            except msgspec.ValidationError:
                faults.append(stores.setting_invalid(setting=f"{where}.{field.name}", reason=_form(field.type)))
        elif field.required:
            faults.append(stores.setting_missing(setting=f"{where}.{field.name}"))
    return faults


def _form(kind: object) -> str:
    """What a value has to be, in words; the library's own speak of its types."""
    kinds = set(get_args(kind)) - {type(None)} if get_origin(kind) in (Union, UnionType) else {kind}
    plain = {get_origin(each) or each for each in kinds}
    if Literal in plain:
        return stores.one_of([choice for each in kinds for choice in get_args(each)])
    if {str, dict} <= plain:
        return stores.A_TEXT_OR_TABLE
    return next((words for each, words in _FORMS.items() if each in plain), stores.A_TABLE)


def _carrier_faults(slug: str, store: Store) -> list[str]:
    """What of the store's own carriers could not be told to Amazon."""
    faults = []
    for name, meant in store.carriers.items():
        parts = (name, meant) if isinstance(meant, str) else (name, meant.code, meant.method or meant.code)
        if not all(map(is_usable, parts)):
            faults.append(stores.carrier_invalid(setting=f"stores.{slug}.carriers", name=name))
    if len(store.own_carriers) < len(store.carriers):
        faults.append(stores.carrier_twice(setting=f"stores.{slug}.carriers"))
    return faults


def _retention_faults(retention: Retention) -> list[str]:
    faults = []
    if not 1 <= retention.days <= LONGEST_RETENTION_DAYS:
        faults.append(stores.retention_days_invalid(days=retention.days, most=LONGEST_RETENTION_DAYS))
    if retention.counts_from not in ("delivery", "shipment"):
        faults.append(stores.RETENTION_COUNTS_FROM_INVALID)
    if not 0 <= retention.unknown_delivery_days <= LONGEST_RETENTION_DAYS:
        faults.append(stores.unknown_delivery_days_invalid(most=LONGEST_RETENTION_DAYS))
    if not 1 <= retention.order_months <= MOST_ORDER_MONTHS:
        faults.append(stores.ORDER_MONTHS_INVALID)
    return faults


def _ping_faults(notify: Notify) -> list[str]:
    """An address is never repeated: who knows it can pretend that all is well."""
    given = notify.ping.values() if isinstance(notify.ping, dict) else [notify.ping or ""]
    wrong = [address for address in given if address and not is_protected(address.replace(_STORE, "s"))]
    return [schedule.PING_NOT_PROTECTED] if wrong else []


def _archive_faults(archive: Archive) -> list[str]:
    """What of it no purge could use. A key is never repeated: it may be a private one."""
    faults = []
    if archive.dir is not None:
        try:
            absolute = Path(archive.dir).expanduser().is_absolute()
        except RuntimeError:  # the home of a user that there is not
            absolute = False
        if not absolute:
            faults.append(privacy.ARCHIVE_DIR_RELATIVE)
        if not archive.recipients:
            faults.append(privacy.ARCHIVE_RECIPIENTS_MISSING)
    elif archive.recipients:
        faults.append(privacy.ARCHIVE_DIR_MISSING)
    for number, text in enumerate(archive.recipients, 1):
        kind = kind_of(clean(text))
        if kind is AgeKey.PRIVATE:
            faults.append(privacy.archive_recipient_private(number=number))
        elif kind is not AgeKey.PUBLIC:
            faults.append(privacy.archive_recipient_unusable(number=number, found=kind))
    return faults


def _dump(config: Config) -> dict[str, Any]:
    raw = dict(config.raw)
    raw.pop("default_store", None)
    if config.default_store:
        raw["default_store"] = config.default_store
    known = raw.get("stores", {})
    raw["stores"] = {
        slug: {**known.get(slug, {}), **_plain(store, known.get(slug, {}))} for slug, store in config.stores.items()
    } | {slug: known[slug] for slug in config.broken}
    for slug, store in config.stores.items():
        for field in store.__struct_fields__:
            if getattr(store, field) is None:
                raw["stores"][slug].pop(field, None)
    return raw


# What most stores lack is written only where there is something to write.
_LEFT_OUT: Final = frozenset({"test", "amazon_sandbox", "carriers"})


def _plain(store: Store, before: Mapping[str, Any]) -> dict[str, Any]:
    """The store's fields for TOML, which knows no null; marks that most stores lack appear only where they are set."""
    fields = {name: value for name, value in msgspec.to_builtins(store).items() if value is not None}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
        if value or name not in _LEFT_OUT or name in before
    }
