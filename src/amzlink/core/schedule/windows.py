"""Tasks of Windows' Task Scheduler, as XML: the schema of version 1.2, which Windows 7 and all later ones read.

The schema fixes the order of the elements.

A task runs while its user is signed in: only then Windows opens the Credential Manager, in which the secrets are.
"""

import subprocess
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from amzlink.core.schedule.plan import Schedule, Timing

FOLDER: Final = "\\amzlink\\"
"""The folder of the Task Scheduler's library in which our tasks are."""
_BEGINS: Final = "2026-01-01"  # any day that has passed


def task_name(schedule: Schedule, timing: Timing) -> str:
    """The full name of a job's task."""
    return f"{FOLDER}{schedule.unit(timing)}"


def task_files(schedule: Schedule) -> Mapping[str, str]:
    """The XML of each task, by its full name."""
    return {task_name(schedule, timing): _task(schedule, timing) for timing in schedule.timings}


def _task(schedule: Schedule, timing: Timing) -> str:
    program, *arguments = schedule.arguments(timing)
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Written by amzlink schedule install. amzlink schedule remove deletes this task.</Description>
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
      <Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments>
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
