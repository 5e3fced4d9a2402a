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
    from amzlink.jobs.status import status_of, status_of_all

    session: Session = ctx.obj
    stores = session.stores(all_stores=all_stores)
    look = status_of_all if len(stores) > 1 else status_of
    found = look(session.deps, stores, every_status=session.console.as_json)  # the screen has no place for all
    session.exit_code = show_status(session.console, found)
