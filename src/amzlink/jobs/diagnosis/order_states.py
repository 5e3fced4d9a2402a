"""verify --bundle --order: what the order book has of the orders in question, for support."""

from collections.abc import Sequence

import msgspec

from amzlink.deps import Deps
from amzlink.jobs.orders.show import OrderDetail, show_order
from amzlink.problems import Problem, store_option


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the book has it, without personal data; or why there is nothing to show."""

    order_id: str
    found: OrderDetail | Problem


def order_states(source: Deps | Problem, slug: str | None, order_ids: Sequence[str]) -> list[OrderState]:
    """The orders, as far as they can be had; in place of the means it may be given what is in the way."""
    return [OrderState(order_id=order_id, found=_state(source, slug, order_id)) for order_id in order_ids]


def _state(source: Deps | Problem, slug: str | None, order_id: str) -> OrderDetail | Problem:
    if isinstance(source, Problem):
        return source
    try:
        chosen = source.load_config().choose(slug, source.home.config_file)
    except Problem as problem:
        return problem
    try:
        return show_order(source, chosen, order_id, with_personal=False)
    except Problem as problem:
        return problem.with_facts(store_option=store_option(chosen))
