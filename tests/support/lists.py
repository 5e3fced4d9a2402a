"""The orders as `orders list` finds them."""

from amzlink.deps import Deps
from amzlink.jobs.orders.browse import look_at_orders
from amzlink.orderbook.orders.browse import BookedOrder, Filter


def list_orders(deps: Deps, slug: str, wanted: Filter) -> list[tuple[BookedOrder, tuple[str, ...]]]:
    """All of them, each with the holds that count now, the most urgent first."""
    with look_at_orders(deps, slug, wanted) as seen:
        return [(order, holds) for order, holds, _ in seen.orders]
