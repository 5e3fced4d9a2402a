"""Orders that have arrived as a whole: from then on their retention counts.

An order has left as a whole where Amazon shows it as shipped, or has accepted the confirmation of all that was left of
it: the next import shows that, and until then it counts as open, so that nothing of it is deleted.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from amzlink.core.orders.order import SHIPPED
from amzlink.core.shipments.parcels import FILE, SENDCLOUD, delivered_at
from amzlink.jobs.orders.browse import confirmed
from amzlink.jobs.privacy.renew import lease_arrivals
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.shipments.parcels import Arrival, newly_delivered, note_deliveries, parcels_of
from amzlink.run import StoreRun

_CHUNK: Final = 200


def note_arrivals(run: StoreRun) -> int:
    """Give the orders that have arrived since the last run their last lease, and note it. How many there were.

    A run that dies between the two does both once more.
    """
    book, sealed, now, count = run.book, run.sealed, run.now(), 0
    for arrivals in _arrivals(book, now):
        count += len(arrivals)
        lease_arrivals(book, sealed, arrivals, today=sealed.today(now), policy=run.retention)
        note_deliveries(book, arrivals)
    return count


def _arrivals(book: StoreBook, now: datetime) -> Iterator[dict[str, Arrival]]:
    """These orders, a chunk at a time."""
    ids = [
        order_id for order_id, status in newly_delivered(book).items() if status == SHIPPED or _is_told(book, order_id)
    ]
    for start in range(0, len(ids), _CHUNK):
        found = {}
        for order_id, parcels in parcels_of(book, ids[start : start + _CHUNK]).items():
            if moment := delivered_at(tuple(parcels)):
                told_by_file = any(parcel.source == FILE and parcel.delivered_at == moment for parcel in parcels)
                # Nothing arrives later than it is told: a wrong date must not lengthen anybody's stay.
                found[order_id] = Arrival(min(moment, now), FILE if told_by_file else SENDCLOUD)
        yield found


def _is_told(book: StoreBook, order_id: str) -> bool:
    """Whether Amazon has accepted that all of an order is shipped, which no import has shown yet."""
    order = find_order(book, order_id)
    return order is not None and confirmed(order) == "yes"
