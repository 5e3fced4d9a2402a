from typing import Any

import pytest

from amzlink.sandbox.order_plan import Story
from tests.sandbox.driver import EVERYTHING, Driver


def first(driver: Driver, status: Story) -> str:
    return next(
        order.order_id
        for order in driver.world.orders.values()
        if order.status is status and order.fulfilled_by == "MERCHANT"
    )


def act(driver: Driver, order_id: str, action: str) -> dict[str, Any]:
    """Does it, and gives the order as Amazon tells it then."""
    driver.control("clock", {"advance": 60})
    answer = driver.control(f"orders/{order_id}", {"action": action})
    order = driver.order(order_id, EVERYTHING)
    assert order["lastUpdatedTime"] == driver.ago() == answer["last_updated"]
    assert order["fulfillment"]["fulfillmentStatus"] == answer["status"]
    return order


def test_the_state_counts_orders_calls_and_names_faults() -> None:
    driver = Driver(orders=60, faults=("unknown-fields",))
    driver.ask_lwa()
    driver.search()
    driver.search(maxResultsPerPage=0)
    state = driver.control("state")
    assert state["orders"]["total"] == sum(state["orders"]["by_status"].values()) == 60
    assert state["orders"]["shippable"] == len(driver.world.shippable())
    assert state["calls"] == driver.world.count_calls() == {"token": 1, "searchOrders": 2}
    assert state["faults"] == ["unknown-fields"]
    assert (state["now"], state["clock_moved_seconds"], state["quota"]) == ("2026-11-23T12:00:00Z", 0.0, "off")


def test_the_clock_moves_in_both_directions() -> None:
    driver = Driver()
    assert driver.control("clock", {"advance": 90}) == {"now": "2026-11-23T12:01:30Z"}
    assert driver.control("clock", {"advance": -180}) == {"now": "2026-11-23T11:58:30Z"}
    driver.control("clock", {"advance": 180})
    assert driver.control("state")["clock_moved_seconds"] == 90


def test_new_orders_are_created_now_and_searched_two_minutes_later() -> None:
    driver = Driver(orders=60)
    added = driver.control("orders", {"add": 3})["added"]
    assert set(added) <= set(driver.world.shippable())
    start = driver.ago()
    driver.control("clock", {"advance": 119})
    assert driver.search(lastUpdatedAfter=driver.ago(seconds=121)).json()["orders"] == []
    driver.control("clock", {"advance": 1})
    found = driver.search(lastUpdatedAfter=start).json()["orders"]
    assert sorted(order["orderId"] for order in found) == sorted(added)


def test_new_orders_can_have_come_one_after_the_other() -> None:
    driver = Driver()
    added = driver.control("orders", {"add": 4, "over_hours": 8})["added"]
    created = [driver.world.orders[order_id].created for order_id in added]
    assert [(created[-1] - each).total_seconds() / 3600 for each in created] == [6, 4, 2, 0]


def test_new_orders_can_be_pending_and_are_paid_later() -> None:
    driver = Driver()
    (order_id,) = driver.control("orders", {"add": 1, "status": "PENDING"})["added"]
    assert "recipient" not in driver.order(order_id)
    order = act(driver, order_id, "pay")
    assert order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert "buyer" in order


def test_a_cancelled_order_has_nothing_left_to_send() -> None:
    driver = Driver()
    order = act(driver, first(driver, Story.UNSHIPPED), "cancel")
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    for item in order["orderItems"]:
        assert item["cancellation"]["cancellationExecution"]["cancelledBy"] == "BUYER"
        assert item["fulfillment"]["quantityUnfulfilled"] == 0
    assert order["orderId"] not in driver.world.shippable()


def test_a_buyers_wish_to_cancel_leaves_the_order_open() -> None:
    driver = Driver()
    order = act(driver, first(driver, Story.UNSHIPPED), "request-cancellation")
    assert order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    for item in order["orderItems"]:
        assert item["cancellation"]["cancellationRequest"]["requester"] == "BUYER"
        assert "cancellationExecution" not in item["cancellation"]


