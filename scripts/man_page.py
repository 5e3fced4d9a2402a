"""The manual page `amzlink.1`, written from the commands: one page, in which a pager's search finds everything.

It uses the macros of man(7) that groff and mandoc both know.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import typer.main

from amzlink import __version__
from amzlink.cli.examples import EXAMPLES, WHERE_TO_READ_ON
from amzlink.cli.help import ANYWHERE, GROUPS, option_row
from amzlink.cli.main import app
from amzlink.cli.reference import ENVIRONMENT, EXIT_CODES

_FILES: Final = (
    ("~/.config/amzlink/config.toml", "The stores and their settings."),
    ("~/.local/share/amzlink/orders.db", "The order book."),
    ("~/.local/state/amzlink/", "Locks, quotas and the log."),
)


def man_page(summary: str) -> str:
    """The page in roff; `summary` is the package's description, and its text has no more than ASCII."""
    lines = [
        r".\" Written by scripts/write_docs.py from the commands.",
        f'.TH AMZLINK 1 "" "amzlink {__version__}" "User Commands"',
        ".SH NAME",
        rf"amzlink \- {_text(summary[0].lower() + summary[1:])}",
        ".SH SYNOPSIS",
        ".B amzlink",
        ".I COMMAND",
        ".RI [ OPTIONS ]",
        *_body(),
    ]
    return "\n".join(lines) + "\n"


def _body() -> Iterator[str]:
    tree: Any = typer.main.get_command(app)
    yield ".SH DESCRIPTION"
    yield from _paragraphs(tree.help)
    for group in GROUPS:
        yield f".SH COMMANDS: {group.upper()}"
        for name, command in tree.commands.items():
            if command.rich_help_panel == group and not command.hidden:
                yield from _command(name, command)
    for heading, is_there in ((ANYWHERE, True), ("Other options", False)):
        yield f".SH {heading.upper()}"
        params = [param for param in tree.params if (param.rich_help_panel == ANYWHERE) is is_there]
        yield from _rows(option_row(param) for param in params)
    yield ".SH EXIT STATUS"
    yield from _rows((str(int(code)), meaning) for code, meaning in EXIT_CODES.items())
    yield ".SH ENVIRONMENT"
    for subject, variables in ENVIRONMENT.items():
        yield f".SS {subject}"
        yield from _rows(variables.items())
    yield ".SH FILES"
    yield from _paragraphs("On Linux, unless the environment names other places:")
    yield from _rows(_FILES)
    yield ".SH EXAMPLES"
    yield from _rows(EXAMPLES["amzlink"])
    yield ".SH SEE ALSO"
    yield from _rows(WHERE_TO_READ_ON)


def _command(path: str, command: Any) -> Iterator[str]:
    """A command, or a group with its commands."""
    yield f".SS amzlink {path}"
    inner = getattr(command, "commands", {})
    if not inner:
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        pieces = [param.metavar if param.required else f"[{param.metavar}]" for param in arguments]
        yield f"Usage: {_typed(' '.join(['amzlink', path, *pieces, '[OPTIONS]']))}"
        yield ".PP"
        yield from _paragraphs(command.help)
        yield from _rows((param.metavar, param.help) for param in arguments)
        options = [param for param in command.params if param.param_type_name == "option" and not param.hidden]
        yield from _rows(option_row(param) for param in options)
        if examples := EXAMPLES.get(path):
            yield ".PP"
            yield "For example:"
            yield from _rows(examples)
        return
    yield from _paragraphs(command.help)
    for name, each in inner.items():
        if not each.hidden:
            yield from _command(f"{path} {name}", each)


def _rows(rows: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Names, each with what is said of it in a paragraph that is set in."""
    for name, told in rows:
        yield ".TP"
        yield _typed(name)
        yield _text(" ".join((told or "").split()))


def _paragraphs(text: str | None) -> Iterator[str]:
    for number, paragraph in enumerate(re.split(r"\n\s*\n", (text or "").strip())):
        if number:
            yield ".PP"
        yield _text(" ".join(paragraph.split()))


def _typed(text: str) -> str:
    """What can be typed: bold, and with minus signs where prose has hyphens."""
    escaped = _escaped(text).replace("-", r"\-")
    return rf"\fB{escaped}\fR"


def _text(text: str) -> str:
    """Prose, in which a command or a name stands between backticks."""
    pieces = text.split("`")
    told = "".join(_typed(piece) if number % 2 else _escaped(piece) for number, piece in enumerate(pieces))
    told = re.sub(r"(?<![\w\\])(--?)(?=\w)", lambda found: r"\-" * len(found[1]), told)  # an option's name
    return rf"\&{told}" if told.startswith(".") else told


def _escaped(text: str) -> str:
    for char, name in (("\\", r"\e"), ("~", r"\(ti"), ("^", r"\(ha"), ("'", r"\(aq")):
        text = text.replace(char, name)
    return "".join(char if char.isascii() else rf"\[u{ord(char):04X}]" for char in text)
