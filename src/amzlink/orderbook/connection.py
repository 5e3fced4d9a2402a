"""Opening the order book, wherever it is, and bringing its schema up to date."""

from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from amzlink.orderbook.location import Location
from amzlink.orderbook.sqlite import SqliteFile
from amzlink.problems import Problem, ProblemName, database, machine, stores

HEAD: Final = "0014"
"""The newest migration. Alembic itself is loaded only when a book is not there yet."""

_SETTING: Final = "database.url"
_SQLITE: Final = "sqlite:///"
SERVERS: Final = ("postgresql://", "postgres://")
_UPGRADE_TRIES: Final = 15  # each as long as a write waits for others: five minutes


class UpgradeWatcher(Protocol):
    """Who is told that a book of an earlier version is brought up to date."""

    def copying(self, done: int, total: int) -> None:
        """So many pages of the book are copied, of how many."""

    def upgraded(self, copy: Path) -> None:
        """The book is up to date; `copy` is how it was before."""


def locate(file: Path, url: str | None) -> Location:
    """Where the book is: where the configuration's `url` says, else in `file`.

    Raises:
        Problem: `config-invalid`, for a `url` that leads to no book; or `database-driver-missing`.
    """
    if not url:
        return SqliteFile(file)
    if url.startswith(SERVERS):
        from amzlink.orderbook.postgresql import PostgresDatabase  # noqa: PLC0415 - few books are on a server

        return PostgresDatabase.of_url(url)
    if not url.startswith(_SQLITE):
        detail = stores.setting_invalid(setting=_SETTING, reason=database.NO_BOOK_AT_URL)
        raise Problem(ProblemName.CONFIG_INVALID, file="config.toml", detail=detail)
    try:
        return SqliteFile(Path(url.removeprefix(_SQLITE)).expanduser())
    except RuntimeError:
        detail = stores.setting_invalid(setting=_SETTING, reason=machine.no_home_of(url))
        raise Problem(ProblemName.CONFIG_INVALID, file="config.toml", detail=detail) from None


def open_engine(location: Location, watcher: UpgradeWatcher | None = None) -> Engine:
    """An engine for the book, its schema brought up to date. A file of an earlier version is copied before.

    Raises:
        Problem: `database-newer`, or what keeps the engine from working; see `sqlite.py` and `postgresql.py`.
    """
    engine = location.make_engine()
    try:
        with location.translated_errors():
            _bring_up_to_date(engine, location, watcher)
    except BaseException:
        engine.dispose()  # who has no engine can close nothing
        raise
    return engine


def _bring_up_to_date(engine: Engine, location: Location, watcher: UpgradeWatcher | None) -> None:
    with engine.connect().execution_options(read_only=True) as connection:
        version = None
        if connection.scalar(text(location.finds_versions)):
            version = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if version is None:
            location.check(connection)
    if version == HEAD:
        return
    from amzlink.orderbook.migrations import is_known, upgrade  # noqa: PLC0415 - alembic is slow to load

    if version is not None and not is_known(version):
        raise Problem(ProblemName.DATABASE_NEWER, file=str(location), detail=version)
    file = location.in_file()
    if version is None or file is None:
        upgrade(engine)
    else:
        _upgrade_file(engine, file, watcher)


def _upgrade_file(engine: Engine, file: Path, watcher: UpgradeWatcher | None) -> None:
    """Copy it, and bring it up to date."""
    from amzlink.orderbook.migrations import upgrade  # noqa: PLC0415 - alembic is slow to load
    from amzlink.orderbook.upgrade_copies import copy_before_upgrade, keep_newest_copies  # noqa: PLC0415 - seldom

    copied: list[Path] = []

    def copy() -> None:
        copied.append(copy_before_upgrade(file, HEAD, watcher.copying if watcher else lambda _, __: None))

    for tries_left in reversed(range(_UPGRADE_TRIES)):
        try:
            upgrade(engine, before=copy)
            break
        except OperationalError as error:
            # Another process is at it: to copy and upgrade a large book takes longer than a write is waited for.
            if not tries_left or "is locked" not in str(error.orig):
                raise
    if copied:
        keep_newest_copies(file)
        if watcher:
            watcher.upgraded(copied[-1])
