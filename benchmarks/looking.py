"""What it costs to look: CPU time of status, a list and one order, in a book of 1,000 orders and in one of 100,000.

Each command runs at a terminal, in a process that has imported before what it is going to need. The floor is the small
book in the same run. Lists that go into a pipe are measured by their memory instead.
"""

import json
import os
import pty
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.figures import MIB, Figure, Floor, Limit
from benchmarks.order_book import order_number, write_book
from benchmarks.processes import fresh

FEW, MANY = 1_000, 100_000
Books = Mapping[int, Mapping[str, str]]
"""The environment to look at each book with, by how many orders it has."""
RUNS = 3
MOST_SECONDS: Final = 0.3
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status",),
    "orders list": ("orders", "list"),
    "orders list --limit 50": ("orders", "list", "--status", "all", "--limit", "50"),
    "orders list --overdue": ("orders", "list", "--overdue"),
    "orders show": ("orders", "show", order_number(777)),
}
STREAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "orders list": ("orders", "list"),
    "orders export": ("orders", "export"),
}
# Runs a command, and writes down which modules it has loaded; or loads these first, and writes down what it used then:
# seconds of CPU, and the most memory.
_RUN: Final = """
import contextlib, importlib, json, pathlib, sys
words, modules, used = json.loads(sys.argv[1])
modules, used = pathlib.Path(modules), pathlib.Path(used)
known = modules.exists()
for name in modules.read_text().split() if known else ():
    with contextlib.suppress(ImportError):  # some are made by others, and have no file
        importlib.import_module(name)
from amzlink.cli.main import run
from benchmarks.usage import cpu_seconds, peak_bytes
before = cpu_seconds()
if (code := run(words)) > 1:  # `status` ends with 1 where somebody has to see to something
    sys.exit(code)
sys.stdout.flush()
used.write_text(json.dumps([cpu_seconds() - before, peak_bytes()]))
if not known:
    modules.write_text("\\n".join(name for name in sys.modules if name != "__main__"))
"""


def figures() -> list[Figure]:
    """CPU beyond the imports, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        books = {count: write_book(Path(fresh(folder, str(count))), count) for count in (FEW, MANY)}
        modules = Path(fresh(folder, "modules"))
        return [
            *(_at_a_terminal(name, words, modules, books) for name, words in COMMANDS.items()),
            *(_in_a_pipe(name, words, modules, books) for name, words in STREAMS.items()),
        ]


def _at_a_terminal(name: str, words: tuple[str, ...], modules: Path, books: Books) -> Figure:
    file = modules / name.replace(" ", "-")
    cpu_at_a_terminal(words, file, books[FEW])  # to see what it imports
    measured: dict[int, list[float]] = {count: [] for count in books}
    for _ in range(RUNS):  # in turns, so that a busy moment of the machine hits both
        for count, environ in books.items():
            measured[count].append(cpu_at_a_terminal(words, file, environ))
    return Figure(
        subject="looking",
        name=f"`{name}`, {MANY:,} orders",
        value=min(measured[MANY]),
        unit="s CPU",
        floor=Floor(f"{FEW:,} orders", min(measured[FEW])),
        limits=(Limit(1.5), Limit(MOST_SECONDS, of="value")),
    )


def _in_a_pipe(name: str, words: tuple[str, ...], modules: Path, books: Books) -> Figure:
    few, many = (
        used_in_a_pipe(words, modules / f"none-{count}", books[count])[1] / MIB for count in (FEW, MANY)
    )  # nothing is loaded beforehand
    return Figure(
        subject="memory",
        name=f"`{name}`, {MANY:,} orders",
        value=many,
        unit="MiB",
        floor=Floor(f"that of {FEW:,} orders", few),
        limits=(Limit(1.15),),
    )


def cpu_at_a_terminal(words: tuple[str, ...], modules: Path, environ: Mapping[str, str]) -> float:
    """User and system time of a command at a terminal of eighty columns, beyond its imports, in seconds."""
    own, theirs = pty.openpty()
    reader = threading.Thread(target=_drain, args=(own,))
    reader.start()
    used = modules.with_suffix(".used")
    terminal = {**os.environ, **environ, "COLUMNS": "80"}
    try:
        subprocess.run(
            _command(words, modules, used),
            stdin=theirs, stdout=theirs, stderr=theirs, env=terminal, check=True, timeout=120,
        )  # fmt: skip
    finally:
        os.close(theirs)
        reader.join()
        os.close(own)
    return float(json.loads(used.read_text())[0])


def used_in_a_pipe(words: tuple[str, ...], modules: Path, environ: Mapping[str, str]) -> tuple[float, int]:
    """The CPU time in seconds, and the most memory in bytes, of a command whose output somebody reads.

    What the file `modules` names is loaded beforehand and takes no time; where it is not there, it is written.
    """
    used = modules.with_suffix(".used")
    with subprocess.Popen(
        _command(words, modules, used), stdout=subprocess.PIPE, env={**os.environ, **environ}
    ) as process:
        assert process.stdout is not None
        while process.stdout.read(1 << 20):
            pass
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    cpu, peak = json.loads(used.read_text())
    return float(cpu), int(peak)


def _command(words: tuple[str, ...], modules: Path, used: Path) -> list[str]:
    return [sys.executable, "-c", _RUN, json.dumps([words, str(modules), str(used)])]


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except OSError:
        pass  # the other end is closed
