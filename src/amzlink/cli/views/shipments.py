"""How the result of push-status looks, to a program and to a person."""

from collections.abc import Sequence
from typing import Any, Final

from amzlink.cli.shell.console import Console
from amzlink.jobs.push_status import PushReport
from amzlink.problems import Exit

_MOST_TOLD: Final = 20


def show(console: Console, reports: Sequence[PushReport], *, dry_run: bool) -> Exit:
    """Give the result and the exit code. One store that was stopped is the command's own failure."""
    stopped = [report for report in reports if report.problem]
    document = {"stores": [_document(report, dry_run=dry_run) for report in reports]}
    if len(reports) == 1 and stopped and stopped[0].problem:
        if console.watched and not console.as_json and any(stopped[0].counts().values()):
            _print(console, stopped[0], dry_run=dry_run)
        _tell_failed(console, reports)
        return Exit(console.fail(stopped[0].problem, document))
    for report in stopped:
        if report.problem:
            console.warn(report.problem)
    if console.watched or console.as_json:
        console.result(document, lambda: _print_all(console, reports, dry_run=dry_run))
    _tell_failed(console, reports)
    return Exit.PARTLY if stopped or any(report.failures for report in reports) else Exit.DONE


def _document(report: PushReport, *, dry_run: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "store": report.store,
        "confirmed": report.planned.confirm if dry_run else report.sent.confirmed,
        "edited": report.planned.edit if dry_run else report.sent.edited,
        "waiting": report.waiting,
        "already": report.already,
        "failed": [
            {"order_id": entry.order_id, "problem": entry.problem, "message": entry.message}
            for entry in report.failures
        ],
        "delivered": report.delivered,
        "api_calls": dict(sorted(report.api_calls.items())),
    }
    if dry_run:
        document["dry_run"] = True
    if report.problem:
        document["error"] = report.problem.as_dict()
    return document


def _print_all(console: Console, reports: Sequence[PushReport], *, dry_run: bool) -> None:
    for report in reports:
        _print(console, report, dry_run=dry_run)


def _print(console: Console, report: PushReport, *, dry_run: bool) -> None:
    if dry_run:
        said = ((report.planned.confirm, "would be confirmed"), (report.planned.edit, "would be changed"))
    else:
        said = ((report.sent.confirmed, "confirmed"), (report.sent.edited, "changed"))
    counted = (
        *said,
        (report.planned.waiting, "not ready to be confirmed"),
        (report.unanswered, "without Amazon's answer yet"),
        (report.already, "known to Amazon already"),
        (len(report.failures), "refused"),
    )
    parts = [f"{count} {words}" for count, words in counted if count]
    console.line(f"{report.store}: {'parcels: ' + ', '.join(parts) if parts else 'no news of parcels'}.")
    if report.delivered:
        console.line(f"  {report.delivered} {'order was' if report.delivered == 1 else 'orders were'} delivered.")


def _tell_failed(console: Console, reports: Sequence[PushReport]) -> None:
    if console.as_json:
        return
    for report in reports:
        for entry in report.failures[:_MOST_TOLD]:
            order = f"order {entry.order_id}: " if entry.order_id else ""
            console.tell(f"{report.store}: {order}{entry.message} ({entry.problem})")
        if len(report.failures) > _MOST_TOLD:
            console.tell(f"{report.store}: and {len(report.failures) - _MOST_TOLD} more; --json lists them all.")
