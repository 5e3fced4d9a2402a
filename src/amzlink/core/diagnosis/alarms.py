"""When a run that nobody watches says something: at once or after a while, once a day, and when it is over.

What needs a person is told at once and again once a day. A trouble that passes by itself is told once it has lasted an
hour. A success ends what was there before it, and the end of what was told is told too.

Two jobs that meet the same trouble tell it once between them, and it is over when both have had a success.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

LASTS: Final = timedelta(hours=1)
AGAIN: Final = timedelta(hours=23, minutes=50)
"""A day, less what a timer of one day may be early."""
FORGOTTEN: Final = timedelta(days=7)


class Key(msgspec.Struct, frozen=True, order=True):
    """What counts as the same trouble; `store` and `order` are empty where it concerns none."""

    problem: str
    store: str = ""
    order: str = ""


class Trouble(msgspec.Struct, frozen=True):
    """Something that a run has met. `passes` is true of what ends by itself, `stays` of what each run meets until then.

    What does not stay is told by one run and not met by the next, as a warning about a parcel: it has no end.
    """

    key: Key
    passes: bool = False
    stays: bool = True


class Remembered(msgspec.Struct, frozen=True):
    """A trouble of earlier runs: when it was first and last met, and when it was told.

    `jobs` are those that it keeps from their work, each with the time of its first failure without a success between.
    """

    key: Key
    first: datetime
    last: datetime
    told: datetime | None = None
    stays: bool = True
    jobs: Mapping[str, datetime] = msgspec.field(default_factory=dict)


class Over(msgspec.Struct, frozen=True):
    """A trouble that was told and is over."""

    key: Key
    since: datetime


class Judgement(msgspec.Struct, frozen=True):
    """What to tell now, what is over, and what to remember once that is told. `since` is by key."""

    tell: frozenset[Key]
    since: Mapping[Key, datetime]
    over: tuple[Over, ...]
    memory: tuple[Remembered, ...]


def judge(
    memory: Sequence[Remembered], job: str, troubles: Sequence[Trouble], succeeded: Sequence[str], now: datetime
) -> Judgement:
    """Judge the end of a job's runs. `succeeded` are the stores whose run was not stopped; `""` counts as one.

    What concerns a single order is not called over when a run does not meet it: the next ones may leave the order
    alone for a while. That, and what does not stay, is forgotten after a week.
    """
    earlier = {entry.key: entry for entry in memory}
    tell, kept, over = set(), [], []
    since: dict[Key, datetime] = {}
    for trouble in dict.fromkeys(troubles):
        known = earlier.pop(trouble.key, None) or Remembered(trouble.key, now, now, stays=trouble.stays)
        jobs = {name: min(first, now) for name, first in {job: now, **known.jobs}.items()}  # a clock that was put back
        first = min(known.first, now)
        told = known.told
        if _is_due(trouble, min(jobs.values()), told, now):
            tell.add(trouble.key)
            told = now
        since[trouble.key] = first
        kept.append(msgspec.structs.replace(known, first=first, last=now, told=told, jobs=jobs))
    for key, entry in earlier.items():
        if key.order or not entry.stays:
            if now - entry.last < FORGOTTEN:
                kept.append(entry)
            continue
        left = {name: first for name, first in entry.jobs.items() if name != job or key.store not in succeeded}
        if left:
            kept.append(msgspec.structs.replace(entry, jobs=left))
        elif entry.told is not None:
            over.append(Over(key, entry.first))
    return Judgement(frozenset(tell), since, tuple(sorted(over, key=_since)), tuple(kept))


def _is_due(trouble: Trouble, first: datetime, told: datetime | None, now: datetime) -> bool:
    if told is not None:
        return not timedelta() <= now - told < AGAIN
    return not trouble.passes or now - first >= LASTS


def _since(over: Over) -> datetime:
    return over.since
