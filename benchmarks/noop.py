"""A cron run that finds nothing new: its calls, and its CPU as a ratio to a process that makes the same calls bare.

The floor imports what amzlink is built on, and asks with it for a token and for one page. Both processes are counted as
a whole, from the start of Python to their end.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from amzlink.amazon.orders import changed_between
from amzlink.secrets.names import variable
from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.shop import SLUG, link, sandbox

COMPILED: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""An installed program's modules are compiled; those of a checkout are by the first run."""
ORDERS: Final = 1  # that it is whole: what came incomplete is asked for in each run
RUNS: Final = 9
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


def figures() -> list[Figure]:
    """Import until nothing is left to do, and then again and again, in turns with the floor."""
    with tempfile.TemporaryDirectory() as folder, sandbox(orders=ORDERS) as addresses:
        environ = environment(addresses, Path(folder))
        end = datetime.now(UTC) - timedelta(minutes=3)  # Amazon asks for two
        query = changed_between(end - timedelta(minutes=5), end, addresses["credentials"]["marketplace_ids"])
        ours = [sys.executable, "-m", "amzlink", "import-orders"]
        floor = [sys.executable, "-c", _FLOOR, json.dumps([addresses, query])]
        for _ in range(2):  # the second makes sure that nothing is left to do
            cpu_of(ours, environ)
        pairs, calls = [], 0
        for _ in range(RUNS):
            before = _calls(addresses)
            used = cpu_of(ours, environ)
            calls = max(calls, _calls(addresses) - before)
            pairs.append((used, cpu_of(floor, environ)))
    value, at_least = middle(pairs)
    return [
        Figure(
            subject="no-op run",
            name="`import-orders` that finds nothing new, the whole process",
            value=value,
            unit="s CPU",
            floor=Floor("the libraries imported, and the same two calls", at_least),
            limits=(Limit(1.25),),
        ),
        Figure(
            subject="no-op run",
            name="its calls",
            value=calls,
            unit="calls",
            floor=Floor("a token and a page", MOST_CALLS),
            limits=(Limit(MOST_CALLS, of="value"),),
        ),
    ]


def cpu_of(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """User and system time of a process, in seconds."""
    with subprocess.Popen(
        command, env={**os.environ, **COMPILED, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode(errors="replace")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[1:3]} ended with {process.returncode}: {said}")
    return used.ru_utime + used.ru_stime


def environment(addresses: Mapping[str, Any], folder: Path, **settings: Any) -> dict[str, str]:
    """A connected store, with these settings, whose secrets the environment gives, as a server does."""
    home, keys = folder / "home", folder / "keys"
    keys.mkdir(mode=0o700)
    deps, _store = link(addresses, str(home), **{"destination": "none", **settings})
    credentials = addresses["credentials"]
    return {
        **deps.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        variable(SLUG, "client-secret"): credentials["client_secret"],
        variable(SLUG, "refresh-token"): credentials["refresh_token"],
        variable(SLUG, "sendcloud-secret-key"): credentials["sendcloud_secret_key"],
        f"{variable(SLUG, 'vault-key')}_FILE": str(keys / "vault-key"),
    }


def _calls(addresses: dict[str, Any]) -> int:
    told = httpx.get(f"{addresses['control_url']}/state", timeout=60).raise_for_status().json()
    return sum(told["calls"].values())
