import json
from datetime import timedelta
from typing import Any

import pytest

from amzlink.sandbox.faults import FAULTS, Switchboard
from amzlink.sandbox.messages import Response
from amzlink.sandbox.sendcloud.faults import SENDCLOUD_FAULTS
from tests.sandbox.driver import (
    ACCOUNT_PATH,
    EVERYTHING,
    NOON,
    ORDERS_PATH,
    PARTICIPATIONS_PATH,
    REPORTS_PATH,
    SHIPPING_REPORT,
    Driver,
    error_of,
)
from tests.sandbox.parcels import FEED_TYPE, FEEDS_PATH, confirm_parcels
from tests.sandbox.shelf import create_report, walk_shelf
from tests.support.rows import each_row

AMAZONS_FAULTS = [fault for fault in FAULTS.values() if fault not in SENDCLOUD_FAULTS]
REJECTED = "The access token you provided is revoked, malformed or invalid."
GERMANY = "A1PA6795UKMFR9"
ITALY = "APJ6JRA9NG5V4"
US = "ATVPDKIKX0DER"
JAPAN = "A1VC38T7YXB528"
WRONG_REGION = "The marketplaces you provided are not valid for region."


def answers(driver: Driver) -> dict[str, Response]:
    """One call of each kind."""
    return {
        "token": driver.ask_lwa(),
        "searchOrders": driver.search(marketplaceIds=GERMANY, includedData=EVERYTHING),
        "getOrder": driver.get(f"{ORDERS_PATH}/{driver.world.shippable()[0]}", includedData=EVERYTHING),
        "getMarketplaceParticipations": driver.get(PARTICIPATIONS_PATH),
        "getAccount": driver.get(ACCOUNT_PATH),
        "searchListingsItems": driver.listings(),
        "getReports": driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, marketplaceIds=GERMANY),
        "confirmShipment": driver.confirm(),
        "getFeeds": driver.get(FEEDS_PATH, feedTypes=FEED_TYPE, marketplaceIds=GERMANY),
    }


ORDERS = {"searchOrders", "getOrder"}
SELLERS = {"getMarketplaceParticipations", "getAccount"}
OTHERS = {"searchListingsItems", "getReports", "confirmShipment", "getFeeds"}
API = ORDERS | SELLERS | OTHERS
SOUND = dict.fromkeys({"token", *API}, 200) | {"confirmShipment": 404}  # the order does not exist


@each_row(
    ("fault", "status", "struck"),
    [
        ("client-unknown", 401, {"token"}),
        ("app-mismatch", 400, {"token"}),
        ("client-secret-expired", 403, API),
        ("access-token-rejected", 403, API),
        ("sandbox-credentials", 403, API),
        ("sandbox-host", 400, API - SELLERS),
        ("header-missing", 403, API),
        ("path-unknown", 403, ORDERS),
        ("region-mismatch", 403, API),
        ("account-in-other-region", 403, API),
        ("account-suspended", 403, API),
        ("access-withdrawn", 403, API),
        ("dormant-account", 400, API),
        ("seller-id-wrong", 400, {"searchListingsItems"}),
        ("role-missing-orders", 403, ORDERS),
        ("role-missing-listings", 403, {"searchListingsItems"}),
        ("role-missing-reports", 403, {"getReports"}),
        ("role-missing-confirm", 403, {"confirmShipment"}),
        ("role-missing-feeds", 403, {"getFeeds"}),
        ("role-added-later", 403, {"searchListingsItems"}),
        ("role-missing-participations", 403, SELLERS),
        ("role-missing-account", 403, {"getAccount"}),
        ("wrong-marketplace-empty", 400, {"searchListingsItems"}),
        ("lwa-down", 503, {"token"}),
        ("lwa-form-lost", 400, {"token"}),
        ("proxy-redirects", 302, {"token", *API}),
        ("proxy-wants-log-in", 407, {"token", *API}),
        ("request-broken", 400, API),
        ("throttled", 429, API),
        ("service-unavailable", 503, API),
        ("server-error", 500, API),
    ],
)
def test_a_fault_strikes_its_calls_and_no_others(fault: str, status: int, struck: set[str]) -> None:
    told = {name: answer.status for name, answer in answers(Driver(faults=(fault,))).items()}
    assert told == SOUND | dict.fromkeys(struck, status)


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
        ("header-missing", "Access token is missing in the request header."),
        ("account-suspended", ""),
        ("access-withdrawn", ""),
        ("account-in-other-region", ""),
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
    named = {"searchOrders", "searchListingsItems", "getReports", "getFeeds"}
    assert {name: error_of(told[name])["details"] for name in API} == {
        name: WRONG_REGION if name in named else "" for name in API
    }


