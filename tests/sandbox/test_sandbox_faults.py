import json
from typing import Any

import pytest

from amzlink.sandbox.faults import FAULTS, Switchboard
from amzlink.sandbox.messages import Response
from tests.sandbox.driver import ACCOUNT_PATH, EVERYTHING, ORDERS_PATH, PARTICIPATIONS_PATH, Driver, error_of

REJECTED = "The access token you provided is revoked, malformed or invalid."
GERMANY = "A1PA6795UKMFR9"


def answers(driver: Driver) -> dict[str, Response]:
    """One call of each kind."""
    return {
        "token": driver.ask_lwa(),
        "searchOrders": driver.search(marketplaceIds=GERMANY, includedData=EVERYTHING),
        "getOrder": driver.get(f"{ORDERS_PATH}/{driver.world.shippable()[0]}", includedData=EVERYTHING),
        "getMarketplaceParticipations": driver.get(PARTICIPATIONS_PATH),
        "getAccount": driver.get(ACCOUNT_PATH),
        "searchListingsItems": driver.listings(),
    }


ORDERS = {"searchOrders", "getOrder"}
SELLERS = {"getMarketplaceParticipations", "getAccount"}
API = ORDERS | SELLERS | {"searchListingsItems"}


@pytest.mark.parametrize(
    ("fault", "status", "struck"),
    [
        ("client-unknown", 401, {"token"}),
        ("app-mismatch", 400, {"token"}),
        ("client-secret-expired", 403, API),
        ("access-token-rejected", 403, API),
        ("sandbox-credentials", 403, API),
        ("region-mismatch", 403, API),
        ("account-suspended", 403, API),
        ("role-missing-orders", 403, ORDERS),
        ("role-missing-listings", 403, {"searchListingsItems"}),
        ("role-missing-participations", 403, SELLERS),
        ("throttled", 429, API),
        ("service-unavailable", 503, API),
        ("server-error", 500, API),
    ],
)
def test_a_fault_strikes_its_calls_and_no_others(fault: str, status: int, struck: set[str]) -> None:
    told = {name: answer.status for name, answer in answers(Driver(faults=(fault,))).items()}
    assert told == {name: status if name in struck else 200 for name in told}


def test_a_revoked_authorisation_gives_no_token_and_closes_the_api() -> None:
    told = answers(Driver(faults=("authorisation-revoked",)))
    assert told["token"].json()["error"] == "invalid_grant"
    assert {error_of(told[name])["details"] for name in API} == {REJECTED}


@pytest.mark.parametrize(
    ("fault", "details"),
    [
        ("client-secret-expired", "The LWA secret token you provided has expired."),
        ("access-token-rejected", REJECTED),
        ("sandbox-credentials", REJECTED),
        ("account-suspended", ""),
    ],
)
def test_a_denial_tells_its_cause_in_details_alone(fault: str, details: str) -> None:
    told = answers(Driver(faults=(fault,)))
    assert {json.dumps(error_of(told[name]), sort_keys=True) for name in API} == {
        json.dumps(
            {"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": details},
            sort_keys=True,
        )
    }


def test_a_wrong_region_is_told_only_where_marketplaces_are_named() -> None:
    told = answers(Driver(faults=("region-mismatch",)))
    named = {"searchOrders", "searchListingsItems"}
    region = "The marketplaces you provided are not valid for region."
    assert {name: error_of(told[name])["details"] for name in API} == {
        name: region if name in named else "" for name in API
    }


def test_without_the_restricted_role_personal_data_is_left_out_and_nothing_fails() -> None:
    driver = Driver()
    values = {value for order in driver.world.orders.values() for value in order.personal_values()}
    driver.control("faults", {"on": ["role-missing-pii"]})
    pages = list(driver.pages(includedData=EVERYTHING))
    told = json.dumps([*pages, driver.order(driver.world.shippable()[0])], ensure_ascii=False)
    assert [value for value in values if json.dumps(value, ensure_ascii=False) in told] == []
    open_order = next(o for page in pages for o in page["orders"] if o["orderId"] == driver.world.shippable()[0])
    assert (
        {"city", "countryCode"}
        <= set(open_order["recipient"]["deliveryAddress"])
        <= {"city", "stateOrRegion", "countryCode"}
    )


@pytest.mark.parametrize(("fault", "status"), [("throttled-once", 429), ("service-unavailable-once", 503)])
def test_once_means_the_first_call_of_each_operation(fault: str, status: int) -> None:
    driver = Driver(faults=(fault,))
    first, second = answers(driver), answers(driver)
    assert {first[name].status for name in API} == {status}
    assert {second[name].status for name in API} == {200}
    driver.control("faults", {"on": [fault]})
    assert answers(driver)["searchOrders"].status == status


