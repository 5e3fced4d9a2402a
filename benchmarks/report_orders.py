"""What it costs to take the orders of a report in, as a ratio to its floor, and whether its memory stays flat.

Both sides read the same packed file. CPU time is each process's own, after its imports.
"""

import tempfile
from pathlib import Path
from typing import Final

from amzlink.orderbook.schema import HOLDS, ORDER_LINES, ORDERS, SEALED
from benchmarks.figures import MIB, Figure, Floor, Limit, middle
from benchmarks.import_orders import schema
from benchmarks.processes import child, fresh
from benchmarks.report_document import write_report

ORDERS_MEASURED: Final = 10_000
FEW, MANY = 2_000, 200_000
RUNS: Final = 3


def figures() -> list[Figure]:
    """CPU for a thousand orders, and the most that was resident at once."""
    with tempfile.TemporaryDirectory() as folder:
        document = _report(folder, ORDERS_MEASURED)
        tables = schema((ORDERS, ORDER_LINES, HOLDS, SEALED))
        pairs = []
        for run in range(RUNS):  # in turns, so that a busy moment of the machine hits both sides
            floor = child("report_floor", [document, tables, fresh(folder, f"f{run}")])
            ours = child("report_amzlink", [document, fresh(folder, f"a{run}")])
            pairs.append([side["cpu_seconds"] / side["orders"] * 1000 for side in (ours, floor)])
        few, many = (_peak(folder, orders) for orders in (FEW, MANY))
    value, at_least = middle((ours, floor) for ours, floor in pairs)
    return [
        Figure(
            subject="import",
            name=f"1,000 orders by report, of {ORDERS_MEASURED:,} orders",
            value=value,
            unit="s CPU",
            floor=Floor("lines split, sealed and written by hand", at_least),
            limits=(Limit(2.5),),
        ),
        Figure(
            subject="memory",
            name=f"a report of {MANY:,} orders, and nothing else",
            value=many,
            unit="MiB",
            floor=Floor(f"that of {FEW:,} orders", few),
            limits=(Limit(1.15),),
        ),
    ]


def _peak(folder: str, orders: int) -> float:
    told = child("report_amzlink", [_report(folder, orders), fresh(folder, f"m{orders}")])
    if told["orders"] != orders:
        raise RuntimeError(f"{told['orders']} of {orders} orders were taken in")
    return float(told["peak"]) / MIB


def _report(folder: str, orders: int) -> str:
    file = Path(folder) / f"{orders}.gz"
    write_report(file, orders)
    return str(file)
