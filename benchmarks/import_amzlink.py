"""amzlink's own import, in a process of its own, for `import_orders.py`."""

import json
import os
import sys
from datetime import timedelta

from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds, peak_bytes


def main() -> None:
    """Import once, as cron would, and tell what it cost."""
    addresses, folder = json.loads(sys.argv[1])
    import httpx  # noqa: F401, PLC0415

    from amzlink.amazon import auth, quota, transport  # noqa: F401, PLC0415
    from amzlink.orderbook import database as book  # noqa: F401, PLC0415

    started = cpu_seconds()
    deps, _store = link(addresses, folder)
    since = deps.clock.now() - timedelta(days=700)
    report = import_orders(deps, [SLUG], ImportOptions(since=since))[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    used = {
        "cpu_seconds": cpu_seconds() - started,
        "orders": report.tally.fetched,
        "peak": peak_bytes(),
        "api_calls": report.api_calls,
    }
    print(json.dumps(used))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
