"""What the operating system's errors about a file mean."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from amzlink.problems import Problem, ProblemName


@contextlib.contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about `path` into problems."""
    try:
        yield
    except OSError as error:
        raise translate(error, path) from error


def translate(error: OSError, path: Path) -> Problem:
    """The problem that an error of the operating system means."""
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(ProblemName.DISK_FULL, file=path)
    if error.errno == errno.EIO:
        return Problem(ProblemName.DISK_BROKEN, file=path, detail=reason)
    return Problem(ProblemName.NOT_WRITABLE, file=path, detail=reason)
