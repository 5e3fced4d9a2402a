"""demo: shows the commands on a made-up shop."""

import typer

from amzlink.cli.shell.session import Session


def demo_command(ctx: typer.Context) -> None:
    """Show what amzlink does with a made-up shop. Your keyring and your files are not used."""
    from amzlink.cli.tour import tour

    session: Session = ctx.obj
    session.exit_code = tour(session.console, session.run)
