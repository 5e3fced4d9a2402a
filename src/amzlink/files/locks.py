"""Locks between the processes of a machine."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from amzlink.files.os_errors import translate
from amzlink.files.reading import refuse_other_kinds
from amzlink.problems import Problem, ProblemName, machine

_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class Lock:
    """A lock file, for whoever takes it again and again: to make this costs as much as to take it."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # noqa: PLC0415 - only what changes something needs it

        self._path = path
        # The library opens no symbolic link, so that nobody has another file emptied by one.
        self._file = FileLock(os.path.realpath(path), mode=0o600)

    @contextlib.contextmanager
    def taken(self, held: Problem, *, wait_seconds: float = 0) -> Iterator[None]:
        """Only one process at a time is in such a block. Raises as `lock`."""
        from filelock import Timeout  # noqa: PLC0415 - see above

        try:
            refuse_other_kinds(self._path)
            self._file.acquire(timeout=wait_seconds)
        except Timeout:
            raise held from None
        except NotImplementedError as error:  # what the library makes of ENOSYS
            raise Problem(ProblemName.LOCKING_UNAVAILABLE, file=self._path, detail=machine.LOCKS_DO_NOT_WORK) from error
        except OSError as error:
            if error.errno in _NO_LOCKS:
                raise Problem(
                    ProblemName.LOCKING_UNAVAILABLE, file=self._path, detail=machine.LOCKS_DO_NOT_WORK
                ) from error
            raise translate(error, self._path) from error
        try:
            yield
        finally:
            self._file.release()


@contextlib.contextmanager
def lock(path: Path, held: Problem, *, wait_seconds: float = 0) -> Iterator[None]:
    """Only one process at a time is in a block with this lock file, which stays when it leaves.

    Raises:
        Problem: `held`, where another process has the lock and does not leave within `wait_seconds`; or
            `locking-unavailable`, `not-writable`, `disk-full` or `disk-broken`, where there is no such file to be had.
    """
    with Lock(path).taken(held, wait_seconds=wait_seconds):
        yield
