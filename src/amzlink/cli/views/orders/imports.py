"""How the result of an import looks, to a program and to a person."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, failure_or_unset, moment
from amzlink.cli.views.runs import RefusedOrder, RunView, refused_orders, show_runs
from amzlink.cli.views.words import counted, reason
from amzlink.core.orders.changes import Verdict
from amzlink.jobs.import_orders import ImportReport, stops
from amzlink.problems import Exit


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The times between which changes were asked for; None where no search was made."""

    start: datetime | None
    end: datetime | None


class StoreImport(msgspec.Struct, frozen=True, kw_only=True):
    """What the import of one store did. All but `seconds` and `api_calls` count orders."""

    store: str
    window: Window
    route: str
    fetched: int
    new: int
    updated: int
    unchanged: int
    pending: int
    held: dict[str, int]
    missing_weight: int
    sent: int
    refused: list[RefusedOrder]
    api_calls: dict[str, int]
    seconds: float
    error: MaybeFailure = UNSET


class ImportDocument(Document, frozen=True, kw_only=True):
    """`import-orders --json`."""

    stores: list[StoreImport]
    error: MaybeFailure = UNSET


def show(console: Console, reports: Sequence[ImportReport], *, dry_run: bool) -> Exit:
    """Give the result and the exit code."""
    view: RunView[ImportReport] = RunView(
        document=lambda error: ImportDocument(stores=[_store(report) for report in reports], error=error),
        show=lambda report: _print(console, report, dry_run=dry_run),
        has_news=lambda report: bool(report.tally.fetched),
        complete=lambda report: report.complete,
        tell_refused=lambda report: _tell_refused(console, report),  # once, by the run that met them
        stops=stops,
    )
    return show_runs(console, reports, view)


def _store(report: ImportReport) -> StoreImport:
    tally = report.tally
    start, end = report.window or (None, None)
    return StoreImport(
        store=report.store,
        window=Window(start=moment(start), end=moment(end)),
        route=report.route,
        fetched=tally.fetched,
        new=tally.verdicts[Verdict.NEW],
        updated=tally.verdicts[Verdict.UPDATED],
        unchanged=tally.verdicts[Verdict.UNCHANGED],
        pending=tally.verdicts[Verdict.PENDING],
        held=dict(sorted(tally.held.items())),
        missing_weight=tally.missing_weight,
        sent=report.sent.sent,
        refused=refused_orders(report.refused),
        api_calls=dict(sorted(report.api_calls.items())),
        seconds=round(report.seconds, 1),
        error=failure_or_unset(report.problem),
    )


def _print(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    tally = report.tally
    verdicts = tally.verdicts
    parts = [
        f"{verdicts[verdict]} {words}"
        for verdict, words in (
            (Verdict.NEW, "would be new" if dry_run else "new"),
            (Verdict.UPDATED, "would change" if dry_run else "changed"),
            (Verdict.UNCHANGED, "unchanged"),
            (Verdict.PENDING, "awaiting payment"),
        )
        if verdicts[verdict]
    ]
    brackets = f" ({', '.join(parts)})" if parts else ""
    console.line(
        f"{report.store}: {counted(tally.fetched, 'order')} from Amazon{brackets} "
        f"in {_duration(report.seconds)}, {counted(sum(report.api_calls.values()), 'call')}."
    )
    if to_sendcloud := _to_sendcloud(report):
        console.line(f"Sendcloud: {', '.join(to_sendcloud)}.", lead="  ")
    if missing := tally.missing_weight:
        products = f"`amzlink check-weights{console.option_of(report.store)}` shows the products"
        console.line(f"Without a weight: {counted(missing, 'order')} to ship; {products}.", lead="  ")
    if tally.held:
        console.line(
            "On hold: " + ", ".join(f"{count} {hold}" for hold, count in sorted(tally.held.items())) + ".", lead="  "
        )


def _to_sendcloud(report: ImportReport) -> list[str]:
    sent = report.sent
    return [
        f"{counted(count, 'order')} {words}"
        for count, words in (
            (sent.sent, "sent"),
            (sent.would_send, "would be sent"),
            (sent.recalled, "withdrawn"),
            (len(sent.refused), "refused"),
            (len(sent.too_late), "with a parcel that should not be shipped"),
        )
        if count
    ]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else "less than a second"


def _tell_refused(console: Console, report: ImportReport) -> None:
    for entry in report.tally.refused:
        why = reason(entry.message, entry.problem)
        console.tell(f"{report.store}: order {entry.order_id or '(no number)'} was not imported: {why}")
    for entry in report.sent.refused:
        console.tell(
            f"{report.store}: order {entry.order_id} is not at Sendcloud: {reason(entry.message, entry.problem)}"
        )
