"""The outbox to Amazon: each confirmation is a row before it is a call, and its answer goes into the row."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select, update
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso
from amzlink.core.orders.holds import amazon_confirms
from amzlink.core.orders.story import Event, What
from amzlink.core.shipments.confirmation import Confirmation, Package, State
from amzlink.core.shipments.packing import Item, Line
from amzlink.core.shipments.plan import Situation
from amzlink.orderbook.database import Row, StoreBook, execute_many, upsert
from amzlink.orderbook.events import keep_events
from amzlink.orderbook.schema import CONFIRMATIONS, ORDER_LINES, ORDERS, PACKAGES, PARCELS
from amzlink.orderbook.shipments.parcels import parcels_of, purged_orders
from amzlink.problems import ProblemName

_UPSERT: Final = upsert(CONFIRMATIONS, keep=frozenset({"confirmed_at", "late"}))
_encode: Final = msgspec.json.Encoder().encode
_decode_items: Final = msgspec.json.Decoder(tuple[Item, ...]).decode
_decode_held: Final = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode
_WITH_CODES: Final = "TRANSPARENCY"
_NO_REFUSAL: Final[Mapping[str, None]] = {"problem": None, "reason": None, "message": None}
_SETTLED: Final[Mapping[State, What]] = {
    State.STORED: What.CONFIRMATION_STORED,
    State.REFUSED: What.CONFIRMATION_REFUSED,
    State.MISSING: What.CONFIRMATION_REFUSED,
    State.WITHDRAWN: What.CONFIRMATION_WITHDRAWN,
}


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox: what is to be said, and what has come of it.

    `traceable`: there is a tracking number, which lies sealed elsewhere. `reason` and `message` say why Amazon refused
    it, in a word of ours and in Amazon's words without what they quote.
    """

    confirmation: Confirmation
    marketplace_id: str
    carrier_code: str
    carrier_label: str | None
    shipping_method: str | None
    ship_date: datetime
    traceable: bool
    asked_at: datetime | None = None
    accepted_at: datetime | None = None
    problem: ProblemName | None = None
    reason: str | None = None
    message: str | None = None
    feed: str | None = None
    message_id: int | None = None
    planned_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def order_id(self) -> str:
        """The order it is about."""
        return self.confirmation.order_id


class OrderFacts(msgspec.Struct, frozen=True, gc=False):
    """What a confirmation has to know of its order besides the lines."""

    marketplace_id: str | None
    purchased_at: datetime
    ship_by: datetime | None
    amazon_confirms: bool
    is_purged: bool


def situations(
    book: StoreBook, order_ids: Sequence[str]
) -> tuple[dict[str, Situation], dict[str, OrderFacts]]:  # fmt: skip
    """What counts for the confirmations of these orders, without the contents, which only the vault's keys can tell."""
    parcels = parcels_of(book, order_ids)
    with book.reading() as connection:
        orders = connection.execute(
            select(ORDERS).where(ORDERS.c.store == book.store, ORDERS.c.order_id.in_(order_ids))
        ).all()
        lines: dict[str, list[Line]] = {}
        for row in connection.execute(
            select(ORDER_LINES)
            .where(ORDER_LINES.c.store == book.store, ORDER_LINES.c.order_id.in_(order_ids))
            .order_by(ORDER_LINES.c.position)
        ):
            needs_codes = _WITH_CODES in row.programs.split()
            line = Line(row.order_item_id, row.sku, row.quantity_unshipped, needs_codes)
            lines.setdefault(row.order_id, []).append(line)
        packages: dict[str, list[Package]] = {}
        for row in connection.execute(
            select(PACKAGES).where(PACKAGES.c.store == book.store, PACKAGES.c.order_id.in_(order_ids))
        ):
            packages.setdefault(row.order_id, []).append(Package(row.reference, _decode_held(row.items)))
        confirmations: dict[str, list[Confirmation]] = {}
        refused_for: dict[str, list[str | None]] = {}
        for row in connection.execute(
            select(CONFIRMATIONS).where(CONFIRMATIONS.c.store == book.store, CONFIRMATIONS.c.order_id.in_(order_ids))
        ):
            confirmations.setdefault(row.order_id, []).append(_to_confirmation(row))
            refused_for.setdefault(row.order_id, []).append(row.reason)
        purged = purged_orders(connection, book.store, order_ids)
    found = {
        row.order_id: Situation(
            order_id=row.order_id,
            status=row.status,
            lines=tuple(lines.get(row.order_id, ())),
            packages=tuple(packages.get(row.order_id, ())),
            parcels=tuple(parcels[row.order_id]),
            confirmations=tuple(confirmations.get(row.order_id, ())),
            contents={},
        )
        for row in orders
    }
    return found, {
        row.order_id: _facts(row, refused_for.get(row.order_id, ()), is_purged=row.order_id in purged) for row in orders
    }


