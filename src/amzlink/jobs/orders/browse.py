"""orders list, orders export: look at the order book."""

import contextlib
import itertools
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec

from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import TO_SHIP, PersonalData
from amzlink.core.orders.story import WaitsFor
from amzlink.core.privacy.retention import Retention, expected_last_day, keeping_of
from amzlink.deps import Deps
from amzlink.jobs.orders.story import waits_of
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    Filter,
    Standpoint,
    count_not_imported,
    count_orders,
    has_orders,
    iterate_orders,
)
from amzlink.orderbook.runs import last_ends
from amzlink.problems import Problem
from amzlink.run import StoreRun

STILL_TO_SHIP: Final = tuple(sorted(TO_SHIP))
"""The statuses of orders that somebody has still to ship."""
_CONFIRMED: Final = {"SHIPPED": "yes", "PARTIALLY_SHIPPED": "partly"}
_CHUNK: Final = 200


Waiting = tuple[BookedOrder, tuple[str, ...], WaitsFor | None]
"""An order, the holds that count now, and what it waits for where that was asked for."""

Exported = tuple[BookedOrder, tuple[str, ...], PersonalData | None]
"""An order, the holds that count now, and its personal data where that was asked for and is still there."""


def time_of(deps: Deps, slug: str) -> datetime:
    """The time that counts for a store: this machine's clock, and what its runs have seen of Amazon's."""
    with StoreRun(deps, slug) as run:
        return run.now()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a look into the book finds: the orders, each with the holds that count now, the most urgent first.

    What an order waits for is there where only those that wait are wanted.

    `found` counts them all, also where only some are wanted, and `not_imported` those of which the book has nothing but
    the number. `book_is_empty`: there is no order at all, whatever was asked for. `imported_at` is then when
    an import last succeeded, if one has.
    """

    orders: Iterator[Waiting]
    found: int
    not_imported: int
    book_is_empty: bool
    imported_at: datetime | None
    now: datetime


@contextlib.contextmanager
def look_at_orders(deps: Deps, slug: str, wanted: Filter, limit: int | None = None) -> Iterator[Seen]:
    """Look into the book; the orders come a chunk at a time, as long as it is entered."""
    with StoreRun(deps, slug) as run:
        at = Standpoint(run.store.hold_policy, run.now())
        found = count_orders(run.book, wanted, at)
        is_empty = not found and not has_orders(run.book)
        yield Seen(
            orders=_listed(run, wanted, at, limit),
            found=found,
            not_imported=count_not_imported(run.book),
            book_is_empty=is_empty,
            imported_at=last_ends(run.book, "import-orders").success if is_empty else None,
            now=at.now,
        )


def _listed(run: StoreRun, wanted: Filter, at: Standpoint, limit: int | None) -> Iterator[Waiting]:
    listed = (
        (with_last_day(order, at.now.date(), run.retention), counting(order.held_for, at.policy, at.now))
        for order in iterate_orders(run.book, wanted, at, limit)
    )
    while chunk := list(itertools.islice(listed, _CHUNK)):
        waits = waits_of(run, chunk) if wanted.waiting else {}
        yield from ((order, holds, waits.get(order.order_id)) for order, holds in chunk)


def export_orders(
    deps: Deps, slug: str, wanted: Filter, *, with_personal: bool, damaged: list[Problem], limit: int | None = None
) -> Iterator[Exported]:
    """The orders with their lines and, where asked for, their personal data; memory stays flat.

    An order whose personal data is damaged comes without it, and its problem goes to `damaged`.
    """
    with StoreRun(deps, slug) as run:
        policy, now = run.store.hold_policy, run.now()
        sealed = run.sealed if with_personal else None
        orders = iterate_orders(run.book, wanted, Standpoint(policy, now), limit)
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
