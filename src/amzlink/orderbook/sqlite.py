"""The order book in an SQLite file: its connections, their settings, and what SQLite's errors mean."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import StaticPool

from amzlink.files.os_errors import translate, translated_errors
from amzlink.files.reading import refuse_other_kinds
from amzlink.files.rights import refuse_if_reached
from amzlink.files.writing import why_unwritable
from amzlink.orderbook.location import Location, Stage
from amzlink.problems import Problem, ProblemName, database, machine

# SQLite's result codes (https://www.sqlite.org/rescode.html); the low byte of an extended code is the primary one.
_PRIMARY: Final = 0xFF
_MEANING: Final = {
    sqlite3.SQLITE_FULL: ProblemName.DISK_FULL,
    sqlite3.SQLITE_READONLY: ProblemName.NOT_WRITABLE,
    sqlite3.SQLITE_PROTOCOL: ProblemName.LOCKING_UNAVAILABLE,
    sqlite3.SQLITE_BUSY: ProblemName.DATABASE_UNREACHABLE,
    sqlite3.SQLITE_LOCKED: ProblemName.DATABASE_UNREACHABLE,
    sqlite3.SQLITE_CANTOPEN: ProblemName.DATABASE_UNREACHABLE,
    sqlite3.SQLITE_PERM: ProblemName.DATABASE_UNREACHABLE,
    sqlite3.SQLITE_AUTH: ProblemName.DATABASE_UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: ProblemName.DATABASE_CORRUPT,
    sqlite3.SQLITE_NOTADB: ProblemName.DATABASE_CORRUPT,
}
_LOCK_ERRORS: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_RDLOCK, sqlite3.SQLITE_IOERR_UNLOCK,
        sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK, sqlite3.SQLITE_IOERR_BLOCKED, sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMLOCK, sqlite3.SQLITE_IOERR_SHMMAP,
    }
)  # fmt: skip
_WORDS: Final = {
    "disk i/o": sqlite3.SQLITE_IOERR,
    "disk is full": sqlite3.SQLITE_FULL,
    "readonly": sqlite3.SQLITE_READONLY,
    "read-only": sqlite3.SQLITE_READONLY,
    "locking protocol": sqlite3.SQLITE_PROTOCOL,
    "is locked": sqlite3.SQLITE_BUSY,
    "unable to open": sqlite3.SQLITE_CANTOPEN,
    "malformed": sqlite3.SQLITE_CORRUPT,
    "not a database": sqlite3.SQLITE_NOTADB,
}
_LOST_ITS_TABLES: Final = re.compile("no such (table|column)")  # another program has removed them: our names exist
_BUSY_MILLISECONDS: Final = 20_000
_SWITCH_TRIES: Final = 20
_BESIDE: Final = ("-wal", "-shm", "-journal")  # where SQLite has its own files: beside what a link leads to
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)


@dataclass(frozen=True, slots=True)
class SqliteFile(Location):
    """A book in a file of this machine."""

    file: Path

    finds_versions: ClassVar[str] = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"

    def __str__(self) -> str:
        """Its path."""
        return str(self.file)

    def in_file(self) -> Path:
        """The file."""
        return self.file

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.file.exists()

    def make_engine(self) -> Engine:
        """An engine for the file, which is made where there is none.

        Raises:
            Problem: `database-unreachable`, `writable-by-others`, `not-writable`, `disk-full` or `disk-broken`.
        """
        self._refuse_other_kinds()
        with translated_errors(self.file):
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)
        refuse_if_reached(self.file, wanted="600")
        # Not as a text, in which a `?` or `%` of the path would mean something else.
        engine = create_engine(URL.create("sqlite", database=str(self.file)), hide_parameters=True)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return engine

    def _refuse_other_kinds(self) -> None:
        for end in ("", *_BESIDE):
            file = Path(f"{os.path.realpath(self.file)}{end}") if end else self.file
            try:
                refuse_other_kinds(file)
            except OSError as error:
                facts = {"reason": database.IN_ITS_PLACE, "advice": database.MOVE_IT_AWAY}
                raise Problem(ProblemName.DATABASE_UNREACHABLE, file=file, detail=error.strerror, **facts) from error

    @contextlib.contextmanager
    def translated_errors(self) -> Iterator[Stage]:
        """SQLite's errors as problems."""
        with translated_database_errors(self.file):
            yield Stage()

    def check(self, connection: Connection) -> None:
        """Any file will do."""

    def faults(self, connection: Connection, *, thorough: bool) -> list[str]:
        """What SQLite finds wrong; the quick form leaves out what an index has to hold."""
        pragma = "integrity_check" if thorough else "quick_check"
        rows = [str(row[0]) for row in connection.execute(text(f"PRAGMA {pragma}(20)"))]
        return [row for row in rows if row != "ok"]

    def facts(self, connection: Connection) -> dict[str, str]:  # noqa: ARG002
        """Where it is."""
        return {"order_book": str(self.file)}

    def empty_journal(self, connection: Connection) -> bool:
        """Fold the journal into the file and empty it."""
        patience = connection.scalar(text("PRAGMA busy_timeout"))
        # Whoever calls can wait: SQLite would keep all writers out as long as it waits for a reader.
        connection.execute(text("PRAGMA busy_timeout = 0"))
        try:
            busy, *_ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        finally:
            connection.execute(text(f"PRAGMA busy_timeout = {patience}"))
        return not busy


