"""Lines of a user's crontab: crontab(5).

Each of our lines ends with a mark, which the shell takes for a comment. Every other line belongs to somebody else, and
stays as it is to the byte.
"""

import contextlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from amzlink.core.schedule.plan import Schedule, Timing, checked

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+\Z")
STARTER_MARK: Final = "# Written by `amzlink schedule install`, for cron. `amzlink schedule remove` deletes this file."
"""What is in the starter and in nobody else's file."""
_FIELDS: Final = re.compile(
    r"(?P<minute>\d{1,2})(?:-59/(?P<minutes>\d{1,2}))? (?P<hour>\*|\d{1,2})(?:-23/(?P<hours>\d{1,2}))? \* \* \* "
)
_MARK: Final = ": written by amzlink schedule install"
_OWN: Final = re.compile(rf"(?:@\w+|(?:\S+\s+){{4}}\S+)\s+(?P<command>.+) # (?P<name>\S+){_MARK}")
_BEGINS_JOB: Final = frozenset("0123456789*@~-")  # and a setting begins with a name, such as MAILTO
_SETS: Final = re.compile(r"""(?P<name>\b[A-Za-z_]\w*)=(?:"(?:\\.|[^"\\])*(?:"|\Z)|'[^']*(?:'|\Z)|\\.|[^\s"'\\])+""")
_MOST_SHOWN: Final = 200  # characters


def mark_of(name: str) -> str:
    """What each of our lines ends with."""
    return f"# {name}{_MARK}"


def own_lines(table: str, name: str) -> Sequence[str]:
    """The lines of the schedule of this name."""
    return [line.rstrip("\n") for line in _LINE.findall(table) if _is_own(line, name)]


def starters(table: str) -> Mapping[str, str]:
    """All schedules of amzlink in the table, of whatever home, by name, each with the path of its starter."""
    found: dict[str, str] = {}
    for line in _LINE.findall(table):
        if not line.lstrip().startswith("#") and (match := _OWN.fullmatch(line.strip())):
            with contextlib.suppress(ValueError):  # a person has changed it into what no shell reads
                found.setdefault(match["name"], shlex.split(match["command"].replace("\\%", "%"))[0])
    return found


def foreign_lines(table: str) -> Sequence[str]:
    """Lines that a person has written and that run amzlink; what such a line sets is left out, for it may be secret."""
    lines = [line.strip() for line in _LINE.findall(table)]
    return [
        shown if len(shown := _SETS.sub(r"\g<name>=…", line)) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
        for line in lines
        if runs_amzlink(line) and not line.endswith(_MARK)
    ]


def runs_amzlink(line: str) -> bool:
    """Whether this is a job with amzlink in it: no comment, and no setting such as MAILTO."""
    return "amzlink" in line and line.lstrip()[0] in _BEGINS_JOB


def without(table: str, name: str) -> str:
    """The table without the schedule of this name."""
    return "".join(line for line in _LINE.findall(table) if not _is_own(line, name))


def with_lines(table: str, name: str, lines: Sequence[str]) -> str:
    """The table with these lines in the place of those of the schedule of this name."""
    rest = without(table, name)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return rest + "".join(f"{line}\n" for line in lines)


def lines_of(schedule: Schedule, starter: str) -> Sequence[str]:
    """The lines that run each job. `starter` is a program that sets the environment and starts amzlink."""
    return list(_lines(schedule, starter))


def fields(timing: Timing) -> str:
    """The five fields that say when."""
    if timing.minutes < 60:  # noqa: PLR2004
        return f"{timing.minute}-59/{timing.minutes} * * * *"
    if timing.minutes == 60:  # noqa: PLR2004
        return f"{timing.minute} * * * *"
    hours = f"{timing.hour}" if timing.minutes == 24 * 60 else f"{timing.hour}-23/{timing.minutes // 60}"
    return f"{timing.minute} {hours} * * *"


def timing_of(job: str, line: str) -> Timing | None:
    """The times of a line in the form that ours have; None for others, which may say anything."""
    match = _FIELDS.match(line)
    if match is None or match["hours" if match["hour"] == "*" else "minutes"]:
        return None
    if match["hour"] == "*":
        minutes, hour = int(match["minutes"] or 60), 0
    else:
        minutes, hour = int(match["hours"] or 24) * 60, int(match["hour"])
    return checked(job, minutes, hour, int(match["minute"]))


def starter_script(schedule: Schedule) -> str:
    """The program that a crontab line starts: a line of a crontab may be too short for all that has to be set."""
    lines = [
        "#!/bin/sh",
        STARTER_MARK,
        *(f"export {name}={shlex.quote(value)}" for name, value in schedule.environment.items()),
        f'exec {shlex.join(schedule.program)} "$@"',
        "",
    ]
    return "\n".join(lines)


def start_of(starter: str) -> str:
    """The starter's path as a line has it: for the shell, and with a mark before each %, where cron ends a line."""
    return shlex.quote(starter).replace("%", "\\%")


def _lines(schedule: Schedule, starter: str) -> Iterator[str]:
    for timing in schedule.timings:
        yield f"{fields(timing)} {start_of(starter)} {timing.job} --all-stores {mark_of(schedule.name)}"


def _is_own(line: str, name: str) -> bool:
    """A comment is not, whatever it quotes: its writer may want it back."""
    return line.rstrip().endswith(mark_of(name)) and not line.lstrip().startswith("#")
