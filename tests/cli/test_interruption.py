"""Ctrl-C: what a command says then is true for this command."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amzlink.cli.main import app
from amzlink.problems import Problem, ProblemName, usage
from tests.cli.dialogue.test_terminal import Terminal, unwrapped
from tests.support.rows import each_row
from tests.support.world import SLUG, Shell, shell

COMMANDS = [
    *(str(command.name) for command in app.registered_commands if not command.hidden),
    *(
        f"{group.name} {command.name}"
        for group in app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
    ),
]
READING = {
    "verify", "status", "explain", "orders list", "orders show", "orders export", "stores list", "stores show",
    "schedule show",
}  # fmt: skip


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, orders=20) as running:
        yield running


@pytest.fixture
def at_terminal(connected: Shell) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def start(*words: str) -> Terminal:
        terminals.append(Terminal(list(words), connected.environ))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


@each_row("command", COMMANDS)
def test_every_command_says_what_is_safe_and_what_to_do(command: str) -> None:
    found = usage.interruption(command, dry_run=False)
    assert ("were not changed" in found.safe) == (command in READING)
    problem = Problem(ProblemName.INTERRUPTED, **found.facts)
    assert found.safe in problem.cause
    assert problem.next_step == found.again


def test_a_dry_run_has_changed_nothing() -> None:
    assert "were not changed" in usage.interruption("purge-pii", dry_run=True).safe


def test_at_the_question_of_disconnect_nothing_was_changed(
    connected: Shell, at_terminal: Callable[..., Terminal]
) -> None:
    screen = at_terminal("disconnect")
    screen.expect("Disconnect demo-shop? (y/N): ")
    screen.interrupt()
    assert screen.end() == 130
    assert "Nothing was changed. Run the same command again." in unwrapped(screen.text)
    assert connected.run("stores", "show", "--json").document["store"] == SLUG


def test_at_the_question_of_purge_pii_nothing_was_changed(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("purge-pii", "--order", "302-1234567-1234567")
    screen.expect("(y/N): ")
    screen.interrupt()
    assert screen.end() == 130
    assert "Nothing was changed." in unwrapped(screen.text)


def test_in_the_demo_ends_the_whole_demo_and_leaves_nothing(at_terminal: Callable[..., Terminal]) -> None:
    screen = at_terminal("demo")
    screen.expect("2. Import its orders")
    screen.interrupt()
    assert screen.end() == 130
    said = unwrapped(screen.text)
    assert said.count("The command was interrupted.") == 1
    assert "The demo keeps nothing, and your own stores were not used." in said
    assert "11. Seven weeks later" not in said