def engine_in_memory() -> Engine:
    """An engine for a database in memory, gone with the process. It is empty."""
    # One connection, because each has a memory of its own; from another thread too, one after the other.
    return _engine_of(sqlite3.connect(":memory:", check_same_thread=False))


def copy_of_file(engine: Engine) -> Engine:
    """The same, with all that a book in a file has. Nobody else has to wait for that."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    pooled = engine.raw_connection()
    try:
        source: Any = pooled.driver_connection  # sqlite3's own
        source.backup(memory)
    finally:
        pooled.close()
    return _engine_of(memory)


def _engine_of(memory: sqlite3.Connection) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, hide_parameters=True)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


@contextlib.contextmanager
def translated_database_errors(file: Path) -> Iterator[None]:
    """Turn the database's errors into problems; their parameters, which may be personal, are left out.

    A statement that breaks a rule of the schema, or is none, is a fault of ours and stays what it is.
    """
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, sqlite3.Error) as error:  # the driver's own come from what is done past SQLAlchemy
        raise _problem(error, file) from error
    except OSError as error:
        raise translate(error, file) from error


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, and only before writes; `_begin` says when and how.
    connection.isolation_level = None
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        _use_wal(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()  # the pool does not know it yet
        raise


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


def _problem(error: DBAPIError | sqlite3.Error, file: Path) -> Problem:
    """What an error of the database means. One that has no name here is told in SQLite's own words, and as no more."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause)
    number = getattr(cause, "sqlite_errorcode", None)
    code = _code_by_words(said) if number is None else number & _PRIMARY
    if code == sqlite3.SQLITE_IOERR:
        return _of_the_disk(file, number)
    name = _MEANING.get(code, ProblemName.DATABASE_ERROR)
    if _LOST_ITS_TABLES.search(said):
        name = ProblemName.DATABASE_CORRUPT
    return Problem(name, file=file, detail=database.READ_ONLY if name is ProblemName.NOT_WRITABLE else said)


def _code_by_words(said: str) -> int:
    """SQLite's code for an error that carries none."""
    return next((code for words, code in _WORDS.items() if words in said.lower()), sqlite3.SQLITE_ERROR)


def _of_the_disk(file: Path, number: int | None) -> Problem:
    """An input/output error, as SQLite also calls a lack of room for the journal's index, and of locks."""
    if refused := why_unwritable(file.parent):
        return refused
    if number in _LOCK_ERRORS:
        return Problem(ProblemName.LOCKING_UNAVAILABLE, file=file, detail=machine.LOCKS_DO_NOT_WORK)
    return Problem(ProblemName.DISK_BROKEN, file=file, detail=database.INPUT_OUTPUT_ERROR)
