"""schedule: have the machine run the jobs by itself, or no longer, and see whether it does."""

import contextlib
import getpass
import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from amzlink import config
from amzlink.config import Store
from amzlink.core.schedule.crontab import foreign_lines
from amzlink.core.schedule.plan import PERIODS, SCHEDULED, Schedule, timings
from amzlink.core.schedule.systemd import takes_program
from amzlink.core.schedule.windows import takes
from amzlink.deps import CLOCK_OFFSET, ENDPOINT_VARIABLES, Deps
from amzlink.files import find_home, session_bus
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.orderbook.runs import Ends, last_ends
from amzlink.problems import Problem, ProblemName, store_option
from amzlink.problems import schedule as texts
from amzlink.schedulers.crontab import Crontab
from amzlink.schedulers.here import own_program, schedulers
from amzlink.schedulers.scheduler import Installed, Kind, Scheduler, Writing
from amzlink.schedulers.systemd import Systemd
from amzlink.secrets.names import NAMES, variable
from amzlink.secrets.store import Source

_FOLDERS: Final = ("AMZLINK_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
CARRIED: Final = (
    *_FOLDERS, "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHON_KEYRING_BACKEND", CLOCK_OFFSET, *ENDPOINT_VARIABLES,
)  # fmt: skip
"""What decides where amzlink's files are and whom it calls. An address can hold a secret only before an @."""
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_WITH_ADDRESS: Final = frozenset({*_PROXIES, *ENDPOINT_VARIABLES})
_PATHS: Final = frozenset({*_FOLDERS, "SSL_CERT_DIR"})
_NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_PLACE_DIGITS: Final = 6
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
    name = _name(deps)
    scheduler = _fitting(deps, wanted, name)
    sources = _sources(deps)
    environment, left_out = _environment(deps, scheduler.kind)
    schedule = Schedule(
        name=name,
        program=own_program(),
        environment=environment,
        timings=timings(every, f"{platform.node()} {_user()} {deps.home.config}"),
    )
    _refuse_unwritable(scheduler.kind, schedule, deps.home.config)
    return Planned(
        scheduler=scheduler,
        schedule=schedule,
        writings=tuple(scheduler.writings(schedule)),
        warnings=tuple(_warnings(deps, name, sources)),
        left_out=tuple(left_out),
    )


def can_install(deps: Deps) -> bool:
    """Whether this machine could run amzlink by itself, and nothing does so yet as far as can be seen."""
    return is_scheduled(deps.environ) is False and any(scheduler.fits() for scheduler in _all(deps))


def install(deps: Deps, planned: Planned) -> None:
    """Write it. What another scheduler had of this home is taken away, so that nothing runs twice.

    So is what is left over from where this home, or a copy of it, once was.

    Raises:
        Problem: `schedule-failed`, and everything is as it was.
    """
    # One that may have it and cannot be asked says so before anything is written.
    name = planned.schedule.name
    others = [other for other, _ in _installed(deps, name, deps.clock.now(), but=planned.kind)]
    left_over = list(_with_left_over(deps, name))
    planned.scheduler.install(planned.schedule)
    for other in others:
        other.remove(name)
    for scheduler, old in left_over:
        scheduler.remove(old)


def remove(deps: Deps, *, dry_run: bool) -> Sequence[Kind]:
    """Take the schedule away; gives the schedulers that had one. Raises `schedule-failed`."""
    found: list[Kind] = []
    name = _name(deps)
    for scheduler, _ in _installed(deps, name, deps.clock.now()):
        if not dry_run:
            scheduler.remove(name)
        found.append(scheduler.kind)
    for scheduler, old in list(_with_left_over(deps, name)):
        if not dry_run:
            scheduler.remove(old)
        if scheduler.kind not in found:
            found.append(scheduler.kind)
    return found


def show(deps: Deps, now: datetime) -> Shown:
    """What is installed, when it ran last and when it runs next; `now` in the local time zone, as cron goes by that.

    Raises:
        Problem: `schedule-failed`, where a scheduler cannot be asked; or what keeps the order book shut.
    """
    name = _name(deps)
    found = list(_installed(deps, name, now))
    last = _last_runs(deps)
    first = found[0] if found else None
    return Shown(
        kind=first[0].kind if first else None,
        jobs=tuple(JobShown(installed=job, last=last[job.job]) for job in first[1]) if first else (),
        lingers=first[0].lingers(_user()) if first and isinstance(first[0], Systemd) else None,
        warnings=tuple(_twice(deps, name, [each for each, _ in found[1:]]) if first else _in_other_homes(deps, name)),
    )


def run_twice(deps: Deps) -> list[Problem]:
    """What runs stores besides the schedule of this home, as far as it can be seen; where it names none, all stores."""
    name = _name(deps)
    with contextlib.suppress(Problem):
        if found := list(_installed(deps, name, deps.clock.now())):
            return list(_twice(deps, name, [scheduler for scheduler, _ in found[1:]]))
    return list(_told_left_over(deps, name))


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
    deps: Deps, name: str, now: datetime, *, but: Kind | None = None
) -> Iterator[tuple[Scheduler, Sequence[Installed]]]:
    """The schedulers that have this home's jobs, without the one that is left out. Raises `schedule-failed`."""
    for scheduler in _all(deps):
        if scheduler.kind != but and _may_have(scheduler, name) and (jobs := scheduler.installed(name, now)):
            yield scheduler, jobs


