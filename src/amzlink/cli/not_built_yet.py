"""Commands that are announced and not built yet: refused by name, so that nobody thinks they did something."""

from typing import Final

import typer

from amzlink.problems import Problem, ProblemName, usage

LATER: Final = ("schedule",)


def later_command(ctx: typer.Context) -> None:
    """Say that this version does not have the command."""
    raise Problem(ProblemName.NOT_BUILT_YET, detail=usage.command_not_built(name=ctx.info_name or ""))
