"""Timers and services of a systemd user manager: systemd.timer(5), systemd.service(5), systemd.syntax(7)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from amzlink.core.schedule.plan import Schedule, Timing, checked

MARK: Final = "# Written by `amzlink schedule install`. `amzlink schedule remove` deletes this file."
"""The first line of each of our files; what does not begin with it is somebody else's."""
_SETTING: Final = re.compile(r'Environment="(?P<name>\w+)=(?P<value>.*)"')
_ESCAPE: Final = re.compile(r'[\\%](["\\%])')  # what `_quoted` puts before a character


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


def takes_program(path: str) -> bool:
    """Whether systemd starts a program of this path. It starts none with such a sign, and only its journal says so."""
    return not set(path) & set("\\\"'")


def value_of(service: str, name: str) -> str | None:
    """What a variable is set to in the text of a service of ours; None where it is not set."""
    for line in service.splitlines():
        if (match := _SETTING.fullmatch(line)) and match["name"] == name:
            return _ESCAPE.sub(r"\1", match["value"])
    return None


def setting(name: str, value: str) -> str:
    """The line that sets a variable for a service's program."""
    return f"Environment={_quoted(f'{name}={value}')}"


def start_of(command: Sequence[str]) -> str:
    """The line that says what a service starts."""
    program, *arguments = command
    # systemd fills in variables in arguments, and takes the program's path as it is.
    return f"ExecStart={' '.join([_quoted(program), *(_quoted(word).replace('$', '$$') for word in arguments)])}"


def credential(name: str, file: str) -> str:
    """The line that hands a service a file as a credential; its path is never in quotation marks."""
    return f"LoadCredential={name}:{file}".replace("%", "%%")


def _hours(timing: Timing) -> str:
    return f"{timing.hour}" if timing.minutes == 24 * 60 else f"{timing.hour}/{timing.minutes // 60}"


def _service(schedule: Schedule, timing: Timing) -> Iterator[str]:
    yield MARK
    yield "[Unit]"
    yield f"Description=amzlink {timing.job}"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    yield start_of(schedule.arguments(timing))
    # Trouble that passes by itself is no failure of the service.
    yield "SuccessExitStatus=75"
    for name, value in schedule.environment.items():
        yield setting(name, value)


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
