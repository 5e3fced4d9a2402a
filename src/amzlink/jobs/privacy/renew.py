"""Leases: renewing those of orders that are still open, and trying whether what is sealed can be opened."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from amzlink.core.privacy.retention import Lifetime, Retention, lease_for
from amzlink.core.privacy.sealed_data import Box, Place
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.health import sample_boxes
from amzlink.orderbook.privacy.leases import DATED_BY, all_boxes, leases_ending, lifetimes, replace_boxes
from amzlink.orderbook.shipments.parcels import Arrival
from amzlink.vault import Vault

_AHEAD: Final = timedelta(days=7)  # a machine that is off for a week renews in time
_SAMPLE: Final = 3


def renew_leases(book: StoreBook, vault: Vault, *, today: date, policy: Retention) -> int:
    """Seal anew what is about to end of orders that are open or under way. Gives how many boxes there were.

    A lease that has ended while the machine was off is renewed too, as long as its key is not gone. No lease goes
    beyond the last day that the rules allow.
    """
    renewed, floor = 0, vault.floor
    for leases in leases_ending(book, _soon(today, policy), floor):
        fresh = {}
        for lease in leases:
            until = renewed_lease(lease.order, lease.box.lease_day, today=today, policy=policy, floor=floor)
            if until > lease.box.lease_day:
                fresh[lease.place] = lease.box, _seal_anew(vault, lease.place, lease.box, until)
        replace_boxes(book, fresh, vault.chain_ids)
        renewed += len(fresh)
    return renewed


def renewed_lease(order: Lifetime, lease_day: date, *, today: date, policy: Retention, floor: date | None) -> date:
    """The lease that a box has once `renew_leases` has run today. Below the floor nothing is renewed any more."""
    if lease_day >= _soon(today, policy) or (floor is not None and lease_day < floor):
        return lease_day
    return max(lease_day, lease_for(order, today, policy) or lease_day)


def _soon(today: date, policy: Retention) -> date:
    """The day before which a lease has to end to be renewed today."""
    return today + min(_AHEAD, timedelta(days=policy.days - 1))


def lease_arrivals(
    book: StoreBook, vault: Vault, arrivals: Mapping[str, Arrival], *, today: date, policy: Retention
) -> None:
    """Give all that is sealed of orders that have arrived its last lease, where it has not a longer one."""
    until = {}
    for order_id, order in lifetimes(book, arrivals).items():
        arrival = arrivals[order_id]
        arrived = msgspec.structs.replace(
            order, delivered_on=arrival.at.date(), delivery_dated=arrival.told_by == DATED_BY
        )
        if lease := lease_for(arrived, today, policy):
            until[order_id] = lease
    fresh = {
        place: (box, _seal_anew(vault, place, box, day))
        for place, box in all_boxes(book, list(until)).items()
        if box.lease_day < (day := until[place.order_id]) and (vault.floor is None or box.lease_day >= vault.floor)
    }
    if fresh:
        replace_boxes(book, fresh, vault.chain_ids)


def _seal_anew(vault: Vault, place: Place, box: Box, until: date) -> Box:
    data = vault.open(place.order_id, box, part=place.part)
    return vault.seal(place.order_id, data, until, part=place.part)


def open_some(book: StoreBook, vault: Vault) -> int:
    """Open the boxes that run out first and last, to see whether the key fits. Raises as `Vault.open`."""
    boxes = sample_boxes(book, _SAMPLE)
    for (order_id, part), box in boxes.items():
        vault.open(order_id, box, part=part)
    return len(boxes)
