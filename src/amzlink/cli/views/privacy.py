"""How the result of purge-pii looks, to a program and to a person."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.alarms import Alarms
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, MaybeWarned, failure_or_unset, moment, path_text
from amzlink.cli.views.runs import RunView, show_runs
from amzlink.cli.views.words import by_number, counted
from amzlink.core.orders.story import Wait
from amzlink.core.privacy.retention import Rule
from amzlink.jobs.privacy.purge import PurgeReport
from amzlink.problems import Exit
from amzlink.problems.words import local_day

WHY_PURGED: Final = {
    Rule.OPEN: "still to ship",
    Rule.NOT_CONFIRMED: "not confirmed, then cancelled by Amazon",
    Rule.CANCELLED: "cancelled",
    Rule.DELIVERED: "delivered, and past its retention date",
    Rule.SHIPPED: "shipped, and past its retention date",
    Rule.DELIVERY_UNKNOWN: "shipped, its delivery was never reported",
    Rule.REQUESTED: "on request",
}
_MOST_LISTED: Final = 50
_AT_SENDCLOUD: Final = frozenset({Wait.LABEL, Wait.LABEL_IN_THE_MAKING, Wait.SENDCLOUD_STORES, Wait.CHANGE_REFUSED})
_WITH_PARCEL: Final = frozenset(
    {Wait.NEXT_PUSH, Wait.SCAN, Wait.AMAZONS_ANSWER, Wait.CONFIRM_BY_HAND, Wait.DO_NOT_SHIP}
)
_CONFIRMED: Final = frozenset({Wait.AMAZON_SHOWS, Wait.AMAZON_CONFIRMS})


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of which Sendcloud had a copy."""

    deleted: int
    left: int


class DueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose personal data would go: the rule, and the day on which its time was over."""

    order_id: str
    rule: Rule
    since: date | None


class StorePurge(msgspec.Struct, frozen=True, kw_only=True):
    """What the purge of one store did. All but the times count orders.

    `left_out`: another run had just done the store.
    """

    store: str
    purged: int
    archived: int
    archive: str | None
    kept: int
    next_due: datetime | None
    forgotten: int
    copies_at_sendcloud: Copies
    dry_run: bool | UnsetType = UNSET
    orders: list[DueOrder] | UnsetType = UNSET
    left_out: bool | UnsetType = UNSET
    error: MaybeFailure = UNSET


class PurgeDocument(Document, frozen=True, kw_only=True):
    """`purge-pii --json`."""

    stores: list[StorePurge]
    error: MaybeFailure = UNSET
    warnings: MaybeWarned = UNSET


def show(
    console: Console, alarms: Alarms | None, reports: Sequence[PurgeReport], *, dry_run: bool, asked: bool
) -> Exit:
    """Give the result and the exit code. What was `asked` for is answered in a pipe too."""
    view: RunView[PurgeReport] = RunView(
        document=lambda error, warnings: PurgeDocument(
            stores=[_store(report, dry_run=dry_run) for report in reports], error=error, warnings=warnings
        ),
        show=lambda report: _print(console, report, dry_run=dry_run),
        has_news=lambda report: bool(report.purged),
        complete=lambda report: report.problem is None,
        always=asked,
        total=lambda counts: f"personal data deleted for {counted(counts['purged'], 'order')}",
    )
    return show_runs(console, alarms, reports, view)


def before_shipping(order_id: str, wait: Wait, *, deleted_there_too: bool) -> str:
    """What is lost with the data of an order that is still to ship; empty where nothing is."""
    if wait in _CONFIRMED:
        return ""
    still = f"The order {order_id} still has to be shipped."
    if wait in _WITH_PARCEL:
        return (
            f"{still} The tracking number of its parcel is deleted too. Confirm the shipment first, or enter the "
            "number in Seller Central."
        )
    if wait not in _AT_SENDCLOUD:
        return (
            f"{still} After the deletion amzlink has no address for its label and cannot send it to Sendcloud. The "
            "address is then only in Seller Central."
        )
    if deleted_there_too:
        return f"{still} Make its label in Sendcloud first."
    return f"{still} Sendcloud keeps its copy, and the label can still be made there."


def at_sendcloud_too(order_id: str) -> str:
    """What is said before an order's data is deleted, where Sendcloud's copy goes with it."""
    return f"The order {order_id} is deleted at Sendcloud too. A parcel there keeps its copy of the address."


def _store(report: PurgeReport, *, dry_run: bool) -> StorePurge:
    due = [DueOrder(order_id=due.order_id, rule=due.rule, since=due.since) for due in report.due]
    return StorePurge(
        store=report.store,
        purged=len(report.due) if dry_run else report.purged,
        archived=report.archived,
        archive=path_text(report.archive) if report.archive else None,
        kept=report.kept,
        next_due=moment(report.next_due),
        forgotten=report.forgotten,
        copies_at_sendcloud=Copies(deleted=report.copies_deleted, left=report.copies_left),
        dry_run=dry_run or UNSET,
        orders=due if dry_run else UNSET,
        left_out=report.left_out or UNSET,
        error=failure_or_unset(report.problem),
    )


def _print(console: Console, report: PurgeReport, *, dry_run: bool) -> None:
    done = (
        f"would be deleted for {counted(len(report.due), 'order')}"
        if dry_run
        else (f"deleted for {counted(report.purged, 'order')}")
    )
    next_due = f" (next deletion: {local_day(report.next_due.date())})" if report.next_due else ""
    console.line(f"{report.store}: personal data {done}, kept for {report.kept}{next_due}.")
    if dry_run:
        for due in report.due[:_MOST_LISTED]:
            since = f" (until {local_day(due.since)})" if due.since else ""
            console.line(f"{WHY_PURGED[due.rule]}{since}", lead=f"  {due.order_id}  ")
        if len(report.due) > _MOST_LISTED:
            console.line(f"and {len(report.due) - _MOST_LISTED} more; --json lists them all", lead="  ")
    if report.gone_since:
        console.line(f"The order has had no personal data since {local_day(report.gone_since.date())}.", lead="  ")
    if report.archive:
        archived = counted(report.archived, "order")
        console.line(f"{archived} archived in {report.archive}; move the file off this machine.", lead="  ")
    if report.forgotten:
        console.line(f"{counted(report.forgotten, 'old order')} removed completely.", lead="  ")
    if report.copies_deleted:
        deleted = f"{counted(report.copies_deleted, 'order')} {'would be deleted' if dry_run else 'deleted'}"
        console.line(f"{deleted} at Sendcloud; parcels there keep their copy of the address.", lead="  ")
    if report.copies_left:
        left = f"Sendcloud {'would keep' if dry_run else 'still has'} {counted(report.copies_left, 'order')}"
        it, them = by_number(report.copies_left, "it", "each"), by_number(report.copies_left, "it", "them")
        until = "for 180 days" if dry_run else f"and keeps {it} for 180 days"
        console.line(f"{left} {until}; --include-destination deletes {them} there.", lead="  ")
