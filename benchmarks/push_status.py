"""What it costs to confirm shipments one by one: CPU against a floor.

The floor does by hand what cannot be left out: it reads the shipments page by page, seals each tracking number, writes
each row before its call and after it, and makes the call. Both sides speak to one sandbox with its quota off.
"""

import tempfile

from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.processes import child, fresh
from benchmarks.shop import sandbox

SHIPMENTS = 300
RUNS = 3


def figures() -> list[Figure]:
    """CPU for a thousand confirmations."""
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            with sandbox(new=2 * SHIPMENTS) as addresses:
                ours = child("push_amzlink", [addresses, fresh(folder, f"a{run}"), SHIPMENTS])
                floor = child("push_floor", [addresses, fresh(folder, f"f{run}")])
            pairs.append([side["cpu_seconds"] / side["shipments"] * 1000 for side in (ours, floor)])
    value, at_least = middle((ours, floor) for ours, floor in pairs)
    return [
        Figure(
            subject="confirmations",
            name=f"1,000 one by one, of {ours['shipments']}",
            value=value,
            unit="s CPU",
            floor=Floor("read, sealed, noted and confirmed by hand", at_least),
            limits=(Limit(6.0),),
        )
    ]
