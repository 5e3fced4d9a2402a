"""orders list, orders export: look at the order book."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec

from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import PersonalData
from amzlink.core.privacy.retention import Retention, expected_last_day, keeping_of
from amzlink.deps import Deps
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    Filter,
    iterate_orders,
)
from amzlink.problems import Problem
from amzlink.run import StoreRun

_CONFIRMED: Final = {"SHIPPED": "yes", "PARTIALLY_SHIPPED": "partly"}
_CHUNK: Final = 200


Exported = tuple[BookedOrder, tuple[str, ...], PersonalData | None]
"""An order, the holds that count now, and its personal data where that was asked for and is still there."""


def time_of(deps: Deps, slug: str) -> datetime:
    """The time that a store goes by: this machine's clock, and what its runs have seen of Amazon's."""
    with StoreRun(deps, slug) as run:
        return run.now()


def list_orders(deps: Deps, slug: str, wanted: Filter) -> Iterator[tuple[BookedOrder, tuple[str, ...]]]:
    """The orders with the holds that count now, the most urgent first."""
    with StoreRun(deps, slug) as run:
        policy, now = run.store.hold_policy, run.now()
        for order in iterate_orders(run.book, wanted):
            yield with_last_day(order, now.date(), run.retention), counting(order.held_for, policy, now)


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


def confirmed(order: BookedOrder) -> str:
    """Whether Amazon was told that the order is shipped: `no`, `partly`, `yes`; `refused` where it did not take that.

    What Amazon has accepted counts at once; the order's status shows it after the next import.
    """
    if order.outcome.confirmation_refused:
        return "refused"
    shown = order.order.packages_by_reference
    told = sum(units for reference, units in order.outcome.told.items() if reference not in shown)
    if told and order.order.to_ship:
        return "yes" if told >= sum(line.quantity_unshipped for line in order.order.lines) else "partly"
    return _CONFIRMED.get(order.order.status, "no")


def with_last_day(order: BookedOrder, today: date, policy: Retention) -> BookedOrder:
    """The order with the last day on which its personal data is kept, by its rule and its lease."""
    if order.lease_day is None:
        return order
    last = expected_last_day(keeping_of(order.lifetime, today, policy), order.lease_day, today)
    return msgspec.structs.replace(order, kept_until=last)
