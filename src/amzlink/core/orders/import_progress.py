"""About how many orders a search will bring: Amazon tells no total.

Amazon does not say in which sequence they come. Where the pages follow each other in time, how much of the search's
window they have covered says how many are still to come, if those lie as densely; elsewhere nothing can be told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

_DIGITS: Final = 2  # of an estimate


class Extent:
    """What the pages of one search have covered so far, of its window."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._end = start, end
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._direction: int | None = None
        self.done = 0

    def add(self, times: Sequence[datetime]) -> None:
        """A page with orders of these times, in its order."""
        self.done += len(times)
        if not times:
            return
        self._direction = _direction_of(times) if self._first is None else self._direction
        self._first = self._first or times[0]
        self._last = times[-1]

    @property
    def rises(self) -> bool:
        """Whether the pages go from the oldest order to the youngest."""
        return self._direction == 1

    @property
    def total(self) -> int | None:
        """About how many it will be; None where the pages do not follow each other in time."""
        if self._first is None or self._last is None or not self._direction:
            return None
        covered = (self._last - self._first) * self._direction
        left = self._end - self._last if self._direction > 0 else self._last - self._start
        if covered <= timedelta():
            return None
        return rounded(self.done + self.done * max(0.0, left / covered))


def _direction_of(times: Sequence[datetime]) -> int:
    """1 where they rise, -1 where they fall, 0 where they do neither."""
    if all(here <= there for here, there in pairwise(times)):
        return 1
    return -1 if all(here >= there for here, there in pairwise(times)) else 0


def rounded(estimate: float) -> int:
    """An estimate as it can be told: to two digits."""
    whole = round(estimate)
    return round(whole, -max(0, len(str(whole)) - _DIGITS))
