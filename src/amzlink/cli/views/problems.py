"""How the catalogue of problems looks: all names, or one entry; to a program and to a person."""

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, Failure, join, joined
from amzlink.problems import CATALOGUE, ProblemName, docs_of


class MoreOfProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What an explanation has besides what an error has; `checks` are those of verify that find it."""

    title: str
    exit_code: int
    checks: tuple[str, ...]


class NamedProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem's name and its title."""

    problem: ProblemName
    title: str


class ProblemsDocument(Document, frozen=True, kw_only=True):
    """`explain --list --json`."""

    problems: list[NamedProblem]


ExplainDocument = joined("ExplainDocument", Document, Failure, MoreOfProblem)
"""`explain PROBLEM --json`."""


def show_names(console: Console) -> None:
    """All names with their titles."""
    named = [NamedProblem(problem=name, title=entry.title) for name, entry in CATALOGUE.items()]
    console.result(
        lambda: ProblemsDocument(problems=named),
        lambda: console.table(("NAME", "TITLE"), [(each.problem.value, each.title) for each in named], keys=("NAME",)),
    )


def show_explanation(console: Console, name: ProblemName) -> None:
    """One entry."""
    entry = CATALOGUE[name]
    general = Failure(
        problem=name,
        summary=entry.general_what,
        cause=entry.general_why,
        next_step=entry.general_next_step,
        docs=docs_of(name),
    )
    more = MoreOfProblem(title=entry.title, exit_code=int(entry.exit_code), checks=tuple(entry.checks))
    console.result(lambda: join(ExplainDocument, general, more), lambda: _print(console, general, more))


def _print(console: Console, general: Failure, more: MoreOfProblem) -> None:
    console.line(f"{general.problem}: {more.title}")
    console.line()
    console.line(general.summary, lead="What:  ")
    console.line(general.cause, lead="Why:   ")
    console.line(general.next_step, lead="Next:  ")
    if more.checks:
        console.line(f"Found by `amzlink verify` in: {', '.join(more.checks)}")
    console.line(f"Exit code {more.exit_code}; `amzlink explain exit-codes` explains all.")
