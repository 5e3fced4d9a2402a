"""What the order book needs of a database engine. Each engine has a file of its own: `sqlite.py`, `postgresql.py`."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sqlalchemy import Connection, Engine


@dataclass
class Stage:
    """How far a transaction is. Once it is `committing`, an error leaves open whether its changes are stored."""

    committing: bool = False


class Location(ABC):
    """Where an order book is, and what its engine does differently from the others.

    Its text is what messages call the book: a file's path, or a server's address without its password.
    The engine reads the execution options of a connection: `read_only` for a view of one moment, `store` for a
    transaction that writes rows of that store alone, `migrating` for one that may take its time, and `no_transaction`.
    """

    finds_versions: ClassVar[str]
    """The SQL that tells whether the book has the table with the version of its schema."""

    @abstractmethod
    def __str__(self) -> str:
        """What messages call the book. It shows no secret."""

    @abstractmethod
    def in_file(self) -> Path | None:
        """The file that it is in; None: it is on a server."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is something to open, as far as that can be seen without opening it."""

    @abstractmethod
    def make_engine(self) -> Engine:
        """An engine whose transactions begin as the order book needs them.

        Raises:
            Problem: the book cannot be there.
        """

    @abstractmethod
    def translated_errors(self) -> AbstractContextManager[Stage]:
        """Turn the database's errors into problems; their parameters, which may be personal, are left out.

        A statement that breaks a rule of the schema, or is none, is a fault of ours and stays what it is.
        """

    @abstractmethod
    def check(self, connection: Connection) -> None:
        """Look whether a book can be made here, before its tables are.

        Raises:
            Problem: it cannot.
        """

    @abstractmethod
    def faults(self, connection: Connection, *, thorough: bool) -> list[str]:
        """What the database finds wrong with itself, in its own words.

        Raises:
            Problem: it is sound, and cannot be written to.
        """

    @abstractmethod
    def facts(self, connection: Connection) -> dict[str, str]:
        """What `verify` tells of the book beside whether it is sound."""

    @abstractmethod
    def empty_journal(self, connection: Connection) -> bool:
        """Leave nothing that was deleted in a journal; False: somebody else uses the book. Outside a transaction."""
