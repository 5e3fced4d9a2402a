"""The day or moment of a shipment, as files write it."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from amzlink.problems import shipments

OLDEST: Final = timedelta(days=730)
"""What lies further back is a slip: Amazon itself gives orders out for two years."""

_LAST_MONTH: Final = 12
_ISO: Final = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?:[T ]+(?P<time>.+))?",
    re.IGNORECASE | re.ASCII,
)
_DOTTED: Final = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?:[T ,]+(?P<time>.+))?", re.ASCII)
_EITHER: Final = re.compile(
    r"(?P<one>\d{1,2})(?P<sign>[-/])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4})(?:[T ,]+(?P<time>.+))?", re.ASCII
)
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)? ?(?P<half>am|pm)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_NOON: Final = 12


def read_ship_date(text: str, now: datetime, zone: tzinfo) -> datetime | date:
    """A moment in UTC, or the bare day where the text gives no time; a time without a zone is one of `zone`.

    `2026-11-23`, `23.11.2026`, `23/11/2026` and `23-11-2026`, each with a time behind it or not. With slashes or
    hyphens, day and month must be told apart by one of them being over 12 (or by being equal).

    Raises:
        ValueError: The text is no such date, lies in the future or too far back. Its text says which.
    """
    day, time = _read_day(text)
    moment = _read_moment(day, time, zone) if time else None
    if (moment > now) if moment else (day > now.astimezone(zone).date()):
        raise ValueError(shipments.SHIP_DATE_IN_FUTURE)
    if day < (now - OLDEST).date():
        raise ValueError(shipments.SHIP_DATE_TOO_OLD)
    return moment or day


def _read_day(text: str) -> tuple[date, str | None]:
    if found := _ISO.fullmatch(text) or _DOTTED.fullmatch(text):
        month, day = int(found["month"]), int(found["day"])
    elif found := _EITHER.fullmatch(text):
        one, two = int(found["one"]), int(found["two"])
        if one <= _LAST_MONTH and two <= _LAST_MONTH and one != two:
            raise ValueError(shipments.SHIP_DATE_AMBIGUOUS)
        day, month = (one, two) if two <= _LAST_MONTH else (two, one)
    elif re.fullmatch(r"\d{5}([.,]\d+)?", text, re.ASCII):
        raise ValueError(shipments.SHIP_DATE_IS_NUMBER)
    else:
        raise ValueError(shipments.SHIP_DATE_INVALID)
    try:
        return date(int(found["year"]), month, day), found["time"]
    except ValueError:
        raise ValueError(shipments.SHIP_DATE_NO_SUCH_DAY) from None


def _read_moment(day: date, time: str, zone: tzinfo) -> datetime:
    found = _TIME.fullmatch(time.strip())
    if found is None:
        raise ValueError(shipments.SHIP_DATE_TIME_INVALID)
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError(shipments.SHIP_DATE_NO_SUCH_TIME)
        hour = hour % _NOON + (_NOON if found["half"].lower() == "pm" else 0)
    try:
        moment = datetime(
            day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0),
            tzinfo=_read_zone(found["zone"]) or zone,
        )  # fmt: skip
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(shipments.SHIP_DATE_NO_SUCH_TIME) from None


def _read_zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    return datetime.strptime(f"{text[0]}{digits}", "%z").tzinfo
