"""Looking at the orders in the book, and setting and lifting their holds."""

import contextlib
import heapq
import itertools
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from amzlink.clock import from_iso, to_iso
from amzlink.core.orders.holds import (
    BUY_SHIPPING,
    FROM_FILE,
    OWN_CARRIER_MARKETPLACES,
    STILL_HELD,
    HeldFor,
    Hold,
    HoldPolicy,
)
from amzlink.core.orders.order import TO_SHIP, Order
from amzlink.core.orders.story import What
from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import THE_ORDER
from amzlink.orderbook.database import OF_STORE, StoreBook, execute_for, is_among, named_rows, upsert
from amzlink.orderbook.events import keep_ended_holds
from amzlink.orderbook.orders.counting_holds import hold_counts
from amzlink.orderbook.orders.fulfilment import (
    KeptRefusal,
    Outcome,
    is_at_sendcloud,
    is_overdue,
    outcomes,
    refusals_by_amazon,
    refusals_by_sendcloud,
    refused_orders,
    untold_parcels,
    waits_for_parcel,
    waits_for_trigger,
)
from amzlink.orderbook.orders.rows import Weights, to_weighed_orders
from amzlink.orderbook.privacy.boxes import can_be_opened
from amzlink.orderbook.privacy.lifetimes import lifetime_of
from amzlink.orderbook.schema import (
    HOLDS,
    ORDERS,
    PASSED_OVER,
    REFUSED_ORDERS,
    SEALED,
)

_CHUNK: Final = 200
_HOLDS: Final = select(HOLDS).where(HOLDS.c.store == OF_STORE, is_among(HOLDS.c.order_id))
_WITH_LEASE: Final = ORDERS.outerjoin(
    SEALED,
    and_(
        ORDERS.c.store == SEALED.c.store,
        ORDERS.c.order_id == SEALED.c.order_id,
        SEALED.c.part == literal(THE_ORDER),
        can_be_opened(),
    ),
)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders to look at. All that is given has to be true; no `statuses` are all of them.

    `due_before` is the time before which they have to be shipped. `held` are those on hold, for whatever reason or for
    that one `hold`. `refused` are those that Sendcloud did not take, or whose confirmation Amazon did not. `overdue`
    and `waiting` are always still to ship: past their ship-by date with nothing said to Amazon, and waiting for a label
    or for the moment in which Amazon is told of the parcel.
    """

    statuses: tuple[str, ...] = ()
    due_before: datetime | None = None
    held: bool = False
    hold: str | None = None
    refused: bool = False
    overdue: bool = False
    waiting: bool = False

    @property
    def effective_statuses(self) -> tuple[str, ...] | None:
        """The statuses that an order can have which is found; None: any."""
        if self.overdue or self.waiting or (self.held and not self.statuses):
            return tuple(sorted(TO_SHIP & set(self.statuses or TO_SHIP)))
        return self.statuses or None


class Standpoint(msgspec.Struct, frozen=True):
    """By which settings and at what time it is told which holds count and what is late."""

    policy: HoldPolicy
    now: datetime


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What makes an order interesting to who has asked for such: only what the filter is about is filled in."""

    held_since: datetime | None = None
    by_sendcloud: KeptRefusal | None = None
    by_amazon: KeptRefusal | None = None
    carriers: tuple[str, ...] = ()


NO_REMARK: Final = Remark()


class BookedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the book has it, and what the book knows besides; what is personal lies sealed elsewhere.

    `weights` are those of its lines, `lifetime` decides how long its personal data may be kept. `lease_day` is the last
    day on which that may be opened; `kept_until` the day after which it is destroyed by the rules, which are the
    caller's to apply. `delivered_by` is who told that it has arrived.
    """

    order: Order
    weights: Weights
    held_for: tuple[HeldFor, ...]
    lifetime: Lifetime
    lease_day: date | None
    delivered_by: str | None = None
    kept_until: date | None = None
    outcome: Outcome = Outcome("no", confirmation_refused=False)
    remark: Remark = NO_REMARK

    @property
    def order_id(self) -> str:
        """Amazon's order number."""
        return self.order.order_id

    @property
    def weight_grams(self) -> int | None:
        """What all its pieces weigh together; None as long as one line has no weight."""
        lines, weights = self.order.lines, self.weights
        if not lines or any(line.order_item_id not in weights for line in lines):
            return None
        return sum(weights[line.order_item_id] * line.quantity for line in lines)


