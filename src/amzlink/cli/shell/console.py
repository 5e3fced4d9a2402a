"""What people see: questions, progress, tables and problems; and the one JSON document for programs.

Results go to stdout, all talk to stderr. Where there is no terminal there is no question, no colour and no progress,
and a run that went well says nothing. Rich is loaded only when there is something to lay out.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from amzlink.problems import Exit, Problem, ProblemName, usage

if TYPE_CHECKING:
    from rich.console import Console as RichConsole


class Console:
    """One process's conversation with its user."""

    def __init__(
        self,
        *,
        as_json: bool = False,
        quiet: bool = False,
        verbose: int = 0,
        color: bool = True,
        command: str = "amzlink",
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self.command = command
        self.offers_verify = True
        self._color = color
        self._progress_width = 0
        self._answered = False

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def watched(self) -> bool:
        """Whether somebody is looking on: on a terminal, or because more words were asked for."""
        return bool(self.verbose) or ((sys.stderr.isatty() or sys.stdout.isatty()) and not self.quiet)

    # Talk, on stderr

    def say(self, text: str = "", *, style: str = "") -> None:
        """Tell something, as it stands, with nothing in it taken for markup."""
        if self.quiet:
            return
        self.clear_progress()
        if style and self._color and sys.stderr.isatty():
            self._rich(sys.stderr).print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=sys.stderr)

    def tell(self, text: str) -> None:
        """Tell something that belongs to a failure: `--quiet` does not silence it."""
        self.clear_progress()
        print(text, file=sys.stderr)

    def progress(self, text: str) -> None:
        """Show what is being done now in a line that the next one replaces; only on a terminal."""
        if self.quiet or self.as_json or not sys.stderr.isatty():
            return
        line = text[: self._columns() - 3]
        print(f"\r  {line}{' ' * (self._progress_width - len(line))}", end="", file=sys.stderr, flush=True)
        self._progress_width = len(line)

    def clear_progress(self) -> None:
        """Wipe the line of progress."""
        if self._progress_width:
            print(f"\r{' ' * (self._progress_width + 2)}\r", end="", file=sys.stderr, flush=True)
            self._progress_width = 0

    def warn(self, problem: Problem) -> None:
        """Tell of something that does not stop the work."""
        self._tell_problem(problem, "Warning")

    # Questions

    def ask(self, question: str, default: str | None = None, option: str = "") -> str:
        """Ask for a line. Without a terminal it is a usage error that names the `option`."""
        self._refuse_without_terminal(option)
        self.clear_progress()
        hint = f" [{default}]" if default else ""
        print(f"{question}{hint}: ", end="", file=sys.stderr, flush=True)
        return self._line() or default or ""

    def ask_secret(self, question: str, option: str = "") -> str:
        """Ask for a line that is not shown."""
        import getpass

        self._refuse_without_terminal(option)
        self.clear_progress()
        return getpass.getpass(f"{question}: ", stream=sys.stderr).strip()

    def confirm(self, question: str, *, default: bool, option: str = "") -> bool:
        """Ask for a yes or a no until there is one."""
        while True:
            answer = self.ask(f"{question} ({'Y/n' if default else 'y/N'})", option=option).strip().lower()
            if not answer:
                return default
            if answer[0] in "yn":
                return answer[0] == "y"
            self.say("Please answer y or n.")

    # Results, on stdout

    def result(self, document: Mapping[str, Any], human: Callable[[], None] | None = None) -> None:
        """Give the result: the document with `--json`, else what `human` prints."""
        self.clear_progress()
        if self.as_json:
            self._document(document)
        elif human is not None:
            human()

    def line(self, text: str = "") -> None:
        """A line of the result."""
        self.clear_progress()
        print(text)

    @property
    def colorful(self) -> bool:
        """Whether results may be coloured: on a terminal, unless it was forbidden."""
        return self._color and sys.stdout.isatty()

    def colored(self, text: str, style: str) -> str:
        """The text in a style, where results may be coloured."""
        if not self.colorful:
            return text
        from rich.style import Style

        return Style.parse(style).render(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
        """A table; into a pipe or a file it is never cut to a terminal's width."""
        from rich.table import Table
        from rich.text import Text

        self.clear_progress()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", overflow="ellipsis", no_wrap=True)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        rich = self._rich(sys.stdout)
        with rich.capture() as captured:
            rich.print(table)
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))

    # Problems

    def fail(self, problem: Problem, done: Mapping[str, Any] | None = None) -> int:
        """Show what stopped the command, and give its exit code.

        With `--json` it is also the one document, together with what was `done` before.
        """
        self.clear_progress()
        if self.as_json:
            if not self._answered:
                self._document({**(done or {}), "error": problem.as_dict()})
            return int(problem.exit_code)
        if problem.exit_code is Exit.INTERRUPTED:  # which is no error
            self.tell(f"{problem.summary} {problem.cause} {problem.next_step}")
        else:
            self._tell_problem(problem, "Error")
        return int(problem.exit_code)

    def usage(self, detail: str) -> NoReturn:
        """Refuse what was asked for on the command line."""
        raise Problem(ProblemName.USAGE, command=self.command, detail=detail)

    def _tell_problem(self, problem: Problem, word: str) -> None:
        """Problems are told even with `--quiet`: cron mails them."""
        self.clear_progress()
        colored = self._color and sys.stderr.isatty()
        if colored:
            style = "bold red" if word == "Error" else "bold yellow"
            rich = self._rich(sys.stderr)
            rich.print(f"{word}: {problem.summary}", style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            print(f"{word}: {problem.summary}", file=sys.stderr)
        print(f"  Why:   {problem.cause}", file=sys.stderr)
        print(f"  Next:  {problem.next_step}", file=sys.stderr)
        print(f"  Name:  {problem.name} (amzlink explain {problem.name})", file=sys.stderr)
        if problem.entry.checks and self.offers_verify:
            print("Run `amzlink verify` for the full picture.", file=sys.stderr)

    def _document(self, document: Mapping[str, Any]) -> None:
        self._answered = True
        indent = 2 if sys.stdout.isatty() else None
        print(json.dumps({"schema": 1, **document}, ensure_ascii=False, indent=indent, default=_named))

    def _refuse_without_terminal(self, option: str) -> None:
        if not self.interactive:
            self.usage(usage.answer_missing(option=option))

    def _line(self) -> str:
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt  # end of input at a prompt: the person has left
        return line.strip()

    def _columns(self) -> int:
        import shutil

        return shutil.get_terminal_size().columns

    def _rich(self, stream: Any) -> "RichConsole":
        from rich.console import Console as RichConsole

        width = None if stream.isatty() else 10_000
        return RichConsole(file=stream, no_color=not self._color, width=width, highlight=False)


def _named(value: object) -> str:
    """A problem's name as JSON shows it; anything else that JSON does not know is a bug."""
    if isinstance(value, ProblemName):
        return value.value
    raise TypeError(f"{type(value).__name__} has no form in JSON")
