"""Time, passed in: `now` and `sleep` in one object, so that hours of quota take milliseconds in a test."""

import functools
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2500, 1, 1, tzinfo=UTC)
_YEAR_UNNAMED_FOR: Final = timedelta(days=300)


class Clock(Protocol):
    """What the rest of amzlink knows of time."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; a wait of zero or less returns at once."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait; a wait of zero or less returns at once."""
        if seconds > 0:
            time.sleep(seconds)


class ShiftedClock:
    """Another clock, shifted by a fixed time: a test store's machine goes with a sandbox whose clock was moved."""

    def __init__(self, clock: Clock, shift: timedelta) -> None:
        self._clock = clock
        self._shift = shift

    @property
    def is_real(self) -> bool:
        """Whether the clock that is shifted is the machine's."""
        return isinstance(self._clock, SystemClock)

    @property
    def shift(self) -> timedelta:
        """How far it is ahead."""
        return self._shift

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return self._clock.now() + self._shift

    def sleep(self, seconds: float) -> None:
        """Wait; a wait of zero or less returns at once."""
        self._clock.sleep(seconds)


def elapsed_seconds() -> float:
    """Seconds that have passed since some moment. No one can set them, and they go on while the machine sleeps.

    What Linux calls monotonic stands still in a sleep; macOS' and Windows' go on.
    """
    counter = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.monotonic() if counter is None else time.clock_gettime(counter)


def shift_of(clock: Clock) -> timedelta | None:
    """How far a clock is ahead of the machine's; None for one that goes by a time of its own."""
    if isinstance(clock, ShiftedClock):
        return clock.shift if clock.is_real else None
    return timedelta() if isinstance(clock, SystemClock) else None


def parse_http_date(text: str | None) -> datetime | None:
    """The time in an HTTP `Date` header, to the second; None where there is none that can be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it would lie beyond the year 9999
        return None


@functools.lru_cache(maxsize=256)  # rows that are written together share most of their times
def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, to the second: the one spelling that Amazon takes (an offset or a `+` is refused)."""
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return moment.isoformat("T", "seconds")[:19] + "Z"


def to_iso_exact(moment: datetime) -> str:
    """The same to the millisecond."""
    moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return moment.isoformat("T", "milliseconds")[:23] + "Z"


def from_iso(text: str) -> datetime:
    """The moment that `to_iso` or `to_iso_exact` has written."""
    return datetime.fromisoformat(text)


def in_our_time(moment: datetime | None) -> datetime | None:
    """The moment, if an order or a parcel can have it; None for what stands for "never", or is damaged.

    Days are counted from such times and shown in zones of the world, which ends in an error where the calendar ends.
    """
    return moment if moment is not None and _EARLIEST <= moment <= _LATEST else None


def age_of(noted: datetime, now: datetime) -> timedelta:
    """How old a noted time is. One that lies ahead was noted under a wrong clock, and is old by as much."""
    return abs(now - noted)


def in_local_zone(moment: datetime) -> datetime:
    """In the machine's zone; in UTC where the variable TZ gives one that no place on earth has."""
    try:
        return moment.astimezone()
    except (ValueError, OverflowError):
        return moment.astimezone(UTC)


def from_local(shown: datetime) -> datetime:
    """The moment in UTC at which clocks of the machine's zone show this naive time; in UTC as `in_local_zone` is."""
    try:
        return shown.astimezone(UTC)  # not by counting hours: the clocks may be changed in between
    except (ValueError, OverflowError):
        return shown.replace(tzinfo=UTC)


def local_time(value: str | datetime | None, now: datetime) -> str:
    """A time in the reader's zone with its day: `today 14:20`, `Mon 1 Dec 09:00`; with its year where that is far."""
    if value is None:
        return ""
    moment = in_local_zone(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if moment.date() == in_local_zone(now).date():
        return f"today {moment:%H:%M}"
    year = f" {moment.year}" if abs(moment - now) > _YEAR_UNNAMED_FOR else ""
    return f"{moment:%a} {moment.day} {moment:%b}{year} {moment:%H:%M}"


def end_of_local_day(now: datetime) -> datetime:
    """The next midnight in the machine's zone."""
    tomorrow = in_local_zone(in_local_zone(now).replace(hour=12) + timedelta(days=1))
    return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
