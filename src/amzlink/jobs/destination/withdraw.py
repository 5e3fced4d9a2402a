"""Taking orders back from Sendcloud that nobody should ship any more, as long as there is no parcel.

No status stops an order there: it has to be deleted (docs/services/sendcloud.md, "An order's status stops nothing").
"""

import itertools

import msgspec

from amzlink.core.orders.order import CANCELLED
from amzlink.jobs.destination.read_back import may_still_appear
from amzlink.jobs.destination.shippable import has_parcel_there, stopped
from amzlink.jobs.destination.tally import SendTally
from amzlink.orderbook.destination.outbox import (
    DispatchRow,
    DispatchState,
    dispatch_rows,
    orders_to_recall,
    save_dispatches,
)
from amzlink.orderbook.shipments.parcels import have_parcels
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Refused
from amzlink.problems.shipments import why_stopped
from amzlink.run import StoreRun

_CHUNK = 200
_NEVER_PUT_OFF = (DispatchState.SENT, DispatchState.TOO_LATE)


class Recall:
    """Takes one store's orders back."""

    def __init__(self, run: StoreRun, tally: SendTally) -> None:
        self._run = run
        self._tally = tally

    def run(self) -> bool:
        """Take back what was cancelled or is held since; warn, once, of what has a parcel.

        Gives whether an order may still appear at Sendcloud that has to be taken back then.
        """
        book, coming = self._run.book, False
        ids = iter(orders_to_recall(book))
        while chunk := list(itertools.islice(ids, _CHUNK)):
            rows = dispatch_rows(book, chunk)
            unwanted = stopped(self._run, chunk)
            with_parcel = have_parcels(book, chunk)
            freed = [_free(row) for order_id, row in rows.items() if order_id not in unwanted and _is_late(row)]
            save_dispatches(book, freed, self._run.now())
            for order_id in chunk:
                if order_id in unwanted:
                    coming |= self._take_back(rows[order_id], unwanted[order_id], parcel_known=order_id in with_parcel)
        return coming

    def _take_back(self, row: DispatchRow, status: str, *, parcel_known: bool) -> bool:
        """Whether it may still appear. `status` is Amazon's of the order."""
        from amzlink.sendcloud.orders import delete_order, find_order  # noqa: PLC0415 - only for this destination

        run = self._run
        if parcel_known or has_parcel_there(run, row.order_id):
            if not _is_late(row):
                self._warn(row, status)
            return False
        order = find_order(run.sendcloud, run.integration_id, row.order_id)
        if order is None and row.state not in _NEVER_PUT_OFF and may_still_appear(row, run.now()):
            return True
        if order is not None:
            try:
                delete_order(run.sendcloud, order.id)
            except Refused as problem:
                # It is this order's own: the others need not wait for it.
                self._tally.refuse(row.order_id, problem)
                return False
            self._tally.recalled += 1
        save_dispatches(run.book, [_gone(row)], run.now())
        return False

    def _warn(self, row: DispatchRow, status: str) -> None:
        why = why_stopped(cancelled=status == CANCELLED)
        problem = Problem(ProblemName.PARCEL_OF_STOPPED_ORDER, order_id=row.order_id, **why)
        self._tally.too_late.append(row.order_id)
        self._run.reporter.warn(self._run.naming_store(problem))
        save_dispatches(self._run.book, [msgspec.structs.replace(row, state=DispatchState.TOO_LATE)], self._run.now())


def _is_late(row: DispatchRow) -> bool:
    return row.state is DispatchState.TOO_LATE


def _free(row: DispatchRow) -> DispatchRow:
    """An order with a parcel whose hold was lifted is at Sendcloud as it should be."""
    return msgspec.structs.replace(row, state=DispatchState.SENT)


def _gone(row: DispatchRow) -> DispatchRow:
    """Nothing is left of it there."""
    return DispatchRow(order_id=row.order_id, state=DispatchState.RECALLED)