class TestRegions:
    """A path that begins with a region's name is a call to that region's host."""

    @pytest.mark.parametrize("fault", ["region-mismatch", "account-in-other-region"])
    def test_an_account_of_another_region_is_let_in_there_with_a_marketplace_of_that_region(self, fault: str) -> None:
        driver = Driver(faults=(fault,))
        there = driver.get(f"/na{ORDERS_PATH}", createdAfter=driver.ago(days=30), marketplaceIds=US)
        assert (there.status, there.json()["orders"]) == (200, [])
        shops = driver.get(f"/na{PARTICIPATIONS_PATH}").json()["payload"]
        assert [shop["marketplace"]["countryCode"] for shop in shops] == ["US", "CA"]
        listings = f"/listings/2021-08-01/items/{driver.world.account.seller_id}"
        assert driver.get(f"/na{listings}", marketplaceIds=US).status == 200
        assert driver.get(f"/eu{listings}", marketplaceIds=GERMANY).status == 403

    @pytest.mark.parametrize("fault", ["region-mismatch", "account-in-other-region"])
    def test_no_third_region_lets_it_in(self, fault: str) -> None:
        driver = Driver(faults=(fault,))
        answer = driver.get(f"/fe{ORDERS_PATH}", createdAfter=driver.ago(days=30), marketplaceIds=JAPAN)
        assert (answer.status, error_of(answer)["details"]) == (403, "")

    @pytest.mark.parametrize(
        ("prefix", "marketplace_id", "status", "details"),
        [
            ("/eu", GERMANY, 200, None),
            ("", GERMANY, 200, None),
            ("", US, 403, WRONG_REGION),
            ("/eu", US, 403, WRONG_REGION),
            ("/na", US, 403, ""),
            ("/na", GERMANY, 403, WRONG_REGION),
            ("/fe", JAPAN, 403, ""),
        ],
    )
    def test_without_a_fault_only_the_own_region_lets_the_seller_in(
        self, prefix: str, marketplace_id: str, status: int, details: str | None
    ) -> None:
        driver = Driver()
        answer = driver.get(f"{prefix}{ORDERS_PATH}", createdAfter=driver.ago(days=30), marketplaceIds=marketplace_id)
        assert answer.status == status
        assert details is None or error_of(answer)["details"] == details

    def test_a_suspended_account_is_let_in_nowhere(self) -> None:
        driver = Driver(faults=("account-suspended",))
        for prefix, marketplace_id in (("/na", US), ("/eu", GERMANY), ("/fe", JAPAN)):
            query = {"createdAfter": driver.ago(days=30), "marketplaceIds": marketplace_id}
            assert driver.get(f"{prefix}{ORDERS_PATH}", **query).status == 403

    def test_the_selling_plan_is_told_in_europe_alone(self) -> None:
        assert Driver(faults=("account-in-other-region",)).get(f"/na{ACCOUNT_PATH}").status == 403

    def test_every_region_counts_its_calls_for_itself(self) -> None:
        driver = Driver(quota="real")
        query = {"createdAfter": driver.ago(days=30), "marketplaceIds": US}
        while driver.get(f"/na{ORDERS_PATH}", **query).status != 429:
            pass
        assert driver.search().status == 200


class TestARoleThatWasAddedLater:
    def test_a_renewed_refresh_token_opens_what_the_first_does_not(self) -> None:
        driver = Driver(faults=("role-added-later",))
        assert driver.listings().status == 403
        newer = driver.control("refresh-token", {})["refresh_token"]
        assert newer.startswith("Atzr|")
        first = driver.token
        driver.token = driver.ask_lwa(refresh_token=newer).json()["access_token"]
        assert driver.listings().status == 200
        driver.token = first
        assert driver.listings().status == 403

    def test_the_first_token_stays_good_for_everything_else(self) -> None:
        driver = Driver()
        driver.control("refresh-token", {})
        answer = driver.ask_lwa()
        assert answer.json()["refresh_token"] == driver.world.account.app.refresh_token

    def test_a_renewed_token_is_the_own_apps_alone(self) -> None:
        driver = Driver()
        newer = driver.world.renew_authorisation()
        other = driver.world.account.other_app
        answer = driver.ask_lwa(refresh_token=newer, client_id=other.client_id, client_secret=other.client_secret)
        assert answer.json()["error"] == "unauthorized_client"


def test_the_reports_api_has_its_own_words_for_a_missing_role() -> None:
    answer = answers(Driver(faults=("role-missing-reports",)))["getReports"]
    assert error_of(answer)["message"] == "Access to the resource is forbidden"


def test_an_inactive_account_is_told_that_its_parameters_are_wrong() -> None:
    told = answers(Driver(faults=("dormant-account",)))
    assert {error_of(told[name])["message"] for name in API} == {"Invalid request parameters"}


def test_where_the_seller_sells_in_another_country_searches_find_nothing_and_listings_do_not_fit() -> None:
    driver = Driver(faults=("wrong-marketplace-empty",))
    assert driver.search(marketplaceIds=GERMANY).json()["orders"] == []
    assert driver.search().json()["orders"]
    assert [mid for mid, each in participation(driver).items() if each["isParticipating"]] == [ITALY]
    assert "combination" in error_of(driver.listings())["message"]


