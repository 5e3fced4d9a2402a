"""How lists of orders look, to a program and to a person."""

import itertools
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, moment
from amzlink.cli.views.orders.story import waits_in_short
from amzlink.cli.views.words import by_number, counted, lateness, reason, thousands
from amzlink.clock import local_time
from amzlink.core.orders.order import PENDING, Order
from amzlink.core.orders.story import Wait, WaitsFor
from amzlink.jobs.orders.browse import STILL_TO_SHIP, Seen, confirmed
from amzlink.orderbook.orders.browse import BookedOrder, Filter, Remark
from amzlink.problems import CATALOGUE, ProblemName
from amzlink.problems.destination import kept_reason
from amzlink.problems.shipments import REFUSED_BECAUSE


class OrderHead(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is, and when it is to be shipped."""

    order_id: str
    marketplace_id: str | None
    status: str
    purchased_at: datetime | None
    changed_at: datetime | None
    ship_by: datetime | None
    service_level: str | None


class ListedOrder(OrderHead, frozen=True, kw_only=True):
    """An order without what is personal."""

    programs: tuple[str, ...]
    holds: tuple[str, ...]
    lines: int
    units: int
    weight_grams: int | None
    sent: str
    confirmed: str
    personal_data_until: date | None


class RefusalPart(msgspec.Struct, frozen=True, kw_only=True):
    """Who did not take an order, the problem's name, and the service's reason in a word or two."""

    by: str
    problem: ProblemName
    reason: str | None


class FoundOrder(ListedOrder, frozen=True, kw_only=True):
    """An order of a list, and what it was asked for: what no filter is about is left out."""

    held_since: datetime | UnsetType | None = UNSET
    waits_for: str | UnsetType = UNSET
    carriers: tuple[str, ...] | UnsetType = UNSET
    refusals: list[RefusalPart] | UnsetType = UNSET


class ListDocument(Document, frozen=True, kw_only=True):
    """`orders list --json`."""

    store: str
    orders: list[FoundOrder]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order."""

    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity: int
    quantity_unshipped: int
    unit_price: str | None
    currency: str | None
    weight_grams: int | None


def head_of(order: Order) -> OrderHead:
    """What an order is, as it is shown to a program."""
    return OrderHead(
        order_id=order.order_id,
        marketplace_id=order.marketplace_id,
        status=order.status,
        purchased_at=moment(order.purchased_at),
        changed_at=moment(order.changed_at),
        ship_by=moment(order.ship_by),
        service_level=order.service_level,
    )


def lines_of(order: BookedOrder) -> list[OrderLine]:
    """Its lines, as they are shown to a program."""
    return [
        OrderLine(
            order_item_id=line.order_item_id,
            sku=line.sku,
            asin=line.asin,
            title=line.title,
            quantity=line.quantity,
            quantity_unshipped=line.quantity_unshipped,
            unit_price=line.unit_price,
            currency=line.currency,
            weight_grams=order.weights.get(line.order_item_id),
        )
        for line in order.order.lines
    ]


def listed_order(order: BookedOrder, holds: tuple[str, ...]) -> ListedOrder:
    """An order as the list shows it to a program."""
    return ListedOrder(
        **msgspec.structs.asdict(head_of(order.order)),
        programs=order.order.programs,
        holds=holds,
        lines=len(order.order.lines),
        units=order.order.units,
        weight_grams=order.weight_grams,
        sent=order.outcome.sent,
        confirmed=confirmed(order),
        personal_data_until=order.kept_until,
    )


def show_list(console: Console, slug: str, seen: Seen, wanted: Filter) -> None:
    """The table of orders, or the document. Times are told as seen from the moment of the look."""
    console.result_of_many(
        lambda orders: ListDocument(store=slug, orders=orders),
        (_found_order(order, holds, waiting, wanted) for order, holds, waiting in seen.orders),
        lambda: _print_list(console, seen, wanted),
    )


def _found_order(
    order: BookedOrder, holds: tuple[str, ...], waiting: WaitsFor | None, wanted: Filter
) -> FoundOrder:  # fmt: skip
    remark = order.remark
    return FoundOrder(
        **msgspec.structs.asdict(listed_order(order, holds)),
        held_since=moment(remark.held_since) if wanted.held else UNSET,
        waits_for=_WAITS_FOR.get(waiting.wait, waiting.wait.value) if waiting else UNSET,
        carriers=remark.carriers if wanted.waiting else UNSET,
        refusals=_refusals(remark) if wanted.refused else UNSET,
    )


def _refusals(remark: Remark) -> list[RefusalPart]:
    return [
        RefusalPart(by=by, problem=refusal.problem, reason=refusal.reason)
        for by, refusal in (("sendcloud", remark.by_sendcloud), ("amazon", remark.by_amazon))
        if refusal
    ]


# By the names under which programs knew these first.
_WAITS_FOR: Final = {Wait.SCAN: "first-scan", Wait.NEXT_PUSH: "push-status"}
_BY: Final = {"sendcloud": "Sendcloud", "amazon": "Amazon"}


def _print_list(console: Console, seen: Seen, wanted: Filter) -> None:
    first = next(seen.orders, None)
    if first is None:
        console.say(_nothing_found(seen, wanted, console.store_option))
        return
    columns = _columns(seen, wanted)
    shown = console.table(
        tuple(columns),
        (tuple(cell(*listed) for cell in columns.values()) for listed in itertools.chain([first], seen.orders)),
        keys=("ORDER",),
        whole=("SHIP BY", "HELD SINCE", "LATE BY"),
        right=("UNITS",),
        dropping=("SERVICE", "UNITS", "STATUS", *(() if wanted.held else ("ON HOLD FOR",))),
    )
    if console.on_screen:
        console.line()
        console.line(_total(shown, seen.found, wanted))
    if wanted.refused and seen.not_imported:
        console.say(_not_imported(seen.not_imported))


def _columns(
    seen: Seen, wanted: Filter
) -> dict[str, Callable[[BookedOrder, tuple[str, ...], WaitsFor | None], str]]:  # fmt: skip
    """The usual columns, always in the same sequence, and behind them what the filter is about."""
    columns: dict[str, Callable[[BookedOrder, tuple[str, ...], WaitsFor | None], str]] = {
        "ORDER": lambda order, *_: order.order_id,
        "STATUS": lambda order, *_: order.order.status,
        "SHIP BY": lambda order, *_: local_time(order.order.ship_by, seen.now),
        "UNITS": lambda order, *_: str(order.order.units),
        "SERVICE": lambda order, *_: order.order.service_level or "",
        "ON HOLD FOR": lambda _, holds, __: " ".join(holds),
    }
    if wanted.held:
        columns["HELD SINCE"] = lambda order, *_: local_time(order.remark.held_since, seen.now)
    if wanted.overdue:
        columns["LATE BY"] = lambda order, *_: lateness(order.order.ship_by, seen.now) if order.order.ship_by else ""
    if wanted.waiting:
        columns["WAITS FOR"] = lambda _, __, waiting: waits_in_short(waiting) if waiting else ""
        columns["CARRIER"] = lambda order, *_: ", ".join(order.remark.carriers)
    if wanted.refused:
        columns["REASON"] = lambda order, *_: "; ".join(map(_in_words, _refusals(order.remark)))
    return columns


def _in_words(refusal: RefusalPart) -> str:
    kept = refusal.reason or ""
    message = REFUSED_BECAUSE.get(kept, kept_reason(kept)) or CATALOGUE[refusal.problem].title
    return f"{_BY[refusal.by]}: {reason(message, refusal.problem)}"


def _total(shown: int, found: int, wanted: Filter) -> str:
    what = _what(wanted)
    if shown < found:
        return f"{thousands(shown)} of {counted(found, 'order')} {what}; --limit all shows all."
    return f"{counted(found, 'order')} {what}."


def _what(wanted: Filter) -> str:
    return (
        "to ship" if wanted == Filter(statuses=STILL_TO_SHIP) else "found" if wanted == Filter() else "with this filter"
    )


def _nothing_found(seen: Seen, wanted: Filter, option: str) -> str:
    if seen.book_is_empty and seen.imported_at:
        found = local_time(seen.imported_at, seen.now)
        text = f"No orders. The last import, {found}, found none. `amzlink verify{option}` checks the link to Amazon."
    elif seen.book_is_empty:
        text = f"No orders. `amzlink import-orders{option}` fetches them."
    elif wanted == Filter(statuses=STILL_TO_SHIP):
        text = f"No orders to ship. `amzlink orders list --status all{option}` shows the others."
    else:
        text = "Nothing found with this filter."
        if wanted.statuses and PENDING.issuperset(wanted.statuses):
            text += " Orders that await payment come in once they are paid."
    return f"{text} {_not_imported(seen.not_imported)}" if wanted.refused and seen.not_imported else text


def _not_imported(number: int) -> str:
    return (
        f"{counted(number, 'more order')} could not be imported, so {by_number(number, 'it is', 'they are')} in no "
        "list. Each import tries again; `amzlink status` counts them."
    )
