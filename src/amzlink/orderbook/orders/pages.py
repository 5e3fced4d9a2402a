"""Writing what an import brings: a page and its resume point in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso, to_iso_exact
from amzlink.core.orders.changes import Known
from amzlink.core.orders.holds import Hold, cause_to_keep
from amzlink.core.orders.order import Order, OrderLine, Package
from amzlink.core.orders.refusal import Refusal
from amzlink.core.privacy.sealed_data import Box
from amzlink.orderbook.database import (
    OF_STORE,
    Row,
    StoreBook,
    execute_for,
    execute_many,
    insert_missing,
    is_among,
    upsert,
)
from amzlink.orderbook.destination.outbox import consider_again
from amzlink.orderbook.events import keep_ended_holds
from amzlink.orderbook.orders.searches import Search, note_progress
from amzlink.orderbook.privacy.boxes import note_chains, sealed_row
from amzlink.orderbook.privacy.purge_record import record_purge
from amzlink.orderbook.schema import (
    HOLDS,
    ORDER_LINES,
    ORDERS,
    PACKAGES,
    PASSED_OVER,
    REFUSED_ORDERS,
    SEALED,
    TOMBSTONES,
)


class OrderChange(msgspec.Struct, frozen=True, gc=False):
    """An order to be stored.

    `sealed` replaces what is sealed of it, None leaves that as it is; `purge` (the rule that demands it) destroys it
    and puts up a tombstone. `causes` are the holds in the order itself; `is_new` spares a look at what is there.
    `leaves_customs_union` None: not known. `was_reported`: so far it was known from a report alone.
    """

    order: Order
    digest: str
    is_new: bool
    causes: Mapping[str, str]
    sealed: Box | None
    purge: str | None
    leaves_customs_union: bool | None = None
    was_reported: bool = False


class PassedOver(msgspec.Struct, frozen=True, gc=False):
    """An order that is not imported: Amazon ships it (`by_amazon`), or it is not paid for yet.

    `foreign_marketplace_id` is the marketplace of one that the store does not have.
    """

    order_id: str
    status: str
    by_amazon: bool = False
    foreign_marketplace_id: str | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer of Amazon brought.

    `search` is its search with the resume point moved on; None: the page came from no search. With `done` the search is
    finished and forgotten, and `covered_until`, where given, becomes the start of the next run's window.
    """

    changes: Sequence[OrderChange]
    refusals: Sequence[Refusal] = ()
    settled: Collection[str] = ()
    passed_over: Sequence[PassedOver] = ()
    chain_ids: Mapping[str, str] = {}
    search: Search | None = None
    done: bool = False
    covered_until: datetime | None = None


# A person sets the first, the listings the others; what Amazon tells of an order says nothing of them.
_NOT_IN_THE_ORDER: Final = ("manual", "missing-weight", "missing-customs")
_UPSERT_ORDER: Final = upsert(ORDERS, keep=frozenset({"delivered_at", "delivered_by", "imported_at"}))
_UPSERT_LINE: Final = upsert(ORDER_LINES, keep=frozenset({"weight_grams"}))
_UPSERT_PACKAGE: Final = upsert(PACKAGES)
_UPSERT_SEALED: Final = upsert(SEALED)
_UPSERT_HOLD: Final = upsert(HOLDS)
_UPSERT_REFUSED: Final = upsert(REFUSED_ORDERS)
_UPSERT_PASSED_OVER: Final = upsert(PASSED_OVER)
_INSERT_TOMBSTONE: Final = insert_missing(TOMBSTONES)
# What each page asks, as `execute_for` takes it.
_OF_A_REPORT: Final = select(HOLDS.c.order_id).where(
    HOLDS.c.store == OF_STORE, HOLDS.c.order_id == ORDERS.c.order_id, HOLDS.c.hold == Hold.NOT_READ_YET.value
)
_KNOWN: Final = select(
    ORDERS.c.order_id,
    ORDERS.c.changed_at,
    ORDERS.c.digest,
    ORDERS.c.deliverable,
    ORDERS.c.delivered_at,
    ORDERS.c.delivered_by,
    ORDERS.c.lines,
    ORDERS.c.imported_at,
    _OF_A_REPORT.exists().label("from_report"),
).where(ORDERS.c.store == OF_STORE, is_among(ORDERS.c.order_id))
_PURGED: Final = select(TOMBSTONES.c.order_id).where(TOMBSTONES.c.store == OF_STORE, is_among(TOMBSTONES.c.order_id))
_SEALED: Final = select(SEALED.c.order_id).where(SEALED.c.store == OF_STORE, is_among(SEALED.c.order_id)).distinct()
_DELETE_SEALED: Final = delete(SEALED).where(SEALED.c.store == OF_STORE, is_among(SEALED.c.order_id))
_DELETE_REFUSED: Final = delete(REFUSED_ORDERS).where(
    REFUSED_ORDERS.c.store == OF_STORE, is_among(REFUSED_ORDERS.c.order_id)
)
_DELETE_PASSED_OVER: Final = delete(PASSED_OVER).where(
    PASSED_OVER.c.store == OF_STORE, is_among(PASSED_OVER.c.order_id)
)
_AMAZON: Final = "amazon"  # who told of a delivery
_encode = msgspec.json.Encoder().encode


