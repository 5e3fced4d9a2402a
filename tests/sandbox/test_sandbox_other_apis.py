from typing import Any

import pytest

from tests.sandbox.driver import PARTICIPATIONS_PATH, RDT_PATH, Driver, error_of

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

    @pytest.mark.parametrize(("path", "status"), [("/mfn/v0/shipments/1", 200), ("/sellers/v1/account", 403)])
    def test_it_is_given_for_resources_with_personal_data_alone(self, driver: Driver, path: str, status: int) -> None:
        resource = {"method": "GET", "path": path}
        assert driver.post_json(RDT_PATH, {"restrictedResources": [resource]}).status == status

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
