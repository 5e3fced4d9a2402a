"""Which orders a search reads and which getOrder does, so that neither reads what the other has read.

An order that only a report has told of is read by either: a page of a search has a hundred, and costs as much time as
ninety calls of getOrder. A search takes no list of numbers, but a span of the time at which orders were placed. So it
gets the spans in which a page has the most orders that are not read yet, and of equal ones the most urgent. getOrder
takes the most urgent ones that lie in no span which is soon to be read.
"""

from array import array
from collections.abc import Iterable

import msgspec


class Moment(msgspec.Struct, frozen=True, gc=False):
    """The orders to ship that were placed in one second (`at`, since 1970): how many, and how many are not read.

    `due` is the sum of the latters' ship-by times, in seconds since 1970.
    """

    at: int
    orders: int
    unread: int
    due: int


class Slice(msgspec.Struct, frozen=True, gc=False):
    """A span of the time at which orders were placed; both seconds belong to it.

    `due` is the mean ship-by time of those that are not read. No `marketplace_ids`: all of the store's.
    """

    start: int
    end: int
    orders: int = 0
    unread: int = 0
    due: float = 0.0
    marketplace_ids: tuple[str, ...] = ()


def plan_slices(moments: Iterable[Moment], page: int, most: int, fewest: int) -> list[Slice]:
    """Up to so many slices that do not overlap, in the order in which they are to be read.

    The moments are in their order. Each slice has at most a `page` of orders, but for a single second with more, and at
    least `fewest` that are not read.
    """
    sums = _Sums(page)
    for moment in moments:
        sums.add(moment)
    taken = set[int]()  # places of moments
    chosen: list[Slice] = []
    while len(chosen) < most and (best := sums.best(taken)) and sums.brings(*best) >= fewest:
        taken.update(range(*best))
        chosen.append(sums.slice(*best))
    return chosen


class _Sums:
    """Sums over the moments, up to each: how many orders and so on lie between two of them is a difference.

    A span is told by the place of its first moment, and the place behind its last one.
    """

    def __init__(self, page: int) -> None:
        self._page = page
        self._at = array("q")
        self._orders, self._unread, self._due = array("q", [0]), array("q", [0]), array("q", [0])

    def add(self, moment: Moment) -> None:
        self._at.append(moment.at)
        self._orders.append(self._orders[-1] + moment.orders)
        self._unread.append(self._unread[-1] + moment.unread)
        self._due.append(self._due[-1] + moment.due)

    def best(self, taken: set[int]) -> tuple[int, int] | None:
        """Of the spans whose page brings most, the most urgent one; None where nothing is unread."""
        at, orders, unread, due = self._at, self._orders, self._unread, self._due
        found: tuple[float, float, tuple[int, int]] | None = None
        end = 0
        for first in range(len(at)):
            if first in taken or unread[first + 1] == unread[first]:
                continue
            end = max(end, first + 1)
            while end < len(at) and end not in taken and orders[end + 1] - orders[first] <= self._page:
                end += 1
            urgency = (due[end] - due[first]) / (unread[end] - unread[first])
            here = (-self.brings(first, end), urgency, (first, end))
            found = min(found, here) if found else here
        return found[2] if found else None

    def brings(self, first: int, end: int) -> float:
        """How many orders that are not read a page of the span brings."""
        pages = -(-(self._orders[end] - self._orders[first]) // self._page)
        return (self._unread[end] - self._unread[first]) / pages

    def slice(self, first: int, end: int) -> Slice:
        """The span as a slice."""
        unread = self._unread[end] - self._unread[first]
        return Slice(
            start=self._at[first],
            end=self._at[end - 1],
            orders=self._orders[end] - self._orders[first],
            unread=unread,
            due=(self._due[end] - self._due[first]) / unread,
        )