def known_orders(book: StoreBook, order_ids: Collection[str]) -> tuple[dict[str, Known], frozenset[str]]:
    """What the book knows of these orders, and those whose personal data is gone for good."""
    with book.reading() as connection:
        return (
            {
                row.order_id: Known(
                    from_iso(row.changed_at),
                    row.digest,
                    bool(row.deliverable),
                    from_iso(row.delivered_at).date() if row.delivered_at else None,
                    row.delivered_by,
                    has_lines=row.lines > 0,
                    reported_at=from_iso(row.imported_at) if row.from_report else None,
                )
                for row in execute_for(connection, _KNOWN, book.store, order_ids)
            },
            frozenset(execute_for(connection, _PURGED, book.store, order_ids).scalars()),
        )


def refused_orders(book: StoreBook, limit: int, *, but_reported: bool = False) -> list[str]:
    """Orders that could not be taken in earlier, the longest-waiting first.

    Those that a report has told of are asked for with the others of the report, and not in every run
    (`incomplete.orders_not_read`): `but_reported` leaves them out.
    """
    not_read = select(HOLDS.c.order_id).where(
        HOLDS.c.store == REFUSED_ORDERS.c.store,
        HOLDS.c.order_id == REFUSED_ORDERS.c.order_id,
        HOLDS.c.hold == Hold.NOT_READ_YET.value,
    )
    query = (
        select(REFUSED_ORDERS.c.order_id)
        .where(REFUSED_ORDERS.c.store == book.store, *([~not_read.exists()] if but_reported else ()))
        .order_by(REFUSED_ORDERS.c.seen_at, REFUSED_ORDERS.c.order_id)
    )
    with book.reading() as connection:
        return list(connection.scalars(query.limit(limit)))


def save_page(book: StoreBook, page: Page, now: datetime) -> None:
    """Store a page: its orders, what is sealed of them, its refusals and its search's resume point, or nothing."""
    with book.writing() as connection:
        for changes in _each_order_once(page.changes):
            _save_orders(connection, book.store, changes, now)
            _note_deliveries(connection, book.store, changes, now)
            _save_holds(connection, book.store, changes, now)
            _save_personal(connection, book.store, changes, page.chain_ids, now)
        _save_refusals(connection, book.store, page, now)
        _save_passed_over(connection, book.store, page, now)
        if page.search:
            note_progress(connection, book.store, page.search, done=page.done, covered_until=page.covered_until)


def _each_order_once(changes: Sequence[OrderChange]) -> Iterator[list[OrderChange]]:
    """The changes in runs without an order that comes twice: one that changed meanwhile can be on a page again."""
    run: dict[str, OrderChange] = {}
    for change in changes:
        if change.order.order_id in run:
            yield list(run.values())
            run = {}
        run[change.order.order_id] = change
    if run:
        yield list(run.values())


def _save_orders(connection: Connection, store: str, changes: Sequence[OrderChange], now: datetime) -> None:
    changed = [change.order.order_id for change in changes if not change.is_new]
    if reported := [change.order.order_id for change in changes if change.was_reported]:
        # Lines of a report with a damaged id would stand beside the order's own.
        connection.execute(
            delete(ORDER_LINES).where(ORDER_LINES.c.store == store, ORDER_LINES.c.order_id.in_(reported))
        )
    at = to_iso(now)
    execute_many(connection, _UPSERT_ORDER, [_order_row(store, change, at) for change in changes])
    lines = [
        _line_row(store, change.order, position, line)
        for change in changes
        for position, line in enumerate(change.order.lines, 1)
    ]
    execute_many(connection, _UPSERT_LINE, lines)
    if changed:
        _nothing_left_of_lines_gone(connection, store, changes)
    # A package that was cancelled may be gone from the answer.
    if changed:
        connection.execute(delete(PACKAGES).where(PACKAGES.c.store == store, PACKAGES.c.order_id.in_(changed)))
        consider_again(connection, store, changed)
    packages = [
        _package_row(store, change.order.order_id, package) for change in changes for package in change.order.packages
    ]
    execute_many(connection, _UPSERT_PACKAGE, packages)


