"""explain: what a problem's name means."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import CATALOGUE, Entry, ProblemName, docs_of, usage


def explain_command(
    ctx: typer.Context,
    problem: Annotated[str | None, typer.Argument(help="The name of the problem, as the message shows it.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show all names.")] = False,
) -> None:
    """Explain a problem by its name."""
    session: Session = ctx.obj
    console = session.console
    if list_all:
        names = [{"problem": name.value, "title": entry.title} for name, entry in CATALOGUE.items()]
        console.result(
            {"problems": names}, lambda: console.table(("NAME", "TITLE"), [(n["problem"], n["title"]) for n in names])
        )
        return
    if problem is None:
        console.usage(usage.PROBLEM_NAME_MISSING)
    try:
        name = ProblemName(problem)
    except ValueError:
        console.usage(usage.problem_name_unknown(name=problem, nearest=_nearest(problem)))
    entry = CATALOGUE[name]
    document = {
        "problem": name.value,
        "summary": entry.general_what,
        "cause": entry.general_why,
        "next_step": entry.general_next_step,
        "docs": docs_of(name),
        "title": entry.title,
        "exit_code": int(entry.exit_code),
        "checks": list(entry.checks),
    }
    console.result(document, lambda: _print(session, name, entry))


def _nearest(typed: str) -> list[str]:
    """The names that look like what was typed, the likeliest first."""
    import difflib

    return difflib.get_close_matches(typed.strip().lower(), [name.value for name in CATALOGUE], n=2, cutoff=0.7)


def _print(session: Session, name: ProblemName, entry: Entry) -> None:
    line = session.console.line
    line(f"{name}: {entry.title}")
    line()
    line(f"What:  {entry.general_what}")
    line(f"Why:   {entry.general_why}")
    line(f"Next:  {entry.general_next_step}")
    if entry.checks:
        line(f"Found by `amzlink verify` in: {', '.join(entry.checks)}")
    line(f"Exit code {int(entry.exit_code)}; more in {docs_of(name)}")