def plan_confirmations(
    book: StoreBook, planned: Sequence[Outgoing], withdrawn: Sequence[Confirmation], now: datetime
) -> None:
    """Write down what is to be sent, and what is not any more; the events that are forgotten by that are kept."""
    with book.writing() as connection:
        for entry in planned:
            row = _row(book.store, entry) | {"planned_at": to_iso(now)}
            if entry.confirmation.state is State.REFUSED:  # what keeps it back is known before it is sent
                row["settled_at"] = to_iso(now)
            _keep_forgotten(connection, book.store, entry.confirmation, row)
            execute_many(connection, _UPSERT, [row])
        for taken_back in withdrawn:
            values: dict[str, Any] = {
                "state": taken_back.state.value, "content_hash": taken_back.content, "settled_at": to_iso(now),
                **_NO_REFUSAL,
            }  # fmt: skip
            if taken_back.state is State.STORED and not taken_back.is_edit:  # its answer was lost, and it is there
                values |= _first_confirmed(CONFIRMATIONS.c.asked_at)
            _move(connection, book.store, taken_back, **values)


def in_state(book: StoreBook, *states: State) -> list[Outgoing]:
    """The rows in these states, the orders that are due first."""
    query = (
        _joined(book.store)
        .where(CONFIRMATIONS.c.state.in_([state.value for state in states]))
        .order_by(ORDERS.c.ship_by.is_(None), ORDERS.c.ship_by, CONFIRMATIONS.c.order_id, CONFIRMATIONS.c.reference)
    )
    with book.reading() as connection:
        return [_to_outgoing(row) for row in connection.execute(query)]


def outgoing_of(book: StoreBook, order_ids: Collection[str]) -> dict[str, list[Outgoing]]:
    """The rows of these orders, by reference; each order has an entry."""
    found: dict[str, list[Outgoing]] = {order_id: [] for order_id in order_ids}
    with book.reading() as connection:
        rows = connection.execute(_joined(book.store).where(CONFIRMATIONS.c.order_id.in_(order_ids)))
        for row in sorted(rows, key=lambda row: str(row.reference)):
            found[row.order_id].append(_to_outgoing(row))
    return found


def of_feed(book: StoreBook, feed: str) -> list[Outgoing]:
    """The rows of one feed, by message."""
    query = _joined(book.store).where(CONFIRMATIONS.c.feed == feed, CONFIRMATIONS.c.state == State.IN_FEED.value)
    with book.reading() as connection:
        return [_to_outgoing(row) for row in connection.execute(query.order_by(CONFIRMATIONS.c.message_id))]


def note_asking(book: StoreBook, entry: Confirmation, now: datetime) -> None:
    """Note that the call is about to be made: from here on nobody knows, until its answer is written down."""
    with book.writing() as connection:
        _move(
            connection, book.store, entry, state=State.CALLING.value, asked_at=to_iso(now), **_NO_REFUSAL
        )  # fmt: skip


def note_in_feed(book: StoreBook, feed: str, entries: Sequence[Confirmation], now: datetime) -> None:
    """Note that these are the messages of a feed, numbered from 1."""
    with book.writing() as connection:
        for number, entry in enumerate(entries, 1):
            _move(
                connection, book.store, entry,
                state=State.IN_FEED.value, feed=feed, message_id=number, asked_at=to_iso(now), **_NO_REFUSAL,
            )  # fmt: skip


