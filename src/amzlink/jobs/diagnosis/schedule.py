"""Whether anything on this machine runs amzlink regularly: a crontab line, a systemd timer, a launchd agent."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from amzlink.core.child_environment import without_secrets
from amzlink.core.schedule.crontab import runs_amzlink
from amzlink.files.reading import read_file

_LOOKS: Final = (
    ("crontab", "-l"),
    ("systemctl", "--user", "list-timers", "--all", "--no-pager"),
    ("systemctl", "list-timers", "--all", "--no-pager"),
)
_SECONDS: Final = 3
_SYSTEM_CRONTABS: Final = (Path("/etc/crontab"), Path("/etc/cron.d"))


def is_scheduled(environ: Mapping[str, str]) -> bool | None:
    """True where something is found, False where one could look and found nothing, None where one cannot look."""
    if sys.platform == "win32" or "PATH" not in environ:
        return None
    looked = False
    for command in _LOOKS:
        if (program := shutil.which(command[0], path=environ["PATH"])) is None:
            continue
        try:
            done = subprocess.run(  # noqa: S603 - a program of the system, with arguments of ours
                [program, *command[1:]],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
                env=without_secrets(environ),
            )
        except (subprocess.TimeoutExpired, OSError):
            continue
        looked = True
        names = runs_amzlink if command[0] == "crontab" else _names_amzlink
        if any(map(names, done.stdout.splitlines())):
            return True
    return True if _in_system_crontab() else (False if looked else None)


def _in_system_crontab() -> bool:
    files = [file for place in _SYSTEM_CRONTABS for file in (place.glob("*") if place.is_dir() else [place])]
    for file in files:
        try:
            text = read_file(file).decode("utf-8", "replace")
        except OSError:
            continue
        if any(map(runs_amzlink, text.splitlines())):
            return True
    return False


def _names_amzlink(line: str) -> bool:
    return "amzlink" in line
