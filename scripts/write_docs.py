"""Writes the parts of the documentation that come from the code: problems, commands, questions, columns, carriers.

`python scripts/write_docs.py` writes them; with `--check` it only tells which are stale, and ends with 1.
"""

import ast
import contextlib
import io
import json
import os
import re
import sys
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Column

from amzlink.amazon.carriers import CARRIERS
from amzlink.cli.completion.scripts import PACKAGED
from amzlink.cli.main import app, run
from amzlink.cli.pages import TOPICS
from amzlink.cli.reference import environment_page, exit_codes_page
from amzlink.cli.schemas import DOCUMENTS, schema_of
from amzlink.cli.views.orders.export import COLUMNS, PERSONAL_COLUMNS
from amzlink.core.stores.questions import TABLE
from amzlink.orderbook.schema import METADATA
from amzlink.problems import AREAS, CATALOGUE, Entry, ProblemName
from amzlink.sandbox.faults import FAULTS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, it would not find its neighbour
from scripts.man_page import man_page
from scripts.verify_table import FOUND

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = DOCS.parent / "src" / "amzlink" / "pages"
SCHEMAS = PAGES.parent / "schemas"
SHARE = DOCS.parent / "share"

OUTCOMES = DOCS.parent / "scripts" / "fault_outcomes.json"

_ABOUT_FAULTS = """\
# What happens under each fault

This page is for testers and support engineers. Every command was run under every fault of the
[sandbox](sandbox.md#all-faults), each time in a new process, in the same shop and at the same time of the day. The
table shows what differs from a day without faults: the exit code, and the problems that the command named.

After each run a test checked that the order book is undamaged, that no setting has changed, and that no secret is
shown. Then it ran everything again without the fault. No order may be missing, doubled or sent twice, and no parcel
may be confirmed twice.

`make test-faults` does all of it again. Commands that call no service (`status`, `orders`, `stores`, `schedule show`)
are run as well, and end as usual under every fault."""

_ABOUT_EXPORTS = """\
`tax` and `price_parts` belong to the line, with Amazon's names of the parts. `demands` are Amazon's names of what the
parcel needs, such as a signature. Times are ISO 8601 in UTC, to the second.

In a CSV file the columns are separated by commas. A text that a spreadsheet would take for a formula gets an
apostrophe in front. The file begins with a byte-order mark, so that Excel reads it as UTF-8. What goes to standard
output has none. If your Excel expects semicolons, as in German, open the file with Data, From Text/CSV."""
_MOST_CHECKS = 5  # more checks of verify are not named one by one


def main() -> int:
    """Write, or check."""
    os.environ["COLUMNS"] = "100"
    pages = {
        "troubleshooting.md": troubleshooting(),
        "commands.md": commands(),
        "carriers.md": carriers(),
        "order-book.md": order_book(),
        "architecture.md": architecture(_read(DOCS / "architecture.md")),
        "sandbox.md": sandbox(),
        "faults.md": faults(),
        "settings.md": settings(),
        "schemas.md": schemas(),
    }
    files = {DOCS / name: text for name, text in pages.items()}
    files |= {PAGES / f"{topic}.md": text for topic, text in topics(pages).items()}
    files |= {
        SCHEMAS / f"{name}.json": msgspec.json.format(msgspec.json.encode(schema_of(name))).decode() + "\n"
        for name in DOCUMENTS
    }
    files |= {SHARE / place: text for place, text in PACKAGED.items()}
    files[SHARE / "man" / "man1" / "amzlink.1"] = man_page(_project()["description"])
    stale = [file for file, text in files.items() if _read(file) != text]
    left_over = sorted(set(SCHEMAS.glob("*")) - set(files))
    if "--check" in sys.argv:
        for file in (*stale, *left_over):
            print(f"{file.relative_to(DOCS.parent)} is stale: run `make docs`", file=sys.stderr)
        return int(bool(stale or left_over))
    for file in left_over:
        file.unlink()
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(files[file], "utf-8")
    return 0


def _project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def topics(pages: Mapping[str, str]) -> dict[str, str]:
    """The pages that are in the package too, for `explain`: an installed amzlink has no docs/.

    `pages` are those that are written at the same time, by their file names.
    """
    made = {
        "environment": f"# {TOPICS['environment']}\n\n{environment_page()}",
        "exit-codes": f"# {TOPICS['exit-codes']}\n\n{exit_codes_page()}",
    }
    return {topic: made.get(topic) or pages.get(f"{topic}.md") or _read(DOCS / f"{topic}.md") for topic in TOPICS}


def settings() -> str:
    """The page on files and settings, with the variables at its end; all before that is written by hand."""
    text, heading, _ = _read(DOCS / "settings.md").partition("## Environment\n")
    return f"{text}{heading}\n{environment_page()}"


