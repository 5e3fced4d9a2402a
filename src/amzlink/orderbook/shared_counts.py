"""What all machines count together, kept in the order book that they share: one small document a row.

A row is locked for the moments in which its document is read and written. The server's clock tells the time, because
the clocks of machines differ, and a count that goes by several of them would come out too high.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Double, cast, select
from sqlalchemy.dialects.postgresql import insert

from amzlink.core.decoding import UndecodableError, read_json
from amzlink.orderbook.database import Database
from amzlink.orderbook.dialects import server_seconds
from amzlink.orderbook.schema import SHARED_COUNTS

_T = TypeVar("_T")


class SharedCount(Generic[_T]):
    """The document of this `kind` about what is `counted`, of one `store` or of all (empty). Close it after use.

    `open_database` is asked for the order book when it is first needed. `shift` is how far the runs' clock is ahead of
    the machine's, in seconds; None: they go by a clock of their own.
    """

    def __init__(
        self,
        open_database: Callable[[], AbstractContextManager[Database]],
        store: str,
        counted: str,
        kind: type[_T],
        shift: float | None,
    ) -> None:
        self._open = open_database
        self._row = {"store": store, "counted": counted}
        self._kind = kind
        self._shift = shift
        self._opened = contextlib.ExitStack()
        self._database: Database | None = None
        self._connection: Connection | None = None
        self._document = b""

    @contextlib.contextmanager
    def held(self) -> Iterator[float | None]:
        """Alone with it. Raises what the order book raises, also where another run does not let go of it."""
        if self._database is None:
            self._database = self._opened.enter_context(self._open())
        # Writers of one name follow one another; these are nobody's but those of this document.
        with self._database.writing("counted: " + " ".join(self._row.values())) as connection:
            now, self._document = self._read(connection)
            self._connection = connection
            try:
                yield None if self._shift is None else now + self._shift
            finally:
                self._connection = None

    def load(self) -> _T:
        """What is in it; an empty document, where there is nothing that can be understood."""
        with contextlib.suppress(UndecodableError):
            return read_json(self._document, self._kind)
        return self._kind()

    def store(self, document: _T) -> None:
        """Put this in its place."""
        if self._connection is None:
            raise RuntimeError("a count is stored by somebody who does not hold it")
        self._document = msgspec.json.encode(document)
        changed = insert(SHARED_COUNTS).values(**self._row, document=self._document)
        keys = [column.name for column in SHARED_COUNTS.primary_key]
        self._connection.execute(
            changed.on_conflict_do_update(index_elements=keys, set_={"document": changed.excluded.document})
        )

    def close(self) -> None:
        """Let go of the order book."""
        self._database = None
        self._opened.close()

    def _read(self, connection: Connection) -> tuple[float, bytes]:
        """The server's time at this moment, and the document."""
        here = [SHARED_COUNTS.c[name] == value for name, value in self._row.items()]
        document = select(SHARED_COUNTS.c.document).where(*here).scalar_subquery()
        time = cast(server_seconds(), Double)
        row = connection.execute(select(time.label("time"), document.label("document"))).one()
        return row.time, row.document or b"{}"
