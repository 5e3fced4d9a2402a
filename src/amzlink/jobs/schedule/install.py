"""`schedule install` and `schedule remove`: have the machine run the jobs by itself, or no longer."""

import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from amzlink.core.schedule.plan import PERIODS, Schedule, timings
from amzlink.deps import Deps
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.jobs.schedule import lingering
from amzlink.jobs.schedule.environment import environment, refuse_unwritable, secret_sources
from amzlink.jobs.schedule.schedules import Schedules
from amzlink.problems import Problem, ProblemName
from amzlink.problems import schedule as texts
from amzlink.schedulers.here import own_program, schedulers
from amzlink.schedulers.scheduler import Kind, Scheduler, Writing
from amzlink.secrets.store import Source


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What `install` is going to do. `left_out` are variables of this session that scheduled runs will not have."""

    scheduler: Scheduler
    schedule: Schedule
    writings: tuple[Writing, ...]
    warnings: tuple[Problem, ...]
    left_out: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        """Which scheduler it is."""
        return self.scheduler.kind


def plan(deps: Deps, every: timedelta, wanted: str = "auto") -> Planned:
    """What is to be written, and by which scheduler: the one that is `wanted`, or the first that answers here.

    Raises:
        Problem: `no-store`, `no-scheduler`, `schedule-without-secrets`, `schedule-failed`; or what keeps the secrets
            from being looked at.
    """
    if every not in PERIODS:
        raise ValueError(every)
    settings = deps.load_config()
    if not settings.stores:
        raise Problem(ProblemName.NO_STORE, file=deps.home.config_file)
    schedules = Schedules(deps)
    scheduler = _fitting(schedules, wanted)
    sources = secret_sources(deps)
    environ, left_out = environment(deps, scheduler.kind)
    schedule = Schedule(
        name=schedules.name,
        program=own_program(),
        environment=environ,
        timings=timings(every, f"{platform.node()} {lingering.user()} {deps.home.config}"),
    )
    refuse_unwritable(scheduler.kind, schedule, deps.home.config)
    return Planned(
        scheduler=scheduler,
        schedule=schedule,
        writings=tuple(scheduler.writings(schedule)),
        warnings=tuple(_warnings(schedules, sources)),
        left_out=tuple(left_out),
    )


def can_install(deps: Deps) -> bool:
    """Whether this machine could run amzlink by itself, and nothing does so yet as far as can be seen."""
    return is_scheduled(deps.environ) is False and any(
        scheduler.fits() for scheduler in schedulers(deps.environ, deps.home)
    )


def install(deps: Deps, planned: Planned) -> None:
    """Write it. What another scheduler had of this home is taken away, so that nothing runs twice.

    So is what is left over from where this home, or a copy of it, once was.

    Raises:
        Problem: `schedule-failed`, and everything is as it was.
    """
    schedules = Schedules(deps)
    # One that may have it and cannot be asked says so before anything is written.
    others = [other for other, _ in schedules.installed(deps.clock.now(), but=planned.kind)]
    left_over = schedules.left_over()
    planned.scheduler.install(planned.schedule)
    for other in others:
        other.remove(planned.schedule.name)
    for scheduler, old in left_over:
        scheduler.remove(old)


def remove(deps: Deps, *, dry_run: bool) -> Sequence[Kind]:
    """Take the schedule away; gives the schedulers that had one. Raises `schedule-failed`."""
    found: list[Kind] = []
    schedules = Schedules(deps)
    for scheduler, _ in schedules.installed(deps.clock.now()):
        if not dry_run:
            scheduler.remove(schedules.name)
        found.append(scheduler.kind)
    for scheduler, old in schedules.left_over():
        if not dry_run:
            scheduler.remove(old)
        if scheduler.kind not in found:
            found.append(scheduler.kind)
    return found


def _fitting(schedules: Schedules, wanted: str) -> Scheduler:
    for scheduler in schedules.schedulers:
        # One that was asked for, or has the schedule already, says itself what keeps it from working.
        if wanted == scheduler.kind or (wanted == "auto" and schedules.may_have(scheduler, schedules.name)):
            return scheduler
    if wanted == "auto":
        raise Problem(ProblemName.NO_SCHEDULER, detail=texts.SCHEDULERS_TRIED)
    detail = texts.not_this_scheduler(scheduler=wanted)
    raise Problem(ProblemName.NO_SCHEDULER, detail=detail, advice=texts.LEAVE_THE_CHOICE)


def _warnings(schedules: Schedules, sources: frozenset[Source]) -> Iterator[Problem]:
    if "keyring" in sources and sys.platform == "linux":
        yield Problem(ProblemName.SCHEDULE_NEEDS_KEYRING)
    yield from schedules.twice([])
