"""How the state of a store looks, to a program and to a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, Failure, failure, moment
from amzlink.cli.views.words import counted, local_time, reason
from amzlink.jobs.status import StoreStatus
from amzlink.orderbook.health import LastRuns
from amzlink.orderbook.orders.fulfilment import KeptRefusal, Progress
from amzlink.problems import ProblemName

_MOST_SHOWN: Final = 10


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The store's orders in numbers; `refused` are those that could not be imported."""

    to_ship: int
    due: int
    overdue: int
    held: int
    refused: int
    by_status: dict[str, int]


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """When a job last succeeded and last failed, and with what; None: never."""

    success: datetime | None
    failure: datetime | None
    failed_with: str | None


class RefusedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was not taken, the problem's name, and the service's reason in a word or two."""

    order_id: str
    problem: ProblemName
    reason: str | None


class Shipping(msgspec.Struct, frozen=True, kw_only=True):
    """How far the orders have come between Amazon and the buyer."""

    at_sendcloud: int
    waiting_for_parcel: int
    waiting_for_trigger: int
    being_confirmed: int
    confirmed: int
    overdue: int
    refused: list[RefusedEntry]
    not_sent: list[RefusedEntry]
    stopped_with_parcel: list[str]


class StorePart(msgspec.Struct, frozen=True, kw_only=True):
    """One store."""

    store: str
    name: str
    last_import: Runs
    last_push: Runs
    orders: Orders
    shipping: Shipping
    problems: list[Failure]


class StatusDocument(Document, frozen=True, kw_only=True):
    """`status --json`."""

    stores: list[StorePart]


def show_status(console: Console, found: Sequence[StoreStatus]) -> None:
    """Each store; times are told as seen from the moment in which it was looked at."""

    def show() -> None:
        for store in found:
            _print(console, store)

    console.result(lambda: StatusDocument(stores=[_part(store) for store in found]), show)


def _part(status: StoreStatus) -> StorePart:
    return StorePart(
        store=status.store,
        name=status.name,
        last_import=_runs(status.last_import),
        last_push=_runs(status.last_push),
        orders=msgspec.convert(status.orders, Orders, from_attributes=True),
        shipping=msgspec.convert(status.shipping, Shipping, from_attributes=True),
        problems=[failure(problem) for problem in status.problems],
    )


def _runs(runs: LastRuns) -> Runs:
    return Runs(success=moment(runs.success), failure=moment(runs.failure), failed_with=runs.failed_with)


def _print(console: Console, store: StoreStatus) -> None:
    orders, runs, now = store.orders, store.last_import, store.seen_at
    console.line(f"{store.store}: {store.name}")
    _row(console, "Last import", local_time(runs.success, now) or "never")
    if runs.failure and (runs.success is None or runs.failure > runs.success):
        _row(console, "Last failure", f"{local_time(runs.failure, now)}: {runs.failed_with}")
    _row(
        console,
        "To ship",
        f"{counted(orders.to_ship, 'order')}: {orders.due} due today, {store.shipping.overdue} overdue, "
        f"{orders.held} on hold",
    )
    if pushed := store.last_push.success:
        _row(console, "Last push", local_time(pushed, now))
    _print_shipping(console, store.shipping)
    if orders.refused:
        _row(console, "Not imported", f"{counted(orders.refused, 'order')}; each import tries again")
    for problem in store.problems:
        _row(console, "Warning", reason(problem.summary, problem.name))


def _print_shipping(console: Console, shipping: Progress) -> None:
    """How far the orders have come, and what was refused on the way, with the reason."""
    _row(
        console,
        "Shipping",
        f"{shipping.waiting_for_parcel} without a parcel, {shipping.waiting_for_trigger} waiting for the carrier, "
        f"{shipping.confirmed} confirmed in the last 7 days",
    )
    if shipping.at_sendcloud:
        _row(console, "At Sendcloud", f"{shipping.at_sendcloud} of the orders to ship")
    if shipping.being_confirmed:
        _row(console, "With Amazon", f"{counted(shipping.being_confirmed, 'confirmation')} in progress")
    _print_refused(console, "Not confirmed", shipping.refused)
    _print_refused(console, "Not sent", shipping.not_sent)
    for order_id in shipping.stopped_with_parcel:
        _row(console, "Stop", f"{order_id} should not be shipped, but has a parcel (parcel-of-stopped-order)")


def _print_refused(console: Console, heading: str, entries: Sequence[KeptRefusal]) -> None:
    for entry in entries[:_MOST_SHOWN]:
        why = f": {entry.reason}" if entry.reason else ""
        _row(console, heading, f"{entry.order_id} ({entry.problem}{why})")
    if len(entries) > _MOST_SHOWN:
        _row(console, heading, f"and {len(entries) - _MOST_SHOWN} more")


def _row(console: Console, heading: str, text: str) -> None:
    console.line(text, lead=f"  {heading:<13} ")
