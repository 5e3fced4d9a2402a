"""The day or moment of a shipment, as files write it.

A day such as 05/11/2026 has two readings. What decides between them is, in this order: the other rows of its file, what
is known of the order, and the country of the store. Where that leaves it open nobody guesses.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Final

import msgspec

from amzlink.clock import from_local, in_local_zone
from amzlink.core.files.month_names import is_weekday, month_number
from amzlink.problems import shipments as texts

OLDEST: Final = timedelta(days=730)
"""What lies further back is a slip: Amazon itself gives orders out for two years."""

Span = tuple[datetime, datetime]
"""The earliest and the latest moment at which an order can have been shipped."""

_LAST_MONTH: Final = 12
_CENTURY: Final = 2000
_NOON: Final = 12
_ONE_DAY: Final = timedelta(days=1)
# A bare number of five digits is a day for certain only where it is a day that a file of today may speak of.
_SERIAL_FOR_CERTAIN: Final = timedelta(days=60)
# Spreadsheets count the days from here on. Source: ECMA-376, part 1, 18.17.4.1, the 1900 date system.
_SERIAL_ZERO: Final = date(1899, 12, 30)

_DIGITS_OF_FRACTION: Final = 10  # far below a second of a day

_REST: Final = r"(?:(?:T|[ ,]+)(?P<time>.+))?"
_YEAR: Final = r"(?P<year>\d{4}|\d{2})"
_NAME: Final = r"(?P<name>[^\W\d_]{3,12})"
_ISO: Final = re.compile(
    rf"(?P<year>\d{{4}})(?P<sign>[-/.])(?P<month>\d{{1,2}})(?P=sign)(?P<day>\d{{1,2}}){_REST}", re.IGNORECASE | re.ASCII
)
_COMPACT: Final = re.compile(r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:T(?P<time>.+))?", re.ASCII)
_IN_SIGNS: Final = re.compile(rf"(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日{_REST}", re.ASCII)
_DOTTED: Final = re.compile(rf"(?P<day>\d{{1,2}})\. ?(?P<month>\d{{1,2}})\. ?{_YEAR}{_REST}", re.ASCII)
_EITHER: Final = re.compile(rf"(?P<one>\d{{1,2}})(?P<sign>[-/])(?P<two>\d{{1,2}})(?P=sign){_YEAR}{_REST}", re.ASCII)
_NAMED: Final = (
    # 28-nov-26, 28. November 2026, 28 de noviembre de 2026, 28th of November 2026
    re.compile(
        r"(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th|er|º)?[ ./-]*(?:de |of )?"
        rf"{_NAME}\.?[ ./,-]*(?:de |del )?{_YEAR}{_REST}",
        re.IGNORECASE,
    ),
    # Nov 28, 2026, November 28th 2026
    re.compile(
        rf"{_NAME}\.?[ ./-]*(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[ ./,-]+(?P<year>[0-9]{{4}}){_REST}", re.IGNORECASE
    ),
    # 2026-Nov-28
    re.compile(rf"(?P<year>[0-9]{{4}})[ ./-]*{_NAME}\.?[ ./-]*(?P<day>[0-9]{{1,2}}){_REST}", re.IGNORECASE),
)
# The weekday before a date. "Mar" is a Tuesday too; it is read as a month where that makes a date.
_FIRST_WORD: Final = re.compile(r"(?P<word>[^\W\d_]{2,12})(?:-feira)?\.?,? +(?P<rest>.*[0-9].*)")
_SERIAL: Final = re.compile(r"(\d{5})(?:[.,](\d+))?", re.ASCII)
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)? ?(?P<half>am|pm|uhr)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)


class DayOrder(Enum):
    """Which number of a date comes first. `MIXED` is that of a file that has both."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    MIXED = "both"


# Where the month comes first, and where both are in use or the year comes first. Source: Unicode CLDR, short dates.
_MONTH_FIRST_IN: Final = frozenset({"US"})
_OPEN_IN: Final = frozenset({"CA", "JP", "ZA"})


