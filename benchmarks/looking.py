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

from benchmarks.order_book import order_number, write_book

FEW, MANY = 1_000, 100_000
RUNS = 7
MOST_SECONDS: Final = 0.3
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status",),
    "orders list": ("orders", "list"),
    "orders list --limit 50": ("orders", "list", "--status", "all", "--limit", "50"),
    "orders list --overdue": ("orders", "list", "--overdue"),
    "orders show": ("orders", "show", order_number(777)),
}
STREAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "orders list in a pipe": ("orders", "list"),
    "orders export": ("orders", "export"),
}
# Runs a command, and writes down which modules it has loaded; or loads these first, and writes down what it used then.
_RUN: Final = """
import contextlib, importlib, json, pathlib, sys
words, modules, used = json.loads(sys.argv[1])
modules, used = pathlib.Path(modules), pathlib.Path(used)
known = modules.exists()
for name in modules.read_text().split() if known else ():
    with contextlib.suppress(ImportError):  # some are made by others, and have no file
        importlib.import_module(name)
from amzlink.cli.main import run
from benchmarks.usage import cpu_seconds
before = cpu_seconds()
run(words)
sys.stdout.flush()
used.write_text(repr(cpu_seconds() - before))
if not known:
    modules.write_text("\\n".join(name for name in sys.modules if name != "__main__"))
"""


def main() -> None:
    """Measure and print: seconds beyond the imports, how many times those of the small book, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        books = {count: write_book(_fresh(folder, str(count)), count) for count in (FEW, MANY)}
        for name, words in COMMANDS.items():
            modules = Path(folder) / name.replace(" ", "-")
            cpu_at_a_terminal(words, modules, books[FEW])  # to see what it imports
            measured: dict[int, list[float]] = {FEW: [], MANY: []}
            for _ in range(RUNS):  # in turns, so that a busy moment of the machine hits both
                for count, environ in books.items():
                    measured[count].append(cpu_at_a_terminal(words, modules, environ))
            few, many = (min(measured[count]) for count in (FEW, MANY))
            print(
                f"{name}: {many:.3f} s of CPU beyond its imports with {MANY} orders (at most {MOST_SECONDS}), "
                f"{many / few:.2f} times that with {FEW} (at most 1.5)",
                flush=True,
            )
        for name, words in STREAMS.items():
            peaks = {count: peak_in_a_pipe(words, environ) for count, environ in books.items()}
            print(
                f"{name}: memory {peaks[MANY] / peaks[FEW]:.2f} times that of {FEW} orders (at most 1.15); "
                f"{peaks[MANY] >> 20} MiB",
                flush=True,
            )


def cpu_at_a_terminal(words: tuple[str, ...], modules: Path, environ: Mapping[str, str]) -> float:
    """User and system time of a command at a terminal of eighty columns, beyond its imports, in seconds."""
    own, theirs = pty.openpty()
    reader = threading.Thread(target=_drain, args=(own,))
    reader.start()
    used = modules.with_suffix(".used")
    command = [sys.executable, "-c", _RUN, json.dumps([words, str(modules), str(used)])]
    try:
        terminal = {**os.environ, **environ, "COLUMNS": "80"}
        subprocess.run(command, stdin=theirs, stdout=theirs, stderr=theirs, env=terminal, check=True, timeout=120)
    finally:
        os.close(theirs)
        reader.join()
        os.close(own)
    return float(used.read_text())


def peak_in_a_pipe(words: tuple[str, ...], environ: Mapping[str, str]) -> int:
    """The most memory, in bytes, that a command had at once whose output somebody reads."""
    with subprocess.Popen(
        [sys.executable, "-m", "amzlink", *words], stdout=subprocess.PIPE, env={**os.environ, **environ}
    ) as process:
        assert process.stdout is not None
        while process.stdout.read(1 << 20):
            pass
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss * 1024


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except OSError:
        pass  # the other end is closed


def _fresh(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


if __name__ == "__main__":
    main()
