"""database migrate: move the order book of all stores into a database on a PostgreSQL server."""

import contextlib
import functools
from pathlib import Path
from typing import Final

import msgspec

from amzlink.core.decoding import UndecodableError, read_json
from amzlink.deps import Deps
from amzlink.files.os_errors import translated_errors
from amzlink.files.reading import read_private
from amzlink.files.writing import write_private
from amzlink.orderbook.moving import Address, Moved, address_of, look_at_both, moved
from amzlink.orderbook.upgrade_copies import remove_copies
from amzlink.problems import Problem, ProblemName
from amzlink.problems import upgrades as texts
from amzlink.run import JOBS
from amzlink.store_locks import store_lock

EVENT: Final = "database-migrate"
_NOTE: Final = "database-move.json"


class MoveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `to` is an address as the settings take it; without `switch` these stay."""

    to: str
    dry_run: bool = False
    switch: bool = True


class _Note(msgspec.Struct, frozen=True):
    """What a move leaves in the home until the settings name the new book."""

    copies: tuple[str, ...] = ()


class MoveReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved, or would be. `target` shows no password.

    `url` is what the settings say now, or are to say, without a password. Where the server does not let us in so,
    `needs_password`.
    """

    target: str
    stores: int
    found: Moved
    dry_run: bool
    switched: bool
    url: str
    needs_password: bool
    retention_days: int
    old_file: Path


def migrate(deps: Deps, options: MoveOptions) -> MoveReport:
    """Move it, and let the settings name its new place, while nobody can write to the old one.

    Raises:
        Problem: `usage`, for an address that is no PostgreSQL server's, or a book that is on a server already;
            `run-in-progress`; or as `amzlink.orderbook.moving.moved` and `Database.open`. Nothing has changed then.
    """
    address = address_of(options.to)
    if address.has_password:
        deps.observer.warn(Problem(ProblemName.PASSWORD_VISIBLE))
    with contextlib.ExitStack() as held:
        settings = deps.load_config()
        if not options.dry_run:
            for slug in settings.stores:
                for job in JOBS:
                    held.enter_context(store_lock(deps, slug, job))
        source = held.enter_context(deps.database())
        old_file = source.location.in_file()
        if old_file is None:
            is_there = str(source.location) == str(address.location)
            raise Problem(ProblemName.USAGE, detail=texts.BOOK_IS_THERE if is_there else texts.BOOK_ON_A_SERVER)
        note = deps.home.state / _NOTE
        copies = _own_copies(note)
        if options.dry_run:
            found = look_at_both(source, address.location, deps.observer.step, copies)
        else:
            keep = functools.partial(_note_copy, note, copies)
            found = held.enter_context(moved(source, address.location, deps.observer.step, copies, keep))
        needs_password = address.has_password and not address.opens_without_password()
        switched = options.switch and not options.dry_run
        if switched:
            _switch(deps, address, old_file, needs_password=needs_password)
    if not options.dry_run:
        with translated_errors(note):
            note.unlink(missing_ok=True)
        deps.log.write(deps.clock.now(), EVENT, rows=found.contents.total, switched=switched)
    return MoveReport(
        target=str(address.location),
        stores=len(settings.stores),
        found=found,
        dry_run=options.dry_run,
        switched=switched,
        url=address.plain,
        needs_password=needs_password,
        retention_days=settings.retention.days,
        old_file=old_file,
    )


def _own_copies(note: Path) -> frozenset[str]:
    """The digests of what unfinished moves may have left on a server; none, where nothing usable is noted."""
    try:
        return frozenset(read_json(read_private(note), _Note).copies)
    except (FileNotFoundError, UndecodableError):
        return frozenset()


def _note_copy(note: Path, before: frozenset[str], digest: str) -> None:
    """Remember the copy before it counts, and those before: nobody knows yet which of them will be there."""
    write_private(note, msgspec.json.encode(_Note(copies=(*sorted(before), digest))))


def _switch(deps: Deps, address: Address, old_file: Path, *, needs_password: bool) -> None:
    """Let the settings name the new book. Copies from upgrades go: who opens the new book does not know of them."""
    url = address.given if needs_password else address.plain
    deps.save_config(deps.load_config().with_database(url))
    remove_copies(old_file)
