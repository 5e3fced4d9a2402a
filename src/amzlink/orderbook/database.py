"""The order book: one database for all stores, opened once, used in short transactions; and the part of one store."""

import contextlib
import functools
import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import msgspec
from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Result,
    Table,
    Text,
    bindparam,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError

from amzlink.orderbook.connection import UpgradeWatcher, locate, open_engine
from amzlink.orderbook.copying import copy_in_memory
from amzlink.orderbook.dialects import NUL_IN_JSON, IsAmong, as_kept
from amzlink.orderbook.location import Location

Row = dict[str, Any]


class Database:
    """The order book of all stores. Every error that leaves it is a named problem."""

    def __init__(self, engine: Engine, location: Location) -> None:
        self._engine = engine
        self._location = location

    @classmethod
    def open(cls, file: Path, url: str | None = None, watcher: UpgradeWatcher | None = None) -> "Database":
        """Open it, making it where there is none, and upgrading it first. Raises as `locate` and `open_engine`."""
        location = locate(file, url)
        return cls(open_engine(location, watcher), location)

    @property
    def location(self) -> Location:
        """Where the book is."""
        return self._location

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the journal is folded into it."""
        self._engine.dispose()

    def of(self, store: str, fence: "Fence | None" = None) -> "StoreBook":
        """The order book of one store, by its slug."""
        return StoreBook(self, store, fence)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of one moment."""
        with self._location.translated_errors(), self._begun(read_only=True) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, store: str | None = None) -> Iterator[Connection]:
        """All that is written in it, or nothing. Nobody else writes meanwhile: rows of that `store`, or any at all."""
        with self._location.translated_errors() as stage, self._begun(store=store) as connection:
            yield connection
            stage.committing = True

    @contextlib.contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """For what the database does only when no transaction is open: to empty its journal."""
        with (
            self._location.translated_errors(),
            self._engine.connect().execution_options(no_transaction=True) as connection,
        ):
            yield connection

    @contextlib.contextmanager
    def _begun(self, **options: object) -> Iterator[Connection]:
        """A connection in a transaction. One that a server closed while it was not used is replaced by another."""
        with contextlib.ExitStack() as held:
            connection = held.enter_context(self._engine.connect().execution_options(**options))
            try:
                transaction = connection.begin()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                connection = held.enter_context(self._engine.connect().execution_options(**options))
                transaction = connection.begin()
            with transaction:
                yield connection


class LentDatabase(Database):
    """The order book of somebody else, who closes it."""

    def __init__(self, owner: Database) -> None:
        """`owner` has to stay open as long as this one is used."""
        super().__init__(owner._engine, owner._location)

    def close(self) -> None:
        """Leave it open."""


class UnkeptDatabase(Database):
    """The order book as a dry run works on it: what it writes it can read, and nobody else ever sees it.

    The first write is what copies the book into memory; who only looks reads the book itself.
    """

    def __init__(self, kept: Database) -> None:
        """`kept` has to stay open as long as this one is."""
        super().__init__(kept._engine, kept._location)
        self._is_copy = False

    def close(self) -> None:
        """Forget what was written."""
        if self._is_copy:
            super().close()

    @contextlib.contextmanager
    def writing(self, store: str | None = None) -> Iterator[Connection]:
        """As in the book itself, but that it is kept in memory."""
        if not self._is_copy:
            with self._location.translated_errors():
                self._engine, self._is_copy = copy_in_memory(self._engine, store), True
        with super().writing(store) as connection:
            yield connection


Fence = Callable[[Connection], None]
"""Asked in a transaction that is about to write; it refuses by raising a Problem."""


@dataclass(frozen=True, slots=True)
class StoreBook:
    """The order book bound to one store: whoever is handed it sees no other store's rows.

    The `fence` keeps a run from writing that is not the store's any more.
    """

    database: Database
    store: str
    fence: Fence | None = None

    def reading(self) -> AbstractContextManager[Connection]:
        """A view of one moment."""
        return self.database.reading()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """All that is written in it, or nothing. Raises `lease-lost` where it must not be written."""
        with self.database.writing(self.store) as connection:
            if self.fence:
                self.fence(connection)
            yield connection


def execute_many(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Run an insert for many rows, each with a value for every column of the statement.

    SQLAlchemy compiles the statement; the rows go to the driver as they are, which saves a third of an import's time.
    """
    if not rows:
        return
    sql, pick, _ = _compiled(statement, connection.dialect)
    connection.exec_driver_sql(sql, [pick(row) for row in rows])


OF_STORE: Final = bindparam("store", type_=Text)
"""The store, in a statement for `execute_for`."""


def is_among(column: ColumnElement[str]) -> ColumnElement[bool]:
    """A condition: the column has one of the values that `execute_for` is given.

    They go along as one parameter, so that the statement is the same however many they are.
    """
    return IsAmong(column, bindparam("values", type_=Text))


def execute_for(
    connection: Connection, statement: ClauseElement, store: str, values: Collection[str]
) -> CursorResult[Any]:
    """Run a statement with `OF_STORE` and `is_among`, which is compiled once in a process.

    Its rows are the driver's: SQLite's truth values are 0 and 1.
    """
    sql, pick, fixed = _compiled(statement, connection.dialect)
    listed = msgspec.json.encode(list(values)).decode()
    if NUL_IN_JSON in listed and connection.dialect.name == "postgresql":
        listed = msgspec.json.encode([as_kept(value) for value in values]).decode()
    row = {**fixed, "store": store, "values": listed}
    return connection.exec_driver_sql(sql, pick(row))


def named_rows(result: Result[Any]) -> list[Any]:
    """All rows of a result, with their values by name.

    SQLAlchemy's own rows need ten times as long for a value by its name, which is felt where many rows are read.
    """
    kind = _kind_of_rows(tuple(result.keys()))
    return [kind(row[:]) for row in result.all()]


@functools.cache
def _kind_of_rows(names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    return NamedTuple("NamedRow", [(name, Any) for name in names])._make


@functools.cache
def _compiled(statement: ClauseElement, dialect: Dialect) -> tuple[str, Callable[[Row], Any], Row]:
    """The SQL, what puts the values of a row in their places, and the values that the statement itself has."""
    compiled = statement.compile(dialect=dialect)
    names = getattr(compiled, "positiontup", None)
    return str(compiled), operator.itemgetter(*names) if names else dict, dict(compiled.params)


def upsert(table: Table, *, keep: frozenset[str] = frozenset()) -> Insert:
    """An insert that replaces the row of the same primary key, but for the columns named in `keep`."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    changing = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys and column.name not in keep
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=changing)


def insert_missing(table: Table) -> Insert:
    """An insert that leaves a row of the same primary key as it is."""
    return insert(table).on_conflict_do_nothing()
