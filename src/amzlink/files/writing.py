"""Writing files as a whole, so that readers see the old or the new content, and nobody else reads them."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from amzlink.files.os_errors import translate, translated_errors
from amzlink.files.reading import refuse_other_kinds
from amzlink.problems import Problem, machine

_TRIAL_BYTES: Final = 65_536


def write_private(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace a file as a whole: readers see the old or the new content, never half of it.

    With `durable` that holds after a power cut too.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; the old file is then untouched.
    """
    with translated_errors(path):
        _refuse_planted(path)
        refuse_other_kinds(Path(os.path.realpath(path)))  # a device is written as it is, behind a link too
        # Each by itself: `parents` would make those above with everybody's rights.
        for folder in reversed([path.parent, *(folder for folder in path.parent.parents if not folder.exists())]):
            folder.mkdir(mode=0o700, exist_ok=True)
    with whole_file(path, durable=durable) as file:
        file.write(content)


def overwrite_private(path: Path, content: bytes) -> None:
    """Write a file where it lies, which is much cheaper than to replace it.

    Only for who holds a lock that all readers take, and for what may be lost: a power cut can leave a mixture.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`.
    """
    with translated_errors(path):
        refuse_other_kinds(path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
            file.truncate()


def append_private(path: Path, line: bytes) -> None:
    """Add one line to a file in a single write, so that lines of two processes never mix."""
    with translated_errors(path):
        refuse_other_kinds(path)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line + b"\n")
        finally:
            os.close(handle)


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when all of it is there, readable by its owner alone.

    A pipe or a device (`/dev/null`, `/dev/full`) is written as it is, because it must never be replaced by a file. Of a
    symbolic link the target is written, and the link stays: people keep their settings in a folder that they back up.
    What another user has put into a folder for all is neither followed nor written. What the operating system raises in
    the block is taken for an error about `path`.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; what was there before is then untouched.
    """
    with translated_errors(path):
        _refuse_planted(path)
        if _is_stream(path):
            with path.open("wb") as device:
                yield device
            return
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp makes it 0600
        with in_place_when_whole(handle, Path(name), target, durable=durable) as file:
            yield file


@contextlib.contextmanager
def in_place_when_whole(
    handle: int, part: Path, target: Path, *, durable: bool = True, check: Callable[[], None] | None = None
) -> Iterator[BinaryIO]:
    """The open file `part`, which is renamed to `target` after the block, and removed where anything fails.

    With `durable` it is synced before, and its folder after that, so that a power cut leaves the old or the new file.
    `check` is called between the two, and may refuse by raising.
    """
    file = os.fdopen(handle, "wb")
    try:
        yield file
        with translated_errors(target), file:
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if check is not None:
            check()
        with translated_errors(target):
            part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong first is what counts
            file.close()
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    if durable:
        with translated_errors(target):
            sync_folder(target.parent)


def why_unwritable(folder: Path) -> Problem | None:
    """What keeps this folder from taking another few kilobytes.

    It is found out by writing them, because a quota shows itself no other way.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return translate(error, folder)
    return None


def _refuse_planted(path: Path) -> None:
    """Raise OSError for a link or a pipe that somebody else has put into a folder for all, such as `/tmp`.

    The link may lead to a file of ours, and the pipe to their program. Linux can refuse both by itself, but not
    everywhere, and not where links are followed one by one.
    """
    if not hasattr(os, "geteuid") or not os.path.lexists(path):
        return
    there, folder = path.lstat(), path.parent.stat()
    for_all = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
    leads_on = stat.S_ISLNK(there.st_mode) or stat.S_ISFIFO(there.st_mode)
    if leads_on and for_all and there.st_uid not in (os.geteuid(), folder.st_uid):
        raise PermissionError(errno.EACCES, machine.PUT_THERE_BY_ANOTHER_USER)


def _is_stream(path: Path) -> bool:
    """Whether the path leads to something that takes what is written at once. Raises OSError for links in a circle."""
    if path.absolute().is_relative_to("/dev"):  # `/dev/stdout` may lead to a file, which somebody else has open
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no way to, and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
