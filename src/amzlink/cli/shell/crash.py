"""A report of a bug that can be mailed without fear: where it happened, not with what."""

import platform
import sys
import traceback
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from amzlink import __version__
from amzlink.clock import SystemClock, to_iso
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName, store_option, usage


def show_traceback(error: Exception) -> str:
    """A traceback with the lines of code and the kinds of errors, and no message: that may quote a person's name.

    What a program prints ends in cron's mail and in bug reports.
    """
    lines = []
    for cause in _causes(error):
        lines += ["Traceback (most recent call last):\n", *traceback.format_tb(cause.__traceback__)]
        lines.append(f"{type(cause).__module__}.{type(cause).__name__}\n")
    return "".join(lines)


def told_as_bug(command: str, folder: Path, error: Exception, slug: str = "") -> Problem:
    """`internal-error` for a bug, which is written down in the folder of logs; `slug` is the store that met it."""
    try:
        return Problem(ProblemName.INTERNAL_ERROR, file=write_report(error, command, folder, slug))
    except Exception as second:  # noqa: BLE001 - what kept the command from working may keep the report from it too
        reason = second.name if isinstance(second, Problem) else type(second).__name__
        return Problem(ProblemName.INTERNAL_ERROR, file="none", advice=usage.no_crash_report(reason=str(reason)))


def write_report(error: Exception, command: str, folder: Path, slug: str = "") -> Path:
    """Write kinds of errors, files, lines and function names; no message and no value, which may be personal."""
    now = SystemClock().now()
    lines = [
        f"amzlink {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"at {to_iso(now)}",
        f"command: {command}{store_option(slug) if slug else ''}",
        *(f"{name} {_version(name)}" for name in ("httpx", "msgspec", "sqlalchemy", "typer", "cryptography")),
    ]
    for cause in _causes(error):
        lines.append(f"{type(cause).__module__}.{type(cause).__name__}")
        for frame in traceback.extract_tb(cause.__traceback__):
            lines.append(f"  {_short(frame.filename)}:{frame.lineno} {frame.name}")  # noqa: PERF401 - reads better
    path = folder / f"crash-{now:%Y%m%dT%H%M%S}{f'-{slug}' if slug else ''}.txt"
    write_private(path, "\n".join([*lines, ""]).encode())
    return path


def _causes(error: Exception) -> Iterator[BaseException]:
    """The error, what it came of, and so on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _short(filename: str) -> str:
    """A path without the user's name in it."""
    for folder in sorted((entry for entry in sys.path if entry), key=len, reverse=True):
        if filename.startswith(folder):
            return filename[len(folder) :].lstrip("/\\")
    return Path(filename).name


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "is not installed"
