"""Time and calls to confirm many shipments under Amazon's published quotas, on a virtual clock."""

import tempfile
from datetime import timedelta
from pathlib import Path

from tests.support.pushing import HEADER, Pushing, row

from amzlink.sandbox.table import CONFIRM_SHIPMENT
from benchmarks.figures import Figure, Floor, Limit

SHIPMENTS = 10_000
FEED_SECONDS = 120.0  # that the sandbox takes to work on a feed


def figures() -> list[Figure]:
    """The time, against the cheaper of the two routes that Amazon has for it."""
    with tempfile.TemporaryDirectory() as folder:
        at = Pushing(Path(folder), quota="real", destination="none")
        ids = at.add(SHIPMENTS)
        at.run(max_wait=timedelta(days=3))
        at.world.clock.advance(3600)
        rows = [row(order_id, f"N{number}") for number, order_id in enumerate(ids)]
        report = at.push_file(*rows, header=HEADER, minutes=0)
    calls = sum(count for name, count in report.api_calls.items() if name != "getToken")
    one_by_one = (SHIPMENTS - CONFIRM_SHIPMENT.burst) / CONFIRM_SHIPMENT.rate
    name = f"{report.sent.confirmed:,} under the quotas"
    return [
        Figure(
            subject="confirmations",
            name=name,
            value=report.seconds,
            unit="s virtual",
            floor=Floor("the cheaper route", min(one_by_one, FEED_SECONDS)),
            limits=(Limit(1.2),),
        ),
        Figure(
            subject="confirmations",
            name=f"calls for {name}",
            value=calls,
            unit="calls",
            floor=Floor("one by one", SHIPMENTS),
        ),
    ]
