"""Storing a link: which store it is, where its secrets come from, and all of it or nothing."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.account import account_key, account_key_of
from amzlink.amazon.marketplaces import BY_COUNTRY, Marketplace, Region
from amzlink.config.settings import Config, Store
from amzlink.core.stores.slug import free_slug, is_slug, slug_of
from amzlink.deps import ENDPOINT_VARIABLES, Deps
from amzlink.jobs.stores.answers import Answers
from amzlink.orderbook.privacy.disconnected import former_stores
from amzlink.problems import Problem, ProblemName, secrets, stores, usage
from amzlink.run import StoreRun
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.names import SecretName, file_in, spoken, variable
from amzlink.secrets.store import Secret, SecretStore, require

_EXAMPLE_SLUG: Final = "my-shop"
_VAULT_KEY: Final[SecretName] = "vault-key"
_OF_THE_MACHINE: Final = frozenset({"environment", "file", "credentials directory"})
GIVEN: Final[tuple[SecretName, SecretName]] = ("client-secret", "refresh-token")


class AnotherStoreError(Problem):
    """The short name that was asked for is not this account's, and no other answer than another name changes that."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A store as it was stored."""

    slug: str
    store: Store
    verified: bool


def find_store(config: Config, seller_id: str, region: Region, *, test: bool, amazon_sandbox: bool) -> str | None:
    """The slug under which this account is connected already. A test store is never taken for a real one."""
    return next(
        (
            slug
            for slug, store in config.stores.items()
            if _mismatch(store, seller_id, region, test=test, amazon_sandbox=amazon_sandbox) is None
        ),
        None,
    )


def region_of(store: Store) -> Region | None:
    """The store's region; None where somebody has written a country that Amazon does not have."""
    marketplace = BY_COUNTRY.get(store.country)
    return marketplace.region if marketplace else None


def choose_slug(
    deps: Deps, wanted: str | None, *, name: str, seller_id: str, marketplace: Marketplace, amazon_sandbox: bool = False
) -> str:
    """The slug that the link will be stored under: the one wanted, that of the same account, or the next free one.

    Raises:
        Problem: `usage`, where `wanted` is no slug, is another account's, or the account has another one.
    """
    config = deps.load_config()
    region, test = marketplace.region, deps.endpoints_overridden
    connected = find_store(config, seller_id, region, test=test, amazon_sandbox=amazon_sandbox)
    elsewhere = _connected_elsewhere(deps)
    account = account_key(seller_id, region, test=test, amazon_sandbox=amazon_sandbox)
    connected = connected or next((slug for slug, whose in elsewhere.items() if whose == account), None)
    others = {slug for slug, whose in elsewhere.items() if whose != account}
    if wanted is None:
        strangers = _names_of_others(deps, seller_id, region, test=test) | others
        return connected or free_slug(name, marketplace.country, {*config.stores, *strangers})
    if not is_slug(wanted):
        raise usage_problem(stores.slug_malformed(slug=wanted))
    taken = config.stores.get(wanted)
    if taken and (reason := _mismatch(taken, seller_id, region, test=test, amazon_sandbox=amazon_sandbox)):
        raise usage_problem(stores.slug_of_another_account(slug=wanted, reason=reason))
    if not taken and connected and connected != wanted:
        detail = stores.connected_under_another_slug(slug=connected, wanted=wanted)
        raise _another_store(detail, stores.update_connected(slug=connected))
    if not taken and wanted in others:
        raise _another_store(stores.slug_on_another_machine(slug=wanted), stores.ANOTHER_SHORT_NAME)
    if not taken and wanted in _names_of_others(deps, seller_id, region, test=test):
        raise _another_store(stores.slug_of_kept_orders(slug=wanted), stores.ANOTHER_SHORT_NAME)
    return wanted


def _another_store(detail: str, advice: str) -> AnotherStoreError:
    return AnotherStoreError(ProblemName.USAGE, command=usage.CONNECT, detail=detail, advice=advice)


def _connected_elsewhere(deps: Deps) -> Mapping[str, str]:
    """Whose the stores are that machines which share the order book have connected, by their slugs."""
    if not deps.shares_book:
        return {}
    from amzlink.orderbook.leases import accounts  # noqa: PLC0415 - few books are shared

    with deps.database() as database:
        return accounts(database)


