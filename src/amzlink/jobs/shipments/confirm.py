"""Telling Amazon of what the outbox holds: one by one as long as that is faster, the rest by feed."""

from collections.abc import Sequence

from amzlink.amazon.fulfilment_feed import MOST_CODES, fits_feed
from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.shipments.confirmation import State
from amzlink.jobs.shipments.confirm_by_feed import FeedRoute
from amzlink.jobs.shipments.confirm_singly import Confirmer, ConfirmTally, to_api
from amzlink.orderbook.shipments.outbox import Outgoing, in_state
from amzlink.problems import Problem, ProblemName, shipments
from amzlink.run import StoreRun


class Outbox:
    """One store's confirmations, on their way to Amazon."""

    def __init__(self, run: StoreRun, tally: ConfirmTally) -> None:
        self._run = run
        self._confirmer = Confirmer(run, tally)
        self._feeds = FeedRoute(run, self._confirmer)

    def settle(self) -> None:
        """What earlier runs left open: nothing new is said of an order of which that is not known."""
        self._feeds.go_on()
        self._confirmer.settle()

    def send(self, route: str) -> None:
        """Send the outbox: one by one as long as that is faster, the rest and all mail without tracking by feed."""
        singly, either, by_feed = self._sorted(in_state(self._run.book, State.PLANNED))
        if singly:
            self._confirmer.send_singly(singly)
        while either and route != "feed" and (count := self._singly(len(either), route)):
            self._confirmer.send_singly(either[:count])
            either = either[count:]
        if either or (by_feed and (route == "feed" or self._feeds.may_feed())):
            self._feeds.send([*either, *by_feed])
        self._confirmer.settle()

    def _sorted(self, entries: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Outgoing], list[Outgoing]]:
        """Those that only a call can tell of, those that either way can, and those that only a feed can.

        What neither can is refused here and now.
        """
        singly: list[Outgoing] = []
        either: list[Outgoing] = []
        by_feed: list[Outgoing] = []
        for entry, number in self._confirmer.with_numbers(entries):
            fits = fits_feed(to_api(entry, number))
            if number:
                (either if fits else singly).append(entry)
            elif entry.traceable:
                self._confirmer.refuse(entry, _unsaid(entry, shipments.NUMBER_DELETED), shipments.NUMBER_PURGED)
            elif fits:
                by_feed.append(entry)
            else:
                detail = shipments.too_many_codes(most=MOST_CODES)
                self._confirmer.refuse(entry, _unsaid(entry, detail), Reason.TRANSPARENCY_CODES)
        return singly, either, by_feed

    def _singly(self, count: int, route: str) -> int:
        return count if route == "single" else self._feeds.singly_first(count)


def _unsaid(entry: Outgoing, detail: str) -> Problem:
    """A refusal of our own: what Amazon would not take in any way."""
    return Problem(ProblemName.SHIPMENT_REFUSED, order_id=entry.order_id, detail=detail)
