"""orders show: one order, and what the order book knows of it."""

from collections.abc import Sequence

import msgspec

from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import Package, PersonalData
from amzlink.core.privacy.retention import Keeping, keeping_of
from amzlink.core.shipments.parcels import DEAD, Parcel
from amzlink.deps import Deps
from amzlink.jobs.orders.browse import with_last_day
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    find_not_imported,
    find_order,
)
from amzlink.orderbook.privacy.purges import Tombstone, tombstone_of
from amzlink.orderbook.shipments.parcels import parcels_of
from amzlink.problems import Problem, ProblemName, orders
from amzlink.run import StoreRun


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All that the book has of an order; `personal` only where it was asked for and is still there.

    `days` are those that the policy allows, `keeping` is the rule by which personal data that is there stays so long;
    `carriers` are those of its parcels; `tombstone` tells when and why it went.
    """

    order: BookedOrder
    holds: tuple[str, ...]
    personal: PersonalData | None
    keeping: Keeping | None = None
    carriers: tuple[str, ...] = ()
    tombstone: Tombstone | None = None
    days: int


def show_order(deps: Deps, slug: str, order_id: str, *, with_personal: bool) -> OrderDetail:
    """One order.

    Raises:
        Problem: `order-not-found`; with personal data also what opening the vault raises.
    """
    with StoreRun(deps, slug) as run:
        book, policy, now = run.book, run.retention, run.now()
        order = with_last_day(booked(book, order_id), now.date(), policy)
        return OrderDetail(
            order=order,
            holds=counting(order.held_for, run.store.hold_policy, now),
            personal=run.sealed.personal_data([order_id]).get(order_id) if with_personal else None,
            keeping=keeping_of(order.lifetime, now.date(), policy) if order.lease_day else None,
            carriers=_carriers(parcels_of(book, [order_id])[order_id], order.order.packages),
            tombstone=tombstone_of(book, order_id),
            days=policy.days,
        )


def booked(book: StoreBook, order_id: str) -> BookedOrder:
    """The order, as the book has it. Raises `order-not-found`, `order-pending` and their like."""
    order = find_order(book, order_id)
    if order is not None:
        return order
    known = find_not_imported(book, order_id)
    if known is None:
        raise Problem(ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=orders.in_the_book_of(store=book.store))
    if known.by_amazon:
        raise Problem(ProblemName.ORDER_AMAZON_FULFILLED, order_id=order_id)
    if known.unreadable is not None:
        raise Problem(ProblemName.ORDER_NOT_IMPORTED, order_id=order_id, detail=known.unreadable.rstrip("."))
    raise Problem(ProblemName.ORDER_PENDING, order_id=order_id)


def _carriers(parcels: Sequence[Parcel], packed: Sequence[Package]) -> tuple[str, ...]:
    """Who carries an order: as its own parcels have it, else as Amazon's packages do."""
    own = [parcel.carrier_label or parcel.carrier for parcel in parcels if parcel.kind not in DEAD]
    named = own or [package.carrier for package in packed]
    return tuple(dict.fromkeys(carrier for carrier in named if carrier))
