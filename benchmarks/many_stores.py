"""Many stores: what one more costs an idle run, and what a second process is worth where the service is far away."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.config.file import read_config, write_config
from amzlink.config.settings import Config
from amzlink.secrets.names import variable
from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.noop import COMPILED, cpu_of, environment
from benchmarks.shop import SLUG, sandbox

STORES: Final = 300
AT_A_DISTANCE: Final = 20
MILLISECONDS: Final = 200
RUNS: Final = 3
_IMPORT: Final = [sys.executable, "-m", "amzlink", "import-orders", "--all-stores"]


def figures() -> list[Figure]:
    """An idle run over all stores beside one over a single one; then few stores far away, on one process and on two."""
    return [_of_one_more(), _of_two_processes()]


def _of_one_more() -> Figure:
    with _stores(1) as alone, _stores(STORES) as many:
        pairs = [(cpu_of(_IMPORT, many), cpu_of(_IMPORT, alone)) for _ in range(RUNS)]
    of_all, of_one = middle(pairs)
    return Figure(
        subject="many stores",
        name=f"one more store of {STORES}, an idle import: CPU",
        value=(of_all - of_one) / (STORES - 1) * 1000,
        unit="ms",
        limits=(Limit(50, of="value"),),
    )


def _of_two_processes() -> Figure:
    """The floor is what two processes can save at most: half of the time."""
    with _stores(AT_A_DISTANCE, MILLISECONDS) as environ:
        pairs = [(_seconds(_IMPORT, environ), _seconds([*_IMPORT, "--jobs", "2"], environ)) for _ in range(RUNS)]
    one, two = middle(pairs)
    return Figure(
        subject="many stores",
        name=f"{AT_A_DISTANCE} stores, answers after {MILLISECONDS} ms, on one process",
        value=one,
        unit="s",
        floor=Floor("on two", two),
        limits=(Limit(1.8, side="at least"),),
    )


@contextmanager
def _stores(count: int, milliseconds: int = 0) -> Iterator[Mapping[str, str]]:
    """The environment of a home with so many stores, of which no import brings anything any more."""
    command = [sys.executable, "-m", "benchmarks.slow_sandbox", str(milliseconds)]
    with tempfile.TemporaryDirectory() as folder, sandbox(command=command) as addresses:
        environ = environment(addresses, Path(folder))
        file = Path(environ["AMZLINK_HOME"]) / "config" / "config.toml"
        only, settings = read_config(file).stores[SLUG], Config()
        for number in range(count):
            slug = f"shop-{number:03}"
            # Of one seller, they would share the seller's quota.
            settings = settings.with_store(slug, msgspec.structs.replace(only, seller_id=f"A{number:013}"))
            environ = {**environ, **_secrets(slug, addresses["credentials"], Path(folder))}
        write_config(settings, file)
        for _ in range(2):  # the second makes sure that nothing is left to do
            cpu_of(_IMPORT, environ)
        yield environ


def _secrets(slug: str, credentials: Mapping[str, Any], folder: Path) -> Mapping[str, str]:
    return {
        variable(slug, "client-secret"): credentials["client_secret"],
        variable(slug, "refresh-token"): credentials["refresh_token"],
        f"{variable(slug, 'vault-key')}_FILE": str(folder / "keys" / slug),
    }


def _seconds(command: list[str], environ: Mapping[str, str]) -> float:
    started = time.monotonic()
    subprocess.run(command, env={**os.environ, **COMPILED, **environ}, capture_output=True, check=True)
    return time.monotonic() - started
