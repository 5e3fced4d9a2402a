"""The same work done with python-amazon-sp-api, on the same sandbox under Amazon's published quotas.

Each side runs in a process of its own, on a fresh sandbox in another one; waiting moves the sandbox's clock. What is
compared is how open orders come: calls, virtual time, CPU and memory.
"""

import importlib.metadata
import tempfile
from typing import Final

from benchmarks.figures import Figure, Floor, Limit, Unit
from benchmarks.processes import child, fresh
from benchmarks.routes import AT_ONCE, LONG, imported, measured
from benchmarks.shop import sandbox

COUNTS: Final = (1_000, 10_000)
PATIENCE: Final = {"search": LONG, "report": AT_ONCE}


def figures() -> list[Figure]:
    """Whether its usual calls work here, then ours against theirs, for each size and route."""
    return [_usual_calls(), *(figure for count in COUNTS for route in PATIENCE for figure in _compared(count, route))]


def _usual_calls() -> Figure:
    told = child("spapi_usual_calls", [])
    return Figure(
        subject="beside another client",
        name="its usual calls that the sandbox takes as Amazon does",
        value=told["taken"],
        unit="calls",
        floor=Floor("all of them", told["made"]),
        limits=(Limit(1, side="at least"),),
    )


def _compared(count: int, route: str) -> list[Figure]:
    ours = imported(count, route, PATIENCE[route])
    with tempfile.TemporaryDirectory() as folder, sandbox(new=count, quota="real") as addresses:
        theirs = measured(addresses, "spapi_client", [fresh(folder, "home"), route])
    name = f"python-amazon-sp-api {importlib.metadata.version('python-amazon-sp-api')}"
    units: dict[str, Unit] = {"calls": "calls", "waited": "s virtual", "cpu_seconds": "s CPU", "peak": "MiB"}
    return [
        Figure(
            subject="beside another client",
            name=f"{count:,} open orders by {route}",
            value=ours[key],
            unit=unit,
            floor=Floor(name, theirs[key]),
        )
        for key, unit in units.items()
    ]
