"""status: one screen about each store."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session


def status_command(
    ctx: typer.Context,
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Show every store.")] = False,
) -> None:
    """Show the last runs, the open orders, how shipping went, and what needs you."""
    from amzlink.cli.views.status import show_status
    from amzlink.jobs.status import status_of

    session: Session = ctx.obj
    found = status_of(session.deps, session.stores(all_stores=all_stores))
    session.exit_code = show_status(session.console, found)
