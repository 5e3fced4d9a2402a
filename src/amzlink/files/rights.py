"""Which files and folders other users of the machine can change or read."""

import contextlib
import os
import stat
from pathlib import Path

from amzlink.problems import Problem, ProblemName


def open_mode(path: Path, bits: int) -> str | None:
    """The mode of a file or folder, as `chmod` takes it, where it has any of the `bits`.

    None too for what is not there, for a pipe or device, and on Windows, whose rights are of another kind. In a folder
    with the sticky bit (`/tmp`) nobody can replace the files of another user.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # who reads the file next says what is wrong with it
        return None
    if os.name == "nt" or not (stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX)):
        return None
    return f"{stat.S_IMODE(mode):o}" if mode & bits else None


def refuse_if_open(path: Path, *, wanted: str) -> None:
    """Refuse what every user of the machine may change. Raises `writable-by-others`."""
    if mode := open_mode(path, stat.S_IWOTH):
        raise Problem(ProblemName.WRITABLE_BY_OTHERS, file=path, mode=mode, wanted=wanted)


def refuse_if_reached(path: Path, *, wanted: str) -> None:
    """Refuse it only where other users can come as far as there: a folder above may keep them out.

    Raises:
        Problem: `writable-by-others`.
    """
    with contextlib.suppress(OSError):  # who uses it next says what is wrong with it
        if all(folder.stat().st_mode & stat.S_IXOTH for folder in path.absolute().parents):
            refuse_if_open(path, wanted=wanted)
