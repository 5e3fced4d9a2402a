"""What people see: results on stdout, talk on stderr, questions only at a terminal, problems in four parts."""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from amzlink import __version__
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, failure
from amzlink.problems import Exit, Problem, ProblemName

if TYPE_CHECKING:
    from collections.abc import Callable


class Named(Document, frozen=True, kw_only=True):
    store: str


PROBLEM = Problem(ProblemName.WHICH_STORE, detail="a, b", example="a")
TOLD = (
    "{word}: More than one store is connected, and no store was named: a, b.\n"
    "  Why:   amzlink does not guess which store you mean.\n"
    "  Next:  Add the option `--store` with one of these names, for example `--store a`. "
    "Commands that run by themselves, and `status`, take `--all-stores` too. "
    "`amzlink stores default a` makes a store the default.\n"
    "  Name:  which-store (amzlink explain which-store)\n"
)


def at_a_terminal(code: str, typed: str = "", *, after: str = "") -> tuple[int, str]:
    """Run code in a process with a terminal; its exit code, and what stood on the screen. `console` is a Console.

    `typed` is typed when the screen ends with `after`.
    """
    begin = (
        "import os; os.open(os.ttyname(0), os.O_RDWR)\n"  # a session's leader makes the terminal its own by opening it
        "from amzlink.cli.shell.console import Console\n"
        "from amzlink.problems import Problem, ProblemName\n"
        "console = Console()\n"
    )
    leader, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", begin + code],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**{name: os.environ[name] for name in os.environ if name != "COLUMNS"}, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(terminal)
    screen = b""
    while True:
        if typed and screen.endswith(after.encode()):
            os.write(leader, typed.encode())
            typed = ""
        if not select.select([leader], [], [], 300)[0]:
            break
        try:
            screen += os.read(leader, 65536)
        except OSError:  # the other end is closed: the process has ended
            break
    os.close(leader)
    return process.wait(300), screen.decode().replace("\r\n", "\n")


class TestResults:
    def test_as_json_it_is_one_document_that_begins_with_its_schema(self, capsys: pytest.CaptureFixture[str]) -> None:
        Console(as_json=True).result(lambda: Named(store="Žofie’s"), lambda: pytest.fail("not for people"))
        out, err = capsys.readouterr()
        assert out == '{"schema": 1, "store": "Žofie’s"}\n'
        assert err == ""

    def test_for_people_it_is_what_they_are_to_see(self, capsys: pytest.CaptureFixture[str]) -> None:
        console = Console()
        console.result(lambda: pytest.fail("not for programs"), lambda: console.line("Store a"))
        assert capsys.readouterr() == ("Store a\n", "")

    def test_a_table_in_a_pipe_is_never_cut(self, capsys: pytest.CaptureFixture[str]) -> None:
        wide = "x" * 400
        Console().table(("NAME", "COUNT"), [(wide, "7"), ("short", "1234")], right=("COUNT",))
        out, err = capsys.readouterr()
        lines = out.splitlines()
        assert lines[0].split() == ["NAME", "COUNT"]
        assert lines[1].split() == [wide, "7"]
        assert lines[2].endswith(" 1234")
        assert len({len(line) for line in lines}) == 1
        assert err == ""

    def test_nothing_in_a_table_is_taken_for_markup_or_colour(self, capsys: pytest.CaptureFixture[str]) -> None:
        cell = "[bold]not bold[/bold] [/] :smile: https://example.com 42"
        Console().table(("A",), [(cell,)])
        assert cell in capsys.readouterr().out


