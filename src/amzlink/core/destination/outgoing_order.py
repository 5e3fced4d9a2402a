"""An order as it is handed on to the destination: what is still to ship, to whom, and what it weighs."""

from datetime import datetime

import msgspec

from amzlink.core.orders.order import OrderId, PersonalData


class DispatchLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One line. `quantity` counts what is still to ship; `unit_price` and `weight_grams` are those of one piece."""

    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity: int
    unit_price: str | None
    currency: str | None
    weight_grams: int | None = None
    ioss_number: str | None = None


class Dispatch(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order with something left to ship. `status`, `service_level` and `programs` are in Amazon's words.

    `total` is that of the whole order, whatever has been shipped of it. `import_weights` is the store's setting:
    without it no weight travels, even where one is known.
    """

    order_id: OrderId
    status: str
    purchased_at: datetime
    changed_at: datetime
    ship_by: datetime | None
    deliver_by: datetime | None
    service_level: str | None
    programs: tuple[str, ...]
    total: str | None
    currency: str | None
    lines: tuple[DispatchLine, ...]
    personal: PersonalData
    import_weights: bool

    @property
    def weight_grams(self) -> int | None:
        """What all its pieces weigh together; None as long as one line has no weight."""
        weights = [line.weight_grams * line.quantity for line in self.lines if line.weight_grams]
        return sum(weights) if weights and len(weights) == len(self.lines) else None
