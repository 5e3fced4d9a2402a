"""Opening the order book: the connection, its settings, its schema, and what its errors mean."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import StaticPool

from amzlink.files import translate, translated_errors
from amzlink.problems import Problem, ProblemName, database, usage

HEAD: Final = "0006"
"""The newest migration. Alembic itself is loaded only when a book is not there yet."""

_BUSY_MILLISECONDS: Final = 20_000
_SWITCH_TRIES: Final = 20
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)


def locate(file: Path, url: str | None) -> Path:
    """The book's file: the one that the configuration's `url` names, else `file`.

    Raises:
        Problem: `not-built-yet` for a `url` that is not SQLite's.
    """
    if not url:
        return file
    if not url.startswith("sqlite:///"):
        raise Problem(ProblemName.NOT_BUILT_YET, detail=usage.A_DATABASE_SERVER)
    return Path(url.removeprefix("sqlite:///")).expanduser()


def open_engine(file: Path) -> Engine:
    """An engine for the book in `file`, its schema brought up to date.

    Raises:
        Problem: `database-corrupt`, `database-newer`, `database-unreachable`, `not-writable` or `disk-full`.
    """
    with translated_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    # Not as a text, in which a `?` or `%` of the path would mean something else.
    engine = create_engine(URL.create("sqlite", database=str(file)), hide_parameters=True)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    with translated_database_errors(file):
        _bring_up_to_date(engine, file)
    return engine


def copy_in_memory(engine: Engine) -> Engine:
    """An engine for a copy of the whole book in memory, gone with the process. Nobody else has to wait for that."""
    # One connection, because each has a memory of its own; from another thread too, one after the other.
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    pooled = engine.raw_connection()
    try:
        source = pooled.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError(f"only SQLite's books are copied so, not those of {type(source)}")
        source.backup(memory)
    finally:
        pooled.close()
    copy = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, hide_parameters=True)
    event.listen(copy, "connect", _configure)
    event.listen(copy, "begin", _begin)
    return copy


@contextlib.contextmanager
def translated_database_errors(file: Path) -> Iterator[None]:
    """Turn the database's errors into problems; their parameters, which may be personal, are left out.

    A statement that breaks a rule of the schema, or is none, is a fault of ours and stays what it is.
    """
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except DBAPIError as error:
        raise _problem(error, file) from error
    except OSError as error:
        raise translate(error, file) from error


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, and only before writes; `_begin` says when and how.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    _use_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch a new book to WAL. Where another process is at it too, SQLite fails at once instead of waiting."""
    for _ in range(_SWITCH_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            connection.execute("BEGIN EXCLUSIVE")  # this does wait
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _begin(connection: Connection) -> None:
    # A reader that turns writer can fail at once when another has written since; one that writes from the start waits.
    if connection.get_execution_options().get("no_transaction"):
        return
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _bring_up_to_date(engine: Engine, file: Path) -> None:
    with engine.connect().execution_options(read_only=True) as connection:
        version = None
        if inspect(connection).has_table("alembic_version"):
            version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if version == HEAD:
        return
    from amzlink.orderbook.migrations import is_known, upgrade  # noqa: PLC0415 - alembic is slow to load

    if version is not None and not is_known(version):
        raise Problem(ProblemName.DATABASE_NEWER, file=file, detail=version)
    upgrade(engine)


def _problem(error: DBAPIError, file: Path) -> Problem:
    said = str(error.orig).lower()
    if "full" in said:
        return Problem(ProblemName.DISK_FULL, file=file)
    if "readonly" in said or "read-only" in said:
        return Problem(ProblemName.NOT_WRITABLE, file=file, detail=database.READ_ONLY)
    if "disk i/o" in said:
        return Problem(ProblemName.DISK_BROKEN, file=file, detail=database.INPUT_OUTPUT_ERROR)
    if "locked" in said or "unable to open" in said:
        return Problem(ProblemName.DATABASE_UNREACHABLE, file=file, detail=str(error.orig))
    if "malformed" in said or "not a database" in said or "no such table" in said or isinstance(error, DatabaseError):
        return Problem(ProblemName.DATABASE_CORRUPT, file=file, detail=str(error.orig))
    return Problem(ProblemName.DATABASE_UNREACHABLE, file=file, detail=str(error.orig))
