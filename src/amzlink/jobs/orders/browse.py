"""orders: look at the order book; lift and set holds; export."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from amzlink.core.orders.holds import PRIME_CAUSES, HeldFor, Hold, counting, counts
from amzlink.core.orders.order import Package, PersonalData
from amzlink.core.privacy.retention import Keeping, Retention, expected_last_day, keeping_of
from amzlink.core.shipments.parcels import DEAD, Parcel
from amzlink.deps import Deps
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    Filter,
    find_not_imported,
    find_order,
    iterate_orders,
    lift_holds,
    release_prime,
    set_manual_hold,
)
from amzlink.orderbook.privacy.purges import Tombstone, tombstone_of
from amzlink.orderbook.shipments.parcels import parcels_of
from amzlink.problems import Problem, ProblemName, orders
from amzlink.run import StoreRun

_CONFIRMED: Final = {"SHIPPED": "yes", "PARTIALLY_SHIPPED": "partly"}
_CHUNK: Final = 200
Exported = tuple[BookedOrder, tuple[str, ...], PersonalData | None]
"""An order, the holds that count now, and its personal data where that was asked for and is still there."""


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


def time_of(deps: Deps, slug: str) -> datetime:
    """The time that a store goes by: this machine's clock, and what its runs have seen of Amazon's."""
    with StoreRun(deps, slug) as run:
        return run.now()


def list_orders(deps: Deps, slug: str, wanted: Filter) -> Iterator[tuple[BookedOrder, tuple[str, ...]]]:
    """The orders with the holds that count now, the most urgent first."""
    with StoreRun(deps, slug) as run:
        policy, now = run.store.hold_policy, run.now()
        for order in iterate_orders(run.book, wanted):
            yield _with_last_day(order, now.date(), run.retention), counting(order.held_for, policy, now)


def show_order(deps: Deps, slug: str, order_id: str, *, with_personal: bool) -> OrderDetail:
    """One order.

    Raises:
        Problem: `order-not-found`; with personal data also what opening the vault raises.
    """
    with StoreRun(deps, slug) as run:
        book, policy, now = run.book, run.retention, run.now()
        order = _with_last_day(_found(book, order_id), now.date(), policy)
        return OrderDetail(
            order=order,
            holds=counting(order.held_for, run.store.hold_policy, now),
            personal=run.sealed.personal_data([order_id]).get(order_id) if with_personal else None,
            keeping=keeping_of(order.lifetime, now.date(), policy) if order.lease_day else None,
            carriers=_carriers(parcels_of(book, [order_id])[order_id], order.order.packages),
            tombstone=tombstone_of(book, order_id),
            days=policy.days,
        )


def export_orders(
    deps: Deps, slug: str, wanted: Filter, *, with_personal: bool, damaged: list[Problem]
) -> Iterator[Exported]:
    """The orders with their lines and, where asked for, their personal data; memory stays flat.

    An order whose personal data is damaged comes without it, and its problem goes to `damaged`.
    """
    with StoreRun(deps, slug) as run:
        policy, now = run.store.hold_policy, run.now()
        sealed = run.sealed if with_personal else None
        orders = iterate_orders(run.book, wanted)
        while chunk := list(itertools.islice(orders, _CHUNK)):
            ids = [order.order_id for order in chunk]
            personal = sealed.personal_data(ids, damaged=damaged) if sealed else {}
            for order in chunk:
                yield order, counting(order.held_for, policy, now), personal.get(order.order_id)


def hold_order(deps: Deps, slug: str, order_id: str) -> None:
    """Keep an order back until it is released. Raises `order-not-found`."""
    with StoreRun(deps, slug) as run:
        _found(run.book, order_id)
        set_manual_hold(run.book, order_id, run.now())


def release_order(deps: Deps, slug: str, order_id: str) -> tuple[str, ...]:
    """Lift what keeps an order back, and say what that was.

    Raises:
        Problem: `order-not-found`, or `hold-not-found` where nothing keeps it back.
    """
    with StoreRun(deps, slug) as run:
        now = run.now()
        lifted = counting(_found(run.book, order_id).held_for, run.store.hold_policy, now)
        if not lifted:
            raise Problem(ProblemName.HOLD_NOT_FOUND, order_id=order_id)
        lift_holds(run.book, order_id, now)
    return lifted


def release_prime_orders(deps: Deps, slug: str) -> list[str]:
    """Lift the hold `prime` of all orders to ship whose carrier the merchant may choose, and say which they are."""
    with StoreRun(deps, slug) as run:
        policy, now = run.store.hold_policy, run.now()
        causes = [cause for cause in PRIME_CAUSES if counts(HeldFor(Hold.PRIME, cause), policy, now)]
        return release_prime(run.book, causes, now)


def confirmed(order: BookedOrder) -> str:
    """Whether Amazon knows the order as shipped: `no`, `partly`, `yes`; `refused` where it did not take that."""
    return "refused" if order.outcome.confirmation_refused else _CONFIRMED.get(order.order.status, "no")


def _with_last_day(order: BookedOrder, today: date, policy: Retention) -> BookedOrder:
    """The order with the last day on which its personal data is kept, by its rule and its lease."""
    if order.lease_day is None:
        return order
    last = expected_last_day(keeping_of(order.lifetime, today, policy), order.lease_day, today)
    return msgspec.structs.replace(order, kept_until=last)


def _found(book: StoreBook, order_id: str) -> BookedOrder:
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