def _may_have(scheduler: Scheduler, name: str) -> bool:
    return scheduler.fits() or scheduler.may_have(name)


def _user() -> str:
    """The user for whom the schedule runs: a number where there are such, because not each user has a name."""
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _fitting(deps: Deps, wanted: str, name: str) -> Scheduler:
    for scheduler in _all(deps):
        # One that was asked for, or has the schedule already, says itself what keeps it from working.
        if wanted == scheduler.kind or (wanted == "auto" and _may_have(scheduler, name)):
            return scheduler
    detail = texts.SCHEDULERS_TRIED if wanted == "auto" else texts.not_this_scheduler(scheduler=wanted)
    raise Problem(ProblemName.NO_SCHEDULER, detail=detail)


def _name(deps: Deps) -> str:
    """What tells this home's schedule from that of another one of the same user.

    It stays the same when the home is moved. A home that was copied has the id of the first one, whose schedule is
    not for it to take over, so that its own has a name more.
    """
    name, root = deps.home.keyring_service().replace("@", "-"), deps.home.root
    if root is None:
        return name
    of_copy = f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:_PLACE_DIGITS]}"
    homes = _homes(deps)
    other = homes.get(name)
    is_copy = of_copy in homes or (other is not None and other != root and deps.home.is_copy_of(other))
    return of_copy if is_copy else name


def _homes(deps: Deps) -> Mapping[str, Path | None]:
    """All schedules of amzlink that this user has, of whatever home. What cannot be asked is told where it matters."""
    found: dict[str, Path | None] = {}
    for scheduler in _all(deps):
        with contextlib.suppress(Problem):
            if scheduler.fits() or scheduler.kind != "cron":
                found.update({name: root for name, root in scheduler.homes().items() if name not in found})
    return found


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
    if kind == "windows":  # a task has the user's own variables, and is told the home alone
        home = given.pop("AMZLINK_HOME", None)
        return {"AMZLINK_HOME": _absolute("AMZLINK_HOME", home)} if home else {}, sorted(given)
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
    # cron takes a backslash before a backslash for a mark of its own, and so misreads the one before a %.
    misread = {str(starter)} if kind == "cron" and {"\\", "%"} <= set(str(starter)) else set()
    if kind == "systemd" and not takes_program(schedule.program[0]):
        misread.add(schedule.program[0])
    if kind == "windows":
        misread = {each for each in (schedule.program[0], *schedule.environment.values()) if not takes(each)}
    for place, value in places.items():
        if not value.isprintable() or value in misread:
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
    bus = session_bus(environ)
    usual = f"unix:path={bus}"
    return usual if given.split(",")[0] == usual or (not given and bus.exists()) else ""


