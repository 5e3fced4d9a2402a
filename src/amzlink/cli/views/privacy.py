"""How the result of purge-pii looks, to a program and to a person."""

from collections.abc import Sequence
from typing import Any, Final

from amzlink.cli.shell.console import Console
from amzlink.clock import to_iso
from amzlink.core.privacy.retention import Rule
from amzlink.jobs.privacy.purge import PurgeReport
from amzlink.problems import Exit

WHY_PURGED: Final = {
    Rule.OPEN: "still to ship",
    Rule.NOT_CONFIRMED: "not confirmed, and cancelled by Amazon since",
    Rule.CANCELLED: "cancelled",
    Rule.DELIVERED: "delivered, and its time is over",
    Rule.SHIPPED: "shipped, and its time is over",
    Rule.DELIVERY_UNKNOWN: "shipped; its delivery was never heard of",
    Rule.REQUESTED: "on request",
}
_MOST_LISTED: Final = 50


def show(console: Console, reports: Sequence[PurgeReport], *, dry_run: bool) -> Exit:
    """Give the result and the exit code. One store that was stopped is the command's own failure."""
    stopped = [report for report in reports if report.problem]
    document = {"stores": [_document(report, dry_run=dry_run) for report in reports]}
    if len(reports) == 1 and stopped and stopped[0].problem:
        if console.watched and not console.as_json and stopped[0].purged:
            _print(console, stopped[0], dry_run=dry_run)
        return Exit(console.fail(stopped[0].problem, document))
    for report in stopped:
        if report.problem:
            console.warn(report.problem)
    if console.watched or console.as_json or dry_run:  # what would go is what was asked for
        console.result(document, lambda: _print_all(console, reports, dry_run=dry_run))
    return Exit.PARTLY if stopped else Exit.DONE


def _document(report: PurgeReport, *, dry_run: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "store": report.store,
        "purged": len(report.due) if dry_run else report.purged,
        "archived": report.archived,
        "archive": str(report.archive) if report.archive else None,
        "kept": report.kept,
        "next_due": to_iso(report.next_due) if report.next_due else None,
        "forgotten": report.forgotten,
        "copies_at_sendcloud": {"deleted": report.copies_deleted, "left": report.copies_left},
    }
    if dry_run:
        document["dry_run"] = True
        document["orders"] = [
            {"order_id": due.order_id, "rule": due.rule.value, "since": due.since.isoformat() if due.since else None}
            for due in report.due
        ]
    if report.problem:
        document["error"] = report.problem.as_dict()
    return document


def _print_all(console: Console, reports: Sequence[PurgeReport], *, dry_run: bool) -> None:
    for report in reports:
        _print(console, report, dry_run=dry_run)


def _print(console: Console, report: PurgeReport, *, dry_run: bool) -> None:
    next_due = f"; the next of it goes on {report.next_due:%Y-%m-%d}" if report.next_due else ""
    done = f"{len(report.due)} would be destroyed" if dry_run else f"{report.purged} destroyed"
    console.line(f"{report.store}: personal data of orders: {done}, {report.kept} kept{next_due}.")
    if dry_run:
        for due in report.due[:_MOST_LISTED]:
            since = f" (until {due.since})" if due.since else ""
            console.line(f"  {due.order_id}  {WHY_PURGED[due.rule]}{since}")
        if len(report.due) > _MOST_LISTED:
            console.line(f"  and {len(report.due) - _MOST_LISTED} more; --json lists them all")
    if report.gone_since:
        console.line(f"  Of the order nothing personal is left, since {report.gone_since:%Y-%m-%d}.")
    if report.archive:
        console.line(f"  {report.archived} archived in {report.archive}; move it off this machine.")
    if report.forgotten:
        console.line(f"  {report.forgotten} old orders were removed as a whole.")
    if report.copies_deleted:
        console.line(
            f"  {report.copies_deleted} deleted at Sendcloud; parcels made there keep their copy of the address."
        )
    if report.copies_left:
        console.line(
            f"  {report.copies_left} orders lie at Sendcloud too, for 180 days; "
            "--include-destination deletes them there."
        )
