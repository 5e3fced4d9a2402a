"""How the result of push-status looks, to a program and to a person."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.alarms import Alarms, Saying
from amzlink.cli.shell.alike import several
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, MaybeWarned, failure_or_unset
from amzlink.cli.views.carriers import OtherCarrier, other_carriers, tell_other
from amzlink.cli.views.runs import RefusedOrder, RunView, refused_orders, show_runs
from amzlink.cli.views.words import by_number, counted
from amzlink.jobs.push_status import PushReport
from amzlink.problems import Exit

_MOST_TOLD: Final = 20
# By the setting `update_status_when`.
_WAIT_FOR: Final = {"processed": "for the carrier's first scan", "announced": "to be announced to the carrier"}


class StorePush(msgspec.Struct, frozen=True, kw_only=True):
    """What the run of one store did. All count parcels, but for `delivered`, which counts orders.

    `amazon_confirms` are of orders that Amazon confirms by itself. `nothing_left` are not confirmed, because other
    parcels hold all their items, `data_deleted` because the personal data of their orders is deleted, and with it the
    tracking numbers. `waiting_without_number` are those of `waiting` that may never be scanned. `unknown_statuses` are
    Sendcloud's that amzlink does not know, with the number of parcels. `left_out`: another run had just done the store.
    """

    store: str
    confirmed: int
    edited: int
    waiting: int
    already: int
    failed: list[RefusedOrder]
    delivered: int
    api_calls: dict[str, int]
    as_other: list[OtherCarrier]
    amazon_confirms: int
    nothing_left: int
    waiting_without_number: int
    data_deleted: int
    unknown_statuses: dict[str, int]
    dry_run: bool | UnsetType = UNSET
    left_out: bool | UnsetType = UNSET
    error: MaybeFailure = UNSET


class PushDocument(Document, frozen=True, kw_only=True):
    """`push-status --json`."""

    stores: list[StorePush]
    error: MaybeFailure = UNSET
    warnings: MaybeWarned = UNSET


def show(
    console: Console,
    alarms: Alarms | None,
    reports: Sequence[PushReport],
    triggers: Mapping[str, str],
    *,
    dry_run: bool,
    asked: bool,
) -> Exit:
    """Give the result and the exit code. `triggers` are the stores' settings of when a parcel is confirmed.

    What was `asked` for is answered in a pipe too.
    """
    view: RunView[PushReport] = RunView(
        document=lambda error, warnings: PushDocument(
            stores=[_store(console, report, dry_run=dry_run) for report in reports], error=error, warnings=warnings
        ),
        show=lambda report: _print(console, report, triggers.get(report.store, "processed"), dry_run=dry_run),
        has_news=lambda report: any(
            (
                *report.counts().values(),
                *report.unknown_statuses.values(),
                report.amazon_confirms,
                report.nothing_left,
                report.data_deleted,
            )
        ),
        complete=lambda report: not (report.problem or report.failures),
        gets_further=lambda report: bool(report.sent.confirmed or report.sent.edited),
        sayings=_sayings,
        most_told=_MOST_TOLD,
        always=asked,
        total=lambda counts: f"{counted(counts['confirmed'], 'parcel')} confirmed, {counts['waiting']} waiting",
    )
    return show_runs(console, alarms, reports, view)


def _store(console: Console, report: PushReport, *, dry_run: bool) -> StorePush:
    return StorePush(
        store=report.store,
        confirmed=report.planned.confirm if dry_run else report.sent.confirmed,
        edited=report.planned.edit if dry_run else report.sent.edited,
        waiting=report.waiting,
        already=report.already,
        failed=refused_orders(report.failures),
        delivered=report.delivered,
        api_calls=dict(sorted(report.api_calls.items())),
        as_other=other_carriers(console, report.store, report.planned.as_other),
        amazon_confirms=report.amazon_confirms,
        nothing_left=report.nothing_left,
        waiting_without_number=report.planned.numberless,
        data_deleted=report.data_deleted,
        unknown_statuses=dict(sorted(report.unknown_statuses.items())),
        dry_run=dry_run or UNSET,
        left_out=report.left_out or UNSET,
        error=failure_or_unset(report.problem),
    )


def _print(console: Console, report: PushReport, trigger: str, *, dry_run: bool) -> None:
    planned, sent = report.planned, report.sent
    if dry_run:
        done = ((planned.confirm, "would be confirmed"), (planned.edit, "would be changed"))
    else:
        done = ((sent.confirmed, "confirmed"), (sent.edited, "changed"))
    parts = [
        (count, words)
        for count, words in (
            *done,
            (planned.waiting, f"{by_number(planned.waiting, 'waits', 'wait')} {_WAIT_FOR[trigger]}"),
            (report.unanswered, f"{by_number(report.unanswered, 'waits', 'wait')} for Amazon's answer"),
            (report.already, "already confirmed"),
            (report.amazon_confirms, "left to Amazon, which confirms the order itself"),
            (report.nothing_left, "not confirmed, because other parcels hold all the items"),
            (report.data_deleted, "not confirmed, because the personal data is deleted"),
            (len(report.failures), "refused"),
        )
        if count
    ]
    # The first number says what is counted.
    said = [f"{count if at else counted(count, 'parcel')} {words}" for at, (count, words) in enumerate(parts)]
    console.line(f"{report.store}: {', '.join(said) or 'no changes to parcels'}.")
    _print_what_stays(console, report)
    for code, count in sorted(report.unknown_statuses.items()):
        console.line(
            f"Sendcloud gives {counted(count, 'parcel')} the status {code}, which amzlink does not know. It changes "
            f"nothing here. Check the {by_number(count, 'parcel', 'parcels')} in Sendcloud.",
            lead="  ",
        )
    if report.delivered:
        console.line(f"{counted(report.delivered, 'order')} delivered.", lead="  ")
    for other in other_carriers(console, report.store, planned.as_other):
        console.line(tell_other(other), lead="  ")


def _print_what_stays(console: Console, report: PushReport) -> None:
    """Which parcels may never be confirmed, and where the order tells more."""
    planned = report.planned
    if planned.numberless:
        console.line(
            f"{planned.numberless} of these {by_number(planned.numberless, 'has', 'have')} no tracking number, so a "
            f"scan may never come. `amzlink orders list --waiting{console.store_option}` shows which.",
            lead="  ",
        )
    if orders := list(planned.nothing_left):
        console.line(
            f"Nothing is left to confirm for parcels of {several(orders)}. Amazon takes no package "
            f"without items. `amzlink orders show {orders[0]}{console.store_option}` shows the parcels.",
            lead="  ",
        )
    if orders := list(planned.deleted):
        console.line(f"Confirm these in Seller Central, Manage Orders: {several(orders)}.", lead="  ")


def _sayings(report: PushReport) -> list[Saying]:
    return [
        Saying(
            order_id=entry.order_id,
            problem=entry.problem,
            one="was not confirmed to Amazon",
            many="were not confirmed to Amazon",
            why=entry.message,
        )
        for entry in report.failures
    ]
