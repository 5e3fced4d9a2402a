"""How the schedule looks: planned, installed, removed; to a program and to a person."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, Failure, failure, moment
from amzlink.cli.views.words import counted
from amzlink.clock import local_time
from amzlink.core.schedule.plan import Timing
from amzlink.jobs.schedule.install import Planned
from amzlink.jobs.schedule.show import JobShown, Shown
from amzlink.schedulers.crontab import PLACE
from amzlink.schedulers.scheduler import Kind

NAMES: Final[Mapping[Kind, str]] = {
    "systemd": "systemd (timers of your user)",
    "cron": "cron (your crontab)",
    "launchd": "launchd (agents of your user)",
    "windows": "the Task Scheduler",
}
_MESSAGES: Final[Mapping[Kind, str]] = {
    "systemd": "Messages of these runs go to the journal: `journalctl --user --since today | grep amzlink`.",
    "cron": "cron sends the messages of these runs to you by mail, if this machine can send mail.",
    "launchd": "Messages of these runs go to files in amzlink's log folder.",
    "windows": "Messages of these runs are not kept.",
}


class PlannedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is going to be scheduled."""

    job: str
    every_seconds: int
    command: list[str]


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or lines in a table, that `schedule install` writes."""

    place: str
    text: str


class StoreRuns(msgspec.Struct, frozen=True, kw_only=True):
    """When a job last ran in a store; null: never."""

    store: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    problem: str | None


class ScheduledJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is scheduled: `runs` has the time in the scheduler's own form.

    `works` is false where the scheduler has the job and does not start it.
    """

    job: str
    runs: str
    works: bool
    next_run_at: datetime | None
    stores: list[StoreRuns]


class ScheduleInstallDocument(Document, frozen=True, kw_only=True):
    """`schedule install --json`. `left_out` are variables that are set here, and will not be set for scheduled runs."""

    scheduler: Kind
    dry_run: bool
    jobs: list[PlannedJob]
    writings: list[Writing]
    left_out: list[str]
    warnings: list[Failure]


class ScheduleShowDocument(Document, frozen=True, kw_only=True):
    """`schedule show --json`. `scheduler` is null where nothing is scheduled."""

    scheduler: Kind | None
    runs_while_signed_out: bool | None
    jobs: list[ScheduledJob]
    warnings: list[Failure]


class ScheduleRemoveDocument(Document, frozen=True, kw_only=True):
    """`schedule remove --json`: from which schedulers it was taken."""

    removed: list[Kind]
    dry_run: bool


def show_planned(console: Console, planned: Planned, *, dry_run: bool) -> None:
    """What is going to be written: to read before the question, or as the result of a dry run."""
    if dry_run:
        console.result(
            lambda: _install_document(planned, dry_run=True), lambda: _print_planned(console, planned, dry_run=True)
        )
    elif not (console.as_json or console.quiet):
        _print_planned(console, planned, dry_run=False)


def _print_planned(console: Console, planned: Planned, *, dry_run: bool) -> None:
    console.say(f"These jobs will be started by {NAMES[planned.kind]}:")
    for timing in planned.schedule.timings:
        console.say(f"{_how_often(timing)}, for all stores", lead=f"  {timing.job:<15}")
    console.say()
    console.say("This will be written." if not dry_run else "This would be written. Nothing is written now.")
    out = console.data()
    for writing in planned.writings:
        place = "In your crontab, which `crontab -e` opens:" if writing.place == PLACE else f"{writing.place}:"
        out.write(f"\n{place}\n")
        for line in writing.text.splitlines():
            out.write(f"    {line}\n" if line else "\n")
    console.say()
    _tell_left_out(console, planned)
    for problem in planned.warnings:
        console.warn(problem)


def tell_of_lingering(console: Console) -> None:
    """What lingering is, before the question."""
    from amzlink.problems.schedule import LINGERING

    console.say()
    console.say(LINGERING)


def show_installed(console: Console, shown: Shown, planned: Planned, now: datetime) -> None:
    """What is installed now."""

    def people() -> None:
        console.line("amzlink now runs by itself.")
        _print_jobs(console, shown, now, with_last=False)
        console.say()
        console.say(_MESSAGES[planned.kind])
        console.say("`amzlink status` shows problems too. To be told of them, set `[notify] command` in config.toml.")

    console.result(lambda: _install_document(planned, dry_run=False), people)


