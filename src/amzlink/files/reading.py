"""Reading files as a whole, and no pipe that would wait for its other end."""

import contextlib
import errno
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from amzlink.problems import Problem, ProblemName, machine, usage

_KINDS: Final = {
    stat.S_IFDIR: machine.A_FOLDER,
    stat.S_IFIFO: machine.A_PIPE,
    stat.S_IFSOCK: machine.A_SOCKET,
    stat.S_IFCHR: machine.A_DEVICE,
    stat.S_IFBLK: machine.A_DEVICE,
}


def refuse_other_kinds(path: Path) -> None:
    """Raise OSError for what is there and is no file: whoever opens a pipe may wait for its other end for ever.

    What a person names in these folders is theirs to choose: `/dev/null`, or the open pipe that a shell puts there.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except OSError:  # who opens it says what is wrong with it
        return
    if kind in _KINDS and not any(map(path.absolute().is_relative_to, ("/dev", "/proc/self/fd"))):
        raise OSError(errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL, machine.is_no_file(_KINDS[kind]))


def is_there(path: Path) -> bool:
    """Whether the file exists; one that may not be looked at does, so that reading it says what is wrong."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_file(path: Path) -> bytes:
    """All of a file. Raises OSError, for a pipe, a device and a folder too."""
    refuse_other_kinds(path)
    return path.read_bytes()


@contextlib.contextmanager
def given_file(path: Path) -> Iterator[BinaryIO]:
    """A file that a person has named, to read. What the operating system raises in the block is taken for its error.

    Raises:
        Problem: `input-malformed`.
    """
    try:
        refuse_other_kinds(path)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        detail = error.strerror or usage.FILE_UNREADABLE
        raise Problem(ProblemName.INPUT_MALFORMED, file=path, detail=detail) from error


def read_private(path: Path) -> bytes:
    """All of a file that amzlink has written itself.

    Raises:
        FileNotFoundError: it is not there.
        Problem: `not-readable` or `disk-broken`.
    """
    try:
        return read_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno == errno.EIO:
            raise Problem(ProblemName.DISK_BROKEN, file=path, detail=reason) from error
        raise Problem(ProblemName.NOT_READABLE, file=path, detail=reason) from error