def _names_of_others(deps: Deps, seller_id: str, region: Region, *, test: bool) -> set[str]:
    """The names under which the order book keeps orders of other accounts, which were disconnected."""
    if not deps.has_database():
        return set()
    with deps.database() as database:
        former = former_stores(database)
    return {
        slug
        for slug, store in former.items()
        if (store.seller_id, store.test) != (seller_id, test) or BY_COUNTRY[store.country].region != region
    }


def _mismatch(store: Store, seller_id: str, region: Region, *, test: bool, amazon_sandbox: bool) -> str | None:
    """What tells a store from the account that is being connected; None where they are the same."""
    if store.test != test:
        return stores.IS_A_TEST_STORE if store.test else stores.is_a_real_store(variables=", ".join(ENDPOINT_VARIABLES))
    if store.amazon_sandbox != amazon_sandbox:
        return stores.connected_with_sandbox(sandbox=store.amazon_sandbox)
    if store.seller_id != seller_id:
        return stores.has_seller_id(seller_id=store.seller_id)
    if region_of(store) != region:
        return stores.is_in_another_region(country=store.country)
    return None


def pick_secret(deps: Deps, slug: str | None, name: SecretName, given: str | None) -> Secret | None:
    """The secret to use: the one given, else the environment's, else the one that a connected store has already.

    Without a slug nobody can tell yet what the environment gives.

    Raises:
        Problem: `usage`, where the environment would go on winning over what is given; or the secret store's.
    """
    if slug and deps.secrets.overridden(slug, name):
        found = require(deps.secrets, slug, name)
        if given is not None and given != found.reveal():
            raise usage_problem(stores.secret_given_twice(secret=spoken(name), variable=variable(slug, name)))
        return found
    if given is not None:
        return Secret(given, "memory")
    return deps.secrets.get(slug, name) if slug and slug in deps.load_config().stores else None


def require_place(
    deps: Deps, slug: str | None, name: str | None = None, *, wanted: Sequence[SecretName] = GIVEN
) -> None:
    """Fail before any question is asked or call made, where these secrets could not be kept in the end.

    Raises:
        Problem: `keyring-unavailable` or `keyring-locked`. As long as the store is not connected, the next step begins
            with its slug: the one wanted, or one that its `name` gives.
    """
    chosen = slug or slug_of(name or "") or _EXAMPLE_SLUG
    for secret in wanted:
        if slug is None or not deps.secrets.overridden(slug, secret):
            try:
                deps.secrets.get(chosen, secret)
            except Problem as problem:
                if chosen in deps.load_config().stores:
                    raise
                variables = [f"{variable(chosen, each)}_FILE" for each in (*GIVEN, _VAULT_KEY)]
                raise problem.with_facts(first=secrets.before_connecting(slug=chosen, variables=variables)) from problem


def keep(deps: Deps, answers: Answers, *, verified: bool, renewing: bool = False) -> Connected:
    """Store the link: first the secrets, last the settings, so that no store is in the settings without its secrets.

    With `renewing` a secret that the environment gives counts as new, unless its mark says that it is the one before.

    Raises:
        Problem: what the keyring or the disk raises; the secrets are then put back as they were, unless the settings
            were written already.
    """
    before = deps.load_config().stores.get(answers.slug)

    def is_written() -> bool:
        with contextlib.suppress(Problem):
            return deps.load_config().stores.get(answers.slug) != before
        return False

    kept: dict[SecretName, Secret] = dict(zip(GIVEN, (answers.client_secret, answers.refresh_token), strict=True))
    if answers.sendcloud:
        kept["sendcloud-secret-key"] = answers.sendcloud.secret_key
    given = {name: secret for name, secret in kept.items() if not deps.secrets.overridden(answers.slug, name)}
    with _secrets_kept(deps.secrets, answers.slug, given, is_written) as changed:
        config = deps.load_config()  # again: the questions may have taken minutes
        store = _merged(deps, config.stores.get(answers.slug), answers, changed, renewing=renewing)
        if deps.shares_book:
            from amzlink.orderbook.leases import note_account  # noqa: PLC0415 - few books are shared

            with deps.book(answers.slug) as book:
                note_account(book, account_key_of(store))
        deps.save_config(config.with_store(answers.slug, store))
    deps.log.write(deps.clock.now(), "connect", store=answers.slug, verified=verified)
    return Connected(answers.slug, store, verified)


