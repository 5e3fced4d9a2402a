"""What SQLite and PostgreSQL have different functions for."""

from typing import Any, Final, Self

from sqlalchemy import Boolean, ColumnElement, Integer, extract, func
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

NUL_IN_JSON: Final = r"\u0000"
_NUL: Final = "\0"


def as_kept(text: str) -> str:
    """A text as PostgreSQL takes it: it has no NUL, which can be in what a service or a file gives."""
    return text.replace(_NUL, "\N{REPLACEMENT CHARACTER}") if _NUL in text else text


def server_seconds() -> ColumnElement[Any]:
    """Seconds since 1970 by the PostgreSQL server's clock, at this very statement: its transaction may have waited."""
    return extract("epoch", func.clock_timestamp())


class IsAmong(FunctionElement[bool]):
    """Whether a column's value is in a JSON list of texts."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 - SQLAlchemy's signature
        """As it is: SQLAlchemy would compare it with 1 for SQLite, which then goes through the whole table."""
        return self


@compiles(IsAmong, "sqlite")
def _in_json_each(element: IsAmong, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are what SQLAlchemy made of them


@compiles(IsAmong, "postgresql")
def _is_any_of_json(element: IsAmong, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({values} AS JSON))))"


class _UnixTime(FunctionElement[int]):
    type = Integer()
    inherit_cache = True


def unix_time(moment: ColumnElement[str]) -> ColumnElement[int]:
    """The seconds since 1970 of a moment as the order book has it."""
    return _UnixTime(moment)


@compiles(_UnixTime, "sqlite")
def _strftime(element: _UnixTime, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(_UnixTime, "postgresql")
def _epoch(element: _UnixTime, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(extract(epoch FROM CAST({moment} AS TIMESTAMP WITH TIME ZONE)) AS BIGINT)"


@compiles(OnConflictDoNothing, "postgresql")
def _do_nothing(_clause: OnConflictDoNothing, _compiler: Any, **_: Any) -> str:
    """PostgreSQL's words are the same, but SQLAlchemy has a class of its own for them, which an insert is bound to."""
    return "ON CONFLICT DO NOTHING"


@compiles(OnConflictDoUpdate, "postgresql")
def _do_update(clause: OnConflictDoUpdate, compiler: Any, **_: Any) -> str:
    """As `database.upsert` makes it: each column gets the value that the row would have had."""
    quote = compiler.preparer.quote
    keys = ", ".join(quote(name) for name in clause.inferred_target_elements or ())
    names = [quote(str(name)) for name in dict(clause.update_values_to_set)]
    changing = ", ".join(f"{name} = excluded.{name}" for name in names)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {changing}"
