"""What is lost with the personal data of orders that still have to be shipped."""

from collections.abc import Sequence

from amzlink.core.orders.holds import counting
from amzlink.core.orders.story import Wait
from amzlink.deps import Deps
from amzlink.jobs.orders.browse import STILL_TO_SHIP
from amzlink.jobs.orders.story import story_of
from amzlink.orderbook.orders.browse import Filter, count_orders, find_order
from amzlink.orderbook.privacy.purges import kept_order, with_copy_at_sendcloud
from amzlink.run import StoreRun


def waits_with_data(deps: Deps, slugs: Sequence[str], order_id: str) -> Wait | None:
    """What an order waits for that is still to ship and has personal data; None for any other."""
    for slug in slugs:
        with StoreRun(deps, slug) as run:
            order = find_order(run.book, order_id)
            if order is None or not order.order.to_ship or kept_order(run.book, order_id) is None:
                continue
            holds = counting(order.held_for, run.store.hold_policy, run.now())
            waits = story_of(run, order, holds, None).waits_for
            return waits.wait if waits else None
    return None


def goes_at_sendcloud(deps: Deps, slugs: Sequence[str], order_id: str, *, asked: bool) -> bool:
    """Whether a purge of the order deletes it at Sendcloud too: because that is asked for, or by a store's setting."""
    stores = deps.load_config().stores
    for slug in slugs:
        if slug not in stores:  # its settings cannot be read, and the purge says so
            continue
        with StoreRun(deps, slug) as run:
            wanted = asked or run.store.purge_destination
            if wanted and with_copy_at_sendcloud(run.book, [order_id]):
                return True
    return False


def count_to_ship(deps: Deps, slug: str) -> int:
    """How many orders of a store are still to ship."""
    with StoreRun(deps, slug) as run:
        return count_orders(run.book, Filter(statuses=STILL_TO_SHIP))
