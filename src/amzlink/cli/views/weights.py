"""How the result of check-weights looks, to a program and to a person; and the table to fill in."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, failure, path_text
from amzlink.cli.shell.output_file import whole_file
from amzlink.cli.views.words import by_number, counted, reason
from amzlink.core.weights.customs import CustomsState
from amzlink.core.weights.rows import WeightRefusal, write_weight_csv
from amzlink.core.weights.weights import Finding, Source, SuggestionSource, spell_grams
from amzlink.jobs.check_weights import Checked, CheckOptions, CheckReport
from amzlink.jobs.weights.customs import customs_problem, customs_settings
from amzlink.jobs.weights.update_listings import PatchOutcome
from amzlink.orderbook.weights.listings import PatchState
from amzlink.problems import Exit, ProblemName
from amzlink.problems.weights import customs_command

_MOST_SHOWN: Final = 60
_MOST_IN_A_COMMAND: Final = 10
_BY_HAND: Final = (
    "Where a weight cannot be set from here: in Seller Central open the listing's edit page (switch to Advanced View "
    "where it is offered), Shipping or More Details, Shipping Weight or Item Package Weight."
)
_PATCHES: Final = {
    "preview": "Amazon would accept it",
    PatchState.ASKED.value: "sent to Amazon, no answer yet",
    PatchState.QUEUED.value: "sent to Amazon",
    PatchState.TAKEN.value: "Amazon shows it now",
    PatchState.LOST.value: "Amazon confirmed receipt, but does not show it",
    PatchState.REFUSED.value: "refused by Amazon",
}


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What Amazon has against a weight."""

    code: str
    severity: str
    message: str


class RefusedWeight(msgspec.Struct, frozen=True, kw_only=True):
    """A weight or customs data that was given and is not kept; with its line where it came from a file."""

    line: int | UnsetType = UNSET
    sku: str | None
    problem: ProblemName
    message: str


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A product and what was found. `listing` is where it can be edited; `at_amazon` what became of a weight sent.

    `orders_abroad` are those of its open orders that leave the customs union.
    """

    sku: str
    asin: str | None
    title: str | None
    weight_grams: int | None
    source: Source | None
    finding: Finding
    suggestion_grams: int | None
    open_orders: int
    hs_code: str | None
    country_of_origin: str | None
    customs: CustomsState
    orders_abroad: int
    reason: str
    suggestion_source: SuggestionSource | None
    listing: str | None
    listed: bool | None
    suppressed: bool
    at_amazon: PatchState | None


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A weight that was sent to Amazon, or of which Amazon was asked what it would say."""

    sku: str
    weight_grams: int
    state: str
    issues: list[Issue]
    problem: ProblemName | None
    message: str


class WeightsDocument(Document, frozen=True, kw_only=True):
    """`check-weights --json`."""

    store: str
    skus: list[Sku]
    summary: dict[str, int]
    set: int
    forgotten: int
    refused: list[RefusedWeight]
    patches: list[Patch]
    passed_over: int
    orders_without_weight: int
    customs_summary: dict[str, int]
    customs_set: int
    customs_forgotten: int
    orders_without_customs: int
    api_calls: dict[str, int]
    file: str | UnsetType = UNSET
    error: MaybeFailure = UNSET


def show(
    console: Console,
    report: CheckReport,
    refused: Sequence[WeightRefusal],
    *,
    output: Path | None,
    options: CheckOptions,
    source: Path | None = None,
) -> Exit:
    """Give the result and the exit code, and write the table where one is wanted. `source` is the file of `--from`."""
    written = None
    if output and (report.skus or report.problem is None):
        with whole_file(output) as file:
            written = write_weight_csv(file, [checked.entry for checked in report.skus])

    def document(error: MaybeFailure = UNSET) -> WeightsDocument:
        return _document(report, refused, output=output if written is not None else None, error=error)

    if report.problem is None or (report.skus and not console.as_json):
        console.result(document, lambda: _print(console, report, dry_run=options.dry_run))
        if report.problem is None and not console.as_json:
            for told in _without_effect(report, options, None if refused else source):
                console.line(told)
        if output and not console.as_json:
            products = counted(written or 0, "product")
            console.say(f"{products} written to {output}. Fill in what is missing and pass the file to --from.")
    if not console.as_json:
        _tell_customs(console, report)
        for entry in refused:
            console.tell(reason(entry.message, entry.problem))
        for refusal in report.refused:
            console.tell(reason(refusal.message, refusal.problem))
    if problem := report.problem:
        return Exit(console.fail(problem, lambda: document(failure(problem))))
    return Exit.DONE if report.complete and not refused else Exit.PARTLY


