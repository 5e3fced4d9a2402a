"""Measures everything, prints one table, and writes it to `results.md`.

`python -m benchmarks NAME ...` measures only the subjects that are named, and writes nothing.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.subject import measure
from benchmarks.table import page, table

TIMED: Final = (
    "startup", "noop", "many_stores", "import_orders", "report_orders", "sending", "push_status", "vault", "looking",
    "growth", "spapi", "postgresql", "sending_limits", "push_quotas", "weights",
)  # fmt: skip
"""What is timed, one after the other, so that no two of them are in each other's way; then what only counts."""
COUNTED: Final = ("routes",)
"""What counts calls, virtual time and memory, and takes longest: the other core has it meanwhile."""
RESULTS: Final = Path(__file__).with_name("results.md")


def main(names: Sequence[str]) -> None:
    """Measure; without names, everything, and write it down."""
    started = time.monotonic()
    lanes = [names] if names else [TIMED, COUNTED]
    with ThreadPoolExecutor(len(lanes)) as pool:
        found: Mapping[str, list[Figure] | None] = {
            name: figures for lane in pool.map(_lane, lanes) for name, figures in lane.items()
        }
    failed = [name for name, figures in found.items() if figures is None]
    figures = [figure for each in found.values() for figure in each or ()]
    subjects = list(dict.fromkeys(figure.subject for figure in figures))
    figures.sort(key=lambda figure: subjects.index(figure.subject))
    print(table(figures))
    if failed:
        sys.exit(f"These could not be measured: {', '.join(failed)}")
    if not names:
        took = timedelta(seconds=time.monotonic() - started)
        RESULTS.write_text(page(figures, took, datetime.now(UTC).date()))


def _lane(names: Sequence[str]) -> dict[str, list[Figure] | None]:
    return {name: _measure(name) for name in names}


def _measure(name: str) -> list[Figure] | None:
    """None where it failed; the others are measured all the same."""
    started = time.monotonic()
    try:
        return measure(name)
    except subprocess.CalledProcessError:
        return None
    finally:
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
