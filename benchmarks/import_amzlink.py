"""amzlink's own import, in a process of its own: what is loaded before is not counted.

Takes addresses and a folder. It may also take a route, how many seconds the run may wait for Amazon's quotas, and
whether runs are to follow until every order has been read. Waiting moves the sandbox's clock (`MovedClock`).
"""

import json
import sys
from datetime import timedelta

from amzlink.deps import Deps
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from amzlink.orderbook.orders.incomplete import orders_not_read
from amzlink.orderbook.orders.overview import count_orders
from amzlink.problems.failures import Throttled
from benchmarks.moved_clock import MovedClock
from benchmarks.processes import finish
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds, peak_bytes

A_RUN = ImportOptions(max_wait=timedelta(minutes=5))


def main() -> None:
    """Import once, as cron would, and tell what it cost; then, if wanted, read what is left."""
    addresses, folder, *more = json.loads(sys.argv[1])
    import httpx  # noqa: F401, PLC0415

    from amzlink.amazon import auth, quota, transport  # noqa: F401, PLC0415
    from amzlink.orderbook import database  # noqa: F401, PLC0415

    started = cpu_seconds()
    clock = MovedClock(addresses)
    deps, _store = link(addresses, folder, clock=clock)
    options, read = ImportOptions(since=clock.now() - timedelta(days=700), route="search"), False
    if more:
        route, patience, read = more
        options = ImportOptions(route=route, max_wait=timedelta(seconds=patience))
    report = run(deps, options)
    used = {
        "cpu_seconds": cpu_seconds() - started,
        "peak": peak_bytes(),
        "waited": clock.waited,
        "fetched": report.tally.fetched,
        "api_calls": sum(report.api_calls.values()),
    }
    booked, left = counted(deps)
    if booked < addresses["open"]:
        raise SystemExit(f"{booked} of {addresses['open']} open orders are in the book")
    while read and counted(deps)[1]:
        run(deps, A_RUN)
    finish(**used, ready=booked - left, waited_until_read=clock.waited)


def run(deps: Deps, options: ImportOptions) -> ImportReport:
    """One run; where it ends because it would have to wait, that is as it should be."""
    (report,) = import_orders(deps, [SLUG], options)
    if report.problem and not isinstance(report.problem, Throttled):
        raise SystemExit(str(report.problem))
    return report


def counted(deps: Deps) -> tuple[int, int]:
    """How many orders are in the book, and how many of them were not read."""
    with deps.book(SLUG) as book:
        booked = count_orders(book)
        return booked, len(orders_not_read(book, booked))


if __name__ == "__main__":
    main()