def test_where_amazon_ships_everything_a_search_for_the_merchants_orders_finds_nothing() -> None:
    driver = Driver(faults=("only-amazon-fulfilled",))
    assert driver.search(fulfilledBy="MERCHANT", includedData=EVERYTHING).json()["orders"] == []
    found = driver.search(includedData=EVERYTHING).json()["orders"]
    assert {order["fulfillment"]["fulfilledBy"] for order in found} == {"AMAZON"}
    assert not any("recipient" in order for order in found)


def test_where_nothing_is_paid_for_yet_there_is_nothing_to_ship_and_no_address() -> None:
    driver = Driver(faults=("only-pending-orders",))
    assert driver.search(fulfillmentStatuses="UNSHIPPED,PARTIALLY_SHIPPED").json()["orders"] == []
    found = driver.search(includedData=EVERYTHING).json()["orders"]
    assert {order["fulfillment"]["fulfillmentStatus"] for order in found} == {"PENDING"}
    assert not any("recipient" in order for order in found)


def test_a_new_shop_has_no_orders_at_all() -> None:
    page = Driver(faults=("no-orders",)).search(maxResultsPerPage=1).json()
    assert (page["orders"], "pagination" in page) == ([], False)


def test_a_clock_that_differs_tells_its_time_in_every_answer_and_goes_by_it() -> None:
    driver = Driver(faults=("clock-skewed",))
    assert {answer.headers["Date"] for answer in answers(driver).values()} == {"Mon, 23 Nov 2026 12:20:00 GMT"}
    last = (NOON + timedelta(minutes=18)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert driver.search(createdBefore=last).status == 200
    driver.control("faults", {"off": ["clock-skewed"]})
    assert driver.search(createdBefore=last).status == 400


@pytest.mark.parametrize(("fault", "html"), [("lwa-html", True), ("lwa-malformed", False), ("lwa-timeout", False)])
def test_lwa_alone_can_answer_with_something_that_is_no_token(fault: str, html: bool) -> None:
    told = answers(Driver(faults=(fault,)))
    token = told.pop("token")
    assert (token.status, token.silent, token.body.startswith(b"<!doctype html>")) == (
        200,
        fault == "lwa-timeout",
        html,
    )
    assert b"access_token" not in token.body
    assert {name: answer.status for name, answer in told.items()} == {name: SOUND[name] for name in told}


@pytest.mark.parametrize("fault", ["proxy-interferes", "proxy-redirects", "proxy-wants-log-in", "timeout"])
def test_what_stands_on_the_way_strikes_paths_that_nobody_serves_as_well(fault: str) -> None:
    answer = Driver(faults=(fault,)).get("/")
    assert answer.silent or answer.body.startswith(b"<!doctype html>")


def test_a_guest_network_leads_to_its_page_and_a_proxy_asks_for_a_name() -> None:
    assert Driver(faults=("proxy-redirects",)).search().headers["Location"].startswith("http://")
    assert Driver(faults=("proxy-wants-log-in",)).search().headers["Proxy-Authenticate"].startswith("Basic")


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
    assert {name: second[name].status for name in API} == {name: SOUND[name] for name in API}
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


Told = list[tuple[int, str | None, bytes, bool]]


@pytest.fixture(scope="module")
def token() -> str:
    """The token of a search's second page."""
    token: str = Driver(orders=250).search().json()["pagination"]["nextToken"]
    return token


@pytest.fixture(scope="module")
def sound(token: str) -> Told:
    """What is told where nothing is wrong."""
    return walk(token)


def walk(token: str, *faults: str) -> Told:
    """One call of each kind, then a search's second page, parcels that are confirmed, the seller's shelf, a report."""
    driver = Driver(orders=250, faults=faults)
    page = driver.search(paginationToken=token)
    told = [*answers(driver).values(), page, *confirm_parcels(driver), *walk_shelf(driver)]
    told.append(create_report(driver, reportType=SHIPPING_REPORT))
    return [(each.status, each.headers.get("Date"), each.body, each.silent) for each in told]


@pytest.mark.parametrize("fault", AMAZONS_FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_described_and_changes_some_answer(fault: Any, token: str, sound: Told) -> None:
    assert fault.description
    assert walk(token, fault.name) != sound


def test_without_a_fault_the_same_calls_are_answered_alike(token: str, sound: Told) -> None:
    assert walk(token) == sound


def test_a_page_without_orders_has_none_to_damage() -> None:
    driver = Driver(orders=1, faults=("malformed-order",))
    answer = driver.search(createdAfter=driver.ago(minutes=4), createdBefore=driver.ago(minutes=3))
    assert (answer.status, answer.json()["orders"]) == (200, [])
