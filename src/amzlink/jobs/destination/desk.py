"""What all of sending to Sendcloud shares: the connection, the book, the counts, and two questions about an order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.config import Store
from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import CANCELLED, TO_SHIP
from amzlink.core.shipments.parcels import DEAD, Kind
from amzlink.deps import Deps
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.destination.outbox import DispatchRow, save_dispatches
from amzlink.orderbook.orders.browse import booked_status, holds
from amzlink.orderbook.orders.pages import Refusal
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.sendcloud.order_json import OrderPayload
    from amzlink.sendcloud.transport import Client

CHUNK: Final = 200
_LABEL_IN_THE_MAKING: Final = "ANNOUNCING"


class SendTally(msgspec.Struct, kw_only=True):
    """What became of the orders.

    `sent` are there, read back; `recalled` were taken back; `too_late` have a parcel although nobody should ship them
    any more. `would_send` is a dry run's count.
    """

    sent: int = 0
    would_send: int = 0
    recalled: int = 0
    refused: list[Refusal] = msgspec.field(default_factory=list)
    too_late: list[str] = msgspec.field(default_factory=list)


class Letter(msgspec.Struct, frozen=True):
    """An order ready to go, and the row that goes before it."""

    payload: "OrderPayload"
    row: DispatchRow


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one store's orders are sent from."""

    deps: Deps
    client: "Client"
    book: StoreBook
    slug: str
    store: Store
    integration_id: int
    tally: SendTally

    def save(self, rows: Sequence[DispatchRow]) -> None:
        """Write rows of the outbox, all of them or none."""
        if rows:
            save_dispatches(self.book, rows)

    def refuse(self, order_id: str, problem: Problem) -> None:
        """Report an order that does not get to Sendcloud, or not away from there."""
        self.tally.refused.append(Refusal(order_id, problem.name, problem.summary))

    def stopped(self, order_ids: Collection[str]) -> frozenset[str]:
        """Which of these orders nobody should ship: cancelled, or held at this moment with something left to ship."""
        status = booked_status(self.book, list(order_ids))
        held = holds(self.book, list(order_ids))
        policy, now = self.store.hold_policy, self.deps.clock.now()
        return frozenset(
            order_id
            for order_id in order_ids
            if status[order_id] == CANCELLED or (status[order_id] in TO_SHIP and counting(held[order_id], policy, now))
        )

    def has_parcel_there(self, order_id: str) -> bool:
        """Whether Sendcloud has a parcel of the order now, or a label in the making."""
        from amzlink.sendcloud.shipments import shipments_of_order  # noqa: PLC0415 - only for this destination
        from amzlink.sendcloud.statuses import kind_of  # noqa: PLC0415

        shipments = shipments_of_order(self.client, self.integration_id, order_id)
        codes = {parcel.status_code for shipment in shipments for parcel in shipment.parcels}
        return any(code == _LABEL_IN_THE_MAKING or kind_of(code) not in DEAD | {Kind.BEFORE} for code in codes)
