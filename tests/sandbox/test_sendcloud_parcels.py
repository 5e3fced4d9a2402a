"""Parcels in Sendcloud's half: labels, scans, deliveries, cancellations, and how they are polled."""

import time
from random import Random
from typing import Any

import pytest

from amzlink.core.shipments.tracking_number import read_tracking_number
from amzlink.sandbox.sendcloud.carriers import CARRIERS
from amzlink.sandbox.sendcloud.statuses import STATUSES
from tests.sandbox.sendcloud_driver import (
    AMAZONS_LOOK,
    ORDERS,
    SHIPMENTS,
    SendcloudDriver,
    cursors,
    errors_of,
)
from tests.sandbox.sendcloud_driver import (
    STATUSES as STATUSES_PATH,
)
from tests.support.rows import each_row


def parcels_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [parcel for row in rows for parcel in row["parcels"]]


def contents_of(parcel: dict[str, Any]) -> dict[str, int]:
    return {item["item_id"]: item["quantity"] for item in parcel["parcel_items"]}


def test_a_label_makes_a_shipment_with_the_orders_number_lines_and_weight() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    [made] = driver.move("announce", orders=[order_id])
    [row] = driver.rows(SHIPMENTS)
    [parcel] = row["parcels"]
    assert row["order_number"] == made["order_number"] == order_id
    assert row["carrier"] == {"code": "dhl_de", "name": "DHL"}
    assert row["ship_with"]["properties"]["shipping_option_code"] == "dhl_de:paket"
    assert row["to_address"]["city"] == "Köln"
    assert (parcel["id"], parcel["status"]) == (made["id"], {"code": "READY_TO_SEND", "message": "Ready to send"})
    assert parcel["tracking_number"] == made["tracking_number"]
    assert len(parcel["tracking_number"]) == 20
    assert contents_of(parcel) == {"11": 3, "12": 1}
    assert [item["sku"] for item in parcel["parcel_items"]] == ["K-1", "D-1"]
    assert parcel["weight"] == {"value": "1.000", "unit": "kg"}
    assert parcel["announced_at"] == parcel["created_at"] == "2026-11-23T12:00:02.000000Z"
    assert driver.get(f"{SHIPMENTS}/{row['id']}").json()["data"] == row


def test_a_carrier_and_a_shipping_option_can_be_named_and_unknown_ones_too() -> None:
    driver = SendcloudDriver()
    first, second = driver.store(2)
    driver.move("announce", orders=[first], carrier="postnl", shipping_option="postnl:insured")
    driver.move("announce", orders=[second], carrier="van_der_berg")
    [unknown, postnl] = driver.rows(SHIPMENTS)
    assert postnl["ship_with"]["properties"]["shipping_option_code"] == "postnl:insured"
    assert postnl["parcels"][0]["tracking_number"].startswith("3S")
    assert unknown["carrier"] == {"code": "van_der_berg", "name": "Van Der Berg"}


@each_row("code", [code for code in CARRIERS if code != "sendcloud"])
def test_tracking_numbers_are_of_the_carriers_look_and_the_seeds(code: str) -> None:
    numbers = []
    for _ in range(2):
        driver = SendcloudDriver(seed=11)
        driver.store(2)
        numbers.append([parcel["tracking_number"] for parcel in driver.move("announce", orders="all", carrier=code)])
    assert numbers[0] == numbers[1]
    assert len(set(numbers[0])) == 2
    assert {len(number) for number in numbers[0]} == {len(CARRIERS[code].number)}


@each_row("code", [code for code in CARRIERS if code != "sendcloud"])
def test_a_tracking_number_can_be_given_back_in_a_file(code: str) -> None:
    rng = Random(11)
    for _ in range(50):
        number = CARRIERS[code].draw_number(rng)
        assert read_tracking_number(number) == number