def show_schedule(console: Console, shown: Shown, now: datetime) -> None:
    """What runs by itself, when it ran last and when it runs next."""

    def people() -> None:
        if shown.kind is None:
            console.line("Nothing is scheduled for these stores on this machine.")
            console.line("Next: `amzlink schedule install`.")
        else:
            console.line(f"Started by {NAMES[shown.kind]}.")
            _print_jobs(console, shown, now, with_last=True)
            if shown.lingers is False:
                console.line()
                console.line("It runs only while you are signed in. `amzlink schedule install --linger` changes that.")
        for problem in shown.warnings:
            console.warn(problem)

    console.result(lambda: _show_document(shown), people)


def show_removed(console: Console, removed: Sequence[Kind], *, dry_run: bool) -> None:
    """What was taken away."""

    def people() -> None:
        if not removed:
            console.line("Nothing to remove: nothing that `amzlink schedule install` wrote is here.")
        for kind in removed:
            does = "would no longer run" if dry_run else "no longer runs"
            console.line(f"amzlink {does} by itself. Removed from {NAMES[kind]}.")

    console.result(lambda: ScheduleRemoveDocument(removed=list(removed), dry_run=dry_run), people)


def _print_jobs(console: Console, shown: Shown, now: datetime, *, with_last: bool) -> None:
    for job in shown.jobs:
        console.line()
        console.line(job.installed.job, style="bold")
        for lead, text in _facts(job, now, with_last=with_last):
            console.line(text, lead=f"  {lead:<12}")


def _facts(job: JobShown, now: datetime, *, with_last: bool) -> Iterator[tuple[str, str]]:
    installed = job.installed
    yield "Runs", _how_often(installed.timing) if installed.timing else installed.runs
    if not installed.works:
        yield "Next", "never: the scheduler has this job, but does not start it. Run `amzlink schedule install` again."
    elif installed.next_run:
        yield "Next", local_time(installed.next_run, now)
    if not with_last:
        return
    for last in job.last:
        ends = last.ends
        text = local_time(ends.success, now) or "never"
        if ends.is_failing:
            why = f": {ends.failed_with}" if ends.failed_with else ""
            text = f"failed {local_time(ends.failure, now)}{why}. Last success: {text}"
        yield "Last", text if len(job.last) == 1 else f"{last.store}: {text}"


def _how_often(timing: Timing) -> str:
    if timing.every == timedelta(days=1):
        return f"once a day, at about {timing.hour:02}:{timing.minute:02}"
    hours = timing.every // timedelta(hours=1)
    if not hours:
        return f"every {counted(timing.minutes, 'minute')}"
    return "every hour" if hours == 1 else f"every {counted(hours, 'hour')}"


def _tell_left_out(console: Console, planned: Planned) -> None:
    if planned.left_out:
        from amzlink.problems.schedule import left_out

        console.say(left_out(variables=planned.left_out, on_windows=planned.kind == "windows"))


def _install_document(planned: Planned, *, dry_run: bool) -> ScheduleInstallDocument:
    return ScheduleInstallDocument(
        scheduler=planned.kind,
        dry_run=dry_run,
        jobs=[
            PlannedJob(
                job=timing.job,
                every_seconds=timing.minutes * 60,
                command=list(planned.schedule.arguments(timing)),
            )
            for timing in planned.schedule.timings
        ],
        writings=[Writing(place=each.place, text=each.text) for each in planned.writings],
        left_out=list(planned.left_out),
        warnings=[failure(problem) for problem in planned.warnings],
    )


def _show_document(shown: Shown) -> ScheduleShowDocument:
    return ScheduleShowDocument(
        scheduler=shown.kind,
        runs_while_signed_out=shown.lingers,
        jobs=[
            ScheduledJob(
                job=job.installed.job,
                runs=job.installed.runs,
                works=job.installed.works,
                next_run_at=moment(job.installed.next_run) if job.installed.next_run else None,
                stores=[
                    StoreRuns(
                        store=last.store,
                        last_success_at=moment(last.ends.success) if last.ends.success else None,
                        last_failure_at=moment(last.ends.failure) if last.ends.failure else None,
                        problem=last.ends.failed_with if last.ends.is_failing else None,
                    )
                    for last in job.last
                ],
            )
            for job in shown.jobs
        ],
        warnings=[failure(problem) for problem in shown.warnings],
    )
