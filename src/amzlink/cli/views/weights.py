"""How the result of check-weights looks, to a program and to a person; and the table to fill in."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.output_file import whole_file
from amzlink.core.weights.rows import WeightRefusal, write_weight_csv
from amzlink.core.weights.weights import Finding, spell_grams
from amzlink.jobs.check_weights import Checked, CheckReport
from amzlink.jobs.weights.update_listings import PatchOutcome
from amzlink.orderbook.weights.listings import PatchState
from amzlink.problems import Exit

_WIDTH: Final = 100  # of the table where no terminal tells its own
_NARROWEST_TITLE: Final = 12
_TITLE: Final = 1  # its column
_GAP: Final = 1
_MOST_SHOWN: Final = 60
_BY_HAND: Final = (
    "Where a weight cannot be set from here: in Seller Central open the listing's edit page (switch to Advanced View "
    "where it is offered), Shipping or More Details, Shipping Weight or Item Package Weight."
)
_PATCHES: Final = {
    "preview": "Amazon would take it",
    PatchState.ASKED.value: "sent to Amazon without an answer",
    PatchState.QUEUED.value: "sent to Amazon",
    PatchState.TAKEN.value: "Amazon shows it now",
    PatchState.LOST.value: "Amazon accepted it and does not show it",
    PatchState.REFUSED.value: "refused by Amazon",
}


def show(
    console: Console, report: CheckReport, refused: Sequence[WeightRefusal], *, output: Path | None, dry_run: bool
) -> Exit:
    """Give the result and the exit code, and write the table where one is wanted."""
    written = None
    if output and (report.skus or report.problem is None):
        with whole_file(output) as file:
            written = write_weight_csv(file, [checked.entry for checked in report.skus])
    document = _document(report, refused, output=output if written is not None else None)
    if report.problem is None or report.skus:
        if report.problem is None or not console.as_json:
            console.result(document, lambda: _print(console, report, dry_run=dry_run))
        if output and not console.as_json:
            console.say(f"{written} products written to {output}; fill in the weights and give it back with --from.")
    if not console.as_json:
        for entry in refused:
            console.tell(f"{entry.message} ({entry.problem})")
        for refusal in report.refused:
            console.tell(f"{refusal.message} ({refusal.problem})")
    if report.problem:
        return Exit(console.fail(report.problem, document))
    return Exit.DONE if report.complete and not refused else Exit.PARTLY


def _document(report: CheckReport, refused: Sequence[WeightRefusal], *, output: Path | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "store": report.store,
        "skus": [_sku(checked) for checked in report.skus],
        "summary": report.findings,
        "set": report.set_here,
        "refused": [
            *(
                {"line": entry.line, "sku": entry.sku, "problem": entry.problem, "message": entry.message}
                for entry in refused
            ),
            *({"sku": entry.sku, "problem": entry.problem, "message": entry.message} for entry in report.refused),
        ],
        "patches": [_patch(outcome) for outcome in report.patches],
        "passed_over": report.passed_over,
        "orders_without_weight": report.missing_orders,
        "api_calls": dict(sorted(report.api_calls.items())),
    }
    if output:
        document["file"] = str(output)
    return document


def _sku(checked: Checked) -> dict[str, Any]:
    verdict = checked.entry.verdict
    return {
        "sku": checked.listing.sku,
        "asin": checked.listing.asin,
        "title": checked.listing.title,
        "weight_grams": verdict.weight_grams,
        "source": verdict.source.value if verdict.source else None,
        "finding": verdict.finding.value,
        "suggestion_grams": verdict.suggestion_grams,
        "open_orders": checked.entry.open_orders,
        "reason": verdict.reason,
        "suggestion_source": verdict.suggestion_source.value if verdict.suggestion_source else None,
        "listing": checked.entry.listing_link,
        "listed": checked.listing.is_listed,
        "suppressed": checked.listing.is_suppressed,
        "at_amazon": checked.listing.patch.state.value if checked.listing.patch else None,
    }


def _patch(outcome: PatchOutcome) -> dict[str, Any]:
    return {
        "sku": outcome.sku,
        "weight_grams": outcome.grams,
        "state": outcome.state,
        "issues": [
            {"code": issue.code, "severity": issue.severity, "message": issue.message} for issue in outcome.issues
        ],
        "problem": outcome.problem,
        "message": outcome.message,
    }


def _print(console: Console, report: CheckReport, *, dry_run: bool) -> None:
    findings = [checked for checked in report.skus if checked.entry.verdict.finding is not Finding.OK]
    counted = ", ".join(f"{count} {finding}" for finding, count in report.findings.items() if count)
    console.line(f"{report.store}: {_count(len(report.skus), 'product')} looked at{': ' + counted if counted else ''}.")
    if findings:
        console.line()
        _print_table(console, findings[:_MOST_SHOWN])
        if len(findings) > _MOST_SHOWN:
            console.line(f"and {len(findings) - _MOST_SHOWN} more; --output FILE.csv writes them all")
        console.line()
        for checked in findings[:_MOST_SHOWN]:
            if words := _in_words(checked):
                console.line(f"{printable(checked.listing.sku)}: {words}")
    if report.set_here:
        verb = "would be set" if dry_run else "set"
        console.line(f"{_count(report.set_here, 'weight')} {verb} here.")
    links = {checked.listing.sku: checked.entry.listing_link for checked in report.skus}
    for outcome in report.patches:
        _print_patch(console, outcome, links.get(outcome.sku))
    if report.passed_over:
        console.line(
            f"{_count(report.passed_over, 'weight')} that Amazon did not take before not sent again; "
            "to try once more, give them with --set and --apply."
        )
    if findings or any(not outcome.is_taken for outcome in report.patches):
        console.say(
            "Set a weight with `amzlink check-weights --set SKU=0.45kg`; with --apply Amazon's listing gets it too."
        )
        console.say(_BY_HAND)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _in_words(checked: Checked) -> str:
    """What the table's columns do not say."""
    verdict, listing = checked.entry.verdict, checked.listing
    words = []
    if listing.is_listed is False:
        words.append("The account has no listing with this SKU any more.")
    elif listing.is_suppressed:
        words.append("Amazon has suppressed its listing.")
    if verdict.finding is Finding.IMPLAUSIBLE or (listing.unknown_unit and verdict.finding is not Finding.OK):
        words.append(verdict.reason)
    return printable(" ".join(words))


