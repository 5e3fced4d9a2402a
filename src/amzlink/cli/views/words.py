"""Numbers, times and reasons as people read them; one function each for all views."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from amzlink.problems import ProblemName

_YEAR_UNNAMED_FOR: Final = timedelta(days=300)


def counted(number: int, thing: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def by_number(number: int, one: str, many: str) -> str:
    """The word that agrees with a number."""
    return one if number == 1 else many


def local_time(value: str | datetime | None, now: datetime) -> str:
    """A time in the reader's zone with its day: `today 14:20`, `Mon 1 Dec 09:00`; with its year where that is far."""
    if value is None:
        return ""
    moment = _in_the_readers_zone(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if moment.date() == _in_the_readers_zone(now).date():
        return f"today {moment:%H:%M}"
    year = f" {moment.year}" if abs(moment - now) > _YEAR_UNNAMED_FOR else ""
    return f"{moment:%a} {moment.day} {moment:%b}{year} {moment:%H:%M}"


def _in_the_readers_zone(moment: datetime) -> datetime:
    """In the machine's zone; in UTC where the variable TZ gives one that no place on earth has."""
    try:
        return moment.astimezone()
    except (ValueError, OverflowError):
        return moment.astimezone(UTC)


def local_day(day: date) -> str:
    """`1 Dec 2026`."""
    return f"{day.day} {day:%b %Y}"


def reason(message: str, problem: ProblemName) -> str:
    """Why something was refused, and the name by which it is explained."""
    return f"{message} ({problem})"
