"""An order as it is handed on to the destination: what is still to ship, and what it weighs."""

from collections.abc import Mapping

import msgspec

from amzlink.core.orders.order import Order, OrderLine


class OutgoingOrder(msgspec.Struct, frozen=True, gc=False):
    """An order, and its `lines` with something left to ship, at least one.

    `weights` are those of one piece, in grams by order item id; none travels where the store's setting forbids it.
    """

    order: Order
    lines: tuple[OrderLine, ...]
    weights: Mapping[str, int]

    @property
    def weight_grams(self) -> int | None:
        """What all its pieces weigh together; None as long as one line has no weight."""
        weights = [
            self.weights[line.order_item_id] * line.quantity_unshipped
            for line in self.lines
            if self.weights.get(line.order_item_id)
        ]
        return sum(weights) if weights and len(weights) == len(self.lines) else None


def outgoing(order: Order, weights: Mapping[str, int]) -> OutgoingOrder | None:
    """What is to be handed on of an order; None where nothing is left to ship."""
    lines = tuple(line for line in order.lines if line.quantity_unshipped > 0)
    return OutgoingOrder(order, lines, weights) if lines else None
