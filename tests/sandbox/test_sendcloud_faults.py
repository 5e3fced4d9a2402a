"""Sendcloud's faults: what each strikes, and what it leaves alone."""

from typing import Any

import pytest

from amzlink.sandbox.faults import FAULTS
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.sendcloud.faults import SENDCLOUD_FAULTS
from tests.sandbox.driver import ORDERS_PATH, Driver
from tests.sandbox.sendcloud_driver import (
    AMAZONS_LOOK,
    INTEGRATIONS,
    METADATA,
    ORDERS,
    SHIPMENTS,
    STATUSES,
    SendcloudDriver,
    errors_of,
    pointers_of,
)
from tests.support.rows import each_row


def answers(driver: SendcloudDriver) -> dict[str, Response]:
    """One call of each kind, on an order and a shipment that are there."""
    faults = driver.world.faults.names
    driver.switch(off=tuple(faults))
    driver.store()
    driver.move("announce", orders="all")
    key = driver.rows(ORDERS)[0]["id"]
    shipment = driver.rows(SHIPMENTS)[0]["id"]
    driver.switch(*faults)
    return {
        "token": driver.ask_token(),
        "metadata": driver.get(METADATA),
        "integrations": driver.get(INTEGRATIONS),
        "integration": driver.get(f"{INTEGRATIONS}/{driver.keys.integration_id}"),
        "change integration": driver.send(
            "PATCH", f"{INTEGRATIONS}/{driver.keys.integration_id}", document={"feedback_type": "eager"}
        ),
        "statuses": driver.get(STATUSES),
        "post": driver.post(driver.order(3)),
        "orders": driver.get(ORDERS),
        "order": driver.get(f"{ORDERS}/{key}"),
        "change": driver.send("PATCH", f"{ORDERS}/{key}", document={"order_number": "7"}),
        "shipments": driver.get(SHIPMENTS),
        "shipment": driver.get(f"{SHIPMENTS}/{shipment}"),
        "delete": driver.send("DELETE", f"{ORDERS}/{key}"),
    }


SOUND = {
    "token": 200, "metadata": 200, "integrations": 200, "integration": 200, "change integration": 204,
    "statuses": 200, "post": 201, "orders": 200, "order": 200, "change": 200, "shipments": 200, "shipment": 200,
    "delete": 204,
}  # fmt: skip
TOKEN = {"token"}
API = set(SOUND) - TOKEN
WRITES = {"post", "change", "delete"}


def test_without_a_fault_every_call_is_answered_well() -> None:
    assert {name: answer.status for name, answer in answers(SendcloudDriver()).items()} == SOUND


@each_row(
    ("fault", "status", "struck"),
    [
        ("sendcloud-credentials", 401, API | TOKEN),
        ("sendcloud-oauth-only", 401, API),
        ("sendcloud-throttled", 429, API),
        ("sendcloud-throttled-once", 429, API),
        ("sendcloud-forbidden", 403, API),
        ("sendcloud-not-found", 404, API - {"metadata", "statuses"}),
        ("sendcloud-broken", 500, API | TOKEN),
        ("sendcloud-broken-once", 500, API),
        ("sendcloud-conflict", 409, WRITES),
        ("sendcloud-busy", 400, {"post"}),
        ("sendcloud-busy-once", 400, {"post"}),
        ("sendcloud-refuses-one", 400, {"post"}),
        ("sendcloud-refuses-vaguely", 422, {"post"}),
        ("sendcloud-keeps-orders", 409, {"delete"}),
        ("sendcloud-lost-answer", 500, WRITES),
        ("sendcloud-html", 200, set(SOUND)),
        ("sendcloud-malformed", 200, set(SOUND)),
        ("sendcloud-amazon-active", 200, set()),
        ("sendcloud-forgets", 200, set()),
        ("sendcloud-slow", 200, set()),
        ("sendcloud-updated-at-still", 200, set()),
    ],
)
def test_a_fault_strikes_its_calls_and_no_others(fault: str, status: int, struck: set[str]) -> None:
    told = {name: answer.status for name, answer in answers(SendcloudDriver(faults=(fault,))).items()}
    assert told == SOUND | dict.fromkeys(struck, status)


