"""Disconnecting a store: its secrets, its buyers' data and its settings go.

What tax needs is archived before, where the settings want an archive. Then the vault key goes first: from then on
nothing that it sealed can be read, wherever copies lie. The settings go last, so that a run which was stopped can be
made again.
"""

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from amzlink.core.privacy.retention import Rule
from amzlink.deps import Deps
from amzlink.files.writing import why_unwritable
from amzlink.orderbook.destination.outbox import handed_over
from amzlink.orderbook.privacy.disconnected import FormerStore, forget_store, note_former_store
from amzlink.orderbook.privacy.purges import Purge, empty_journal, kept_orders, note_purge
from amzlink.orderbook.upgrade_copies import purge_copies
from amzlink.problems import Problem, ProblemName
from amzlink.run import JOBS, StoreRun
from amzlink.secrets.names import NAMES, SecretName, variable

if TYPE_CHECKING:
    from amzlink.archive import ArchiveFile

_KEY_FIRST: Final[tuple[SecretName, ...]] = ("vault-key", *(name for name in NAMES if name != "vault-key"))


@dataclass(frozen=True, slots=True)
class Disconnected:
    """What went. `purged` orders had personal data; `still_given` are variables by which the machine gives secrets.

    `files_left` are this user's files with such secrets: only the user knows what else reads them.

    `archive` is the file into which tax's part of `archived` orders was written before; `copies_left` orders have been
    handed to Sendcloud, which has them still.
    """

    slug: str
    purged: int
    kept_orders: bool
    still_given: tuple[str, ...]
    files_left: tuple[Path, ...]
    archived: int
    archive: Path | None
    copies_left: int


def disconnect(deps: Deps, slug: str, *, keep_orders: bool) -> Disconnected:
    """Remove a store. With `keep_orders` the part of its orders that is not personal stays in the order book.

    Raises:
        Problem: `run-in-progress`, what the order book raises, or the archive's: nothing has changed then; or the
            keyring's, when buyers' data is gone all the same, but the store stays in the settings, so that its secrets
            can be removed another time.
    """
    with StoreRun(deps, slug) as run, run.lock(*JOBS):
        _refuse_unless_possible(deps, run)
        written = _archive(run)
        archived = written.orders if written else 0
        files_left = tuple(
            file
            for name in NAMES
            if (file := deps.secrets.own_file(slug, name) or deps.secrets.unnamed_file(slug, name))
        )
        run.check_leases()  # the vault key may be that of several machines
        still_given, refusal = _forget_secrets(deps, slug)
        copies_left = handed_over(run.book)
        run.reporter.step("deleting personal data")
        purged = forget_store(run.book, keep_orders=keep_orders)
        _note(run, purged, archived=archived, keep_orders=keep_orders)
        purge_copies(run.book.database.location.in_file(), slug, None)
        empty_journal(run.book.database)  # where somebody reads, closing it does so
        if refusal:
            raise refusal
        deps.save_config(deps.load_config().without_store(slug))
    deps.log.write(deps.clock.now(), "disconnect", store=slug, purged=purged, kept_orders=keep_orders)
    return Disconnected(
        slug=slug,
        purged=purged,
        kept_orders=keep_orders,
        still_given=still_given,
        files_left=files_left,
        archived=archived,
        archive=written.path if written else None,
        copies_left=copies_left,
    )


def _refuse_unless_possible(deps: Deps, run: StoreRun) -> None:
    """Find out what would stop this later, when the secrets are gone: another program at the database, a full disk."""
    if refused := why_unwritable(Path(os.path.realpath(deps.home.config_file)).parent):
        raise refused
    with run.book.writing():
        pass  # whoever holds the database is waited for, and named in the end


def _archive(run: StoreRun) -> "ArchiveFile | None":
    """What every purge does first where the settings want it. Data that nobody can open has nothing to be archived."""
    settings, book = run.settings, run.book
    folder = settings.archive.folder
    if folder is None or not any(kept_orders(book)):
        return None
    from amzlink.jobs.privacy.archive import archive_orders  # noqa: PLC0415 - age is loaded only where it is used

    try:
        sealed = run.sealed
    except Problem as problem:
        if problem.name == ProblemName.VAULT_KEY_MISSING:
            return None
        raise
    return archive_orders(
        book,
        sealed,
        lambda: (entry.order_id for chunk in kept_orders(book) for entry in chunk),
        country=run.store.country,
        folder=folder,
        recipients=settings.archive.recipients,
        now=run.clock.now(),
        on_record=functools.partial(run.reporter.step, "writing the archive"),
    )


def _note(run: StoreRun, purged: int, *, archived: int, keep_orders: bool) -> None:
    """Write the record of what was destroyed, and whose the orders are that stay."""
    if purged:
        record = Purge(
            at=run.clock.now(), rule=Rule.REQUESTED, orders=purged, archived=archived, floor=None, job="disconnect"
        )
        note_purge(run.book, record)
    if keep_orders:
        store = run.store
        former = FormerStore(seller_id=store.seller_id, country=store.country, test=store.test)
        note_former_store(run.book, former)


def _forget_secrets(deps: Deps, slug: str) -> tuple[tuple[str, ...], Problem | None]:
    """Remove the secrets. Gives the variables of those that amzlink cannot remove, and the keyring's refusal, if any.

    A machine that gives secrets another way and has no keyring has none of them there; any other has to open it.
    """
    given = [name for name in NAMES if name != "vault-key" and deps.secrets.overridden(slug, name)]
    refusal = None
    for name in (name for name in _KEY_FIRST if name not in given):
        try:
            deps.secrets.delete(slug, name)
        except Problem as problem:
            if not (given and problem.name == ProblemName.KEYRING_UNAVAILABLE):
                refusal = refusal or problem
    return tuple(variable(slug, name) for name in given), refusal