class WrittenDate(msgspec.Struct, frozen=True, kw_only=True):
    """A date as somebody wrote it. `month_first` is its other reading, where it has one.

    `sign` stands between the numbers of a date whose order is not fixed, `proves` is the order that it shows itself.
    `at` is the time of the day, with a zone where the text names one. `is_serial`: a spreadsheet's number of a day.
    """

    day: date
    month_first: date | None = None
    at: time | None = None
    sign: str = ""
    proves: DayOrder | None = None
    is_serial: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it has two readings."""
        return self.month_first is not None


class DayOrders:
    """What the dates of one file show about the order of day and month."""

    def __init__(self) -> None:
        self._shown: dict[str, set[DayOrder]] = defaultdict(set)

    def note(self, written: WrittenDate) -> None:
        """Take in a date of the file."""
        if written.proves:
            self._shown[written.sign].add(written.proves)

    def order_of(self, written: WrittenDate) -> DayOrder | None:
        """The order in which a date of this file is written, by those like it or else by the others."""
        shown = self._shown.get(written.sign) or {order for orders in self._shown.values() for order in orders}
        if not shown:
            return None
        return next(iter(shown)) if len(shown) == 1 else DayOrder.MIXED


def order_in(countries: Collection[str]) -> DayOrder | None:
    """The order in which dates are written in these countries; None where that differs, or is not fixed."""
    if not countries or any(country in _OPEN_IN for country in countries):
        return None
    orders = {DayOrder.MONTH_FIRST if country in _MONTH_FIRST_IN else DayOrder.DAY_FIRST for country in countries}
    return orders.pop() if len(orders) == 1 else None


# Reading -------------------------------------------------------------------------------------------------------------


def parse_ship_date(text: str) -> WrittenDate:
    """What a text can mean as a date.

    `2026-11-23`, `23.11.2026`, `23/11/2026`, `23-11-26`, `23-nov-26`, `Nov 23, 2026` in the languages of the
    marketplaces, and a spreadsheet's number of a day; each with a time behind it or not.

    Raises:
        ValueError: The text is no date. Its text says why.
    """
    if found := _SERIAL.fullmatch(text):
        return _from_serial(int(found[1]), found[2] or "")
    if found := _EITHER.fullmatch(text):
        return _from_numbers(found)
    if found := next((each for form in (_ISO, _COMPACT, _IN_SIGNS, _DOTTED) if (each := form.fullmatch(text))), None):
        return WrittenDate(day=_day(found["year"], int(found["month"]), found["day"]), at=_time(found["time"]))
    for form in _NAMED:
        if (found := form.fullmatch(text)) and (month := month_number(found["name"])):
            return WrittenDate(day=_day(found["year"], month, found["day"]), at=_time(found["time"]))
    if (found := _FIRST_WORD.fullmatch(text)) and is_weekday(found["word"]):
        return parse_ship_date(found["rest"])
    raise ValueError(texts.SHIP_DATE_INVALID)


def _from_numbers(found: re.Match[str]) -> WrittenDate:
    one, two, sign, at = int(found["one"]), int(found["two"]), found["sign"], _time(found["time"])
    if one > _LAST_MONTH:
        return WrittenDate(day=_day(found["year"], two, one), at=at, sign=sign, proves=DayOrder.DAY_FIRST)
    if two > _LAST_MONTH:
        return WrittenDate(day=_day(found["year"], one, two), at=at, sign=sign, proves=DayOrder.MONTH_FIRST)
    day, other = _day(found["year"], two, one), _day(found["year"], one, two)
    return WrittenDate(day=day, month_first=other if other != day else None, at=at, sign=sign)


def _from_serial(days: int, fraction: str) -> WrittenDate:
    seconds = int(fraction[:_DIGITS_OF_FRACTION].ljust(_DIGITS_OF_FRACTION, "0")) * 86_400 // 10**_DIGITS_OF_FRACTION
    at = (datetime.min.replace(tzinfo=UTC) + timedelta(seconds=seconds)).time() if seconds else None
    return WrittenDate(day=_SERIAL_ZERO + timedelta(days=days), at=at, is_serial=True)


def _day(year: str, month: int, day: str | int) -> date:
    try:
        return date(int(year) + (_CENTURY if len(year) < 4 else 0), month, int(day))  # noqa: PLR2004 - as 2026 has
    except ValueError:
        raise ValueError(texts.SHIP_DATE_NO_SUCH_DAY) from None


def _time(text: str | None) -> time | None:
    if not text:
        return None
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(texts.SHIP_DATE_TIME_INVALID)
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half in ("am", "pm"):
        if not 1 <= hour <= _NOON:
            raise ValueError(texts.SHIP_DATE_NO_SUCH_TIME)
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"]), int(found["second"] or 0), tzinfo=_zone(found["zone"]))
    except ValueError:
        raise ValueError(texts.SHIP_DATE_NO_SUCH_TIME) from None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    return datetime.strptime(f"{text[0]}{digits}", "%z").tzinfo


# Deciding ------------------------------------------------------------------------------------------------------------


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a date. `now` is aware; `zone` is where the file was written, None: where this machine is.

    `file_order` is what the file shows, `between` what is known of the order, `country_order` what the country writes.
    """

    now: datetime
    zone: tzinfo | None
    file_order: DayOrder | None = None
    between: Span | None = None
    country_order: DayOrder | None = None


