"""How stores look: listed, shown, set, connected, disconnected; to a program and to a person."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.amazon.marketplaces import BY_ID
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, join, joined, path_text
from amzlink.cli.views.words import counted
from amzlink.config.settings import SETTINGS, Store
from amzlink.core.shipments.own_carriers import OwnCarrier, same_name
from amzlink.core.store_choices import IncludePrime
from amzlink.jobs.disconnect import Disconnected
from amzlink.jobs.stores.save import Connected, region_of
from amzlink.jobs.stores.settings import CARRIER, SecretPlace, Shown
from amzlink.problems import ProblemName
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Source


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier of the store's own table: Amazon's code, and the shipping method that is told with it."""

    code: str
    method: str | None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `stores set` can change; the marketplaces stand beside it."""

    name: str
    import_weights: bool
    update_status_when: Literal["announced", "processed"]
    destination: Literal["none", "sendcloud"]
    hold_missing_weight: bool
    hold_missing_customs: bool
    default_weight_grams: int | None
    include_prime: IncludePrime
    include_customised: bool
    notes_for_demands: bool
    ship_by_guard_hours: int
    purge_destination: bool
    sendcloud_public_key: str | None
    sendcloud_integration_id: int | None
    carriers: dict[str, Carrier]


class SecretOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret comes from, None that it is not there; or what keeps it from being looked at.

    `file` is the file that it is in; without a source it is one that `connect` wrote and no variable names.
    """

    source: Source | None
    problem: ProblemName | None
    file: str | UnsetType = UNSET


class StorePart(msgspec.Struct, frozen=True, kw_only=True):
    """A store. Its secrets are left out where nobody asked for them."""

    store: str
    country: str
    marketplace_ids: tuple[str, ...]
    region: str | None
    seller_id: str
    client_id: str
    default: bool
    test: bool
    amazon_sandbox: bool
    settings: Settings
    secrets: dict[SecretName, SecretOrigin] | UnsetType = UNSET


class StoresDocument(Document, frozen=True, kw_only=True):
    """`stores list --json`."""

    stores: list[StorePart]


StoreDocument = joined("StoreDocument", Document, StorePart)
"""`stores show --json` and `stores set --json`."""


class DefaultDocument(Document, frozen=True, kw_only=True):
    """`stores default --json`."""

    default_store: str


class ConnectDocument(Document, frozen=True, kw_only=True):
    """`connect --json`."""

    store: str
    country: str
    marketplace_ids: tuple[str, ...]
    region: str | None
    verified: bool
    settings: Settings


class DisconnectDocument(Document, frozen=True, kw_only=True):
    """`disconnect --json`. `purged`, `archived` and `copies_left` count orders.

    `secrets_left` are variables by which this machine still gives secrets of the store, `files_left` files with them.
    """

    store: str
    purged: int
    kept_orders: bool
    archived: int
    archive: str | None
    copies_left: int
    secrets_left: list[str]
    files_left: list[str]


def show_stores(console: Console, stores: Sequence[Shown]) -> None:
    """All stores."""
    console.result(
        lambda: StoresDocument(stores=[_part(shown) for shown in stores]), lambda: _print_list(console, stores)
    )


def show_store(console: Console, shown: Shown) -> None:
    """One store with its settings, and where its secrets come from."""
    console.result(lambda: _document(shown), lambda: _print(console, shown))


def show_settings(console: Console, shown: Shown, keys: Sequence[str]) -> None:
    """The settings that were changed."""

    def show() -> None:
        settings, carriers = _settings(shown.store), [key for key in keys if key.startswith(CARRIER)]
        for key in keys:
            if key in carriers:
                _print_carrier(console, shown, key)
            else:
                console.line(f"{shown.slug}: {key} = {_spelled(settings[key])}")
        if any(same_name(_carrier_of(key), shown.store.carriers) for key in carriers):
            option = console.option_of(shown.slug)
            console.say(
                f"`amzlink push-status{option}` corrects what was confirmed under another code in the last 30 days."
            )

    console.result(lambda: _document(shown), show)


def show_default(console: Console, slug: str) -> None:
    """Which store is the default now."""
    console.result(
        lambda: DefaultDocument(default_store=slug), lambda: console.line(f"{slug} is now the default store.")
    )


def show_connected(console: Console, connected: Connected, before_next: Callable[[], None]) -> None:
    """A store that was connected, or updated. `before_next` says what has to be done before the next step."""
    store = connected.store
    console.result(
        lambda: ConnectDocument(
            store=connected.slug,
            country=store.country,
            marketplace_ids=store.marketplace_ids,
            region=region_of(store),
            verified=connected.verified,
            settings=_settings_part(store),
        ),
        lambda: _print_connected(console, connected, before_next),
    )


