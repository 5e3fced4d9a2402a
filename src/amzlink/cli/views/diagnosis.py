"""How an examination looks: a line per check as it ends, and the first thing to fix at the end."""

from collections.abc import Sequence
from typing import Final

from amzlink.cli.shell.console import Console
from amzlink.core.diagnosis.checks import Result, Status
from amzlink.jobs.verify import Verification
from amzlink.problems import Exit

_MARKS: Final = {Status.OK: "✓", Status.WARNING: "!", Status.FAILED: "✗", Status.SKIPPED: "-"}
_PLAIN_MARKS: Final = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "FAILED", Status.SKIPPED: "skipped"}
_COLORS: Final = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red", Status.SKIPPED: "dim"}


class VerifyView:
    """Shows the results to a person, or keeps still and gives the document at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, result: Result) -> None:
        """One check has ended."""
        if self._console.as_json or self._console.quiet:
            return
        if self._console.colorful:
            mark = self._console.colored(_MARKS[result.status], _COLORS[result.status])
            self._console.line(f"{mark} {result.id.value:<22} {result.summary}")
        else:
            self._console.line(f"{_PLAIN_MARKS[result.status]:<8} {result.id.value:<22} {result.summary}")

    def bundle(self, path: str, parts: Sequence[str]) -> None:
        """A bundle was written."""
        self._console.say(f"{path} is written: {', '.join(parts)}. It holds no secret and no personal data.")

    def end(self, verification: Verification) -> Exit:
        """The document, or the first thing to fix; and the exit code."""
        code = Exit.DONE if verification.ok else Exit.PARTLY
        if self._console.as_json:
            self._console.result(verification.as_dict())
            return code
        first = verification.first_to_fix
        if first is None or first.problem is None:
            if not self._console.quiet:
                self._console.line()
                self._console.line("Everything that was checked works.")
            return code
        self._console.line()
        intro = "Fix first" if first.status is Status.FAILED else "Nothing is broken; worth a look"
        self._console.line(self._console.colored(f"{intro}: {first.summary}", "bold"))
        self._console.line(f"  Why:   {first.problem.cause}")
        self._console.line(self._console.colored(f"  Next:  {first.problem.next_step}", "bold"))
        self._console.line(f"  Name:  {first.problem.name} (amzlink explain {first.problem.name})")
        return code
