"""The sealed boxes in the order book, the chains that they hang on, and the floor below which none is opened any more.

Only `amzlink.sealed` opens and seals them; the rest of the order book stores them as they are.
"""

import functools
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_, update

from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import THE_ORDER, Box, Place
from amzlink.orderbook.database import (
    OF_STORE,
    Row,
    StoreBook,
    execute_for,
    execute_many,
    insert_missing,
    is_among,
    named_rows,
    upsert,
)
from amzlink.orderbook.privacy.lifetimes import LIFETIME_COLUMNS, lifetime_of
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_CHAINS, VAULT_FLOORS
from amzlink.problems import Problem, ProblemName, privacy

_CHUNK: Final = 200
_INSERT_CHAIN: Final = insert_missing(VAULT_CHAINS)


class SealedMarks(msgspec.Struct, frozen=True):
    """The first day whose boxes may be opened, and the chains that boxes were sealed with, by month."""

    floor: date | None
    chain_ids: Mapping[str, str]


class Lease(msgspec.Struct, frozen=True):
    """A box, whose it is, and what decides how long its order's data may be kept."""

    place: Place
    box: Box
    order: Lifetime


def sealed_marks(book: StoreBook) -> SealedMarks:
    """What the vault of the store has to be held against."""
    with book.reading() as connection:
        chains = connection.execute(select(VAULT_CHAINS).where(VAULT_CHAINS.c.store == book.store))
        return SealedMarks(floor_in(connection, book.store), {row.month: row.chain_id for row in chains})


def floor_in(connection: Connection, store: str) -> date | None:
    """The first day whose boxes may be opened; None: nothing was purged yet."""
    floor = connection.scalar(select(VAULT_FLOORS.c.floor).where(VAULT_FLOORS.c.store == store))
    return date.fromisoformat(floor) if floor else None


def note_floor(book: StoreBook, floor: date) -> None:
    """Note the first day whose boxes may still be opened."""
    with book.writing() as connection:
        connection.execute(upsert(VAULT_FLOORS), {"store": book.store, "floor": floor.isoformat()})


def boxes(book: StoreBook, order_ids: Collection[str], part: str = THE_ORDER) -> dict[str, Box]:
    """A part of the sealed data of these orders; those of which it is not there or cannot be opened are left out."""
    with book.reading() as connection:
        rows = named_rows(execute_for(connection, _of_part(part), book.store, order_ids))
        return {row.order_id: _box_of(row) for row in rows}


@functools.cache
def _of_part(part: str) -> Select[Any]:
    return select(SEALED).where(
        SEALED.c.store == OF_STORE, SEALED.c.part == part, is_among(SEALED.c.order_id), can_be_opened()
    )


def all_boxes(book: StoreBook, order_ids: Collection[str]) -> dict[Place, Box]:
    """Everything that is sealed of these orders and can still be opened."""
    return _all_boxes(book, order_ids, can_be_opened())


def boxes_of(book: StoreBook, order_ids: Collection[str]) -> dict[Place, Box]:
    """Everything that is sealed of these orders, whether it can still be opened or not."""
    return _all_boxes(book, order_ids)


def _all_boxes(book: StoreBook, order_ids: Collection[str], *which: ColumnElement[bool]) -> dict[Place, Box]:
    query = select(SEALED).where(SEALED.c.store == book.store, SEALED.c.order_id.in_(order_ids), *which)
    with book.reading() as connection:
        return {Place(row.order_id, row.part): _box_of(row) for row in named_rows(connection.execute(query))}


def sample_boxes(book: StoreBook, count: int) -> dict[Place, Box]:
    """The boxes that can be opened and whose leases end first and last, so many of each."""
    found: dict[Place, Box] = {}
    with book.reading() as connection:
        for order in (SEALED.c.lease_day, SEALED.c.lease_day.desc()):
            query = select(SEALED).where(SEALED.c.store == book.store, can_be_opened()).order_by(order).limit(count)
            for row in connection.execute(query):
                found[Place(row.order_id, row.part)] = _box_of(row)
    return found


def leases_ending(book: StoreBook, before: date) -> Iterator[list[Lease]]:
    """The boxes whose lease ends before a day, the earliest first, a chunk at a time; none below the floor.

    Whether one may be given a longer lease is for the caller to decide; one that gets none comes no second time.
    """
    key = tuple_(SEALED.c.lease_day, SEALED.c.order_id, SEALED.c.part)
    with book.reading() as connection:
        floor = floor_in(connection, book.store)
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
            Lease(Place(row.order_id, row.part), _box_of(row), lifetime_of(row))
            for row in named_rows(connection.execute(query))
        ]
    return [lease for lease in found if lease.place in places]


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


def can_be_opened() -> ColumnElement[bool]:
    """A condition on `SEALED`: the box does not lie below the floor, under which nothing is opened any more.

    Where a purge was stopped, or an old book was put back, the rows are still there, and their keys are not.
    """
    of_store = select(VAULT_FLOORS.c.floor).where(VAULT_FLOORS.c.store == SEALED.c.store)
    floor = of_store.correlate(SEALED).scalar_subquery()
    # Named in a function, so that SQLite looks the few orders of a chunk up instead of all that can be opened.
    return func.coalesce(SEALED.c.lease_day, "") >= func.coalesce(floor, "")


def note_chains(connection: Connection, store: str, chain_ids: Mapping[str, str]) -> None:
    """Note the chains that boxes hang on; those that are noted stay as they are.

    Raises:
        Problem: `vault-key-missing`, where another machine has begun another chain for the same month meanwhile. The
            boxes must not be kept then: no key would open all of the month's.
    """
    chains = [{"store": store, "month": month, "chain_id": chain} for month, chain in chain_ids.items()]
    execute_many(connection, _INSERT_CHAIN, chains)
    noted = select(VAULT_CHAINS.c.month, VAULT_CHAINS.c.chain_id).where(VAULT_CHAINS.c.store == store)
    for row in connection.execute(noted):
        if row.chain_id != chain_ids.get(row.month, row.chain_id):
            detail = privacy.another_key_of_month(month=row.month)
            advice = privacy.KEY_OF_OTHER_MACHINES
            raise Problem(ProblemName.VAULT_KEY_MISSING, store=store, detail=detail, advice=advice)


def sealed_row(store: str, order_id: str, sealed: Box, part: str = THE_ORDER) -> Row:
    """A box as a row of its table."""
    return {
        "store": store,
        "order_id": order_id,
        "part": part,
        "lease_day": sealed.lease_day.isoformat(),
        "chain_id": sealed.chain_id,
        "box": sealed.data,
    }


def _box_of(row: Any) -> Box:
    return Box(date.fromisoformat(row.lease_day), row.chain_id, row.box)
