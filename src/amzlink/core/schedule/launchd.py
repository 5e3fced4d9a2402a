"""Agents of macOS's launchd, which run while the user is logged in: launchd.plist(5)."""

import plistlib
from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.core.schedule.plan import Schedule, Timing, checked

MARK: Final = "<!-- Written by amzlink schedule install. amzlink schedule remove deletes this file. -->"
"""What is in each of our files and in nobody else's."""


def agent_files(schedule: Schedule, log_folder: str) -> Mapping[str, bytes]:
    """The property list of each job, by the name of its file. What a job prints goes to `log_folder`."""
    return {
        f"{schedule.unit(timing)}.plist": _marked(plistlib.dumps(_agent(schedule, timing, log_folder), sort_keys=False))
        for timing in schedule.timings
    }


def _marked(plist: bytes) -> bytes:
    head, root, rest = plist.partition(b"<plist ")
    return head + MARK.encode() + b"\n" + root + rest


def _agent(schedule: Schedule, timing: Timing, log_folder: str) -> dict[str, object]:
    output = f"{log_folder}/{timing.job}.out"
    return {
        "Label": schedule.unit(timing),
        "ProgramArguments": list(schedule.arguments(timing)),
        "EnvironmentVariables": dict(schedule.environment),
        # launchd makes up for a start that was missed while the machine slept.
        "StartCalendarInterval": _starts(timing),
        "ProcessType": "Background",
        "StandardOutPath": output,
        "StandardErrorPath": output,
    }


def timing_of(job: str, starts: Sequence[Mapping[str, int]]) -> Timing | None:
    """The times of starts in the form that ours have; None for others."""
    minutes = {start.get("Minute") for start in starts}
    hours = [start.get("Hour") for start in starts]
    first = starts[0].get("Minute") if starts else None
    if first is None:
        return None
    if hours == [None] * len(starts):
        return checked(job, 60 // len(starts), 0, first)
    if len(minutes) == 1 and hours[0] is not None:
        return checked(job, 24 * 60 // len(starts), hours[0], first)
    return None


def _starts(timing: Timing) -> list[dict[str, int]]:
    """Every start by itself: launchd knows no steps."""
    if timing.minutes <= 60:  # noqa: PLR2004
        return [{"Minute": minute} for minute in range(timing.minute, 60, timing.minutes)]
    return [{"Hour": hour, "Minute": timing.minute} for hour in range(timing.hour, 24, timing.minutes // 60)]