def _nothing_left_of_lines_gone(connection: Connection, store: str, changes: Sequence[OrderChange]) -> None:
    """A line that an order no longer has is not to be shipped; what was ordered stays on record."""
    told = {
        change.order.order_id: {line.order_item_id for line in change.order.lines}
        for change in changes
        if not change.is_new and change.order.lines
    }
    key = (ORDER_LINES.c.order_id, ORDER_LINES.c.order_item_id)
    there = select(*key).where(
        ORDER_LINES.c.store == store, ORDER_LINES.c.order_id.in_(told), ORDER_LINES.c.quantity_unshipped > 0
    )
    for order_id, item_id in connection.execute(there).all():
        if item_id not in told[order_id]:
            gone = (ORDER_LINES.c.store == store, ORDER_LINES.c.order_id == order_id, key[1] == item_id)
            connection.execute(update(ORDER_LINES).where(*gone).values(quantity_unshipped=0))


def _note_deliveries(connection: Connection, store: str, changes: Sequence[OrderChange], now: datetime) -> None:
    """Amazon tells that a parcel has arrived, but not when: it counts from when that was first heard.

    Source: docs/services/amazon.md, "Packages and delivery".
    """
    arrived = [change.order.order_id for change in changes if not change.is_new and change.order.has_arrived]
    if arrived:
        # Named in a function, so that SQLite looks the few orders up instead of all that have not been delivered.
        not_yet = func.coalesce(ORDERS.c.delivered_at, "") == ""
        connection.execute(
            update(ORDERS)
            .where(ORDERS.c.store == store, ORDERS.c.order_id.in_(arrived), not_yet)
            .values(delivered_at=to_iso(now), delivered_by=_AMAZON)
        )


def _save_holds(connection: Connection, store: str, changes: Sequence[OrderChange], now: datetime) -> None:
    """Bring the causes up to date. A lifted hold whose cause is the same stays lifted."""
    changed = [change.order.order_id for change in changes if not change.is_new]
    there: dict[tuple[str, str], str] = {}
    rows_there: dict[tuple[str, str], SqlRow[Any]] = {}
    if changed:
        query = select(HOLDS).where(
            HOLDS.c.store == store, HOLDS.c.order_id.in_(changed), HOLDS.c.hold.not_in(_NOT_IN_THE_ORDER)
        )
        rows_there = {(row.order_id, row.hold): row for row in connection.execute(query)}
        there = {key: row.cause for key, row in rows_there.items()}
    wanted = {
        key: cause_to_keep(key[1], there.get(key), cause)
        for change in changes
        for hold, cause in change.causes.items()
        for key in [(str(change.order.order_id), hold)]
    }
    ended = [row for key, row in rows_there.items() if wanted.get(key) != row.cause]
    keep_ended_holds(connection, store, ended, now)
    for order_id, hold in there.keys() - wanted.keys():
        connection.execute(
            delete(HOLDS).where(HOLDS.c.store == store, HOLDS.c.order_id == order_id, HOLDS.c.hold == hold)
        )
    rows = [
        {"store": store, "order_id": key[0], "hold": key[1], "cause": cause, "set_at": to_iso(now), "lifted_at": None}
        for key, cause in wanted.items()
        if there.get(key) != cause
    ]
    execute_many(connection, _UPSERT_HOLD, rows)


def _save_personal(
    connection: Connection, store: str, changes: Sequence[OrderChange], chain_ids: Mapping[str, str], now: datetime
) -> None:
    boxes = {str(change.order.order_id): change.sealed for change in changes if change.sealed}
    if boxes:
        # A tombstone has the last word, whatever the caller knew of it.
        for order_id in execute_for(connection, _PURGED, store, boxes).scalars().all():
            del boxes[order_id]
        rows = [sealed_row(store, order_id, sealed) for order_id, sealed in boxes.items()]
        execute_many(connection, _UPSERT_SEALED, rows)
        note_chains(connection, store, chain_ids)
    purged = {str(change.order.order_id): change.purge for change in changes if change.purge}
    if purged:
        _record_purges(connection, store, purged, now)
        execute_for(connection, _DELETE_SEALED, store, purged)
        connection.execute(
            _INSERT_TOMBSTONE,
            [
                {"store": store, "order_id": order_id, "purged_at": to_iso(now), "rule": rule}
                for order_id, rule in purged.items()
            ],
        )