def test_an_order_is_split_by_items_by_number_and_by_hand() -> None:
    driver = SendcloudDriver()
    by_items, by_number, by_hand = driver.store(3)
    contents = [{"11": 1}, {"11": 2, "12": 1}]
    driver.move("announce", orders=[by_items], split="items")
    driver.move("announce", orders=[by_number], split=2)
    driver.move("announce", orders=[by_hand], split=contents)
    assert [contents_of(parcel) for parcel in parcels_of(driver.rows(SHIPMENTS, order_number=by_items))] == [
        {"12": 1}, {"11": 3},
    ]  # fmt: skip
    assert [contents_of(parcel) for parcel in parcels_of(driver.rows(SHIPMENTS, order_number=by_number))] == [
        {"11": 1, "12": 1}, {"11": 2},
    ]  # fmt: skip
    assert [contents_of(parcel) for parcel in parcels_of(driver.rows(SHIPMENTS, order_number=by_hand))][
        ::-1
    ] == contents


def test_several_parcels_may_be_in_one_shipment_each_with_its_own_number() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    driver.move("announce", orders=[order_id], split=3, together=True)
    [row] = driver.rows(SHIPMENTS)
    assert len({parcel["tracking_number"] for parcel in row["parcels"]}) == 3


def test_an_order_without_an_address_gets_no_label() -> None:
    driver = SendcloudDriver()
    good, bad = driver.store(2)
    driver.post(driver.order(1, shipping_address=None))
    driver.wait(2)
    answer = driver.steer("sendcloud/parcels", {"action": "announce", "orders": [good, bad]})
    assert (answer.status, "no address" in answer.json()["error"]) == (400, True)
    assert driver.rows(SHIPMENTS) == [], "nothing is done by halves"
    assert [parcel["order_number"] for parcel in driver.move("announce", orders="all")] == [good]


def test_all_makes_labels_where_none_is_alive() -> None:
    driver = SendcloudDriver()
    first, second, third = driver.store(3)
    driver.move("announce", orders=[first, second])
    driver.move("cancel", orders=[second])
    assert [parcel["order_number"] for parcel in driver.move("announce", orders="all")] == [second, third]


@pytest.mark.parametrize(
    ("action", "status"),
    [("scan", "TO_SORTING"), ("deliver", "DELIVERED"), ("fail", "DELIVERY_FAILED"), ("cancel", "CANCELLED")],
)
def test_an_action_gives_a_parcel_its_status_and_moves_its_time(action: str, status: str) -> None:
    driver = SendcloudDriver()
    driver.store()
    [made] = driver.move("announce", orders="all")
    driver.wait(600)
    driver.move(action, parcels=[made["id"]])
    [parcel] = parcels_of(driver.rows(SHIPMENTS))
    assert parcel["status"] == {"code": status, "message": STATUSES[status]}
    assert parcel["updated_at"] == "2026-11-23T12:10:02.000000Z"
    assert parcel["announced_at"] == "2026-11-23T12:00:02.000000Z"
    assert parcel["tracking_number"] == made["tracking_number"]


def test_a_parcel_can_have_each_of_the_35_statuses() -> None:
    driver = SendcloudDriver()
    driver.store()
    [made] = driver.move("announce", orders="all")
    listed = {row["code"]: row["message"] for row in driver.rows(STATUSES_PATH)}
    assert listed == dict(STATUSES)
    assert len(listed) == 35
    for code in listed:
        driver.move("status", status=code, parcels=[made["id"]])
        assert [row["order_number"] for row in driver.rows(SHIPMENTS, parcel_status=code)] == [made["order_number"]]
    assert driver.rows(SHIPMENTS, parcel_status="READY_TO_SEND") == []


