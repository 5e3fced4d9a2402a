"""An order as it is handed on to the destination: what is still to ship, what it weighs, what customs ask of it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from amzlink.core.destination.customs_union import leaves_customs_union
from amzlink.core.orders.order import Order, OrderLine
from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData

_NO_CUSTOMS_KNOWN: Final[Mapping[str, CustomsData]] = {}


class OutgoingOrder(msgspec.Struct, frozen=True, gc=False):
    """An order, and its `lines` with something left to ship, at least one.

    `weights` are those of one piece, in grams by order item id; none travels where the store's setting forbids it.
    `customs` is what is known by SKU. It travels also where no customs will look at it: what the merchant says of a
    product is true of every parcel, and where the parcel really starts is not known.
    """

    order: Order
    lines: tuple[OrderLine, ...]
    weights: Mapping[str, int]
    customs: Mapping[str, CustomsData] = _NO_CUSTOMS_KNOWN
    leaves_customs_union: bool = False

    def customs_of(self, line: OrderLine) -> CustomsData:
        """What customs ask of a line's product, as far as it is known."""
        return self.customs.get(line.sku or "", NO_CUSTOMS)

    @property
    def weight_grams(self) -> int | None:
        """What all its pieces weigh together; None as long as one line has no weight."""
        weights = [
            self.weights[line.order_item_id] * line.quantity_unshipped
            for line in self.lines
            if self.weights.get(line.order_item_id)
        ]
        return sum(weights) if weights and len(weights) == len(self.lines) else None


def outgoing(
    order: Order,
    weights: Mapping[str, int],
    customs: Mapping[str, CustomsData] = _NO_CUSTOMS_KNOWN,
    sender_country: str = "",
) -> OutgoingOrder | None:
    """What is to be handed on of an order; None where nothing is left to ship.

    Without a `sender_country` (ISO 3166) it is not known whether the parcel leaves the customs union.
    """
    lines = tuple(line for line in order.lines if line.quantity_unshipped > 0)
    if not lines:
        return None
    leaves = bool(sender_country and leaves_customs_union(sender_country, order.personal.recipient))
    return OutgoingOrder(order, lines, weights, customs, leaves)
