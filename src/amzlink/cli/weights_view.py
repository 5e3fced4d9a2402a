"""How the result of check-weights looks, to a program and to a person; and the table to fill in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from amzlink.cli.console import Console
from amzlink.cli.output import whole_file
from amzlink.core.weight_rows import WeightRefusal, write_weight_csv
from amzlink.core.weights import Finding, spell_grams
from amzlink.jobs.check_weights import Checked, CheckReport
from amzlink.jobs.patch_weights import PatchOutcome
from amzlink.orderbook.listings import PatchState
from amzlink.problems import Exit

_TITLE_WIDTH: Final = 40
_MOST_SHOWN: Final = 60
_BY_HAND: Final = (
    "Where a weight cannot be set from here: in Seller Central open the listing's edit page (switch to Advanced View "
    "where it is offered), Shipping or More Details, Shipping Weight or Item Package Weight."
)
_PATCHES: Final = {
    "preview": "Amazon would take it",
    PatchState.QUEUED.value: "sent to Amazon",
    PatchState.TAKEN.value: "Amazon shows it now",
    PatchState.LOST.value: "Amazon accepted it and does not show it",
    PatchState.REFUSED.value: "refused by Amazon",
}


def show(
    console: Console, report: CheckReport, refused: Sequence[WeightRefusal], *, output: Path | None, dry_run: bool
) -> Exit:
    """Give the result and the exit code, and write the table where one is wanted."""
    written = 0
    if output and report.skus:
        with whole_file(output) as file:
            written = write_weight_csv(file, [checked.entry for checked in report.skus])
    document = _document(report, refused, output=output if written else None)
    if report.problem:
        return Exit(console.fail(report.problem, document))
    console.result(document, lambda: _print(console, report, dry_run=dry_run))
    if output and not console.as_json:
        console.say(f"{written} products written to {output}; fill in the weights and give it back with --from.")
    if not console.as_json:
        for entry in refused:
            console.tell(f"{entry.message} ({entry.problem})")
        for refusal in report.refused:
            console.tell(f"{refusal.message} ({refusal.problem})")
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
        "message": outcome.message,
    }


def _print(console: Console, report: CheckReport, *, dry_run: bool) -> None:
    findings = [checked for checked in report.skus if checked.entry.verdict.finding is not Finding.OK]
    counted = ", ".join(f"{count} {finding}" for finding, count in report.findings.items() if count)
    console.line(f"{report.store}: {len(report.skus)} products looked at{': ' + counted if counted else ''}.")
    if findings:
        console.line()
        console.table(
            ("SKU", "TITLE", "WEIGHT", "FINDING", "SUGGESTED", "ORDERS WAITING"),
            [_row(checked) for checked in findings[:_MOST_SHOWN]],
            right=("WEIGHT", "SUGGESTED", "ORDERS WAITING"),
        )
        if len(findings) > _MOST_SHOWN:
            console.line(f"and {len(findings) - _MOST_SHOWN} more; --output FILE.csv writes them all")
        console.line()
        for checked in findings[:_MOST_SHOWN]:
            if checked.entry.verdict.finding is Finding.IMPLAUSIBLE:
                console.line(f"{checked.listing.sku}: {checked.entry.verdict.reason}")
    if report.set_here:
        verb = "would be set" if dry_run else "set"
        console.line(f"{report.set_here} {'weight' if report.set_here == 1 else 'weights'} {verb} here.")
    for outcome in report.patches:
        _print_patch(console, outcome)
    if findings or any(not outcome.is_taken for outcome in report.patches):
        console.say(
            "Set a weight with `amzlink check-weights --set SKU=0.45kg`; with --apply Amazon's listing gets it too."
        )
        console.say(_BY_HAND)


def _row(checked: Checked) -> tuple[str, ...]:
    verdict, title = checked.entry.verdict, checked.listing.title or ""
    return (
        checked.listing.sku,
        title if len(title) <= _TITLE_WIDTH else f"{title[: _TITLE_WIDTH - 1]}…",
        spell_grams(verdict.weight_grams) if verdict.weight_grams else "",
        verdict.finding.value,
        spell_grams(verdict.suggestion_grams) if verdict.suggestion_grams else "",
        str(checked.entry.open_orders or ""),
    )


def _print_patch(console: Console, outcome: PatchOutcome) -> None:
    console.line(f"{outcome.sku}: {spell_grams(outcome.grams)} {_PATCHES[outcome.state]}. {outcome.message}".rstrip())
    for issue in outcome.issues:
        console.line(f"  {issue.severity.lower()} {issue.code}: {issue.message}")