def iterate_orders(
    book: StoreBook, wanted: Filter, at: Standpoint | None = None, limit: int | None = None
) -> Iterator[BookedOrder]:
    """The orders, the most urgent first (by ship-by date, then by age), a chunk at a time: memory stays flat.

    A filter for holds or lateness needs to know `at` which standpoint; `limit` is how many at most.
    """
    with book.reading() as connection:
        ids = itertools.islice(_in_sequence(connection, book.store, wanted, at, limit), limit)
        while chunk := list(itertools.islice(ids, _CHUNK)):
            found = _rows_of(connection, book.store, chunk)
            remarks = _remarks(connection, book.store, chunk, wanted, at)
            for order in _with_parts(connection, book.store, [found[order_id] for order_id in chunk]):
                yield msgspec.structs.replace(order, remark=remarks[order.order_id])


def count_orders(book: StoreBook, wanted: Filter, at: Standpoint | None = None) -> int:
    """How many orders `iterate_orders` finds."""
    statuses = wanted.effective_statuses
    query = select(func.count()).select_from(ORDERS).where(ORDERS.c.store == book.store)
    if statuses is not None:
        query = query.where(ORDERS.c.status.in_(statuses))
    with book.reading() as connection:
        return connection.scalar(query.where(*_conditions(book.store, wanted, at))) or 0


def has_orders(book: StoreBook) -> bool:
    """Whether the book has any order of the store."""
    query = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store).limit(1)
    with book.reading() as connection:
        return connection.scalar(query) is not None


def count_not_imported(book: StoreBook) -> int:
    """How many orders could not be read, so that the book has only their numbers."""
    query = select(func.count()).select_from(REFUSED_ORDERS).where(REFUSED_ORDERS.c.store == book.store)
    with book.reading() as connection:
        return connection.scalar(query) or 0


def find_order(book: StoreBook, order_id: str) -> BookedOrder | None:
    """One order, or None where the book does not have it."""
    query = (
        select(ORDERS, SEALED.c.lease_day)
        .select_from(_WITH_LEASE)
        .where(ORDERS.c.store == book.store, ORDERS.c.order_id == order_id)
    )
    with book.reading() as connection:
        return next(iter(_with_parts(connection, book.store, connection.execute(query).all())), None)


class NotImported(msgspec.Struct, frozen=True):
    """Why the book knows an order's number and not the order.

    It is `by_amazon` that it is shipped, or it is of a `foreign_marketplace_id`, or `unreadable` says in words why it
    could not be read; else it is pending.
    """

    by_amazon: bool = False
    foreign_marketplace_id: str | None = None
    unreadable: str | None = None


def find_not_imported(book: StoreBook, order_id: str) -> NotImported | None:
    """What is known of an order that is not in the book; None: nothing."""
    passed = select(PASSED_OVER.c.by_amazon, PASSED_OVER.c.foreign_marketplace_id).where(
        PASSED_OVER.c.store == book.store, PASSED_OVER.c.order_id == order_id
    )
    refused = select(REFUSED_ORDERS.c.message).where(
        REFUSED_ORDERS.c.store == book.store, REFUSED_ORDERS.c.order_id == order_id
    )
    with book.reading() as connection:
        message = connection.scalar(refused)
        if message is not None:
            return NotImported(unreadable=message)
        row = connection.execute(passed).one_or_none()
    return NotImported(row.by_amazon, row.foreign_marketplace_id) if row else None


def holds(book: StoreBook, order_ids: Sequence[str]) -> dict[str, tuple[HeldFor, ...]]:
    """What these orders are held for, lifted or not; each of them has an entry."""
    with book.reading() as connection:
        held = _held_for(connection, book.store, order_ids)
    return {order_id: tuple(held.get(order_id, ())) for order_id in order_ids}


def booked_status(book: StoreBook, order_ids: Sequence[str]) -> dict[str, str]:
    """Amazon's fulfilment status of these orders."""
    query = select(ORDERS.c.order_id, ORDERS.c.status).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids)
    )
    with book.reading() as connection:
        return {row.order_id: row.status for row in connection.execute(query)}


def any_deliverable(book: StoreBook) -> bool:
    """Whether an order ever came with a name and a street; one that a person gave its address did not."""
    given = select(HOLDS.c.order_id).where(
        HOLDS.c.store == ORDERS.c.store,
        HOLDS.c.order_id == ORDERS.c.order_id,
        HOLDS.c.hold == Hold.NO_ADDRESS.value,
        HOLDS.c.cause == FROM_FILE,
    )
    query = (
        select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.deliverable, ~given.exists()).limit(1)
    )
    with book.reading() as connection:
        return connection.scalar(query) is not None


