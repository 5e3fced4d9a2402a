"""Commands that are planned and not built yet. Help does not offer them, and typing one is refused by name."""

from typing import Final

import typer

from amzlink.problems import Problem, ProblemName, usage

LATER: Final = ("schedule",)


def later_command(ctx: typer.Context) -> None:
    """Say that this version does not have the command."""
    raise Problem(ProblemName.NOT_BUILT_YET, detail=usage.command_not_built(name=ctx.info_name or ""))
