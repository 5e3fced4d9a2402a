"""This machine's schedulers, and how amzlink is started from anywhere on it."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from amzlink.files.home import Home
from amzlink.schedulers.crontab import Crontab
from amzlink.schedulers.launchd import Launchd
from amzlink.schedulers.scheduler import Programs, Scheduler
from amzlink.schedulers.systemd import Systemd
from amzlink.schedulers.windows import TaskScheduler


def schedulers(environ: Mapping[str, str], home: Home, platform: str = sys.platform) -> Iterator[Scheduler]:
    """Those that this kind of machine may have, the best first."""
    programs = Programs(environ)
    if platform == "win32":
        yield TaskScheduler(programs, home.root)
        return
    folder = _home_folder(environ)
    if folder and platform == "darwin":
        yield Launchd(programs, folder / "Library" / "LaunchAgents", home.log, home.root)
    elif folder:
        settings = Path(environ.get("XDG_CONFIG_HOME") or folder / ".config")
        yield Systemd(programs, settings / "systemd" / "user", home.root)
    yield Crontab(programs, home.config / "scheduled.sh")


def _home_folder(environ: Mapping[str, str]) -> Path | None:
    """The user's home folder; None for a user whom the system does not know, as in many containers."""
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError:
        return None


def own_program() -> tuple[str, ...]:
    """How this amzlink is started from anywhere."""
    started = Path(os.path.abspath(sys.argv[0]))  # noqa: PTH100 - a link stays one: it outlives what it points to
    if started.name.startswith("amzlink") and os.access(started, os.X_OK) and started.is_file():
        return (str(started),)
    return (_without_window(Path(sys.executable)), "-m", "amzlink")


def _without_window(python: Path) -> str:
    """Windows opens a window for each run of python.exe, and none for its twin."""
    twin = python.with_name("pythonw.exe")
    return str(twin) if python.name == "python.exe" and twin.exists() else str(python)
