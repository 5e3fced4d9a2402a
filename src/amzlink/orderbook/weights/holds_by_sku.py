"""Holds for what an order's products lack. The cause names the SKUs.

So a hold that a person lifted stays lifted until others are missing. Whether it keeps an order back is the store's
setting.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from amzlink.clock import to_iso
from amzlink.core.orders.holds import Hold
from amzlink.orderbook.database import execute_many, upsert
from amzlink.orderbook.schema import HOLDS

_UPSERT_HOLD: Final = upsert(HOLDS)


def rows_of(store: str, hold: Hold) -> tuple[Any, Any]:
    """The conditions that find a hold's rows."""
    return HOLDS.c.store == store, HOLDS.c.hold == hold.value


def hold_for_skus(
    connection: Connection, store: str, hold: Hold, missing: Mapping[str, Collection[str]], now: datetime
) -> None:
    """Hold each order for the SKUs that it is `missing` something of, and forget the holds of all other orders."""
    query = select(HOLDS.c.order_id, HOLDS.c.cause).where(*rows_of(store, hold))
    there = {row.order_id: set(json.loads(row.cause)) for row in connection.execute(query)}
    for order_id in there.keys() - missing.keys():
        connection.execute(delete(HOLDS).where(*rows_of(store, hold), HOLDS.c.order_id == order_id))
    rows = [
        {
            "store": store, "order_id": order_id, "hold": hold.value,
            "cause": json.dumps(sorted(skus), ensure_ascii=False), "set_at": to_iso(now), "lifted_at": None,
        }
        for order_id, skus in missing.items()
        if not set(skus) <= there.get(order_id, set())
    ]  # fmt: skip
    execute_many(connection, _UPSERT_HOLD, rows)
