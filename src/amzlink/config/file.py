"""The config file, read and written as a whole."""

import functools
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from amzlink.config.faults import archive_faults, field_faults, form_of, ping_faults, retention_faults, store_faults
from amzlink.config.settings import Archive, Config, Database, Notify, Store
from amzlink.core.decoding import UndecodableError, read_toml
from amzlink.core.privacy.retention import Retention
from amzlink.core.store_choices import IncludePrime
from amzlink.files.reading import read_private
from amzlink.files.rights import refuse_if_open
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName, stores

_T = TypeVar("_T")

# A boolean of an earlier version, which wrote false where nobody had chosen anything.
_PRIME_BEFORE: Final[Mapping[bool, IncludePrime]] = {True: "always", False: "auto"}
# What most stores lack is written only where there is something to write.
_LEFT_OUT: Final = frozenset({"test", "amazon_sandbox", "carriers"})


def read_config(path: Path, *, one_by_one: bool = False) -> Config:
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


def write_config(config: Config, path: Path) -> None:
    """Write the file as a whole."""
    import tomli_w  # noqa: PLC0415 - needed only when something changes

    write_private(path, tomli_w.dumps(_dump(config)).encode())


def _parse(raw: Mapping[str, Any], path: Path) -> Config:
    faults: list[str] = []
    of_stores: dict[str, list[str]] = {}

    def read(where: str, value: object, kind: type[_T], default: _T, into: list[str] = faults) -> _T:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            broken = field_faults(where, value, kind)
            into.extend(broken or [stores.setting_invalid(setting=where, reason=form_of(kind))])
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
        of_stores[slug] += store_faults(slug, store)
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
    faults += retention_faults(retention)
    faults += archive_faults(archive)
    faults += ping_faults(config.notify)
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


def _old_prime(tables: Mapping[str, Any]) -> dict[str, bool]:
    found = {slug: table.get("include_prime") for slug, table in tables.items() if isinstance(table, dict)}
    return {slug: value for slug, value in found.items() if isinstance(value, bool)}


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


def _plain(store: Store, before: Mapping[str, Any]) -> dict[str, Any]:
    """The store's fields for TOML, which knows no null; marks that most stores lack appear only where they are set."""
    fields = {name: value for name, value in msgspec.to_builtins(store).items() if value is not None}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
        if value or name not in _LEFT_OUT or name in before
    }
