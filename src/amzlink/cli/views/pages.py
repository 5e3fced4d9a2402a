"""How a page of the documentation looks: to a program as it is, to a person laid out."""

import re
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.pages import TOPICS, blocks_of, cells_of, holds, page_of, schema_text, without_marks
from amzlink.cli.reference import ENVIRONMENT, EXIT_CODES
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document


class VariablePart(msgspec.Struct, frozen=True, kw_only=True):
    """An environment variable that amzlink reads; `<STORE>` in its name is a store's slug in capitals."""

    name: str
    meaning: str


class ExitCodePart(msgspec.Struct, frozen=True, kw_only=True):
    """An exit code, and when a command ends with it."""

    code: int
    meaning: str


class TopicDocument(Document, frozen=True, kw_only=True):
    """`explain TOPIC --json`; `text` is in the form of Markdown, and what is a table in it follows as data."""

    topic: str
    text: str
    variables: list[VariablePart] | UnsetType = UNSET
    exit_codes: list[ExitCodePart] | UnsetType = UNSET


class SchemaDocument(Document, frozen=True, kw_only=True):
    """`explain --schema NAME --json`: a JSON Schema of another document."""

    name: str
    json_schema: dict[str, Any]


def show_schema(console: Console, name: str) -> None:
    """A JSON Schema, as a file would have it."""
    text = schema_text(name)
    console.result(
        lambda: SchemaDocument(name=name, json_schema=msgspec.json.decode(text)),
        lambda: print(text, end=""),
    )


def show_topic(console: Console, topic: str) -> None:
    """One page."""
    console.result(lambda: _document(topic), lambda: _print(console, page_of(topic)))


def _document(topic: str) -> TopicDocument:
    variables = [
        VariablePart(name=name, meaning=meaning)
        for subject in ENVIRONMENT.values()
        for name, meaning in subject.items()
    ]
    codes = [ExitCodePart(code=int(code), meaning=meaning) for code, meaning in EXIT_CODES.items()]
    return TopicDocument(
        topic=topic,
        text=page_of(topic),
        variables=variables if topic == "environment" else UNSET,
        exit_codes=codes if topic == "exit-codes" else UNSET,
    )


class HoldDocument(Document, frozen=True, kw_only=True):
    """`explain HOLD --json`: why a hold keeps an order back, and what a person does about it."""

    hold: str
    text: str
    next_step: str


def show_hold(console: Console, name: str) -> None:
    """Why a hold keeps an order back, and how to see and lift it."""
    why, step = holds()[name]
    console.result(
        lambda: HoldDocument(hold=name, text=why, next_step=step), lambda: _print_hold(console, name, why, step)
    )


def _print_hold(console: Console, name: str, why: str, step: str) -> None:
    console.line(f"{name} is a hold: amzlink does not send the order to Sendcloud.")
    console.line()
    console.line(f"{why[0].upper()}{why[1:]}.", lead="Why:   ")
    console.line(step, lead="Next:  ")
    console.line(f"`amzlink orders list --held {name}` shows these orders.")
    console.line("`amzlink explain settings` lists all holds.")


def show_topics(console: Console) -> None:
    """All topics with their titles, for people."""
    if not console.as_json:
        console.line()
        console.table(("TOPIC", "TITLE"), list(TOPICS.items()), keys=("TOPIC",))


def _is_code(cell: str) -> bool:
    return cell.startswith("`")


def _print(console: Console, page: str) -> None:
    for number, (kind, lines) in enumerate(blocks_of(page)):
        if number and kind != "item":
            console.line()
        match kind:
            case "heading":
                console.line(without_marks(lines[0].lstrip("# ")), style="bold")
            case "code":  # to be copied, so it is not broken into lines
                console.data().write("".join(f"    {line}\n" for line in lines))
            case "table":
                head, _rule, *rows = [cells_of(line) for line in lines]
                copied = [name for name, *cells in zip(head, *rows, strict=True) if all(map(_is_code, cells))]
                console.table(head, rows, keys=copied)
            case "item":
                lead = re.match(r"- |\d+\. ", lines[0])
                text = without_marks(" ".join(lines))
                console.line(text[lead.end() if lead else 0 :], lead=lead[0] if lead else "")
            case _:
                console.line(without_marks(" ".join(lines)))
