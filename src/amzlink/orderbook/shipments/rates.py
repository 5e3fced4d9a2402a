"""Counting how shipments of the last weeks went. Each query goes through an index over those weeks alone."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, func, or_, select

from amzlink.clock import to_iso
from amzlink.core.shipments.confirmation import State
from amzlink.core.shipments.own_carriers import OTHER
from amzlink.core.shipments.rates import (
    DELIVERED_LATE_ALLOWED,
    LATE_ALLOWED,
    SPAN,
    UNTRACKED_ALLOWED,
    Rate,
    Rates,
)
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.lifetimes import DATED_BY
from amzlink.orderbook.schema import CONFIRMATIONS, ORDERS, PARCELS

_NOT_THERE: Final = (State.MISSING.value, State.WITHDRAWN.value)
"""States of confirmations that Amazon does not have, whatever it answered once."""


def rates(book: StoreBook, now: datetime) -> Rates:
    """The rates of the last weeks."""
    since = now - SPAN
    with book.reading() as connection:
        late, untracked = _of_confirmations(connection, book.store, since, now)
        return Rates(
            since=since,
            late=late,
            untracked=untracked,
            delivered_late=_of_deliveries(connection, book.store, since, now),
        )


def _of_confirmations(connection: Connection, store: str, since: datetime, now: datetime) -> tuple[Rate, Rate]:
    """Late confirmations, and those without a valid tracking number."""
    late = CONFIRMATIONS.c.late
    untracked = or_(CONFIRMATIONS.c.carrier_code == OTHER, ~CONFIRMATIONS.c.traceable)
    confirmed = _confirmed(store, since, now)
    counts = connection.execute(
        confirmed.with_only_columns(
            func.count().label("parcels"),
            func.count(late).label("dated"),
            func.count(case((late, 1))).label("late"),
            func.count(case((untracked, 1))).label("untracked"),
            func.count(case((untracked.is_(None), 1))).label("unknown"),
        )
    ).one()

    def orders(bad: ColumnElement[bool], count: int) -> tuple[str, ...]:
        return _newest_first(connection, confirmed.where(bad), CONFIRMATIONS.c.confirmed_at) if count else ()

    return (
        Rate(
            count=counts.late,
            of=counts.dated,
            unknown=counts.parcels - counts.dated,
            allowed=LATE_ALLOWED,
            orders=orders(late, counts.late),
        ),
        Rate(
            count=counts.untracked,
            of=counts.parcels - counts.unknown,
            unknown=counts.unknown,
            allowed=UNTRACKED_ALLOWED,
            orders=orders(untracked, counts.untracked),
        ),
    )


def _of_deliveries(connection: Connection, store: str, since: datetime, now: datetime) -> Rate:
    """Orders delivered after Amazon's promise. Only Sendcloud tells when a parcel arrived; others tell that it did."""
    known = and_(ORDERS.c.delivered_by == DATED_BY, ORDERS.c.deliver_by.is_not(None))
    late = and_(known, ORDERS.c.delivered_at > ORDERS.c.deliver_by)
    delivered = select(ORDERS.c.order_id).where(
        ORDERS.c.store == store, ORDERS.c.delivered_at.between(to_iso(since), to_iso(now))
    )
    counts = connection.execute(
        delivered.with_only_columns(
            func.count().label("orders"),
            func.count(case((known, 1))).label("known"),
            func.count(case((late, 1))).label("late"),
        )
    ).one()
    return Rate(
        count=counts.late,
        of=counts.known,
        unknown=counts.orders - counts.known,
        allowed=DELIVERED_LATE_ALLOWED,
        orders=_newest_first(connection, delivered.where(late), ORDERS.c.delivered_at) if counts.late else (),
    )


def _confirmed(store: str, since: datetime, now: datetime) -> Select[Any]:
    """The confirmations that Amazon took in these weeks for the first time."""
    return select(CONFIRMATIONS.c.order_id).where(
        CONFIRMATIONS.c.store == store,
        CONFIRMATIONS.c.confirmed_at.between(to_iso(since), to_iso(now)),
        CONFIRMATIONS.c.state.not_in(_NOT_THERE),
    )


def _newest_first(connection: Connection, query: Select[Any], moment: Column[Any]) -> tuple[str, ...]:
    """The order numbers, each once; those of one moment, as a run confirms them, by number."""
    return tuple(dict.fromkeys(connection.scalars(query.order_by(moment.desc(), moment.table.c.order_id))))


class AsOther(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that Amazon was told of with the carrier `Other`: `name` was told, the rest is as we know it."""

    name: str
    carrier: str | None
    carrier_label: str | None
    parcels: int


def told_as_other(book: StoreBook, now: datetime) -> list[AsOther]:
    """The carriers that went as `Other` in the last weeks."""
    name, label = CONFIRMATIONS.c.carrier_label, PARCELS.c.carrier_label
    query = (
        _confirmed(book.store, now - SPAN, now)
        .join(PARCELS, (PARCELS.c.store == CONFIRMATIONS.c.store) & (PARCELS.c.parcel == CONFIRMATIONS.c.parcel))
        .where(CONFIRMATIONS.c.carrier_code == OTHER)
        .with_only_columns(name.label("name"), PARCELS.c.carrier, label.label("label"), func.count().label("parcels"))
        .group_by(name, PARCELS.c.carrier, label)
    )
    with book.reading() as connection:
        return [
            AsOther(name=row.name or OTHER, carrier=row.carrier, carrier_label=row.label, parcels=row.parcels)
            for row in connection.execute(query)
        ]