def vault_fault(deps: Deps, slug: str) -> Problem | None:
    """What would keep the first import from sealing addresses: a machine without a keyring needs a file for its key.

    Where machines share the order book, it has to be the key of all.
    """
    try:
        deps.secrets.get(slug, "vault-key")
        if deps.shares_book:
            with StoreRun(deps, slug) as run:
                _ = run.sealed
    except Problem as problem:
        return problem
    return deps.key_of_one_machine(slug)


@contextlib.contextmanager
def _secrets_kept(
    store: SecretStore, slug: str, given: Mapping[SecretName, Secret], is_written: Callable[[], bool]
) -> Iterator[frozenset[SecretName]]:
    """Keep these secrets, and put the former ones back if anything fails; gives the names of those that are new.

    They stay once the settings are written, whatever comes after: Ctrl-C, or a disk that breaks.
    """
    before = {name: store.get(slug, name) for name in given}
    changed = frozenset(name for name, secret in given.items() if _value(before[name]) != secret.reveal())
    try:
        for name in changed:
            store.set(slug, name, given[name].reveal())
        yield changed
    except BaseException:
        for name in () if is_written() else changed:
            with contextlib.suppress(Problem):  # the first failure is the one to tell
                _put_back(store, slug, name, before[name])
        raise


def _put_back(store: SecretStore, slug: str, name: SecretName, secret: Secret | None) -> None:
    if secret is None:
        store.delete(slug, name)
    else:
        store.set(slug, name, secret.reveal())


def _value(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def _merged(
    deps: Deps, before: Store | None, answers: Answers, changed: frozenset[SecretName], *, renewing: bool
) -> Store:
    """The store's new settings; what connect does not ask about stays as it was."""
    settings: dict[str, Any] = {
        "name": answers.name,
        "country": answers.marketplaces[0].country,
        "seller_id": answers.seller_id,
        "client_id": answers.client_id,
        "marketplace_ids": answers.marketplace_ids,
        "import_weights": answers.import_weights,
        "update_status_when": answers.update_status_when,
        "amazon_sandbox": answers.amazon_sandbox,
        "test": deps.endpoints_overridden,
        "destination": answers.destination,
    }
    if answers.purge_destination is not None:
        settings["purge_destination"] = answers.purge_destination
    if answers.sendcloud:
        settings["sendcloud_public_key"] = answers.sendcloud.public_key
        settings["sendcloud_integration_id"] = answers.sendcloud.integration_id
    if folder := _folder_of(deps.secrets, answers.slug):
        settings["secrets_folder"] = str(folder)
    elif changed and not isinstance(deps.secrets, FileSecrets):
        settings["secrets_folder"] = None  # they are in the keyring now
    today = (deps.of_store(before) if before else deps).clock.now().date().isoformat()
    unseen = renewing and not changed  # a variable or file had the new secret before amzlink was run
    for name, secret, day, mark in (
        ("client-secret", answers.client_secret, "client_secret_set_on", "client_secret_mark"),
        ("refresh-token", answers.refresh_token, "authorised_on", "refresh_token_mark"),
    ):
        settings[mark] = _mark(secret)
        known: str | None = getattr(before, mark) if before else None
        is_another = known != settings[mark] if known else unseen and secret.source in _OF_THE_MACHINE
        if before is None or name in changed or is_another:
            settings[day] = today
    return Store(**settings) if before is None else msgspec.structs.replace(before, **settings)


def _folder_of(store: SecretStore, slug: str) -> Path | None:
    """The folder with the secrets that are kept in files, which the environment names to who is started anew."""
    if not isinstance(store, FileSecrets) or store.folder is None:
        return None
    is_there = store.file_of(slug, "refresh-token") == file_in(store.folder, slug, "refresh-token")
    return store.folder if is_there else None


def _mark(secret: Secret) -> str:
    """By which another secret is told from this one, and no more: 32 bits of its hash.

    No salt: nobody guesses a random secret, and that two stores share one is told by their `client_id` already.
    """
    return hashlib.sha256(secret.reveal().encode()).hexdigest()[:8]


def usage_problem(detail: str) -> Problem:
    """What cannot be understood, or be done, as it was given."""
    return Problem(ProblemName.USAGE, command=usage.CONNECT, detail=detail)
