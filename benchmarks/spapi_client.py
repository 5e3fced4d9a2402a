"""The import of open orders as it is usually written with python-amazon-sp-api, in a process of its own.

It fetches the same orders as amzlink and keeps them in SQLite, each as JSON: the client itself keeps nothing. By
search, it waits between pages as the client's own helper does by the header that tells the rate; by report, it asks
every ten seconds whether it is done. Waiting moves the sandbox's clock (`MovedClock`).
"""

import csv
import json
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.moved_clock import MovedClock
from benchmarks.processes import finish
from benchmarks.spapi_loopback import PATIENCE, client_settings, lead_to_sandbox, stay_here
from benchmarks.spapi_usual_calls import REPORT
from benchmarks.usage import cpu_seconds, peak_bytes

ASK_EVERY: Final = 10.0  # seconds
STATUSES: Final = ["UNSHIPPED", "PARTIALLY_SHIPPED"]
DATA: Final = ["BUYER", "RECIPIENT", "PROCEEDS", "FULFILLMENT", "PACKAGES", "CANCELLATION"]


def main() -> None:
    """Import once, and tell what it cost."""
    addresses, folder, route = json.loads(sys.argv[1])
    from sp_api import api, util  # noqa: F401, PLC0415 - the time is counted after the imports
    from sp_api.auth import access_token_client  # noqa: PLC0415

    stay_here()
    lead_to_sandbox(addresses)
    clock = MovedClock(addresses)
    time.sleep = clock.sleep  # type: ignore[assignment]
    # The access tokens that it keeps grow old by that clock too.
    kept = access_token_client.cache
    access_token_client.cache = type(kept)(kept.maxsize, kept.ttl, timer=lambda: clock.now().timestamp())
    started = cpu_seconds()
    settings = client_settings(addresses["credentials"])
    marketplace_ids = addresses["credentials"]["marketplace_ids"]
    ways = {"report": by_report, "search": by_search}
    count = keep(Path(folder), ways[route](settings, marketplace_ids))
    finish(cpu_seconds=cpu_seconds() - started, peak=peak_bytes(), orders=count, waited=clock.waited)


def by_search(settings: Mapping[str, Any], marketplace_ids: Sequence[str]) -> Iterator[tuple[str, object]]:
    """All pages of one search of the Orders API 2026-01-01."""
    from sp_api.api import Orders  # noqa: PLC0415
    from sp_api.util import load_all_pages  # noqa: PLC0415

    all_pages = load_all_pages(next_token_param="paginationToken", use_rate_limit_header=True)
    search = all_pages(Orders(**settings, version="2026-01-01").search_orders)
    since = (datetime.now(UTC) - timedelta(days=700)).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = {"marketplaceIds": marketplace_ids, "fulfillmentStatuses": STATUSES, "includedData": DATA}
    for page in search(createdAfter=since, fulfilledBy=["MERCHANT"], maxResultsPerPage=100, **query):
        for order in page.payload["orders"]:
            yield order["orderId"], order


def by_report(settings: Mapping[str, Any], marketplace_ids: Sequence[str]) -> Iterator[tuple[str, object]]:
    """The report of orders to ship, with the token that it needs: a line for each item."""
    from sp_api.api import Reports, Tokens  # noqa: PLC0415

    reports = Reports(**settings)
    since = (datetime.now(UTC) - timedelta(days=700)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = reports.create_report(reportType=REPORT, marketplaceIds=marketplace_ids, dataStartTime=since)
    while (told := reports.get_report(made.payload["reportId"]).payload)["processingStatus"] != "DONE":
        time.sleep(ASK_EVERY)
    document_id = told["reportDocumentId"]
    resource = {"method": "GET", "path": f"/reports/2021-06-30/documents/{document_id}"}
    token = Tokens(**settings).create_restricted_data_token(restrictedResources=[resource])
    restricted = Reports(**settings, restricted_data_token=token.payload["restrictedDataToken"])
    text = restricted.get_report_document(document_id, download=True, timeout=PATIENCE).payload["document"]
    for line in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        yield line["order-item-id"], line


def keep(folder: Path, found: Iterable[tuple[str, object]]) -> int:
    """Write them down; how many there are."""
    database = sqlite3.connect(folder / "orders.db")
    database.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, document TEXT)")
    database.executemany("INSERT INTO orders VALUES (?, ?)", ((key, json.dumps(document)) for key, document in found))
    database.commit()
    count: int = database.execute("SELECT count(*) FROM orders").fetchone()[0]
    return count


if __name__ == "__main__":
    main()
