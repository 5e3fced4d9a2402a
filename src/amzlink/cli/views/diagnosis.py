"""How an examination looks: a line per check as it ends, and the first thing to fix at the end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from amzlink.cli.shell.alike import several, together
from amzlink.cli.shell.console import Console, parts_of
from amzlink.cli.shell.documents import Document, Failure, encode, failure
from amzlink.cli.shell.safe_text import encodable
from amzlink.cli.views.orders.show import show_document
from amzlink.cli.views.words import counted, reason
from amzlink.clock import local_time
from amzlink.core.diagnosis.checks import Check, Result, Status
from amzlink.jobs.diagnosis.order_states import OrderState
from amzlink.jobs.verify import Verification
from amzlink.problems import Exit, Problem, ProblemName

_MARKS: Final = {Status.OK: "✓", Status.WARNING: "!", Status.FAILED: "✗", Status.SKIPPED: "-"}
_PLAIN_MARKS: Final = {Status.OK: "ok", Status.WARNING: "warning", Status.FAILED: "FAILED", Status.SKIPPED: "skipped"}
_COLORS: Final = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red", Status.SKIPPED: "dim"}


class CheckPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found; the four in the middle where that is a problem."""

    id: Check
    status: Status
    problem: ProblemName | None
    summary: str
    cause: str | None
    next_step: str | None
    docs: str | None
    evidence: dict[str, Any]


class VerifyDocument(Document, frozen=True, kw_only=True):
    """`verify --json`, and the same in a bundle."""

    store: str | None
    ok: bool
    checks: list[CheckPart]


class VerifiedStore(msgspec.Struct, frozen=True, kw_only=True):
    """One store's checks, as `verify --json` has them."""

    store: str
    ok: bool
    checks: list[CheckPart]


class VerifyAllDocument(Document, frozen=True, kw_only=True):
    """`verify --all-stores --json`."""

    ok: bool
    stores: list[VerifiedStore]


class NotShown(msgspec.Struct, frozen=True, kw_only=True):
    """An order of which the book has nothing to show, and why."""

    order_id: str
    error: Failure


class BundledOrders(Document, frozen=True, kw_only=True):
    """The orders in question, as `orders show --json` has them without personal data."""

    store: str | None
    orders: list[msgspec.Struct]


