"""Which span of Amazon's time an import has to ask for."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

LONG_GAP: Final = timedelta(days=1)
"""After so long without a run that came to its end, what is to ship comes before everything else that has changed."""
OVERLAP: Final = timedelta(minutes=10)
UNDER_WAY_FOR: Final = timedelta(minutes=15)
"""After so long, what has come to ship meanwhile is not left to wait for the end of a search of changes.

Five pages grow in this time, of which that takes one.
"""
FIRST_RUN: Final = timedelta(days=30)
# Amazon refuses an end that is less than two minutes past (docs/services/amazon.md, "Searching orders"); the seconds
# are for the way there.
SETTLED: Final = timedelta(minutes=2, seconds=5)
# Orders older than two years do not come (docs/services/amazon.md, "Searching orders"); a day less, because the limit
# moves while pages are read.
OLDEST: Final = timedelta(days=729)


class Window(msgspec.Struct, frozen=True):
    """From when to when; both ends belong to it."""

    start: datetime
    end: datetime


class Coverage(msgspec.Struct, frozen=True):
    """What earlier runs have brought: all changes up to `until`, of these marketplaces, from `since` on."""

    until: datetime
    marketplace_ids: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True):
    """The searches of a run: first all orders still to ship, however old, where there is a sweep; then all changes."""

    changes: Window
    sweep: Window | None
    sweep_marketplace_ids: tuple[str, ...] = ()


def plan_run(
    coverage: Coverage | None, marketplace_ids: Collection[str], now: datetime, since: datetime | None = None
) -> Plan:
    """What to fetch, where `now` is Amazon's time.

    `since` may reach further back than the last run, never leave a gap after it. A marketplace added since
    then is treated as a first run: its orders still to ship are swept, however old. After a long gap all are swept.
    """
    end = now - SETTLED
    if coverage and coverage.until - OVERLAP > end:  # noted under a wrong clock: nobody knows how far it really reaches
        coverage = None
    new = tuple(sorted(set(marketplace_ids) - set(coverage.marketplace_ids if coverage else ())))
    starts = []
    if coverage:
        starts.append(min(coverage.until, end) - OVERLAP)
    if new or not coverage:
        starts.append(since or now - FIRST_RUN)
    if since:
        starts.append(since)
    # A `since` of a moment ago may lie behind the end.
    changes = Window(min(max(min(starts), now - OLDEST), end), end)
    swept = tuple(sorted(marketplace_ids)) if end - changes.start > LONG_GAP else new
    return Plan(changes, Window(now - OLDEST, end) if swept else None, swept)


def since_search(end: datetime, now: datetime) -> Window | None:
    """What to ask for before a search of changes goes on; None where that was up to a moment ago (`end`).

    Hours can pass until its last page. What has become ready to ship since would come only after that.
    """
    latest = now - SETTLED
    return Window(end - OVERLAP, latest) if latest - end >= UNDER_WAY_FOR else None
