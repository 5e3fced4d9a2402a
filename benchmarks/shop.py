"""The shop that the benchmarks measure: a sandbox beside them, and a store in a home of its own that is linked to it.

The store's sides import this before they begin to count.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from amzlink.clock import Clock, ShiftedClock, SystemClock
from amzlink.config.settings import Config, Store
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.secrets.memory import MemorySecrets

SLUG = "demo"
AN_HOUR = 3600  # seconds
MOST_ADDED = 100_000  # by one call


class sandbox:  # noqa: N801 - used like the function that it stands for
    """A sandbox in a process of its own, so that its CPU time is nobody else's.

    It has `orders` of every kind and age, and `new` ones that are still to be sent. They came in the `hours` that ended
    an hour ago: a report tells of an order half an hour later. `addresses["open"]` says how many are to be shipped, and
    `"ahead"` by how many seconds its clock is ahead. A `command` starts another sandbox than amzlink's own.
    """

    def __init__(
        self, *, orders: int = 1, new: int = 0, hours: int = 0, quota: str = "off", command: Sequence[str] = ()
    ) -> None:
        self._new = new
        self._hours = hours
        ours = [sys.executable, "-m", "amzlink", "sandbox", "--quota", quota, "--orders", str(orders)]
        self._command = command or ours

    def __enter__(self) -> dict[str, Any]:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        addresses: dict[str, Any] = json.loads(self._process.stdout.readline())
        if self._new:
            control = addresses["control_url"]
            for start in range(0, self._new, MOST_ADDED):
                added = {"add": min(MOST_ADDED, self._new - start), "over_hours": self._hours}
                httpx.post(f"{control}/orders", json=added, timeout=120).raise_for_status()
            httpx.post(f"{control}/clock", json={"advance": AN_HOUR}).raise_for_status()
        shippable = httpx.get(f"{addresses['control_url']}/state", timeout=120).json()["orders"]["shippable"]
        return {**addresses, "open": shippable, "ahead": AN_HOUR if self._new else 0}

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


def link(
    addresses: Mapping[str, Any],
    folder: str,
    *,
    clock: Clock | None = None,
    transport: httpx.BaseTransport | None = None,
    **settings: Any,
) -> tuple[Deps, Store]:
    """A home with a store for the sandbox's seller, who has keys of Sendcloud's too; `settings` are the store's.

    Its clock is that of the machine, as far ahead as the sandbox's. A `transport` answers in place of the sandbox.
    """
    credentials = addresses["credentials"]
    environ = {
        "AMZLINK_HOME": folder,
        "AMZLINK_SPAPI_URL": addresses["spapi_url"],
        "AMZLINK_LWA_URL": addresses["lwa_url"],
        "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
    }
    home = find_home(environ)
    home.prepare()
    secrets = MemorySecrets()
    secrets.set(SLUG, "client-secret", credentials["client_secret"])
    secrets.set(SLUG, "refresh-token", credentials["refresh_token"])
    secrets.set(SLUG, "sendcloud-secret-key", credentials["sendcloud_secret_key"])
    clock = clock or ShiftedClock(SystemClock(), timedelta(seconds=addresses["ahead"]))
    deps = Deps(environ, home, secrets, clock, transport=transport)
    store = Store(
        name="Demo",
        country="DE",
        seller_id=credentials["seller_id"],
        client_id=credentials["client_id"],
        marketplace_ids=tuple(credentials["marketplace_ids"]),
        import_weights=False,
        sendcloud_public_key=credentials["sendcloud_public_key"],
        sendcloud_integration_id=int(credentials["sendcloud_integration_id"]),
        **settings,
    )
    url = addresses.get("database_url")  # without it the order book is in the home
    deps.save_config(Config(raw={"database": {"url": url}} if url else {}).with_store(SLUG, store))
    return deps, store