def test_a_parcel_that_is_being_announced_has_no_number_until_it_is() -> None:
    driver = SendcloudDriver()
    driver.store()
    [made] = driver.move("announce", orders="all", status="ANNOUNCING")
    [parcel] = parcels_of(driver.rows(SHIPMENTS))
    assert (parcel["tracking_number"], parcel["tracking_url"], parcel["announced_at"]) == ("", None, None)
    driver.move("status", status="ANNOUNCEMENT_FAILED", parcels=[made["id"]])
    [row] = driver.rows(SHIPMENTS)
    assert row["errors"][0]["code"] == "parcel_announcement_error"
    driver.move("status", status="READY_TO_SEND", parcels=[made["id"]])
    [row] = driver.rows(SHIPMENTS)
    assert row["parcels"][0]["tracking_number"]
    assert row["errors"] == []


def test_a_parcel_that_is_cancelled_before_its_label_never_gets_one() -> None:
    driver = SendcloudDriver()
    driver.store()
    driver.move("announce", orders="all", status="ANNOUNCING")
    driver.move("status", status="CANCELLING", parcels="all")
    [parcel] = driver.move("cancel", parcels="all")
    assert (parcel["status"], parcel["tracking_number"]) == ("CANCELLED", "")


def test_a_letter_has_no_number_and_is_ready_to_send_for_ever() -> None:
    driver = SendcloudDriver()
    driver.store()
    driver.move("letter", orders="all")
    [row] = driver.rows(SHIPMENTS)
    assert row["ship_with"]["properties"]["shipping_option_code"] == "sendcloud:letter"
    assert row["carrier"]["code"] == "sendcloud"
    [parcel] = row["parcels"]
    assert (parcel["status"]["code"], parcel["tracking_number"]) == ("READY_TO_SEND", "")
    assert parcel["announced_at"]


def test_a_relabel_cancels_the_parcel_and_makes_another_with_another_number() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    [old] = driver.move("announce", orders="all")
    [new] = driver.move("relabel", parcels=[old["id"]])
    assert new["order_number"] == order_id
    assert new["tracking_number"] != old["tracking_number"]
    assert new["units"] == old["units"]
    shown = {parcel["id"]: parcel["status"]["code"] for parcel in parcels_of(driver.rows(SHIPMENTS))}
    assert shown == {old["id"]: "CANCELLED", new["id"]: "READY_TO_SEND"}
    assert driver.steer("sendcloud/parcels", {"action": "relabel", "parcels": [old["id"]]}).status == 400


def test_other_integrations_shipments_come_too_unless_one_is_named() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    driver.move("announce", orders="all")
    driver.control("strangers", {"add": 2, "order_numbers": [order_id]})
    assert len(driver.rows(SHIPMENTS)) == 4
    assert len(driver.rows(SHIPMENTS, order_number=order_id)) == 2
    own = driver.rows(SHIPMENTS, integration_id=driver.keys.integration_id)
    assert [row["order_number"] for row in own] == [order_id]
    assert "integration_id" not in own[0]
    assert driver.rows(SHIPMENTS, integration_id="1") == []
    assert len(driver.control("orders")["orders"][0]["parcels"]) == 1, "a stranger's parcel is none of the order's"


def stamps(driver: SendcloudDriver) -> list[str]:
    """Three parcels, made at one, two and three minutes past; the first is scanned at four."""
    driver.store(3)
    for number in range(3):
        driver.wait(58 if number == 0 else 60)
        driver.move("announce", orders=[AMAZONS_LOOK.format(number)])
    driver.wait(60)
    driver.move("scan", orders=[AMAZONS_LOOK.format(0)])
    return [AMAZONS_LOOK.format(number) for number in range(3)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"updated_after": "2026-11-23T12:02:00Z"}, [2, 0]),
        ({"updated_after": "2026-11-23T12:01:59.999999Z"}, [2, 1, 0]),
        ({"updated_before": "2026-11-23T12:03:00+00:00"}, [1]),
        ({"updated_after": "2026-11-23T13:02:30+01:00", "updated_before": "2026-11-23T12:03:30Z"}, [2]),
        ({"announced_after": "2026-11-23T12:02:00Z"}, [2]),
        ({"announced_before": "2026-11-23T12:02:00Z"}, [0]),
        ({"changed_after": "2026-11-23T12:02:00Z"}, [2, 1, 0]),
        ({"external_reference_id": "x"}, []),
        ({"tracking_number": "x"}, []),
        ({"shipment_uuids": "x"}, []),
        ({"ids": "1"}, []),
        ({"order_number": AMAZONS_LOOK.format(1)}, [1]),
        ({"order_number": AMAZONS_LOOK.format(1), "parcel_status": "DELIVERED"}, []),
    ],
)
def test_shipments_are_polled_by_time_and_name(query: dict[str, str], found: list[int]) -> None:
    driver = SendcloudDriver()
    numbers = stamps(driver)
    assert [numbers.index(row["order_number"]) for row in driver.rows(SHIPMENTS, **query)] == found