def _print_table(console: Console, findings: Sequence[Checked]) -> None:
    """Titles get the room that the other columns leave, so that no SKU is cut."""
    from rich.cells import cell_len, set_cell_size

    head = ("SKU", "TITLE", "WEIGHT", "FINDING", "SUGGESTED", "ORDERS")
    rows = [_row(checked) for checked in findings]
    widths = [max(cell_len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    others = sum(widths) - widths[_TITLE] + _GAP * (len(head) - 1)
    room = max(_NARROWEST_TITLE, (shutil.get_terminal_size().columns if console.colorful else _WIDTH) - others)
    cut = [
        tuple(
            set_cell_size(cell, room - 1).rstrip() + "…" if at == _TITLE and cell_len(cell) > room else cell
            for at, cell in enumerate(row)
        )
        for row in rows
    ]
    console.table(head, cut, right=("WEIGHT", "SUGGESTED", "ORDERS"))


def _row(checked: Checked) -> tuple[str, ...]:
    """The weight that stands there, also where it cannot be right: that is what a person looks for."""
    verdict = checked.entry.verdict
    weight = verdict.found_grams if verdict.found_grams is not None else verdict.weight_grams
    return (
        printable(checked.listing.sku),
        printable(checked.listing.title or ""),
        spell_grams(weight) if weight is not None else "",
        verdict.finding.value,
        spell_grams(verdict.suggestion_grams) if verdict.suggestion_grams else "",
        str(checked.entry.open_orders or ""),
    )


def _print_patch(console: Console, outcome: PatchOutcome, link: str | None) -> None:
    words = f"{printable(outcome.sku)}: {spell_grams(outcome.grams)} {_PATCHES[outcome.state]}. {outcome.message}"
    console.line(words.rstrip())
    for issue in outcome.issues:
        console.line(f"  {printable(issue.severity.lower())} {printable(issue.code)}: {printable(issue.message)}")
    if not outcome.is_taken and link:
        console.line(f"  in Seller Central: {link}")


def printable(text: str) -> str:
    """Text from outside on one line, without signs that would steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))
