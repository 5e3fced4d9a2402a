"""Parcels that a file tells of: its rows are read once for all stores, and each store takes in those of its orders."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final, Literal

from amzlink.core.orders.refusal import Refusal
from amzlink.core.shipments.parcels import LIVE, Kind
from amzlink.core.shipments.rows import RowRefusal, ShipmentRow, read_shipments
from amzlink.core.shipments.ship_date import Span
from amzlink.files.reading import given_file
from amzlink.jobs.shipments.plan import refused_without_data
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.rows import orders_of
from amzlink.orderbook.shipments.outbox import situations
from amzlink.orderbook.shipments.parcels import booked_orders, bought_at
from amzlink.problems import Problem, ProblemName
from amzlink.problems import shipments as texts

_CHUNK: Final = 200
_SLIP: Final = timedelta(days=30)
"""So long before its order a date can be a slip, and counts as the order's day; before that it is another year's, or
another order's."""


def rows_of(
    source: Path | Literal["-"] | None,
    stdin: BinaryIO | None,
    now: datetime,
    countries: Collection[str],
    known_between: Callable[[str], Span | None],
) -> Iterator[ShipmentRow | RowRefusal]:
    """The rows of a file, or of standard input (`-`); without a source there are none.

    `countries` and `known_between` decide what a date with two readings means, as for `read_shipments`.

    Raises:
        Problem: `input-malformed` or `not-readable`.
    """
    if source is None:
        return
    if source == "-":
        if stdin is None:
            raise ValueError("standard input is read, and was not given")
        yield from read_shipments(
            stdin, file="standard input", now=now, zone=None, codes=_status_words(), countries=countries,
            known_between=known_between,
        )  # fmt: skip
        return
    with given_file(source) as stream:
        yield from read_shipments(
            stream, file=str(source), now=now, zone=None, codes=_status_words(), countries=countries,
            known_between=known_between,
        )  # fmt: skip


def _status_words() -> Mapping[str, Kind]:
    """Sendcloud's codes, which a file may use; one that proves no scan counts as announced."""
    from amzlink.sendcloud.statuses import STATUSES  # noqa: PLC0415

    return {
        code: Kind.LABELLED if status.kind is Kind.UNDER_WAY and not status.processed else status.kind
        for code, status in STATUSES.items()
    }


def rows_by_order(
    book: StoreBook, rows: Sequence[ShipmentRow | RowRefusal]
) -> tuple[dict[str, list[ShipmentRow]], list[Refusal]]:
    """The rows of this store's orders, and why the others cannot be taken in."""
    refused: list[Refusal] = []
    by_order: dict[str, list[ShipmentRow]] = {}
    for row in rows:
        if isinstance(row, RowRefusal):
            refused.append(Refusal(row.order_id or "", row.problem, row.message))
        else:
            by_order.setdefault(row.order_id, []).append(row)
    ids = list(by_order)
    booked: set[str] = set()
    for start in range(0, len(ids), _CHUNK):
        booked |= booked_orders(book, ids[start : start + _CHUNK])
    unusable = (
        (texts.SHIP_DATE_BEFORE_ORDER, _before_their_orders(book, by_order, sorted(booked))),
        (texts.QUANTITY_OF_NO_ITEM, _of_no_item(book, by_order, sorted(booked))),
    )
    for row, why in {id(row): (row, why) for why, found in unusable for row in found}.values():
        problem = Problem(ProblemName.SHIPMENT_ROW_UNUSABLE, line=row.line, detail=why)
        refused.append(Refusal(row.order_id, problem.name, problem.summary))
        by_order[row.order_id].remove(row)
    for row in rows:
        if isinstance(row, ShipmentRow) and row.order_id not in booked:
            where = f"in the order book of {book.store} (line {row.line})"
            problem = Problem(ProblemName.ORDER_NOT_FOUND, order_id=row.order_id, detail=where)
            refused.append(Refusal(row.order_id, problem.name, problem.summary))
    return {order_id: told for order_id, told in by_order.items() if told and order_id in booked}, refused


def _before_their_orders(
    book: StoreBook, by_order: Mapping[str, Sequence[ShipmentRow]], order_ids: Sequence[str]
) -> list[ShipmentRow]:
    """Rows with a date long before anybody had ordered."""
    found: list[ShipmentRow] = []
    for start in range(0, len(order_ids), _CHUNK):
        for order_id, bought in bought_at(book, order_ids[start : start + _CHUNK]).items():
            earliest = (bought - _SLIP).date()
            found += [row for row in by_order[order_id] if _day(row.ship_date) < earliest]
    return found


def _of_no_item(
    book: StoreBook, by_order: Mapping[str, Sequence[ShipmentRow]], order_ids: Sequence[str]
) -> list[ShipmentRow]:
    """Rows with a number of pieces that does not say of which item. All pieces of an order need no item."""
    asking = [order_id for order_id in order_ids if any(map(_counts_no_item, by_order[order_id]))]
    found: list[ShipmentRow] = []
    for start in range(0, len(asking), _CHUNK):
        for order in orders_of(book, asking[start : start + _CHUNK]):
            skus = {line.sku for line in order.lines}
            if len(order.lines) > 1 and (len(skus) > 1 or None in skus):
                rows = filter(_counts_no_item, by_order[order.order_id])
                found += [row for row in rows if row.quantity != order.units]
    return found


def _counts_no_item(row: ShipmentRow) -> bool:
    return row.quantity is not None and row.order_item_id is None


def _day(shipped: datetime | date) -> date:
    return shipped.date() if isinstance(shipped, datetime) else shipped


def refused_parcels(book: StoreBook, rows: Mapping[str, Sequence[ShipmentRow]]) -> list[Refusal]:
    """Why parcels of these orders, which are to be confirmed, cannot be: their tracking numbers are not kept."""
    ids = [order_id for order_id, told in rows.items() if any(row.status in LIVE for row in told)]
    found: list[Refusal] = []
    for start in range(0, len(ids), _CHUNK):
        _, facts = situations(book, ids[start : start + _CHUNK])
        found += [refused_without_data(order_id) for order_id, order in facts.items() if not order.amazon_confirms]
    return found
