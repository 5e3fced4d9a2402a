"""Tasks of Windows' Task Scheduler, made by `schtasks` from XML files."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from amzlink.core.schedule.plan import SCHEDULED, Schedule
from amzlink.core.schedule.windows import FOLDER, homes_of, task_files
from amzlink.files.os_errors import translated_errors
from amzlink.schedulers.scheduler import Installed, Kind, Programs, Writing


class TaskScheduler:
    """The tasks of this user in a folder of their own, so that none of anybody else's is touched.

    `root` is their AMZLINK_HOME.
    """

    kind: Final[Kind] = "windows"

    def __init__(self, programs: Programs, root: Path | None) -> None:
        self._programs = programs
        self._root = root

    def fits(self) -> bool:
        """Whether this is Windows."""
        return self._programs.has("schtasks")

    def may_have(self, name: str) -> bool:  # noqa: ARG002 - the tasks have no files
        """Never: the Task Scheduler always answers."""
        return False

    def writings(self, schedule: Schedule) -> Sequence[Writing]:
        """The tasks."""
        return [Writing(place=name, text=text) for name, text in task_files(schedule).items()]

    def install(self, schedule: Schedule) -> None:
        """Make the tasks, in place of those of the same names; where one fails, all are taken away."""
        try:
            for name, text in task_files(schedule).items():
                self._make(name, text)
        except BaseException:
            for name in task_files(schedule):
                self._programs.run("schtasks", "/Delete", "/TN", name, "/F")
            raise

    def remove(self, name: str) -> None:
        """Take the tasks away."""
        for job in SCHEDULED:
            if self._query(name, job) is not None:
                self._programs.must("schtasks", "/Delete", "/TN", _task(name, job), "/F")

    def installed(self, name: str, now: datetime) -> Sequence[Installed]:  # noqa: ARG002 - told in the local language
        """The jobs that have a task. Those of a home that was moved since work for the place where it was."""
        tasks = {job: task for job in SCHEDULED if (task := self._query(name, job)) is not None}
        return [
            Installed(job=job, runs=_task(name, job), works=self._is_here(homes_of(task).get(f"{name}-{job}")))
            for job, task in tasks.items()
        ]

    def homes(self) -> Mapping[str, Path | None]:
        """Of each schedule that has a task here, the AMZLINK_HOME of that task."""
        done = self._programs.run("schtasks", "/Query", "/TN", FOLDER, "/XML", "ONE")
        found: dict[str, Path | None] = {}
        for task, home in homes_of(done.stdout if done.returncode == 0 else "").items():
            for job in SCHEDULED:
                if task.endswith(f"-{job}"):
                    found.setdefault(task.removesuffix(f"-{job}"), Path(home) if home else None)
        return found

    def _is_here(self, home: str | None) -> bool:
        """Whether a task works for this home, as far as it tells."""
        return home is None or self._root in (None, Path(home))

    def _query(self, name: str, job: str) -> str | None:
        done = self._programs.run("schtasks", "/Query", "/TN", _task(name, job), "/XML")
        return done.stdout if done.returncode == 0 else None

    def _make(self, name: str, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "task.xml")
            with translated_errors(file):
                file.write_text(text, "utf-16")
            self._programs.must("schtasks", "/Create", "/TN", name, "/XML", str(file), "/F")


def _task(name: str, job: str) -> str:
    return f"{FOLDER}{name}-{job}"
