"""What it costs to take the orders of a report in, as a ratio to its floor, and whether its memory stays flat.

Both sides read the same packed file. CPU time is each process's own, after its imports.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from amzlink.orderbook.schema import HOLDS, ORDER_LINES, ORDERS, SEALED
from benchmarks.import_orders import child, fresh, schema
from benchmarks.report_document import write_report

ORDERS_MEASURED: Final = 10_000
FEW, MANY = 2_000, 200_000
RUNS: Final = 3
MOST_CPU: Final = 2.5
MOST_MEMORY: Final = 1.15


class ReportCost(msgspec.Struct, frozen=True):
    """How many times the floor's CPU, in each run; and how many times the memory of few orders many take."""

    ratios: tuple[float, ...]
    cpu_seconds: float
    floor_seconds: float
    memory: float
    peak: int

    @property
    def ratio(self) -> float:
        """The median."""
        return statistics.median(self.ratios)


def measure(*, runs: int = RUNS, many: int = MANY) -> ReportCost:
    """Take the reports in, in turns, so that a busy moment of the machine hits both sides."""
    with tempfile.TemporaryDirectory() as folder:
        document = _report(folder, ORDERS_MEASURED)
        tables = schema((ORDERS, ORDER_LINES, HOLDS, SEALED))
        ours, floors = [], []
        for run in range(runs):
            floors.append(child("report_floor", [document, tables, fresh(folder, f"f{run}")])["cpu_seconds"])
            ours.append(child("report_amzlink", [document, fresh(folder, f"a{run}")])["cpu_seconds"])
        peaks = {}
        for orders in (FEW, many):
            told = child("report_amzlink", [_report(folder, orders), fresh(folder, f"m{orders}")])
            if told["orders"] != orders:
                raise SystemExit(f"{told['orders']} of {orders} orders were taken in")
            peaks[orders] = told["peak"]
    return ReportCost(
        ratios=tuple(mine / floor for mine, floor in zip(ours, floors, strict=True)),
        cpu_seconds=statistics.median(ours),
        floor_seconds=statistics.median(floors),
        memory=peaks[many] / peaks[FEW],
        peak=peaks[many],
    )


def main() -> None:
    """Measure and print; the ratios are what counts, the seconds are this machine's."""
    cost = measure()
    print(
        f"report CPU: {cost.ratio:.2f} times the floor (at most {MOST_CPU}; "
        f"runs {', '.join(f'{ratio:.2f}' for ratio in sorted(cost.ratios))}); "
        f"{cost.cpu_seconds:.2f} s to {cost.floor_seconds:.2f} s for {ORDERS_MEASURED} orders"
    )
    print(
        f"report memory: {cost.memory:.2f} times that of {FEW} orders with {MANY} (at most {MOST_MEMORY}); "
        f"{cost.peak >> 20} MiB"
    )


def _report(folder: str, orders: int) -> str:
    file = Path(folder) / f"{orders}.gz"
    write_report(file, orders)
    return str(file)


if __name__ == "__main__":
    main()
