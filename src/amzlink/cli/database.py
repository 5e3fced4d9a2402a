"""database: where the order book is."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session

database_app = typer.Typer(no_args_is_help=True, help="Move the order book to a database server.")


@database_app.command("migrate")
def database_migrate_command(
    ctx: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The PostgreSQL database, as postgresql://USER@HOST/DATABASE. Keep its password in ~/.pgpass.",
        ),
    ],
    switch: Annotated[
        bool,
        typer.Option("--switch/--no-switch", help="Use the new order book from then on, or change no settings."),
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count, and look at the database, but change nothing.")
    ] = False,
) -> None:
    """Move the order book of all stores to a PostgreSQL server.

    Every row is compared afterwards. The old order book stays as it is.
    """
    from amzlink.cli.views.database import show_move
    from amzlink.jobs.database import MoveOptions, migrate

    session: Session = ctx.obj
    show_move(session.console, migrate(session.deps, MoveOptions(to=to, dry_run=dry_run, switch=switch)))
