"""amzlink's own sending, in a process of its own, for `sending.py`: the import before it is not counted."""

import json
import os
import sys

from amzlink.config import Config, Store
from amzlink.deps import Deps
from amzlink.files import find_home
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.send_desk import SendTally
from amzlink.jobs.sending import send_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from amzlink.secrets import MemorySecrets
from benchmarks.usage import cpu_seconds, peak_bytes


def main() -> None:
    """Import, then send, and tell what the sending cost."""
    addresses, folder = json.loads(sys.argv[1])
    credentials = addresses["credentials"]
    environ = {
        "AMZLINK_HOME": folder,
        "AMZLINK_SPAPI_URL": addresses["spapi_url"],
        "AMZLINK_LWA_URL": addresses["lwa_url"],
        "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
    }
    from amzlink.sendcloud import account, orders, payload, shipments  # noqa: F401, PLC0415

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
        sendcloud_public_key=credentials["sendcloud_public_key"],
        sendcloud_integration_id=int(credentials["sendcloud_integration_id"]),
    )
    deps.save_config(Config().with_store("demo", store))
    report = import_orders(deps, ["demo"], ImportOptions())[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    tally = SendTally()
    started = cpu_seconds()
    with deps.book() as book, deps.sendcloud("demo", store) as client:
        send_orders(deps, client, book, deps.vault("demo", book), slug="demo", store=store, tally=tally)
    used = {"cpu_seconds": cpu_seconds() - started, "orders": tally.sent + len(tally.refused), "peak": peak_bytes()}
    print(json.dumps(used))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