def schemas() -> str:
    """The page on the documents, and which schema each has."""
    lines = [
        f"# {TOPICS['schemas']}",
        "",
        "This page is for people who write programs that run amzlink. With `--json` every command prints one document,",
        "and nothing else on standard output. A JSON Schema describes each document: its keys, and what they can be.",
        "`amzlink explain --schema NAME` prints it. In the package the schemas are files in the folder `schemas`.",
        "",
        "- A document begins with `schema`, a number. It rises when a key changes its meaning or its type.",
        "- New keys can be added without a new number, and so can new names of problems, holds and checks. Ignore",
        "  what you do not know.",
        "- A command that failed before it did anything prints the document `error`. Commands for several stores print",
        "  their own document, and `error` is in it beside the store.",
        "- The exit code says how it went: see [exit codes](commands.md#exit-codes).",
        "- Times are ISO 8601 in UTC, to the second.",
        "",
        "| name | printed by |",
        "| --- | --- |",
    ]
    lines += [f"| `{name}` | {printed_by} |" for name, (printed_by, _) in DOCUMENTS.items()]
    return "\n".join([*lines, ""])


def troubleshooting() -> str:
    """Every problem, as `explain` tells it."""
    lines = [
        "# Troubleshooting",
        "",
        "This page explains every message of amzlink. A message ends with a name, for example `client-unknown`. Find",
        "the name on this page, or run `amzlink explain NAME`: it shows the same text. Where this page has",
        "`<ANGLE BRACKETS>`, the message has the value, for example the name of your store.",
        "",
        "You have no message? `amzlink status` shows what needs you, and `amzlink verify` checks the link. The",
        "[twenty questions](questions.md) show common cases.",
        "",
        "## All names",
        "",
    ]
    for area, entries in AREAS.items():
        lines += [f"**{area}:** {', '.join(f'[{name}](#{name})' for name in entries)}", ""]
    for area, entries in AREAS.items():
        lines += [f"## {area}", ""]
        for name, entry in entries.items():
            kind = "warning, " if entry.severity == "warning" else ""
            lines += [
                f"### {name}",
                "",
                f"**{entry.title}** ({kind}exit code {int(entry.exit_code)})",
                "",
                f"- What happened: {_escaped(entry.general_what)}",
                f"- Why: {_escaped(entry.general_why)}",
                f"- What to do: {_escaped(entry.general_next_step)}",
                *_found_by(entry),
                "",
            ]
    return "\n".join([*lines, *_symptoms()])


def _symptoms() -> list[str]:
    """Each fault that the sandbox can play, and what verify makes of it; the test of verify demands the same."""
    lines = [
        "## To try it: faults, and what `amzlink verify` finds",
        "",
        "This table is for testers and support engineers. `amzlink sandbox --fault NAME` plays the fault of a line.",
        "",
        "| fault | what is going on | found in | message | problem | what to do |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for fault, found in FOUND.items():
        description = _escaped(FAULTS[fault].description)
        if not found:
            lines.append(f"| {fault} | {description} | – | – | none: the link works | – |")
            continue
        checks = ", ".join(f"`{check}`" for check in found)
        name = ProblemName(next(iter(found.values())))
        entry = CATALOGUE[name]
        lines.append(
            f"| {fault} | {description} | {checks} | {_escaped(entry.general_what)} | [{name}](#{name}) "
            f"| {_escaped(entry.general_next_step)} |"
        )
    return [*lines, ""]


def commands() -> str:
    """The help of every command, the exit codes, and the columns of an export."""
    lines = [
        "# Commands",
        "",
        "This page has the help of every command, as `amzlink COMMAND --help` shows it. At its end are the questions",
        "of `connect`, the exit codes, and the columns of an export.",
        "",
        *_block(["--help"]),
    ]
    for command in app.registered_commands:
        if not command.hidden and command.name:
            lines += [f"## {command.name}", "", *_block([command.name, "--help"])]
    for group in app.registered_groups:
        lines += [f"## {group.name}", "", *_block([str(group.name), "--help"])]
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            lines += [f"### {group.name} {command.name}", "", *_block([str(group.name), str(command.name), "--help"])]
    lines += _questions()
    lines += [
        "## Exit codes",
        "",
        exit_codes_page(),
        "## Columns of `orders export`",
        "",
        "One row per order line: " + ", ".join(f"`{column}`" for column in COLUMNS) + ".",
        "",
        "With `--with-pii` also: " + ", ".join(f"`{column}`" for column in PERSONAL_COLUMNS) + ".",
        "",
        _ABOUT_EXPORTS,
        "",
    ]
    return "\n".join(lines)


def _questions() -> list[str]:
    """What connect asks, in its order, and the option that gives the same answer."""
    lines = [
        "## What `connect` asks",
        "",
        "At a terminal `connect` asks for what the options do not give. `?` as an answer explains the question.",
        "Without a terminal the options have to give it. Questions without an option are asked at a terminal only.",
        "",
        "| question | why | option | Enter answers |",
        "| --- | --- | --- | --- |",
    ]
    for question in TABLE:
        option = f"`{question.option}`" if question.option else "–"
        lines.append(
            f"| {_escaped(question.prompt)} | {_escaped(question.reason)} | {option} | {question.default or '–'} |"
        )
    return [*lines, ""]


def order_book() -> str:
    """The tables of the order book, as the schema has them."""
    lines = [
        "# The tables of the order book",
        "",
        "This page is for people who change amzlink, and for support engineers who look into an order book.",
        "",
        "The order book is one database for all stores: the file `orders.db` (SQLite), or a database on a",
        "[PostgreSQL server](postgresql.md). Times are text, ISO 8601 in UTC: they can be sorted, and a",
        "person can read them. Personal data is only in the table `sealed`, encrypted: see [the vault](vault.md).",
        "The schema is `orderbook/schema.py`. Each change of it is a migration in `orderbook/migrations/versions/`.",
        "",
        "[Upgrading and moving the order book](upgrades.md) says how it is upgraded, copied and moved. Words such as",
        "outbox and resume point are in the [glossary](architecture.md#glossary).",
        "",
    ]
    for table in METADATA.tables.values():
        key = ", ".join(f"`{column.name}`" for column in table.primary_key.columns)
        columns = [f"`{c.name}` {_type(c)}" for c in table.columns if not c.primary_key]
        lines += [
            f"## {table.name}",
            "",
            str(table.info["about"]),
            "",
            f"- Key: {key}",
            *([f"- Columns: {', '.join(columns)}"] if columns else []),
            "",
        ]
    return "\n".join(lines)


def _type(column: Column[Any]) -> str:
    word = str(column.type).lower().replace("blob", "bytes")
    return word if not column.nullable else f"{word} or empty"


_LAYERS = (
    "<!-- layers: written by scripts/write_docs.py from pyproject.toml and the packages' docstrings -->",
    "<!-- end of layers -->",
)


def architecture(page: str) -> str:
    """The page with its drawing of the layers written again."""
    contracts = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["name"] == "Imports go to lower layers only")
    begin, end = (page.index(mark) for mark in _LAYERS)
    drawing = ["```", *_boxes(layers), "```"]
    return page[: begin + len(_LAYERS[0])] + "\n" + "\n".join(drawing) + "\n" + page[end:]


