"""Asking Amazon for single orders, by their numbers."""

from collections.abc import Sequence
from typing import Final

from amzlink.amazon.orders import get_order
from amzlink.core.orders.holds import INCOMPLETE, causes
from amzlink.jobs.orders.ingest import Intake
from amzlink.jobs.orders.read_ahead import ONE_ORDERS_OWN, reads_report_first
from amzlink.orderbook.orders.incomplete import incomplete_orders, orders_not_read, orders_taken_over
from amzlink.problems.failures import AnswerUnknown, CallFailed, Throttled
from amzlink.run import StoreRun

_MOST_UNANSWERED: Final = 3
"""After so many answers in a row that say nothing, no more orders are asked for by number in this run."""
_MOST_IN_VAIN: Final = 20  # a run's share of getOrder's burst of 30
_MOST_IN_VAIN_BESIDE: Final = 2  # while there are orders that were never read


class SingleOrders:
    """Reads single orders by getOrder, whose quota is ninety times that of a search."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._run = run
        self._link = run.amazon
        self._book = run.book
        self._reporter = run.reporter
        self._intake = intake

    def read(self, order_ids: Sequence[str]) -> CallFailed | None:
        """Bring these orders in.

        What cannot be had is told order by order, and asked for again by the next run. Where that is because no more
        calls are allowed, or the last answers said nothing of an order, the failure is returned.
        """
        failure: CallFailed | None = None
        in_a_row = 0
        for number, order_id in enumerate(order_ids, 1):
            if failure and (in_a_row == _MOST_UNANSWERED or isinstance(failure, Throttled)):
                self._intake.refuse(order_id, failure.name, failure.summary)
                continue
            self._reporter.step("reading single orders", number, len(order_ids))
            try:
                order = get_order(self._link, order_id)
            except ONE_ORDERS_OWN as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
            except (AnswerUnknown, Throttled) as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
                failure, in_a_row = problem, in_a_row + 1
                continue
            else:
                self._intake.take((order,))
            failure, in_a_row = None, 0
        return failure

    def read_incomplete(self) -> None:
        """Ask again for what came incomplete, the most urgent first; for few only where nothing more comes of it.

        Orders that were never read need getOrder's quota more.
        """
        in_vain = unanswered = 0
        most_in_vain = _MOST_IN_VAIN
        if orders_not_read(self._book, 1):
            most_in_vain = 0 if reads_report_first(self._run) else _MOST_IN_VAIN_BESIDE
        incomplete = incomplete_orders(self._book)
        for number, entry in enumerate(incomplete, 1):
            if in_vain == most_in_vain or unanswered == _MOST_UNANSWERED:
                return
            self._reporter.step("reading incomplete orders again", number, len(incomplete))
            try:
                order = get_order(self._link, entry.order_id)
            except ONE_ORDERS_OWN:
                in_vain += 1
            except AnswerUnknown:
                unanswered += 1
            except Throttled:
                return
            else:
                self._intake.take((order,))
                in_vain += bool(causes(order).keys() & INCOMPLETE)

    def read_taken_over(self) -> None:
        """Ask again for what Amazon took over to ship itself, as no search tells of it any more."""
        for order_id in orders_taken_over(self._book)[:_MOST_IN_VAIN]:
            try:
                order = get_order(self._link, order_id)
            except ONE_ORDERS_OWN:
                continue
            except (AnswerUnknown, Throttled):
                return
            self._intake.take((order,))

    def read_asked_for(self, order_ids: Sequence[str]) -> None:
        """The orders that a person names. Raises what ended the last call, where no answer could be had."""
        if failure := self.read(order_ids):
            raise failure
