"""Whether the time can be trusted enough for what cannot be undone.

There are two witnesses: the machine's clock, and the `Date` that Amazon sends with each answer. A run notes by how much
they differ (the offset). Neither is believed alone: a clock can be set wrong, and one answer can bear a wrong `Date`.

- The time is trusted when the offset is within a day of zero, or of the last offset that was trusted.
- It is also trusted when three runs in a row or more, over at least two days of the machine's clock, show the same new
  offset: then the machine's clock is wrong for good.
- A trusted time is noted. Where three trusted runs contradict a noted time that lies ahead of theirs, theirs is right.

Nothing here is kept: what was trusted before follows from the history of what was seen, so that a history which an
older version wrote is judged by these rules as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

CLOSE: Final = timedelta(days=1)
RUNS_NEEDED: Final = 3
SPAN_NEEDED: Final = timedelta(days=2)


class Sighting(msgspec.Struct, frozen=True, gc=False):
    """What a run saw: the machine's time (aware, UTC), and Amazon's time minus that.

    `offset` is None in a run that Amazon did not answer.
    """

    machine: datetime
    offset: timedelta | None

    @property
    def amazon(self) -> datetime | None:
        """Amazon's time, as its `Date` told it."""
        return None if self.offset is None else self.machine + self.offset


class Trust(StrEnum):
    """What can be made of a run's time."""

    TRUSTED = "trusted"
    DOUBTED = "doubted"
    """Amazon and the machine disagree, and neither is proved right."""
    UNKNOWN = "unknown"
    """Amazon did not answer, so nothing can be said; that is no sign of a wrong clock."""


class TrustedTime(msgspec.Struct, frozen=True):
    """What a run may rely on.

    `time` is the time to seal and to give leases by: Amazon's where it is trusted, else the earlier of the two.
    `sure` is the time up to which something is due beyond doubt: a trusted `time`; otherwise the earliest of the
    machine's, Amazon's and the noted time, or None where no trusted time was ever noted.
    `note` is the trusted time to keep from now on. `corrected`: it replaces a noted time that was too late, and is the
    only case in which `note` is earlier than what was noted.
    """

    trust: Trust
    time: datetime
    sure: datetime | None
    note: datetime | None
    corrected: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether this run may do what cannot be undone."""
        return self.trust is Trust.TRUSTED


def judge_time(history: Iterable[Sighting], today: Sighting, noted: datetime | None) -> TrustedTime:
    """What today's run may rely on.

    Args:
        history: What earlier runs saw, in the order in which they noted it. It is not sorted by the machine's time,
            which may have been set back.
        today: What this run sees. It is to be added to the history, whatever comes of it.
        noted: The trusted time that an earlier run, perhaps one of an older version, has noted last.
    """
    memory = _Memory()
    contradictions = 0
    for sighting in history:
        is_trusted = memory.take(sighting)
        contradictions = _count(contradictions, sighting, noted, is_trusted=is_trusted)
    is_trusted = memory.take(today)
    told = today.amazon
    if told is None:
        sure = None if noted is None else min(noted, today.machine)
        return TrustedTime(Trust.UNKNOWN, today.machine, sure, noted)
    if not is_trusted:
        earlier = min(told, today.machine)
        sure = None if noted is None else min(noted, earlier)
        return TrustedTime(Trust.DOUBTED, earlier, sure, noted)
    contradictions = _count(contradictions, today, noted, is_trusted=True)
    corrected = contradictions >= RUNS_NEEDED
    note = told if noted is None or corrected else max(told, noted)
    return TrustedTime(Trust.TRUSTED, told, told, note, corrected=corrected)


def last_heard(history: Sequence[Sighting]) -> timedelta | None:
    """The newest offset that a run has seen; None: no run of these has heard anything."""
    return next((sighting.offset for sighting in reversed(history) if sighting.offset is not None), None)


class _Memory:
    """The last offset that was trusted, and the runs in a row that show one offset."""

    def __init__(self) -> None:
        self.trusted: timedelta | None = None
        self._alike: list[Sighting] = []  # the first run of the row, and as many more as count

    def take(self, sighting: Sighting) -> bool:
        """Take the next run; whether its time is trusted. A run that heard nothing neither ends a row nor counts."""
        offset = sighting.offset
        if offset is None:
            return False
        if self._alike and not _is_close(offset, self._alike[0].offset):
            self._alike = []
        if len(self._alike) < RUNS_NEEDED:
            self._alike.append(sighting)
        spans = sighting.machine - self._alike[0].machine >= SPAN_NEEDED
        lasts = spans and len(self._alike) >= RUNS_NEEDED
        if not (lasts or _is_close(offset, timedelta()) or _is_close(offset, self.trusted)):
            return False
        self.trusted = offset
        return True


def _is_close(offset: timedelta, other: timedelta | None) -> bool:
    return other is not None and abs(offset - other) <= CLOSE


def _count(contradictions: int, sighting: Sighting, noted: datetime | None, *, is_trusted: bool) -> int:
    """How many trusted runs, one after the other, lie before the noted time.

    A run that reaches the noted time bears it out, whether it is trusted or not: what was noted stems from such a run.
    """
    told = sighting.amazon
    if told is None or noted is None:
        return contradictions
    if told >= noted - CLOSE:
        return 0
    return contradictions + 1 if is_trusted else contradictions
