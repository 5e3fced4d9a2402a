"""Every command keeps its promises under every fault of the sandbox, and ends as the table says.

`make test-faults` goes through all of it, and writes the table anew with `AMZLINK_WRITE_FAULTS=1`; a sample, drawn by
a seed, is a part of every run of the tests.
"""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from amzlink.sandbox.faults import FAULTS
from tests.faults.shop import Outcome, Shop

TABLE: Final = Path(__file__).resolve().parents[2] / "scripts" / "fault_outcomes.json"
NONE: Final = ""  # the day without a fault, which the others are compared with
ROWS: Final = (NONE, *FAULTS)
SAMPLE: Final = 30
WRITES: Final = bool(os.environ.get("AMZLINK_WRITE_FAULTS"))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


def promised() -> dict[str, dict[str, str]]:
    """By fault and command: the exit code and the problems, as they stand in the table."""
    found: dict[str, dict[str, str]] = json.loads(TABLE.read_text("utf-8"))
    return found


def pairs() -> list[tuple[str, str]]:
    return [(fault, title) for fault, row in promised().items() for title in row]


def in_words(outcome: Outcome) -> str:
    return " ".join((str(outcome.code), *outcome.problems))


def check(shop: Shop, fault: str, titles: list[str]) -> Iterator[str]:
    lines, row = shop.lines(), promised().get(fault, {})
    for title in titles:
        outcome = shop.outcome(fault or None, lines[title])
        yield from (f"{fault}: {title}: {each}" for each in outcome.broken)
        if row.get(title) != in_words(outcome):
            yield f"{fault}: {title}: ends with {in_words(outcome)}, and not with {row.get(title)}"


def test_the_table_has_every_fault_and_every_command(shop: Shop) -> None:
    assert tuple(promised()) == ROWS
    assert {tuple(row) for row in promised().values()} == {tuple(shop.lines())}


def test_commands_under_faults_of_a_sample_end_as_promised(shop: Shop) -> None:
    sample = random.Random(16).sample([pair for pair in pairs() if shop.lines()[pair[1]].calls], SAMPLE)
    assert [wrong for fault, title in sample for wrong in check(shop, fault, [title])] == []


@pytest.mark.faults
@pytest.mark.parametrize("fault", ROWS)
def test_every_command_under_this_fault_ends_as_promised(shop: Shop, fault: str) -> None:
    titles = list(shop.lines())
    if WRITES:
        row = {title: shop.outcome(fault or None, shop.lines()[title]) for title in titles}
        note(fault, {title: in_words(outcome) for title, outcome in row.items()})
        assert {title: outcome.broken for title, outcome in row.items() if outcome.broken} == {}
    else:
        assert list(check(shop, fault, titles)) == []


def note(fault: str, row: dict[str, str]) -> None:
    """Keep a row of the table, in the sequence of the faults."""
    from filelock import FileLock

    with FileLock(TABLE.with_suffix(".lock")):
        table = {**(promised() if TABLE.exists() else {}), fault: row}
        ordered = {name: table[name] for name in ROWS if name in table}
        TABLE.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