def participation(driver: Driver) -> dict[str, dict[str, bool]]:
    payload = driver.get(PARTICIPATIONS_PATH).json()["payload"]
    return {entry["marketplace"]["id"]: entry["participation"] for entry in payload}


def test_the_main_marketplace_can_be_without_a_shop() -> None:
    told = participation(Driver(faults=("not-participating",)))
    assert told[GERMANY]["isParticipating"] is False
    assert sum(each["isParticipating"] for each in told.values()) == 4


def test_listings_can_be_suspended() -> None:
    assert all(each["hasSuspendedListings"] for each in participation(Driver(faults=("listings-suspended",))).values())


def test_the_plan_can_be_individual() -> None:
    assert Driver(faults=("individual-plan",)).get(ACCOUNT_PATH).json()["payload"]["sellingPlan"] == "INDIVIDUAL"


def test_answers_can_be_empty_or_cut() -> None:
    empty = Driver(faults=("response-empty",)).search()
    assert (empty.status, empty.body) == (200, b"")
    cut = Driver(faults=("response-truncated",)).search()
    assert cut.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        cut.json()


def test_a_proxy_answers_everything_with_a_page_and_no_request_id() -> None:
    for answer in answers(Driver(faults=("proxy-interferes",))).values():
        assert answer.status == 200
        assert answer.body.startswith(b"<!doctype html>")
        assert "x-amzn-RequestId" not in answer.headers


def test_no_answer_comes_at_all() -> None:
    assert all(answer.silent for answer in answers(Driver(faults=("timeout",))).values())


def test_a_page_can_bring_an_order_twice() -> None:
    for page in Driver(faults=("page-repeats-order",)).pages(maxResultsPerPage=20):
        assert page["orders"][0] == page["orders"][-1]
        assert len(page["orders"]) == 21


def test_a_repeating_token_leads_to_the_same_page_without_end() -> None:
    driver = Driver(faults=("token-repeats",))
    pages = driver.pages(maxResultsPerPage=30)
    first, second, third = (next(pages) for _ in range(3))
    assert first["pagination"] == second["pagination"] == third["pagination"]
    assert second["orders"] == third["orders"]


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("token-expires-mid-paging", 403, "The access token you provided has expired."),
        ("page-token-dies", 400, "We could not decode your NextToken"),
    ],
)
def test_the_second_page_can_fail_once(fault: str, status: int, text: str) -> None:
    driver = Driver(faults=(fault,))
    query: dict[str, Any] = {"createdAfter": driver.ago(days=700), "maxResultsPerPage": 20}
    query["paginationToken"] = driver.search(**query).json()["pagination"]["nextToken"]
    failed = driver.search(**query)
    assert failed.status == status
    assert text in failed.body.decode()
    assert driver.search(**query).status == 200


def test_unknown_fields_programs_and_statuses_come_with_every_order() -> None:
    driver = Driver(faults=("unknown-fields",))
    orders = [order for page in driver.pages(includedData=EVERYTHING) for order in page["orders"]]
    assert all("AMAZON_MOONSHOT" in order["programs"] and order["carbonFootprint"] for order in orders)
    assert "INVOICE_UNCONFIRMED" in {order["fulfillment"]["fulfillmentStatus"] for order in orders}


def test_one_order_of_each_page_is_malformed() -> None:
    sound = {order["orderId"]: order for page in Driver().pages(maxResultsPerPage=10) for order in page["orders"]}
    for page in Driver(faults=("malformed-order",)).pages(maxResultsPerPage=10):
        assert sum(order != sound[order["orderId"]] for order in page["orders"]) == 1


def test_faults_can_be_switched_while_the_sandbox_runs() -> None:
    driver = Driver(faults=("throttled",))
    assert driver.search().status == 429
    assert driver.control("faults", {"on": ["unknown-fields"], "off": ["throttled"]}) == {"on": ["unknown-fields"]}
    assert driver.search().status == 200


def test_an_unknown_fault_is_refused_and_nothing_is_switched() -> None:
    board = Switchboard(["throttled"])
    with pytest.raises(ValueError, match="no such fault: gremlins"):
        board.switch(on=["timeout", "gremlins"], off=["throttled"])
    assert board.names == ["throttled"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_every_fault_is_described_and_changes_some_answer(fault: Any) -> None:
    assert fault.description
    plain, struck = Driver(orders=250), Driver(orders=250, faults=(fault.name,))
    assert [(a.status, a.body, a.silent) for a in walk(plain)] != [(a.status, a.body, a.silent) for a in walk(struck)]


def walk(driver: Driver) -> list[Response]:
    """One call of each kind, then the second page of a search."""
    token = Driver(orders=250).search().json()["pagination"]["nextToken"]
    return [*answers(driver).values(), driver.search(paginationToken=token)]
