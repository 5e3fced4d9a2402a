"""One side of a benchmark in a process of its own, so that its time and memory are nobody else's."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn


def child(module: str, argument: Sequence[Any]) -> dict[str, Any]:
    """Run a module of the benchmarks with this argument, and read the document that it prints.

    Raises:
        subprocess.CalledProcessError: it failed; what it said of that is on standard error.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", json.dumps(argument)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def finish(**measured: float) -> NoReturn:
    """Print what was measured, for `child`, and end at once: taking the process down is not part of it."""
    print(json.dumps(measured), flush=True)
    os._exit(0)


def fresh(folder: Path | str, name: str) -> str:
    """An empty folder in it, for a home or a database."""
    path = Path(folder) / name
    path.mkdir()
    return str(path)
