"""Numbers, times and reasons as people read them; one function each for all views."""

from datetime import datetime
from math import ceil

from amzlink.problems import ProblemName


def counted(number: int, thing: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def thousands(number: int) -> str:
    """`1,234`."""
    return f"{number:,}"


def by_number(number: int, one: str, many: str) -> str:
    """The word that agrees with a number."""
    return one if number == 1 else many


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


def reason(message: str, problem: ProblemName) -> str:
    """Why something was refused, and the name by which it is explained."""
    return f"{message} ({problem})"