def show_disconnected(console: Console, done: Disconnected) -> None:
    """What went with a store, and what is left of it elsewhere."""
    for name in done.still_given:
        console.say(
            f"This machine still provides a secret of the store: remove {name} (or its _FILE, or the credential)."
        )
    if done.files_left:
        files = ", ".join(map(str, done.files_left))
        one = len(done.files_left) == 1
        console.say(
            f"{'This file still has a secret' if one else 'These files still have secrets'} of the store. "
            f"Delete {'it' if one else 'them'}: {files}"
        )
    console.result(
        lambda: DisconnectDocument(
            store=done.slug,
            purged=done.purged,
            kept_orders=done.kept_orders,
            secrets_left=list(done.still_given),
            files_left=[path_text(file) for file in done.files_left],
            archived=done.archived,
            archive=path_text(done.archive) if done.archive else None,
            copies_left=done.copies_left,
        ),
        lambda: console.line(
            f"Disconnected: {done.slug}. The personal data of {counted(done.purged, 'order')} was deleted."
        ),
    )
    if done.archive:
        console.say(f"The tax records of {counted(done.archived, 'order')} were archived first: {done.archive}")
    if done.copies_left:
        console.say(
            f"Sendcloud still has {counted(done.copies_left, 'order')} and keeps each for 180 days. Delete them in its "
            "panel if they must go now."
        )


def _document(shown: Shown) -> Document:
    return join(StoreDocument, _part(shown))


def _part(shown: Shown) -> StorePart:
    store = shown.store
    return StorePart(
        store=shown.slug,
        country=store.country,
        marketplace_ids=store.marketplace_ids,
        region=region_of(store),
        seller_id=store.seller_id,
        client_id=store.client_id,
        default=shown.is_default,
        test=store.test,
        amazon_sandbox=store.amazon_sandbox,
        settings=_settings_part(store),
        secrets=UNSET if shown.secrets is None else {name: _origin(place) for name, place in shown.secrets.items()},
    )


def _origin(place: SecretPlace) -> SecretOrigin:
    return SecretOrigin(source=place.source, problem=place.problem, file=path_text(place.file) if place.file else UNSET)


def _spelled_origin(place: SecretPlace) -> str:
    if place.source:
        return f"from the {place.source}" + (f": {place.file}" if place.file else "")
    missing = place.problem.value if place.problem else "missing"
    return f"{missing}: no variable names its file {place.file}" if place.file else missing


def _settings_part(store: Store) -> Settings:
    plain = {key: getattr(store, key) for key in Settings.__struct_fields__ if key != "carriers"}
    carriers = {name: Carrier(code=meant.code, method=meant.method) for name, meant in _carriers(store).items()}
    return Settings(**plain, carriers=carriers)


def _carriers(store: Store) -> dict[str, OwnCarrier]:
    """The store's own carriers, by the names as they were given."""
    return {
        name: OwnCarrier(meant) if isinstance(meant, str) else meant for name, meant in sorted(store.carriers.items())
    }


def _settings(store: Store) -> Mapping[str, object]:
    """By key, in the order of the documentation."""
    return {key: getattr(store, key) for key in SETTINGS if key != "marketplace_ids"} | {
        "marketplace_ids": ", ".join(store.marketplace_ids)  # a line can be broken there
    }


def _print_list(console: Console, stores: Sequence[Shown]) -> None:
    if stores:
        columns = ("STORE", "NAME", "SELLS IN", "SELLER ID", "")
        console.table(columns, [_row(shown) for shown in stores], keys=("STORE", "SELLER ID"))
    else:
        console.say("No store is connected. `amzlink connect` links one.")


def _row(shown: Shown) -> tuple[str, ...]:
    store = shown.store
    countries = (BY_ID[id_].country if id_ in BY_ID else id_ for id_ in store.marketplace_ids)
    marks = [word for word, holds in (("default", shown.is_default), ("test", store.test)) if holds]
    return shown.slug, store.name, " ".join(countries), store.seller_id, ", ".join(marks)


def _print(console: Console, shown: Shown) -> None:
    store = shown.store
    console.line(f"{shown.slug}: {store.name}")
    rows: dict[str, object] = {
        "country": store.country,
        "region": region_of(store) or "unknown",
        "seller_id": store.seller_id,
        "client_id": store.client_id,
        "test store": store.test,
        **_settings(store),
        **{f"{CARRIER}{name}": _spelled_carrier(meant) for name, meant in _carriers(store).items()},
    }
    for name, place in (shown.secrets or {}).items():
        rows[name] = _spelled_origin(place)
    width = max(map(len, rows))
    for key, value in rows.items():
        console.line(_spelled(value), lead=f"  {key:<{width}}  ")


def _print_connected(console: Console, connected: Connected, before_next: Callable[[], None]) -> None:
    store = connected.store
    names = ", ".join(BY_ID[marketplace_id].name for marketplace_id in store.marketplace_ids)
    proved = "" if connected.verified else " The link was not verified."
    console.line(f"Connected: {store.name} (store {connected.slug}, {names}).{proved}")
    before_next()
    further = " and sends them to Sendcloud" if store.destination == "sendcloud" else ""
    console.say(f"Next: `amzlink import-orders{console.option_of(connected.slug)}` fetches the orders{further}.")


def _carrier_of(key: str) -> str:
    return key.removeprefix(CARRIER).strip()


def _print_carrier(console: Console, shown: Shown, key: str) -> None:
    given = _carrier_of(key)
    carriers = _carriers(shown.store)
    name = same_name(given, carriers)
    if name is None:
        console.line(f"{shown.slug}: {CARRIER}{given} was removed. amzlink's own list of carriers counts again.")
        return
    console.line(f"{shown.slug}: {CARRIER}{name} = {_spelled_carrier(carriers[name])}")


def _spelled_carrier(carrier: OwnCarrier) -> str:
    return f"{carrier.code},{carrier.method}" if carrier.method else carrier.code


def _spelled(value: object) -> str:
    """As it is written in `KEY=VALUE`."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
