"""Sendcloud's published rates, kept before Sendcloud has to say so (docs/services/sendcloud.md, "Rate limits").

All programs that use an integration's keys share them, so that a 429 can come all the same; `transport` waits then.
"""

from collections import deque
from typing import Final

Limits = tuple[tuple[int, float], ...]
READS: Final[Limits] = ((1000, 60.0),)
WRITES: Final[Limits] = ((100, 60.0), (15, 1.0))


class Pace:
    """No more than so many calls in any stretch of so many seconds, for each of `limits`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._made: deque[float] = deque(maxlen=max(calls for calls, _ in limits))

    def wait(self, now: float) -> float:
        """The seconds until one more call is within all limits; 0 if it is now."""
        if self._made and now < self._made[-1]:  # the clock went back, and no difference means anything
            self._made.clear()
        waits = [self._made[-calls] + seconds - now for calls, seconds in self._limits if len(self._made) >= calls]
        return max([0.0, *waits])

    def note(self, now: float) -> None:
        """A call is made now."""
        self._made.append(now)
