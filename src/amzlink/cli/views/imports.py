"""How the result of an import looks, to a program and to a person."""

from collections.abc import Sequence
from typing import Any

from amzlink.cli.shell.console import Console
from amzlink.clock import to_iso
from amzlink.core.orders.changes import Verdict
from amzlink.jobs.import_orders import ImportReport, stops
from amzlink.problems import Exit


def show(console: Console, reports: Sequence[ImportReport], *, dry_run: bool) -> Exit:
    """Give the result and the exit code. One store that was stopped is the command's own failure."""
    failed = [report for report in reports if report.problem]
    if len(reports) == 1 and failed and failed[0].problem and stops(failed[0].problem):
        if not console.as_json and console.watched and failed[0].tally.fetched:
            _print(console, failed[0], dry_run=dry_run)
        _tell_refused(console, failed[0])  # they are told once, and this is the run that met them
        return Exit(console.fail(failed[0].problem, {"stores": [_document(failed[0])]}))
    for report in failed:
        if report.problem:
            console.warn(report.problem)
    if console.watched or console.as_json:
        console.result(
            {"stores": [_document(report) for report in reports]},
            lambda: _print_all(console, reports, dry_run=dry_run),
        )
    for report in reports:
        _tell_refused(console, report)
    return Exit.DONE if all(report.complete for report in reports) else Exit.PARTLY


def _document(report: ImportReport) -> dict[str, Any]:
    tally, window = report.tally, report.window
    document: dict[str, Any] = {
        "store": report.store,
        "window": {"from": to_iso(window[0]) if window else None, "to": to_iso(window[1]) if window else None},
        "route": report.route,
        "fetched": tally.fetched,
        **{verdict.value: tally.verdicts[verdict] for verdict in Verdict},
        "held": dict(sorted(tally.held.items())),
        "missing_weight": tally.missing_weight,
        "sent": report.sent.sent,
        "refused": [
            {"order_id": entry.order_id, "problem": entry.problem, "message": entry.message} for entry in report.refused
        ],
        "api_calls": dict(sorted(report.api_calls.items())),
        "seconds": round(report.seconds, 1),
    }
    if report.problem:
        document["error"] = report.problem.as_dict()
    return document


def _print_all(console: Console, reports: Sequence[ImportReport], *, dry_run: bool) -> None:
    for report in reports:
        _print(console, report, dry_run=dry_run)


def _print(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    tally = report.tally
    verdicts = tally.verdicts
    parts = [
        f"{verdicts[verdict]} {words}"
        for verdict, words in (
            (Verdict.NEW, "would be new" if dry_run else "new"),
            (Verdict.UPDATED, "would change" if dry_run else "changed"),
            (Verdict.UNCHANGED, "as before"),
            (Verdict.PENDING, "not payable yet"),
        )
        if verdicts[verdict]
    ]
    orders = "1 order" if tally.fetched == 1 else f"{tally.fetched} orders"
    console.line(
        f"{report.store}: {orders} came from Amazon in {_calls(report)} and {_duration(report.seconds)}"
        f"{': ' if parts else ''}{', '.join(parts)}."
    )
    if to_sendcloud := _to_sendcloud(report):
        console.line(f"  Sendcloud: {', '.join(to_sendcloud)}.")
    if tally.missing_weight:
        orders = "1 order" if tally.missing_weight == 1 else f"{tally.missing_weight} orders"
        console.line(f"  Without a weight: {orders} to ship; `amzlink check-weights` shows the products.")
    if tally.held:
        console.line("  Held: " + ", ".join(f"{count} {hold}" for hold, count in sorted(tally.held.items())) + ".")


def _to_sendcloud(report: ImportReport) -> list[str]:
    sent = report.sent
    return [
        f"{count} {words}"
        for count, words in (
            (sent.sent, "sent"),
            (sent.would_send, "would be sent"),
            (sent.recalled, "taken back"),
            (len(sent.refused), "refused"),
            (len(sent.too_late), "with a parcel that should not go out"),
        )
        if count
    ]


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 1 else "less than a second"


def _calls(report: ImportReport) -> str:
    count = sum(report.api_calls.values())
    return f"{count} call" if count == 1 else f"{count} calls"


def _tell_refused(console: Console, report: ImportReport) -> None:
    if console.as_json:
        return
    for entry in report.tally.refused:
        number = entry.order_id or "(no number)"
        console.tell(f"{report.store}: order {number} was not taken in: {entry.message} ({entry.problem})")
    for entry in report.sent.refused:
        console.tell(f"{report.store}: order {entry.order_id} is not at Sendcloud: {entry.message} ({entry.problem})")
