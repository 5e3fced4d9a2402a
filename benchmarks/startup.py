"""How fast amzlink starts: `--version` against a bare Python, `--help` and Tab against Typer's own help."""

import subprocess
import sys
import time

from benchmarks.figures import Figure, Floor, Limit, middle

RUNS = 15
TWO_COMMANDS = """
import typer
app = typer.Typer()

@app.command()
def first(name: str, count: int = 1) -> None:
    "Do the first thing."

@app.command()
def second(name: str) -> None:
    "Do the second thing."

app()
"""


BARE = ("`python -c pass`", [sys.executable, "-c", "pass"])
HELP_OF_TWO = ("Typer's help of two commands", [sys.executable, "-c", TWO_COMMANDS, "--help"])


def figures() -> list[Figure]:
    """The time from start to end of each."""
    return [
        _measured("`--version`", ["--version"], *BARE, 2.5),
        _measured("`--help`", ["--help"], *HELP_OF_TWO, 1.3),
        _measured("completion by Tab", ["--complete", "bash", "", "amzlink --store "], *HELP_OF_TWO, 1.3),
    ]


def _measured(name: str, words: list[str], floor_name: str, floor: list[str], limit: float) -> Figure:
    """In turns, so that a busy moment of the machine hits both sides."""
    ours = [sys.executable, "-m", "amzlink", *words]
    value, at_least = middle((_milliseconds(ours), _milliseconds(floor)) for _ in range(RUNS))
    return Figure(
        subject="start-up", name=name, value=value, unit="ms", floor=Floor(floor_name, at_least), limits=(Limit(limit),)
    )


def _milliseconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return (time.perf_counter() - started) * 1000