def _warnings(deps: Deps, name: str, sources: frozenset[Source]) -> Iterator[Problem]:
    if "keyring" in sources and sys.platform == "linux":
        yield Problem(ProblemName.SCHEDULE_NEEDS_KEYRING)
    yield from _twice(deps, name, [])


def _twice(deps: Deps, name: str, others: Sequence[Scheduler]) -> Iterator[Problem]:
    """What else runs amzlink: another scheduler's jobs, lines of a crontab that are not ours, and other homes' jobs."""
    for other in others:
        yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.own_schedule(scheduler=other.kind))
    for scheduler in _all(deps):
        if isinstance(scheduler, Crontab) and scheduler.fits():
            for line in foreign_lines(scheduler.table()):
                yield Problem(ProblemName.SCHEDULED_TWICE, detail=texts.line_of_others(line=line))
    yield from _in_other_homes(deps, name)


def _left_over(deps: Deps, name: str) -> Mapping[str, Path]:
    """Schedules of this home or of copies of it, in folders from which these were moved or deleted, by name."""
    first = re.escape(deps.home.keyring_service().replace("@", "-"))
    of_this_id = re.compile(rf"{first}(-[0-9a-f]{{{_PLACE_DIGITS}}})?")
    return {
        other: root
        for other, root in _homes(deps).items()
        if root and other != name and of_this_id.fullmatch(other) and not deps.home.is_at(root)
    }


def _with_left_over(deps: Deps, name: str) -> Iterator[tuple[Scheduler, str]]:
    """The schedulers that have such a schedule, with its name."""
    for old in _left_over(deps, name):
        for scheduler in _all(deps):
            if _may_have(scheduler, old) and old in scheduler.homes():
                yield scheduler, old


def _told_left_over(deps: Deps, name: str) -> Iterator[Problem]:
    for root in dict.fromkeys(_left_over(deps, name).values()):
        yield Problem(ProblemName.SCHEDULE_LEFT_OVER, folder=root)


def _in_other_homes(deps: Deps, name: str) -> Iterator[Problem]:
    """Stores of this home that are scheduled in another one too: the two know nothing of each other's runs."""
    yield from _told_left_over(deps, name)
    ours = deps.load_config().stores
    for other, root in _homes(deps).items():
        if other == name:
            continue
        environ = {key: value for key, value in deps.environ.items() if key != "AMZLINK_HOME"}
        home = find_home({**environ, "AMZLINK_HOME": str(root)} if root else environ)
        if home.config == deps.home.config:  # this home itself, as it was scheduled from before it had this name
            continue
        with contextlib.suppress(Problem):  # a home that cannot be read runs nothing
            theirs = config.load(home.config_file).stores.values()
            for slug, store in ours.items():
                if any(_is_same(store, each) for each in theirs):
                    advice = {} if root else {"advice": home.config}
                    yield Problem(ProblemName.SCHEDULED_ELSEWHERE, store=slug, folder=root or home.config, **advice)


def _is_same(one: Store, other: Store) -> bool:
    shared = set(one.marketplace_ids) & set(other.marketplace_ids)
    return one.seller_id == other.seller_id and bool(shared) and one.test == other.test


def _last_runs(deps: Deps) -> Mapping[str, tuple[LastRun, ...]]:
    slugs = sorted(deps.load_config().stores)
    if not slugs:
        return dict.fromkeys(SCHEDULED, ())
    with deps.database() as database:
        return {
            job: tuple(LastRun(store=slug, ends=last_ends(database.of(slug), job)) for slug in slugs)
            for job in SCHEDULED
        }
