"""What can be checked on this machine alone: settings, secrets, order book, vault, the last runs, the quotas."""

import contextlib
import stat
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY, BY_ID
from amzlink.amazon.orders import GET_ORDER, SEARCH_ORDERS
from amzlink.clock import to_iso
from amzlink.config.settings import Archive, Config, Store
from amzlink.core.diagnosis.checks import Check, Result, found, passed, skipped
from amzlink.deps import Deps
from amzlink.files.home import Home
from amzlink.files.rights import open_mode
from amzlink.jobs.privacy.due import overdue
from amzlink.orderbook.health import book_faults, facts_of, last_runs
from amzlink.orderbook.privacy.archive_folders import archive_folders
from amzlink.problems import Problem, ProblemName, stores
from amzlink.problems.access import AUTHORISE_AGAIN, ROTATE_SECRET, ends_at_the_latest
from amzlink.problems.database import faults_found
from amzlink.problems.orders import hours_ago, last_success
from amzlink.problems.words import local_day
from amzlink.run import StoreRun
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import require

SECRET_DAYS: Final = 180  # Amazon's life of a client secret (docs/services/amazon.md, "How long credentials live")
# A public app's; no end is stated for a private one, so it is a hint (docs/services/amazon.md,
# "How long credentials live").
AUTHORISATION_DAYS: Final = 365
WARN_DAYS: Final = 30
STALE_AFTER: Final = timedelta(hours=6)
_SECRETS: Final[tuple[SecretName, ...]] = ("client-secret", "refresh-token")


def check_config(settings: Config, slug: str, home: Home) -> Result:
    """The store's settings fit together: its country is known, and its marketplaces are of that country's region.

    Folders that others can change are warned of; where settings can be changed so, nothing has come as far as this.
    """
    store = settings.stores[slug]
    marketplace = BY_COUNTRY.get(store.country)
    faults = []
    if marketplace is None:
        faults.append(stores.country_unknown(slug=slug, country=store.country))
    elif strange := [m for m in store.marketplace_ids if m not in BY_ID or BY_ID[m].region != marketplace.region]:
        faults.append(stores.marketplaces_elsewhere(slug=slug, country=store.country, ids=strange))
    if not store.marketplace_ids:
        faults.append(stores.marketplaces_missing(slug=slug))
    if faults:
        return found(Check.CONFIG, Problem(ProblemName.CONFIG_INVALID, file="config.toml", detail="; ".join(faults)))
    for folder in (*home.roots, *home.folders):
        if mode := open_mode(folder, stat.S_IWGRP | stat.S_IWOTH):
            return found(Check.CONFIG, Problem(ProblemName.OPEN_TO_OTHERS, file=folder, mode=mode, wanted="700"))
    return passed(Check.CONFIG, "The settings are in order.", stores=len(settings.stores), test_store=store.test)


def check_keyring(deps: Deps, slug: str, *, sends: bool) -> Result:
    """Both of Amazon's secrets can be had. The evidence tells where from.

    That Sendcloud's is missing is for the check of its keys to find: all else can be looked at without it. Where no
    orders go there (`sends`), it is not looked for: a machine without a keyring has a file for each secret it needs.
    """
    sources: dict[str, str] = {name: require(deps.secrets, slug, name).source for name in _SECRETS}
    others: tuple[SecretName, ...] = ("vault-key", "sendcloud-secret-key") if sends else ("vault-key",)
    for name in others:
        secret = deps.secrets.get(slug, name)
        sources[name] = secret.source if secret else "none yet"
    if exposed := deps.secrets.readable_by_others(slug):
        return found(Check.KEYRING, exposed[0], **sources)
    return passed(Check.KEYRING, "The secrets can be read.", **sources)


def check_secret_age(store: Store, today: date) -> Result:
    """How long ago the secrets were given. When they were made, from which Amazon counts, nobody here can know.

    So nothing here says that a secret is good for so many days; only that it must have ended by a day.
    """
    given = {
        "client secret": (_day(store.client_secret_set_on), SECRET_DAYS),
        "authorisation": (_day(store.authorised_on), AUTHORISATION_DAYS),
    }
    known = {name: (day, days) for name, (day, days) in given.items() if day}
    if not known:
        return skipped(Check.SECRET_AGE, "The days on which the secrets were given are not known.")
    latest = {name: day + timedelta(days=days) for name, (day, days) in known.items()}
    evidence = {f"{name.replace(' ', '_')}_given_on": day.isoformat() for name, (day, _) in known.items()}
    evidence |= {f"{name.replace(' ', '_')}_until": end.isoformat() for name, end in latest.items()}
    name, end = min(latest.items(), key=lambda item: item[1])
    if (end - today).days <= WARN_DAYS:
        advice = ROTATE_SECRET if name == "client secret" else AUTHORISE_AGAIN
        detail = ends_at_the_latest(end=end, today=today)
        problem = Problem(ProblemName.SECRET_ROTATION_DUE, name=name, detail=detail, advice=advice)
        return found(Check.SECRET_AGE, problem, **evidence)
    day, days = known[name]
    when = "today" if day == today else f"on {local_day(day)}"
    told = f"The {name} was given {when}; Amazon counts from the day it was made ({days} days)."
    return skipped(Check.SECRET_AGE, told, **evidence)  # unknown is neither good nor wrong


