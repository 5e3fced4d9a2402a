"""What runs count together, wherever it is kept: in a file of this machine, or in a book that machines share."""

from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class SharedDocument(Protocol[_T]):
    """A small document that is changed by one run at a time."""

    def held(self) -> AbstractContextManager[float | None]:
        """Alone with it; `load` and `store` work only then.

        Gives the time by the clock that all go by who share it, in seconds since 1970; None: by this machine's.
        """

    def load(self) -> _T:
        """What is in it; an empty document, where there is nothing that can be understood."""

    def store(self, document: _T) -> None:
        """Put this in its place."""

    def close(self) -> None:
        """Let go of what it is kept in."""
