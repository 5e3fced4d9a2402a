"""A file that holds one secret: how it is read, and how it is replaced."""

from pathlib import Path

from amzlink.files.reading import is_there, read_file
from amzlink.files.rights import refuse_if_open
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName, machine
from amzlink.problems import secrets as texts
from amzlink.secrets.store import Secret


def read_secret(file: Path) -> str:
    """The secret in a file that must hold one.

    Raises:
        Problem: `secret-file-unreadable` or `writable-by-others`.
    """
    if text := _read(file):
        return text
    raise Problem(ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=texts.FILE_EMPTY)


def read_if_filled(file: Path) -> Secret | None:
    """The secret in a file, or None where the file is not there or empty.

    An empty file is one that was made beforehand, with its owner and rights, for amzlink to fill.

    Raises:
        Problem: `secret-file-unreadable` or `writable-by-others`.
    """
    text = _read(file) if is_there(file) else ""
    return Secret(text, "file", file) if text else None


def write_secret(file: Path, value: str) -> None:
    """Replace a file that holds a secret, and read it back. Raises as `write_private`, and `disk-broken`."""
    write_private(file, value.encode())
    if _read(file) != value:
        raise Problem(ProblemName.DISK_BROKEN, file=file, detail=machine.READ_BACK_DIFFERS)


def _read(file: Path) -> str:
    """The text of a file, without the white space around it. Raises as `read_secret`."""
    refuse_if_open(file, wanted="600")
    try:
        return read_file(file).decode("utf-8-sig").strip()  # some editors begin every file with a byte order mark
    except OSError as error:
        raise Problem(
            ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=error.strerror or type(error).__name__
        ) from error
    except UnicodeDecodeError as error:
        raise Problem(ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=texts.FILE_NOT_TEXT) from error