def check_order_book(deps: Deps, *, deep: bool) -> Result:
    """The order book opens, its schema is ours, and the database finds no fault in it."""
    with deps.database() as database:
        faults, facts = book_faults(database, thorough=deep), facts_of(database)
    if faults:
        detail = faults_found(count=len(faults))
        raise Problem(ProblemName.DATABASE_CORRUPT, file=facts["order_book"], detail=detail)
    if "server" in facts:
        summary = f"The order book is in {facts['order_book']} ({facts['server']}), and can be written."
    else:
        summary = "The order book is sound."
    return passed(Check.ORDER_BOOK, summary, thorough=deep, **facts)


def check_vault(deps: Deps, slug: str) -> Result:
    """The key fits: the newest and the oldest boxes can be opened. Machines that share the book share the key."""
    with StoreRun(deps, slug) as run:
        opened = run.sealed.try_some()
    if fault := deps.key_of_one_machine(slug):
        return found(Check.VAULT, fault, opened=opened)
    if not opened:
        return passed(Check.VAULT, "No personal data is kept.")
    return passed(Check.VAULT, "The encrypted data can be read.", opened=opened)


def check_retention(deps: Deps, slug: str, sure: date | None, now: datetime | None = None) -> Result:
    """Nothing is kept longer than its lease and its rule allow, and the next purge finds its archive.

    Only what is over on a day that is certain is overdue. `sure` is that day; None: there is none yet. `now` is the
    time to go by, which may be later.
    """
    now = now or deps.clock.now()
    settings = deps.load_config()
    with deps.book(slug) as book:
        count = overdue(book, sure, settings.retention) if sure else 0
        perhaps = overdue(book, now.date(), settings.retention) if not count and now.date() != sure else 0
        folders = archive_folders(book)
    if count:
        return found(Check.RETENTION, Problem(ProblemName.RETENTION_OVERDUE, count=count), overdue=count)
    folder = settings.archive.folder
    problem = _archive_fault(settings.archive) if folder else None
    problem = problem or _archives_left([folder, *folders] if folder else folders, now)
    if problem:
        return found(Check.RETENTION, problem)
    if perhaps:
        return skipped(Check.RETENTION, "Amazon has to confirm the time before data can be called overdue.")
    return passed(Check.RETENTION, "No personal data is overdue.")


def _archive_fault(archive: Archive) -> Problem | None:
    """Why the next purge could not write its archive."""
    from amzlink.archive import check_archive  # noqa: PLC0415 - few stores have an archive

    try:
        if archive.folder:
            check_archive(archive.folder, archive.recipients)
    except Problem as problem:
        return problem
    return None


def _archives_left(folders: Sequence[Path], now: datetime) -> Problem | None:
    """`archive-not-moved`, where an archive still lies where it was written: cold means moved away."""
    from amzlink.archive import old_files  # noqa: PLC0415 - few stores have an archive

    for folder in dict.fromkeys(folders):
        if old := old_files(folder, now):
            return Problem(ProblemName.ARCHIVE_NOT_MOVED, file=folder, count=len(old), since=local_day(old[0].made_at))
    return None


def check_freshness(
    deps: Deps, slug: str, now: datetime, *, scheduled: bool | None, twice: Problem | None = None
) -> Result:
    """When an import last brought the book up to date, and whether anything runs it regularly, and only once.

    `twice` is what else runs it.
    """
    with deps.book(slug) as book:
        runs = last_runs(book, "import-orders")
    success = to_iso(runs.success) if runs.success else None
    failure = to_iso(runs.failure) if runs.failure else None
    evidence = {"last_success": success, "last_failure": failure, "scheduled": scheduled, "at": to_iso(now)}
    if runs.success is None or now - runs.success > STALE_AFTER:
        when = last_success(when=hours_ago(now - runs.success) if runs.success else "")
        return found(Check.FRESHNESS, Problem(ProblemName.IMPORT_STALE, detail=when), **evidence)
    if scheduled is False:
        return found(Check.FRESHNESS, Problem(ProblemName.NOT_SCHEDULED), **evidence)
    if twice:
        return found(Check.FRESHNESS, twice, **evidence)
    return passed(Check.FRESHNESS, f"The last import was at {success}.", **evidence)


def check_quota(deps: Deps, slug: str, store: Store, now: datetime) -> Result:
    """How many calls are left now, by our own count."""
    with contextlib.closing(deps.quotas(deps.account_of(slug, store))) as quotas:
        left = {operation.name: quotas.left(operation, now.timestamp()) for operation in (SEARCH_ORDERS, GET_ORDER)}
    if left[SEARCH_ORDERS.name] < 1:
        problem = Problem(ProblemName.QUOTA_LOW, operation=SEARCH_ORDERS.name)
        return found(Check.QUOTA, problem, **left, at=to_iso(now))
    return passed(Check.QUOTA, f"{left[SEARCH_ORDERS.name]} searches are left at once.", **left)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
