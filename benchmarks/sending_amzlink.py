"""amzlink's own sending, in a process of its own, for `sending.py`: the import before it is not counted."""

import json
import os
import sys

from amzlink.jobs.destination.desk import SendTally
from amzlink.jobs.destination.send import send_orders
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds, peak_bytes


def main() -> None:
    """Import, then send, and tell what the sending cost."""
    addresses, folder = json.loads(sys.argv[1])
    from amzlink.sendcloud import account, orders, payload, shipments  # noqa: F401, PLC0415

    deps, store = link(addresses, folder)
    report = import_orders(deps, [SLUG], ImportOptions())[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    tally = SendTally()
    started = cpu_seconds()
    with deps.book(SLUG) as book, deps.sendcloud(SLUG, store) as client:
        send_orders(deps, client, book, deps.vault(book), slug=SLUG, store=store, tally=tally)
    used = {"cpu_seconds": cpu_seconds() - started, "orders": tally.sent + len(tally.refused), "peak": peak_bytes()}
    print(json.dumps(used))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
