"""How long open orders take to arrive by each route, under Amazon's published quotas and on a virtual clock.

Time is virtual: what counts is how often Amazon has to be waited for. "In the book" is when every open order is there,
"read" when each has been read whole, so that it is known whether something holds it. A report takes a minute to make.
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.destination import NONE
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.orders.fetch import Route
from amzlink.orderbook.orders.incomplete import orders_not_read
from benchmarks.usage import cpu_seconds

USUAL: Final = (100, 1_000, 10_000)
ROUTES: Final[tuple[Route, ...]] = ("search", "auto")
MOST_BY_AUTO: Final = 150  # seconds, for 10,000 orders
AT_ONCE: Final = timedelta(seconds=1)
FOR_ALL: Final = timedelta(days=3)
A_RUN: Final = timedelta(minutes=5)


def main(counts: tuple[int, ...]) -> None:
    """Measure and print."""
    for count in counts:
        for route in ROUTES:
            with tempfile.TemporaryDirectory() as folder:
                print(_measured(Path(folder), count, route), flush=True)


def _measured(folder: Path, count: int, route: Route) -> str:
    at = store_on_sandbox(folder, orders=NONE, quota="real")
    at.sandbox.world.add_orders(count)
    at.clock.advance(3600)
    begun, cpu = at.clock.now(), cpu_seconds()
    first = _run(at, route, FOR_ALL if route == "search" else AT_ONCE)
    in_the_book, cpu = (at.clock.now() - begun).total_seconds(), cpu_seconds() - cpu
    left = _not_read(at)
    while _not_read(at):
        _run(at, route, A_RUN)
    read = (at.clock.now() - begun).total_seconds()
    return (
        f"{count:>7} open orders by {route:<6}: in the book after {in_the_book:>6.0f} s"
        f"{f' (at most {MOST_BY_AUTO})' if route == 'auto' and count == USUAL[-1] else ''}, "
        f"{count - left} of them read; all read after {read:>6.0f} s; "
        f"{first} calls, {cpu:.1f} s of CPU, the sandbox's included"
    )


def _not_read(at: StoreOnSandbox) -> int:
    with at.deps.book(SLUG) as book:
        return len(orders_not_read(book, len(at.sandbox.world.orders)))


def _run(at: StoreOnSandbox, route: Route, max_wait: timedelta) -> int:
    (report,) = import_orders(at.deps, [SLUG], ImportOptions(route=route, max_wait=max_wait))
    return sum(report.api_calls.values())


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or USUAL)
