"""What people see: questions, progress, tables and problems; and the one JSON document for programs.

Results go to stdout, all talk to stderr. Where there is no terminal there is no question, no colour and no progress,
and a run that went well says nothing. On a terminal text is broken at words to its width; in a pipe a line stays one.
Everything for people passes `safe_text.visible` here, whoever wrote it. Rich is loaded only when there is something to
lay out.
"""

import contextlib
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Final, NoReturn, TypeVar

from amzlink.cli.shell.safe_text import VisibleWriter, visible
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.problems import Exit, Problem, ProblemName, store_option, usage

if TYPE_CHECKING:
    import msgspec
    from rich.console import Console as RichConsole

    from amzlink.cli.shell.documents import Document
    from amzlink.cli.shell.progress import ProgressLine
    from amzlink.core.diagnosis.alarms import Part

S = TypeVar("S", bound="msgspec.Struct")

_USUAL_WIDTH: Final = 80  # where a terminal does not tell its own
_NARROWEST: Final = 20  # columns: what is left beside a lead has to hold a few words, else it goes below
_INDENT: Final = 4
_UNUSED_HEIGHT: Final = 25  # lines


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
        self.store: str | None = None
        """The store that is worked on, once it is known that it is connected."""
        self.store_option = ""
        """The option that names it, where a command needs one."""
        self.warned: list[Problem] = []
        """What was warned of, for the document: a program does not read what stands beside it."""
        self._color = color
        self._progress: ProgressLine | None = None
        self._answered = False
        self._streaming = False

    @property
    def on_screen(self) -> bool:
        """Whether a person reads the results, on a terminal."""
        return not self.as_json and sys.stdout.isatty()

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def watched(self) -> bool:
        """Whether somebody is looking on: on a terminal, or because more words were asked for."""
        return bool(self.verbose) or ((sys.stderr.isatty() or sys.stdout.isatty()) and not self.quiet)

    @property
    def unattended(self) -> bool:
        """Whether nobody is there to read, as under cron: no terminal, and neither words nor a document asked for."""
        return not (self.verbose or self.as_json or sys.stderr.isatty() or sys.stdout.isatty())

    def option_of(self, store: str) -> str:
        """The option that a command needs to work on this store; empty where it finds it by itself."""
        return self.store_option if self.store == store else store_option(store)

    # Talk, on stderr

    def say(self, text: str = "", *, style: str = "", lead: str = "") -> None:
        """Tell something. Where it is broken into lines, they begin below the end of the `lead`."""
        if not self.quiet:
            self._write(sys.stderr, text, style=style, lead=lead)

    def tell(self, text: str) -> None:
        """Tell something that belongs to a failure: `--quiet` does not silence it."""
        self._write(sys.stderr, text)

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Show what is being done now, and how far it is, in a line that is wiped in the end; only on a terminal."""
        if line := self._progress_line():
            line.step(what, done, total, about=about)

    def waiting(self, seconds: float, why: str) -> None:
        """Count down in that line to what comes next."""
        if line := self._progress_line():
            line.wait(seconds, why)

    def clear_progress(self) -> None:
        """Wipe the line of progress."""
        if self._progress:
            self._progress.clear()

    def _progress_line(self) -> "ProgressLine | None":
        if self.quiet or self.as_json or not sys.stderr.isatty():
            return None
        if self._progress is None:
            from amzlink.cli.shell.progress import ProgressLine

            self._progress = ProgressLine(lambda: self._rich(sys.stderr, _columns(sys.stderr)))
        return self._progress

    def warn(self, problem: Problem, *, part: "Part | None" = None) -> None:  # noqa: ARG002 - for who remembers
        """Tell of something that does not stop the work."""
        problem = self._naming_store(problem)
        self.warned.append(problem)
        self._tell_problem(problem, "Warning")

    def works(self, part: "Part", store: str) -> None:
        """Who looks on sees it."""

    def note(self, text: str) -> None:
        """Tell somebody who looks on."""
        if self.watched and not self.as_json:
            self.clear_progress()
            self.say(text)

    def alarm(self, problem: Problem, *, about: str = "", warning: bool = False) -> None:
        """Tell what a run nobody watches has met; `about` is the store, where there are several."""
        self._tell_problem(self._naming_store(problem), "Warning" if warning else "Error", about)

    def tell_parts(self, cause: str, next_step: str, name: ProblemName) -> None:
        """Tell what stands below a problem's summary."""
        for lead, text in _parts(cause, next_step, name):
            self._write(sys.stderr, text, lead=lead)

    # Questions

    def ask(self, question: str, default: str | None = None, option: str = "") -> str:
        """Ask for a line. Without a terminal it is a usage error that names the `option`."""
        self._refuse_without_terminal(option)
        self.clear_progress()
        hint = f" [{default}]" if default else ""
        print(f"{visible(question + hint)}: ", end="", file=sys.stderr, flush=True)
        return self._line() or default or ""

    def ask_secret(self, question: str, option: str = "") -> str:
        """Ask for a line that is not shown."""
        import getpass

        self._refuse_without_terminal(option)
        self.clear_progress()
        return getpass.getpass(f"{visible(question)}: ", stream=sys.stderr).strip()

    def confirm(self, question: str, *, default: bool, option: str = "", explanation: str = "") -> bool:
        """Ask until there is a yes or a no, in any of the marketplaces' languages; `?` explains the question."""
        while True:
            answer = self.ask(f"{question} ({'Y/n' if default else 'y/N'})", option=option)
            if not answer:
                return default
            if (meant := parse_yes_no(answer)) is not None:
                return meant
            self.tell(explanation if answer == "?" and explanation else usage.NEITHER_YES_NOR_NO)

    # Results, on stdout

    def result(self, document: "Callable[[], Document]", human: Callable[[], object]) -> None:
        """Give the result: the document with `--json`, else what `human` prints."""
        self.clear_progress()
        if self.as_json:
            self._print_document(document())
        else:
            human()

    def result_of_many(
        self,
        document: "Callable[[list[S]], Document]",
        parts: "Iterable[S]",
        human: Callable[[], object],
    ) -> None:
        """The same for a document that ends in a list of many; into a pipe they go one by one, as they come."""
        if not self.as_json or sys.stdout.isatty():
            self.result(lambda: document(list(parts)), human)
            return
        from amzlink.cli.shell.documents import encode, encode_part

        # What cannot even begin fails before half a document is printed.
        coming = iter(parts)
        first = list(itertools.islice(coming, 1))
        head, _, tail = encode(document([]), laid_out=False).rpartition("[]")
        self._answered = self._streaming = True
        print(end=f"{head}[")
        for number, part in enumerate(itertools.chain(first, coming)):
            print(end=f"{', ' if number else ''}{encode_part(part)}")
        print(f"]{tail}")
        self._streaming = False

    def announce(self, document: "Document") -> None:
        """Give a document on one line at once, with and without `--json`; the command goes on."""
        from amzlink.cli.shell.documents import encode

        self._answered = True
        print(encode(document, laid_out=False), flush=True)

    def line(self, text: str = "", *, style: str = "", lead: str = "", lead_style: str = "") -> None:
        """A line of the result. Where it is broken into lines, they begin below the end of the `lead`."""
        self._write(sys.stdout, text, style=style, lead=lead, lead_style=lead_style)

    @property
    def colorful(self) -> bool:
        """Whether results may be coloured: on a terminal, unless it was forbidden."""
        return self._color and sys.stdout.isatty()

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        keys: Sequence[str] = (),
        whole: Sequence[str] = (),
        right: Sequence[str] = (),
        dropping: Sequence[str] = (),
    ) -> int:
        """A table; gives the number of its rows. Into a pipe or a file it has the width that it needs.

        On a terminal cells are broken at words, but not those of the columns in `keys`, which people copy, and in
        `whole`. Where the longest words do not fit beside each other, the columns in `dropping` are left out, one after
        the other, and if that is not enough each row is shown as a block.
        """
        from amzlink.cli.shell.layout import Table, wide_lines

        self.clear_progress()
        seen = ([visible(cell) for cell in row] for row in rows)
        if not sys.stdout.isatty():
            lines = wide_lines(columns, seen, right=right)
            return sum(1 for _ in map(print, lines)) - 1
        table = Table(
            columns,
            list(seen),
            keys=keys,
            whole=(*keys, *whole),
            right=right,
            dropping=dropping,
            room=_columns(sys.stdout),
        )
        if table.fits:
            for line in table.head():
                self._print_bold(line)
            for line in table.lines():
                print(line)
        else:
            for number, block in enumerate(table.blocks()):
                if number:
                    self.line()
                for lead, cell, is_key in block:
                    self._write_cell(lead, cell, is_key=is_key)
        return len(table.rows)

    def _print_bold(self, line: str) -> None:
        """Print a line that fits, as it is."""
        if not self.colorful:
            print(line)
            return
        from rich.text import Text

        self._rich(sys.stdout, len(line)).print(Text(line, "bold"), soft_wrap=True)

    def _write_cell(self, lead: str, cell: str, *, is_key: bool) -> None:
        """A cell of a block; a key stays on one line, below its name where that is too long beside it."""
        if not is_key:
            from amzlink.cli.shell.layout import wrapped

            for part in wrapped(cell, max(_columns(sys.stdout) - len(lead), 1)):
                print(lead + part)
                lead = " " * len(lead)
        elif _surely_fits(lead + cell, _columns(sys.stdout)):
            print(lead + cell)
        else:
            print(f"{lead.rstrip()}\n{cell}")

    def data(self) -> "IO[str] | VisibleWriter":
        """Where a file's content goes that was asked for on stdout: as it is, but made visible on a terminal."""
        self.clear_progress()
        return VisibleWriter(sys.stdout) if sys.stdout.isatty() else sys.stdout

    # Problems

    def fail(self, problem: Problem, document: "Callable[[], Document] | None" = None) -> int:
        """Show what stopped the command, and give its exit code.

        With `--json` it is also the one document; `document` gives the one that tells what was done before, too.
        """
        self.clear_progress()
        problem = self._naming_store(problem)
        if self.as_json and not self._streaming:  # half a document is there already: say why it ends
            if not self._answered:
                from amzlink.cli.shell.documents import ErrorDocument, failure

                self._print_document(document() if document else ErrorDocument(error=failure(problem)))
        elif problem.exit_code is Exit.INTERRUPTED:  # which is no error
            for text in (problem.summary, problem.cause, problem.next_step):
                self.tell(text)
        else:
            self._tell_problem(problem, "Error")
        return int(problem.exit_code)

    def _naming_store(self, problem: Problem) -> Problem:
        """The problem with the store that is worked on, where whoever raised it did not say which."""
        if self.store is None:
            return problem
        return problem.with_facts(store=self.store, store_option=store_option(self.store))

    def usage(self, detail: str) -> NoReturn:
        """Refuse what was asked for on the command line."""
        raise Problem(ProblemName.USAGE, command=self.command, detail=detail)

    def _tell_problem(self, problem: Problem, word: str, about: str = "") -> None:
        """Problems are told even with `--quiet`: cron mails them."""
        style = "bold red" if word == "Error" else "bold yellow"
        self._write(sys.stderr, f"{f'{about}: ' if about else ''}{word}: {problem.summary}", style=style)
        self.tell_parts(problem.cause, problem.next_step, problem.name)
        if problem.entry.checks and self._can_verify(problem):
            option = self.store_option if self.store else problem.facts["store_option"]
            self._write(sys.stderr, f"Run `amzlink verify{option}` for the full picture.")

    def _can_verify(self, problem: Problem) -> bool:
        """Whether there is a store to verify, and nobody has just done so or been told to."""
        known = self.store is not None or bool(problem.facts.get("store_option"))
        return known and self.command != "amzlink verify" and "`amzlink verify" not in problem.next_step

    # How it gets there

    def _print_document(self, document: "Document") -> None:
        from amzlink.cli.shell.documents import encode

        self._answered = True
        print(encode(document, laid_out=sys.stdout.isatty()))

    def _write(self, stream: IO[str], text: str, *, style: str = "", lead: str = "", lead_style: str = "") -> None:
        self.clear_progress()
        if stream is sys.stderr:
            with contextlib.suppress(OSError):  # whoever prints there next meets it again
                sys.stdout.flush()  # both may go into one file or pipe, and are read in this sequence
        text, lead = visible(text), visible(lead)
        colored = bool(self._color and (style or lead_style) and stream.isatty())
        if not colored and (not stream.isatty() or _surely_fits(lead + text, _columns(stream))):
            print(lead + text, file=stream)
        else:
            self._lay_out(stream, text, style=style, lead=lead, lead_style=lead_style)

    def _lay_out(self, stream: IO[str], text: str, *, style: str, lead: str, lead_style: str) -> None:
        """Print with Rich, broken at words; a longer word, such as an address, stays whole."""
        from rich.cells import cell_len
        from rich.text import Text

        from amzlink.cli.shell.layout import broken_at_words

        width = _columns(stream)  # Rich takes every simple terminal for one of eighty columns
        rich = self._rich(stream, width)
        words = text.lstrip(" ")
        lead += " " * (len(text) - len(words))
        indent = cell_len(lead)
        if lead and width - indent < _NARROWEST:
            rich.print(Text(lead.rstrip(), lead_style), soft_wrap=True)
            lead, indent = " " * _INDENT, _INDENT
        for part in broken_at_words(Text(words, style), rich, width - indent):
            part.rstrip()
            if part.cell_len > width - indent:  # a word that fits further left is not cut by the terminal's edge
                if lead.strip():
                    rich.print(Text(lead.rstrip(), lead_style), soft_wrap=True)
                lead = " " * max(0, width - part.cell_len)
            rich.print(Text.assemble((lead, lead_style), part), soft_wrap=True)
            lead = " " * indent

    def _refuse_without_terminal(self, option: str) -> None:
        if not self.interactive:
            self.usage(usage.answer_missing(option=option))

    def _line(self) -> str:
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt  # end of input at a prompt: the person has left
        return line.strip()

    def _rich(self, stream: IO[str], width: int) -> "RichConsole":
        from rich.console import Console as RichConsole

        return RichConsole(
            file=stream,
            color_system="auto" if self._color else None,
            width=width,
            height=_UNUSED_HEIGHT,  # without one Rich takes 80 columns for a terminal that calls itself dumb
            highlight=False,
            markup=False,
        )


def parts_of(problem: Problem) -> tuple[tuple[str, str], ...]:
    """What stands below a problem's summary: leads and texts."""
    return _parts(problem.cause, problem.next_step, problem.name)


def _parts(cause: str, next_step: str, name: ProblemName) -> tuple[tuple[str, str], ...]:
    why = (("  Why:   ", cause),) if cause else ()
    return (*why, ("  Next:  ", next_step), ("  Name:  ", f"{name} (amzlink explain {name})"))


def _columns(stream: IO[str]) -> int:
    """The width of the terminal behind a stream; COLUMNS overrules what it tells itself."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH


def _surely_fits(text: str, width: int) -> bool:
    """Whether a text fits without its letters being measured, of which none is wider than two columns."""
    return len(text) * (1 if text.isascii() else 2) <= width