def _boxes(layers: list[str]) -> list[str]:
    """A box per layer, and in it each module: its name, and the first line of its docstring."""
    width, names = 118, 11
    edge = "+" + "-" * (width - 2) + "+"
    lines = [edge]
    for layer in layers:
        for module in re.split(r" [|:] ", layer):
            name = module.removeprefix("amzlink.").strip("()")
            file = DOCS.parent / "src" / "amzlink" / name
            source = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
            told = (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").split("\n")[0]
            label = f"{name + ('/' if file.is_dir() else ''):<{names}} "
            text = textwrap.wrap(label + told, width - 4, subsequent_indent=" " * len(label))
            lines += [f"| {line:<{width - 4}} |" for line in text]
        lines.append(edge)
    return [*lines[:-1], edge]


def carriers() -> str:
    """The page on carriers, with each of Sendcloud's at its end; all before that is written by hand."""
    text, heading, _ = _read(DOCS / "carriers.md").partition("## The table\n")
    lines = ["", "| Sendcloud | Amazon's code | name | remark |", "| --- | --- | --- | --- |"]
    lines += [f"| `{code}` | `{it.code}` | {it.name} | {it.note} |" for code, it in CARRIERS.items()]
    return text + heading + "\n".join([*lines, ""])


def sandbox() -> str:
    """The page on the sandbox, with every fault at its end; all before that is written by hand."""
    text, heading, _ = _read(DOCS / "sandbox.md").partition("## All faults\n")
    lines = ["", "| fault | what it does |", "| --- | --- |"]
    lines += [f"| `{fault.name}` | {_escaped(fault.description)} |" for fault in FAULTS.values()]
    return text + heading + "\n".join([*lines, ""])


def faults() -> str:
    """How each command ends under each fault, as the test of it has found."""
    table: dict[str, dict[str, str]] = json.loads(_read(OUTCOMES))
    usual = table.pop("")
    lines = [_ABOUT_FAULTS, "", "| fault | command | exit code and problems |", "| --- | --- | --- |"]
    for fault, row in table.items():
        ends: dict[str, list[str]] = {}
        for command, end in row.items():
            if end != usual[command]:
                ends.setdefault(end, []).append(command)
        lines += [
            f"| `{fault}` | {', '.join(f'`{command}`' for command in commands)} | {_spelled(end)} |"
            for end, commands in ends.items()
        ] or [f"| `{fault}` | | all as usual |"]
    return "\n".join(lines) + "\n"


def _spelled(end: str) -> str:
    code, *problems = end.split()
    return " ".join([code, *(f"[`{name}`](troubleshooting.md#{name})" for name in problems)])


def _found_by(entry: Entry) -> list[str]:
    checks = ", ".join(f"`{check}`" for check in entry.checks)
    if len(entry.checks) > _MOST_CHECKS:
        checks = "any of its checks that call a service"
    return [f"- Found by `amzlink verify` in {checks}"] if checks else []


def _block(words: list[str]) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run(words)
    return ["```", *(line.rstrip() for line in out.getvalue().strip().splitlines()), "```", ""]


def _escaped(text: str) -> str:
    return text.replace("<", "\\<").replace("|", "\\|")


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
