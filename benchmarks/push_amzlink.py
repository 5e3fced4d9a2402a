"""amzlink's own confirmations, in a process of its own, for `push_status.py`: what comes before them is not counted."""

import json
import os
import sys

import httpx

from amzlink.config import Config, Store
from amzlink.deps import Deps
from amzlink.files import find_home
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.push_status import PushOptions, push_status
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from amzlink.secrets import MemorySecrets
from benchmarks.usage import cpu_seconds


def main() -> None:
    """Import and send; have so many labels made; then confirm, and tell what that cost."""
    addresses, folder, count = json.loads(sys.argv[1])
    credentials = addresses["credentials"]
    environ = {
        "AMZLINK_HOME": folder,
        "AMZLINK_SPAPI_URL": addresses["spapi_url"],
        "AMZLINK_LWA_URL": addresses["lwa_url"],
        "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
    }
    from amzlink.sendcloud import account, shipments, statuses  # noqa: F401, PLC0415

    home = find_home(environ)
    home.prepare()
    secrets = MemorySecrets()
    for name in ("client-secret", "refresh-token", "sendcloud-secret-key"):
        secrets.set("demo", name, credentials[name.replace("-", "_")])
    deps = Deps(environ, home, secrets)
    store = Store(
        name="Demo",
        country="DE",
        seller_id=credentials["seller_id"],
        client_id=credentials["client_id"],
        marketplace_ids=tuple(credentials["marketplace_ids"]),
        import_weights=False,
        destination="sendcloud",
        update_status_when="announced",
        sendcloud_public_key=credentials["sendcloud_public_key"],
        sendcloud_integration_id=int(credentials["sendcloud_integration_id"]),
    )
    deps.save_config(Config().with_store("demo", store))
    import_orders(deps, ["demo"], ImportOptions())
    control = addresses["control_url"]
    there = httpx.get(f"{control}/sendcloud/orders", timeout=120).json()["orders"][:count]
    announce = {"action": "announce", "orders": [order["order_id"] for order in there]}
    httpx.post(f"{control}/sendcloud/parcels", json=announce, timeout=120).raise_for_status()
    started = cpu_seconds()
    report = push_status(deps, ["demo"], PushOptions(route="single"))[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    print(json.dumps({"cpu_seconds": cpu_seconds() - started, "shipments": report.sent.confirmed}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