class TestTalk:
    def test_it_goes_to_stderr_as_it_stands(self, capsys: pytest.CaptureFixture[str]) -> None:
        Console().say("[red]not red[/red]", style="bold")
        assert capsys.readouterr() == ("", "[red]not red[/red]\n")

    def test_quiet_silences_it_but_not_what_belongs_to_a_failure(self, capsys: pytest.CaptureFixture[str]) -> None:
        console = Console(quiet=True)
        console.say("talk")
        console.step("page 1")
        console.tell("order 302-1 was not taken in")
        assert capsys.readouterr() == ("", "order 302-1 was not taken in\n")

    def test_without_a_terminal_there_is_no_progress(self, capsys: pytest.CaptureFixture[str]) -> None:
        Console().step("page 1")
        Console().waiting(5, "the next page")
        assert capsys.readouterr() == ("", "")

    def test_without_a_terminal_nobody_looks_on_unless_more_words_were_asked_for(self) -> None:
        assert not Console().watched
        assert Console(verbose=1).watched
        assert not Console().interactive


class TestProblems:
    def test_a_failure_is_told_in_four_parts_and_gives_its_exit_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert Console().fail(PROBLEM) == Exit.CONFIGURATION
        assert capsys.readouterr() == ("", TOLD.format(word="Error"))

    def test_a_warning_is_told_likewise(self, capsys: pytest.CaptureFixture[str]) -> None:
        Console().warn(PROBLEM)
        assert capsys.readouterr() == ("", TOLD.format(word="Warning"))

    def test_quiet_does_not_silence_problems(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Cron mails them."""
        Console(quiet=True).warn(PROBLEM)
        Console(quiet=True).fail(PROBLEM)
        assert capsys.readouterr().err == TOLD.format(word="Warning") + TOLD.format(word="Error")

    def test_as_json_a_failure_is_the_one_document(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert Console(as_json=True).fail(PROBLEM) == Exit.CONFIGURATION
        out, err = capsys.readouterr()
        assert json.loads(out) == {"schema": 1, "error": msgspec.to_builtins(failure(PROBLEM))}
        assert err == ""

    def test_after_a_result_there_is_no_second_document(self, capsys: pytest.CaptureFixture[str]) -> None:
        console = Console(as_json=True)
        console.result(lambda: Named(store="a"), lambda: None)
        assert console.fail(PROBLEM) == Exit.CONFIGURATION
        assert json.loads(capsys.readouterr().out) == {"schema": 1, "store": "a"}


class TestQuestionsWithoutATerminal:
    def test_each_is_a_usage_error_that_names_the_option(self, capsys: pytest.CaptureFixture[str]) -> None:
        console = Console(command="amzlink connect")
        questions: list[Callable[[], object]] = [
            lambda: console.ask("Country", option="--country"),
            lambda: console.ask_secret("Client secret", option="--secrets-from"),
            lambda: console.confirm("Sure?", default=True, option="--yes"),
        ]
        for question, option in zip(questions, ("--country", "--secrets-from", "--yes"), strict=True):
            with pytest.raises(Problem) as error:
                question()
            assert error.value.name.value == "usage"
            assert f"{option} is missing" in error.value.summary
            assert "amzlink connect --help" in error.value.next_step
        assert capsys.readouterr() == ("", "")

    def test_an_answer_in_a_pipe_is_not_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        with pytest.raises(Problem):
            Console().confirm("Sure?", default=True)


class TestAtATerminal:
    def test_a_question_is_answered_by_the_line_that_is_typed(self) -> None:
        code, screen = at_a_terminal("print('<' + console.ask('Country', 'DE') + '>')", "  FR \n")
        assert code == 0
        assert "Country [DE]: " in screen
        assert "<FR>" in screen

    def test_an_empty_line_takes_what_was_offered(self) -> None:
        _, screen = at_a_terminal("print('<' + console.ask('Country', 'DE') + '>')", "\n")
        assert "<DE>" in screen

    def test_a_secret_is_not_shown(self) -> None:
        """It is typed once the question stands there: what is typed before that, the terminal shows by itself."""
        code, screen = at_a_terminal(
            "print(len(console.ask_secret('Client secret')))", " hidden \n", after="Client secret: "
        )
        assert (code, screen) == (0, "Client secret: \n6\n")

    @pytest.mark.parametrize(
        ("typed", "default", "answer"),
        [
            ("y\n", False, True),
            ("No\n", True, False),
            ("\n", True, True),
            ("\n", False, False),
            ("maybe\nyes\n", False, True),
            ("ja\n", False, True),
            ("oui\n", False, True),
            ("si\u0301\n", False, True),
            ("nee\n", True, False),
            ("Nederland\nj\n", False, True),
        ],
    )
    def test_a_yes_or_no_is_asked_until_there_is_one(self, typed: str, default: bool, answer: bool) -> None:
        _, screen = at_a_terminal(f"print('<', console.confirm('Sure?', default={default}), '>')", typed)
        assert f"< {answer} >" in screen
        assert ("Please answer yes or no." in screen) == (typed.count("\n") > 1)

    def test_a_question_mark_explains_a_yes_or_no(self) -> None:
        code = "print('<', console.confirm('Sure?', default=False, explanation='It deletes everything.'), '>')"
        _, screen = at_a_terminal(code, "?\ny\n")
        assert "It deletes everything." in screen
        assert "Please answer" not in screen
        assert "< True >" in screen

    def test_the_end_of_the_input_means_that_the_person_has_left(self) -> None:
        code = "try: console.ask('Country')\nexcept KeyboardInterrupt: print('left')"
        _, screen = at_a_terminal(code, "\x04")
        assert "left" in screen

    def test_progress_is_one_line_that_is_wiped_before_the_result(self) -> None:
        code = "import time\nconsole.step('orders', 100, 5000, about=True)\ntime.sleep(4)\nconsole.line('done')"
        _, screen = at_a_terminal(code)
        assert "orders: 100 of about 5,000" in screen
        assert re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen).rstrip("\n").split("\r")[-1] == "done"

    def test_short_work_shows_none_and_loads_nothing_for_it(self) -> None:
        code = "import sys\nconsole.step('orders', 1, 2)\nconsole.line(f'done {\"rich\" in sys.modules}')"
        _, screen = at_a_terminal(code)
        assert "orders" not in screen
        assert "done False" in screen

    def test_a_problem_is_coloured_and_nothing_in_it_is_taken_for_markup(self) -> None:
        _, screen = at_a_terminal("console.fail(Problem(ProblemName.WHICH_STORE, detail='[bold]a[/bold]'))")
        assert "\x1b[" in screen
        assert "[bold]a[/bold]" in screen

    def test_without_colour_there_is_none(self) -> None:
        code = "console = Console(color=False)\nconsole.fail(Problem(ProblemName.WHICH_STORE, detail='a'))\n"
        _, screen = at_a_terminal(code + "console.say('x', style='red')\nconsole.table(('A',), [('b',)])")
        assert re.findall(r"\x1b\[[0-9;]*3[0-9]m", screen) == []

    def test_a_table_fits_the_terminal(self) -> None:
        code = "import fcntl, struct, sys, termios\n"
        code += "fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 40, 0, 0))\n"
        code += "console.table(('NAME',), [('x' * 400,)])"
        _, screen = at_a_terminal(code)
        assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in screen.splitlines()) == 40

    def test_as_json_the_document_is_laid_out_for_eyes(self) -> None:
        begin = "from amzlink.cli.views.version import VersionDocument\n"
        _, screen = at_a_terminal(begin + "Console(as_json=True).result(VersionDocument, print)")
        assert json.loads(screen) == {"schema": 1, "version": __version__}
        assert screen.count("\n") == 4


def test_rich_is_loaded_only_when_there_is_something_to_lay_out() -> None:
    code = (
        "import sys; from amzlink.cli.shell.console import Console; from amzlink.problems import Problem, ProblemName\n"
        "console = Console(); console.say('x'); console.line('y')\n"
        "console.fail(Problem(ProblemName.WHICH_STORE, detail='a'))\n"
        "assert 'rich' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


def test_both_streams_into_one_pipe_are_read_in_the_sequence_in_which_they_were_written() -> None:
    code = (
        "from amzlink.cli.shell.console import Console\n"
        "console = Console()\n"
        "console.line('a result'); console.tell('talk'); console.line('another')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["a result", "talk", "another"]
