"""Listings, products and reports as the sandbox's tests ask for them."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from amzlink.sandbox.messages import Response
from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import PACKAGE, WeightKind
from tests.sandbox.driver import REPORTS_PATH, Driver

GERMANY = "A1PA6795UKMFR9"
FRANCE = "A13V1IB3VIYZZH"
CATALOG_PATH = "/catalog/2022-04-01/items"
REPORT_DOCUMENTS_PATH = "/reports/2021-06-30/documents"
REPORT_TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
PREVIEW = "VALIDATION_PREVIEW"
KILOGRAM = {"value": 1, "unit": "kilograms", "marketplace_id": GERMANY}


def product_of(driver: Driver, kind: WeightKind) -> Product:
    """The first product of that kind."""
    return next(product for product in driver.world.catalogue.by_sku.values() if product.kind is kind)


def listing(driver: Driver, sku: str, **parameters: object) -> dict[str, Any]:
    """One listing with all that bears on its weight."""
    parameters.setdefault("includedData", "summaries,attributes,issues,relationships")
    answer = driver.listings(sku, **parameters)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.json()
    return told


def search(driver: Driver, **parameters: object) -> dict[str, Any]:
    answer = driver.listings(**parameters)
    assert answer.status == 200, answer.body
    page: dict[str, Any] = answer.json()
    return page


def listing_pages(driver: Driver, **parameters: object) -> Iterator[dict[str, Any]]:
    """All pages of a search for listings, as far as they can be paged through."""
    while True:
        page = search(driver, **parameters)
        yield page
        if "nextToken" not in page.get("pagination", {}):
            return
        parameters["pageToken"] = page["pagination"]["nextToken"]


def skus_of(page: dict[str, Any]) -> list[str]:
    return [item["sku"] for item in page["items"]]


def send_patch(driver: Driver, sku: str, body: object, **parameters: object) -> Response:
    """A patch with that body, whatever it is."""
    parameters.setdefault("marketplaceIds", GERMANY)
    path = f"/listings/2021-08-01/items/{driver.world.account.seller_id}/{quote(sku, safe='')}"
    return driver.send("PATCH", path, urlencode(parameters), json.dumps(body).encode())


def patch(
    driver: Driver,
    product: Product | str,
    *value: object,
    op: str = "replace",
    attribute: str = PACKAGE,
    product_type: str | None = None,
    **parameters: object,
) -> dict[str, Any]:
    """A patch of one attribute, by default to a kilogram in Germany; what Amazon says to it."""
    sku = product if isinstance(product, str) else product.sku
    if product_type is None:
        product_type = "PRODUCT" if isinstance(product, str) else product.product_type
    operation = {"op": op, "path": f"/attributes/{attribute}", "value": list(value) or [KILOGRAM]}
    answer = send_patch(driver, sku, {"productType": product_type, "patches": [operation]}, **parameters)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.json()
    return told


def weights(driver: Driver, sku: str, attribute: str = PACKAGE) -> dict[str, tuple[object, str]]:
    """What the listing says of its weight: value and unit by marketplace."""
    everywhere = ",".join(marketplace.id for marketplace in driver.world.account.marketplaces)
    attributes = listing(driver, sku, marketplaceIds=everywhere)["attributes"]
    return {each["marketplace_id"]: (each["value"], each["unit"]) for each in attributes.get(attribute, [])}


def catalog(driver: Driver, **parameters: object) -> dict[str, Any]:
    parameters = {"marketplaceIds": GERMANY, "includedData": "dimensions,attributes,summaries", **parameters}
    answer = driver.get(CATALOG_PATH, **parameters)
    assert answer.status == 200, answer.body
    page: dict[str, Any] = answer.json()
    return page


def catalog_item(driver: Driver, asin: str, **parameters: object) -> dict[str, Any]:
    parameters = {"marketplaceIds": GERMANY, "includedData": "dimensions,attributes,relationships", **parameters}
    answer = driver.get(f"{CATALOG_PATH}/{asin}", **parameters)
    assert answer.status == 200, answer.body
    item: dict[str, Any] = answer.json()
    return item


def create_report(driver: Driver, **changes: object) -> Response:
    body = {"reportType": REPORT_TYPE, "marketplaceIds": [GERMANY], **changes}
    return driver.post_json(REPORTS_PATH, {name: value for name, value in body.items() if value is not None})


def make_report(driver: Driver, **changes: object) -> dict[str, Any]:
    """A report, as long after as the sandbox takes for one."""
    created = create_report(driver, **changes)
    assert created.status == 202, created.body
    driver.control("clock", {"advance": 90})
    report: dict[str, Any] = driver.get(f"{REPORTS_PATH}/{created.json()['reportId']}").json()
    return report


def download_report(driver: Driver, document_id: str, **parameters: object) -> Response:
    """What lies behind a report's address."""
    answer = driver.get(f"{REPORT_DOCUMENTS_PATH}/{document_id}", **parameters)
    assert answer.status == 200, answer.body
    split = urlsplit(answer.json()["url"])
    return driver.send("GET", split.path, split.query, headers={})


def read_report(body: bytes) -> list[dict[str, str]]:
    """The report's lines by their columns."""
    head, *lines = body.decode("cp1252").split("\r\n")
    assert lines.pop() == ""
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def walk_shelf(driver: Driver) -> list[Response]:
    """Every call around listings, the catalogue and reports, and what comes of a change and a report minutes later."""
    product = product_of(driver, WeightKind.BY_MARKETPLACE)
    operation = {"op": "replace", "path": f"/attributes/{PACKAGE}", "value": [KILOGRAM]}
    body = {"productType": product.product_type, "patches": [operation]}
    everywhere = ",".join(marketplace.id for marketplace in driver.world.account.marketplaces)
    answers = [
        send_patch(driver, product.sku, body, mode=PREVIEW),
        send_patch(driver, product.sku, body),
        driver.get(CATALOG_PATH, identifiers=product.asin, identifiersType="ASIN", marketplaceIds=GERMANY),
        driver.get(f"{CATALOG_PATH}/{product.asin}", marketplaceIds=GERMANY),
        create_report(driver),
    ]
    driver.control("clock", {"advance": 300})
    answers.append(driver.listings(product.sku, includedData="attributes,issues", marketplaceIds=everywhere))
    for report in driver.world.reports.jobs.values():
        answers.append(driver.get(f"{REPORTS_PATH}/{report.id}"))
        answers += fetch_document(driver, report.result_document_id or "none")
    return answers


def fetch_document(driver: Driver, document_id: str) -> list[Response]:
    """The two calls to a report's text, as far as the first is answered; the second with its type before its body."""
    answer = driver.get(f"{REPORT_DOCUMENTS_PATH}/{document_id}")
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        split = urlsplit(answer.json()["url"])
        text = driver.send("GET", split.path, split.query, headers={})
        return [answer, replace(text, body=text.headers.get("Content-Type", "").encode() + text.body)]
    return [answer]
