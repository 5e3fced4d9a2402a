"""Drives a sandbox without a socket: signs requests, and stops the clock."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from amzlink.sandbox.app import SandboxApp
from amzlink.sandbox.catalogue import LISTINGS
from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.quota import QuotaMode
from amzlink.sandbox.table import DATASETS
from amzlink.sandbox.world import World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVERYTHING = ",".join(DATASETS)
ORDERS_PATH = "/orders/2026-01-01/orders"
PARTICIPATIONS_PATH = "/sellers/v1/marketplaceParticipations"
ACCOUNT_PATH = "/sellers/v1/account"
REPORTS_PATH = "/reports/2021-06-30/reports"
SHIPPING_REPORT = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
NO_SUCH_ORDER = "000-0000000-0000000"
RDT_PATH = "/tokens/2021-03-01/restrictedDataToken"
FORM = {"content-type": "application/x-www-form-urlencoded"}


class StoppedClock:
    """A clock that stands at noon until the world moves it."""

    def now(self) -> datetime:
        return NOON


class Driver:
    """A client of the sandbox that keeps its access token."""

    def __init__(
        self,
        *,
        orders: int = 60,
        listings: int = LISTINGS,
        seed: int = 7,
        quota: QuotaMode = "off",
        faults: tuple[str, ...] = (),
    ) -> None:
        self.world = World(
            orders=orders, listings=listings, seed=seed, quota=quota, faults=faults, clock=StoppedClock()
        )
        self.app = SandboxApp(self.world)
        self.token = self.world.issue_token()

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        if headers is None:
            headers = {"x-amz-access-token": self.token, "content-type": "application/json"}
        return self.app.handle(Request(method, path, query, headers, body))

    def get(self, path: str, **parameters: object) -> Response:
        return self.send("GET", path, urlencode(parameters))

    def search(self, **parameters: object) -> Response:
        """A search; over the whole reach of time by creation unless a time is given."""
        if not any(name.endswith("After") for name in parameters):
            parameters["createdAfter"] = self.ago(days=700)
        return self.get(ORDERS_PATH, **parameters)

    def pages(self, **parameters: object) -> Iterator[dict[str, Any]]:
        """All pages of a search."""
        while True:
            answer = self.search(**parameters)
            assert answer.status == 200, answer.body
            page = answer.json()
            yield page
            if "pagination" not in page:
                return
            parameters["paginationToken"] = page["pagination"]["nextToken"]

    def order(self, order_id: str, included_data: str = EVERYTHING) -> dict[str, Any]:
        order: dict[str, Any] = self.get(f"{ORDERS_PATH}/{order_id}", includedData=included_data).json()["order"]
        return order

    def listings(self, *sku: str, **parameters: object) -> Response:
        parameters.setdefault("marketplaceIds", self.world.account.marketplaces[0].id)
        path = "/".join(
            ["/listings/2021-08-01/items", self.world.account.seller_id, *(quote(part, safe="") for part in sku)]
        )
        return self.get(path, **parameters)

    def post_json(self, path: str, document: object) -> Response:
        return self.send("POST", path, body=json.dumps(document).encode())

    def confirm(self, order_id: str = NO_SUCH_ORDER, /, **changes: object) -> Response:
        """A confirmation with everything that it needs, but for changes to the package; None leaves a field out."""
        package: dict[str, object] = {
            "packageReferenceId": "1",
            "carrierCode": "DPD",
            "trackingNumber": "01234567890123",
            "shipDate": self.ago(minutes=5),
            "orderItems": [{"orderItemId": "12345678901234", "quantity": 1}],
        }
        document = {
            "marketplaceId": changes.pop("marketplaceId", self.world.account.marketplaces[0].id),
            "packageDetail": {name: value for name, value in (package | changes).items() if value is not None},
        }
        return self.post_json(f"/orders/v0/orders/{order_id}/shipmentConfirmation", document)

    def control(self, path: str, document: object = None) -> Any:
        answer = self.get(f"/control/{path}") if document is None else self.post_json(f"/control/{path}", document)
        assert answer.status == 200, answer.body
        return answer.json()

    def ask_lwa(self, **changes: str | None) -> Response:
        """A request for an access token with the right values, but for the changes; None leaves a field out."""
        app = self.world.account.app
        fields: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "refresh_token": app.refresh_token,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
        }
        sent = {name: value for name, value in (fields | changes).items() if value is not None}
        return self.send("POST", "/auth/o2/token", body=urlencode(sent).encode(), headers=FORM)

    def ago(self, **span: float) -> str:
        """A moment before the world's present, as the API takes it."""
        return iso(self.world.now() - timedelta(**span))


def error_of(answer: Response) -> dict[str, str]:
    """The first error of an SP-API answer."""
    error: dict[str, str] = answer.json()["errors"][0]
    return error
