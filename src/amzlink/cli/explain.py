"""explain: what a problem's name means."""

from typing import Annotated

import typer

from amzlink.cli.session import Session
from amzlink.problems import CATALOGUE, Problem


def explain_command(
    ctx: typer.Context,
    problem: Annotated[str | None, typer.Argument(help="The name of the problem, as it stands in the message.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names.")] = False,
) -> None:
    """Explain a problem by its name."""
    session: Session = ctx.obj
    console = session.console
    if list_all:
        names = [{"problem": name, "title": entry.title} for name, entry in CATALOGUE.items()]
        console.result(
            {"problems": names}, lambda: console.table(("NAME", "TITLE"), [(n["problem"], n["title"]) for n in names])
        )
        return
    if problem is None:
        console.usage("The name of a problem is missing; `amzlink explain --list` shows all.")
    if problem not in CATALOGUE:
        console.usage(f"{problem!r} is not the name of a problem; `amzlink explain --list` shows all.")
    found = Problem(problem)
    document = {
        **found.as_dict(),
        "title": found.entry.title,
        "exit_code": int(found.exit_code),
        "checks": list(found.entry.checks),
    }
    console.result(document, lambda: _print(session, found))


def _print(session: Session, problem: Problem) -> None:
    line = session.console.line
    line(f"{problem.name}: {problem.entry.title}")
    line()
    line(f"What:  {problem.summary}")
    line(f"Why:   {problem.cause}")
    line(f"Next:  {problem.next_step}")
    if problem.entry.checks:
        line(f"Found by `amzlink verify` in: {', '.join(problem.entry.checks)}")
    line(f"Exit code {int(problem.exit_code)}; more in {problem.docs}")
