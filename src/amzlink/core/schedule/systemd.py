"""Timers and services of a systemd user manager: systemd.timer(5), systemd.service(5), systemd.syntax(7)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from amzlink.core.schedule.plan import Schedule, Timing, checked

MARK: Final = "# Written by `amzlink schedule install`. `amzlink schedule remove` deletes this file."
"""The first line of each of our files; what does not begin with it is somebody else's."""


def unit_files(schedule: Schedule) -> Mapping[str, str]:
    """The text of each unit file, by its name."""
    files = {}
    for timing in schedule.timings:
        files[f"{schedule.unit(timing)}.service"] = "\n".join([*_service(schedule, timing), ""])
        files[f"{schedule.unit(timing)}.timer"] = "\n".join([*_timer(timing), ""])
    return files


def calendar(timing: Timing) -> str:
    """The times as systemd spells them."""
    if timing.minutes < 60:  # noqa: PLR2004
        return f"*:{timing.minute}/{timing.minutes}"
    if timing.minutes == 60:  # noqa: PLR2004
        return f"*:{timing.minute}"
    return f"*-*-* {_hours(timing)}:{timing.minute}"


def timing_of(job: str, text: str) -> Timing | None:
    """The times that `calendar` has spelt; None for others, which may say anything."""
    if match := re.fullmatch(r"\*:(\d{1,2})(?:/(\d{1,2}))?", text):
        return checked(job, int(match[2] or 60), 0, int(match[1]))
    if match := re.fullmatch(r"\*-\*-\* (\d{1,2})(?:/(\d{1,2}))?:(\d{1,2})", text):
        return checked(job, int(match[2] or 24) * 60, int(match[1]), int(match[3]))
    return None


def sets(service: str, name: str, value: str) -> bool:
    """Whether a service's text gives its program this variable."""
    return _setting(name, value) in service.splitlines()


def _setting(name: str, value: str) -> str:
    return f"Environment={_quoted(f'{name}={value}')}"


def _hours(timing: Timing) -> str:
    return f"{timing.hour}" if timing.minutes == 24 * 60 else f"{timing.hour}/{timing.minutes // 60}"


def _service(schedule: Schedule, timing: Timing) -> Iterator[str]:
    yield MARK
    yield "[Unit]"
    yield f"Description=amzlink {timing.job}"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    program, *arguments = schedule.arguments(timing)
    # systemd fills in variables in arguments, and takes the program's path as it is.
    yield f"ExecStart={' '.join([_quoted(program), *(_quoted(word).replace('$', '$$') for word in arguments)])}"
    # Trouble that passes by itself is no failure of the service.
    yield "SuccessExitStatus=75"
    for name, value in schedule.environment.items():
        yield _setting(name, value)


def _timer(timing: Timing) -> Iterator[str]:
    yield MARK
    yield "[Unit]"
    yield f"Description=Run amzlink {timing.job}"
    yield ""
    yield "[Timer]"
    yield f"OnCalendar={calendar(timing)}"
    yield f"RandomizedDelaySec={round(timing.delay.total_seconds())}"
    # A run that was missed while the machine was off is made up for.
    yield "Persistent=true"
    yield ""
    yield "[Install]"
    yield "WantedBy=timers.target"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
