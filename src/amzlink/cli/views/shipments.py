"""How the result of push-status looks, to a program and to a person."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.amazon.carriers import nearest_code
from amzlink.cli.shell.alarms import Alarms, Saying
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, failure_or_unset
from amzlink.cli.views.runs import RefusedOrder, RunView, refused_orders, show_runs
from amzlink.cli.views.words import by_number, counted, reason
from amzlink.jobs.push_status import PushReport
from amzlink.problems import Exit
from amzlink.problems.shipments import set_carrier_command

_MOST_TOLD: Final = 20
# By the setting `update_status_when`.
_WAIT_FOR: Final = {"processed": "for the carrier's first scan", "announced": "to be announced to the carrier"}


class OtherCarrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier that goes as `Other`, with how many parcels, and the command that gives it one of Amazon's codes.

    `code` is the one that may be meant, as far as the names tell.
    """

    carrier: str
    parcels: int
    code: str | None
    command: str


def other_carriers(console: Console, store: str, carriers: Mapping[str, int]) -> list[OtherCarrier]:
    """Carriers that go as `Other`, the most frequent first. Where Amazon's list has one much like it, that is meant."""
    option = console.option_of(store)
    return [
        OtherCarrier(
            carrier=name,
            parcels=count,
            code=(code := nearest_code(name)),
            command=set_carrier_command(name, code, option),
        )
        for name, count in sorted(carriers.items(), key=lambda item: (-item[1], item[0]))
    ]


class StorePush(msgspec.Struct, frozen=True, kw_only=True):
    """What the run of one store did. All count parcels, but for `delivered`, which counts orders."""

    store: str
    confirmed: int
    edited: int
    waiting: int
    already: int
    failed: list[RefusedOrder]
    delivered: int
    api_calls: dict[str, int]
    as_other: list[OtherCarrier]
    dry_run: bool | UnsetType = UNSET
    error: MaybeFailure = UNSET


class PushDocument(Document, frozen=True, kw_only=True):
    """`push-status --json`."""

    stores: list[StorePush]
    error: MaybeFailure = UNSET


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
        document=lambda error: PushDocument(
            stores=[_store(console, report, dry_run=dry_run) for report in reports], error=error
        ),
        show=lambda report: _print(console, report, triggers[report.store], dry_run=dry_run),
        has_news=lambda report: any(report.counts().values()),
        complete=lambda report: not (report.problem or report.failures),
        sayings=_sayings,
        most_told=_MOST_TOLD,
        always=asked,
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
        dry_run=dry_run or UNSET,
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
            (len(report.failures), "refused"),
        )
        if count
    ]
    # The first number says what is counted.
    said = [f"{count if at else counted(count, 'parcel')} {words}" for at, (count, words) in enumerate(parts)]
    console.line(f"{report.store}: {', '.join(said) or 'no changes to parcels'}.")
    if report.delivered:
        console.line(f"{counted(report.delivered, 'order')} delivered.", lead="  ")
    for other in other_carriers(console, report.store, planned.as_other):
        console.line(tell_other(other), lead="  ")


def tell_other(other: OtherCarrier) -> str:
    """What a person can do about a carrier that goes as `Other`."""
    parcels = by_number(other.parcels, "1 parcel goes", f"{other.parcels} parcels go")
    what = f"{parcels} to Amazon with the carrier Other, as {other.carrier}."
    if other.code is None:
        return f"{what} If Seller Central lists this carrier, run `{other.command}` with its spelling there as CODE."
    return f"{what} Amazon may list it as {other.code}: `{other.command}`."


def _sayings(report: PushReport) -> list[Saying]:
    return [
        Saying(
            order_id=entry.order_id,
            problem=entry.problem,
            one="was not confirmed to Amazon",
            many="were not confirmed to Amazon",
            why=reason(entry.message, entry.problem),
        )
        for entry in report.failures
    ]
