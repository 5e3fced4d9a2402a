"""Commands that are announced and not built yet: refused by name, so that nobody thinks they did something."""

from typing import Final

import typer

from amzlink.problems import Problem

LATER: Final = ("schedule",)


def later_command(ctx: typer.Context) -> None:
    """Say that this version does not have the command."""
    raise Problem("not-built-yet", detail=f"The command `{ctx.info_name}`")
