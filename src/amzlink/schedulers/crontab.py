"""The user's crontab, for machines on which nothing else starts programs by itself."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from amzlink.clock import in_local_zone
from amzlink.core.schedule.crontab import (
    STARTER_MARK,
    lines_of,
    own_lines,
    start_of,
    starter_script,
    starters,
    timing_of,
    with_lines,
    without,
)
from amzlink.core.schedule.plan import SCHEDULED, Schedule
from amzlink.problems import Problem
from amzlink.problems import schedule as texts
from amzlink.schedulers.scheduler import (
    Installed,
    Kind,
    Programs,
    Writing,
    delete_ours,
    failed,
    files_in_place,
    is_ours,
    refused,
    said_by,
)

PLACE: Final = "crontab -e"
"""How a person comes to see the table; its file is nobody's to touch."""

_BROKEN: Final = re.compile(r"errors in crontab", re.IGNORECASE)
_EMPTY: Final = re.compile(r"no crontab (for|file)", re.IGNORECASE)


class Crontab:
    """The table of the user's cron jobs; `starter` is the file by which its lines start amzlink."""

    kind: Final[Kind] = "cron"

    def __init__(self, programs: Programs, starter: Path) -> None:
        self._programs = programs
        self._starter = starter

    def fits(self) -> bool:
        """Whether this user may have a crontab; whether a daemon reads it shows itself only later."""
        if not self._programs.has("crontab"):
            return False
        try:
            self.table()
        except Problem:
            return False
        return True

    def may_have(self, name: str) -> bool:  # noqa: ARG002 - the starter is in the home itself
        """Whether our starter is there: then a table that cannot be read may well have our lines."""
        return is_ours(self._starter, STARTER_MARK)

    def writings(self, schedule: Schedule) -> Sequence[Writing]:
        """The starter, and the lines."""
        lines = "".join(f"{line}\n" for line in lines_of(schedule, str(self._starter)))
        return [
            Writing(place=str(self._starter), text=starter_script(schedule)),
            Writing(place=PLACE, text=lines),
        ]

    def install(self, schedule: Schedule) -> None:
        """Write the starter, then the lines; every other line stays as it is."""
        table = self.table()
        starter = starter_script(schedule).encode("utf-8", "surrogateescape")
        with files_in_place({self._starter: starter}, STARTER_MARK, mode=0o700):
            try:
                self._write(with_lines(table, schedule.name, lines_of(schedule, str(self._starter))))
            except BaseException:
                self._put_back(schedule.name, own_lines(table, schedule.name))
                raise

    def remove(self, name: str) -> None:
        """Take our lines out, and delete the starter, unless lines of another name need it."""
        table = self.table()
        if own_lines(table, name):
            self._write(without(table, name))
        if start_of(str(self._starter)) not in without(table, name):
            delete_ours([self._starter], STARTER_MARK)

    def installed(self, name: str, now: datetime) -> Sequence[Installed]:
        """The jobs whose lines are ours. A person may have given them other times.

        Those of a home that was moved since start what is there no longer.
        """
        found = []
        starts, start = is_ours(self._starter, STARTER_MARK), start_of(str(self._starter))
        for line in own_lines(self.table(), name):
            job = next((job for job in SCHEDULED if f" {job} " in line), None)
            if job is None:
                continue
            timing = timing_of(job, line)
            works = starts and start in line
            next_run = timing.next_after(in_local_zone(now)) if timing and works else None
            runs = " ".join(line.split()[:5])
            found.append(Installed(job=job, runs=runs, timing=timing, next_run=next_run, works=works))
        return found

    def homes(self) -> Mapping[str, Path | None]:
        """Of each schedule that has a line, its AMZLINK_HOME: where there is one, the starter is two folders below."""
        return {
            name: Path(starter).parent.parent if "-" in name else None
            for name, starter in starters(self.table()).items()
        }

    def table(self) -> str:
        """The whole table.

        Raises:
            Problem: `schedule-failed`, where it cannot be read: it must not be taken for an empty one then.
        """
        done = self._programs.run("crontab", "-l")
        if done.returncode == 0:
            return done.stdout
        if _EMPTY.search(done.stderr):
            return ""
        raise refused("crontab", done)

    def _put_back(self, name: str, lines: Sequence[str]) -> None:
        """Let our lines be those of before, where they could be written and yet something was wrong."""
        with contextlib.suppress(Problem):  # what went wrong first is what counts
            table = self.table()
            if own_lines(table, name) != lines:
                self._programs.run("crontab", "-", stdin=with_lines(table, name, lines))

    def _write(self, table: str) -> None:
        done = self._programs.run("crontab", "-", stdin=table)
        if _BROKEN.search(done.stderr):  # ours are good, so that it is another one
            raise failed("crontab", texts.crontab_line_broken(said=said_by(done)))
        if done.returncode:
            raise refused("crontab", done)
        if self.table() != table:
            raise failed("crontab", texts.CRONTAB_DIFFERS)
