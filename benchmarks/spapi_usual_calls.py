"""The usual calls of python-amazon-sp-api, one after the other, on a sandbox of this machine.

Prints each call and what came of it on standard error, and at last how many were taken. What this client sends beyond
Amazon's model (`MarketplaceIds`, `marketplace_ids` and others where nobody asked for them) is taken by Amazon, which
ignores what it does not know. So a call that fails here is one that the sandbox judges in another way than Amazon.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote

import httpx

from benchmarks.processes import finish
from benchmarks.shop import sandbox
from benchmarks.spapi_loopback import client_settings, lead_to_sandbox, stay_here

ORDERS: Final = 300
REPORT: Final = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
LISTINGS_REPORT: Final = "GET_MERCHANT_LISTINGS_ALL_DATA"
FEED: Final = "POST_ORDER_FULFILLMENT_DATA"
XML: Final = "text/xml; charset=UTF-8"
LONG_ENOUGH: Final = 300  # seconds of the sandbox's, in which a report or a feed is done


class Refused(AssertionError):  # noqa: N818 - what a step says that got another answer than Amazon's
    """The call was answered, but not as Amazon answers it."""


class Tour:
    """The calls, in an order in which each finds what it needs."""

    def __init__(self, addresses: Mapping[str, Any]) -> None:
        self._control = addresses["control_url"]
        self._credentials = addresses["credentials"]
        self._settings = client_settings(self._credentials)
        self._seller = self._credentials["seller_id"]
        self._marketplaces = [self._settings["marketplace"].marketplace_id]
        self.taken = self.made = 0
        self._order: dict[str, Any] = {}

    def go(self) -> None:
        """Make them all; one that fails does not keep the others from being made."""
        for name, step in self._steps().items():
            self.made += 1
            try:
                told = step()
                self.taken += 1
            except Exception as error:  # noqa: BLE001 - whatever the client raises is what is to be seen
                told = f"FAILED: {type(error).__name__}: {getattr(error, 'error', error)}"
            print(f"{name:<58} {told}", file=sys.stderr, flush=True)

    def _steps(self) -> dict[str, Callable[[], str]]:
        return {
            "Sellers.get_marketplace_participation": self._participations,
            "Sellers.get_account": self._account,
            "Orders(2026-01-01).search_orders": self._search,
            "Orders(2026-01-01).search_orders, all pages": self._all_pages,
            "Orders(2026-01-01).get_order": self._get_order,
            "Orders().confirm_shipment": self._confirm,
            "Reports.create_report, of orders": lambda: self._report(REPORT),
            "Reports.create_report, of listings": lambda: self._report(LISTINGS_REPORT),
            "Reports.get_reports": self._reports,
            "Reports.get_reports, with times": self._reports_since,
            "Tokens.create_restricted_data_token, for an order's address": self._token,
            "Feeds.submit_feed, get_feed, get_feed_document": self._feed,
            "Feeds.get_feeds": self._feeds,
            "ListingsItems.search_listings_items": self._listings,
            "ListingsItems.search_listings_items, by SKU": self._listings_by_sku,
            "ListingsItems.get_listings_item": self._listing,
            "ListingsItems.patch_listings_item, as a preview": lambda: self._patch(mode="VALIDATION_PREVIEW"),
            "ListingsItems.patch_listings_item": self._patch,
            "CatalogItems(2022-04-01).get_catalog_item": self._catalogue_item,
            "CatalogItems(2022-04-01).search_catalog_items, by ASIN": self._catalogue_by_asin,
            "CatalogItems(2022-04-01).search_catalog_items, by word": self._catalogue_by_word,
        }

    def _participations(self) -> str:
        from sp_api.api import Sellers  # noqa: PLC0415

        shops = Sellers(**self._settings).get_marketplace_participation().payload
        return f"{len(_filled(shops))} marketplaces"

    def _account(self) -> str:
        from sp_api.api import Sellers  # noqa: PLC0415

        return ", ".join(sorted(_filled(Sellers(**self._settings).get_account().payload)))

    def _search(self) -> str:
        answer = self._orders("2026-01-01").search_orders(
            lastUpdatedAfter=_ago(700), includedData=["BUYER", "RECIPIENT", "PACKAGES", "FULFILLMENT"]
        )
        self._order = next(filter(_can_be_confirmed, _filled(answer.payload["orders"])))
        return f"{len(answer.payload['orders'])} orders, next page: {bool(answer.next_token)}"

    def _all_pages(self) -> str:
        from sp_api.util import load_all_pages, throttle_retry  # noqa: PLC0415

        by_page = load_all_pages(next_token_param="paginationToken", throttle_by_seconds=0)
        search = by_page(throttle_retry()(self._orders("2026-01-01").search_orders))
        pages = list(search(createdAfter=_ago(700), fulfillmentStatuses=["UNSHIPPED"], maxResultsPerPage=20))
        return f"{sum(len(page.payload['orders']) for page in pages)} orders on {len(pages)} pages"

    def _get_order(self) -> str:
        answer = self._orders("2026-01-01").get_order(self._order["orderId"], includedData=["BUYER", "RECIPIENT"])
        return str(answer.payload["order"]["orderId"])

    def _confirm(self) -> str:
        item = self._order["orderItems"][0]
        package = {
            "packageReferenceId": "1", "carrierCode": "DHL", "carrierName": "DHL", "shippingMethod": "DHL Paket",
            "trackingNumber": "00340434161094000011", "shipDate": self._order["createdTime"],
            "orderItems": [{"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]}],
        }  # fmt: skip
        answer = self._orders(None).confirm_shipment(
            self._order["orderId"], marketplaceId=self._order["salesChannel"]["marketplaceId"], packageDetail=package
        )
        return str(answer.payload)

    def _report(self, report_type: str) -> str:
        from sp_api.api import Reports, Tokens  # noqa: PLC0415

        reports = Reports(**self._settings)
        times = {"dataStartTime": datetime.now(UTC) - timedelta(days=30)} if report_type == REPORT else {}
        made = reports.create_report(reportType=report_type, marketplaceIds=self._marketplaces, **times)
        report_id = made.payload["reportId"]
        before = reports.get_report(report_id).payload["processingStatus"]
        self._advance(LONG_ENOUGH)
        done = reports.get_report(report_id).payload
        if done["processingStatus"] != "DONE":
            raise Refused(f"the report is {done['processingStatus']}")
        document_id = done["reportDocumentId"]
        if report_type == REPORT:
            resource = {"method": "GET", "path": f"/reports/2021-06-30/documents/{document_id}"}
            token = Tokens(**self._settings).create_restricted_data_token(restrictedResources=[resource])
            reports = Reports(**self._settings, restricted_data_token=token.payload["restrictedDataToken"])
        document = reports.get_report_document(document_id, download=True)
        lines = document.payload["document"].splitlines()
        return f"{before}, then {len(lines)} lines in {document.character_code}"

    def _reports(self) -> str:
        from sp_api.api import Reports  # noqa: PLC0415

        answer = Reports(**self._settings).get_reports(
            reportTypes=[REPORT, LISTINGS_REPORT], processingStatuses=["DONE"], pageSize=10
        )
        return f"{len(_filled(answer.payload['reports']))} reports"

    def _reports_since(self) -> str:
        from sp_api.api import Reports  # noqa: PLC0415

        answer = Reports(**self._settings).get_reports(
            reportTypes=[REPORT], createdSince=datetime.now(UTC) - timedelta(days=1), pageSize=1
        )
        return f"{len(_filled(answer.payload['reports']))} reports, next page: {bool(answer.next_token)}"

    def _token(self) -> str:
        from sp_api.api import Tokens  # noqa: PLC0415

        path = f"/orders/v0/orders/{self._order['orderId']}/address"
        resource = {"method": "GET", "path": path, "dataElements": ["shippingAddress"]}
        answer = Tokens(**self._settings).create_restricted_data_token(restrictedResources=[resource])
        return f"good for {answer.payload['expiresIn']} s"

    def _feed(self) -> str:
        from sp_api.api import Feeds  # noqa: PLC0415

        order = self._another_order()
        feeds = Feeds(**self._settings)
        document = BytesIO(_fulfilment(order, self._seller).encode())
        _made, sent = feeds.submit_feed(FEED, document, content_type=XML, marketplaceIds=self._marketplaces)
        feed_id = sent.payload["feedId"]
        before = feeds.get_feed(feed_id).payload["processingStatus"]
        self._advance(LONG_ENOUGH)
        done = feeds.get_feed(feed_id).payload
        if done["processingStatus"] != "DONE":
            raise Refused(f"the feed is {done['processingStatus']}")
        result = feeds.get_feed_document(done["resultFeedDocumentId"])
        successful = result.partition("<MessagesSuccessful>")[2].partition("<")[0]
        if successful != "1":
            raise Refused(result)
        return f"{before}, then {successful} message carried out"

    def _feeds(self) -> str:
        from sp_api.api import Feeds  # noqa: PLC0415

        answer = Feeds(**self._settings).get_feeds(feedTypes=FEED, pageSize=10)
        return f"{len(_filled(answer.payload['feeds']))} feeds"

    def _listings(self) -> str:
        answer = self._listings_client().search_listings_items(
            self._seller, marketplaceIds=self._marketplaces, includedData=["summaries", "attributes"], pageSize=20
        )
        return f"{len(_filled(answer.payload['items']))} of {answer.payload['numberOfResults']} listings"

    def _listings_by_sku(self) -> str:
        answer = self._listings_client().search_listings_items(
            self._seller, identifiers=[self._sku()], identifiersType="SKU", includedData="summaries"
        )
        return f"{len(_filled(answer.payload['items']))} listing"

    def _listing(self) -> str:
        answer = self._listings_client().get_listings_item(
            self._seller, self._sku(), includedData="summaries,attributes"
        )
        return ", ".join(sorted(_filled(answer.payload)))

    def _patch(self, **options: str) -> str:
        change = {"value": [{"unit": "kilograms", "value": 1.2, "marketplace_id": self._marketplaces[0]}]}
        body = {
            "productType": self._product_type(),
            "patches": [{"op": "replace", "path": "/attributes/item_package_weight", **change}],
        }
        answer = self._listings_client().patch_listings_item(
            self._seller, self._sku(), marketplaceIds=self._marketplaces, body=body, **options
        )
        return f"{answer.payload['status']}, {len(answer.payload.get('issues') or [])} issues"

    def _catalogue_item(self) -> str:
        answer = self._catalogue().get_catalog_item(self._asin(), includedData=["summaries", "dimensions"])
        return str(answer.payload["asin"])

    def _catalogue_by_asin(self) -> str:
        answer = self._catalogue().search_catalog_items(
            identifiers=self._asin(), identifiersType="ASIN", includedData=["dimensions"]
        )
        return f"{len(_filled(answer.payload['items']))} item"

    def _catalogue_by_word(self) -> str:
        answer = self._catalogue().search_catalog_items(keywords="Wasserkocher")
        return f"{answer.payload['numberOfResults']} items"

    def _orders(self, version: str | None) -> Any:
        from sp_api.api import Orders  # noqa: PLC0415

        return Orders(**self._settings, version=version)

    def _listings_client(self) -> Any:
        from sp_api.api import ListingsItems  # noqa: PLC0415

        return ListingsItems(**self._settings)

    def _catalogue(self) -> Any:
        from sp_api.api import CatalogItems  # noqa: PLC0415

        return CatalogItems(**self._settings, version="2022-04-01")

    def _another_order(self) -> Any:
        """One that is still to ship, and not the one that was confirmed by a call."""
        ids = self._told("/orders?status=UNSHIPPED")["orders"]
        told = (self._told(f"/orders/{order_id}")["order"] for order_id in ids if order_id != self._order["orderId"])
        return next(filter(_can_be_confirmed, told))

    def _listing_told(self) -> Any:
        return self._told("/listings?kind=package")["listings"][0]

    def _sku(self) -> str:
        return str(self._listing_told()["sku"])

    def _product_type(self) -> str:
        return str(self._told(f"/listings/{quote(self._sku(), safe='')}")["product_type"])

    def _asin(self) -> str:
        return str(self._listing_told()["asin"])

    def _told(self, path: str) -> Any:
        return httpx.get(f"{self._control}{path}").raise_for_status().json()

    def _advance(self, seconds: int) -> None:
        httpx.post(f"{self._control}/clock", json={"advance": seconds}).raise_for_status()


def _ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _can_be_confirmed(order: Mapping[str, Any]) -> bool:
    fulfillment = order["fulfillment"]
    is_open = (fulfillment["fulfilledBy"], fulfillment["fulfillmentStatus"]) == ("MERCHANT", "UNSHIPPED")
    return is_open and not order.get("programs")


def _filled(told: Any) -> Any:
    if not told:
        raise Refused("the answer is empty")
    return told


def _fulfilment(order: Mapping[str, Any], seller_id: str) -> str:
    items = "".join(
        f"<Item><AmazonOrderItemCode>{item['orderItemId']}</AmazonOrderItemCode>"
        f"<Quantity>{item['quantityOrdered']}</Quantity></Item>"
        for item in order["orderItems"]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>'
        f"<MerchantIdentifier>{seller_id}</MerchantIdentifier></Header><MessageType>OrderFulfillment</MessageType>"
        f"<Message><MessageID>1</MessageID><OrderFulfillment><AmazonOrderID>{order['orderId']}</AmazonOrderID>"
        f"<MerchantFulfillmentID>1</MerchantFulfillmentID><FulfillmentDate>{order['createdTime']}</FulfillmentDate>"
        "<FulfillmentData><CarrierCode>DHL</CarrierCode><ShippingMethod>DHL Paket</ShippingMethod>"
        "<ShipperTrackingNumber>00340434161094000028</ShipperTrackingNumber>"
        f"</FulfillmentData>{items}</OrderFulfillment></Message></AmazonEnvelope>"
    )


def main() -> None:
    """Make the calls on a sandbox of their own."""
    stay_here()
    with sandbox(orders=ORDERS) as addresses:
        lead_to_sandbox(addresses)
        tour = Tour(addresses)
        tour.go()
    finish(taken=tour.taken, made=tour.made)


if __name__ == "__main__":
    main()
