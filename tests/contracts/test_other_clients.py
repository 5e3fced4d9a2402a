"""What other clients send, byte for byte, to the sandbox: what Amazon's models allow works, what they forbid does not.

The requests are those of python-amazon-sp-api 2.1.35, which sends a marketplace under four names with nearly every
call, fields of its own in bodies, a content type with every GET, times with an offset, and a Host that is cut short.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from amzlink.sandbox.server import Sandbox
from tests.sandbox.driver import NO_SUCH_ORDER, ORDERS_PATH, RDT_PATH, REPORTS_PATH, SHIPPING_REPORT, Driver

GERMANY = "A1PA6795UKMFR9"
LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
FEED = "POST_ORDER_FULFILLMENT_DATA"
IN_QUERY = dict.fromkeys(["MarketplaceId", "MarketplaceIds", "marketplace_ids", "marketplaceIds"], GERMANY)
IN_BODY = {"marketplaceIds": [GERMANY], "MarketplaceIds": [GERMANY]}
A_MONTH_AGO = datetime.now(UTC) - timedelta(days=30)
PLAIN = A_MONTH_AGO.strftime("%Y-%m-%dT%H:%M:%SZ")
WITH_OFFSET = A_MONTH_AGO.isoformat()  # with microseconds, too
FEEDS_PATH, FEED_DOCUMENTS_PATH = "/feeds/2021-06-30/feeds", "/feeds/2021-06-30/documents"
CATALOG_PATH = "/catalog/2022-04-01/items"
LISTINGS_PATH = "/listings/2021-08-01/items/{seller}"
DOCUMENT_PATH = "/reports/2021-06-30/documents/none"
PATCH = {
    "productType": "PRODUCT",
    "patches": [{"op": "replace", "path": "/attributes/item_package_weight", "value": [{"value": 1, "unit": "grams"}]}],
}


class Client:
    """Sends as that library does."""

    def __init__(self, sandbox: Sandbox) -> None:
        told = sandbox.describe()
        self.origin, self.credentials = told["spapi_url"], told["credentials"]
        self.http = httpx.Client(base_url=self.origin)
        form = {"grant_type": "refresh_token", "client_id": self.credentials["client_id"]}
        form |= {name: self.credentials[name] for name in ("refresh_token", "client_secret")}
        headers = {
            "User-Agent": "python-sp-api-2.1.35",
            "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
        }
        self.token = self.http.post("/auth/o2/token", data=form, headers=headers).json()["access_token"]

    def close(self) -> None:
        self.http.close()

    def send(
        self, method: str, path: str, *, query: Mapping[str, Any] | str = "", body: Any = None, token: str = ""
    ) -> httpx.Response:
        headers = {
            "host": self.origin[8:],
            "user-agent": "python-sp-api-2.1.35",
            "x-amz-access-token": token or self.token,
            "x-amz-date": "20261123T120000Z",
            "content-type": "application/json",
        }
        content = None if body is None else httpx.Request("POST", self.origin, json=body).content
        url = httpx.URL(path.format(seller=self.credentials["seller_id"]))
        if isinstance(query, str):
            return self.http.request(
                method, url.copy_with(query=query.encode() or None), content=content, headers=headers
            )
        return self.http.request(method, url, params=query, content=content, headers=headers)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Sandbox(orders=30, quota="off") as sandbox:
        client = Client(sandbox)
        yield client
        client.close()


@pytest.mark.parametrize(
    ("call", "query", "body", "status"),
    [
        (("GET", "/sellers/v1/marketplaceParticipations"), {}, None, 200),
        (("GET", "/sellers/v1/account"), {}, None, 200),
        (("GET", ORDERS_PATH), {"createdAfter": PLAIN, "includedData": "BUYER,RECIPIENT", **IN_QUERY}, None, 200),
        (("GET", f"{ORDERS_PATH}/{NO_SUCH_ORDER}"), IN_QUERY, None, 404),
        (("GET", REPORTS_PATH), {"reportTypes": SHIPPING_REPORT, "createdSince": WITH_OFFSET, **IN_QUERY}, None, 200),
        (("GET", f"{REPORTS_PATH}/1"), IN_QUERY, None, 404),
        (("POST", REPORTS_PATH), {}, {"reportType": LISTINGS_REPORT, **IN_BODY}, 202),
        (
            ("POST", REPORTS_PATH),
            {},
            {"reportType": SHIPPING_REPORT, "dataStartTime": WITH_OFFSET, "reportOptions": [], **IN_BODY},
            202,
        ),
        (("POST", FEED_DOCUMENTS_PATH), {}, {"contentType": "text/xml", "path": FEED_DOCUMENTS_PATH, **IN_BODY}, 201),
        (("GET", FEEDS_PATH), {"feedTypes": FEED, "createdSince": WITH_OFFSET, **IN_QUERY}, None, 200),
        (("GET", LISTINGS_PATH), {"includedData": "summaries", "lastUpdatedAfter": WITH_OFFSET, **IN_QUERY}, None, 200),
        (("GET", f"{LISTINGS_PATH}/A%2FB%23C"), IN_QUERY, None, 404),
        (("PATCH", f"{LISTINGS_PATH}/A"), IN_QUERY, PATCH, 200),
        (("GET", f"{CATALOG_PATH}/B0"), IN_QUERY, None, 404),
        (("GET", CATALOG_PATH), {"identifiers": "B0", "identifiersType": "ASIN", **IN_QUERY}, None, 200),
        (("GET", CATALOG_PATH), {"keywords": "Wasserkocher", **IN_QUERY}, None, 200),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_the_models_allow_is_taken(
    client: Client, call: tuple[str, str], query: dict[str, Any], body: Any, status: int
) -> None:
    answer = client.send(*call, query=query, body=body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ORDERS_PATH, {"createdAfter": WITH_OFFSET}),
        (ORDERS_PATH, {"createdAfter": "2026-11-01"}),
        (ORDERS_PATH, {"createdAfter": PLAIN, "fulfilledBy": "merchant"}),
        (ORDERS_PATH, {"createdAfter": PLAIN, "maxResultsPerPage": "101"}),
        (REPORTS_PATH, {"reportTypes": SHIPPING_REPORT, "createdSince": "2026-11-01T00:00:00"}),
        (REPORTS_PATH, f"reportTypes={SHIPPING_REPORT}&createdSince=2026-11-01T00:00:00+00:00"),
        (REPORTS_PATH, {"reportTypes": [SHIPPING_REPORT, LISTINGS_REPORT]}),
        (REPORTS_PATH, {"reporttypes": SHIPPING_REPORT}),
        (LISTINGS_PATH, {"marketplace_ids": GERMANY}),
        (DOCUMENT_PATH, {"enableContentEncodingUrlHeader": "yes"}),
    ],
)
def test_what_the_models_forbid_is_refused_as_invalid(client: Client, path: str, query: dict[str, Any] | str) -> None:
    answer = client.send("GET", path, query=query)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


@pytest.mark.parametrize("path", [f"{ORDERS_PATH}/", "/Orders/2026-01-01/orders", "/orders/2026-01-01/orders/1/items"])
def test_a_path_that_is_none_is_denied_and_not_missing(client: Client, path: str) -> None:
    assert client.send("GET", path, query={"createdAfter": PLAIN}).status_code == 403


def test_brackets_that_are_not_encoded_are_stopped_in_front_of_the_api() -> None:
    answer = Driver().send("GET", ORDERS_PATH, f"marketplaceIds[]={GERMANY}")
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (400, "text/html")


def test_a_restricted_token_opens_its_document_however_the_path_is_encoded(client: Client) -> None:
    made = client.send("POST", REPORTS_PATH, body={"reportType": SHIPPING_REPORT, "dataStartTime": PLAIN, **IN_BODY})
    client.http.post("/control/clock", json={"advance": 3000})
    document_id = client.send("GET", f"{REPORTS_PATH}/{made.json()['reportId']}").json()["reportDocumentId"]
    path = f"/reports/2021-06-30/documents/{document_id}"
    assert client.send("GET", path).status_code == 403
    resources = {"restrictedResources": [{"method": "GET", "path": path.replace(".", "%2E")}], **IN_BODY}
    token = client.send("POST", RDT_PATH, body=resources).json()["restrictedDataToken"]
    told = client.send("GET", path, token=token).json()
    assert client.http.get(told["url"]).status_code == 200
