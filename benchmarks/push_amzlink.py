"""amzlink's own confirmations, in a process of its own, for `push_status.py`: what comes before them is not counted."""

import json
import sys

import httpx

from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.push_status import PushOptions, push_status
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from benchmarks.processes import finish
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds


def main() -> None:
    """Import and send; have so many labels made; then confirm, and tell what that cost."""
    addresses, folder, count = json.loads(sys.argv[1])
    from amzlink.sendcloud import account, shipments, statuses  # noqa: F401, PLC0415

    deps, _store = link(addresses, folder, destination="sendcloud", update_status_when="announced")
    import_orders(deps, [SLUG], ImportOptions())
    control = addresses["control_url"]
    there = httpx.get(f"{control}/sendcloud/orders", timeout=120).json()["orders"][:count]
    announce = {"action": "announce", "orders": [order["order_id"] for order in there]}
    httpx.post(f"{control}/sendcloud/parcels", json=announce, timeout=120).raise_for_status()
    started = cpu_seconds()
    report = push_status(deps, [SLUG], PushOptions(route="single"))[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    finish(cpu_seconds=cpu_seconds() - started, shipments=report.sent.confirmed)


if __name__ == "__main__":
    main()
