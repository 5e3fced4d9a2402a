"""Numbers, times and reasons as people read them; one function each for all views."""

from datetime import date, datetime, timedelta
from math import ceil
from typing import Final

from amzlink.clock import in_local_zone
from amzlink.problems import ProblemName

_YEAR_UNNAMED_FOR: Final = timedelta(days=300)


def counted(number: int, thing: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def thousands(number: int) -> str:
    """`1,234`."""
    return f"{number:,}"


def by_number(number: int, one: str, many: str) -> str:
    """The word that agrees with a number."""
    return one if number == 1 else many


def local_time(value: str | datetime | None, now: datetime) -> str:
    """A time in the reader's zone with its day: `today 14:20`, `Mon 1 Dec 09:00`; with its year where that is far."""
    if value is None:
        return ""
    moment = in_local_zone(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if moment.date() == in_local_zone(now).date():
        return f"today {moment:%H:%M}"
    year = f" {moment.year}" if abs(moment - now) > _YEAR_UNNAMED_FOR else ""
    return f"{moment:%a} {moment.day} {moment:%b}{year} {moment:%H:%M}"


def lateness(moment: datetime, now: datetime) -> str:
    """How long ago it was, in the largest whole unit that fits: `5 minutes`, `3 hours`, `2 days`."""
    seconds = int((now - moment).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= length:
            return counted(seconds // length, unit)
    return counted(max(seconds // 60, 0), "minute")


def span(seconds: float) -> str:
    """A length of time in the unit in which it is told best, rounded up: `40 seconds`, `3 minutes`, `4 hours`."""
    for unit, length in (("hour", 3_600), ("minute", 60)):
        if seconds > length * (1 if unit == "minute" else 1.5):
            return counted(ceil(seconds / length), unit)
    return counted(ceil(seconds), "second")


def local_day(day: date) -> str:
    """`1 Dec 2026`."""
    return f"{day.day} {day:%b %Y}"


def reason(message: str, problem: ProblemName) -> str:
    """Why something was refused, and the name by which it is explained."""
    return f"{message} ({problem})"
