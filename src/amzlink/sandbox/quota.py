"""Token buckets, one per operation, by Amazon's published rates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from amzlink.amazon.marketplaces import ENDPOINTS, Region
from amzlink.sandbox.table import OPERATIONS, Operation

QuotaMode = Literal["real", "fast", "off"]
QUOTA_MODES: Final[tuple[QuotaMode, ...]] = get_args(QuotaMode)
FAST_FACTOR: Final = 100
UNLIMITED_RATE: Final = (
    1000.0  # told in the header when nothing is limited, so that a client that learns rates runs free
)


@dataclass(slots=True)
class Bucket:
    """Starts full, refills at `rate` a second up to `burst`."""

    rate: float
    burst: int
    level: float
    at: datetime

    def take(self, now: datetime) -> bool:
        """Takes one token if there is a whole one."""
        elapsed = max(0.0, (now - self.at).total_seconds())
        self.level = min(float(self.burst), self.level + elapsed * self.rate)
        self.at = now
        # The sum of many small refills may miss the whole token by a rounding error.
        if self.level < 1 - 1e-9:
            return False
        self.level = max(0.0, self.level - 1)
        return True


class Quota:
    """The buckets of one seller and one app, which every region counts for itself."""

    def __init__(self, mode: QuotaMode, now: datetime) -> None:
        if mode not in QUOTA_MODES:
            raise ValueError(f"quota is one of {', '.join(QUOTA_MODES)}, not {mode!r}")
        self.mode = mode
        self._buckets = {
            (region, operation.id): Bucket(self.rate(operation), operation.burst, operation.burst, now)
            for region in ENDPOINTS
            for operation in OPERATIONS
        }

    def rate(self, operation: Operation) -> float:
        """The rate in force, as the header tells it."""
        if self.mode == "off":
            return UNLIMITED_RATE
        return float(operation.rate) if self.mode == "real" else round(operation.rate * FAST_FACTOR, 6)

    def take(self, region: Region, operation: Operation, now: datetime) -> bool:
        """Whether the call is within quota; it is debited if so."""
        return self.mode == "off" or self._buckets[region, operation.id].take(now)
