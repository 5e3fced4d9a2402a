"""Help as people meet it: in groups, in whole sentences, at any width, with examples that can be typed."""

import os
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from amzlink.cli.examples import EXAMPLES, READ_ON
from amzlink.cli.help import GROUPS
from amzlink.cli.main import app, run
from amzlink.cli.pages import TOPICS
from amzlink.deps import Deps
from tests.cli.dialogue.test_terminal import Terminal
from tests.cli.test_main import deps
from tests.test_next_steps import parse

__all__ = ["deps"]  # the fixture

WIDTHS: Final = (60, 80, 140)


def visible(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that help offers, with its name as it is typed."""
    for own, inner in command.commands.items():
        if not inner.hidden:
            path = f"{name} {own}".strip()
            yield path, inner
            if hasattr(inner, "commands"):
                yield from visible(inner, path)


COMMANDS: Final = dict(visible(typer.main.get_command(app)))


def help_of(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int | None = 80
) -> str:
    if width:
        monkeypatch.setenv("COLUMNS", str(width))
    else:
        monkeypatch.delenv("COLUMNS", raising=False)
    assert run([*name.split(), "--help"]) == 0
    return capsys.readouterr().out


def flat(text: str) -> str:
    return " ".join(text.split())


class TestTheFirstPage:
    def test_it_has_the_groups_in_the_order_of_a_shops_first_week(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of("", capsys, monkeypatch)
        headings = [line for line in out.splitlines() if line in GROUPS]
        assert headings == ["Set up", "Every day", "Look", "Learn"]

    def test_every_command_is_in_one_group(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of("", capsys, monkeypatch).partition("Options for every command")[0]
        for name in COMMANDS:
            if " " not in name:
                assert len(re.findall(rf"^  {name} ", out, re.MULTILINE)) == 1, name

    def test_it_names_the_pages_on_variables_and_exit_codes(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of("", capsys, monkeypatch)
        for line in ("amzlink explain environment", "amzlink explain exit-codes", "amzlink explain NAME"):
            assert line in out


@pytest.mark.parametrize("name", ["", *COMMANDS])
class TestEveryPage:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_no_line_is_wider_than_the_terminal_and_no_sentence_is_cut(
        self, name: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of(name, capsys, monkeypatch, width)
        commands = [line for row in EXAMPLES.get(name or "amzlink", ()) for line in (f"  {row[0]}",)]
        for line in out.splitlines():
            assert len(line) <= width or line in commands, line
        assert "..." not in out.replace("age1...", "")

    def test_a_pipe_gets_80_columns(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert help_of(name, capsys, monkeypatch, None) == help_of(name, capsys, monkeypatch, 80)

    def test_options_and_words_with_hyphens_stay_whole(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for width in WIDTHS:
            assert not re.search(r"\w-$", help_of(name, capsys, monkeypatch, width), re.MULTILINE)

    def test_it_shows_no_types_ranges_or_empty_defaults(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of(name, capsys, monkeypatch)
        assert not re.search(r"<\w+( range)?>|\[default|\[required\]|\bNone\b|INTEGER|TEXT|<=", out)

    def test_it_has_an_example_that_works_and_says_what_it_does(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of(name, capsys, monkeypatch)
        examples = EXAMPLES[name or "amzlink"]
        assert examples
        for line, does in examples:
            command, _, _ = parse(line)
            assert command.startswith(name)
            assert f"  {line}\n" in out
            assert flat(does) in flat(out)
            assert re.fullmatch(r"[A-Z].*[.?]", does)

    def test_its_options_are_told_in_sentences(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = flat(help_of(name, capsys, monkeypatch))
        for param in COMMANDS[name].params if name else ():
            assert re.fullmatch(r"[A-Z].*\.", param.help), param.name
            assert param.help in out
            assert param.metavar or param.is_flag or param.count, param.name

    def test_it_says_where_to_read_on(
        self, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = help_of(name, capsys, monkeypatch)
        for topic in READ_ON.get(name, ()):
            assert topic in TOPICS
            assert f"amzlink explain {topic}" in out
        assert "--store SLUG" in out


def test_the_examples_are_for_commands_that_there_are() -> None:
    assert set(EXAMPLES) == {"amzlink", *COMMANDS}
    assert set(READ_ON) <= set(COMMANDS)


def test_a_terminal_tells_its_own_width(tmp_path: Path) -> None:
    screen = Terminal(["--help"], {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    try:
        assert screen.end() == 0
    finally:
        screen.close()
    assert max(map(len, screen.text.splitlines())) > 80, "which has 100 columns"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("statsu", "amzlink status"),
        ("import-order", "amzlink import-orders"),
        ("list", "amzlink orders list"),
        ("help", "amzlink --help"),
        ("orders shwo 302-1234567-1234567", "amzlink orders show"),
        ("orders list --stats UNSHIPPED", "--status"),
        ("import-orders --dry-rn", "--dry-run"),
        ("status --jsno", "--json"),
        ("verify --stoer my-shop", "--store"),
    ],
)
def test_a_mistyped_command_or_option_is_asked_back(line: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shlex.split(line)) == 64
    said = capsys.readouterr().err
    assert re.search(rf"Did you mean .*{re.escape(meant)}\b", said)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("status --store my-shp", "my-shop"),
        ("stores default myshop", "my-shop"),
        ("stores set include_prim=always", "include_prime"),
        ("stores set Hold-Missing-Weight=true", "hold_missing_weight"),
        ("explain role-mising-pii", "role-missing-pii"),
        ("explain server", "servers"),
        ("explain --schema order-list", "orders-list"),
        ("sandbox --fault throtled", "throttled"),
    ],
)
def test_a_mistyped_store_setting_or_name_is_asked_back(
    line: str, meant: str, deps: Deps, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shlex.split(line), deps) in (64, 78)
    assert f"Did you mean {meant}" in capsys.readouterr().err


def test_what_looks_like_nothing_gets_no_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("xyzzy", "status --xyzzy"):
        assert run(line.split()) == 64
        assert "Did you mean" not in capsys.readouterr().err


def test_a_port_that_is_taken_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["sandbox", "--port", str(port)]) == 64
    assert f"--port {port} cannot be used: address already in use." in capsys.readouterr().err
