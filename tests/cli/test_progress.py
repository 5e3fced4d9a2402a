"""How far a job is, as a person sees it at a terminal of 80 columns under Amazon's real quota; in a pipe nothing."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.dialogue.test_terminal import Terminal, unwrapped
from tests.support.world import Shell, shell

ORDERS = 2_600
PAGES = 20  # that Amazon gives at once


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, orders=ORDERS, quota="real") as running:
        yield running


@pytest.fixture
def start(at: Shell) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def begin(*words: str) -> Terminal:
        terminals.append(Terminal(list(words), at.environ, term="xterm-256color", columns=80))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def frames(text: str) -> list[str]:
    """What stood in the line of progress, one after the other."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", text)
    return [line.strip() for line in plain.splitlines() if line.strip()]


def test_a_first_import_counts_waits_and_is_paused_without_an_error(at: Shell, start: Callable[..., Terminal]) -> None:
    screen = start("import-orders", "--max-wait", "5m", "--since", "700d")
    shown: dict[str, int] = {}  # the seconds that are left
    while len(shown) < 3:  # it counts down while the job sleeps
        screen.expect("the next page in ")
        found = [re.search(r".*the next page in (\d):(\d\d)$", line) for line in frames(screen.text)]
        shown = {each[0]: 60 * int(each[1]) + int(each[2]) for each in found if each}
    assert all(
        re.fullmatch(r"new and changed orders: [1-9][0-9,]*00; the next page in \d:\d\d", line) for line in shown
    )
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    assert max(shown.values()) <= 180
    assert all(len(line) <= 80 for line in frames(screen.text))
    screen.interrupt()
    assert screen.end() == 130
    assert "Everything imported so far is stored." in unwrapped(screen.text)

    screen = start("import-orders", "--max-wait", "1s")
    assert screen.end() == 75
    said = unwrapped(screen.text)
    assert "Error" not in said
    told = re.search(
        r"Paused with ([\d,]+) orders in the order book.*?\. Amazon's quota allows the next page (.*?)\.", said
    )
    assert told
    assert re.fullmatch(r"(today|\w{3} \d+ \w{3}) \d\d:\d\d", told[2])
    assert "the import continues where it stopped" in said
    stored = len(at.run("orders", "list", "--json").document["orders"])
    assert stored == int(told[1].replace(",", ""))


def test_in_a_pipe_and_in_a_document_there_is_none(at: Shell) -> None:
    told = at.run("import-orders", "--since", "700d", "--max-wait", "1s", "--json")
    assert (told.code, told.err) == (75, "")
    assert told.document["error"]["problem"] == "throttled"
    plain = at.run("import-orders", "--max-wait", "1s", "-v")
    assert plain.code == 75
    assert "\x1b" not in plain.err
    assert "\r" not in plain.err
