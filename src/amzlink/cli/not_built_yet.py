"""Commands that are announced and not built yet: refused by name, so that nobody thinks they did something."""

from typing import Final

import typer

from amzlink.problems import Problem, ProblemName

LATER: Final = ("schedule",)


def later_command(ctx: typer.Context) -> None:
    """Say that this version does not have the command."""
    raise Problem(ProblemName.NOT_BUILT_YET, detail=f"The command `{ctx.info_name}`")
