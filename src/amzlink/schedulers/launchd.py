"""Agents of macOS's launchd."""

import os
import plistlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

from amzlink.core.schedule.launchd import MARK, agent_files, timing_of
from amzlink.core.schedule.plan import SCHEDULED, Schedule
from amzlink.schedulers.scheduler import (
    Installed,
    Kind,
    Programs,
    Writing,
    delete_ours,
    files_in_place,
    homes_by_files,
    is_ours,
)


class Launchd:
    """The agents of this user, in `folder`; what they print goes to `log_folder`. `root` is their AMZLINK_HOME."""

    kind: Final[Kind] = "launchd"

    def __init__(self, programs: Programs, folder: Path, log_folder: Path, root: Path | None) -> None:
        self._programs = programs
        self._folder = folder
        self._log_folder = log_folder
        self._root = root

    def fits(self) -> bool:
        """Whether this is a Mac."""
        return self._programs.has("launchctl")

    def may_have(self, name: str) -> bool:
        """Whether there are property lists of ours."""
        return any(is_ours(path, MARK) for path in self._paths(name))

    def writings(self, schedule: Schedule) -> Sequence[Writing]:
        """The property lists."""
        return [Writing(place=str(path), text=content.decode()) for path, content in self._files(schedule).items()]

    def install(self, schedule: Schedule) -> None:
        """Write the property lists, and load them in place of those that are loaded."""
        files = self._files(schedule)
        before = [path for path in files if is_ours(path, MARK)]
        try:
            with files_in_place(files, MARK):
                for path in files:
                    self._programs.run("launchctl", "bootout", f"{_domain()}/{path.stem}")
                    self._programs.must("launchctl", "bootstrap", _domain(), str(path))
        except BaseException:
            for path in files:
                self._programs.answers("launchctl", "bootout", f"{_domain()}/{path.stem}")
            for path in before:
                self._programs.answers("launchctl", "bootstrap", _domain(), str(path))
            raise

    def remove(self, name: str) -> None:
        """Unload the agents that are ours, and delete their files."""
        paths = [path for path in self._paths(name) if is_ours(path, MARK)]
        for path in paths:
            self._programs.run("launchctl", "bootout", f"{_domain()}/{path.stem}")
        delete_ours(paths, MARK)

    def installed(self, name: str, now: datetime) -> Sequence[Installed]:  # noqa: ARG002 - launchd does not tell
        """The jobs whose property lists are ours. Those of a home that was moved work for the place where it was."""
        found = []
        for job, path in zip(SCHEDULED, self._paths(name), strict=True):
            if is_ours(path, MARK):
                starts = _starts(path)
                found.append(
                    Installed(
                        job=job,
                        runs=", ".join(_clock(start) for start in starts),
                        timing=timing_of(job, starts),
                        works=self._root in (None, _home_of(path)) and self._is_loaded(path),
                    )
                )
        return found

    def homes(self) -> Mapping[str, Path | None]:
        """Of each schedule that has a job here, the AMZLINK_HOME of that job."""
        return homes_by_files(self._folder, ".plist", MARK, _home_of)

    def _is_loaded(self, path: Path) -> bool:
        return self._programs.run("launchctl", "print", f"{_domain()}/{path.stem}").returncode == 0

    def _paths(self, name: str) -> Sequence[Path]:
        return [self._folder / f"{name}-{job}.plist" for job in SCHEDULED]

    def _files(self, schedule: Schedule) -> Mapping[Path, bytes]:
        files = agent_files(schedule, str(self._log_folder))
        return {self._folder / name: content for name, content in files.items()}


def _domain() -> str:
    """The user's graphical session, in which the keyring can be opened."""
    return f"gui/{os.getuid()}"


def _starts(path: Path) -> Sequence[Mapping[str, int]]:
    """The starts of a day, or of an hour; none where a person has given the file another form."""
    starts = _value(path, "StartCalendarInterval")
    if not isinstance(starts, list) or not all(isinstance(start, dict) for start in starts):
        return []
    return starts if all(isinstance(value, int) for start in starts for value in start.values()) else []


def _home_of(path: Path) -> Path | None:
    variables = _value(path, "EnvironmentVariables")
    home = variables.get("AMZLINK_HOME") if isinstance(variables, dict) else None
    return Path(home) if isinstance(home, str) and home else None


def _value(path: Path, key: str) -> object:
    """A value of a property list; None where a person has given the file another form."""
    try:
        return plistlib.loads(path.read_bytes())[key]
    except (OSError, ExpatError, plistlib.InvalidFileException, KeyError, TypeError, ValueError):
        return None


def _clock(start: Mapping[str, int]) -> str:
    """`03:12`, or `*:07` for every hour."""
    return f"{start.get('Hour', '*')}:{start.get('Minute', 0):02}"
