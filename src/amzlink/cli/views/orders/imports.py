"""How the result of an import looks, to a program and to a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.alarms import Alarms, Saying
from amzlink.cli.shell.alike import several
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, MaybeFailure, MaybeWarned, failure_or_unset, moment
from amzlink.cli.views.runs import RefusedOrder, RunView, refused_orders, show_runs
from amzlink.cli.views.words import counted, reason, span
from amzlink.clock import local_time
from amzlink.core.orders.changes import Verdict
from amzlink.core.orders.route import RouteChoice
from amzlink.jobs.import_orders import ImportReport, stops
from amzlink.problems import Exit, ProblemName, services
from amzlink.problems.orders import spell_incomplete
from amzlink.problems.weights import customs_command, customs_without_sku

if TYPE_CHECKING:
    from amzlink.jobs.orders.addresses import AddressTally
    from amzlink.orderbook.weights.customs import MissingCustoms

_MOST_IN_A_COMMAND: Final = 3

_MOST_SHOWN: Final = 5


class Window(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The times between which changes were asked for; None where no search was made."""

    start: datetime | None
    end: datetime | None


class IncompleteOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to ship that came incomplete, and what it lacks, by the names of the holds."""

    order_id: str
    lacks: tuple[str, ...]


class RefusedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the file with addresses that changed nothing. `row` counts from 1, the header included."""

    row: int
    order_id: str | None
    problem: ProblemName
    message: str


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the addresses of a file, by orders. Those that are `unknown` are among the refused."""

    taken: int
    already: int
    unknown: int
    refused: list[RefusedAddress]


class StoreImport(msgspec.Struct, frozen=True, kw_only=True):
    """What the import of one store did. All but `seconds` and `api_calls` count orders.

    `customs_missing_for` are the SKUs of which orders lack customs data, those that most orders wait for first.
    `left_out`: another run had just done the store.
    """

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
    missing_customs: int
    customs_missing_for: list[str]
    incomplete: list[IncompleteOrder]
    sent: int
    refused: list[RefusedOrder]
    api_calls: dict[str, int]
    seconds: float
    addresses: Addresses | UnsetType = UNSET
    left_out: bool | UnsetType = UNSET
    error: MaybeFailure = UNSET


class ImportDocument(Document, frozen=True, kw_only=True):
    """`import-orders --json`."""

    stores: list[StoreImport]
    error: MaybeFailure = UNSET
    warnings: MaybeWarned = UNSET


def show(
    console: Console,
    alarms: Alarms | None,
    reports: Sequence[ImportReport],
    *,
    dry_run: bool,
    asked: bool,
    auto_route: bool = False,
) -> Exit:
    """Give the result and the exit code. What was `asked` for is answered in a pipe too.

    `auto_route`: which way the orders come was left to amzlink.
    """
    view: RunView[ImportReport] = RunView(
        document=lambda error, warnings: ImportDocument(
            stores=[_store(report) for report in reports], error=error, warnings=warnings
        ),
        show=lambda report: _print(console, report, dry_run=dry_run, auto_route=auto_route),
        has_news=lambda report: bool(report.tally.fetched or report.addresses),
        complete=lambda report: report.complete,
        gets_further=lambda report: bool(report.tally.fetched),
        sayings=_sayings,
        stops=stops,
        paused=pause_of,
        always=asked,
        total=lambda counts: f"{counted(counts['fetched'], 'order')} from Amazon, {counts['sent']} sent to Sendcloud",
    )
    code = show_runs(console, alarms, reports, view)
    malformed = any(row.malformed for report in reports if report.addresses for row in report.addresses.refused)
    return Exit.BAD_INPUT if malformed and code in (Exit.DONE, Exit.PARTLY) else code


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
        missing_customs=tally.customs.orders,
        customs_missing_for=list(tally.customs.by_sku),
        incomplete=[IncompleteOrder(order_id=each.order_id, lacks=each.lacks) for each in tally.incomplete],
        sent=report.sent.sent,
        refused=refused_orders(report.refused),
        api_calls=dict(sorted(report.api_calls.items())),
        seconds=round(report.seconds, 1),
        addresses=_addresses(report.addresses) if report.addresses else UNSET,
        left_out=report.left_out or UNSET,
        error=failure_or_unset(report.problem),
    )


def _addresses(tally: "AddressTally") -> Addresses:
    return Addresses(
        taken=len(tally.taken),
        already=tally.already,
        unknown=tally.unknown,
        refused=[
            RefusedAddress(row=each.row, order_id=each.order_id, problem=each.problem, message=each.message)
            for each in tally.refused
        ],
    )


def _print(console: Console, report: ImportReport, *, dry_run: bool, auto_route: bool) -> None:
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
    if console.verbose and report.choice:
        console.line(_why_this_route(report.choice), lead="  ")
    elif console.verbose and auto_route and report.window and report.route == "search" and not report.problem:
        console.line("Chosen: the search. A report would bring nothing sooner.", lead="  ")
    if report.none_yet:
        _print_none_yet(console, report)
    if report.addresses:
        _print_addresses(console, report.addresses, dry_run=dry_run)
    if to_sendcloud := _to_sendcloud(report):
        console.line(f"Sendcloud: {', '.join(to_sendcloud)}.", lead="  ")
    if missing := tally.missing_weight:
        products = f"`amzlink check-weights{console.option_of(report.store)}` shows the products"
        console.line(f"Without a weight: {counted(missing, 'order')} to ship; {products}.", lead="  ")
    if tally.customs.orders:
        _print_customs(console, tally.customs, report.store)
    if tally.incomplete:
        named = spell_incomplete({entry.order_id: entry.lacks for entry in tally.incomplete})
        console.line(f"Incomplete, and each import asks Amazon again: {named}.", lead="  ")
    if tally.held:
        console.line(
            "On hold: " + ", ".join(f"{count} {hold}" for hold, count in sorted(tally.held.items())) + ".", lead="  "
        )


def _why_this_route(choice: RouteChoice) -> str:
    """What `--route auto` chose, and by which times."""
    about = "at least" if choice.at_least else "about"
    search = f"{about} {counted(choice.pages, 'page')} to go: {about} {span(choice.search_seconds)}"
    report = f"about {span(choice.report_seconds)}"
    if choice.route == "report":
        return f"Chosen: a report of all orders to ship, {report}. The search had {search}."
    return f"Chosen: the search, with {search}. A report takes {report}."


def _print_none_yet(console: Console, report: ImportReport) -> None:
    """What a first import that found nothing has looked for, and what to do where there should be something."""
    option = console.option_of(report.store)
    if report.window:
        now = datetime.now().astimezone()
        since = local_time(report.window[0], now)
        console.line(f"Amazon has no order to ship, and none that changed since {since}.", lead="  ")
    console.line(
        f"If Seller Central shows orders: `amzlink stores show{option}` names the account and its countries, and "
        f"`amzlink verify{option}` checks the link.",
        lead="  ",
    )


def _print_customs(console: Console, missing: "MissingCustoms", store: str) -> None:
    """What orders beyond the customs union lack, and the command that sets it."""
    from amzlink.jobs.weights.customs import customs_settings

    settings, option = customs_settings(missing), console.option_of(store)
    first = dict(list(settings.items())[:_MOST_IN_A_COMMAND])
    more = f" `amzlink check-weights{option}` shows all {len(settings)} products." if len(settings) > len(first) else ""
    if first:
        what_to_do = f"Fill in HS code and country: `{customs_command(products=first, store_option=option)}`.{more}"
    else:
        what_to_do = customs_without_sku(store_option=option)
    console.line(
        f"Without customs data: {counted(missing.orders, 'order')} to ship beyond the customs union "
        f"({ProblemName.CUSTOMS_MISSING}). {what_to_do}",
        lead="  ",
    )


def _print_addresses(console: Console, tally: "AddressTally", *, dry_run: bool) -> None:
    parts = [
        f"{count} {words}"
        for count, words in (
            (len(tally.taken), "would be taken" if dry_run else "taken"),
            (tally.already, "not needed: the order has one"),
            (len(tally.refused), "refused"),
        )
        if count
    ]
    console.line(f"Addresses from the file: {', '.join(parts) or 'none'}.", lead="  ")
    if tally.damaged:
        console.line(
            f"Letters are missing in the address of {several(tally.damaged, _MOST_SHOWN)}. On hold as damaged-text: "
            "correct the address in the file, where each ? stands for a letter, and give it again.",
            lead="  ",
        )
    for refused in tally.refused:
        number = f" (order {refused.order_id})" if refused.order_id and refused.order_id not in refused.message else ""
        row = "" if f"Line {refused.row} " in refused.message else f"Line {refused.row}: "
        console.line(f"{row}{refused.message}{number}", lead="  ")


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


def pause_of(report: ImportReport) -> Sequence[str]:
    """What is said of an import that used up Amazon's quota, in which nothing went wrong."""
    problem = report.problem
    seconds = problem.facts.get("seconds") if problem and problem.name is ProblemName.THROTTLED else None
    if not isinstance(seconds, float | int) or not report.booked:
        return ()
    now = datetime.now().astimezone()
    at = local_time(now + timedelta(seconds=seconds), now)
    read = min(report.tally.fetched, report.booked)
    next_is = services.comes_next(str(problem.facts.get("operation", "")) if problem else "")
    told = services.paused(booked=report.booked, read=read, at=at, next_is=next_is)
    return told, reason(services.PAUSED_NEXT, ProblemName.THROTTLED)


def _sayings(report: ImportReport) -> list[Saying]:
    not_imported, not_sent = ("was not imported", "were not imported"), ("is not at Sendcloud", "are not at Sendcloud")
    return [
        Saying(
            order_id=entry.order_id,
            problem=entry.problem,
            one=one,
            many=many,
            why=entry.message,
        )
        for entries, (one, many) in ((report.tally.refused, not_imported), (report.sent.refused, not_sent))
        for entry in entries
    ]
