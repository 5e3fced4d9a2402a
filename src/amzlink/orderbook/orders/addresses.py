"""Writing addresses that a person gives for orders which Amazon told without."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, select, update

from amzlink.clock import to_iso
from amzlink.core.orders.holds import FROM_FILE, Hold
from amzlink.core.privacy.sealed_data import Box
from amzlink.orderbook.database import StoreBook, execute_many, insert_missing, upsert
from amzlink.orderbook.destination.outbox import consider_again
from amzlink.orderbook.privacy.boxes import note_chains, sealed_row
from amzlink.orderbook.schema import HOLDS, ORDERS, SEALED, TOMBSTONES

_OF_ADDRESS: Final = (Hold.NO_ADDRESS.value, Hold.DAMAGED_TEXT.value)
_UPSERT_SEALED: Final = upsert(SEALED)
_INSERT_HOLD: Final = insert_missing(HOLDS)


class GivenAddress(msgspec.Struct, frozen=True, gc=False):
    """The personal data of an order, sealed with the address in it, and what holds the order back in that."""

    order_id: str
    sealed: Box
    causes: Mapping[str, str]


def damaged_orders(book: StoreBook, order_ids: Collection[str]) -> set[str]:
    """Those of these orders whose address was damaged by the file that it came with."""
    query = select(HOLDS.c.order_id).where(
        HOLDS.c.store == book.store, HOLDS.c.order_id.in_(order_ids), HOLDS.c.hold == Hold.DAMAGED_TEXT.value
    )
    with book.reading() as connection:
        return set(connection.scalars(query))


def save_addresses(
    book: StoreBook, given: Sequence[GivenAddress], chain_ids: Mapping[str, str], now: datetime
) -> None:  # fmt: skip
    """Store addresses and what follows from them, or nothing. A tombstone has the last word, as in an import."""
    with book.writing() as connection:
        ids = [each.order_id for each in given]
        purged = set(
            connection.scalars(
                select(TOMBSTONES.c.order_id).where(TOMBSTONES.c.store == book.store, TOMBSTONES.c.order_id.in_(ids))
            )
        )
        kept = [each for each in given if each.order_id not in purged]
        ids = [each.order_id for each in kept]
        execute_many(connection, _UPSERT_SEALED, [sealed_row(book.store, each.order_id, each.sealed) for each in kept])
        note_chains(connection, book.store, chain_ids)
        connection.execute(
            update(ORDERS).where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(ids)).values(deliverable=True)
        )
        connection.execute(
            delete(HOLDS).where(HOLDS.c.store == book.store, HOLDS.c.order_id.in_(ids), HOLDS.c.hold.in_(_OF_ADDRESS))
        )
        execute_many(connection, _INSERT_HOLD, [
            {
                "store": book.store, "order_id": each.order_id, "hold": hold, "cause": cause, "set_at": to_iso(now),
                # Amazon's gap is filled, which an import that brings the same gap again leaves so.
                "lifted_at": to_iso(now) if hold == Hold.NO_ADDRESS and cause == FROM_FILE else None,
            }
            for each in kept
            for hold, cause in each.causes.items()
        ])  # fmt: skip
        consider_again(connection, book.store, ids)
