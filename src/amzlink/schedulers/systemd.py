"""Timers of systemd's user manager. They run while the user is signed in, or always where lingering is on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from amzlink.core.schedule.plan import SCHEDULED, Schedule
from amzlink.core.schedule.systemd import MARK, timing_of, unit_files, value_of
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

_SYSTEMCTL: Final = ("systemctl", "--user")
_MICROSECONDS: Final = 1_000_000


class Systemd:
    """systemd's user manager; `folder` is where this user's units are, `root` is their AMZLINK_HOME."""

    kind: Final[Kind] = "systemd"

    def __init__(self, programs: Programs, folder: Path, root: Path | None) -> None:
        self._programs = programs
        self._folder = folder
        self._root = root

    def fits(self) -> bool:
        """Whether this user has a manager that answers: in a container, or after `su`, there is none."""
        return self._programs.has("systemctl") and self._programs.answers(*_SYSTEMCTL, "show-environment")

    def may_have(self, name: str) -> bool:
        """Whether there are timers of ours: a manager that does not answer here may well run them."""
        return self._programs.has("systemctl") and bool(self._own_timers(name))

    def writings(self, schedule: Schedule) -> Sequence[Writing]:
        """The unit files."""
        return [
            Writing(place=str(path), text=content.decode("utf-8", "surrogateescape"))
            for path, content in self._files(schedule).items()
        ]

    def install(self, schedule: Schedule) -> None:
        """Write the unit files, and start the timers."""
        timers = [f"{schedule.unit(timing)}.timer" for timing in schedule.timings]
        before = self._own_timers(schedule.name)
        try:
            with files_in_place(self._files(schedule), MARK):
                self._programs.must(*_SYSTEMCTL, "daemon-reload")
                try:
                    self._programs.must(*_SYSTEMCTL, "enable", *timers)
                    # `enable --now` leaves a timer that runs already at its old times.
                    self._programs.must(*_SYSTEMCTL, "restart", *timers)
                except BaseException:
                    # While the files are there: of units that are gone the links that `enable` makes would stay.
                    if new := [timer for timer in timers if timer not in before]:
                        self._programs.answers(*_SYSTEMCTL, "disable", "--now", *new)
                    raise
        except BaseException:
            self._programs.answers(*_SYSTEMCTL, "daemon-reload")
            if before:
                self._programs.answers(*_SYSTEMCTL, "restart", *before)
            raise

    def remove(self, name: str) -> None:
        """Stop the timers, and delete the unit files that are ours."""
        timers = self._own_timers(name)
        if not timers:
            return
        self._programs.must(*_SYSTEMCTL, "disable", "--now", *timers)
        units = [self._folder / f"{name}-{job}.{kind}" for job in SCHEDULED for kind in ("timer", "service")]
        delete_ours(units, MARK)
        self._programs.must(*_SYSTEMCTL, "daemon-reload")

    def installed(self, name: str, now: datetime) -> Sequence[Installed]:  # noqa: ARG002 - systemd knows the times
        """The jobs whose timers are ours. Those of a home that was moved since work for the place where it was."""
        found = []
        for job in SCHEDULED:
            file = self._folder / f"{name}-{job}.timer"
            if is_ours(file, MARK):
                shown = self._shown(file.name)
                works = shown.get("ActiveState") == "active" and self._is_here(file.with_suffix(".service"))
                found.append(
                    Installed(
                        job=job,
                        runs=(runs := _calendar(file)),
                        timing=timing_of(job, runs),
                        next_run=_moment(shown.get("NextElapseUSecRealtime", "")) if works else None,
                        works=works,
                    )
                )
        return found

    def homes(self) -> Mapping[str, Path | None]:
        """Of each schedule that has a job here, the AMZLINK_HOME of that job."""
        return homes_by_files(self._folder, ".service", MARK, _home_of)

    def lingers(self, user: str) -> bool | None:
        """Whether the timers run while the user is signed out; None where that cannot be seen."""
        if not self._programs.has("loginctl"):
            return None
        done = self._programs.run("loginctl", "show-user", user, "--property=Linger")
        return {"Linger=yes": True, "Linger=no": False}.get(done.stdout.strip())

    def let_linger(self, user: str) -> None:
        """Let the timers run while the user is signed out. Raises `schedule-failed`."""
        self._programs.must("loginctl", "enable-linger", user)

    def _own_timers(self, name: str) -> Sequence[str]:
        timers = [f"{name}-{job}.timer" for job in SCHEDULED]
        return [timer for timer in timers if is_ours(self._folder / timer, MARK)]

    def _is_here(self, service: Path) -> bool:
        """Whether the service is there, and works for this home."""
        return is_ours(service, MARK) and self._root in (None, _home_of(service))

    def _files(self, schedule: Schedule) -> Mapping[Path, bytes]:
        return {
            self._folder / name: text.encode("utf-8", "surrogateescape") for name, text in unit_files(schedule).items()
        }

    def _shown(self, timer: str) -> Mapping[str, str]:
        wanted = (*_SYSTEMCTL, "show", timer, "--property=ActiveState,NextElapseUSecRealtime")
        done = self._programs.run(*wanted, "--timestamp=unix")
        # An older systemd does not know that option; whether the timer is active it says all the same.
        told = done.stdout if done.returncode == 0 else self._programs.must(*wanted)
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def _home_of(service: Path) -> Path | None:
    home = value_of(service.read_bytes().decode("utf-8", "surrogateescape"), "AMZLINK_HOME")
    return Path(home) if home else None


def _calendar(file: Path) -> str:
    lines = file.read_text("utf-8", "replace").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("OnCalendar=")), "")


def _moment(text: str) -> datetime | None:
    """A time such as `@1764425700`, or in microseconds as systemd before version 248 writes it."""
    digits = text.removeprefix("@")
    if not digits.isdecimal() or not int(digits):
        return None
    seconds = int(digits)
    return datetime.fromtimestamp(seconds if text.startswith("@") else seconds / _MICROSECONDS, UTC)
