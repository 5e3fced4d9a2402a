"""What happened to orders and their other rows do not show any more, because they went on."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso
from amzlink.core.orders.holds import HeldFor, HoldPolicy
from amzlink.core.orders.story import Event, What, events_of_hold
from amzlink.orderbook.database import StoreBook, execute_many, insert_missing
from amzlink.orderbook.schema import HOLDS, ORDER_EVENTS
from amzlink.problems import ProblemName

_INSERT: Final = insert_missing(ORDER_EVENTS)


def keep_events(connection: Connection, store: str, events: Mapping[str, Iterable[Event]]) -> None:
    """Keep what happened to these orders, by order id. What is kept already stays once."""
    rows = [
        {
            "store": store, "order_id": order_id, "at": to_iso(event.at), "what": event.what.value,
            "about": event.about, "problem": event.problem.value if event.problem else None,
        }
        for order_id, happened in events.items()
        for event in happened
    ]  # fmt: skip
    execute_many(connection, _INSERT, rows)


def keep_ended_holds(
    connection: Connection, store: str, rows: Iterable[SqlRow[Any]], now: datetime, how: What = What.HOLD_ENDED
) -> None:
    """Keep when these holds were set and lifted, and that they end now, where nobody lifted them before."""
    events: dict[str, list[Event]] = {}
    for row in rows:
        held = HeldFor(row.hold, row.cause, row.lifted_at)
        if happened := events_of_hold(held, from_iso(row.set_at), HoldPolicy()):
            end = [] if held.lifted_at else [Event(now, how, held.hold)]
            events.setdefault(row.order_id, []).extend(happened + end)
    keep_events(connection, store, events)


def hold_events(book: StoreBook, order_id: str, policy: HoldPolicy) -> list[Event]:
    """What happened to the holds that an order has, lifted or not."""
    query = select(HOLDS).where(HOLDS.c.store == book.store, HOLDS.c.order_id == order_id)
    with book.reading() as connection:
        return [
            event
            for row in connection.execute(query)
            for event in events_of_hold(HeldFor(row.hold, row.cause, row.lifted_at), from_iso(row.set_at), policy)
        ]


def kept_events(book: StoreBook, order_id: str) -> list[Event]:
    """What is kept of an order."""
    query = select(ORDER_EVENTS).where(ORDER_EVENTS.c.store == book.store, ORDER_EVENTS.c.order_id == order_id)
    with book.reading() as connection:
        return [
            Event(from_iso(row.at), What(row.what), row.about, ProblemName(row.problem) if row.problem else None)
            for row in connection.execute(query)
        ]