def _document(
    report: CheckReport, refused: Sequence[WeightRefusal], *, output: Path | None, error: MaybeFailure
) -> WeightsDocument:
    return WeightsDocument(
        store=report.store,
        skus=[_sku(checked) for checked in report.skus],
        summary=report.findings,
        set=report.set_here,
        forgotten=report.forgotten,
        refused=[msgspec.convert(entry, RefusedWeight, from_attributes=True) for entry in (*refused, *report.refused)],
        patches=[_patch(outcome) for outcome in report.patches],
        passed_over=report.passed_over,
        orders_without_weight=report.missing_orders,
        customs_summary=report.customs_states,
        customs_set=report.customs_set,
        customs_forgotten=report.customs_forgotten,
        orders_without_customs=report.customs.orders,
        api_calls=dict(sorted(report.api_calls.items())),
        file=path_text(output) if output else UNSET,
        error=error,
    )


def _sku(checked: Checked) -> Sku:
    listing, verdict = checked.listing, checked.entry.verdict
    return Sku(
        sku=listing.sku,
        asin=listing.asin,
        title=listing.title,
        weight_grams=verdict.weight_grams,
        source=verdict.source,
        finding=verdict.finding,
        suggestion_grams=verdict.suggestion_grams,
        open_orders=checked.entry.open_orders,
        hs_code=checked.entry.customs.hs_code,
        country_of_origin=checked.entry.customs.country_of_origin,
        customs=checked.entry.customs_state,
        orders_abroad=checked.entry.orders_abroad,
        reason=verdict.reason,
        suggestion_source=verdict.suggestion_source,
        listing=checked.entry.listing_link,
        listed=listing.is_listed,
        suppressed=listing.is_suppressed,
        at_amazon=listing.patch.state if listing.patch else None,
    )


def _patch(outcome: PatchOutcome) -> Patch:
    return Patch(
        sku=outcome.sku,
        weight_grams=outcome.grams,
        state=outcome.state,
        issues=msgspec.convert(outcome.issues, list[Issue], from_attributes=True),
        problem=outcome.problem,
        message=outcome.message,
    )


def _without_effect(report: CheckReport, options: CheckOptions, source: Path | None) -> Iterator[str]:
    """What was asked for and had nothing to work on."""
    if options.accept_suggestions and not report.accepted:
        yield "There is no suggested weight to accept."
    if source and not (options.weights or options.customs):
        yield f"{source} has no weight and no customs data that is new."
    if options.apply and not (report.patches or report.passed_over):
        yield "No weight was set here, so there is nothing to write to Amazon's listings."


def _print_forgotten(console: Console, report: CheckReport, *, dry_run: bool) -> None:
    if report.forgotten:
        done = "would be dropped" if dry_run else "dropped"
        console.line(f"{counted(report.forgotten, 'weight')} set here {done}: Amazon's weight counts again.")
    for sku in report.never_set:
        console.line(f"{sku}: no weight and no customs data were set here, so there is nothing to drop.")


