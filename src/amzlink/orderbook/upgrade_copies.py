"""The copy of an order book that is made before an upgrade, and how long it stays.

A copy lies beside the book and is named after the version of the schema that was to come: `orders-before-0014.db`. What
is sealed in it dies with the same keys as in the book. What a purge destroys before its keys die, it destroys here too.
"""

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from amzlink.files.os_errors import translated_errors
from amzlink.files.writing import in_place_when_whole
from amzlink.problems import Problem, ProblemName

KEPT_FOR: Final = timedelta(days=14)
"""How long a copy stays at most. The first purge after that removes it, and every import purges."""

Progress = Callable[[int, int], None]
"""Is told how many pages of the book are copied, of how many."""

_NEWEST: Final = 2
_PAGES: Final = 2048
_ROOM: Final = 4 * 2**20  # bytes that the upgrade itself may need beside the copy
_MEGABYTE: Final = 2**20
_BUSY_MILLISECONDS: Final = 5_000


def copy_before_upgrade(book: Path, version: str, progress: Progress) -> Path:
    """Copy a whole book beside itself, its journal included, before it is brought to a version; where the copy lies.

    Nobody may write to the book meanwhile.

    Raises:
        Problem: `upgrade-needs-space`, `not-writable`, `disk-full` or `disk-broken`; there is no copy then.
        sqlite3.Error: the book cannot be read.
    """
    book = Path(os.path.realpath(book))
    target = book.with_name(f"{book.stem}-before-{version}{book.suffix}")
    for left in _unfinished(book):  # by a process that was killed: whoever copies has the book to itself
        with contextlib.suppress(OSError):
            left.unlink()
    _refuse_without_room(book)
    with translated_errors(target):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp makes it 0600
    with in_place_when_whole(handle, Path(name), target):
        try:
            _copy(book, Path(name), progress)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise _needs_space(book) from error
            raise
    return target


def _copy(book: Path, part: Path, progress: Progress) -> None:
    with closing(sqlite3.connect(book)) as source, closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")  # half a copy is thrown away
        copy.execute("PRAGMA synchronous = OFF")  # who renames it syncs it before
        source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def _refuse_without_room(book: Path) -> None:
    with translated_errors(book):
        if shutil.disk_usage(book.parent).free < _size(book) + _ROOM:
            raise _needs_space(book)


def _needs_space(book: Path) -> Problem:
    needed = -(-(_size(book) + _ROOM) // _MEGABYTE)
    return Problem(ProblemName.UPGRADE_NEEDS_SPACE, file=book, folder=book.parent, needed=f"{needed:,} MB")


def _size(book: Path) -> int:
    return sum(file.stat().st_size for file in (book, book.with_name(f"{book.name}-wal")) if file.exists())


def keep_newest_copies(book: Path) -> None:
    """Remove all copies but the newest two."""
    with contextlib.suppress(OSError):  # another run was quicker, or the next purge removes it
        for copy in sorted(_copies(book), key=lambda file: file.stat().st_mtime)[:-_NEWEST]:
            copy.unlink()


def purge_copies(book: Path | None, store: str, sure: datetime | None) -> None:
    """Delete from the copies what is sealed of a store's orders and no longer in the book; and copies that are old.

    A book on a server (None) has no copies.

    `sure` is a time that has come beyond doubt; None: there is none, and no copy counts as old. A copy that cannot be
    read as an order book is removed.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`.
    """
    if book is None:
        return
    for copy in _copies(book):
        with translated_errors(copy), contextlib.suppress(FileNotFoundError):  # a run on another store was quicker
            made = copy.stat().st_mtime
            if sure and sure - datetime.fromtimestamp(made, UTC) > KEPT_FOR:
                copy.unlink()
                continue
            if _is_purged(copy, book, store):
                os.utime(copy, (made, made))  # its age counts from the upgrade


def _is_purged(copy: Path, book: Path, store: str) -> bool:
    """Delete from a copy. False: it is in use, and stays as it is until the next purge, or it could not be read."""
    try:
        _purge(copy, book, store)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            copy.unlink(missing_ok=True)
        return False
    return True


def _purge(copy: Path, book: Path, store: str) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("ATTACH ? AS live", (str(book),))
        # Every version has these two columns.
        connection.execute(
            "DELETE FROM main.sealed WHERE store = ? AND NOT EXISTS (SELECT 1 FROM live.sealed AS kept "
            "WHERE kept.store = main.sealed.store AND kept.order_id = main.sealed.order_id)",
            (store,),
        )


def remove_copies(book: Path) -> None:
    """Remove all copies of a book. Raises `not-writable`."""
    for copy in _copies(book):
        _remove(copy)


def _remove(copy: Path) -> None:
    with translated_errors(copy):
        copy.unlink(missing_ok=True)


def _copies(book: Path) -> list[Path]:
    book = Path(os.path.realpath(book))
    return list(book.parent.glob(f"{_literal(book.stem)}-before-[0-9][0-9][0-9][0-9]{_literal(book.suffix)}"))


def _unfinished(book: Path) -> list[Path]:
    return list(book.parent.glob(f".{_literal(book.stem)}-before-[0-9][0-9][0-9][0-9]{_literal(book.suffix)}.*"))


def _literal(name: str) -> str:
    """The name as a pattern that finds nothing else."""
    return re.sub(r"([*?[])", r"[\1]", name)
