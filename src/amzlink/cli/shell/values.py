"""Times and choices as they are typed on a command line."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from amzlink.problems import Problem, ProblemName

if TYPE_CHECKING:
    from amzlink.orderbook.orders.browse import Filter

_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_span(option: str, text: str) -> timedelta:
    """A length of time: 30s, 5m, 12h, 7d, 2w.

    Raises:
        Problem: `usage`.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise Problem(
            ProblemName.USAGE, command="amzlink", detail=f"{option} is a time like 30s, 5m, 12h or 7d, not {text!r}."
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_moment(option: str, text: str, now: datetime) -> datetime:
    """A moment: so long ago (7d), or ISO 8601; a time without a zone is UTC, a date its beginning.

    Raises:
        Problem: `usage`, for what is neither, or lies in the future.
    """
    moment = _moment(option, text, now, -1)
    if moment > now:
        raise Problem(ProblemName.USAGE, command="amzlink", detail=f"{option} is a time that has passed, not {text!r}.")
    return moment


def parse_choice(option: str, text: str, *choices: str) -> str:
    """One of the choices.

    Raises:
        Problem: `usage`.
    """
    if text in choices:
        return text
    raise Problem(
        ProblemName.USAGE, command="amzlink", detail=f"{option} is one of {', '.join(choices)}, not {text!r}."
    )


def parse_filter(status: str | None, due_before: str | None) -> "Filter":
    """Which orders are meant. A status that Amazon may invent tomorrow is as good as one of today."""
    from amzlink.clock import SystemClock
    from amzlink.orderbook.orders.browse import Filter

    moment = parse_due("--due-before", due_before, SystemClock().now()) if due_before else None
    return Filter(status.strip().upper() if status else None, moment)


def parse_due(option: str, text: str, now: datetime) -> datetime:
    """A moment to come: in so long (2d), or ISO 8601.

    Raises:
        Problem: `usage`.
    """
    return _moment(option, text, now, 1)


def _moment(option: str, text: str, now: datetime, direction: int) -> datetime:
    try:
        if _SPAN.fullmatch(text.strip().lower()):
            return now + direction * parse_span(option, text)
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1, or after 9999
        detail = f"{option} is a time like 7d or 2026-11-23T09:30:00Z, not {text!r}."
        raise Problem(ProblemName.USAGE, command="amzlink", detail=detail) from None