def _print(console: Console, report: CheckReport, *, dry_run: bool) -> None:
    findings = [checked for checked in report.skus if checked.entry.verdict.finding is not Finding.OK]
    found = ", ".join(f"{count} {finding}" for finding, count in report.findings.items() if count)
    console.line(f"{report.store}: {counted(len(report.skus), 'product')} checked{': ' + found if found else ''}.")
    if findings:
        console.line()
        console.table(
            ("SKU", "TITLE", "WEIGHT", "FINDING", "SUGGESTED", "OPEN ORDERS"),
            [_row(checked) for checked in findings[:_MOST_SHOWN]],
            keys=("SKU",),
            right=("WEIGHT", "SUGGESTED", "OPEN ORDERS"),
        )
        if len(findings) > _MOST_SHOWN:
            console.line(f"and {len(findings) - _MOST_SHOWN} more; --output FILE.csv writes them all")
        console.line()
        for checked in findings[:_MOST_SHOWN]:
            if words := _in_words(checked):
                console.line(f"{checked.listing.sku}: {words}")
    _print_customs(console, report)
    if report.set_here:
        done = "would be set" if dry_run else "set"
        console.line(f"{counted(report.set_here, 'weight')} {done} here.")
    _print_forgotten(console, report, dry_run=dry_run)
    for count, done, would in (
        (report.customs_set, "set", "would be set"),
        (report.customs_forgotten, "dropped", "would be dropped"),
    ):
        if count:
            console.line(f"Customs data of {counted(count, 'product')} {would if dry_run else done} here.")
    links = {checked.listing.sku: checked.entry.listing_link for checked in report.skus}
    for outcome in report.patches:
        _print_patch(console, outcome, links.get(outcome.sku))
    if report.passed_over:
        console.line(
            f"{counted(report.passed_over, 'weight')} not sent again, because Amazon refused or lost "
            f"{by_number(report.passed_over, 'it', 'them')} before. Use --set with --apply to try once more."
        )
    if findings or any(not outcome.is_taken for outcome in report.patches):
        command = f"`amzlink check-weights --set SKU=0.45kg{console.option_of(report.store)}`"
        console.say(f"Set a weight with {command}; with --apply Amazon's listing gets it too.")
        if any(checked.entry.open_orders and checked.entry.verdict.suggestion_grams for checked in findings):
            accept = f"`amzlink check-weights --accept-suggestions{console.option_of(report.store)}`"
            console.say(f"{accept} sets the suggested weights.")
        console.say(_BY_HAND)


def _print_customs(console: Console, report: CheckReport) -> None:
    """The products whose customs data is missing, or cannot be right."""
    lacking = [
        checked.entry
        for checked in report.skus
        if checked.entry.customs_state in (CustomsState.MISSING, CustomsState.INVALID)
    ]
    if not lacking:
        return
    lacking.sort(key=lambda entry: (-entry.orders_abroad, entry.sku))
    if any(map(_in_words, report.skus)):
        console.line()
    console.line("Customs data, for orders that leave the customs union:")
    console.line()
    console.table(
        ("SKU", "TITLE", "HS CODE", "ORIGIN", "CUSTOMS", "ORDERS"),
        [
            (
                entry.sku,
                entry.title or "",
                entry.customs.hs_code or "",
                entry.customs.country_of_origin or "",
                entry.customs_state.value,
                str(entry.orders_abroad or ""),
            )
            for entry in lacking[:_MOST_SHOWN]
        ],
        keys=("SKU",),
        right=("ORDERS",),
    )
    if len(lacking) > _MOST_SHOWN:
        console.line(f"and {len(lacking) - _MOST_SHOWN} more; --output FILE.csv writes them all")
    console.line()


def _tell_customs(console: Console, report: CheckReport) -> None:
    """What is missing, with the command that sets it."""
    if problem := customs_problem(report.customs, report.store):
        console.warn(problem)
        settings = dict(list(customs_settings(report.customs).items())[:_MOST_IN_A_COMMAND])
        if len(settings) > 1:
            command = customs_command(products=settings, store_option=console.option_of(report.store))
            console.say(f"Several products in one command: `{command}`")


def _in_words(checked: Checked) -> str:
    """What the table's columns do not say."""
    verdict, listing = checked.entry.verdict, checked.listing
    words = []
    if listing.is_listed is False:
        words.append("The account has no listing with this SKU any more.")
    elif listing.is_suppressed:
        words.append("Amazon suppressed its listing.")
    if verdict.finding is Finding.IMPLAUSIBLE or (listing.unknown_unit and verdict.finding is not Finding.OK):
        words.append(verdict.reason)
    return " ".join(words)


def _row(checked: Checked) -> tuple[str, ...]:
    """The weight that stands there, also where it cannot be right: that is what a person looks for."""
    verdict = checked.entry.verdict
    weight = verdict.found_grams if verdict.found_grams is not None else verdict.weight_grams
    return (
        checked.listing.sku,
        checked.listing.title or "",
        spell_grams(weight) if weight is not None else "",
        verdict.finding.value,
        spell_grams(verdict.suggestion_grams) if verdict.suggestion_grams else "",
        str(checked.entry.open_orders or ""),
    )


def _print_patch(console: Console, outcome: PatchOutcome, link: str | None) -> None:
    words = f"{outcome.sku}, {spell_grams(outcome.grams)}: {_PATCHES[outcome.state]}. {outcome.message}"
    console.line(words.rstrip())
    for issue in outcome.issues:
        console.line(f"  {issue.severity.lower()} {issue.code}: {issue.message}")
    if not outcome.is_taken and link:
        console.line(f"  in Seller Central: {link}")
