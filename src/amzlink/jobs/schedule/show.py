"""`schedule show`: what is scheduled, how its last runs ended, and when it runs next."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from amzlink.core.schedule.plan import SCHEDULED
from amzlink.deps import Deps
from amzlink.jobs.schedule.lingering import lingers
from amzlink.jobs.schedule.schedules import Schedules
from amzlink.orderbook.runs import Ends, last_ends
from amzlink.problems import Problem
from amzlink.schedulers.scheduler import Installed, Kind


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """How the last runs of a job ended in one store."""

    store: str
    ends: Ends


class JobShown(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is scheduled, and its last runs."""

    installed: Installed
    last: tuple[LastRun, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The schedule as it is installed; `kind` is None where nothing is.

    `lingers`: it runs while the user is signed out; None where that is no question or cannot be seen.
    """

    kind: Kind | None
    jobs: tuple[JobShown, ...]
    lingers: bool | None
    warnings: tuple[Problem, ...]


def show(deps: Deps, now: datetime) -> Shown:
    """What is installed, when it ran last and when it runs next; `now` in the local time zone, as cron goes by that.

    Raises:
        Problem: `schedule-failed`, where a scheduler cannot be asked; or what keeps the order book shut.
    """
    schedules = Schedules(deps)
    found = list(schedules.installed(now))
    last = _last_runs(deps)
    if not found:
        return Shown(kind=None, jobs=(), lingers=None, warnings=tuple(schedules.in_other_homes()))
    scheduler, jobs = found[0]
    return Shown(
        kind=scheduler.kind,
        jobs=tuple(JobShown(installed=job, last=last[job.job]) for job in jobs),
        lingers=lingers(scheduler),
        warnings=tuple(schedules.twice([each for each, _ in found[1:]])),
    )


def _last_runs(deps: Deps) -> Mapping[str, tuple[LastRun, ...]]:
    slugs = sorted(deps.load_config().stores)
    if not slugs:
        return dict.fromkeys(SCHEDULED, ())
    with deps.database() as database:
        return {
            job: tuple(LastRun(store=slug, ends=last_ends(database.of(slug), job)) for slug in slugs)
            for job in SCHEDULED
        }
