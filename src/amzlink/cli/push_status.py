"""push-status: confirm shipments to Amazon."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session


def push_status_command(
    ctx: typer.Context,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE|-", help="Read the parcels from a CSV or JSON file, or from standard input."
        ),
    ] = None,
    route: Annotated[
        str, typer.Option(metavar="auto|single|feed", help="Confirm one by one, or all in a feed.")
    ] = "auto",
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Confirm for every store.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and count, but confirm nothing.")] = False,
) -> None:
    """Confirm shipments to Amazon, with their tracking numbers."""
    import sys
    from pathlib import Path

    from amzlink.cli.shell.values import parse_choice
    from amzlink.cli.views.shipments import show
    from amzlink.jobs.push_status import PushOptions, push_status

    session: Session = ctx.obj
    asked = bool(source) or dry_run
    session.begin_job("push-status", asked=asked)
    options = PushOptions(
        source="-" if source == "-" else Path(source) if source else None,
        route=parse_choice("--route", route, "auto", "single", "feed"),  # type: ignore[arg-type]
        dry_run=dry_run,
    )
    slugs = session.stores(all_stores=all_stores)
    reports = push_status(session.deps, slugs, options, sys.stdin.buffer)
    stores = session.deps.load_config().stores
    triggers = {slug: store.update_status_when for slug, store in stores.items()}
    session.exit_code = show(session.console, session.alarms, reports, triggers, dry_run=dry_run, asked=asked)