def settle_ship_date(written: WrittenDate, known: Surroundings) -> datetime | date:
    """The moment in UTC, or the bare day where no time was written. A time without a zone is one of `known.zone`.

    Raises:
        ValueError: It has two readings and nothing decides, or lies in the future or too far back. Its text says which.
    """
    day = _chosen(written, known)
    try:
        moment = _in_utc(datetime.combine(day, written.at, written.at.tzinfo or known.zone)) if written.at else None
    except (ValueError, OverflowError):
        raise ValueError(texts.SHIP_DATE_NO_SUCH_TIME) from None
    if written.is_serial and not _is_certain(day, known):
        raise ValueError(texts.SHIP_DATE_IS_NUMBER)
    if (moment > known.now) if moment else (day > _today(known)):
        raise ValueError(texts.SHIP_DATE_IN_FUTURE)
    if day < (known.now - OLDEST).date():
        raise ValueError(texts.SHIP_DATE_TOO_OLD)
    return moment or day


def _chosen(written: WrittenDate, known: Surroundings) -> date:
    if written.month_first is None:
        return written.day
    readings = {DayOrder.DAY_FIRST: written.day, DayOrder.MONTH_FIRST: written.month_first}
    if known.file_order in readings:
        return readings[known.file_order]
    possible = [day for day in readings.values() if day <= _today(known) and _fits(day, known)]
    if len(possible) == 1 and (known.between or known.country_order is None):
        return possible[0]
    if known.country_order is None or known.file_order is DayOrder.MIXED:
        raise ValueError(texts.SHIP_DATE_AMBIGUOUS)
    return readings[known.country_order]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else from_local(moment)


def moment_of(shipped: datetime | date, now: datetime, purchased_at: datetime | None = None) -> datetime:
    """The moment of a shipment, never later than `now`. A bare day is one of this machine's zone, and counts from noon.

    At noon it is the same day here, in UTC and in the store's country. An order that was placed later on that day was
    shipped after it was placed.
    """
    if isinstance(shipped, datetime):
        return min(shipped, now)
    noon = from_local(datetime.combine(shipped, time(_NOON)))
    if purchased_at and in_local_zone(purchased_at).date() == shipped:
        noon = max(noon, purchased_at)
    return min(noon, now)


def _today(known: Surroundings) -> date:
    return (known.now.astimezone(known.zone) if known.zone else in_local_zone(known.now)).date()


def _fits(day: date, known: Surroundings) -> bool:
    """Whether an order can have been shipped on a day; clocks and zones differ by up to a day."""
    if known.between is None:
        return True
    earliest, latest = known.between
    return earliest.date() - _ONE_DAY <= day <= latest.date() + _ONE_DAY


def _is_certain(day: date, known: Surroundings) -> bool:
    """Whether a spreadsheet's number can only mean this day."""
    if known.between is not None:
        return _fits(day, known)
    return _today(known) - _SERIAL_FOR_CERTAIN <= day <= _today(known)