def set_manual_hold(book: StoreBook, order_id: str, now: datetime) -> None:
    """Hold an order because a person wants it."""
    row = {
        "store": book.store, "order_id": order_id, "hold": Hold.MANUAL.value, "cause": to_iso(now),
        "set_at": to_iso(now), "lifted_at": None,
    }  # fmt: skip
    with book.writing() as connection:
        connection.execute(upsert(HOLDS), row)


def lift_holds(book: StoreBook, order_id: str, now: datetime) -> None:
    """Lift all holds of an order; each stays lifted until its cause is another."""
    here = (HOLDS.c.store == book.store, HOLDS.c.order_id == order_id)
    with book.writing() as connection:
        manual = connection.execute(select(HOLDS).where(*here, HOLDS.c.hold == Hold.MANUAL.value)).all()
        keep_ended_holds(connection, book.store, manual, now, What.RELEASED)
        connection.execute(delete(HOLDS).where(*here, HOLDS.c.hold == Hold.MANUAL.value))
        connection.execute(update(HOLDS).where(*here, HOLDS.c.lifted_at.is_(None)).values(lifted_at=to_iso(now)))


def release_prime(book: StoreBook, causes: Collection[str], now: datetime) -> list[str]:
    """Lift the hold `prime` with one of these causes from orders to ship whose carrier the merchant chooses.

    Their order ids.
    """
    wanted = (*_prime_of_own_carrier(book.store), HOLDS.c.cause.in_(causes))
    with book.writing() as connection:
        released = list(connection.scalars(select(HOLDS.c.order_id).where(*wanted).order_by(HOLDS.c.order_id)))
        connection.execute(update(HOLDS).where(*wanted).values(lifted_at=to_iso(now)))
    return released


def prime_of_amazons_carrier(book: StoreBook, causes: Collection[str]) -> list[str]:
    """The orders to ship with the hold `prime` and one of these causes whose label only Amazon may make."""
    elsewhere = ORDERS.c.marketplace_id.not_in(OWN_CARRIER_MARKETPLACES)
    wanted = (*_prime_to_ship(book.store, elsewhere), HOLDS.c.cause.in_(causes))
    with book.reading() as connection:
        return list(connection.scalars(select(HOLDS.c.order_id).where(*wanted).order_by(HOLDS.c.order_id)))


def note_prime_still_held(book: StoreBook) -> int:
    """How many Prime orders an earlier version holds of which nobody was told yet; from now on they count as told."""
    untold = (*_prime_of_own_carrier(book.store), HOLDS.c.cause == BUY_SHIPPING)
    with book.writing() as connection:
        return connection.execute(update(HOLDS).where(*untold).values(cause=STILL_HELD)).rowcount


def _prime_of_own_carrier(store: str) -> tuple[ColumnElement[bool], ...]:
    return _prime_to_ship(store, ORDERS.c.marketplace_id.in_(OWN_CARRIER_MARKETPLACES))


def _prime_to_ship(store: str, of_marketplaces: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    to_ship = select(ORDERS.c.order_id).where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), of_marketplaces)
    return (
        HOLDS.c.store == store,
        HOLDS.c.hold == Hold.PRIME.value,
        HOLDS.c.lifted_at.is_(None),
        HOLDS.c.order_id.in_(to_ship),
    )


