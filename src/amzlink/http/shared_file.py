"""What all runs of this home count together: a small JSON document in a file, changed by one run at a time."""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from amzlink.core.decoding import UndecodableError, json_decoder
from amzlink.files.locks import Lock
from amzlink.files.reading import read_private
from amzlink.files.writing import overwrite_private
from amzlink.problems import Problem, ProblemName

_LOCK_SECONDS: Final = 20

_T = TypeVar("_T")


class SharedFile(Generic[_T]):
    """A document of this `kind` (`SharedDocument`). A file that is not there or cannot be understood is an empty one.

    It need not outlast a power cut: a count that is lost costs a refused call at most.
    """

    def __init__(self, path: Path, kind: type[_T]) -> None:
        self._path = path
        self._kind = kind
        self._read = json_decoder(kind)

    @contextlib.contextmanager
    def held(self) -> Iterator[float | None]:
        """Alone with the file; the time is this machine's.

        Raises `file-in-use` where another program does not let go of it, or as `lock`.
        """
        with self._lock.taken(Problem(ProblemName.FILE_IN_USE, file=self._path), wait_seconds=_LOCK_SECONDS):
            yield None

    def load(self) -> _T:
        """What is in it. Raises `not-readable` or `disk-broken`."""
        with contextlib.suppress(FileNotFoundError, UndecodableError):
            return self._read(read_private(self._path))
        return self._kind()

    def store(self, document: _T) -> None:
        """Put this in its place, while the file is held. Raises as `overwrite_private`."""
        overwrite_private(self._path, msgspec.json.encode(document))

    def close(self) -> None:
        """Nothing: the file is open only while it is read or written."""

    @functools.cached_property
    def _lock(self) -> Lock:
        return Lock(self._path.with_suffix(".lock"))
