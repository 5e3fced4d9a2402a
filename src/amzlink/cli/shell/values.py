"""Times and choices as they are typed on a command line."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from amzlink.cli.shell.global_options import ANY
from amzlink.clock import SystemClock, from_local, in_local_zone
from amzlink.core.nearest import nearest
from amzlink.problems import Problem, ProblemName, usage

if TYPE_CHECKING:
    from amzlink.orderbook.orders.browse import Filter

_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])")
_ALL: Final = "all"
_MOST_DIGITS: Final = 9
_MOST_JOBS: Final = 64  # processes; each takes some 80 MB
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
    """A moment: so long ago (7d), or ISO 8601; a time without a zone is the machine's, a date its beginning.

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
    raise _usage(usage.not_one_of(option=option, choices=choices, given=text, nearest=nearest(text, choices)))


def parse_jobs(text: str) -> int:
    """How many stores to work on at once.

    Raises:
        Problem: `usage`.
    """
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    if not 1 <= number <= _MOST_JOBS:
        raise _usage(usage.not_a_number_of_jobs(most=_MOST_JOBS, given=text))
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """The options by which orders are chosen, and how many of them, as they were typed."""

    status: Sequence[str] | None = None
    held: str | None = None
    refused: bool = False
    overdue: bool = False
    waiting: bool = False
    due_before: str | None = None
    limit: str | None = None


def parse_filter(
    asked: AskedFor, now: Callable[[], datetime] = _SYSTEM.now, usual_statuses: Sequence[str] = ()
) -> "Filter":
    """Which orders are meant; `now` is asked only where a time is given. No status at all means the usual ones.

    Raises:
        Problem: `usage`, for a status that Amazon does not have, a hold that amzlink does not know, or no time.
    """
    from amzlink.core.orders.holds import Hold
    from amzlink.core.orders.order import STATUSES
    from amzlink.orderbook.orders.browse import Filter

    holds = (ANY, *(hold.value for hold in Hold))
    held = parse_choice("--held", asked.held.strip().lower(), *holds) if asked.held is not None else None
    statuses = [_parse_status(status, STATUSES) for status in asked.status or ()]
    return Filter(
        statuses=() if _ALL in statuses else tuple(dict.fromkeys(statuses or usual_statuses)),
        due_before=parse_due_day("--due-before", asked.due_before, now()) if asked.due_before is not None else None,
        held=held is not None,
        hold=None if held == ANY else held,
        refused=asked.refused,
        overdue=asked.overdue,
        waiting=asked.waiting,
    )


def _parse_status(text: str, known: Sequence[str]) -> str:
    word = text.strip()
    if word.upper() in known:
        return word.upper()
    return parse_choice("--status", _ALL if word.lower() == _ALL else text, *known, _ALL)


def parse_limit(option: str, text: str | None, usual: int | None) -> int | None:
    """How many orders at most: a number, or `all`, which is None. Where nothing is given it is as usual.

    Raises:
        Problem: `usage`.
    """
    if text is None:
        return usual
    word = text.strip().lower()
    if word == _ALL:
        return None
    if word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS and int(word):
        return int(word)
    raise _usage(usage.not_a_limit(option=option, given=text))


def parse_due_day(option: str, text: str, now: datetime) -> datetime:
    """The end of `today` or of `tomorrow` where the reader is; or a moment as `parse_due` has it.

    Raises:
        Problem: `usage`.
    """
    days = {"today": 1, "tomorrow": 2}.get(text.strip().lower())
    if days is None:
        return parse_due(option, text, now)
    return from_local(datetime.combine(in_local_zone(now).date() + timedelta(days=days), time()))


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
    from amzlink.core.orders.order_number import read_order_number

    numbers = [(text, read_order_number(text)) for text in texts]
    for text, number in numbers:
        if number is None:
            raise _usage(usage.order_number_malformed(text=text))
    return tuple(dict.fromkeys(number.text for _, number in numbers if number))


def parse_due(option: str, text: str, now: datetime) -> datetime:
    """A moment to come: in so long (2d), or ISO 8601.

    Raises:
        Problem: `usage`.
    """
    return _moment(option, text, now, 1, usage.not_a_due_day)


def _moment(
    option: str,
    text: str,
    now: datetime,
    direction: int,
    complaint: Callable[..., str] = usage.not_a_moment,
) -> datetime:
    try:
        if _SPAN.fullmatch(text.strip().lower()):
            return now + direction * parse_span(option, text)
        moment = datetime.fromisoformat(text.strip())
        return from_local(moment) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1, or after 9999
        raise _usage(complaint(option=option, given=text)) from None


def _usage(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, detail=detail)  # whose value it is, `main` adds
