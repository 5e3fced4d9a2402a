import re
from datetime import timedelta
from typing import Any

import pytest

from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Response
from tests.sandbox.driver import EVERYTHING, ORDERS_PATH, Driver, error_of

US = "ATVPDKIKX0DER"
ITALY = "APJ6JRA9NG5V4"


def ids(page: dict[str, Any]) -> list[str]:
    return [order["orderId"] for order in page["orders"]]


def assert_invalid(answer: Response, text: str = "not valid. Please check your input and try again.") -> None:
    assert answer.status == 400, answer.body
    assert error_of(answer)["code"] == "InvalidInput"
    assert text in error_of(answer)["message"]


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A sandbox that no test changes."""
    return Driver(orders=250)


class TestTimes:
    def test_both_families_of_times_are_refused(self, driver: Driver) -> None:
        assert_invalid(driver.search(createdAfter=driver.ago(days=1), lastUpdatedAfter=driver.ago(days=1)))

    def test_no_time_at_all_is_refused(self, driver: Driver) -> None:
        assert_invalid(driver.get(ORDERS_PATH, fulfilledBy="MERCHANT"))

    @pytest.mark.parametrize(("after", "before"), [("created", "lastUpdated"), ("lastUpdated", "created")])
    def test_an_end_of_the_other_family_is_refused(self, driver: Driver, after: str, before: str) -> None:
        assert_invalid(driver.search(**{f"{after}After": driver.ago(days=2), f"{before}Before": driver.ago(days=1)}))

    def test_an_end_before_the_start_is_refused(self, driver: Driver) -> None:
        assert_invalid(driver.search(createdAfter=driver.ago(days=1), createdBefore=driver.ago(days=2)))

    def test_an_end_equal_to_the_start_is_allowed(self, driver: Driver) -> None:
        assert driver.search(createdAfter=driver.ago(days=1), createdBefore=driver.ago(days=1)).status == 200

    def test_the_end_must_be_two_minutes_ago(self, driver: Driver) -> None:
        start = driver.ago(days=1)
        assert_invalid(driver.search(lastUpdatedAfter=start, lastUpdatedBefore=driver.ago(seconds=119)))
        assert driver.search(lastUpdatedAfter=start, lastUpdatedBefore=driver.ago(seconds=120)).status == 200

    @pytest.mark.parametrize(
        "time", ["2026-11-01T00:00:00+01:00", "2026-11-01", "2026-11-31T00:00:00Z", "TEST_CASE_400"]
    )
    def test_anything_but_utc_with_z_is_refused(self, driver: Driver, time: str) -> None:
        assert_invalid(driver.search(lastUpdatedAfter=time), "Invalid date/time field [lastUpdatedAfter]")

    def test_milliseconds_are_allowed(self, driver: Driver) -> None:
        assert driver.search(lastUpdatedAfter="2026-11-01T00:00:00.000Z").status == 200

    @pytest.mark.parametrize("field", ["created", "lastUpdated"])
    def test_without_an_end_the_cut_off_of_two_minutes_ago_is_told(self, driver: Driver, field: str) -> None:
        page = driver.search(**{f"{field}After": driver.ago(days=1)}).json()
        assert page[f"{field}Before"] == driver.ago(minutes=2)

    @pytest.mark.parametrize(("field", "told"), [("created", "createdTime"), ("lastUpdated", "lastUpdatedTime")])
    def test_the_window_holds_the_orders_between_its_ends(self, driver: Driver, field: str, told: str) -> None:
        start, end = driver.ago(days=30), driver.ago(days=3)
        found = {
            order["orderId"]
            for page in driver.pages(**{f"{field}After": start, f"{field}Before": end})
            for order in page["orders"]
        }
        expected = {order.order_id for order in driver.world.orders.values() if start <= str(order.body[told]) <= end}
        assert found == expected
        assert found

    def test_orders_older_than_two_years_do_not_come(self) -> None:
        driver = Driver()
        driver.world.clock.advance(timedelta(days=800))
        driver.token = driver.world.issue_token()
        assert driver.search(createdAfter=driver.ago(days=2000)).json()["orders"] == []
        assert driver.get(f"{ORDERS_PATH}/{next(iter(driver.world.orders))}").status == 404


class TestParameters:
    @pytest.mark.parametrize("size", ["0", "101", "ten", "", "-1", "5.0"])
    def test_a_page_holds_1_to_100_orders(self, driver: Driver, size: str) -> None:
        assert_invalid(driver.search(maxResultsPerPage=size))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("fulfillmentStatuses", "UNSHIPPED,Shipped"),
            ("fulfilledBy", "ME"),
            ("includedData", "BUYER,"),
            ("marketplaceIds", "A1PA6795UKMFR9,X"),
            ("marketplaceIds", ",".join(["A1PA6795UKMFR9"] * 51)),
        ],
    )
    def test_unknown_values_are_refused(self, driver: Driver, name: str, value: str) -> None:
        assert_invalid(driver.search(**{name: value}))

    @pytest.mark.parametrize(("name", "value"), [("MarketplaceIds", "A1PA6795UKMFR9"), ("orderId", "302-1"), ("x", "")])
    def test_unknown_names_are_passed_over_as_amazon_does(self, driver: Driver, name: str, value: str) -> None:
        since = driver.ago(days=30)
        told = driver.search(createdAfter=since, **{name: value})
        assert (told.status, told.body) == (200, driver.search(createdAfter=since).body)

    def test_a_list_given_as_a_repeated_parameter_is_refused(self, driver: Driver) -> None:
        query = f"createdAfter={driver.ago(days=1)}&fulfilledBy=MERCHANT&fulfilledBy=AMAZON"
        assert_invalid(driver.send("GET", ORDERS_PATH, query))

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        answer = driver.search(marketplaceIds=US)
        assert answer.status == 403
        assert error_of(answer)["details"] == "The marketplaces you provided are not valid for region."

    def test_a_marketplace_of_the_region_without_orders_gives_an_empty_list(self, driver: Driver) -> None:
        assert driver.search(marketplaceIds=ITALY).json()["orders"] == []

    def test_filters_are_joined(self, driver: Driver) -> None:
        germany = driver.world.account.marketplaces[0].id
        parameters = {"marketplaceIds": germany, "fulfillmentStatuses": "UNSHIPPED,SHIPPED", "fulfilledBy": "MERCHANT"}
        found = [order for page in driver.pages(includedData="FULFILLMENT", **parameters) for order in page["orders"]]
        assert {order["salesChannel"]["marketplaceId"] for order in found} == {germany}
        assert {order["fulfillment"]["fulfillmentStatus"] for order in found} == {"UNSHIPPED", "SHIPPED"}
        assert {order["fulfillment"]["fulfilledBy"] for order in found} == {"MERCHANT"}


class TestPages:
    def test_all_orders_come_once_and_not_by_time(self, driver: Driver) -> None:
        orders = [order for page in driver.pages(maxResultsPerPage=30) for order in page["orders"]]
        assert sorted(order["orderId"] for order in orders) == sorted(driver.world.orders)
        times = [order["createdTime"] for order in orders]
        assert times not in (sorted(times), sorted(times, reverse=True))

    def test_the_last_page_has_no_pagination_even_when_it_is_full(self) -> None:
        driver = Driver(orders=60)
        sizes = [(len(page["orders"]), "pagination" in page) for page in driver.pages(maxResultsPerPage=30)]
        assert sizes == [(30, True), (30, False)]

    def test_the_cut_off_stays_while_pages_are_read(self) -> None:
        driver = Driver(orders=60)
        ends = set()
        for page in driver.pages(lastUpdatedAfter=driver.ago(days=600), maxResultsPerPage=20):
            ends.add(page["lastUpdatedBefore"])
            driver.world.clock.advance(timedelta(minutes=10))
        assert len(ends) == 1

    def test_an_order_that_changes_between_pages_falls_out_and_shifts_no_other(self) -> None:
        driver = Driver(orders=60)
        pages = driver.pages(lastUpdatedAfter=driver.ago(days=600), maxResultsPerPage=20)
        seen = ids(next(pages))
        changed = [seen[0], next(order_id for order_id in driver.world.orders if order_id not in seen)]
        driver.world.clock.advance(timedelta(minutes=1))
        for order_id in changed:
            driver.control(f"orders/{order_id}", {"action": "touch"})
        seen += [order_id for page in pages for order_id in ids(page)]
        assert sorted([*seen, changed[1]]) == sorted(driver.world.orders)
        driver.world.clock.advance(timedelta(minutes=2))
        assert sorted(ids(driver.search(lastUpdatedAfter=driver.ago(minutes=3)).json())) == sorted(changed)

    def test_the_size_of_pages_may_change_but_nothing_else(self, driver: Driver) -> None:
        start = driver.ago(days=700)
        token = driver.search(createdAfter=start, maxResultsPerPage=10).json()["pagination"]["nextToken"]
        assert len(driver.search(createdAfter=start, maxResultsPerPage=7, paginationToken=token).json()["orders"]) == 7
        answer = driver.search(createdAfter=start, fulfilledBy="MERCHANT", paginationToken=token)
        assert_invalid(answer, "All parameters must match the original request except maxResultsPerPage.")

    def test_a_token_dies_after_a_day(self) -> None:
        driver = Driver(orders=60)
        start = driver.ago(days=700)
        token = driver.search(createdAfter=start, maxResultsPerPage=10).json()["pagination"]["nextToken"]
        driver.world.clock.advance(timedelta(hours=24))
        driver.token = driver.world.issue_token()
        assert driver.search(createdAfter=start, paginationToken=token).status == 200
        driver.world.clock.advance(timedelta(seconds=1))
        assert_invalid(driver.search(createdAfter=start, paginationToken=token), "We could not decode your NextToken")

    def test_a_token_that_is_encoded_twice_or_altered_cannot_be_decoded(self, driver: Driver) -> None:
        start = driver.ago(days=700)
        token = driver.search(createdAfter=start, maxResultsPerPage=10).json()["pagination"]["nextToken"]
        assert token.endswith("=")
        for wrong in (
            token.replace("=", "%3D"),
            token[4:],
            "A" + token[1:] if token[0] != "A" else "B" + token[1:],
            "é",
        ):
            answer = driver.search(createdAfter=start, paginationToken=wrong)
            assert_invalid(answer, "We could not decode your NextToken")


class TestDatasets:
    def test_without_datasets_only_the_bare_order_comes(self, driver: Driver) -> None:
        for order in driver.search().json()["orders"]:
            parts = set(order) - {"orderAliases", "programs", "associatedOrders"}
            assert parts == {"orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems"}
            for item in order["orderItems"]:
                assert set(item) - {"programs"} == {"orderItemId", "quantityOrdered", "product"}

    @pytest.mark.parametrize(
        ("dataset", "part"),
        [
            ("BUYER", "buyer"),
            ("RECIPIENT", "recipient"),
            ("PROCEEDS", "proceeds"),
            ("FULFILLMENT", "fulfillment"),
            ("PACKAGES", "packages"),
            ("TAX", "tax"),
            ("PAYMENT", "payment"),
            ("FULFILLMENT_ORDERS", "fulfillmentOrders"),
        ],
    )
    def test_a_dataset_brings_its_part(self, driver: Driver, dataset: str, part: str) -> None:
        assert any(part in order for page in driver.pages(includedData=dataset) for order in page["orders"])

    @pytest.mark.parametrize("part", ["proceeds", "promotion", "cancellation", "fulfillment", "tax"])
    def test_a_dataset_brings_the_part_of_the_items(self, driver: Driver, part: str) -> None:
        pages = driver.pages(includedData=part.upper())
        assert any(part in item for page in pages for order in page["orders"] for item in order["orderItems"])


class TestWhatAStatusHides:
    def test_pending_orders_have_no_buyer_address_price_or_window(self, driver: Driver) -> None:
        found = driver.search(fulfillmentStatuses="PENDING,PENDING_AVAILABILITY", includedData=EVERYTHING).json()[
            "orders"
        ]
        assert found
        for order in found:
            assert not {"buyer", "recipient", "proceeds", "payment", "packages"} & set(order)
            assert "shipByWindow" not in order["fulfillment"]
            assert all("price" not in item["product"] and "proceeds" not in item for item in order["orderItems"])

    def test_amazon_fulfilled_orders_have_the_town_alone_and_no_relay_address(self, driver: Driver) -> None:
        found = driver.search(fulfilledBy="AMAZON", fulfillmentStatuses="SHIPPED", includedData=EVERYTHING).json()[
            "orders"
        ]
        assert found
        for order in found:
            assert set(order["recipient"]["deliveryAddress"]) <= {"city", "stateOrRegion", "countryCode"}
            assert "buyerEmail" not in order["buyer"]
            assert "packages" not in order

    def test_the_phone_goes_when_a_shipped_order_is_past_its_delivery_window(self) -> None:
        driver = Driver(orders=250)
        with_phone = [
            order["orderId"]
            for order in driver.search(fulfillmentStatuses="SHIPPED", includedData="RECIPIENT").json()["orders"]
            if "phone" in order["recipient"]["deliveryAddress"]
        ]
        assert with_phone
        driver.world.clock.advance(timedelta(days=15))
        driver.token = driver.world.issue_token()
        for order_id in with_phone:
            assert "phone" not in driver.order(order_id)["recipient"]["deliveryAddress"]


def test_a_single_order_is_the_same_as_in_the_search(driver: Driver) -> None:
    for order in driver.search(includedData=EVERYTHING, maxResultsPerPage=50).json()["orders"]:
        assert driver.order(order["orderId"]) == order


def test_an_unknown_order_is_not_found(driver: Driver) -> None:
    answer = driver.get(f"{ORDERS_PATH}/302-0000000-0000000")
    assert (answer.status, error_of(answer)["code"]) == (404, "NotFound")


def test_every_answer_has_the_sandboxs_date_and_a_request_id() -> None:
    driver = Driver()
    driver.world.clock.advance(timedelta(hours=36))
    driver.token = driver.world.issue_token()
    seen = set()
    for answer in (driver.search(), driver.search(maxResultsPerPage=0), driver.get("/orders/v9"), driver.ask_lwa()):
        assert answer.headers["Date"] == "Wed, 25 Nov 2026 00:00:00 GMT"
        assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-amzn-RequestId"])
        seen.add(answer.headers["x-amzn-RequestId"])
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/orders/v0/orders"), ("POST", ORDERS_PATH), ("GET", f"{ORDERS_PATH}/"), ("GET", "/orders/2026-01-01")],
)
def test_an_unknown_path_or_method_is_a_403_of_the_gateway(driver: Driver, method: str, path: str) -> None:
    answer = driver.send(method, path)
    assert (answer.status, error_of(answer)["message"]) == (403, "Missing Authentication Token")


def test_a_get_with_a_body_is_answered_in_html(driver: Driver) -> None:
    answer = driver.send("GET", ORDERS_PATH, f"createdAfter={iso(driver.world.now())}", b"{}")
    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("text/html")
