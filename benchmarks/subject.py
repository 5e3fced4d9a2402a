"""One subject's figures, measured in a process of its own: what is started from there begins small."""

import importlib
import subprocess
import sys

import msgspec

from benchmarks.figures import Figure


def measure(name: str) -> list[Figure]:
    """What the module `benchmarks.NAME` measures.

    Raises:
        subprocess.CalledProcessError: it failed; what it said of that is on standard error.
    """
    command = [sys.executable, "-m", "benchmarks.subject", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=list[Figure])


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(importlib.import_module(f"benchmarks.{sys.argv[1]}").figures()))
