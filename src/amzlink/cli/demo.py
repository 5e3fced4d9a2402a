"""demo: the tour, with no account and no question asked."""

import typer

from amzlink.cli.shell.session import Session


def demo_command(ctx: typer.Context) -> None:
    """Show what amzlink does, on a made-up shop. Touches neither your keyring nor your files."""
    from amzlink.cli.tour import tour

    session: Session = ctx.obj
    session.exit_code = tour(session.console)