def _in_sequence(
    connection: Connection, store: str, wanted: Filter, at: Standpoint | None, limit: int | None
) -> Iterator[str]:
    """The orders' ids, the most urgent first.

    Of each status, and of those with and without a date, an index has them in that sequence. Merged here, the first
    ones are there at once, however many there are: the database would sort them all.
    """
    statuses = wanted.effective_statuses
    known = list(_statuses_in(connection, store)) if statuses is None else statuses
    conditions = _conditions(store, wanted, at)
    for dated in (True, False):
        with contextlib.ExitStack() as opened:
            parts = [
                opened.enter_context(
                    connection.execute(
                        select(ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
                        .where(ORDERS.c.store == store, ORDERS.c.status == status, *conditions)
                        .where(ORDERS.c.ship_by.is_not(None) if dated else ORDERS.c.ship_by.is_(None))
                        .order_by(ORDERS.c.ship_by, ORDERS.c.purchased_at, ORDERS.c.order_id)
                        .limit(limit)
                        .execution_options(yield_per=_CHUNK)
                    )
                )
                for status in known
            ]
            for row in heapq.merge(*parts, key=lambda row: (row.ship_by or "", row.purchased_at, row.order_id)):
                yield row.order_id


def _statuses_in(connection: Connection, store: str) -> Iterator[str]:
    """The statuses that there are, each found with one look into the index."""
    status = connection.scalar(select(func.min(ORDERS.c.status)).where(ORDERS.c.store == store))
    while status is not None:
        yield status
        query = select(func.min(ORDERS.c.status)).where(ORDERS.c.store == store, ORDERS.c.status > status)
        status = connection.scalar(query)


def _conditions(store: str, wanted: Filter, at: Standpoint | None) -> list[ColumnElement[bool]]:
    """What has to be true of an order besides its status."""
    found: list[ColumnElement[bool]] = []
    if wanted.due_before:
        found.append(ORDERS.c.ship_by < to_iso(wanted.due_before))
    if wanted.refused:
        found.append(ORDERS.c.order_id.in_(refused_orders(store)))
    if wanted.waiting:
        found.append(or_(waits_for_trigger(), and_(is_at_sendcloud(), waits_for_parcel())))
    if not (wanted.held or wanted.overdue):
        return found
    if at is None:
        raise ValueError("holds and lateness depend on the time and the settings")
    if wanted.held:
        held = select(HOLDS.c.order_id).where(HOLDS.c.store == store, hold_counts(at.policy, at.now))
        found.append(ORDERS.c.order_id.in_(held.where(HOLDS.c.hold == wanted.hold) if wanted.hold else held))
    if wanted.overdue:
        found.append(is_overdue(at.now))
    return found


def _rows_of(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, Row[Any]]:
    query = (
        select(ORDERS, SEALED.c.lease_day)
        .select_from(_WITH_LEASE)
        .where(ORDERS.c.store == store, ORDERS.c.order_id.in_(order_ids))
    )
    return {row.order_id: row for row in connection.execute(query).all()}


def _remarks(
    connection: Connection, store: str, order_ids: Sequence[str], wanted: Filter, at: Standpoint | None
) -> dict[str, Remark]:
    """What the filter is about, of these orders."""
    remarks = dict.fromkeys(order_ids, NO_REMARK)

    def note(order_id: str, **facts: Any) -> None:
        remarks[order_id] = msgspec.structs.replace(remarks[order_id], **facts)

    if wanted.held and at:
        since = func.min(HOLDS.c.set_at).label("since")
        held = select(HOLDS.c.order_id, since).where(HOLDS.c.store == store, HOLDS.c.order_id.in_(order_ids))
        for row in connection.execute(held.where(hold_counts(at.policy, at.now)).group_by(HOLDS.c.order_id)):
            note(row.order_id, held_since=from_iso(row.since))
    if wanted.refused:
        for refusal in refusals_by_sendcloud(connection, store, order_ids):
            note(refusal.order_id, by_sendcloud=refusal)
        for refusal in refusals_by_amazon(connection, store, order_ids):
            note(refusal.order_id, by_amazon=refusal)
    if wanted.waiting:
        for row in connection.execute(untold_parcels(store, order_ids)):
            if carrier := row.carrier_label or row.carrier:
                note(row.order_id, carriers=tuple(dict.fromkeys((*remarks[row.order_id].carriers, carrier))))
    return remarks


def _with_parts(connection: Connection, store: str, rows: Sequence[Row[Any]]) -> Iterator[BookedOrder]:
    ids = [row.order_id for row in rows]
    held = _held_for(connection, store, ids)
    came_of_it = outcomes(connection, store, ids)
    for row, (order, weights) in zip(rows, to_weighed_orders(connection, store, rows), strict=True):
        yield BookedOrder(
            order=order,
            weights=weights,
            held_for=tuple(held.get(row.order_id, ())),
            lifetime=lifetime_of(row),
            lease_day=date.fromisoformat(row.lease_day) if row.lease_day else None,
            delivered_by=row.delivered_by,
            outcome=came_of_it[row.order_id],
        )


def _held_for(connection: Connection, store: str, order_ids: Sequence[str]) -> dict[str, list[HeldFor]]:
    held: dict[str, list[HeldFor]] = {}
    for row in named_rows(execute_for(connection, _HOLDS, store, order_ids)):
        held.setdefault(row.order_id, []).append(HeldFor(row.hold, row.cause, row.lifted_at))
    return held
