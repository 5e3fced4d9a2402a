"""Amazon's quotas: a token bucket per app, seller, region and operation, kept between runs.

A call is debited before it is made, so that a run which dies has paid for what it sent. Amazon debits it when it
arrives, and until then a full bucket of Amazon's does not refill. So a bucket here holds no more than the burst less
the calls that are not over yet, whichever run makes them: then it never has more than Amazon's.

The rate is the model's until Amazon's header tells another (docs/services/amazon.md, "Quotas"); the burst is always the
model's. Time is the machine's, or that of the server where machines count together: a clock that jumps ahead fills a
bucket too early, and Amazon's 429 sets that right.
"""

import contextlib
from collections.abc import Iterator
from math import ceil
from typing import Annotated, Final, Protocol

import msgspec

from amzlink.clock import Clock
from amzlink.http.shared_document import SharedDocument

# Seconds times rate rarely make a whole call to the last digit.
_ROUNDING: Final = 1e-9
_STEP: Final = 0.001
"""Waits are whole steps, rounded up: clocks have no more digits than microseconds, and what a wait lacks is a 429."""
_OVER_AFTER: Final = 300.0
"""Seconds after which no call can be under way any more: its run has died."""


class Operation(msgspec.Struct, frozen=True):
    """An operation of the SP-API: its name, published rate (calls a second) and burst, and the role that opens it."""

    name: str
    rate: float
    burst: int
    role: str


class Bucket(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left at a moment (`at`, seconds since 1970), and the rate that Amazon told, if it did.

    `under_way` are the moments at which calls were debited that are not over yet.
    """

    tokens: Annotated[float, msgspec.Meta(ge=0)]
    at: float
    rate: Annotated[float, msgspec.Meta(gt=0)] | None = None
    under_way: tuple[float, ...] = ()


def refill(bucket: Bucket | None, operation: Operation, now: float) -> Bucket:
    """The bucket as it stands now. A clock that went back adds nothing, and takes nothing away."""
    if bucket is None:
        return Bucket(operation.burst, now)
    rate = bucket.rate or operation.rate
    grown = bucket.tokens + max(0.0, now - bucket.at) * rate
    under_way = tuple(moment for moment in bucket.under_way if abs(now - moment) < _OVER_AFTER)
    room = max(0.0, operation.burst - len(under_way))
    return Bucket(min(room, grown), now, bucket.rate, under_way)


def take(bucket: Bucket, operation: Operation) -> tuple[Bucket, float]:
    """Debit one call; or leave the bucket and tell the seconds until there is a call to debit."""
    if bucket.tokens >= 1 - _ROUNDING:
        return msgspec.structs.replace(bucket, tokens=max(0.0, bucket.tokens - 1)), 0.0
    return bucket, max(1, ceil(seconds_until(1, bucket, operation) / _STEP)) * _STEP


def seconds_until(calls: int, bucket: Bucket, operation: Operation) -> float:
    """How long it takes from the bucket's moment until so many calls could have been debited one after the other."""
    return max(0.0, calls - bucket.tokens) / (bucket.rate or operation.rate)


class Quotas(Protocol):
    """Where the buckets of one account live."""

    def take(self, operation: Operation, now: float) -> float:
        """Debit a call and return 0, or return the seconds to wait before asking again."""

    def answered(self, operation: Operation, now: float, rate: float | None) -> None:
        """The call that was debited is over, with an answer or without one; `rate` is what Amazon's header told."""

    def drain(self, operation: Operation, now: float) -> None:
        """Amazon said that nothing is left."""

    def close(self) -> None:
        """Let go of what they live in."""


Buckets = dict[str, Bucket]
"""By account and operation."""


class SharedQuotas:
    """Buckets in a document that several runs share. One that cannot be read counts as full buckets.

    `clock` tells the time again once the document is free: another run may have counted up to a later one meanwhile.
    """

    def __init__(self, shared: SharedDocument[Buckets], account: str, clock: Clock | None = None) -> None:
        self._shared = shared
        self._account = account
        self._clock = clock
        self._under_way: dict[str, float] = {}  # when the call of an operation was debited that is not over yet

    def take(self, operation: Operation, now: float) -> float:
        """See `Quotas`."""
        with self._held(now) as moment:
            buckets = self._shared.load()
            bucket, wait = take(refill(buckets.get(self._key(operation)), operation, moment), operation)
            if not wait:
                self._under_way[operation.name] = moment
                bucket = msgspec.structs.replace(bucket, under_way=(*bucket.under_way, moment))
            self._store(buckets, operation, bucket)
        return wait

    def answered(self, operation: Operation, now: float, rate: float | None) -> None:
        """See `Quotas`."""
        debited = self._under_way.pop(operation.name, None)
        with self._held(now) as moment:
            buckets = self._shared.load()
            bucket = refill(buckets.get(self._key(operation)), operation, moment)
            left = list(bucket.under_way)
            if debited in left:
                left.remove(debited)
            answered = msgspec.structs.replace(bucket, rate=rate or bucket.rate, under_way=tuple(left))
            self._store(buckets, operation, answered)

    def drain(self, operation: Operation, now: float) -> None:
        """See `Quotas`."""
        with self._held(now) as moment:
            buckets = self._shared.load()
            bucket = refill(buckets.get(self._key(operation)), operation, moment)
            self._store(buckets, operation, msgspec.structs.replace(bucket, tokens=0.0))

    def left(self, operation: Operation, now: float) -> int:
        """How many calls there are to debit now; nothing is debited."""
        return int(self.standing(operation, now).tokens + _ROUNDING)

    def standing(self, operation: Operation, now: float) -> Bucket:
        """The bucket as it stands now; nothing is debited."""
        with self._held(now) as moment:
            return refill(self._shared.load().get(self._key(operation)), operation, moment)

    @contextlib.contextmanager
    def _held(self, asked_at: float) -> Iterator[float]:
        """Alone with the document; the time by then. Raises as its `held`."""
        with self._shared.held() as shared_time:
            if shared_time is not None:
                yield shared_time
            else:
                yield self._clock.now().timestamp() if self._clock else asked_at

    def close(self) -> None:
        """See `Quotas`."""
        self._shared.close()

    def _key(self, operation: Operation) -> str:
        return f"{self._account} {operation.name}"

    def _store(self, buckets: Buckets, operation: Operation, bucket: Bucket) -> None:
        buckets[self._key(operation)] = bucket
        self._shared.store(buckets)
