import re
import time
from datetime import timedelta
from typing import Any

import pytest

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox.account import make_account
from amzlink.sandbox.order_plan import SHOWCASE, Trait
from amzlink.sandbox.world import World
from tests.sandbox.driver import EVERYTHING, NOON, Driver, StoppedClock


def bodies(driver: Driver) -> list[dict[str, Any]]:
    return [order.body for order in driver.world.orders.values()]


def cents(money: dict[str, str]) -> int:
    return round(float(money["amount"]) * 100)


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A sandbox that no test changes."""
    return Driver(orders=600)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    assert bodies(Driver(seed=3)) == bodies(Driver(seed=3))
    assert set(Driver(seed=3).world.orders).isdisjoint(Driver(seed=4).world.orders)


@pytest.mark.parametrize("count", [0, 1, 7, 333])
def test_exactly_so_many_orders_exist(count: int) -> None:
    assert len(Driver(orders=count).world.orders) == count


def test_credentials_have_amazons_forms() -> None:
    credentials = make_account(7).credentials()
    assert re.fullmatch(r"A[A-Z0-9]{13}", credentials["seller_id"])
    assert re.fullmatch(r"amzn1\.application-oa2-client\.[0-9a-f]{32}", credentials["client_id"])
    assert re.fullmatch(r"amzn1\.oa2-cs\.v1\.[0-9a-f]{64}", credentials["client_secret"])
    assert credentials["refresh_token"].startswith("Atzr|")
    assert [BY_ID[marketplace_id].country for marketplace_id in credentials["marketplace_ids"]] == [
        "DE",
        "FR",
        "NL",
        "PL",
    ]
    assert credentials == make_account(7).credentials()
    assert credentials != make_account(8).credentials()


def test_the_showcase_has_every_trait(driver: Driver) -> None:
    first = list(driver.world.orders.values())[: len(SHOWCASE)]
    assert set().union(*(order.traits for order in first)) == set(Trait)


def test_ids_have_amazons_forms(driver: Driver) -> None:
    for order in bodies(driver):
        assert re.fullmatch(r"\d{3}-\d{7}-\d{7}", order["orderId"])
        for item in order["orderItems"]:
            assert re.fullmatch(r"\d{14}", item["orderItemId"])
            assert re.fullmatch(r"B0[A-Z0-9]{8}", item["product"]["asin"])


def test_a_fresh_sandbox_is_settled_and_reaches_200_days_back(driver: Driver) -> None:
    ages = []
    for order in driver.world.orders.values():
        assert order.created <= order.updated <= NOON - timedelta(minutes=5)
        ages.append(NOON - order.created)
    assert timedelta(days=60) < max(ages) <= timedelta(days=201)
    old = [order for order in driver.world.orders.values() if NOON - order.updated > timedelta(days=61)]
    assert old
    assert all(order.is_shippable for order in old)


def test_money_is_in_the_marketplaces_currency_and_adds_up(driver: Driver) -> None:
    for order in bodies(driver):
        currency = BY_ID[order["salesChannel"]["marketplaceId"]].currency
        total = order["proceeds"]["grandTotal"]
        assert total["currencyCode"] == currency
        assert cents(total) == sum(cents(item["proceeds"]["proceedsTotal"]) for item in order["orderItems"])
        assert cents(total) == sum(cents(part["subtotal"]) for part in order["proceeds"]["breakdowns"])


def test_quantities_fit_the_status_and_the_parcels(driver: Driver) -> None:
    for order in bodies(driver):
        status, merchant = order["fulfillment"]["fulfillmentStatus"], order["fulfillment"]["fulfilledBy"] == "MERCHANT"
        in_parcels: dict[str, int] = {}
        for package in order.get("packages", []):
            for item in package["packageItems"]:
                in_parcels[item["orderItemId"]] = in_parcels.get(item["orderItemId"], 0) + item["quantity"]
        sent = {
            item["orderItemId"]: item["fulfillment"]["quantityFulfilled"]
            for item in order["orderItems"]
            if item["fulfillment"]["quantityFulfilled"]
        }
        assert in_parcels == (sent if merchant else {})
        left = sum(item["fulfillment"]["quantityUnfulfilled"] for item in order["orderItems"])
        assert (left > 0) == (status not in {"SHIPPED", "CANCELLED"})
        assert bool(sent) == (status in {"SHIPPED", "PARTIALLY_SHIPPED"})


def test_windows_follow_each_other(driver: Driver) -> None:
    for order in bodies(driver):
        ship, deliver = order["fulfillment"]["shipByWindow"], order["fulfillment"]["deliverByWindow"]
        times = [
            ship["earliestDateTime"],
            ship["latestDateTime"],
            deliver["earliestDateTime"],
            deliver["latestDateTime"],
        ]
        assert times == sorted(times)
        assert ship["latestDateTime"] > order["createdTime"]


def test_labels_that_must_wait_wait_beyond_now(driver: Driver) -> None:
    waiting = [order["fulfillment"] for order in bodies(driver) if "labelPrintingWindow" in order["fulfillment"]]
    assert waiting
    assert all(each["labelPrintingWindow"]["earliestDateTime"] > driver.ago() for each in waiting)


def test_personal_values_are_found_in_what_amazon_tells_of_the_order(driver: Driver) -> None:
    order_id = driver.world.shippable()[0]
    values = driver.world.orders[order_id].personal_values()
    told = str(driver.order(order_id, EVERYTHING))
    assert len(values) >= 3
    assert all(value in told for value in values)


def test_skus_include_those_that_need_encoding(driver: Driver) -> None:
    skus = "".join(driver.world.catalogue.by_sku)
    assert all(character in skus for character in "/ +%,#?&=ÜŁ.@")


def test_twenty_thousand_orders_are_ready_within_seconds() -> None:
    """Planned at once, written when asked for; the bound is generous, for slow machines."""
    begun = time.process_time()
    world = World(orders=20_000, clock=StoppedClock())
    assert len(world.orders) == 20_000
    assert time.process_time() - begun < 15
