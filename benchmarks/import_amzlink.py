"""amzlink's own import, in a process of its own, for `import_orders.py`."""

import json
import os
import sys
from datetime import timedelta

from amzlink.config import Config, Store
from amzlink.deps import Deps
from amzlink.files import find_home
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.orderbook import migrations  # noqa: F401 - the time is counted after the imports
from amzlink.secrets import MemorySecrets
from benchmarks.usage import cpu_seconds, peak_bytes


def main() -> None:
    """Import once, as cron would, and tell what it cost."""
    addresses, folder = json.loads(sys.argv[1])
    credentials = addresses["credentials"]
    environ = {
        "AMZLINK_HOME": folder,
        "AMZLINK_SPAPI_URL": addresses["spapi_url"],
        "AMZLINK_LWA_URL": addresses["lwa_url"],
    }
    import httpx  # noqa: F401, PLC0415

    from amzlink.amazon import auth, quota, transport  # noqa: F401, PLC0415
    from amzlink.orderbook import book  # noqa: F401, PLC0415

    started = cpu_seconds()
    home = find_home(environ)
    home.prepare()
    secrets = MemorySecrets()
    secrets.set("demo", "client-secret", credentials["client_secret"])
    secrets.set("demo", "refresh-token", credentials["refresh_token"])
    deps = Deps(environ, home, secrets)
    store = Store(
        name="Demo",
        country="DE",
        seller_id=credentials["seller_id"],
        client_id=credentials["client_id"],
        marketplace_ids=tuple(credentials["marketplace_ids"]),
        import_weights=False,
    )
    deps.save_config(Config().with_store("demo", store))
    since = deps.clock.now() - timedelta(days=700)
    report = import_orders(deps, ["demo"], ImportOptions(since=since))[0]
    if report.problem:
        raise SystemExit(str(report.problem))
    used = {
        "cpu_seconds": cpu_seconds() - started,
        "orders": report.tally.fetched,
        "peak": peak_bytes(),
        "api_calls": report.api_calls,
    }
    print(json.dumps(used))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
