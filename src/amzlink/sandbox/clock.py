"""The sandbox's time: real or given, and movable forwards, so that quotas refill and tokens expire at once."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time in aware UTC."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """Another clock plus an offset, so that a client's clock can be found wrong in either direction."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base: Clock = base or SystemClock()
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        """How far this clock has been moved from the one it is built on."""
        return self._offset

    def now(self) -> datetime:
        """The present moment, offset included."""
        return self._base.now() + self._offset

    def advance(self, by: timedelta) -> None:
        """Moves the clock, backwards by a negative time."""
        self._offset += by


def whole_seconds(moment: datetime) -> datetime:
    """The moment without its fraction: the Orders API tells no finer time."""
    return moment.replace(microsecond=0)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, as Amazon writes and wants it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
