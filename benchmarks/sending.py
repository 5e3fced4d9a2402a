"""What it costs to hand orders on to Sendcloud: CPU against a floor, and memory.

The floor does by hand what cannot be left out: it opens a sealed box per order, encodes the same payloads, makes their
keyed hashes, writes each row before and after its call, posts the batches and reads the orders back. Its payloads are
ready made, so that the ratio shows what it costs to decide and to fit an order into Sendcloud's fields. Both sides
speak to one sandbox with its quota off.
"""

import tempfile

from benchmarks.figures import MIB, Figure, Floor, Limit, middle
from benchmarks.processes import child, fresh
from benchmarks.shop import sandbox

MANY, FEW = 3_000, 300
RUNS = 3


def figures() -> list[Figure]:
    """CPU for a thousand orders, and the most that was resident at once."""
    pairs, peaks = [], []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            with sandbox(new=MANY) as addresses:
                ours = child("sending_amzlink", [addresses, fresh(folder, f"a{run}")])
                floor = child("sending_floor", [addresses, fresh(folder, f"f{run}")])
            pairs.append([side["cpu_seconds"] / side["orders"] * 1000 for side in (ours, floor)])
            peaks.append(ours["peak"])
        with sandbox(new=FEW) as addresses:
            few = child("sending_amzlink", [addresses, fresh(folder, "few")])
    value, at_least = middle((ours, floor) for ours, floor in pairs)
    return [
        Figure(
            subject="to Sendcloud",
            name=f"1,000 orders, of {ours['orders']:,}",
            value=value,
            unit="s CPU",
            floor=Floor("opened, hashed, noted and posted by hand", at_least),
            limits=(Limit(6.0),),
        ),
        Figure(
            subject="memory",
            name=f"{ours['orders']:,} orders to Sendcloud",
            value=max(peaks) / MIB,
            unit="MiB",
            floor=Floor(f"that of {few['orders']:,} orders", few["peak"] / MIB),
            limits=(Limit(1.15),),
        ),
    ]
