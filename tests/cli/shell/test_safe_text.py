"""Nothing that a service, a file or a buyer wrote steers the terminal: it is shown, in every way that text goes out."""

import contextlib
import io
import json
import os
import pty
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.cli.shell import console as console_module
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document
from amzlink.cli.shell.output_file import whole_file
from amzlink.cli.shell.progress import Work
from amzlink.cli.shell.safe_text import visible
from amzlink.problems import Problem, ProblemName

CLI = Path(console_module.__file__).parents[1]
STEERING = "\x1b]0;title\x07 \x1b[2J \x9b31m \r \x08 \x00 \x7f \u202e \u2066 \u200f \u2028"
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_OUR_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Written with what steers made likely.
FOREIGN = st.text(st.sampled_from(f"{STEERING}\n\t ab[/red]:;é漢") | st.characters())


class Screen(io.StringIO):
    """Where text goes: a pipe, or a terminal of so many columns."""

    def __init__(self, columns: int | None) -> None:
        super().__init__()
        self.columns = columns

    def isatty(self) -> bool:
        return self.columns is not None


class Foreign(Document, frozen=True, kw_only=True):
    text: str


@contextlib.contextmanager
def screens(columns: int | None) -> Iterator[tuple[Screen, Screen]]:
    """Standard output and standard error, for a while."""
    out, err = Screen(columns), Screen(columns)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(console_module, "_columns", lambda stream: stream.columns or 80)
        yield out, err


def problem_of(text: str) -> Problem:
    return Problem(ProblemName.WHICH_STORE, detail=text)


WAYS: dict[str, Callable[[Console, str], object]] = {
    "say": lambda console, text: console.say(text, lead=text),
    "say coloured": lambda console, text: console.say(text, style="red"),
    "tell": lambda console, text: console.tell(text),
    "line": lambda console, text: console.line(text, lead=text),
    "line coloured": lambda console, text: console.line(text, style="bold", lead=text, lead_style="green"),
    "table": lambda console, text: console.table(("KEY", "B"), [(text, "b"), ("a", text)], keys=("KEY",)),
    "warn": lambda console, text: console.warn(problem_of(text)),
    "fail": lambda console, text: console.fail(problem_of(text)),
    "data": lambda console, text: console.data().write(f"{text}\r\n"),
}


class TestEveryWayToTheScreen:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("columns", [None, 60, 140])
    @given(text=FOREIGN)
    def test_shows_no_control_character_but_ends_of_lines_and_its_own_colours(
        self, way: str, columns: int | None, text: str
    ) -> None:
        if way == "data" and columns is None:
            return  # into a pipe a file's content goes as it is
        with screens(columns) as (out, err):
            WAYS[way](Console(), text)
        shown = _OUR_COLOURS.sub("", out.getvalue() + err.getvalue()) if columns else out.getvalue() + err.getvalue()
        assert _CONTROL.search(shown) is None

    @given(text=FOREIGN)
    def test_a_question_shows_none_either(self, text: str) -> None:
        with screens(60) as (_, err), pytest.MonkeyPatch.context() as patch:
            typed = Screen(60)
            typed.write("y\n")
            typed.seek(0)
            patch.setattr("sys.stdin", typed)
            assert Console().ask(text, default=text) == "y"
        assert _CONTROL.search(err.getvalue()) is None
        assert "\n" not in err.getvalue()

    @given(text=FOREIGN)
    def test_progress_shows_none_but_its_own(self, text: str) -> None:
        work = Work()
        work.step(0, text, 1, 2, about=False)
        work.wait(1, 60, text)
        shown = work.line(2, datetime(2026, 11, 29, 12, tzinfo=UTC))
        assert _CONTROL.search(shown) is None
        assert "\n" not in shown

    @given(text=FOREIGN.filter(lambda text: not re.search("[\ud800-\udfff]", text)))
    @pytest.mark.parametrize("columns", [None, 60])
    def test_a_document_says_the_same_and_steers_nothing(self, columns: int | None, text: str) -> None:
        with screens(columns) as (out, _):
            Console(as_json=True).result(lambda: Foreign(text=text), lambda: None)
        assert json.loads(out.getvalue()) == {"schema": 1, "text": text}
        assert _CONTROL.search(out.getvalue()) is None

    def test_a_file_that_is_the_terminal_shows_none_either(self) -> None:
        """`--output /dev/stdout` and `--output /dev/tty`."""
        ours, theirs = pty.openpty()
        try:
            with whole_file(Path(os.ttyname(theirs))) as file:
                file.write(f"a,{STEERING}\r\n")
            shown = os.read(ours, 1000).decode()
        finally:
            os.close(theirs)
            os.close(ours)
        assert shown.startswith(r"a,\x1b]0;title\x07")
        assert _CONTROL.search(shown.replace("\r\n", "\n")) is None

    @pytest.mark.parametrize("way", [way for way in WAYS if way != "data"])
    def test_a_line_of_somebody_elses_does_not_become_two(self, way: str) -> None:
        with screens(None) as (out, err):
            WAYS[way](Console(), "a gift\nError: forged")
        assert r"a gift\nError: forged" in out.getvalue() + err.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("a\r\tb\nc", r"a\r\tb\nc"),
        ("exe.\u202egnp", r"exe.\u202egnp"),
        ("\u2067x\u2069", r"\u2067x\u2069"),
        ("caf\udce9", r"caf\udce9"),
        ("Žofie’s 東京 👩‍👧 [bold]:smile:", "Žofie’s 東京 👩‍👧 [bold]:smile:"),
    ],
)
def test_what_steers_is_written_out_and_the_rest_stays(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_file_name_that_is_no_text_can_be_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    Console(as_json=True).fail(Problem(ProblemName.CONFIG_INVALID, file="caf\udce9.toml", detail="x"))
    assert r"caf\udce9.toml" in json.loads(capsys.readouterr().out)["error"]["summary"]


def test_who_writes_past_the_console_writes_texts_of_ours_alone() -> None:
    """The completion's answer makes its texts visible by itself; the others have pages and scripts of ours."""
    past_it = re.compile(r"(?<![\w.])print\(|sys\.stdout(?!\.(isatty|flush|fileno|reconfigure))\b")
    found = {file.relative_to(CLI).as_posix() for file in CLI.rglob("*.py") if past_it.search(file.read_text("utf-8"))}
    ours = {"main.py", "shell/console.py", "views/completion.py", "views/pages.py"}
    assert found == {"completion/answer.py", *ours}
