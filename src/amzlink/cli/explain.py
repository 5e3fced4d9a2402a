"""explain: what a problem's name means."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import CATALOGUE, ProblemName, usage


def explain_command(
    ctx: typer.Context,
    problem: Annotated[str | None, typer.Argument(help="The name of the problem, as the message shows it.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names.")] = False,
) -> None:
    """Explain a problem by its name."""
    from amzlink.cli.views.problems import show_explanation, show_names

    session: Session = ctx.obj
    console = session.console
    if list_all:
        show_names(console)
        return
    if problem is None:
        console.usage(usage.PROBLEM_NAME_MISSING)
    try:
        name = ProblemName(problem)
    except ValueError:
        console.usage(usage.problem_name_unknown(name=problem, nearest=_nearest(problem)))
    show_explanation(console, name)


def _nearest(typed: str) -> list[str]:
    """The names that look like what was typed, the likeliest first."""
    import difflib

    return difflib.get_close_matches(typed.strip().lower(), [name.value for name in CATALOGUE], n=2, cutoff=0.7)