def note_states(book: StoreBook, entries: Mapping[State, Collection[Confirmation]], now: datetime) -> None:
    """Move rows to other states. What is accepted now is accepted now; first confirmed it may have been before."""
    with book.writing() as connection:
        for state, moved in entries.items():
            values: dict[str, object] = {"state": state.value}
            if state is State.ACCEPTED:
                values["accepted_at"] = to_iso(now)
                values |= _first_confirmed(literal(to_iso(now)))
            if state in _SETTLED:
                values["settled_at"] = to_iso(now)
            for entry in moved:
                _move(connection, book.store, entry, **values)


def note_refused(
    book: StoreBook,
    entry: Confirmation,
    state: State,
    *,
    problem: ProblemName,
    reason: str | None,
    now: datetime,
    message: str | None = None,
) -> None:
    """Keep why a confirmation was not taken, or is not to be seen."""
    with book.writing() as connection:
        _move(
            connection, book.store, entry,
            state=state.value, problem=problem.value, reason=reason, message=message, settled_at=to_iso(now),
        )  # fmt: skip


def note_seen(
    book: StoreBook, entries: Collection[Confirmation], state: State, now: datetime, *, resent: bool = False
) -> None:
    """Move rows on that another job may have moved meanwhile: only those that are still as they were read.

    What has to be sent once more (`resent`) was not confirmed yet.
    """
    values: dict[str, object] = {"state": state.value, "settled_at": to_iso(now) if state in _SETTLED else None}
    if resent:
        values["resent"] = True
    with book.writing() as connection:
        for entry in entries:
            unchanged = (CONFIRMATIONS.c.state == entry.state.value) & (CONFIRMATIONS.c.content_hash == entry.content)
            query = select(CONFIRMATIONS.c.state).where(*_key(book.store, entry), unchanged)
            if connection.scalar(query) is None:
                continue
            undone = {"confirmed_at": None, "late": None} if resent and not entry.is_edit else {}
            _move(connection, book.store, entry, **values, **undone)
            if resent:
                lost = Event(now, What.CONFIRMATION_REFUSED, entry.reference, ProblemName.CONFIRMATION_NOT_STORED)
                keep_events(connection, book.store, {entry.order_id: [lost]})


def state_counts(book: StoreBook) -> dict[State, int]:
    """How many rows are in each state."""
    query = (
        select(CONFIRMATIONS.c.state, func.count().label("rows"))
        .where(CONFIRMATIONS.c.store == book.store)
        .group_by(CONFIRMATIONS.c.state)
    )
    with book.reading() as connection:
        return {State(row.state): row.rows for row in connection.execute(query)}


def _joined(store: str) -> Select[Any]:
    return (
        select(CONFIRMATIONS, ORDERS.c.marketplace_id, PARCELS.c.traceable)
        .join(ORDERS, (ORDERS.c.store == CONFIRMATIONS.c.store) & (ORDERS.c.order_id == CONFIRMATIONS.c.order_id))
        .join(PARCELS, (PARCELS.c.store == CONFIRMATIONS.c.store) & (PARCELS.c.parcel == CONFIRMATIONS.c.parcel))
        .where(CONFIRMATIONS.c.store == store)
    )


def events_of_order(book: StoreBook, order_id: str) -> list[Event]:
    """What happened to the confirmations of an order, as far as their rows tell it."""
    query = select(CONFIRMATIONS).where(CONFIRMATIONS.c.store == book.store, CONFIRMATIONS.c.order_id == order_id)
    with book.reading() as connection:
        return [event for row in connection.execute(query).mappings() for event in _events_of(row)]


def _events_of(row: Mapping[Any, Any]) -> list[Event]:
    told: list[tuple[str | None, What, ProblemName | None]] = [
        (row["planned_at"], What.CONFIRMATION_PLANNED, None),
        (row["asked_at"], What.CONFIRMATION_SENT, None),
        (row["accepted_at"], What.CONFIRMATION_ACCEPTED, None),
    ]
    if what := _SETTLED.get(State(row["state"])):
        told.append((row["settled_at"], what, ProblemName(row["problem"]) if row["problem"] else None))
    return [Event(from_iso(at), what, row["reference"], problem) for at, what, problem in told if at]


