"""Calls and time to hand orders on under Sendcloud's published limits, on a virtual clock.

Without refusals, and with an order that Sendcloud refuses in every tenth batch: such a batch is posted once more.
"""

import tempfile
from pathlib import Path

from tests.support.destination import Destination, refusals

from amzlink.sandbox.sendcloud.limits import Limits
from benchmarks.figures import Figure, Floor, Limit

MANY = 3_000
BATCH = 100


def figures() -> list[Figure]:
    """Calls that write, and the time."""
    return [figure for bad in (0, MANY // BATCH // 10) for figure in _with_refused(bad)]


def _with_refused(bad: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        at = Destination(Path(folder), orders=0, destination="none")
        ids = at.add(MANY)
        at.run()
        urgent = sorted(ids, key=lambda order_id: (_due(at, order_id), at.order(order_id).created, order_id))
        at.refuse(*urgent[50 :: 10 * BATCH][:bad])
        at.world.sandbox.world.sendcloud.limits = Limits("real")
        at.send_to_sendcloud()
        started = at.world.clock.now()
        report = at.run(settle=False)
        seconds = (at.world.clock.now() - started).total_seconds()
    refused = list(refusals(report).values()).count("sendcloud-refused")
    batches = -(-MANY // BATCH)
    name = f"{report.sent.sent:,} orders, {refused} refused"
    return [
        Figure(
            subject="to Sendcloud",
            name=f"calls that write, {name}",
            value=report.api_calls["sendcloud/create_orders"],
            unit="calls",
            floor=Floor("full batches", batches),
            limits=(Limit(batches + refused, of="value"),),
        ),
        Figure(subject="to Sendcloud", name=f"under the limits, {name}", value=seconds, unit="s virtual"),
    ]


def _due(at: Destination, order_id: str) -> str:
    return str(at.order(order_id).body["fulfillment"]["shipByWindow"]["latestDateTime"])
