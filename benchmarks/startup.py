"""How fast amzlink starts: `--version` against a bare Python, `--help` and Tab against Typer's own help."""

import statistics
import subprocess
import sys
import time

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


def main() -> None:
    """Measure in turns, so that a busy moment of the machine hits both sides; print the ratios of the medians."""
    amzlink = [sys.executable, "-m", "amzlink"]
    compare("--version", [*amzlink, "--version"], [sys.executable, "-c", "pass"], 2.5)
    help_of_two = [sys.executable, "-c", TWO_COMMANDS, "--help"]
    compare("--help", [*amzlink, "--help"], help_of_two, 1.3)
    compare("completion", [*amzlink, "--complete", "bash", "", "amzlink --store "], help_of_two, 1.3)


def compare(name: str, ours: list[str], floor: list[str], limit: float) -> None:
    """Print how many times the floor's time ours takes."""
    times: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(RUNS):
        for side, command in (("ours", ours), ("floor", floor)):
            started = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True)
            times[side].append(time.perf_counter() - started)
    median = {side: statistics.median(values) for side, values in times.items()}
    print(
        f"amzlink {name}: {median['ours'] / median['floor']:.2f} times the floor (at most {limit}); "
        f"{median['ours'] * 1000:.0f} ms to {median['floor'] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
