"""When a run that nobody watches says something: at once or after a while, once a day, and when it is over.

What needs a person is told at once and again once a day. A trouble that passes by itself is told once it has lasted an
hour. A success ends what was there before it, and the end of what was told is told too.

Two jobs that meet the same trouble tell it once between them, and it is over when both have had a success.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

LASTS: Final = timedelta(hours=1)
AGAIN: Final = timedelta(hours=23, minutes=55)
"""A day, less what a timer of one day may be early; two commands are further apart than that."""
FORGOTTEN: Final = timedelta(days=7)


class Key(msgspec.Struct, frozen=True, order=True):
    """What counts as the same trouble; `store` and `order` are empty where it concerns none."""

    problem: str
    store: str = ""
    order: str = ""


class Part(StrEnum):
    """A part of the work that goes on without the rest, and that not every run has something to do for."""

    RUN = "run"
    """The work itself: each run meets what is in its way."""
    LISTINGS = "listings"
    REPORT = "report"
    CUSTOMS = "customs"
    PURGE = "purge"
    FEED = "feed"
    ELSEWHERE = "elsewhere"
    """What another run of the job does in the meantime."""


class Trouble(msgspec.Struct, frozen=True):
    """Something that a run has met. `passes` is true of what ends by itself, `stays` of what each run meets until then.

    What does not stay is over once the `part` of the work that met it was done again. Where there is no part, one run
    tells it and the next does not meet it, as a warning about a parcel: it has no end.
    """

    key: Key
    passes: bool = False
    stays: bool = True
    part: str = ""


class Met(msgspec.Struct, frozen=True):
    """When a job first and last met a trouble, without a success of its own between."""

    first: datetime
    last: datetime


class Remembered(msgspec.Struct, frozen=True):
    """A trouble of earlier runs: when it was first and last met, when it was told, and which jobs it stops."""

    key: Key
    first: datetime
    last: datetime
    told: datetime | None = None
    stays: bool = True
    part: str = ""
    jobs: Mapping[str, Met] = msgspec.field(default_factory=dict)


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


def judge(  # noqa: PLR0917 - all that decides
    memory: Sequence[Remembered],
    job: str,
    troubles: Sequence[Trouble],
    succeeded: Sequence[str],
    now: datetime,
    worked: Collection[tuple[str, str]] = (),
) -> Judgement:
    """Judge the end of a job's runs. `succeeded` are the stores whose run was not stopped; `""` counts as one.

    `worked` are the parts of the work that were done, each with its store.
    What concerns a single order is not called over when a run does not meet it: the next ones may leave the order
    alone for a while. That, and what does not stay, is forgotten after a week.
    """
    earlier = {entry.key: entry for entry in memory}
    tell, kept, over = set(), [], []
    since: dict[Key, datetime] = {}
    for trouble in _by_key(troubles):
        known = earlier.pop(trouble.key, None) or Remembered(trouble.key, now, now, stays=trouble.stays)
        before = known.jobs.get(job, Met(now, now))
        jobs = {**known.jobs, job: Met(min(before.first, now), now)}  # the clock may have been put back
        first = min(known.first, now)
        told = known.told
        if _is_due(trouble, min(met.first for met in jobs.values()), told, now):
            tell.add(trouble.key)
            told = now
        since[trouble.key] = first
        kept.append(
            msgspec.structs.replace(
                known,
                first=first,
                last=now,
                told=told,
                stays=known.stays or trouble.stays,
                part=trouble.part or known.part,
                jobs=jobs,
            )
        )
    for key, entry in earlier.items():
        works = bool(entry.part) and (key.store, entry.part) in worked
        if key.order or not (entry.stays or works):
            if now - entry.last < FORGOTTEN:
                kept.append(entry)
            continue
        left = {} if works else _still_stopped(entry, job) if key.store in succeeded else entry.jobs
        if left:
            kept.append(msgspec.structs.replace(entry, jobs=left))
        elif entry.told is not None:
            over.append(Over(key, entry.first))
    return Judgement(frozenset(tell), since, tuple(sorted(over, key=_since)), tuple(kept))


def _by_key(troubles: Iterable[Trouble]) -> Iterable[Trouble]:
    """Each once: two services that fail alike at the same time are one trouble."""
    found: dict[Key, Trouble] = {}
    for trouble in troubles:
        same = found.get(trouble.key, trouble)
        found[trouble.key] = Trouble(
            trouble.key, same.passes and trouble.passes, same.stays or trouble.stays, same.part or trouble.part
        )
    return found.values()


def _still_stopped(entry: Remembered, job: str) -> Mapping[str, Met]:
    """The jobs that a trouble still stops, once this one was through.

    One that runs so seldom that it was not there for this job's last failures does not count: else the end of a trouble
    would wait for the next night's purge.
    """
    met = entry.jobs.get(job)
    if met is None:
        return entry.jobs
    return {name: other for name, other in entry.jobs.items() if name != job and met.last - other.last < LASTS}


def _is_due(trouble: Trouble, first: datetime, told: datetime | None, now: datetime) -> bool:
    if told is not None:
        return not timedelta() <= now - told < AGAIN
    return not trouble.passes or now - first >= LASTS


def _since(over: Over) -> datetime:
    return over.since
