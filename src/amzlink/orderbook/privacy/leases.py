"""The leases in the book: which are about to end, and the floor below which nothing is opened any more."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import select, tuple_, update

from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import Box, Place
from amzlink.orderbook.database import StoreBook, upsert
from amzlink.orderbook.orders.pages import box_of, can_be_opened, note_chains, sealed_row
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_FLOORS

_CHUNK: Final = 200
LIFETIME_COLUMNS: Final = (
    ORDERS.c.status,
    ORDERS.c.changed_at,
    ORDERS.c.shipped_at,
    ORDERS.c.delivered_at,
    ORDERS.c.delivered_by,
    ORDERS.c.ship_by,
)
DATED_BY: Final = "sendcloud"  # whose parcels tell when they arrived; of the others it is known when that was heard


class Lease(msgspec.Struct, frozen=True):
    """A box, whose it is, and what decides how long its order's data may be kept."""

    place: Place
    box: Box
    order: Lifetime


def leases_ending(book: StoreBook, before: date, floor: date | None) -> Iterator[list[Lease]]:
    """The boxes whose lease ends before a day, the earliest first, a chunk at a time; none below the floor.

    Whether one may be given a longer lease is for the caller to decide; one that gets none comes no second time.
    """
    key = tuple_(SEALED.c.lease_day, SEALED.c.order_id, SEALED.c.part)
    after = ((floor or date.min).isoformat(), "", "")
    while True:
        keys = (
            select(*key.clauses)
            .where(SEALED.c.store == book.store, SEALED.c.lease_day < before.isoformat(), key > after)
            .order_by(*key.clauses)
            .limit(_CHUNK)
        )
        with book.reading() as connection:
            rows = connection.execute(keys).all()
        if not rows:
            return
        yield _leases_at(book, [Place(row.order_id, row.part) for row in rows])
        after = tuple(rows[-1])


def _leases_at(book: StoreBook, places: Collection[Place]) -> list[Lease]:
    query = (
        select(SEALED, *LIFETIME_COLUMNS)
        .join(ORDERS, (ORDERS.c.store == SEALED.c.store) & (ORDERS.c.order_id == SEALED.c.order_id))
        .where(SEALED.c.store == book.store, SEALED.c.order_id.in_({place.order_id for place in places}))
    )
    with book.reading() as connection:
        found = [
            Lease(Place(row.order_id, row.part), box_of(row), lifetime_of(row)) for row in connection.execute(query)
        ]
    return [lease for lease in found if lease.place in places]


def lifetimes(book: StoreBook, order_ids: Collection[str]) -> dict[str, Lifetime]:
    """What decides how long the data of these orders may be kept; one that the book does not have is left out."""
    query = select(ORDERS.c.order_id, *LIFETIME_COLUMNS).where(
        ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids)
    )
    with book.reading() as connection:
        return {row.order_id: lifetime_of(row) for row in connection.execute(query)}


def lifetime_of(row: Any) -> Lifetime:  # a row of any shape
    """What decides how long an order's data may be kept, from its row (`LIFETIME_COLUMNS`)."""
    return Lifetime(
        status=row.status,
        changed_on=_day(row.changed_at),
        shipped_on=_day(row.shipped_at) if row.shipped_at else None,
        delivered_on=_day(row.delivered_at) if row.delivered_at else None,
        ship_by=_day(row.ship_by) if row.ship_by else None,
        delivery_dated=row.delivered_by == DATED_BY,
    )


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def all_boxes(book: StoreBook, order_ids: Collection[str]) -> dict[Place, Box]:
    """Everything that is sealed of these orders and can still be opened."""
    query = select(SEALED).where(SEALED.c.store == book.store, SEALED.c.order_id.in_(order_ids), can_be_opened())
    with book.reading() as connection:
        return {Place(row.order_id, row.part): box_of(row) for row in connection.execute(query)}


def replace_boxes(book: StoreBook, boxes: Mapping[Place, tuple[Box, Box]], chain_ids: Mapping[str, str]) -> None:
    """Put newly sealed boxes in the place of the old ones (old, new), and note the chains that they hang on.

    A box that somebody else has replaced meanwhile, with newer content, stays: its lease is theirs to see to.
    """
    with book.writing() as connection:
        for place, (old, new) in boxes.items():
            here = (SEALED.c.store == book.store, SEALED.c.order_id == place.order_id, SEALED.c.part == place.part)
            row = sealed_row(book.store, place.order_id, new, place.part)
            connection.execute(update(SEALED).where(*here, SEALED.c.box == old.data).values(row))
        note_chains(connection, book.store, chain_ids)


def note_floor(book: StoreBook, floor: date) -> None:
    """Note the first day whose boxes may still be opened."""
    with book.writing() as connection:
        connection.execute(upsert(VAULT_FLOORS), {"store": book.store, "floor": floor.isoformat()})
