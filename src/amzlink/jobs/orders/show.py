"""orders show: one order, and what the order book knows of it."""

from collections.abc import Sequence

import msgspec

from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import Package, PersonalData
from amzlink.core.privacy.retention import Keeping, keeping_of
from amzlink.core.shipments.parcels import DEAD, Parcel
from amzlink.deps import Deps
from amzlink.jobs.orders.browse import with_last_day
from amzlink.jobs.orders.numbers import number_meant, numbers_near
from amzlink.jobs.orders.other_country import of_other_country
from amzlink.jobs.orders.story import Story, story_of
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    find_not_imported,
    find_order,
)
from amzlink.orderbook.orders.numbers import store_with
from amzlink.orderbook.privacy.purges import Tombstone, tombstone_of
from amzlink.problems import Problem, ProblemName, orders, store_option
from amzlink.run import StoreRun


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All that the book has of an order; `personal` only where it was asked for and is still there.

    `days` are those that the policy allows, `keeping` is the rule by which personal data that is there stays so long;
    `assumed_days` those that a delivery is taken to need of which nobody reports; `carriers` are those of its parcels;
    `tombstone` tells when and why it went.
    """

    order: BookedOrder
    holds: tuple[str, ...]
    personal: PersonalData | None
    keeping: Keeping | None = None
    carriers: tuple[str, ...] = ()
    tombstone: Tombstone | None = None
    days: int
    assumed_days: int
    story: Story


def show_order(deps: Deps, slug: str, typed: str, *, with_personal: bool) -> OrderDetail:
    """One order, by its number or the beginning of it.

    Raises:
        Problem: as `order_meant`; with personal data also what opening the vault raises.
    """
    with StoreRun(deps, slug) as run:
        book, policy, now = run.book, run.retention, run.now()
        order = with_last_day(order_meant(run, typed, "amzlink orders show"), now.date(), policy)
        order_id = order.order_id
        holds = counting(order.held_for, run.store.hold_policy, now)
        tombstone = tombstone_of(book, order_id)
        story = story_of(run, order, holds, tombstone)
        return OrderDetail(
            order=order,
            holds=holds,
            personal=run.sealed.personal_data([order_id]).get(order_id) if with_personal else None,
            keeping=keeping_of(order.lifetime, now.date(), policy) if order.lease_day else None,
            carriers=_carriers(story.parcels, order.order.packages),
            tombstone=tombstone,
            days=policy.days,
            assumed_days=policy.unknown_delivery_days,
            story=story,
        )


def order_meant(run: StoreRun, typed: str, command: str) -> BookedOrder:
    """The order that is meant by what somebody typed, as the book has it.

    Raises:
        Problem: `usage`, for what is no order number; for an order that is not in the book what it is: pending,
            shipped by Amazon, another country's, not readable, purged, another store's, or not known.
    """
    book, order_id = run.book, number_meant(run.book, typed, command)
    order = find_order(book, order_id)
    if order is not None:
        return order
    known = find_not_imported(book, order_id)
    foreign = known.foreign_marketplace_id if known else None
    if known is None or foreign in run.store.marketplace_ids:  # the store has got that marketplace since
        raise _unknown(run, order_id)
    if foreign:
        raise _of_other_store(run, order_id) or of_other_country(order_id, foreign, run.slug, run.store)
    if known.by_amazon:
        raise Problem(ProblemName.ORDER_AMAZON_FULFILLED, order_id=order_id)
    if known.unreadable is not None:
        raise Problem(ProblemName.ORDER_NOT_IMPORTED, order_id=order_id, detail=known.unreadable.rstrip("."))
    raise Problem(ProblemName.ORDER_PENDING, order_id=order_id)


def _unknown(run: StoreRun, order_id: str) -> Problem:
    """What is so of an order that the book does not have: it was deleted, it is another store's, or nobody knows."""
    book = run.book
    if gone := tombstone_of(book, order_id):
        return Problem(ProblemName.ORDER_PURGED, order_id=order_id, day=gone.at.date().isoformat())
    if elsewhere := _of_other_store(run, order_id):
        return elsewhere
    near = numbers_near(book, order_id)
    advice = {"advice": " or ".join(near)} if near else {}
    return Problem(
        ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=orders.in_the_book_of(store=book.store), **advice
    )


def _of_other_store(run: StoreRun, order_id: str) -> Problem | None:
    others = [slug for slug in run.settings.stores if slug != run.slug]
    other = store_with(run.book, order_id, others)
    if other is None:
        return None
    return Problem(
        ProblemName.ORDER_OF_OTHER_STORE,
        order_id=order_id,
        other=run.slug,
        store=other,
        store_option=store_option(other),
    )


def _carriers(parcels: Sequence[Parcel], packed: Sequence[Package]) -> tuple[str, ...]:
    """Who carries an order: as its own parcels have it, else as Amazon's packages do."""
    own = [parcel.carrier_label or parcel.carrier for parcel in parcels if parcel.kind not in DEAD]
    named = own or [package.carrier for package in packed]
    return tuple(dict.fromkeys(carrier for carrier in named if carrier))
