"""schedule: have the machine run the jobs by itself, or no longer, and see whether it does."""

import getpass
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from amzlink.core.schedule.crontab import foreign_lines
from amzlink.core.schedule.plan import PERIODS, SCHEDULED, Schedule, timings
from amzlink.deps import CLOCK_OFFSET, ENDPOINT_VARIABLES, Deps
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.orderbook.runs import Ends, last_ends
from amzlink.problems import Problem, ProblemName, store_option
from amzlink.problems import schedule as texts
from amzlink.schedulers.crontab import Crontab
from amzlink.schedulers.here import own_program, schedulers
from amzlink.schedulers.scheduler import Installed, Kind, Scheduler, Writing
from amzlink.schedulers.systemd import Systemd
from amzlink.secrets import NAMES, Source, variable

_FOLDERS: Final = ("AMZLINK_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
CARRIED: Final = (
    *_FOLDERS, "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHON_KEYRING_BACKEND", CLOCK_OFFSET, *ENDPOINT_VARIABLES,
)  # fmt: skip
"""What decides where amzlink's files are and whom it calls. An address can hold a secret only before an @."""
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_WITH_ADDRESS: Final = frozenset({*_PROXIES, *ENDPOINT_VARIABLES})
_PATHS: Final = frozenset({*_FOLDERS, "SSL_CERT_DIR"})
_NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_LOST: Final[frozenset[Source]] = frozenset({"environment", "credentials directory"})


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
    scheduler = _fitting(deps, wanted)
    sources = _sources(deps)
    environment, left_out = _environment(deps, scheduler.kind)
    schedule = Schedule(
        name=_name(deps),
        program=own_program(),
        environment=environment,
        timings=timings(every, f"{platform.node()} {_user()} {deps.home.config}"),
    )
    _refuse_unwritable(scheduler.kind, schedule, deps.home.config)
    return Planned(
        scheduler=scheduler,
        schedule=schedule,
        writings=tuple(scheduler.writings(schedule)),
        warnings=tuple(_warnings(deps, sources)),
        left_out=tuple(left_out),
    )


def can_install(deps: Deps) -> bool:
    """Whether this machine could run amzlink by itself, and nothing does so yet as far as can be seen."""
    return is_scheduled(deps.environ) is False and any(scheduler.fits() for scheduler in _all(deps))


def install(deps: Deps, planned: Planned) -> None:
    """Write it. What another scheduler had of this home is taken away, so that nothing runs twice.

    Raises:
        Problem: `schedule-failed`, and everything is as it was.
    """
    # One that may have it and cannot be asked says so before anything is written.
    others = [other for other, _ in _installed(deps, deps.clock.now(), but=planned.kind)]
    planned.scheduler.install(planned.schedule)
    for other in others:
        other.remove(planned.schedule.name)


def remove(deps: Deps, *, dry_run: bool) -> Sequence[Kind]:
    """Take the schedule away; gives the schedulers that had one. Raises `schedule-failed`."""
    found: list[Kind] = []
    for scheduler, _ in _installed(deps, deps.clock.now()):
        if not dry_run:
            scheduler.remove(_name(deps))
        found.append(scheduler.kind)
    return found


def show(deps: Deps, now: datetime) -> Shown:
    """What is installed, when it ran last and when it runs next; `now` in the local time zone, as cron goes by that.

    Raises:
        Problem: `schedule-failed`, where a scheduler cannot be asked; or what keeps the order book shut.
    """
    found = list(_installed(deps, now))
    last = _last_runs(deps)
    first = found[0] if found else None
    return Shown(
        kind=first[0].kind if first else None,
        jobs=tuple(JobShown(installed=job, last=last[job.job]) for job in first[1]) if first else (),
        lingers=first[0].lingers(_user()) if first and isinstance(first[0], Systemd) else None,
        warnings=tuple(_twice(deps, [each for each, _ in found[1:]])) if first else (),
    )


def let_linger(planned: Planned) -> None:
    """Let the timers run while the user is signed out too. Raises `schedule-failed`."""
    if isinstance(planned.scheduler, Systemd):
        planned.scheduler.let_linger(_user())


def lingers(planned: Planned) -> bool | None:
    """Whether they do; None where that is no question or cannot be seen."""
    return planned.scheduler.lingers(_user()) if isinstance(planned.scheduler, Systemd) else None


def _all(deps: Deps) -> Iterator[Scheduler]:
    return schedulers(deps.environ, deps.home)


def _installed(
    deps: Deps, now: datetime, *, but: Kind | None = None
) -> Iterator[tuple[Scheduler, Sequence[Installed]]]:
    """The schedulers that have this home's jobs, without the one that is left out. Raises `schedule-failed`."""
    name = _name(deps)
    for scheduler in _all(deps):
        if scheduler.kind != but and _may_have(scheduler, name) and (jobs := scheduler.installed(name, now)):
            yield scheduler, jobs


def _may_have(scheduler: Scheduler, name: str) -> bool:
    return scheduler.fits() or scheduler.may_have(name)


def _user() -> str:
    """The user for whom the schedule runs: a number where there are such, because not each user has a name."""
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _fitting(deps: Deps, wanted: str) -> Scheduler:
    name = _name(deps)
    for scheduler in _all(deps):
        # One that was asked for, or has the schedule already, says itself what keeps it from working.
        if wanted == scheduler.kind or (wanted == "auto" and _may_have(scheduler, name)):
            return scheduler
    detail = texts.SCHEDULERS_TRIED if wanted == "auto" else texts.not_this_scheduler(scheduler=wanted)
    raise Problem(ProblemName.NO_SCHEDULER, detail=detail)


def _name(deps: Deps) -> str:
    """What tells this home's schedule from that of another one of the same user."""
    return deps.home.keyring_service().replace("@", "-")


def _sources(deps: Deps) -> frozenset[Source]:
    """Where the stores' secrets come from. Raises `schedule-without-secrets` where a scheduled run has none there."""
    found: set[Source] = set()
    for slug, store in deps.load_config().stores.items():
        wanted = [name for name in NAMES if name != "sendcloud-secret-key" or store.destination == "sendcloud"]
        given = {name: secret.source for name in wanted if (secret := deps.secrets.get(slug, name))}
        lost = [variable(slug, name) for name, source in given.items() if source in _LOST]
        if lost:
            detail = texts.secrets_in_variables(variables=lost)
            raise Problem(
                ProblemName.SCHEDULE_WITHOUT_SECRETS, detail=detail, store=slug, store_option=store_option(slug)
            )
        found.update(given.values())
    return frozenset(found)


def _environment(deps: Deps, kind: Kind) -> tuple[Mapping[str, str], Sequence[str]]:
    """What has to be set for a scheduled run, and what of this session cannot be."""
    environ = deps.environ
    files = {f"{variable(slug, name)}_FILE" for slug in deps.load_config().stores for name in NAMES}
    wanted = [*CARRIED, *sorted(files), *_PROXIES, *_NO_PROXY]
    given = {name: environ[name] for name in wanted if environ.get(name)}
    if kind == "windows":  # a task has the user's own variables
        return {}, sorted(given)
    left_out = [name for name, value in given.items() if not _may_be_written(name, value)]
    if kind == "cron" and (bus := _session_bus(environ)):
        given["DBUS_SESSION_BUS_ADDRESS"] = bus
    return {name: _absolute(name, value) for name, value in given.items() if name not in left_out}, left_out


def _refuse_unwritable(kind: Kind, schedule: Schedule, starter: Path) -> None:
    """Refuse paths that a line of a file cannot hold. Without one of them, runs would go to other files or to none."""
    places = {
        **{name: value for name, value in schedule.environment.items() if _is_path(name)},
        texts.PROGRAM: schedule.program[0],
        texts.FOLDER: str(starter),
    }
    for place, value in places.items():
        # cron takes a backslash before a backslash for a mark of its own, and so misreads the one before a %.
        if not value.isprintable() or (kind == "cron" and value == str(starter) and {"\\", "%"} <= set(value)):
            raise Problem(ProblemName.SCHEDULE_FAILED, program=kind, detail=texts.path_unusable(what=place, path=value))


def _is_path(variable: str) -> bool:
    return variable in _PATHS or variable.endswith("_FILE")


def _absolute(name: str, value: str) -> str:
    """A scheduled run begins in another folder."""
    if name == "AMZLINK_HOME" or name.endswith("_FILE"):
        return str(Path(value).expanduser().absolute())
    return str(Path(value).absolute()) if name == "SSL_CERT_DIR" else value


def _may_be_written(name: str, value: str) -> bool:
    """A secret may not, and what is no single line cannot. Paths are looked at later: without them nothing works."""
    # What stands before an @ is a password, or a name that serves as one; and such a password may hold any character.
    return _is_path(name) or (value.isprintable() and not (name in _WITH_ADDRESS and "@" in value))


def _session_bus(environ: Mapping[str, str]) -> str:
    """The address of the keyring's bus, where it will be the same the next time the user signs in."""
    given = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", "bus")
    usual = f"unix:path={runtime}"
    return usual if given.split(",")[0] == usual or (not given and runtime.exists()) else ""


def _warnings(deps: Deps, sources: frozenset[Source]) -> Iterator[Problem]:
    if "keyring" in sources and sys.platform == "linux":
        yield Problem(ProblemName.SCHEDULE_NEEDS_KEYRING)
    yield from _twice(deps, [])


def _twice(deps: Deps, others: Sequence[Scheduler]) -> Iterator[Problem]:
    """What else runs amzlink: another scheduler's jobs, or lines of a crontab that are not ours."""
    for other in others:
        yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.own_schedule(scheduler=other.kind))
    for scheduler in _all(deps):
        if isinstance(scheduler, Crontab) and scheduler.fits():
            for line in foreign_lines(scheduler.table()):
                yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.line_of_others(line=line))


def _last_runs(deps: Deps) -> Mapping[str, tuple[LastRun, ...]]:
    slugs = sorted(deps.load_config().stores)
    if not slugs:
        return dict.fromkeys(SCHEDULED, ())
    with deps.database() as database:
        return {
            job: tuple(LastRun(store=slug, ends=last_ends(database.of(slug), job)) for slug in slugs)
            for job in SCHEDULED
        }
