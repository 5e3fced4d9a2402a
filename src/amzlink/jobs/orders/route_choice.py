"""What a run knows of a search's pages to go and of the quotas, for the choice between search and report."""

from typing import Final

from amzlink.amazon.orders import SEARCH_ORDERS
from amzlink.amazon.quota import Operation, seconds_until
from amzlink.amazon.reports import CREATE_REPORT, GET_REPORT, GET_REPORT_DOCUMENT
from amzlink.amazon.tokens import CREATE_RESTRICTED_DATA_TOKEN
from amzlink.core.orders.import_progress import Extent
from amzlink.core.orders.route import Guess, Pace, RouteChoice, choose_route
from amzlink.orderbook.orders.overview import changed_between, to_ship_before
from amzlink.orderbook.orders.searches import Search
from amzlink.run import StoreRun

_REPORT_CALLS: Final = (CREATE_REPORT, GET_REPORT, CREATE_RESTRICTED_DATA_TOKEN, GET_REPORT_DOCUMENT)


def faster_route(run: StoreRun, search: Search, extent: Extent) -> RouteChoice:
    """The faster way to the orders of a search with another page, of which `extent` has been read."""
    return choose_route(extent.done, _guesses(run, search, extent), _pace(run))


def _guesses(run: StoreRun, search: Search, extent: Extent) -> list[Guess]:
    """By how much of the window the pages have covered, and by what the order book had before.

    Orders to ship lie the more densely the younger they are. So the oldest ones tell too little of a sweep, and the
    youngest ones nothing.
    """
    start, end = search.window_start, search.window_end
    if search.kind == "sweep":
        booked = to_ship_before(run.book, end)
        covered = Guess(extent.total, at_least=True) if extent.total and extent.rises else None
    else:  # as many as in the same time before
        booked = changed_between(run.book, start - (end - start), start)
        covered = Guess(extent.total) if extent.total else None
    return [Guess(booked), *([covered] if covered else [])]


def _pace(run: StoreRun) -> Pace:
    now = run.clock.now().timestamp()

    def wait(operation: Operation) -> float:
        return seconds_until(1, run.quotas.standing(operation, now), operation)

    searches = run.quotas.standing(SEARCH_ORDERS, now)
    return Pace(searches.tokens, searches.rate or SEARCH_ORDERS.rate, sum(map(wait, _REPORT_CALLS)))
