"""The connected stores: what they are, how they are set, and which is the default."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.amazon.carriers import find_code, nearest_code
from amzlink.amazon.marketplaces import BY_ID, MARKETPLACES, Marketplace, find_country
from amzlink.config.settings import Store
from amzlink.config.typed_setting import parse_setting
from amzlink.core.shipments.own_carriers import OwnCarrier, is_usable, same_name
from amzlink.core.stores.pasted_values import check
from amzlink.deps import Deps
from amzlink.problems import Problem, ProblemName, store_option, stores
from amzlink.secrets.names import NAMES, SecretName
from amzlink.secrets.store import Source

_COMMAND: Final = "amzlink stores set"
CARRIER: Final = "carrier."
"""What stands before the name in `stores set carrier.NAME=CODE`."""
Carriers = dict[str, str | OwnCarrier]
"""`[stores.SLUG.carriers]` as the file has it."""
_OF_SENDCLOUD: Final = frozenset({"destination", "sendcloud_public_key", "sendcloud_integration_id"})


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret comes from, or the name of the problem that keeps it from being looked at; never its value.

    `file` is the file that it is in; without a source it is one that `connect` wrote and nothing here names.
    """

    source: Source | None
    problem: ProblemName | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A store; `secrets` are left out where nobody asked for them."""

    slug: str
    store: Store
    is_default: bool
    secrets: dict[SecretName, SecretPlace] | None = None


def list_stores(deps: Deps) -> list[Shown]:
    """All stores, by slug. The keyring is not asked."""
    config = deps.load_config()
    return [Shown(slug, store, slug == config.default_store) for slug, store in sorted(config.stores.items())]


def show_store(deps: Deps, slug: str | None) -> Shown:
    """One store, and where each of its secrets comes from.

    Raises:
        Problem: `no-store` or `which-store`.
    """
    config = deps.load_config()
    slug = config.choose(slug, deps.home.config_file)
    places = {name: _place(deps, slug, name) for name in NAMES}
    return Shown(slug, config.stores[slug], slug == config.default_store, places)


def set_settings(deps: Deps, slug: str | None, assignments: Sequence[str]) -> Shown:
    """Change settings, each given as `KEY=VALUE`, all of them or none; an empty value takes an optional one away.

    `carrier.NAME=CODE[,METHOD]` is a line of the store's own table of carriers. A code that Amazon's list does not
    have is taken, since the list may be older than the code, and warned of.

    Raises:
        Problem: `usage`, `region-mixed`, `secret-looks-wrong`, `sendcloud-keys-missing`, `no-store`, `which-store`, or
            what keeps the secrets from being looked at.
    """
    config = deps.load_config()
    slug = config.choose(slug, deps.home.config_file)
    store, unlisted = config.stores[slug], []
    wanted = _read(assignments)
    for key, text in wanted.items():
        if not key.startswith(CARRIER):
            store = msgspec.structs.replace(store, **_changes(store, key, text))
            continue
        name = key.removeprefix(CARRIER).strip()
        carriers = _with_carrier(store.carriers, name, text)
        store = msgspec.structs.replace(store, carriers=carriers)
        if text and (problem := _if_unlisted(slug, name, carriers[name])):
            unlisted.append(problem)
    if store.destination == "sendcloud" and _OF_SENDCLOUD & wanted.keys():
        _require_keys(deps, slug, store)
    deps.save_config(config.with_store(slug, store))
    for problem in unlisted:
        deps.observer.warn(problem)
    return Shown(slug, store, slug == config.default_store)


def key_of(assignment: str) -> str:
    """The setting that `KEY=VALUE` is about."""
    return assignment.partition("=")[0].strip()


def _read(assignments: Sequence[str]) -> dict[str, str]:
    """The values by their keys. Raises `usage`, for what is no assignment, and for a key that is there twice."""
    read: dict[str, str] = {}
    for assignment in assignments:
        _, equals, text = assignment.partition("=")
        key = key_of(assignment)
        if not (key and equals):
            raise _usage(stores.not_an_assignment(text=assignment))
        if same_name(key, read):
            raise _usage(stores.setting_twice(key=key))
        read[key] = text.strip()
    return read


def _with_carrier(before: Carriers, name: str, text: str) -> Carriers:
    """The store's own table with this line; without it, where the text is empty."""
    if not name:
        raise _usage(stores.CARRIER_NAME_MISSING)
    written = same_name(name, before)
    carriers = {other: meant for other, meant in before.items() if other != written}
    if text:
        carriers[name] = carrier = _carrier(text)
        if not all(map(is_usable, (name, carrier.code, carrier.method or carrier.code))):
            raise _usage(stores.CARRIER_UNUSABLE)
    elif written is None:
        raise _usage(stores.carrier_not_set(name=name, known=list(before)))
    return {
        other: meant.code if isinstance(meant, OwnCarrier) and meant.method is None else meant
        for other, meant in carriers.items()
    }


