from typing import Any

import pytest

from tests.sandbox.driver import PARTICIPATIONS_PATH, RDT_PATH, REPORTS_PATH, SHIPPING_REPORT, Driver, error_of

US = "ATVPDKIKX0DER"
ITALY = "APJ6JRA9NG5V4"
ADDRESS_PATH = "/orders/v0/orders/302-1234567-1234567/address"
ADDRESS = {"method": "GET", "path": ADDRESS_PATH, "dataElements": ["shippingAddress"]}


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A sandbox that no test changes."""
    return Driver()


class TestParticipations:
    def test_open_closed_and_pseudo_marketplaces_are_listed(self, driver: Driver) -> None:
        entries = driver.get(PARTICIPATIONS_PATH).json()["payload"]
        told = {entry["marketplace"]["name"]: entry["participation"]["isParticipating"] for entry in entries}
        assert told == {
            "Amazon.de": True,
            "Amazon.fr": True,
            "Amazon.nl": True,
            "Amazon.pl": True,
            "Amazon.it": False,
            "Non-Amazon DE": True,
        }


class TestRestrictedDataToken:
    def test_it_opens_nothing_but_its_resources(self, driver: Driver) -> None:
        answer = driver.post_json(RDT_PATH, {"restrictedResources": [ADDRESS]}).json()
        assert answer["expiresIn"] == 3600
        assert answer["restrictedDataToken"].startswith("Atz.sprdt|")
        restricted = driver.send(
            "GET", PARTICIPATIONS_PATH, headers={"x-amz-access-token": answer["restrictedDataToken"]}
        )
        assert restricted.status == 403

    @pytest.mark.parametrize(
        ("resources", "details"),
        [
            ([], "Resource not provided."),
            (["GET"], "Resource not provided."),
            ([{"method": "", "path": "/orders/v0/orders"}], "Resource not provided."),
            ([{"method": "GET"}], "Resource not provided."),
            ([{"method": "PATCH", "path": "/orders/v0/orders"}], "Unknown method: PATCH"),
            ([{"method": ["GET"], "path": "/orders/v0/orders"}], "Unknown method: ['GET']"),
            ([ADDRESS] * 51, "More than 50 resources."),
        ],
    )
    def test_incomplete_resources_are_refused(self, driver: Driver, resources: list[Any], details: str) -> None:
        answer = driver.post_json(RDT_PATH, {"restrictedResources": resources})
        assert (answer.status, error_of(answer)["code"]) == (400, "InvalidRequest")
        assert error_of(answer)["details"] == details

    @pytest.mark.parametrize("elements", [None, ["phone"], "buyerInfo", [{}]])
    def test_orders_v0_demands_its_data_elements(self, driver: Driver, elements: object) -> None:
        resource = {"method": "GET", "path": "/orders/v0/orders/302-1234567-1234567", "dataElements": elements}
        assert driver.post_json(RDT_PATH, {"restrictedResources": [resource]}).status == 400

    def test_a_resource_of_one_kind_of_data_needs_none(self, driver: Driver) -> None:
        resource = {"method": "GET", "path": ADDRESS_PATH}
        assert driver.post_json(RDT_PATH, {"restrictedResources": [resource]}).status == 200

    def test_an_unknown_document_and_an_open_resource_are_refused(self, driver: Driver) -> None:
        document = {"method": "GET", "path": "/reports/2021-06-30/documents/amzn1.spdoc.1"}
        answer = driver.post_json(RDT_PATH, {"restrictedResources": [document]})
        assert "Invalid or unsupported document ID found" in error_of(answer)["message"]
        resource = {"method": "GET", "path": "/orders/2026-01-01/orders"}
        assert driver.post_json(RDT_PATH, {"restrictedResources": [resource]}).status == 403

    def test_a_body_that_is_no_json_is_refused(self, driver: Driver) -> None:
        assert driver.send("POST", RDT_PATH, body=b"{").status == 400
        headers = {"x-amz-access-token": driver.token, "content-type": "text/plain"}
        assert driver.send("POST", RDT_PATH, body=b"{}", headers=headers).status == 415


class TestReports:
    def test_a_seller_who_never_asked_for_a_report_has_none(self, driver: Driver) -> None:
        answer = driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, pageSize=1)
        assert (answer.status, answer.json()) == (200, {"reports": []})

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"pageSize": 1},
            {"reportTypes": ",".join(["A"] * 11)},
            {"reportTypes": SHIPPING_REPORT, "pageSize": 101},
            {"reportTypes": SHIPPING_REPORT, "processingStatuses": "READY"},
            {"reportTypes": SHIPPING_REPORT, "createdSince": "2026-01-01T00:00:00Z"},
            {"reportTypes": SHIPPING_REPORT, "marketplaceIds": "AMAZON"},
            {"reportTypes": SHIPPING_REPORT, "nextToken": "more"},
            {"nextToken": "more"},
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object]) -> None:
        assert driver.get(REPORTS_PATH, **parameters).status == 400

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        assert driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, marketplaceIds=US).status == 403


class TestListings:
    def test_all_listings_come_page_by_page(self, driver: Driver) -> None:
        skus: list[str] = []
        parameters: dict[str, object] = {"pageSize": 20, "sortBy": "sku", "sortOrder": "ASC"}
        while True:
            page = driver.listings(**parameters).json()
            skus += [item["sku"] for item in page["items"]]
            if "nextToken" not in page.get("pagination", {}):
                break
            parameters["pageToken"] = page["pagination"]["nextToken"]
        assert skus == sorted(driver.world.catalogue.by_sku)
        assert page["numberOfResults"] == len(skus)

    def test_identifiers_find_their_listings(self, driver: Driver) -> None:
        wanted = [sku for sku in driver.world.catalogue.by_sku if "," not in sku][:20]
        page = driver.listings(identifiers=",".join(wanted), identifiersType="SKU", pageSize=20).json()
        assert {item["sku"] for item in page["items"]} == set(wanted)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"identifiers": "MUG"},
            {"identifiersType": "SKU"},
            {"identifiers": ",".join("A" * 21), "identifiersType": "SKU"},
            {"identifiers": "1", "identifiersType": "EAN"},
            {"pageSize": 21},
            {"issueLocale": "german"},
            {"variationParentSku": "MUG"},
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object]) -> None:
        assert driver.listings(**parameters).status == 400

    def test_every_sku_is_found_by_its_path_when_it_is_encoded(self, driver: Driver) -> None:
        for sku in driver.world.catalogue.by_sku:
            assert driver.listings(sku).json()["sku"] == sku

    def test_a_slash_that_is_not_encoded_is_denied(self, driver: Driver) -> None:
        sku = next(sku for sku in driver.world.catalogue.by_sku if "/" in sku)
        assert driver.listings(*sku.split("/")).status == 403

    def test_an_unknown_sku_is_not_found(self, driver: Driver) -> None:
        assert driver.listings("NOBODY-SELLS-THIS").status == 404

    @pytest.mark.parametrize("marketplace_id", [ITALY, "A1PA6795UKMFR9,APJ6JRA9NG5V4"])
    def test_a_marketplace_without_a_shop_does_not_fit_the_seller(self, driver: Driver, marketplace_id: str) -> None:
        answer = driver.listings(marketplaceIds=marketplace_id)
        assert answer.status == 400
        assert error_of(answer)["message"] == "Invalid 'sellerId' and 'marketplaceId' combination provided."

    def test_a_seller_id_of_somebody_else_is_refused(self, driver: Driver) -> None:
        germany = driver.world.account.marketplaces[0].id
        answer = driver.get("/listings/2021-08-01/items/A8GCA31XZ7DWX", marketplaceIds=germany)
        assert answer.status == 400

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        assert driver.listings(marketplaceIds=US).status == 403

    def test_marketplaces_are_required(self, driver: Driver) -> None:
        answer = driver.get(f"/listings/2021-08-01/items/{driver.world.account.seller_id}")
        assert answer.status == 400

    def test_most_listings_carry_a_weight_and_some_do_not(self, driver: Driver) -> None:
        page = driver.listings(includedData="attributes", pageSize=20).json()
        weighed = [item for item in page["items"] if "item_package_weight" in item["attributes"]]
        assert len(page["items"]) / 2 < len(weighed)
        assert any("item_package_weight" not in product.attributes for product in driver.world.catalogue.products)

    def test_an_order_line_is_of_a_product_that_is_listed(self, driver: Driver) -> None:
        for order in driver.world.orders.values():
            for item in order.body["orderItems"]:
                product = driver.world.catalogue.by_sku[item["product"]["sellerSku"]]
                assert product.asin == item["product"]["asin"]
