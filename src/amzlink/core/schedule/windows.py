"""Tasks of Windows' Task Scheduler, as XML: the schema of version 1.2, which Windows 7 and all later ones read.

The schema fixes the order of the elements.

A task runs while its user is signed in: only then Windows opens the Credential Manager, in which the secrets are.

A task has no variables of its own. That of a home which AMZLINK_HOME names is started by way of cmd.exe, which sets it.
"""

import re
import subprocess
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, unescape

from amzlink.core.schedule.plan import Schedule, Timing

FOLDER: Final = "\\amzlink\\"
"""The folder of the Task Scheduler's library in which our tasks are."""
_SHELL: Final = "cmd.exe"
_OPTIONS: Final = "/d /s /c"
"""Without the user's AutoRun, and with all between the outer quotation marks taken as it is."""
_MISREAD: Final = frozenset('%"')
_NAME: Final = re.compile(r"<URI>\\amzlink\\(?P<name>[^<]*)</URI>")
_HOME: Final = re.compile(r'set "AMZLINK_HOME=(?P<home>[^"]*)"')
_BEGINS: Final = "2026-01-01"  # any day that has passed


def task_name(schedule: Schedule, timing: Timing) -> str:
    """The full name of a job's task."""
    return f"{FOLDER}{schedule.unit(timing)}"


def takes(path: str) -> bool:
    """Whether cmd.exe takes a path as it is: between quotation marks too it fills in variables."""
    return not _MISREAD & set(path)


def homes_of(tasks: str) -> Mapping[str, str | None]:
    """Of each of our tasks in an XML text of many, by its name without the folder, its AMZLINK_HOME.

    None: it has none; or one that is not ASCII, which the machine tells in a code page that nobody names.
    """
    found: dict[str, str | None] = {}
    for task in tasks.split("</Task>"):
        if name := _NAME.search(task):
            home = _HOME.search(unescape(task, {"&quot;": '"'}))
            found[name["name"]] = home["home"] if home and home["home"].isascii() else None
    return found


def task_files(schedule: Schedule) -> Mapping[str, str]:
    """The XML of each task, by its full name."""
    return {task_name(schedule, timing): _task(schedule, timing) for timing in schedule.timings}


def _command(schedule: Schedule, timing: Timing) -> tuple[str, str]:
    """The program of a task, and its arguments in one text."""
    program, *arguments = schedule.arguments(timing)
    if not schedule.environment:
        return program, subprocess.list2cmdline(arguments)
    settings = [f'set "{name}={value}"' for name, value in schedule.environment.items()]
    start = f'"{program}" {subprocess.list2cmdline(arguments)}'
    return _SHELL, f'{_OPTIONS} "{"&&".join([*settings, start])}"'


def _task(schedule: Schedule, timing: Timing) -> str:
    program, arguments = _command(schedule, timing)
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Written by amzlink schedule install. amzlink schedule remove deletes this task.</Description>
    <URI>{escape(task_name(schedule, timing))}</URI>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>{_BEGINS}T{timing.hour:02}:{timing.minute:02}:00</StartBoundary>{_repetition(timing)}
      <RandomDelay>{_duration(round(timing.delay.total_seconds()))}</RandomDelay>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
    <Hidden>true</Hidden>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def _repetition(timing: Timing) -> str:
    if timing.minutes >= 24 * 60:
        return ""
    return f"""
      <Repetition>
        <Interval>{_duration(timing.minutes * 60)}</Interval>
        <Duration>P1D</Duration>
      </Repetition>"""


def _duration(seconds: int) -> str:
    return f"PT{seconds // 60}M" if seconds % 60 == 0 else f"PT{seconds}S"
