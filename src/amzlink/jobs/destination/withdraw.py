"""Taking orders back from Sendcloud that nobody should ship any more, as long as there is no parcel.

No status stops an order there: it has to be deleted (docs/services/sendcloud.md, "An order's status stops nothing").
"""

import itertools

import msgspec

from amzlink.jobs.destination.desk import CHUNK, Desk
from amzlink.jobs.destination.read_back import STORED_WITHIN
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, dispatch_rows, orders_to_recall
from amzlink.orderbook.shipments.parcels import have_parcels
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Refused

_NEVER_PUT_OFF = (DispatchState.SENT, DispatchState.TOO_LATE)


class Recall:
    """Takes one store's orders back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def run(self) -> bool:
        """Take back what was cancelled or is held since; warn, once, of what has a parcel.

        Gives whether an order may still appear at Sendcloud that has to be taken back then.
        """
        desk, coming = self._desk, False
        ids = iter(orders_to_recall(desk.book))
        while chunk := list(itertools.islice(ids, CHUNK)):
            rows = dispatch_rows(desk.book, chunk)
            stopped = desk.stopped(chunk)
            with_parcel = have_parcels(desk.book, chunk)
            desk.save([_free(row) for order_id, row in rows.items() if order_id not in stopped and _is_late(row)])
            for order_id in chunk:
                if order_id in stopped:
                    coming |= self._take_back(rows[order_id], parcel_known=order_id in with_parcel)
        return coming

    def _take_back(self, row: DispatchRow, *, parcel_known: bool) -> bool:
        """Whether it may still appear."""
        from amzlink.sendcloud.orders import delete_order, find_order  # noqa: PLC0415 - only for this destination

        desk = self._desk
        if parcel_known or desk.has_parcel_there(row.order_id):
            if not _is_late(row):
                self._warn(row)
            return False
        order = find_order(desk.client, desk.integration_id, row.order_id)
        if order is None and self._may_still_appear(row):
            return True
        if order is not None:
            try:
                delete_order(desk.client, order.id)
            except Refused as problem:
                # It is this order's own: the others need not wait for it.
                desk.refuse(row.order_id, problem)
                return False
            desk.tally.recalled += 1
        desk.save([_gone(row)])
        return False

    def _warn(self, row: DispatchRow) -> None:
        desk = self._desk
        facts = {"order_id": row.order_id, "store": desk.slug, "store_option": f" --store {desk.slug}"}
        desk.tally.too_late.append(row.order_id)
        desk.deps.observer.warn(Problem(ProblemName.PARCEL_OF_STOPPED_ORDER, **facts))
        desk.save([msgspec.structs.replace(row, state=DispatchState.TOO_LATE)])

    def _may_still_appear(self, row: DispatchRow) -> bool:
        asked, now = row.asked_at, self._desk.deps.clock.now()
        return row.state not in _NEVER_PUT_OFF and asked is not None and now - asked <= STORED_WITHIN


def _is_late(row: DispatchRow) -> bool:
    return row.state is DispatchState.TOO_LATE


def _free(row: DispatchRow) -> DispatchRow:
    """An order with a parcel whose hold was lifted is at Sendcloud as it should be."""
    return msgspec.structs.replace(row, state=DispatchState.SENT)


def _gone(row: DispatchRow) -> DispatchRow:
    """Nothing is left of it there."""
    return DispatchRow(order_id=row.order_id, state=DispatchState.RECALLED)
