"""What it costs to hand orders on to Sendcloud: calls, time under Sendcloud's limits, CPU against a floor, memory.

The floor does by hand what cannot be left out: it opens a sealed box per order, encodes the same payloads, makes their
keyed hashes, writes each row before and after its call, posts the batches and reads the orders back. Its payloads are
ready made, so that the ratio shows what it costs to decide and to fit an order into Sendcloud's fields. Both sides
speak to one sandbox with its quota off; the time under the limits is told by a virtual clock.
"""

import statistics
import tempfile
from pathlib import Path

from tests.support.destination import Destination, refusals

from amzlink.sandbox.sendcloud.limits import Limits
from benchmarks.import_orders import child, fresh
from benchmarks.shop import sandbox

MANY, FEW = 5_000, 500
RUNS = 3
BATCH = 100


def main() -> None:
    """Measure and print; ratios and counts are what counts, the seconds of CPU are this machine's."""
    with tempfile.TemporaryDirectory() as folder:
        ratios, peaks = [], []
        for run in range(RUNS):
            with sandbox(new=MANY) as addresses:
                ours = child("sending_amzlink", [addresses, fresh(folder, f"a{run}")])
                floor = child("sending_floor", [addresses, fresh(folder, f"f{run}")])
            each = [side["cpu_seconds"] / side["orders"] for side in (ours, floor)]
            ratios.append(each[0] / each[1])
            peaks.append(ours["peak"])
            print(
                f"  run {run + 1}: {ours['orders']} orders, {ours['cpu_seconds']:.2f} s CPU; "
                f"floor {floor['orders']} orders, {floor['cpu_seconds']:.2f} s; ratio {ratios[-1]:.2f}"
            )
        with sandbox(new=FEW) as addresses:
            few = child("sending_amzlink", [addresses, fresh(folder, "few")])
        print(f"sending CPU: {statistics.median(ratios):.2f} times the floor (at most 6.0)")
        peak = statistics.median(peaks)
        print(
            f"sending memory: {peak / few['peak']:.2f} times that of {few['orders']} orders (at most 1.15); "
            f"{int(peak) >> 20} MiB"
        )
        under_limits(Path(folder))  # last: a process that is started later would count this one's memory as its own


def under_limits(folder: Path) -> None:
    """Calls and time with Sendcloud's real limits, without refusals and with one in every tenth batch."""
    for name, bad in (("none", 0), ("one in every tenth batch", MANY // BATCH // 10)):
        at = Destination(folder / f"limits{bad}", orders=0, destination="none")
        ids = at.add(MANY)
        at.run()
        urgent = sorted(ids, key=lambda order_id: (due(at, order_id), at.order(order_id).created, order_id))
        at.refuse(*urgent[50 :: 10 * BATCH][:bad])
        at.world.sandbox.world.sendcloud.limits = Limits("real")
        at.send_to_sendcloud()
        started = at.world.clock.now()
        report = at.run(settle=False)
        seconds = (at.world.clock.now() - started).total_seconds()
        posts, reads = report.api_calls["sendcloud/create_orders"], report.api_calls["sendcloud/list_orders"]
        refused = list(refusals(report).values()).count("sendcloud-refused")
        print(
            f"sending {report.sent.sent} orders, refused: {name} ({refused}): {posts} POSTs "
            f"(at most {-(-MANY // BATCH) + refused}), {reads} pages read back, {seconds:.0f} s under the limits"
        )
        assert posts <= -(-MANY // BATCH) + refused


def due(at: Destination, order_id: str) -> str:
    return str(at.order(order_id).body["fulfillment"]["shipByWindow"]["latestDateTime"])


if __name__ == "__main__":
    main()
