"""Whose personal data is due: by its rule, or because its lease is over and nobody may renew it."""

from collections.abc import Iterator
from datetime import date

import msgspec

from amzlink.core.privacy.retention import Retention, Rule, keeping_of, last_day_of
from amzlink.jobs.privacy.renew import renewed_lease
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.purges import KeptOrder, kept_orders, perhaps_due


class Due(msgspec.Struct, frozen=True):
    """An order whose data is to be destroyed: why, and the day on which its time was over."""

    order_id: str
    rule: Rule
    since: date | None


def due_of(entry: KeptOrder, today: date, policy: Retention) -> Due | None:
    """Whether an order's data is due today."""
    keeping = keeping_of(entry.order, today, policy)
    last = last_day_of(keeping, entry.lease_day)
    if keeping.rule is Rule.OPEN:
        return None  # it is renewed
    return Due(entry.order_id, keeping.rule, last) if last is None or last < today else None


def all_due(book: StoreBook, today: date, policy: Retention) -> Iterator[Due]:
    """All that is due today, as the leases stand."""
    for chunk in perhaps_due(book, today, policy.days):
        for entry in chunk:
            if due := due_of(entry, today, policy):
                yield due


def overdue(book: StoreBook, today: date, policy: Retention) -> int:
    """Of how many orders personal data is still there that was to be destroyed before today."""
    chunks = _as_renewed(perhaps_due(book, today, policy.days), today, policy)
    return sum(1 for chunk in chunks for entry in chunk if due_of(entry, today, policy))


def kept_after_renewal(book: StoreBook, today: date, policy: Retention) -> Iterator[list[KeptOrder]]:
    """All orders of which something is sealed, with the leases that a purge of today would give them first."""
    return _as_renewed(kept_orders(book), today, policy)


def _as_renewed(chunks: Iterator[list[KeptOrder]], today: date, policy: Retention) -> Iterator[list[KeptOrder]]:
    for chunk in chunks:
        yield [
            msgspec.structs.replace(
                entry, lease_day=renewed_lease(entry.order, entry.lease_day, today=today, policy=policy)
            )
            if entry.can_be_opened
            else entry
            for entry in chunk
        ]
