"""Moving an order book into a database on a server: all rows in one transaction there, compared before it ends.

Whatever stops it, the server has all of the book or nothing of it, so that it can simply be done again. If the book has
changed until then, what lies there is known by its digest: a copy that nobody has written to since is replaced.
"""

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Table, func, inspect, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError

from amzlink.orderbook.connection import HEAD, SERVERS
from amzlink.orderbook.database import Database
from amzlink.orderbook.dialects import as_kept
from amzlink.orderbook.location import Location
from amzlink.orderbook.migrations import is_known, upgrade_in
from amzlink.orderbook.postgresql import PostgresDatabase, leave_out_values
from amzlink.orderbook.schema import METADATA
from amzlink.problems import Problem, ProblemName, upgrades

Told = Callable[[str, int, int], None]
"""Is told what is done, how many rows are through, and of how many."""

_CHUNK: Final = 500
_READING: Final = "reading the order book"
_COPYING: Final = "copying the order book"
_COMPARING: Final = "comparing both order books"
_OF_EVERY_BOOK: Final = frozenset({"alembic_version", "orders", "sealed"})


class Contents(msgspec.Struct, frozen=True):
    """What a book has: its rows by table, and how many texts are changed because PostgreSQL cannot keep them."""

    rows: Mapping[str, int]
    unkept_texts: int

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())


class Moved(msgspec.Struct, frozen=True):
    """What is on the server now; `was_there`: an earlier move brought it, and nothing had to be copied.

    `replaced`: an earlier move had brought an older state of this book, which this one has replaced.
    """

    contents: Contents
    was_there: bool
    replaced: bool = False


class Address(msgspec.Struct, frozen=True):
    """Where a book is to be moved: `given` is what was typed, and `plain` the same without a password."""

    given: str
    plain: str
    location: PostgresDatabase

    @property
    def has_password(self) -> bool:
        """Whether the address itself holds a password."""
        return self.plain != self.given

    def opens_without_password(self) -> bool:
        """Whether the server lets us in without it, or libpq finds it elsewhere, as in ~/.pgpass."""
        try:
            with _connected(PostgresDatabase.of_url(self.plain), read_only=True):
                return True
        except Problem:
            return False


def address_of(given: str) -> Address:
    """The address of a database on a PostgreSQL server.

    Raises:
        Problem: `usage`, which does not quote the address: it may hold a password.
    """
    if not given.startswith(SERVERS):
        raise Problem(ProblemName.USAGE, detail=upgrades.MOVES_TO_SERVERS)
    try:
        location = PostgresDatabase.of_url(given)
    except Problem:  # it speaks of the settings, where nothing is wrong
        raise Problem(ProblemName.USAGE, detail=upgrades.ADDRESS_UNUSABLE) from None
    plain = location.address_without_password()
    return Address(given, given if PostgresDatabase.of_url(plain) == location else plain, location)


class _Side(msgspec.Struct, frozen=True):
    """One of the two books, in a transaction."""

    connection: Connection
    location: Location

    def rows(self, of: Table) -> Iterator[Sequence[Any]]:
        """All rows of a table by key: texts sort alike on both engines. What goes wrong is told of this book."""
        query = select(of).order_by(*of.primary_key.columns).execution_options(yield_per=_CHUNK)
        with self.location.translated_errors(), self.connection.execute(query) as found:
            yield from found


def look_at_both(source: Database, target: Location, told: Told, own_copies: Collection[str] = ()) -> Moved:
    """What would be moved. Changes nothing, on neither side. Raises as `moved`."""
    with source.reading() as connection:
        old = _Side(connection, source.location)
        contents = _contents(old, told)
        with _connected(target, read_only=True) as there:
            new = _Side(there, target)
            has_rows = _has_rows(new)
            same = has_rows and _is_same(old, new, _counting(told, _COMPARING, contents), own_copies)
    return Moved(contents, same, replaced=has_rows and not same)