def test_shipments_are_found_by_parcel_id_uuid_and_tracking_number() -> None:
    driver = SendcloudDriver()
    stamps(driver)
    rows = driver.rows(SHIPMENTS)
    ids = ",".join(str(row["parcels"][0]["id"]) for row in rows[:2])
    uuids = ",".join(row["id"] for row in rows[1:])
    assert driver.rows(SHIPMENTS, ids=ids) == rows[:2]
    assert driver.rows(SHIPMENTS, shipment_uuids=uuids) == rows[1:]
    assert driver.rows(SHIPMENTS, ids=ids, shipment_uuids=uuids) == [rows[1]]
    assert driver.rows(SHIPMENTS, tracking_number=rows[2]["parcels"][0]["tracking_number"]) == [rows[2]]


@pytest.mark.parametrize(
    "query",
    [
        {"updated_after": "2026-11-23"},
        {"updated_after": "2026-11-23T12:02:00"},
        {"announced_before": "yesterday"},
        {"ids": "1,two"},
        {"ids": ",".join(["1"] * 101)},
        {"shipment_uuids": ",".join(["x"] * 101)},
    ],
)
def test_a_filter_that_cannot_be_is_refused(query: dict[str, str]) -> None:
    answer = SendcloudDriver().get(SHIPMENTS, **query)
    assert (answer.status, errors_of(answer)[0]["code"]) == (400, "validation_error")


def test_a_plus_sign_that_was_not_encoded_is_refused() -> None:
    driver = SendcloudDriver()
    assert driver.send("GET", SHIPMENTS, "updated_after=2026-11-23T12:00:00+00:00").status == 400


def test_pages_hold_every_shipment_once_although_parcels_move_meanwhile() -> None:
    driver = SendcloudDriver()
    driver.store(90)
    driver.move("announce", orders="all")
    first = driver.get(SHIPMENTS)
    assert len(first.json()["data"]) == 40
    assert first.headers["Link"].startswith("<https://panel.sendcloud.sc/v3/shipments/?")
    driver.move("scan", parcels="all")
    seen = [row["id"] for row in first.json()["data"]]
    for page in driver.pages(SHIPMENTS, cursor=cursors(first)["next"]):
        seen += [row["id"] for row in page]
    assert len(seen) == len(set(seen)) == 90
    assert [len(page) for page in driver.pages(SHIPMENTS, page_size=500)] == [90]


def test_a_shipment_that_is_not_there_is_not_found() -> None:
    assert SendcloudDriver().get(f"{SHIPMENTS}/4df31240-daef-40bf-81fc-7a83184073e6").status == 404


