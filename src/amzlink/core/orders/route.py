"""Which way orders come faster: by the pages that a search still has, or by a report of all orders to ship.

Amazon tells no total of a search (docs/services/amazon.md, "Searching orders"), so the pages to go are guessed from
what is known. Each page has to be waited for once the quota's burst is spent. A report takes its time whatever is in
it.
"""

from collections.abc import Iterable
from math import ceil
from typing import Final, Literal

import msgspec

PAGE: Final = 100
"""Orders on a page of a search, as many as Amazon gives."""

REPORT_SECONDS: Final = 120.0
"""How long a report takes as a rule, from its request to its last order in the book. Amazon states no time."""


class Guess(msgspec.Struct, frozen=True):
    """How many orders a search brings in all. `at_least`: there are likely to be more."""

    orders: int
    at_least: bool = False


class Pace(msgspec.Struct, frozen=True):
    """What the quotas allow: so many pages at once, a part of one included, and then `rate` a second.

    The calls that a report needs are possible after `report_calls` seconds.
    """

    at_once: float
    rate: float
    report_calls: float = 0.0


class RouteChoice(msgspec.Struct, frozen=True):
    """The faster way, and why: how long the search needs for its `pages` to go, `at_least`, and how long a report."""

    route: Literal["search", "report"]
    pages: int
    at_least: bool
    search_seconds: float
    report_seconds: float


def choose_route(read: int, guesses: Iterable[Guess], pace: Pace) -> RouteChoice:
    """Choose while a search has brought so many orders, and another page of it is known to follow.

    Where the next page is all that is known, the choice is made by that, and again before the page after it.
    """
    guess = max(guesses, key=lambda each: each.orders, default=Guess(0))
    is_known = guess.orders > read
    pages = ceil((guess.orders - read) / PAGE) if is_known else 1
    search = max(0.0, pages - pace.at_once) / pace.rate
    report = REPORT_SECONDS + pace.report_calls
    return RouteChoice("report" if report < search else "search", pages, guess.at_least or not is_known, search, report)
