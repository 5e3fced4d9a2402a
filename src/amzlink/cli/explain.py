"""explain: what a problem's name means, and pages on a topic."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.core.nearest import nearest
from amzlink.problems import CATALOGUE, ProblemName, usage


def explain_command(
    ctx: typer.Context,
    problem: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The name of a problem, as the message shows it, or a topic.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names and topics.")] = False,
) -> None:
    """Explain a message by the name at its end, or show a page on a topic."""
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
        known = (*TOPICS, *(each.value for each in CATALOGUE))
        console.usage(usage.problem_name_unknown(name=problem, nearest=nearest(problem, known)))
    show_explanation(console, name)
