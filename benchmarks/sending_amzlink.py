"""amzlink's own sending, in a process of its own, for `sending.py`: the import before it is not counted."""

import json
import sys

from amzlink.jobs.destination.send import send_orders
from amzlink.jobs.destination.tally import SendTally
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from amzlink.run import StoreRun
from benchmarks.processes import finish
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds, peak_bytes


def main() -> None:
    """Import, then send, and tell what the sending cost."""
    addresses, folder = json.loads(sys.argv[1])
    from amzlink.sendcloud import account, orders, payload, shipments  # noqa: F401, PLC0415

    deps, _ = link(addresses, folder)
    report = import_orders(deps, [SLUG], ImportOptions())[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    tally = SendTally()
    started = cpu_seconds()
    with StoreRun(deps, SLUG) as run:
        send_orders(run, tally)
    used = cpu_seconds() - started
    finish(cpu_seconds=used, orders=tally.sent + len(tally.refused), peak=peak_bytes())


if __name__ == "__main__":
    main()
