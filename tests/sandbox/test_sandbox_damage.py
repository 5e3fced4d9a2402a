"""One order of a page that is damaged in its text, or comes without some of its parts; the others are whole."""

import json
import re
from typing import Any

import pytest

from amzlink.sandbox.damage import DAMAGE_FAULTS
from amzlink.sandbox.incomplete_orders import PARTS
from tests.sandbox.driver import EVERYTHING, ORDERS_PATH, Driver
from tests.support.rows import each_row

NAMES = [fault.name for fault in DAMAGE_FAULTS]
SOUND_JSON = ("order-damaged-word-for-number", "order-damaged-unknown-status")
PYTHON_READS = (*SOUND_JSON, "order-damaged-not-a-number")


def page_of(driver: Driver, **parameters: object) -> bytes:
    answer = driver.search(maxResultsPerPage=10, includedData=EVERYTHING, **parameters)
    assert answer.status == 200
    return answer.body


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


@each_row("name", NAMES)
class TestDamage:
    def test_one_order_is_struck_and_every_other_byte_of_the_page_stays(self, name: str) -> None:
        whole = json.loads(page_of(Driver()))
        driver = Driver(faults=(name,))
        body = page_of(driver)
        (struck,) = driver.control("state")["damaged_orders"]
        for order in whole["orders"]:
            text = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode()
            assert (text in body) is (order["orderId"] != struck)

    def test_the_order_numbers_and_the_next_page_can_still_be_found_by_their_form(self, name: str) -> None:
        whole = json.loads(page_of(Driver()))
        body = page_of(Driver(faults=(name,)))
        found = re.findall(rb'"orderId":"(\d{3}-\d{7}-\d{7})"', body)
        assert {order["orderId"].encode() for order in whole["orders"]} <= set(found)
        assert re.search(rb'"nextToken":"[^"]+"', body)

    def test_the_same_order_is_struck_every_time(self, name: str) -> None:
        driver = Driver(faults=(name,))
        assert page_of(driver) == page_of(driver)
        assert len(driver.world.faults.damaged_orders()) == 1

    def test_on_its_own_the_order_is_damaged_only_for_good(self, name: str) -> None:
        driver = Driver(faults=(name,))
        page_of(driver)
        (struck,) = driver.world.faults.damaged_orders()
        whole = Driver().get(f"{ORDERS_PATH}/{struck}", includedData=EVERYTHING).body
        told = driver.get(f"{ORDERS_PATH}/{struck}", includedData=EVERYTHING).body
        assert (told == whole) is not name.endswith("-for-good")
        other = next(each for each in driver.world.orders if each != struck)
        assert driver.get(f"{ORDERS_PATH}/{other}").status == 200
        assert is_json(driver.get(f"{ORDERS_PATH}/{other}").body)

    def test_only_damage_to_the_text_makes_the_page_unreadable(self, name: str) -> None:
        assert is_json(page_of(Driver(faults=(name,)))) is (name.removesuffix("-for-good") in PYTHON_READS)


def test_a_page_without_the_struck_order_gets_another_one() -> None:
    driver = Driver(faults=("order-damaged-unknown-status",))
    token = json.loads(page_of(driver))["pagination"]["nextToken"]
    page_of(driver, paginationToken=token)
    assert len(driver.world.faults.damaged_orders()) == 2


def test_an_empty_page_has_no_order_to_damage() -> None:
    driver = Driver(orders=0, faults=("order-damaged-missing-comma",))
    assert driver.search().json()["orders"] == []


class TestIncompleteOrders:
    def test_three_of_twenty_lack_name_street_and_number_until_the_fault_is_off_under_the_same_time(self) -> None:
        driver = Driver(orders=200)
        whole = {each["orderId"]: each for page in driver.pages(includedData=EVERYTHING) for each in page["orders"]}
        driver.control("faults", {"on": ["orders-incomplete"]})
        driver.control("faults", {"off": ["orders-incomplete"], "after": 600})
        told = {each["orderId"]: each for page in driver.pages(includedData=EVERYTHING) for each in page["orders"]}
        lacking = [order_id for order_id, order in told.items() if order != whole[order_id]]
        assert 0.05 < len(lacking) / len(told) < 0.25
        for order_id in lacking:
            address = told[order_id]["recipient"]["deliveryAddress"]
            assert {"city", "countryCode"} <= set(address)
            assert not {"name", "addressLine1", "phone"} & set(address)
            assert told[order_id]["lastUpdatedTime"] == whole[order_id]["lastUpdatedTime"]
            assert driver.order(order_id) == told[order_id]
        driver.control("clock", {"advance": 600})
        assert driver.order(lacking[0]) == whole[lacking[0]]

    @pytest.mark.parametrize(
        ("part", "path"),
        [
            ("name", ("recipient", "deliveryAddress", "name")),
            ("lines", ("recipient", "deliveryAddress", "addressLine1")),
            ("phone", ("recipient", "deliveryAddress", "phone")),
            ("address", ("recipient",)),
            ("buyer", ("buyer",)),
            ("items", ("orderItems", 0)),
        ],
    )
    def test_a_part_can_be_withheld_from_one_order_and_told_later_under_the_same_time(
        self, part: str, path: tuple[Any, ...]
    ) -> None:
        driver = Driver()
        (order_id,) = driver.control("orders", {"add": 1, "kinds": []})["added"]
        driver.control(f"orders/{order_id}", {"action": "merge", "order": {}, "silently": True})
        whole = driver.order(order_id)
        assert has(whole, path)
        driver.control(f"orders/{order_id}", {"action": "withhold", "parts": [part]})
        less = driver.order(order_id)
        assert not has(less, path)
        assert less["lastUpdatedTime"] == whole["lastUpdatedTime"]
        driver.control(f"orders/{order_id}", {"action": "withhold", "parts": []})
        assert driver.order(order_id) == whole

    def test_every_part_that_can_be_withheld_is_tried_above(self) -> None:
        assert set(PARTS) == {"name", "lines", "phone", "address", "buyer", "items"}


def has(order: Any, path: tuple[Any, ...]) -> bool:
    try:
        for name in path:
            order = order[name]
    except (KeyError, IndexError):
        return False
    return True
