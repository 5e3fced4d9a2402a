"""The schedules of amzlink on this machine: that of this home, and what else of the same user runs it."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from amzlink.config.file import read_config
from amzlink.config.settings import Store
from amzlink.core.schedule.crontab import foreign_lines
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.problems import Problem, ProblemName
from amzlink.problems import schedule as texts
from amzlink.schedulers.crontab import Crontab
from amzlink.schedulers.here import schedulers
from amzlink.schedulers.scheduler import Installed, Kind, Scheduler

_PLACE_DIGITS: Final = 6


class Schedules:
    """What this machine's schedulers have of amzlink.

    Whether a scheduler answers and which schedules it has is asked once, so what is installed later is not seen here.
    """

    def __init__(self, deps: Deps) -> None:
        self.schedulers = tuple(schedulers(deps.environ, deps.home))
        self._deps = deps
        self._fits: dict[Kind, bool] = {}
        self._homes: dict[Kind, Mapping[str, Path | None]] = {}

    @cached_property
    def name(self) -> str:
        """What tells this home's schedule from that of another one of the same user.

        It stays the same when the home is moved. A home that was copied has the id of the first one, whose schedule is
        not for it to take over, so that its own has a name more.
        """
        name, root = self._first_name, self._deps.home.root
        if root is None:
            return name
        of_copy = f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:_PLACE_DIGITS]}"
        other = self._all_homes.get(name)
        is_copy = of_copy in self._all_homes or (
            other is not None and other != root and self._deps.home.is_copy_of(other)
        )
        return of_copy if is_copy else name

    def fits(self, scheduler: Scheduler) -> bool:
        """Whether this machine has the scheduler, and it answers."""
        if scheduler.kind not in self._fits:
            self._fits[scheduler.kind] = scheduler.fits()
        return self._fits[scheduler.kind]

    def may_have(self, scheduler: Scheduler, name: str) -> bool:
        """Whether the scheduler may have a schedule of this name, even where it does not answer."""
        return self.fits(scheduler) or scheduler.may_have(name)

    def installed(self, now: datetime, *, but: Kind | None = None) -> Iterator[tuple[Scheduler, Sequence[Installed]]]:
        """The schedulers that have this home's jobs, without the one that is left out. Raises `schedule-failed`."""
        for scheduler in self.schedulers:
            if (
                scheduler.kind != but
                and self.may_have(scheduler, self.name)
                and (jobs := scheduler.installed(self.name, now))
            ):
                yield scheduler, jobs

    def left_over(self) -> list[tuple[Scheduler, str]]:
        """The schedulers that have what is left over of this home or of copies of it, each with the schedule's name.

        Raises:
            Problem: `schedule-failed`, where one that may have it cannot be asked.
        """
        return [
            (scheduler, old)
            for old in self._left_over
            for scheduler in self.schedulers
            if self.may_have(scheduler, old) and old in self._homes_of(scheduler)
        ]

    def told_left_over(self) -> Iterator[Problem]:
        """The same as warnings, one for each folder."""
        for root in dict.fromkeys(self._left_over.values()):
            yield Problem(ProblemName.SCHEDULE_LEFT_OVER, folder=root)

    def twice(self, others: Sequence[Scheduler]) -> Iterator[Problem]:
        """What else runs amzlink: other schedulers' jobs, lines of a crontab that are not ours, and other homes'."""
        for other in others:
            yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.own_schedule(scheduler=other.kind))
        for scheduler in self.schedulers:
            if isinstance(scheduler, Crontab) and self.fits(scheduler):
                for line in foreign_lines(scheduler.table()):
                    yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.line_of_others(line=line))
        yield from self.in_other_homes()

    def in_other_homes(self) -> Iterator[Problem]:
        """Stores of this home that are scheduled in another one too: the two know nothing of each other's runs."""
        yield from self.told_left_over()
        environ, here = self._deps.environ, self._deps.home
        ours = self._deps.load_config().stores
        for other, root in self._all_homes.items():
            if other == self.name:
                continue
            usual = {key: value for key, value in environ.items() if key != "AMZLINK_HOME"}
            home = find_home({**usual, "AMZLINK_HOME": str(root)} if root else usual)
            if home.config == here.config:  # this home itself, as it was scheduled from before it had this name
                continue
            with contextlib.suppress(Problem):  # a home that cannot be read runs nothing
                theirs = read_config(home.config_file).stores.values()
                for slug, store in ours.items():
                    if any(_is_same(store, each) for each in theirs):
                        advice = {} if root else {"advice": here.config}
                        yield Problem(ProblemName.SCHEDULED_ELSEWHERE, store=slug, folder=root or here.config, **advice)

    @property
    def _first_name(self) -> str:
        """The name of the schedule of a home that is no copy."""
        return self._deps.home.keyring_service().replace("@", "-")

    def _homes_of(self, scheduler: Scheduler) -> Mapping[str, Path | None]:
        if scheduler.kind not in self._homes:
            self._homes[scheduler.kind] = scheduler.homes()
        return self._homes[scheduler.kind]

    @cached_property
    def _all_homes(self) -> Mapping[str, Path | None]:
        """All schedules of amzlink that this user has, of whatever home, by name.

        What cannot be asked is told where it matters.
        """
        found: dict[str, Path | None] = {}
        for scheduler in self.schedulers:
            with contextlib.suppress(Problem):
                if self.fits(scheduler) or scheduler.kind != "cron":
                    found.update({name: root for name, root in self._homes_of(scheduler).items() if name not in found})
        return found

    @cached_property
    def _left_over(self) -> Mapping[str, Path]:
        """Schedules of this home or of copies of it, in folders from which these were moved or deleted, by name."""
        of_this_id = re.compile(rf"{re.escape(self._first_name)}(-[0-9a-f]{{{_PLACE_DIGITS}}})?")
        return {
            other: root
            for other, root in self._all_homes.items()
            if root and other != self.name and of_this_id.fullmatch(other) and not self._deps.home.is_at(root)
        }


def run_twice(deps: Deps) -> list[Problem]:
    """What runs stores besides the schedule of this home, as far as it can be seen; where it names none, all stores."""
    schedules = Schedules(deps)
    with contextlib.suppress(Problem):
        if found := list(schedules.installed(deps.clock.now())):
            return list(schedules.twice([scheduler for scheduler, _ in found[1:]]))
    return list(schedules.told_left_over())


def _is_same(one: Store, other: Store) -> bool:
    shared = set(one.marketplace_ids) & set(other.marketplace_ids)
    return one.seller_id == other.seller_id and bool(shared) and one.test == other.test
