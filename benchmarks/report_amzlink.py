"""amzlink's own way of a report into the order book, in a process of its own, for `report_orders.py`.

What answers stands in its own process, because it does next to nothing: six small answers, and a document from a file.
"""

import json
import sys
from pathlib import Path
from typing import Any

import httpx

from amzlink.amazon import auth, quota, reports, transport  # noqa: F401 - the time is counted after the imports
from amzlink.jobs.import_orders import JOB
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.orders.report_route import OrdersByReport
from amzlink.orderbook import database, migrations  # noqa: F401
from amzlink.run import StoreRun
from benchmarks.processes import finish
from benchmarks.shop import SLUG, link
from benchmarks.usage import cpu_seconds, peak_bytes

_ADDRESSES: Any = {
    "ahead": 0,
    "spapi_url": "https://spapi.example",
    "lwa_url": "https://lwa.example",
    "sendcloud_url": "https://sendcloud.example",
    "credentials": {
        "client_id": "amzn1.application-oa2-client.example",
        "client_secret": "amzn1.oa2-cs.v1.example",
        "refresh_token": "Atzr|example",
        "sendcloud_secret_key": "example",
        "sendcloud_public_key": "example",
        "sendcloud_integration_id": "1",
        "seller_id": "A1EXAMPLE",
        "marketplace_ids": ["A1PA6795UKMFR9"],
    },
}
_ANSWERS: Any = {
    "/auth/o2/token": {"access_token": "Atza|example", "token_type": "bearer", "expires_in": 3600},
    "/tokens/2021-03-01/restrictedDataToken": {"restrictedDataToken": "Atz.sprdt|example", "expiresIn": 3600},
    "/reports/2021-06-30/reports": {"reportId": "1"},
    "/reports/2021-06-30/reports/1": {
        "reportId": "1", "reportType": reports.ORDERS_TO_SHIP, "processingStatus": "DONE", "reportDocumentId": "d",
        "createdTime": "2026-11-01T00:00:00Z",
    },
    "/reports/2021-06-30/documents/d": {
        "reportDocumentId": "d", "url": "https://documents.example/d", "compressionAlgorithm": "GZIP",
    },
}  # fmt: skip


def main() -> None:
    """Take a report in, and tell what it cost."""
    document, folder = json.loads(sys.argv[1])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "documents.example":
            return httpx.Response(200, stream=_File(Path(document)), headers={"content-type": "text/plain"})
        return httpx.Response(200, json=_ANSWERS[request.url.path])

    started = cpu_seconds()
    deps, _store = link(_ADDRESSES, folder, transport=httpx.MockTransport(answer))
    tally = Tally()
    with StoreRun(deps, SLUG) as run, run.lock(JOB):
        run.learn_time()
        OrdersByReport(run, Intake(run, tally)).bring_in()
    finish(cpu_seconds=cpu_seconds() - started, orders=tally.verdicts["new"], peak=peak_bytes())


class _File(httpx.SyncByteStream):
    """A document as a network brings it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __iter__(self) -> Any:
        with self._file.open("rb") as file:
            while part := file.read(1 << 16):
                yield part


if __name__ == "__main__":
    main()
