"""The orders as `orders list` finds them."""

from amzlink.deps import Deps
from amzlink.jobs.orders.browse import Listed, look_at_orders
from amzlink.orderbook.orders.browse import Filter


def list_orders(deps: Deps, slug: str, wanted: Filter) -> list[Listed]:
    """All of them, each with the holds that count now, the most urgent first."""
    with look_at_orders(deps, slug, wanted) as seen:
        return [(order, holds) for order, holds, _ in seen.orders]
