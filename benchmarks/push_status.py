"""What it costs to confirm shipments: time under Amazon's quotas, calls, CPU against a floor.

The floor does by hand what cannot be left out: it reads the shipments page by page, seals each tracking number, writes
each row before its call and after it, and makes the call. Both sides speak to one sandbox with its quota off; the time
under the quotas is told by a virtual clock.
"""

import statistics
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.support.pushing import HEADER, Pushing, row

from benchmarks.import_orders import child, fresh
from benchmarks.shop import sandbox

MANY, FEW = 10_000, 1_000
RUNS = 3
FEED_SECONDS, RATE, BURST = 120.0, 2.0, 10


def main() -> None:
    """Measure and print; ratios and counts are what counts, the seconds of CPU are this machine's."""
    with tempfile.TemporaryDirectory() as folder:
        ratios = []
        for run in range(RUNS):
            with sandbox(new=2 * FEW) as addresses:
                ours = child("push_amzlink", [addresses, fresh(folder, f"a{run}"), FEW])
                floor = child("push_floor", [addresses, fresh(folder, f"f{run}")])
            each = [side["cpu_seconds"] / side["shipments"] for side in (ours, floor)]
            ratios.append(each[0] / each[1])
            print(
                f"  run {run + 1}: {ours['shipments']} shipments, {ours['cpu_seconds']:.2f} s CPU; "
                f"floor {floor['shipments']}, {floor['cpu_seconds']:.2f} s; ratio {ratios[-1]:.2f}"
            )
        print(f"confirming one by one, CPU: {statistics.median(ratios):.2f} times the floor (at most 6.0)")
        under_quotas(Path(folder))


def under_quotas(folder: Path) -> None:
    """Time and calls with Amazon's real quotas."""
    at = Pushing(folder / "quotas", quota="real", destination="none")
    ids = at.add(MANY)
    at.run(max_wait=timedelta(days=3))
    at.world.clock.advance(3600)
    rows = [row(order_id, f"N{number}") for number, order_id in enumerate(ids)]
    report = at.push_file(*rows, header=HEADER, minutes=0)
    calls = {name: n for name, n in report.api_calls.items() if name != "getToken"}
    cheaper = min((MANY - BURST) / RATE, FEED_SECONDS)
    print(
        f"confirming {report.sent.confirmed} shipments under the quotas: {report.seconds:.0f} s, "
        f"{report.seconds / cheaper:.2f} times the cheaper route (at most 1.2); calls: {calls}"
    )


if __name__ == "__main__":
    main()