def test_no_fault_of_sendclouds_touches_amazon_and_none_of_amazons_touches_sendcloud() -> None:
    ours = {fault.name for fault in SENDCLOUD_FAULTS}
    for name in ours:
        driver = Driver(faults=(name,))
        assert (driver.search().status, driver.ask_lwa().status) == (200, 200), name
    for name in set(FAULTS) - ours:
        sendcloud = SendcloudDriver(faults=(name,))
        assert (sendcloud.get(METADATA).status, sendcloud.ask_token().status) == (200, 200), name


@pytest.mark.parametrize("fault", SENDCLOUD_FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_described_and_named_after_sendcloud(fault: Any) -> None:
    assert fault.description
    assert fault.name.startswith("sendcloud-")
    assert FAULTS[fault.name] is fault


def test_a_hang_leaves_every_call_without_an_answer() -> None:
    driver = SendcloudDriver(faults=("sendcloud-hang",))
    assert all(answer.silent for answer in (driver.get(METADATA), driver.ask_token(), driver.get("/api/v3/nothing")))


def test_a_page_and_a_broken_answer_are_no_json() -> None:
    page = SendcloudDriver(faults=("sendcloud-html",)).get(METADATA)
    assert page.headers["Content-Type"].startswith("text/html")
    driver = SendcloudDriver(faults=("sendcloud-malformed",))
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        driver.get(ORDERS).json()
    assert "access_token" not in driver.ask_token().json()


def test_with_oauth_only_a_token_opens() -> None:
    driver = SendcloudDriver(faults=("sendcloud-oauth-only",))
    assert driver.send("GET", METADATA, authorization=driver.bearer()).status == 200


def test_a_missing_integration_is_told_by_its_absence_and_by_the_pointer() -> None:
    driver = SendcloudDriver(faults=("sendcloud-integration-missing",))
    own = driver.keys.integration_id
    assert driver.get(METADATA).json()["data"]["integration_id"] == own, "the keys are good"
    assert own not in {row["id"] for row in driver.rows(INTEGRATIONS)}
    assert driver.get(f"{INTEGRATIONS}/{own}").status == 404
    assert pointers_of(driver.post(driver.order())) == ["/data/attributes/[0]/order_details/integration/id"]
    assert errors_of(driver.get(ORDERS, integration=own))[0]["code"] == "invalid_choice"


def test_an_active_amazon_integration_is_listed() -> None:
    driver = SendcloudDriver(faults=("sendcloud-amazon-active",))
    assert [row["type"] for row in driver.rows(INTEGRATIONS)].count("amazon") == 1
    driver.switch(off=("sendcloud-amazon-active",))
    assert "amazon" not in {row["type"] for row in driver.rows(INTEGRATIONS)}


def test_busy_points_at_the_whole_batch_and_stores_nothing() -> None:
    driver = SendcloudDriver(faults=("sendcloud-busy-once",))
    busy = driver.post(driver.order())
    assert (busy.status, pointers_of(busy)) == (400, ["/data"])
    driver.wait(2)
    assert driver.rows(ORDERS) == []
    assert driver.post(driver.order()).status == 201


def test_one_order_of_a_batch_is_refused_for_good_and_the_rest_are_taken() -> None:
    driver = SendcloudDriver(faults=("sendcloud-refuses-one",))
    orders = [driver.order(number) for number in range(3)]
    assert pointers_of(driver.post(*orders)) == ["/data/attributes/[0]/shipping_address/postal_code"]
    assert driver.post(*orders[1:]).status == 201
    more = [driver.order(number) for number in range(3, 6)]
    assert pointers_of(driver.post(*more)) == ["/data/attributes/[0]/shipping_address/postal_code"]
    assert driver.post(*more[1:], orders[1]).status == 201
    assert pointers_of(driver.post(orders[1], orders[0], more[0])) == [
        "/data/attributes/[1]/shipping_address/postal_code",
        "/data/attributes/[2]/shipping_address/postal_code",
    ]


@each_row("body", [b"[{", b"{}", b"\xff"])
def test_what_is_no_batch_is_refused_as_that_and_not_for_one_of_its_orders(body: bytes) -> None:
    driver = SendcloudDriver(faults=("sendcloud-refuses-one",))
    headers = {"authorization": driver.authorization, "content-type": "application/json"}
    assert driver.app.handle(Request("POST", ORDERS, "", headers, body)).status == 400
    assert pointers_of(driver.post(driver.order())) == ["/data/attributes/[0]/shipping_address/postal_code"]


def test_what_is_forgotten_is_accepted_and_never_seen() -> None:
    driver = SendcloudDriver(faults=("sendcloud-forgets",))
    assert driver.post(driver.order()).status == 201
    driver.wait(3600)
    assert driver.rows(ORDERS) == []
    assert driver.control()["writes"] == {}
    driver.switch(off=("sendcloud-forgets",))
    driver.store()
    assert len(driver.rows(ORDERS)) == 1


def test_a_slow_sendcloud_stores_minutes_later() -> None:
    driver = SendcloudDriver(faults=("sendcloud-slow",))
    assert driver.post(driver.order()).status == 201
    driver.wait(400)
    assert driver.rows(ORDERS) == []
    driver.wait(400)
    assert len(driver.rows(ORDERS)) == 1


def test_a_vague_refusal_names_no_order_and_strikes_every_batch_with_that_order_in_it() -> None:
    driver = SendcloudDriver(faults=("sendcloud-refuses-vaguely",))
    orders = [driver.order(number) for number in range(3)]
    assert "source" not in errors_of(driver.post(*orders))[0]
    assert driver.post(*orders[1:]).status == 201
    assert driver.post(orders[0]).status == 422


def test_a_lost_answer_is_one_to_a_call_that_was_carried_out() -> None:
    driver = SendcloudDriver(faults=("sendcloud-lost-answer",))
    refused = driver.post(driver.order(1, order_number=None))
    assert refused.status == 400, "what was refused was not carried out"
    assert driver.post(driver.order()).status == 500
    driver.wait(2)
    [row] = driver.rows(ORDERS)
    assert driver.post(driver.order()).status == 201
    assert driver.send("DELETE", f"{ORDERS}/{row['id']}").status == 500
    assert driver.rows(ORDERS) == []


def test_with_a_still_time_only_labels_and_cancellations_are_polled() -> None:
    driver = SendcloudDriver(faults=("sendcloud-updated-at-still",))
    driver.store(2)
    scanned, cancelled = driver.move("announce", orders="all", status="ANNOUNCING")
    start = "2026-11-23T12:00:02Z"
    driver.wait(60)
    driver.move("status", status="READY_TO_SEND", parcels="all")
    assert len(driver.rows(SHIPMENTS, updated_after=start)) == 2
    driver.wait(60)
    driver.move("deliver", parcels=[scanned["id"]])
    driver.move("cancel", parcels=[cancelled["id"]])
    [row] = driver.rows(SHIPMENTS, updated_after="2026-11-23T12:01:02Z")
    assert row["order_number"] == AMAZONS_LOOK.format(1)
    [still] = driver.rows(SHIPMENTS, ids=scanned["id"])
    assert still["parcels"][0]["status"]["code"] == "DELIVERED"


def test_orders_of_amazon_are_served_beside_them() -> None:
    driver = Driver(faults=("sendcloud-broken",))
    assert driver.get(f"{ORDERS_PATH}/{driver.world.shippable()[0]}").status == 200