class VerifyView:
    """Shows the results to a person, or keeps still and gives the document at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, result: Result) -> None:
        """One check has ended."""
        if self._console.as_json or self._console.quiet:
            return
        colorful = self._console.colorful
        mark = _MARKS[result.status] if colorful else f"{_PLAIN_MARKS[result.status]:<8}"
        self._console.line(
            _told(result), lead=f"{mark} {result.id.value:<22} ", lead_style=_COLORS[result.status] if colorful else ""
        )

    def bundle(self, path: str, parts: Sequence[str], states: Sequence[OrderState]) -> None:
        """A bundle was written; of some orders in question it has only why there is nothing to show."""
        self._console.say(f"{path} written: {', '.join(parts)}. It contains no secret and no personal data.")
        problems = (state.found for state in states if isinstance(state.found, Problem))
        for problem in {problem.summary: problem for problem in problems}.values():
            self._console.tell(reason(problem.summary, problem.name))
            self._console.tell(f"Next: {problem.next_step}")

    def end(self, verification: Verification) -> Exit:
        """The document, or the first thing to fix; and the exit code."""
        self._console.result(lambda: document(verification), lambda: self._print_end(verification))
        return Exit.DONE if verification.ok else Exit.PARTLY

    def _print_end(self, verification: Verification) -> None:
        first = verification.first_to_fix
        if first is None or first.problem is None:
            if not self._console.quiet:
                self._console.line()
                self._console.line("Everything that was checked works.")
            return
        self._console.line()
        intro = "Fix first" if first.status is Status.FAILED else "Nothing is broken; worth a look"
        self._console.line(f"{intro}: {first.summary}", style="bold")
        for lead, text in parts_of(first.problem):
            self._console.line(text, lead=lead)


class VerifyAllView:
    """Shows many stores: a line for each as it ends, and then what is to be fixed, where it is the same once."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def store(self, verification: Verification) -> None:
        """One store was examined."""
        if self._console.as_json or self._console.quiet:
            return
        first = verification.first_to_fix
        status = first.status if first else Status.OK
        colorful = self._console.colorful
        mark = _MARKS[status] if colorful else f"{_PLAIN_MARKS[status]:<8}"
        said = (
            reason(first.summary, first.problem.name)
            if first and first.problem
            else "Everything that was checked works."
        )
        self._console.line(said, lead=f"{mark} {verification.store}  ", lead_style=_COLORS[status] if colorful else "")

    def end(self, verifications: Sequence[Verification]) -> Exit:
        """The document, or what is to be fixed; and the exit code."""
        ok = all(verification.ok for verification in verifications)
        self._console.result(
            lambda: VerifyAllDocument(
                ok=ok,
                stores=[
                    VerifiedStore(store=each.store or "", ok=each.ok, checks=document(each).checks)
                    for each in verifications
                ],
            ),
            lambda: self._print_end(verifications),
        )
        return Exit.DONE if ok else Exit.PARTLY

    def _print_end(self, verifications: Sequence[Verification]) -> None:
        met = [
            (verification.store or "", (first.status, first.problem))
            for verification in verifications
            if (first := verification.first_to_fix) and first.problem
        ]
        met.sort(key=lambda each: each[1][0] is not Status.FAILED)
        for slugs, found in together(met, lambda each: (each[0], each[1].name)):
            self._console.line()
            status, shown = found[0]
            intro = "Fix first" if status is Status.FAILED else "Worth a look"
            is_same = all(problem.summary == shown.summary for _, problem in found)
            self._console.line(f"{intro}, {several(slugs if is_same else slugs[:1])}: {shown.summary}", style="bold")
            for lead, text in parts_of(shown):
                self._console.line(text, lead=lead)
            if not is_same:
                self._console.line(f"{several(slugs[1:])}; see their lines above.", lead="  Also:  ")
        failed = sum(not verification.ok for verification in verifications)
        self._console.line()
        self._console.line(
            f"{counted(len(verifications) - failed, 'store')} without a failed check, {failed} with one."
        )


def document(verification: Verification) -> VerifyDocument:
    """The results as JSON shows them."""
    return VerifyDocument(
        store=verification.store, ok=verification.ok, checks=[_check(result) for result in verification.results]
    )


def bundled(verification: Verification) -> str:
    """The document as a bundle has it, for eyes."""
    return encode(document(verification), laid_out=True)


def bundled_orders(store: str | None, states: Sequence[OrderState]) -> str:
    """The orders in question as a bundle has them."""
    orders: list[msgspec.Struct] = [
        NotShown(order_id=state.order_id, error=failure(state.found))
        if isinstance(state.found, Problem)
        else show_document(store or "", state.found, with_pii=False)
        for state in states
    ]
    return encode(BundledOrders(store=store, orders=orders), laid_out=True)


def _told(result: Result) -> str:
    """The summary for a person: a time in it as the reader's clock has it."""
    if result.id is not Check.FRESHNESS or result.status is not Status.OK:
        return result.summary
    success, now = (datetime.fromisoformat(str(result.evidence[name])) for name in ("last_success", "at"))
    return f"The last import was {local_time(success, now)}."


def _check(result: Result) -> CheckPart:
    found = failure(result.problem) if result.problem else None
    return CheckPart(
        id=result.id,
        status=result.status,
        problem=found.problem if found else None,
        summary=encodable(result.summary),
        cause=found.cause if found else None,
        next_step=found.next_step if found else None,
        docs=found.docs if found else None,
        evidence=dict(result.evidence),
    )
