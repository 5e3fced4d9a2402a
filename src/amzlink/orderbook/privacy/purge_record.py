"""The record of purges: when, how many, by which rule. Rows are only ever added."""

from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from amzlink.clock import to_iso
from amzlink.orderbook.schema import PURGES


def record_purge(
    connection: Connection, store: str, *, at: datetime, rule: str, orders: int, archived: int, floor: date | None,
    job: str,
) -> None:  # fmt: skip
    """Add to the record of purges, in the transaction that deletes; nothing ever changes what stands there."""
    last = select(func.coalesce(func.max(PURGES.c.number), 0)).where(PURGES.c.store == store)
    row = {
        "store": store,
        "number": (connection.scalar(last) or 0) + 1,
        "purged_at": to_iso(at),
        "rule": rule,
        "orders": orders,
        "archived": archived,
        "floor": floor.isoformat() if floor else None,
        "job": job,
    }
    connection.execute(insert(PURGES).values(row))