def _record_purges(connection: Connection, store: str, purged: Mapping[str, str], now: datetime) -> None:
    """Write the record of what is destroyed at once; of an order without anything sealed nothing is."""
    sealed = execute_for(connection, _SEALED, store, purged).scalars()
    counts = Counter(purged[order_id] for order_id in sealed)
    for rule, count in counts.items():
        record_purge(
            connection, store, at=now, rule=rule, orders=count, archived=0, floor=None, job="import-orders"
        )  # fmt: skip


def _save_refusals(connection: Connection, store: str, page: Page, now: datetime) -> None:
    settled = {*page.settled, *(change.order.order_id for change in page.changes)}
    if settled:
        execute_for(connection, _DELETE_REFUSED, store, settled)
    rows = [
        {"store": store, "order_id": entry.order_id, "problem": entry.problem.value, "message": entry.message}
        for entry in page.refusals
        if entry.order_id
    ]
    if rows:
        connection.execute(_UPSERT_REFUSED, [{**row, "seen_at": to_iso(now)} for row in rows])


def _save_passed_over(connection: Connection, store: str, page: Page, now: datetime) -> None:
    if taken_in := [change.order.order_id for change in page.changes if change.is_new]:
        execute_for(connection, _DELETE_PASSED_OVER, store, taken_in)
    if page.passed_over:
        rows = [{"store": store, **msgspec.structs.asdict(each), "seen_at": to_iso(now)} for each in page.passed_over]
        connection.execute(_UPSERT_PASSED_OVER, rows)


def _order_row(store: str, change: OrderChange, at: str) -> Row:
    order = change.order
    shipped_at, has_arrived = order.shipped_at, order.has_arrived
    return {
        "store": store,
        "order_id": order.order_id,
        "marketplace_id": order.marketplace_id,
        "status": order.status,
        "purchased_at": to_iso(order.purchased_at),
        "changed_at": to_iso_exact(order.changed_at),
        "ship_by": to_iso(order.ship_by) if order.ship_by else None,
        "deliver_by": to_iso(order.deliver_by) if order.deliver_by else None,
        "shipped_at": to_iso(shipped_at) if shipped_at else None,
        "service_level": order.service_level,
        "programs": " ".join(order.programs),
        "replaces": order.replaces,
        "total": order.total,
        "currency": order.currency,
        "lines": len(order.lines),
        "units": order.units,
        "deliverable": order.personal.recipient.deliverable,
        "digest": change.digest,
        "delivered_at": at if has_arrived else None,  # of a new one: `_note_deliveries` sees to others
        "delivered_by": _AMAZON if has_arrived else None,
        "imported_at": at,
        "price_parts": _encode(order.money.parts).decode() if order.money.parts else None,
        "leaves_customs_union": change.leaves_customs_union,
    }


def _line_row(store: str, order: Order, position: int, line: OrderLine) -> Row:
    money = order.money.lines.get(line.order_item_id)
    return {
        "store": store,
        "order_id": order.order_id,
        "order_item_id": line.order_item_id,
        "position": position,
        "sku": line.sku,
        "asin": line.asin,
        "title": line.title,
        "quantity": line.quantity,
        "quantity_unshipped": line.quantity_unshipped,
        "unit_price": line.unit_price,
        "currency": line.currency,
        "programs": " ".join(line.programs),
        "ioss_number": line.ioss_number,
        "demands": " ".join(line.demands),
        "wrap_level": line.gift_wrap,
        "customised": line.customised,
        "money": _encode(money).decode() if money else None,
        "weight_grams": None,
    }


def _package_row(store: str, order_id: str, package: Package) -> Row:
    return {
        "store": store,
        "order_id": order_id,
        "reference": package.reference,
        "status": package.status,
        "detailed_status": package.detailed_status,
        "carrier": package.carrier,
        "service": package.service,
        "shipped_at": to_iso(package.shipped_at) if package.shipped_at else None,
        "items": _encode([(item.order_item_id, item.quantity) for item in package.items]).decode(),
    }