def test_the_control_tells_what_was_written_and_what_became_of_it() -> None:
    driver = SendcloudDriver()
    driver.store(2)
    driver.post(driver.order(1))
    driver.wait(2)
    driver.move("announce", orders=[AMAZONS_LOOK.format(1)])
    state = driver.control()
    assert (state["order_posts"], state["orders_stored"], state["shipments"]) == (2, 2, 1)
    assert state["writes"] == {AMAZONS_LOOK.format(0): 1, AMAZONS_LOOK.format(1): 2}
    assert state["parcels_by_status"] == {"READY_TO_SEND": 1}
    [first, second] = driver.control("orders")["orders"]
    [parcel] = driver.control(f"parcels?order={AMAZONS_LOOK.format(1)}")["parcels"]
    assert (first["parcels"], second["parcels"], second["writes"]) == ([], [parcel["id"]], 2)
    shown = driver.control(f"orders/{AMAZONS_LOOK.format(1)}")
    assert shown["order"] == driver.rows(ORDERS, order_id=AMAZONS_LOOK.format(1))[0]
    assert driver.control("parcels?order=none")["parcels"] == []


@each_row(
    ("path", "document", "status"),
    [
        ("nothing", None, 404),
        ("orders/unknown", None, 404),
        ("orders/unknown", {}, 404),
        ("parcels", {"action": "teleport"}, 400),
        ("parcels", {"action": "scan"}, 400),
        ("parcels", {"action": "scan", "parcels": ["1"]}, 400),
        ("parcels", {"action": "scan", "parcels": [1]}, 404),
        ("parcels", {"action": "scan", "orders": ["unknown"]}, 404),
        ("parcels", {"action": "status", "parcels": "all", "status": "LOST"}, 400),
        ("parcels", {"action": "announce", "orders": "all", "status": 1000}, 400),
        ("parcels", {"action": "announce", "orders": "all", "carrier": 7}, 400),
        ("parcels", {"action": "announce", "orders": "all", "split": 0}, 400),
        ("parcels", {"action": "announce", "orders": [AMAZONS_LOOK.format(0)], "split": 5}, 400),
        ("parcels", {"action": "announce", "orders": "all", "split": "weight"}, 400),
        ("parcels", {"action": "announce", "orders": "all", "split": [{}]}, 400),
        ("parcels", {"action": "announce", "orders": [AMAZONS_LOOK.format(0)], "split": [{"11": 4}]}, 400),
        ("parcels", {"action": "announce", "orders": [AMAZONS_LOOK.format(0)], "split": [{"99": 1}]}, 400),
        ("strangers", {"add": -1}, 400),
        ("refusals", {"orders": ["x"], "path": ""}, 400),
        ("integrations", {"add": ""}, 400),
        ("integrations/1", {"oauth": True}, 404),
        ("integrations/x", {"oauth": True}, 404),
    ],
)
def test_a_wrong_control_call_is_told_in_json(path: str, document: object, status: int) -> None:
    driver = SendcloudDriver()
    driver.store()
    answer = driver.steer(f"sendcloud/{path}", document)
    assert answer.status == status
    assert answer.json()["error"]


def test_a_wrong_change_of_an_integration_is_refused() -> None:
    driver = SendcloudDriver()
    path = f"sendcloud/integrations/{driver.keys.integration_id}"
    assert driver.steer(path, {"feedback_type": "often"}).status == 400
    assert driver.steer(path, {"oauth": "yes"}).status == 400
    assert driver.control(path.removeprefix("sendcloud/"), {"feedback_type": "delayed"})["feedback_type"] == "delayed"
    assert driver.control("integrations")["integrations"][0]["feedback_type"] == "delayed"


def test_ten_thousand_orders_and_parcels_are_no_burden() -> None:
    driver = SendcloudDriver()
    begun = time.process_time()
    driver.store(10_000, order_details=driver.details(order_items=[driver.item("11", 1)]))
    assert len(driver.move("announce", orders="all")) == 10_000
    driver.move("scan", parcels="all")
    assert (
        sum(len(page) for page in driver.pages(SHIPMENTS, page_size=100, updated_after="2026-11-23T00:00:00Z"))
        == 10_000
    )
    for number in range(0, 10_000, 50):
        assert len(driver.rows(ORDERS, order_id=AMAZONS_LOOK.format(number))) == 1
    # A quarter of this on an idle machine; something that looks through everything each time takes minutes.
    assert time.process_time() - begun < 40
