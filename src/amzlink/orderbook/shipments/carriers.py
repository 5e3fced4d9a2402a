"""Under which carriers Amazon was told of parcels in the last weeks."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import select

from amzlink.clock import to_iso
from amzlink.core.shipments.confirmation import SAID
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.schema import CONFIRMATIONS, ORDERS, PARCELS


class CarrierTold(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that Amazon was told of: its carrier as we know it, and the code and method that Amazon was told."""

    order_id: str
    marketplace_id: str | None
    carrier: str | None
    carrier_label: str | None
    code: str
    method: str | None


def carriers_told(book: StoreBook, since: datetime) -> Iterator[CarrierTold]:
    """The parcels that Amazon was told of since then."""
    query = (
        select(
            CONFIRMATIONS.c.order_id, ORDERS.c.marketplace_id, PARCELS.c.carrier, PARCELS.c.carrier_label,
            CONFIRMATIONS.c.carrier_code, CONFIRMATIONS.c.shipping_method,
        )
        .join(ORDERS, (ORDERS.c.store == CONFIRMATIONS.c.store) & (ORDERS.c.order_id == CONFIRMATIONS.c.order_id))
        .join(PARCELS, (PARCELS.c.store == CONFIRMATIONS.c.store) & (PARCELS.c.parcel == CONFIRMATIONS.c.parcel))
        .where(
            CONFIRMATIONS.c.store == book.store,
            CONFIRMATIONS.c.confirmed_at >= to_iso(since),
            CONFIRMATIONS.c.state.in_([state.value for state in SAID]),
        )
        .order_by(CONFIRMATIONS.c.order_id, CONFIRMATIONS.c.reference)
    )  # fmt: skip
    with book.reading() as connection:
        for row in connection.execute(query):
            yield CarrierTold(
                order_id=row.order_id,
                marketplace_id=row.marketplace_id,
                carrier=row.carrier,
                carrier_label=row.carrier_label,
                code=row.carrier_code,
                method=row.shipping_method,
            )
