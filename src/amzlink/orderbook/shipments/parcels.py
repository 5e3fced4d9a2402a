"""The parcels in the book: what is known of each, and until when all changes are in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso, to_iso_exact
from amzlink.core.orders.order import SHIPPED, TO_SHIP
from amzlink.core.orders.story import Event, What
from amzlink.core.privacy.sealed_data import ITS_PARCELS, Box
from amzlink.core.shipments.confirmation import SAID, UNDER_WAY, State
from amzlink.core.shipments.parcels import DEAD, FILE, OPEN, SENDCLOUD, SUPERSEDED, Kind, Parcel, ParcelItem
from amzlink.orderbook.database import Row, StoreBook, execute_many, upsert
from amzlink.orderbook.privacy.boxes import note_chains, sealed_row
from amzlink.orderbook.schema import CONFIRMATIONS, ORDERS, PARCEL_POLLS, PARCELS, SEALED, TOMBSTONES

_UPSERT_PARCEL: Final = upsert(PARCELS, keep=frozenset({"nothing_left"}))
_UPSERT_SEALED: Final = upsert(SEALED)
_UPSERT_POLL: Final = upsert(PARCEL_POLLS)
_NONE: Final = (Kind.CANCELLED.value, Kind.FAILED.value, Kind.BEFORE.value)  # there is no parcel, or not yet
_encode: Final = msgspec.json.Encoder().encode
_decode_items: Final = msgspec.json.Decoder(tuple[ParcelItem, ...]).decode


class Arrival(msgspec.Struct, frozen=True):
    """That an order has arrived as a whole: when, and who told (`sendcloud`, `file`)."""

    at: datetime
    told_by: str


class ParcelsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels of orders in the book, as they are now; `boxes` hold all tracking numbers of their orders."""

    parcels: Sequence[Parcel]
    boxes: Mapping[str, Box]
    chain_ids: Mapping[str, str]


def polled_until(book: StoreBook) -> datetime | None:
    """Until when all changes of parcels are in; None before the first poll."""
    with book.reading() as connection:
        until = connection.scalar(select(PARCEL_POLLS.c.until).where(PARCEL_POLLS.c.store == book.store))
    return from_iso(until) if until else None


def note_polled(book: StoreBook, until: datetime) -> None:
    """Note that all changes until then are in."""
    with book.writing() as connection:
        connection.execute(_UPSERT_POLL, {"store": book.store, "until": to_iso(until)})


def booked_orders(book: StoreBook, order_ids: Collection[str]) -> frozenset[str]:
    """Which of these orders the book has."""
    query = select(ORDERS.c.order_id).where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids))
    with book.reading() as connection:
        return frozenset(connection.scalars(query))


def purged_orders(connection: Connection, store: str, order_ids: Collection[str]) -> frozenset[str]:
    """Those of these orders whose personal data was deleted: no tracking number is kept for them any more."""
    query = select(TOMBSTONES.c.order_id).where(TOMBSTONES.c.store == store, TOMBSTONES.c.order_id.in_(order_ids))
    return frozenset(connection.scalars(query))


def purged_among(book: StoreBook, order_ids: Collection[str]) -> list[str]:
    """Those of these orders whose personal data was deleted."""
    with book.reading() as connection:
        return sorted(purged_orders(connection, book.store, order_ids))


def bought_at(book: StoreBook, order_ids: Collection[str]) -> dict[str, datetime]:
    """When these orders were placed, of those that the book has."""
    query = select(ORDERS.c.order_id, ORDERS.c.purchased_at).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids)
    )
    with book.reading() as connection:
        return {row.order_id: from_iso(row.purchased_at) for row in connection.execute(query)}


def parcels_of(book: StoreBook, order_ids: Collection[str]) -> dict[str, list[Parcel]]:
    """The parcels of these orders; each order has an entry."""
    query = select(PARCELS).where(PARCELS.c.store == book.store, PARCELS.c.order_id.in_(order_ids))
    found: dict[str, list[Parcel]] = {order_id: [] for order_id in order_ids}
    with book.reading() as connection:
        # Sorted in SQL, all parcels of the store would be gone through in the sequence of their keys.
        for row in sorted(connection.execute(query), key=lambda row: str(row.parcel)):
            found[row.order_id].append(_to_parcel(row))
    return found


