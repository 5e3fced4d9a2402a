"""Times and choices as they are typed on a command line."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from amzlink.clock import SystemClock
from amzlink.problems import Problem, ProblemName, usage

if TYPE_CHECKING:
    from amzlink.orderbook.orders.browse import Filter

_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])")
_ORDER_NUMBER: Final = re.compile(r"[0-9A-Z]{3}(-[0-9]{1,7}){0,2}-?")
_SYSTEM: Final = SystemClock()
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_span(option: str, text: str) -> timedelta:
    """A length of time: 30s, 5m, 12h, 7d, 2w.

    Raises:
        Problem: `usage`.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise _usage(usage.not_a_span(option=option, given=text))
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_moment(option: str, text: str, now: datetime) -> datetime:
    """A moment: so long ago (7d), or ISO 8601; a time without a zone is UTC, a date its beginning.

    Raises:
        Problem: `usage`, for what is neither, or lies in the future.
    """
    moment = _moment(option, text, now, -1)
    if moment > now:
        raise _usage(usage.not_in_the_past(option=option, given=text))
    return moment


def parse_choice(option: str, text: str, *choices: str) -> str:
    """One of the choices.

    Raises:
        Problem: `usage`.
    """
    if text in choices:
        return text
    raise _usage(usage.not_one_of(option=option, choices=choices, given=text))


def parse_filter(status: str | None, due_before: str | None, now: Callable[[], datetime] = _SYSTEM.now) -> "Filter":
    """Which orders are meant; `now` is asked only where a time is given.

    Raises:
        Problem: `usage`, for a status that Amazon does not have.
    """
    from amzlink.core.orders.order import STATUSES
    from amzlink.orderbook.orders.browse import Filter

    moment = parse_due("--due-before", due_before, now()) if due_before else None
    known = parse_choice("--status", status.strip().upper(), *STATUSES) if status is not None else None
    return Filter(known, moment)


def parse_output(option: str, text: str | None) -> str | None:
    """The file to write; None for standard output, which is `-` or no option at all.

    Raises:
        Problem: `usage`, for an empty name.
    """
    if text is not None and not text.strip():
        raise _usage(usage.file_name_missing(option=option))
    return None if text == "-" else text


def parse_file(option: str, text: str) -> str:
    """The file to write what no screen can show.

    Raises:
        Problem: `usage`, for an empty name, and for standard output.
    """
    if output := parse_output(option, text):
        return output
    raise _usage(usage.file_name_missing(option=option))


def parse_order_ids(texts: Sequence[str]) -> tuple[str, ...]:
    """Order numbers, perhaps cut short: nothing else goes where nothing personal may be.

    Raises:
        Problem: `usage`.
    """
    for text in texts:
        if not _ORDER_NUMBER.fullmatch(text.strip()):
            raise _usage(usage.order_number_malformed(text=text))
    return tuple(dict.fromkeys(text.strip() for text in texts))


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
        raise _usage(usage.not_a_moment(option=option, given=text)) from None


def _usage(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command="amzlink", detail=detail)
