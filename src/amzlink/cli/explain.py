"""explain: what a problem's name means, and pages on a topic."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.core.nearest import nearest
from amzlink.problems import CATALOGUE, ProblemName, usage


def explain_command(
    ctx: typer.Context,
    problem: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The name of a problem or a hold, as the message shows it, or a topic."),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="Print a JSON Schema of what a command prints with --json.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names and topics.")] = False,
) -> None:
    """Explain a message by the name at its end, or show a page on a topic."""
    from amzlink.cli.pages import TOPICS, holds, schema_names
    from amzlink.cli.views.pages import show_hold, show_schema, show_topic, show_topics
    from amzlink.cli.views.problems import show_explanation, show_names

    session: Session = ctx.obj
    console = session.console
    if list_all:
        show_names(console)
        show_topics(console)
        return
    if schema is not None:
        wanted = schema.strip().replace(" ", "-")  # as the command is typed
        if wanted not in schema_names():
            console.usage(usage.schema_unknown(name=schema, nearest=nearest(wanted, schema_names())))
        show_schema(console, wanted)
        return
    if problem is None:
        console.usage(usage.PROBLEM_NAME_MISSING)
    found_by = [each.value for each, entry in CATALOGUE.items() if problem in entry.checks]
    if found_by and problem not in {*TOPICS, *CATALOGUE}:
        console.usage(usage.name_of_a_check(name=problem, problems=found_by))
    if problem in TOPICS:
        show_topic(console, problem)
        return
    if problem in (names_of_holds := holds()):
        show_hold(console, problem)
        return
    try:
        name = ProblemName(problem)
    except ValueError:
        known = (*TOPICS, *names_of_holds, *(each.value for each in CATALOGUE))
        console.usage(usage.problem_name_unknown(name=problem, nearest=nearest(problem, known)))
    show_explanation(console, name)
