"""Leases: renewing those of orders that are still open, and trying whether what is sealed can be opened."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from amzlink.core.orders import TO_SHIP
from amzlink.core.retention import Retention
from amzlink.orderbook.book import Book
from amzlink.orderbook.health import sample_boxes
from amzlink.orderbook.leases import all_boxes, expiring, replace_boxes
from amzlink.vault import Vault

_AHEAD: Final = timedelta(days=7)  # a machine that is off for a week renews in time
_CHUNK: Final = 200
_SAMPLE: Final = 3


def renew_leases(book: Book, vault: Vault, slug: str, *, today: date, policy: Retention) -> int:
    """Seal the data of open orders anew where its lease is about to end. Gives how many there were.

    A lease that has ended while the machine was off is renewed too, as long as its key is not gone.
    """
    lease, renewed = today + timedelta(days=policy.days), 0
    while boxes := expiring(book, slug, sorted(TO_SHIP), today + min(_AHEAD, timedelta(days=policy.days - 1)), _CHUNK):
        fresh = {
            place: (
                box,
                vault.seal(place.order_id, vault.open(place.order_id, box, part=place.part), lease, part=place.part),
            )
            for place, box in boxes.items()
        }
        replace_boxes(book, slug, fresh, vault.chain_ids)
        renewed += len(fresh)
    return renewed


def lengthen_leases(book: Book, vault: Vault, slug: str, until: Mapping[str, date]) -> None:
    """Give all that is sealed of these orders a lease to a day, where it has not a longer one; leases never shorten."""
    fresh = {
        place: (box, vault.seal(place.order_id, vault.open(place.order_id, box, part=place.part), day, part=place.part))
        for place, box in all_boxes(book, slug, list(until)).items()
        if box.lease_day < (day := until[place.order_id]) and (vault.floor is None or box.lease_day >= vault.floor)
    }
    if fresh:
        replace_boxes(book, slug, fresh, vault.chain_ids)


def open_some(book: Book, vault: Vault, slug: str) -> int:
    """Open the boxes that run out first and last, to see whether the key fits. Raises as `Vault.open`."""
    boxes = sample_boxes(book, slug, _SAMPLE)
    for (order_id, part), box in boxes.items():
        vault.open(order_id, box, part=part)
    return len(boxes)