@pytest.mark.parametrize("status", [Story.UNSHIPPED, Story.PARTIALLY_SHIPPED])
def test_shipping_sends_what_is_left_in_one_more_parcel(status: Story) -> None:
    driver = Driver()
    order_id = first(driver, status)
    before = driver.order(order_id)
    left = {
        item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"]
        for item in before["orderItems"]
        if item["fulfillment"]["quantityUnfulfilled"]
    }
    order = act(driver, order_id, "ship")
    assert order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    *earlier, parcel = order["packages"]
    assert earlier == before.get("packages", [])
    assert {item["orderItemId"]: item["quantity"] for item in parcel["packageItems"]} == left
    assert parcel["packageReferenceId"] not in {package["packageReferenceId"] for package in earlier}
    assert all(item["fulfillment"]["quantityUnfulfilled"] == 0 for item in order["orderItems"])


def test_delivery_reaches_every_parcel() -> None:
    driver = Driver()
    order = act(driver, first(driver, Story.SHIPPED), "deliver")
    assert {package["packageStatus"]["status"] for package in order["packages"]} == {"DELIVERED"}


def test_a_touched_order_differs_in_its_time_alone() -> None:
    driver = Driver()
    order_id = first(driver, Story.UNSHIPPED)
    before = driver.order(order_id)
    after = act(driver, order_id, "touch")
    assert {key for key in after if after[key] != before[key]} == {"lastUpdatedTime"}


@pytest.mark.parametrize(
    ("status", "action"),
    [(Story.SHIPPED, "cancel"), (Story.CANCELLED, "ship"), (Story.UNSHIPPED, "deliver"), (Story.PENDING, "ship")],
)
def test_what_cannot_happen_to_an_order_is_refused_and_changes_nothing(status: Story, action: str) -> None:
    driver = Driver()
    order_id = first(driver, status)
    before = driver.order(order_id)
    assert driver.post_json(f"/control/orders/{order_id}", {"action": action}).status == 400
    assert driver.order(order_id) == before


def test_orders_are_listed_by_status_and_shown_whole() -> None:
    driver = Driver(orders=60)
    assert len(driver.control("orders")["orders"]) == 60
    answer = driver.get("/control/orders", status="PENDING")
    assert answer.json()["orders"] == [o.order_id for o in driver.world.orders.values() if o.status is Story.PENDING]
    order_id = first(driver, Story.PENDING)
    assert "recipient" in driver.control(f"orders/{order_id}")["order"]


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("nothing", None, 404),
        ("orders/302-0000000-0000000", None, 404),
        ("orders/302-0000000-0000000", {"action": "ship"}, 404),
        ("orders", {"add": 1, "over_hours": -1}, 400),
        ("orders", {"add": 0}, 400),
        ("orders", {"add": True}, 400),
        ("orders", {"add": 1, "status": "SHIPPED"}, 400),
        ("clock", {"advance": "1h"}, 400),
        ("clock", {"advance": 1e30}, 400),
        ("faults", {"on": "throttled"}, 400),
        ("faults", {"on": ["gremlins"]}, 400),
        ("faults", [], 400),
    ],
)
def test_wrong_control_calls_are_told_in_json(path: str, document: object, status: int) -> None:
    driver = Driver()
    answer = driver.get(f"/control/{path}") if document is None else driver.post_json(f"/control/{path}", document)
    assert answer.status == status
    assert answer.json()["error"]


def test_an_unknown_action_and_a_broken_body_are_refused() -> None:
    driver = Driver()
    path = f"/control/orders/{driver.world.shippable()[0]}"
    assert driver.post_json(path, {"action": "teleport"}).status == 400
    assert driver.send("POST", path, body=b"{").status == 400


def test_a_status_nobody_knows_is_refused() -> None:
    assert Driver().get("/control/orders", status="LOST").status == 400
