"""How many calls an integration may make: 1,000 reading ones a minute, 100 writing ones and 15 of them a second."""

import math
from datetime import datetime
from typing import Final

from amzlink.sandbox.quota import FAST_FACTOR, Bucket, QuotaMode

READS_A_MINUTE: Final = 1000
WRITES_A_MINUTE: Final = 100
WRITES_A_SECOND: Final = 15
_MINUTE_SECONDS: Final = 60


class Limits:
    """The buckets of every integration."""

    def __init__(self, mode: QuotaMode) -> None:
        self._mode = mode
        self._buckets: dict[tuple[int, bool], tuple[Bucket, ...]] = {}

    def take(self, integration_id: int, now: datetime, *, reads: bool) -> int | None:
        """Debits a call; None if it is within its limits, else the whole seconds after which the next one may be."""
        if self._mode == "off":
            return None
        buckets = self._buckets.setdefault((integration_id, reads), self._make(now, reads=reads))
        # Each is debited: a call that one of them refuses counts against the other as well.
        granted = [bucket.take(now) for bucket in buckets]
        if all(granted):
            return None
        return max(1, *(math.ceil((1 - bucket.level) / bucket.rate) for bucket in buckets))

    def _make(self, now: datetime, *, reads: bool) -> tuple[Bucket, ...]:
        factor = FAST_FACTOR if self._mode == "fast" else 1
        calls = (READS_A_MINUTE if reads else WRITES_A_MINUTE) * factor
        minute = Bucket(calls / _MINUTE_SECONDS, calls, calls, now)
        if reads:
            return (minute,)
        burst = WRITES_A_SECOND * factor
        return minute, Bucket(burst, burst, burst, now)
