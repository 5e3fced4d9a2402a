"""explain: what a problem's name means, and pages on a topic."""

from collections.abc import Iterable
from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import CATALOGUE, ProblemName, usage


def explain_command(
    ctx: typer.Context,
    problem: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A problem's name, as the message shows it, or a topic.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names.")] = False,
) -> None:
    """Explain a problem by its name, or a topic: servers, environment, exit-codes and others."""
    from amzlink.cli.pages import TOPICS
    from amzlink.cli.views.pages import show_topic, show_topics
    from amzlink.cli.views.problems import show_explanation, show_names

    session: Session = ctx.obj
    console = session.console
    if list_all:
        show_names(console)
        show_topics(console)
        return
    if problem is None:
        console.usage(usage.PROBLEM_NAME_MISSING)
    if problem in TOPICS:
        show_topic(console, problem)
        return
    try:
        name = ProblemName(problem)
    except ValueError:
        console.usage(usage.problem_name_unknown(name=problem, nearest=_nearest(problem, TOPICS)))
    show_explanation(console, name)


def _nearest(typed: str, topics: Iterable[str]) -> list[str]:
    """The names that look like what was typed, the likeliest first."""
    import difflib

    return difflib.get_close_matches(
        typed.strip().lower(), [*topics, *(name.value for name in CATALOGUE)], n=2, cutoff=0.7
    )
