"""A cron run that finds nothing new: its calls, and its CPU as a ratio to a process that makes the same calls bare.

The floor imports what amzlink is built on, and asks with it for a token and for one page. Both processes are counted as
a whole, from the start of Python to their end.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from amzlink.amazon.orders import changed_between
from amzlink.secrets import variable
from benchmarks.shop import SLUG, link, sandbox

ORDERS: Final = 1  # that it is whole: what came incomplete is asked for in each run
RUNS: Final = 9
MOST_CPU: Final = 1.25
MOST_CALLS: Final = 2
_FLOOR: Final = """
import json, sys
import cryptography, httpx, keyring, msgspec, sqlalchemy, typer
addresses, query = json.loads(sys.argv[1])
credentials = addresses["credentials"]
form = {name: credentials[name] for name in ("refresh_token", "client_id", "client_secret")}
with httpx.Client() as client:
    answer = client.post(addresses["lwa_url"] + "/auth/o2/token", data={"grant_type": "refresh_token", **form})
    headers = {"x-amz-access-token": answer.json()["access_token"]}
    answer = client.get(addresses["spapi_url"] + "/orders/2026-01-01/orders", params=query, headers=headers)
    msgspec.json.decode(answer.raise_for_status().content)
"""


class NoopCost(msgspec.Struct, frozen=True):
    """The CPU of each run and of each floor, in seconds, and how many calls a run makes."""

    seconds: tuple[float, ...]
    floor_seconds: tuple[float, ...]
    calls: int

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return statistics.median(self.seconds) / statistics.median(self.floor_seconds)


def measure(*, runs: int = RUNS) -> NoopCost:
    """Import once, and then again and again, in turns with the floor, so that a busy moment hits both sides."""
    with tempfile.TemporaryDirectory() as folder, sandbox(orders=ORDERS) as addresses:
        environ = _environment(addresses, Path(folder))
        end = datetime.now(UTC) - timedelta(minutes=3)  # Amazon asks for two
        query = changed_between(end - timedelta(minutes=5), end, addresses["credentials"]["marketplace_ids"])
        ours = [sys.executable, "-m", "amzlink", "import-orders"]
        floor = [sys.executable, "-c", _FLOOR, json.dumps([addresses, query])]
        for command in (ours, ours, floor):  # the second makes sure that nothing is left to do
            cpu_of(command, environ)
        seconds, floors, calls = [], [], 0
        for _ in range(runs):
            floors.append(cpu_of(floor, environ))
            before = _calls(addresses)
            seconds.append(cpu_of(ours, environ))
            calls = max(calls, _calls(addresses) - before)
    return NoopCost(tuple(seconds), tuple(floors), calls)


def main() -> None:
    """Measure and print; the ratio is what counts, the seconds are this machine's."""
    cost = measure()
    print(
        f"no-op run CPU: {cost.ratio:.2f} times the floor (at most {MOST_CPU}); "
        f"{_spread(cost.seconds)} to {_spread(cost.floor_seconds)}"
    )
    print(f"no-op run calls: {cost.calls} (at most {MOST_CALLS})")


def cpu_of(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """User and system time of a process, in seconds."""
    with subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[1:3]} ended with {process.returncode}: {said}")
    return used.ru_utime + used.ru_stime


def _environment(addresses: dict[str, Any], folder: Path) -> dict[str, str]:
    """A connected store whose secrets the environment gives, as a server does."""
    home, keys = folder / "home", folder / "keys"
    keys.mkdir(mode=0o700)
    deps, _store = link(addresses, str(home), destination="none")
    credentials = addresses["credentials"]
    return {
        **deps.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        # As where a program is installed: compiled once, its own part like the others.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        variable(SLUG, "client-secret"): credentials["client_secret"],
        variable(SLUG, "refresh-token"): credentials["refresh_token"],
        f"{variable(SLUG, 'vault-key')}_FILE": str(keys / "vault-key"),
    }


def _calls(addresses: dict[str, Any]) -> int:
    told = httpx.get(f"{addresses['control_url']}/state", timeout=60).raise_for_status().json()
    return sum(told["calls"].values())


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"


if __name__ == "__main__":
    main()
