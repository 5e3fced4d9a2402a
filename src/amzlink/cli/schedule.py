"""schedule: let the machine run amzlink regularly."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session

schedule_app = typer.Typer(no_args_is_help=True, help="Let this machine run amzlink regularly, by itself.")


@schedule_app.command("install")
def schedule_install_command(
    ctx: typer.Context,
    every: Annotated[
        str,
        typer.Option(metavar="15m", help="How often to import orders and to confirm shipments."),
    ] = "15m",
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="auto|systemd|cron|launchd|windows", help="What runs amzlink. auto takes what this machine has."
        ),
    ] = "auto",
    linger: Annotated[
        bool | None,
        typer.Option("--linger/--no-linger", help="With systemd: run while you are signed out too, or do not ask."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, but write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Run import-orders, push-status and purge-pii regularly, for all stores.

    What will be written is shown first. Run this again to change the times.
    """
    from amzlink.cli.shell.values import parse_choice, parse_span
    from amzlink.cli.views.schedule import show_installed, show_planned, tell_of_lingering
    from amzlink.core.schedule.plan import PERIODS
    from amzlink.jobs.schedule.install import install, plan
    from amzlink.jobs.schedule.lingering import let_linger, lingers
    from amzlink.jobs.schedule.show import show
    from amzlink.problems import schedule as texts
    from amzlink.problems import usage

    session: Session = ctx.obj
    console = session.console
    period = parse_span("--every", every)
    if period not in PERIODS:
        console.usage(texts.period_not_possible(given=every))
    wanted = parse_choice("--scheduler", scheduler, "auto", "systemd", "cron", "launchd", "windows")
    planned = plan(session.deps, period, wanted)
    show_planned(console, planned, dry_run=dry_run)
    if dry_run:
        return
    writing, session.interruption = session.interruption, usage.NOTHING_CHANGED
    if not yes and not console.confirm("Write this?", default=True, option="--yes", explanation=texts.WHAT_IS_WRITTEN):
        console.say("Nothing was changed.")
        return
    session.interruption = writing
    install(session.deps, planned)
    session.interruption = usage.SCHEDULED_ALREADY
    stays = lingers(planned.scheduler)
    if stays is False and linger is None and console.interactive and not yes:
        tell_of_lingering(console)
        linger = console.confirm(
            "Run it while you are signed out, too?", default=False, option="--linger", explanation=texts.LINGERING
        )
    if stays is False and linger:
        let_linger(planned.scheduler)
    now = session.deps.clock.now()
    show_installed(console, show(session.deps, now), planned, now)


@schedule_app.command("show")
def schedule_show_command(ctx: typer.Context) -> None:
    """Show what runs by itself: when each job ran last, and when it runs next."""
    from amzlink.cli.views.schedule import show_schedule
    from amzlink.jobs.schedule.show import show

    session: Session = ctx.obj
    now = session.deps.clock.now()
    show_schedule(session.console, show(session.deps, now), now)


@schedule_app.command("remove")
def schedule_remove_command(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed, but remove nothing.")] = False,
) -> None:
    """Stop running amzlink by itself. Only what `schedule install` wrote is removed."""
    from amzlink.cli.views.schedule import show_removed
    from amzlink.jobs.schedule.install import remove

    session: Session = ctx.obj
    show_removed(session.console, remove(session.deps, dry_run=dry_run), dry_run=dry_run)