def _if_unlisted(slug: str, name: str, carrier: str | OwnCarrier) -> Problem | None:
    """What is to be said of a carrier whose code Amazon's list does not have."""
    code = carrier.code if isinstance(carrier, OwnCarrier) else carrier
    if find_code(code) is not None:
        return None
    unlisted = Problem(ProblemName.CARRIER_CODE_UNLISTED, code=code, carrier=name, store_option=store_option(slug))
    nearest = nearest_code(code)
    return unlisted.with_facts(advice=nearest) if nearest else unlisted


def _carrier(text: str) -> OwnCarrier:
    """`CODE[,METHOD]`; a code of Amazon's list in Amazon's spelling, since each letter of it counts."""
    code, _, method = (part.strip() for part in text.partition(","))
    return OwnCarrier(find_code(code) or code, method or None)


def set_default(deps: Deps, slug: str) -> str:
    """Choose the store that commands work on when none is named.

    Raises:
        Problem: `no-store`.
    """
    config = deps.load_config()
    config.choose(slug, deps.home.config_file)
    deps.save_config(msgspec.structs.replace(config, default_store=slug))
    return slug


def _place(deps: Deps, slug: str, name: SecretName) -> SecretPlace:
    try:
        secret = deps.secrets.get(slug, name)
    except Problem as problem:
        return SecretPlace(None, problem.name, _unnamed(deps, slug, name))
    if secret is None:
        return SecretPlace(None, file=_unnamed(deps, slug, name))
    return SecretPlace(secret.source, file=secret.file)


def _unnamed(deps: Deps, slug: str, name: SecretName) -> Path | None:
    try:
        return deps.secrets.unnamed_file(slug, name)
    except Problem:  # which is told already
        return None


def _changes(store: Store, key: str, text: str) -> dict[str, Any]:
    if key == "marketplace_ids":
        return _marketplace_changes(store, text)
    value = parse_setting(key, text)
    if key == "sendcloud_public_key" and isinstance(value, str):
        value = check("Sendcloud public key", value, BY_ID)
    return {key: value}


def _require_keys(deps: Deps, slug: str, store: Store) -> None:
    """A store that sends orders to Sendcloud has both keys, and the integration that they belong to."""
    has_all = store.sendcloud_public_key and store.sendcloud_integration_id
    if not has_all or deps.secrets.get(slug, "sendcloud-secret-key") is None:
        raise Problem(ProblemName.SENDCLOUD_KEYS_MISSING, store=slug, store_option=store_option(slug))


def _marketplace_changes(store: Store, text: str) -> dict[str, Any]:
    """The marketplaces, given as ids or countries. If the store's own country goes, the first of the rest follows."""
    chosen: dict[str, Marketplace] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        marketplace = find_country(part)
        if marketplace is None:
            countries = ", ".join(marketplace.country for marketplace in MARKETPLACES)
            raise _usage(stores.marketplace_unknown(text=part, countries=countries))
        chosen[marketplace.id] = marketplace
    if not chosen:
        raise _usage(stores.MARKETPLACE_MISSING)
    before = [BY_ID[known] for known in store.marketplace_ids if known in BY_ID]
    if len({marketplace.region for marketplace in (*chosen.values(), *before)}) > 1:
        names = dict.fromkeys(marketplace.name for marketplace in (*before, *chosen.values()))
        raise Problem(ProblemName.REGION_MIXED, detail=", ".join(names))
    countries_now = [marketplace.country for marketplace in chosen.values()]
    country = store.country if store.country in countries_now else countries_now[0]
    return {"marketplace_ids": tuple(chosen), "country": country}


def _usage(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command=_COMMAND, detail=detail)
