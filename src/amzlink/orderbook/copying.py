"""Copying the rows of an order book into another one, whatever engines they are on."""

from typing import Final

from sqlalchemy import Connection, Engine, Table, insert, select

from amzlink.orderbook.schema import CLOCK_READINGS, FORMER_STORES, METADATA, TRUSTED_TIMES
from amzlink.orderbook.sqlite import copy_of_file, engine_in_memory

OF_ALL_STORES: Final = frozenset({CLOCK_READINGS, TRUSTED_TIMES, FORMER_STORES})
"""The tables of which a run on one store looks at the rows of others too."""
_CHUNK: Final = 500


def copy_in_memory(engine: Engine, store: str | None) -> Engine:
    """An engine for a copy of the book in memory, gone with the process. Nobody else has to wait for that.

    Of a book on a server it has the rows of `store`, and of the other stores what a run on this one looks at.
    """
    if engine.dialect.name == "sqlite":
        return copy_of_file(engine)
    copy = engine_in_memory()
    METADATA.create_all(copy)
    with engine.connect().execution_options(read_only=True) as source, source.begin(), copy.begin() as target:
        copy_rows(source, target, store)
    return copy


def copy_rows(source: Connection, target: Connection, store: str | None = None) -> int:
    """Copy the rows of all tables, or those of one store, a few hundred at a time; returns how many.

    Tables come before those that refer to them. The target has the same schema, and none of these rows.
    """
    return sum(
        _copy_table(source, target, table, None if table in OF_ALL_STORES else store)
        for table in METADATA.sorted_tables
    )


def _copy_table(source: Connection, target: Connection, table: Table, store: str | None) -> int:
    query = select(table) if store is None else select(table).where(table.c.store == store)
    count = 0
    with source.execute(query.execution_options(yield_per=_CHUNK)) as rows:
        for chunk in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in chunk])
            count += len(chunk)
    return count
