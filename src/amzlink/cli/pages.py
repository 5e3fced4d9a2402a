"""Pages of the documentation that are in the package, so that messages can send to them on every machine.

`scripts/write_docs.py` copies them from `docs/`. `explain` shows them.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Final, NamedTuple

TOPICS: Final = {
    "servers": "Servers and cron: running without a keyring, and regularly",
    "postgresql": "The order book on a PostgreSQL server",
    "fleet": "Several machines with one order book",
    "container": "Containers: building an image, and running it by the host's scheduler",
    "settings": "Files, settings, alarms and holds",
    "environment": "Environment variables",
    "exit-codes": "Exit codes",
    "addresses": "Addresses from Seller Central, while Amazon withholds them",
    "data-protection": "What Amazon's data protection policy asks for",
    "push-status": "The file with parcels for push-status",
    "carriers": "How carriers are named to Amazon, and how to name one yourself",
    "rates": "How late shipments and missing tracking numbers are counted",
    "weights": "The file with weights for check-weights",
    "schemas": "What --json prints: JSON Schemas",
}
_SCHEMAS: Final = "schemas"
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def page_of(topic: str) -> str:
    """The page's text, in the form of Markdown."""
    return (files("amzlink") / "pages" / f"{topic}.md").read_text("utf-8")


class HoldTold(NamedTuple):
    """Why a hold keeps an order back, and what a person does about it."""

    why: str
    next_step: str


def holds() -> dict[str, HoldTold]:
    """What the page on settings says of each hold."""
    tables = (lines for kind, lines in blocks_of(page_of("settings")) if kind == "table")
    rows = next(lines for lines in tables if cells_of(lines[0])[0] == "hold")[2:]
    return {name.strip("`"): HoldTold(why, step) for name, why, step in map(cells_of, rows)}


def schema_names() -> list[str]:
    """The names of the JSON Schemas, in the order of the alphabet."""
    return sorted(file.name.removesuffix(".json") for file in (files("amzlink") / _SCHEMAS).iterdir())


def schema_text(name: str) -> str:
    """A JSON Schema as it is in the package."""
    return (files("amzlink") / _SCHEMAS / f"{name}.json").read_text("utf-8")


def blocks_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """The page's parts: `heading`, `code`, `table`, `item` or `text`, and their lines."""
    kind, lines, fenced = "", list[str](), False
    for line in page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            now = ""
        elif fenced or line.startswith("    "):
            now = "code"
        elif line.startswith("#"):
            now = "heading"
        elif line.startswith("|"):
            now = "table"
        elif re.match(r"- |\d+\. ", line):
            now = "item"
        elif not line.strip():
            now = "code" if kind == "code" and fenced else ""
        else:
            now = kind if kind in ("item", "text") else "text"
        begins = now in ("heading", "item") and re.match(r"#|- |\d+\. ", line) is not None
        if lines and (now != kind or begins):
            yield kind, lines
            lines = []
        kind = now
        if now:
            lines.append(line[4:] if now == "code" and not fenced else line.strip() if now != "code" else line)
    if lines:
        yield kind, lines


def without_marks(text: str) -> str:
    """A text without the marks of links and emphasis; a link to a page here becomes the command that shows it."""

    def follow(match: re.Match[str]) -> str:
        topic = match[2].partition(".md")[0]
        if topic not in TOPICS:
            return match[1]
        command = f"`amzlink explain {topic}`"
        return command if match[1].endswith(".md") else f"{match[1]} ({command})"

    return _LINK.sub(follow, text).replace("**", "")


def cells_of(row: str) -> list[str]:
    """The cells of a table's row."""
    return [without_marks(cell.strip()) for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
