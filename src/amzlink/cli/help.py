"""How help looks: whole sentences in the terminal's width, commands in groups, an example each, and where to read on.

It is laid out here and not by Rich, because `--help` loads nothing heavy.
"""

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import typer.core

from amzlink.cli.examples import EXAMPLES, READ_ON, WHERE_TO_READ_ON
from amzlink.cli.pages import TOPICS
from amzlink.core.nearest import nearest
from amzlink.problems import Problem, ProblemName, usage

GROUPS: Final = ("Set up", "Every day", "Look", "Learn")
"""The groups of commands, in the order of a shop's first week; a command names its own where it is registered."""
ANYWHERE: Final = "Options for every command"

_WIDEST: Final = 100  # columns: longer lines are hard to read
_NARROWEST: Final = 40
_WIDEST_NAME: Final = 26  # columns: an option that is longer has its text below it
_GAP: Final = 2
_INDENT: Final = "  "
_Row = tuple[str, str]
"""A name and what is said of it."""


class HelpfulCommand(typer.core.TyperCommand):
    """A command that shows its help this way."""

    def get_help(self, ctx: Any) -> str:
        """The whole text."""
        return "\n".join(_command_page(self, ctx))


class HelpfulGroup(typer.core.TyperGroup):
    """Commands that show their help this way, and ask back where a name is mistyped."""

    def get_help(self, ctx: Any) -> str:
        """The whole text."""
        return "\n".join(_group_page(self, ctx) if ctx.parent else _first_page(self, ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant. Raises a Problem, `usage`, with the names that look like the one given."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            meant = [f"`{ctx.command_path} {found}`" for found in self._meant(name)]
            raise Problem(
                ProblemName.USAGE,
                command=ctx.command_path,
                detail=usage.command_unknown(name=name, within=ctx.command_path, nearest=meant),
            )
        return super().resolve_command(ctx, args)

    def _meant(self, name: str) -> Sequence[str]:
        """Commands that look like the name; else those a level below that are called like this: `orders list`."""
        visible = {own: command for own, command in self.commands.items() if not command.hidden}
        below = [
            f"{own} {inner}"
            for own, command in visible.items()
            for inner in getattr(command, "commands", ())
            if inner == name
        ]
        return ["--help"] if name == "help" else below or nearest(name, visible)


def options_of(command: Any) -> list[str]:
    """Every spelling of every option that the command takes."""
    options = [param for param in command.params if param.param_type_name == "option"]
    return [spelling for param in options for spelling in (*param.opts, *param.secondary_opts)]


def first_sentence(text: str | None) -> str:
    """The first sentence of a text, on one line."""
    return re.split(r"(?<=[.!?])\s", " ".join((text or "").split()), maxsplit=1)[0]


def _first_page(app: HelpfulGroup, ctx: Any) -> Iterator[str]:
    """`amzlink --help`."""
    width = _width()
    yield "Usage: amzlink COMMAND [OPTIONS]"
    yield from _paragraphs(app, width)
    commands = {group: _rows_of(app, group) for group in GROUPS}
    longest = max(len(name) for rows in commands.values() for name, _ in rows)
    for group, rows in commands.items():
        yield from _section(group, rows, width, at_least=longest)
    yield from _sections_of_options(app, ctx, width)
    yield from _examples(EXAMPLES["amzlink"], width)
    yield from _section("Read on", WHERE_TO_READ_ON, width, at_most=width // 2)


def _group_page(group: HelpfulGroup, ctx: Any) -> Iterator[str]:
    """`amzlink orders --help`."""
    width = _width()
    yield f"Usage: {ctx.command_path} COMMAND [OPTIONS]"
    yield from _paragraphs(group, width)
    yield from _section("Commands", _rows_of(group, None), width)
    yield from _examples(_examples_of(ctx), width)
    yield from _end(ctx, width)


def _command_page(command: HelpfulCommand, ctx: Any) -> Iterator[str]:
    """`amzlink import-orders --help`."""
    width = _width()
    params: Sequence[Any] = command.params
    arguments = [param for param in params if param.param_type_name == "argument"]
    pieces = [param.metavar if param.required else f"[{param.metavar}]" for param in arguments]
    yield " ".join(["Usage:", ctx.command_path, *pieces, "[OPTIONS]"])
    yield from _paragraphs(command, width)
    yield from _section("Arguments", [(param.metavar, param.help) for param in arguments], width)
    yield from _sections_of_options(command, ctx, width)
    yield from _examples(_examples_of(ctx), width)
    yield from _end(ctx, width)


def _end(ctx: Any, width: int) -> Iterator[str]:
    """What holds for every command, and the pages that tell more."""
    topics = READ_ON.get(_path(ctx), ())
    pages = [(f"amzlink explain {topic}", f"{TOPICS[topic]}.") for topic in topics]
    yield from _section("Read on", pages, width, at_most=width // 2)
    spellings = ", ".join(
        param.opts[0] + (f" {param.metavar}" if param.metavar else "") for param in ctx.find_root().command.params
        if param.rich_help_panel == ANYWHERE
    )  # fmt: skip
    yield ""
    yield from _wrapped(f"{ANYWHERE}: {spellings}. `amzlink --help` explains them and lists all commands.", width)


def _sections_of_options(command: Any, ctx: Any, width: int) -> Iterator[str]:
    usual = "Options" if ctx.parent else "Other options"
    by_heading: dict[str, list[_Row]] = {usual: []}
    for param in command.get_params(ctx):
        if param.param_type_name == "option" and not param.hidden:
            by_heading.setdefault(getattr(param, "rich_help_panel", None) or usual, []).append(option_row(param))
    for heading, rows in reversed(by_heading.items()):
        yield from _section(heading, rows, width)


def option_row(param: Any) -> _Row:
    """An option as it is typed, and what it does, with its default where that says something."""
    spellings = ", ".join(sorted(param.opts, key=len))
    if param.secondary_opts:
        spellings += f" / {', '.join(param.secondary_opts)}"
    takes_value = not (param.is_flag or param.count)
    told = (param.help or "").strip()
    if takes_value and isinstance(param.default, str | int) and param.default:
        told += f" Default: {param.default}."
    return (f"{spellings} {param.metavar}" if takes_value else spellings), told


def _rows_of(group: HelpfulGroup, heading: str | None) -> list[_Row]:
    return [
        (name, first_sentence(command.help))
        for name, command in group.commands.items()
        if not command.hidden and (heading is None or getattr(command, "rich_help_panel", None) == heading)
    ]


def _path(ctx: Any) -> str:
    """The command's name without the program's: `orders list`."""
    return str(ctx.command_path).partition(" ")[2]


def _examples_of(ctx: Any) -> Iterable[_Row]:
    return EXAMPLES[_path(ctx)]


def _examples(rows: Iterable[_Row], width: int) -> Iterator[str]:
    """Command lines to copy, each on a line of its own, with what it does below it."""
    rows = list(rows)
    yield ""
    yield "Example" if len(rows) == 1 else "Examples"
    for command, does in rows:
        yield f"{_INDENT}{command}"
        yield from _wrapped(does, width, _INDENT * 3)


def _paragraphs(command: Any, width: int) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", command.help or ""):
        yield ""
        yield from _wrapped(paragraph, width)


def _section(
    heading: str, rows: Sequence[_Row], width: int, *, at_least: int = 0, at_most: int | None = None
) -> Iterator[str]:
    """Names on the left, sentences on the right. A name that is wider than the column has its sentence below it.

    The column is as wide as the names need, between these two; `at_most` is a third of the width if not given.
    """
    if not rows:
        return
    limit = at_most or min(_WIDEST_NAME, width // 3)
    column = max(at_least, *(len(name) for name, _ in rows if len(name) <= limit), 0)
    indent = " " * (len(_INDENT) + column + _GAP)
    yield ""
    yield heading
    for name, told in rows:
        lead = f"{_INDENT}{name}"
        if len(name) > column:
            yield lead
            lead = ""
        yield from _wrapped(told, width, indent, lead.ljust(len(indent)))


def _wrapped(text: str, width: int, indent: str = "", lead: str | None = None) -> list[str]:
    """A text broken at spaces alone: an option's name stays whole."""
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=indent if lead is None else lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width() -> int:
    """The terminal's; 80 where there is none, or what COLUMNS says."""
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
