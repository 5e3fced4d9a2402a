"""Whether commands grow with the order book: CPU time and memory of each, in a shop of few orders and in one of many.

Each command runs in a process of its own, as cron would run it, on a sandbox whose quotas are off. All orders are to be
shipped, which is the most that a command can have to look at. What looks at each of them may take as many times the CPU
time as there are orders; what works on a few of them may not grow. Memory may not grow at all.

`python -m benchmarks.growth 1000 100000` prints the same for other sizes. That takes minutes.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from amzlink.deps import CLOCK_OFFSET
from benchmarks.figures import MIB, Figure, Floor, Limit
from benchmarks.looking import used_in_a_pipe
from benchmarks.noop import environment
from benchmarks.processes import child, fresh
from benchmarks.report_document import write_report
from benchmarks.shop import sandbox
from benchmarks.table import table

FEW, MANY = 1_000, 10_000
TINY: Final = 50
"""Orders of the shop in which each command runs first, to see what it imports: that takes no time in the others."""
LABELS: Final = 100
"""So many parcels are confirmed, however many orders there are."""
LINEAR: Final = Limit(1.1)
FLAT: Final = Limit(1.5)
MEMORY: Final = Limit(1.15)
_SEARCH: Final = "import-orders, by search"
_IMPORT: Final = ("import-orders", "--max-wait", "1h")
_PARCELS: Final = f"push-status, {LABELS} parcels"
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    _SEARCH: (*_IMPORT, "--route", "search"),
    "import-orders, and to Sendcloud": _IMPORT,
    "import-orders, nothing new": _IMPORT,
    "orders list": ("orders", "list", "--status", "all"),
    "orders export": ("orders", "export", "--status", "all"),
    "check-weights": ("check-weights",),
    "purge-pii, nothing due": ("purge-pii",),
    "status": ("status",),
    _PARCELS: ("push-status",),
    "push-status, nothing new": ("push-status",),
}
_FLAT: Final = {_PARCELS, "push-status, nothing new"}
_REPORT: Final = "a report and nothing else"


class Used(NamedTuple):
    """CPU time in seconds, and the most memory in bytes."""

    cpu: float
    peak: int


def figures() -> list[Figure]:
    """Of a few orders and of many."""
    return compared((FEW, MANY))


def compared(sizes: Sequence[int]) -> list[Figure]:
    """The figures of each size beside those of the one before it."""
    with tempfile.TemporaryDirectory() as modules:
        used(TINY, Path(modules))
        found = {size: used(size, Path(modules)) for size in sizes}
    return [
        figure
        for command in found[sizes[0]]
        for few, many in itertools.pairwise(sizes)
        for figure in _pair(command, few, many, found)
    ]


def _pair(command: str, few: int, many: int, found: Mapping[int, Mapping[str, Used]]) -> Iterator[Figure]:
    before, after = found[few][command], found[many][command]
    times = 1 if command in _FLAT else many / few
    floor = f"{few:,} orders" + ("" if command in _FLAT else f", times {times:g}")
    name = f"{command}, {many:,} orders"
    yield Figure(
        subject="growth",
        name=name,
        value=after.cpu,
        unit="s CPU",
        floor=Floor(floor, before.cpu * times),
        limits=(FLAT if command in _FLAT else LINEAR,),
    )
    yield Figure(
        subject="growth",
        name=name,
        value=after.peak / MIB,
        unit="MiB",
        floor=Floor(f"that of {few:,} orders", before.peak / MIB),
        limits=(MEMORY,),
    )


def used(orders: int, modules: Path) -> dict[str, Used]:
    """What each command uses in a shop that has so many orders to ship, one after the other.

    The folder `modules` has what each of them imports, or gets it.
    """
    with tempfile.TemporaryDirectory() as folder, sandbox(new=orders) as addresses:
        offset = {CLOCK_OFFSET: str(addresses["ahead"])}
        idle = {**environment(addresses, Path(fresh(folder, "idle")), test=True), **offset}
        sends = {"destination": "sendcloud", "update_status_when": "announced", "test": True}
        sending = {**environment(addresses, Path(fresh(folder, "sending")), **sends), **offset}

        def run(name: str, words: tuple[str, ...], environ: Mapping[str, str]) -> Used:
            return Used(*used_in_a_pipe(words, modules / name.replace(" ", "-"), environ))

        found = {}
        for name, words in _COMMANDS.items():
            if name == _PARCELS:
                _announce(addresses, LABELS)
            found[name] = run(name, words, idle if name == _SEARCH else sending)
        document = Path(folder) / "report.gz"
        write_report(document, orders)
        told = child("report_amzlink", [str(document), fresh(folder, "report")])
    return {**found, _REPORT: Used(told["cpu_seconds"], int(told["peak"]))}


def _announce(addresses: Mapping[str, Any], count: int) -> None:
    """Have labels made for some of the orders that Sendcloud has."""
    control = addresses["control_url"]
    there = httpx.get(f"{control}/sendcloud/orders", timeout=120).raise_for_status().json()["orders"][:count]
    announced = {"action": "announce", "orders": [order["order_id"] for order in there]}
    httpx.post(f"{control}/sendcloud/parcels", json=announced, timeout=120).raise_for_status()


if __name__ == "__main__":
    print(table(compared([int(size) for size in sys.argv[1:]] or (FEW, MANY))))