@contextlib.contextmanager
def moved(
    source: Database,
    target: Location,
    told: Told,
    own_copies: Collection[str] = (),
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[Moved]:
    """The book is on the server, and until the end of the block nobody can write to the old one.

    `own_copies` are the digests of what earlier moves of this book have brought there. `note` is told the digest of
    this one before it counts.

    Raises:
        Problem: `database-not-empty`, `database-newer` or `move-differs`, or what the engines raise. The server is then
            as it was before.
    """
    with source.writing() as connection:
        old = _Side(connection, source.location)
        contents = _contents(old, told)
        with _connected(target, migrating=True) as there:
            new = _Side(there, target)
            has_rows = _has_rows(new)
            was_there = has_rows and _is_same(old, new, _counting(told, _COMPARING, contents), own_copies)
            if not was_there:
                upgrade_in(there)
                there.execute(text("SET LOCAL statement_timeout = 0"))  # a table can have millions of rows
                if has_rows:
                    _empty(there)
                _copy(old, new, _counting(told, _COPYING, contents))
                refusal = Problem(ProblemName.MOVE_DIFFERS, file=str(target))
                _compare(old, new, _counting(told, _COMPARING, contents), refusal)
                note(_digest(new))
        yield Moved(contents, was_there, replaced=has_rows and not was_there)


@contextlib.contextmanager
def _connected(target: Location, **options: object) -> Iterator[Connection]:
    engine: Engine = target.make_engine()
    try:
        with (
            target.translated_errors() as stage,
            engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection
            stage.committing = True
    finally:
        engine.dispose()


def _has_rows(new: _Side) -> bool:
    """Whether an order book with rows is there; False: there is nothing, or an order book without rows."""
    there = new.connection
    tables = set(inspect(there).get_table_names())
    if not tables:
        new.location.check(there)
        return False
    version = there.scalar(text("SELECT version_num FROM alembic_version")) if tables >= _OF_EVERY_BOOK else None
    if version is not None and not is_known(version):
        raise Problem(ProblemName.DATABASE_NEWER, file=str(new.location), detail=version)
    if version is None or tables - METADATA.tables.keys() - _OF_EVERY_BOOK:
        raise _not_empty(new.location, upgrades.TABLES_OF_OTHERS)
    has_rows = any(
        there.execute(select(literal_column("1")).select_from(table(name)).limit(1)).first()
        for name in sorted(tables - {"alembic_version"})
    )
    if has_rows and version != HEAD:
        raise _not_empty(new.location, upgrades.ANOTHER_BOOK)
    return has_rows


def _is_same(old: _Side, new: _Side, through: Callable[[int], None], own_copies: Collection[str]) -> bool:
    """Whether the book there is this one; False: it is an older state of this one, and nobody has written to it.

    Raises `database-not-empty` for any other book.
    """
    try:
        _compare(old, new, through, _not_empty(new.location, upgrades.ANOTHER_BOOK))
    except Problem as problem:
        if problem.name is not ProblemName.DATABASE_NOT_EMPTY or _digest(new) not in own_copies:
            raise
        return False
    return True


def _digest(side: _Side) -> str:
    """What tells the rows of a book from all others; the same rows have another one on another engine."""
    found = hashlib.sha256()
    for each in METADATA.sorted_tables:
        found.update(f"{each.name}\n".encode())
        for row in side.rows(each):
            found.update(f"{tuple(row)!r}\n".encode())
    return found.hexdigest()


def _empty(there: Connection) -> None:
    quote = there.dialect.identifier_preparer.quote
    there.execute(text(f"TRUNCATE {', '.join(quote(each.name) for each in METADATA.sorted_tables)}"))


def _not_empty(target: Location, what: str) -> Problem:
    return Problem(ProblemName.DATABASE_NOT_EMPTY, file=str(target), detail=what)


def _contents(old: _Side, told: Told) -> Contents:
    """Read all of it once: what cannot be read is found before anything is written."""
    counts = {
        str(each.name): old.connection.scalar(select(func.count()).select_from(each)) or 0
        for each in METADATA.sorted_tables
    }
    through = _counting(told, _READING, Contents(counts, 0))
    unkept = 0
    for each in METADATA.sorted_tables:
        for row in old.rows(each):
            unkept += sum(value != _as_kept(value) for value in row)
            through(1)
    return Contents(counts, unkept)


def _copy(old: _Side, new: _Side, through: Callable[[int], None]) -> None:
    """Copy every row. Tables come before those that refer to them."""

    def told(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield row
            through(1)

    for each in METADATA.sorted_tables:
        _copy_into(new.connection, each, told(old.rows(each)))


def _copy_into(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows, with a value for each column, by COPY: in a seventh of the time that inserts take."""
    from psycopg import Error  # noqa: PLC0415 - it may not be installed

    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except Error as error:
        leave_out_values(error)
        raise DBAPIError.instance(
            "COPY", None, error, Error, hide_parameters=True, connection_invalidated=driver.closed
        ) from error


def _compare(old: _Side, new: _Side, through: Callable[[int], None], refusal: Problem) -> None:
    """Read every row back, and find it as it is in the old book. Raises the refusal, with where they differ."""
    for each in METADATA.sorted_tables:
        for mine, its in itertools.zip_longest(old.rows(each), new.rows(each)):
            if mine is None or its is None or [_as_kept(value) for value in mine] != list(its):
                found = its if mine is None else mine
                raise refusal.with_facts(table=each.name, key=_key_of(each, found or ()))
            through(1)


def _key_of(of: Table, row: Sequence[Any]) -> str:
    """The row by its key, in which nothing is personal."""
    return ", ".join(
        f"{column.name} {value}" for column, value in zip(of.columns, row, strict=True) if column.primary_key
    )


def _as_kept(value: Any) -> Any:
    return as_kept(value) if isinstance(value, str) else value


def _counting(told: Told, what: str, contents: Contents) -> Callable[[int], None]:
    done, total = 0, contents.total

    def through(count: int) -> None:
        nonlocal done
        before, done = done, done + count
        if before // _CHUNK != done // _CHUNK or done == total:
            told(what, done, total)

    return through
