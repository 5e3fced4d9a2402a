"""Which jobs run by themselves, and at which minutes.

Merchants install a schedule once and never look at it again. If all of them began at full hours, Amazon would be called
by everybody in the same second; so each home has minutes of its own, the same ones at each installation.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

SCHEDULED: Final = ("import-orders", "push-status", "purge-pii")
"""The commands that run by themselves, each alone: one that fails holds up no other."""
PERIODS: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440))
"""How often: what divides an hour or a day, so that every scheduler can say it."""

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_NIGHT_BEGINS: Final = 2  # o'clock: personal data is deleted while nobody works
_NIGHT_HOURS: Final = 3
_MOST_DELAY: Final = timedelta(minutes=3)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When a job runs: at `hour` and `minute` for the first time of a day, in local time, and then `every` so often."""

    job: str
    every: timedelta
    hour: int = 0
    minute: int

    @property
    def minutes(self) -> int:
        """The length of the period in minutes."""
        return self.every // timedelta(minutes=1)

    @property
    def delay(self) -> timedelta:
        """By how much a start may be put off at random."""
        return min(self.every / 5, _MOST_DELAY)

    def next_after(self, now: datetime) -> datetime:
        """The next start after `now`, in the time zone of `now`."""
        moment = now.replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        while moment <= now:
            moment += self.every
        return moment


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run by itself. `name` tells the schedules of one user's homes apart.

    `program` starts amzlink, `environment` is what has to be set for it; nothing in it is secret.
    """

    name: str
    program: tuple[str, ...]
    environment: Mapping[str, str]
    timings: tuple[Timing, ...]

    def arguments(self, timing: Timing) -> tuple[str, ...]:
        """The command line of a job."""
        return (*self.program, timing.job, "--all-stores")

    def unit(self, timing: Timing) -> str:
        """The name of a job's unit, agent or task."""
        return f"{self.name}-{timing.job}"


def checked(job: str, minutes: int, hour: int, minute: int) -> Timing | None:
    """The times as they were read from a scheduler's file; None where nothing of ours can be so."""
    every = timedelta(minutes=minutes)
    # Ours begin within the first period of a day. A later minute or hour is one that somebody has written by hand: it
    # begins less often than its period says.
    if every not in PERIODS or minute >= 60 or timedelta(hours=hour, minutes=minute) >= every:  # noqa: PLR2004
        return None
    return Timing(job=job, every=every, hour=hour, minute=minute)


def timings(every: timedelta, seed: str) -> tuple[Timing, ...]:
    """When each job runs. `seed` is what makes this home different from all others."""
    chance = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest())
    return tuple(_timings(every, chance))


def _timings(every: timedelta, chance: int) -> Iterator[Timing]:
    within_hour = min(every, _HOUR) // timedelta(minutes=1)
    first = chance % within_hour
    yield Timing(job="import-orders", every=every, minute=first)
    # Half a period (at most half an hour) later, so that the two do not meet. Where runs are hours apart, the push must
    # not come before the import whose orders it is to confirm: it may begin in the next hour.
    hours, minute = divmod(first + within_hour // 2, within_hour)
    yield Timing(job="push-status", every=every, hour=hours if every > _HOUR else 0, minute=minute)
    night = chance // within_hour % (_NIGHT_HOURS * 60)
    yield Timing(job="purge-pii", every=_DAY, hour=_NIGHT_BEGINS + night // 60, minute=night % 60)
