"""How long a run waits for the services, all its waits together."""

from collections.abc import Callable
from datetime import timedelta

from amzlink.clock import Clock
from amzlink.problems import Problem


class Patience:
    """The waits of one run: they may add up to `limit` and no more."""

    def __init__(self, clock: Clock, limit: timedelta, on_wait: Callable[[float, str], None] | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._left = limit.total_seconds()
        self._on_wait = on_wait

    @property
    def limit(self) -> str:
        """The limit in words."""
        return _spell(self._limit)

    def wait(self, seconds: float, problem: Problem) -> None:
        """Sleep, or raise `problem` where the sleep would go past the limit."""
        if seconds > self._left:
            raise problem.with_facts(max_wait=self.limit, seconds=seconds)
        self._left -= seconds
        if self._on_wait:
            self._on_wait(seconds, str(problem.facts.get("operation", "")))
        self._clock.sleep(seconds)


def _spell(limit: timedelta) -> str:
    seconds = int(limit.total_seconds())
    if seconds >= 120 and seconds % 60 == 0:  # noqa: PLR2004
        return f"{seconds // 60} minutes"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
