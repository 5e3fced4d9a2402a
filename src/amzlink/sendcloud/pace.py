"""Sendcloud's published rates, kept before Sendcloud has to say so (docs/services/sendcloud.md, "Rate limits").

All programs that use an integration's keys share them, so that a 429 can come all the same; `transport` waits then. The
runs of this machine, or of all that share a book, count together. A call counts from its answer on: when it arrived
before that, nobody knows.
"""

import contextlib
from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from amzlink.clock import Clock
from amzlink.http.shared_document import SharedDocument

Limits = tuple[tuple[int, float], ...]
READS: Final[Limits] = ((1000, 60.0),)
WRITES: Final[Limits] = ((100, 60.0), (15, 1.0))
Kind = Literal["reads", "writes"]
_LIMITS: Final[dict[Kind, Limits]] = {"reads": READS, "writes": WRITES}
_LONGEST: Final = 60.0  # seconds of any limit
_SHORTEST_WAIT: Final = 0.001  # so that no rest of a wait is too short for the clock

Made = dict[str, list[float]]
"""When calls were made, the earliest first: by integration and kind."""


class Pace:
    """No more than so many calls in any stretch of so many seconds, for each of `limits`. `made` are earlier ones."""

    def __init__(self, limits: Limits, made: Iterable[float] = ()) -> None:
        self._limits = limits
        self._made: deque[float] = deque(made, maxlen=max(calls for calls, _ in limits))

    @property
    def made(self) -> list[float]:
        """The calls that still count, and some that do not any more."""
        return list(self._made)

    def wait(self, now: float) -> float:
        """The seconds until one more call is within all limits; 0 if it is now."""
        if self._made and now < self._made[-1] - _LONGEST:  # the clock went back, and no difference means anything
            self._made.clear()
        waits = [self._made[-calls] + seconds - now for calls, seconds in self._limits if len(self._made) >= calls]
        return max([0.0, *waits])

    def note(self, now: float) -> None:
        """A call is made now."""
        self._made.append(now)


class Paces:
    """The calls to one integration: those of this process, or with `shared` those of all runs that share it.

    A document that cannot be read counts as no calls.
    """

    def __init__(self, clock: Clock, integration: str, shared: SharedDocument[Made] | None = None) -> None:
        self._clock = clock
        self._integration = integration
        self._shared = shared
        self._made: Made = {}
        self._under_way: dict[Kind, float] = {}

    def take(self, kind: Kind) -> float:
        """Count a call and return 0, or return the seconds to wait before asking again."""
        with self._calls() as (made, now):
            pace = Pace(_LIMITS[kind], made.get(self._key(kind), ()))
            if (wait := pace.wait(now)) == 0:
                pace.note(now)
                made[self._key(kind)] = sorted(moment for moment in pace.made if now - moment < _LONGEST)
                self._under_way[kind] = now
        return max(wait, _SHORTEST_WAIT) if wait else 0.0

    def answered(self, kind: Kind) -> None:
        """The call that was counted is over, with an answer or without one."""
        with self._calls() as (made, now):
            counted, calls = self._under_way.pop(kind, None), made.get(self._key(kind), [])
            if counted in calls and counted != now:
                calls.remove(counted)
                insort(calls, now)

    def close(self) -> None:
        """Let go of what is shared."""
        if self._shared is not None:
            self._shared.close()

    def _key(self, kind: Kind) -> str:
        return f"{self._integration} {kind}"

    @contextlib.contextmanager
    def _calls(self) -> Iterator[tuple[Made, float]]:
        """The calls, to be changed, and the time. Raises as the document's `held`."""
        if self._shared is None:
            yield self._made, self._clock.now().timestamp()
            return
        with self._shared.held() as shared_time:
            made = self._shared.load()
            before = {key: tuple(calls) for key, calls in made.items()}
            yield made, self._clock.now().timestamp() if shared_time is None else shared_time
            if before != {key: tuple(calls) for key, calls in made.items()}:
                self._shared.store(made)