def save_parcels(book: StoreBook, seen: ParcelsSeen, now: datetime) -> None:
    """Store what was seen, tracking numbers and all, or nothing. An order that was purged gets no number back."""
    with book.writing() as connection:
        execute_many(connection, _UPSERT_PARCEL, [_parcel_row(book.store, parcel, now) for parcel in seen.parcels])
        if not seen.boxes:
            return
        gone = purged_orders(connection, book.store, seen.boxes.keys())
        rows = [
            sealed_row(book.store, order_id, box, ITS_PARCELS)
            for order_id, box in seen.boxes.items()
            if order_id not in gone
        ]
        execute_many(connection, _UPSERT_SEALED, rows)
        note_chains(connection, book.store, seen.chain_ids)


def orders_to_look_at(book: StoreBook) -> list[str]:
    """Orders of which Amazon may have to be told something, also without a new report, the most urgent first.

    Those that Amazon still waits for and that have a parcel; those with something in the queue, or accepted so lately
    that a change may have waited for it; and those whose label was cancelled after it was confirmed.
    """
    of_order = (PARCELS.c.store == ORDERS.c.store) & (PARCELS.c.order_id == ORDERS.c.order_id)
    with_parcel = select(PARCELS.c.parcel).where(of_order).exists()
    told = (CONFIRMATIONS.c.store == ORDERS.c.store) & (CONFIRMATIONS.c.order_id == ORDERS.c.order_id)
    unsettled = (
        select(CONFIRMATIONS.c.reference)
        .where(told, CONFIRMATIONS.c.state.in_((State.PLANNED.value, State.ACCEPTED.value)))
        .exists()
    )
    orphaned = (
        select(CONFIRMATIONS.c.reference)
        .join(PARCELS, (PARCELS.c.store == CONFIRMATIONS.c.store) & (PARCELS.c.parcel == CONFIRMATIONS.c.parcel))
        .where(told, CONFIRMATIONS.c.state.in_([state.value for state in SAID | UNDER_WAY]))
        .where(PARCELS.c.kind.in_([kind.value for kind in DEAD]))
        .exists()
    )
    query = (
        select(ORDERS.c.order_id)
        .where(ORDERS.c.store == book.store)
        .where((ORDERS.c.status.in_(TO_SHIP) & with_parcel) | unsettled | orphaned)
        .order_by(ORDERS.c.ship_by.nulls_first(), ORDERS.c.order_id)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def open_parcels(book: StoreBook, source: str, *, seen_before: datetime, not_before: datetime) -> list[str]:
    """Keys of parcels from one source that can still change and have not been seen since a time.

    Those that last changed before `not_before` are given up: no carrier moves them any more.
    """
    query = (
        select(PARCELS.c.parcel)
        .where(
            PARCELS.c.store == book.store, PARCELS.c.kind.in_(sorted(OPEN)), PARCELS.c.parcel.startswith(f"{source}:")
        )
        .where(PARCELS.c.seen_at < to_iso(seen_before), PARCELS.c.updated_at >= to_iso_exact(not_before))
        .order_by(PARCELS.c.seen_at, PARCELS.c.parcel)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def have_parcels(book: StoreBook, order_ids: Collection[str]) -> frozenset[str]:
    """Which of these orders have a parcel that is not cancelled."""
    query = select(PARCELS.c.order_id).where(
        PARCELS.c.store == book.store,
        PARCELS.c.order_id.in_(order_ids),
        PARCELS.c.kind.not_in(_NONE),
    )
    with book.reading() as connection:
        return frozenset(connection.scalars(query))


def touch_parcels(book: StoreBook, keys: Collection[str], now: datetime) -> None:
    """Note that these were asked for, whether there was an answer or not."""
    with book.writing() as connection:
        connection.execute(
            update(PARCELS).where(PARCELS.c.store == book.store, PARCELS.c.parcel.in_(keys)).values(seen_at=to_iso(now))
        )


def note_superseded(book: StoreBook, keys: Collection[str]) -> None:
    """Note that these count no longer: a file said something else of the same things later."""
    with book.writing() as connection:
        for key in keys:
            here = update(PARCELS).where(PARCELS.c.store == book.store, PARCELS.c.parcel == key)
            connection.execute(here.values(kind=Kind.CANCELLED.value, status=SUPERSEDED))


def note_nothing_left(book: StoreBook, keys: Mapping[str, bool]) -> None:
    """Note of these parcels whether other parcels hold all their items."""
    with book.writing() as connection:
        for key, nothing_left in keys.items():
            here = update(PARCELS).where(PARCELS.c.store == book.store, PARCELS.c.parcel == key)
            connection.execute(here.values(nothing_left=nothing_left))


def note_deliveries(book: StoreBook, arrivals: Mapping[str, Arrival]) -> None:
    """Note when orders were delivered, and who told."""
    with book.writing() as connection:
        for order_id, arrival in arrivals.items():
            connection.execute(
                update(ORDERS)
                .where(ORDERS.c.store == book.store, ORDERS.c.order_id == order_id)
                .values(delivered_at=to_iso(arrival.at), delivered_by=arrival.told_by)
            )


def newly_delivered(book: StoreBook) -> dict[str, str]:
    """The statuses of orders of which a parcel has arrived whose delivery is not noted yet, or as of a later moment.

    Amazon and files do not tell when: their word may be noted first, and the parcels tell then that it was earlier.
    """
    parcel = select(PARCELS.c.parcel).where(
        PARCELS.c.store == ORDERS.c.store, PARCELS.c.order_id == ORDERS.c.order_id, PARCELS.c.kind.not_in(_NONE)
    )
    arrived = parcel.where(PARCELS.c.kind == Kind.DELIVERED.value)
    slower = parcel.where(func.coalesce(PARCELS.c.delivered_at, ORDERS.c.delivered_at) >= ORDERS.c.delivered_at)
    query = (
        select(ORDERS.c.order_id, ORDERS.c.status)
        .where(ORDERS.c.store == book.store, ORDERS.c.status.in_((SHIPPED, *TO_SHIP)), arrived.exists())
        .where(or_(ORDERS.c.delivered_at.is_(None), (ORDERS.c.delivered_by != SENDCLOUD) & ~slower.exists()))
    )
    with book.reading() as connection:
        return {row.order_id: row.status for row in connection.execute(query)}


def events_of_parcel(parcel: Parcel) -> list[Event]:
    """What is known of a parcel's way. A file has the day of its shipment alone, and knows of no label and no scan."""
    carrier = parcel.carrier_label or parcel.carrier or ""
    of_a_file = parcel.source == FILE
    updated_at = parcel.updated_at.replace(microsecond=0)  # as all other times are kept, else what follows comes first
    told = (
        (updated_at if of_a_file and parcel.kind is not Kind.CANCELLED else None, What.IN_A_FILE),
        (None if of_a_file else parcel.announced_at, What.ANNOUNCED),
        (None if of_a_file else parcel.processed_at, What.SCANNED),
        (parcel.delivered_at, What.DELIVERED),
        (updated_at if parcel.kind is Kind.CANCELLED else None, What.LABEL_CANCELLED),
        (updated_at if parcel.kind is Kind.RETURNING else None, What.RETURNING),
    )
    return [Event(at, what, carrier) for at, what in told if at]


def _parcel_row(store: str, parcel: Parcel, now: datetime) -> Row:
    return {
        "store": store,
        "parcel": parcel.key,
        "order_id": parcel.order_id,
        "status": parcel.status,
        "kind": parcel.kind.value,
        "announced_at": to_iso(parcel.announced_at) if parcel.announced_at else None,
        "processed_at": to_iso(parcel.processed_at) if parcel.processed_at else None,
        "delivered_at": to_iso(parcel.delivered_at) if parcel.delivered_at else None,
        "carrier": parcel.carrier,
        "carrier_label": parcel.carrier_label,
        "service": parcel.service,
        "traceable": parcel.traceable,
        "items": _encode(parcel.items).decode(),
        "updated_at": to_iso_exact(parcel.updated_at),
        "seen_at": to_iso(now),
        "nothing_left": parcel.nothing_left,
    }


def _to_parcel(row: SqlRow[Any]) -> Parcel:
    return Parcel(
        key=row.parcel,
        order_id=row.order_id,
        status=row.status,
        kind=Kind(row.kind),
        announced_at=from_iso(row.announced_at) if row.announced_at else None,
        processed_at=from_iso(row.processed_at) if row.processed_at else None,
        delivered_at=from_iso(row.delivered_at) if row.delivered_at else None,
        carrier=row.carrier,
        carrier_label=row.carrier_label,
        service=row.service,
        traceable=row.traceable,
        items=_decode_items(row.items),
        updated_at=from_iso(row.updated_at),
        nothing_left=bool(row.nothing_left),
    )