def _keep_forgotten(connection: Connection, store: str, entry: Confirmation, after: Mapping[str, object]) -> None:
    """Keep the events that a row tells now and will not when these are its values."""
    row = connection.execute(select(CONFIRMATIONS).where(*_key(store, entry))).mappings().one_or_none()
    if row and (forgotten := set(_events_of(row)).difference(_events_of({**row, **after}))):
        keep_events(connection, store, {entry.order_id: forgotten})


def _move(connection: Connection, store: str, entry: Confirmation, **values: object) -> None:
    """Change a row, and keep the events that it forgets by that."""
    _keep_forgotten(connection, store, entry, values)
    connection.execute(update(CONFIRMATIONS).where(*_key(store, entry)).values(values))


def _key(store: str, entry: Confirmation) -> tuple[ColumnElement[bool], ...]:
    return (
        CONFIRMATIONS.c.store == store,
        CONFIRMATIONS.c.order_id == entry.order_id,
        CONFIRMATIONS.c.reference == entry.reference,
    )


def _first_confirmed(at: ColumnElement[Any]) -> dict[str, Any]:
    """That Amazon has accepted the package then, unless it did before; and whether its order was due by then."""
    due = (
        select(ORDERS.c.ship_by)
        .where(ORDERS.c.store == CONFIRMATIONS.c.store, ORDERS.c.order_id == CONFIRMATIONS.c.order_id)
        .scalar_subquery()
    )
    return {
        "confirmed_at": func.coalesce(CONFIRMATIONS.c.confirmed_at, at),
        "late": case((CONFIRMATIONS.c.confirmed_at.is_(None), at > due), else_=CONFIRMATIONS.c.late),
    }


def _facts(row: SqlRow[Any], refused_for: Sequence[str | None], *, is_purged: bool) -> OrderFacts:
    return OrderFacts(
        row.marketplace_id,
        from_iso(row.purchased_at),
        from_iso(row.ship_by) if row.ship_by else None,
        amazon_confirms(row.programs.split(), refused_for),
        is_purged,
    )


def _row(store: str, entry: Outgoing) -> Row:
    said = entry.confirmation
    return {
        "store": store,
        "order_id": said.order_id,
        "reference": said.reference,
        "parcel": said.parcel,
        "state": said.state.value,
        "is_edit": said.is_edit,
        "items": _encode(said.items).decode(),
        "carrier_code": entry.carrier_code,
        "carrier_label": entry.carrier_label,
        "shipping_method": entry.shipping_method,
        "ship_date": to_iso(entry.ship_date),
        "content_hash": said.content,
        "asked_at": to_iso(entry.asked_at) if entry.asked_at else None,
        "accepted_at": to_iso(entry.accepted_at) if entry.accepted_at else None,
        "resent": said.resent,
        "problem": entry.problem.value if entry.problem else None,
        "reason": entry.reason,
        "feed": entry.feed,
        "message_id": entry.message_id,
        "confirmed_at": None,
        "late": None,
        "traceable": entry.traceable,
        "message": entry.message,
        "planned_at": to_iso(entry.planned_at) if entry.planned_at else None,
        "settled_at": to_iso(entry.settled_at) if entry.settled_at else None,
    }


def _to_confirmation(row: SqlRow[Any]) -> Confirmation:
    return Confirmation(
        order_id=row.order_id,
        reference=row.reference,
        parcel=row.parcel,
        state=State(row.state),
        items=_decode_items(row.items),
        content=row.content_hash,
        is_edit=row.is_edit,
        asked=row.asked_at is not None,
        resent=row.resent,
    )


def _to_outgoing(row: SqlRow[Any]) -> Outgoing:
    return Outgoing(
        confirmation=_to_confirmation(row),
        marketplace_id=row.marketplace_id or "",
        carrier_code=row.carrier_code,
        carrier_label=row.carrier_label,
        shipping_method=row.shipping_method,
        ship_date=from_iso(row.ship_date),
        traceable=row.traceable,
        asked_at=from_iso(row.asked_at) if row.asked_at else None,
        accepted_at=from_iso(row.accepted_at) if row.accepted_at else None,
        problem=ProblemName(row.problem) if row.problem else None,
        reason=row.reason,
        feed=row.feed,
        message_id=row.message_id,
        message=row.message,
        planned_at=from_iso(row.planned_at) if row.planned_at else None,
        settled_at=from_iso(row.settled_at) if row.settled_at else None,
    )
