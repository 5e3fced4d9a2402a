"""Orders in Sendcloud's half: batches, what is refused in them, and when they can be read."""

from typing import Any

import pytest

from amzlink.sandbox.messages import Request
from tests.sandbox.sendcloud_driver import AMAZONS_LOOK, ORDERS, SendcloudDriver, errors_of, pointers_of
from tests.support.rows import each_row


def only(driver: SendcloudDriver, order_id: str) -> dict[str, Any]:
    [row] = driver.rows(ORDERS, order_id=order_id)
    return row


def test_what_is_accepted_is_saved_two_seconds_later() -> None:
    driver = SendcloudDriver()
    answer = driver.post(driver.order(1), driver.order(2))
    assert answer.status == 201
    accepted = answer.json()["data"]
    assert [row["order_id"] for row in accepted] == [AMAZONS_LOOK.format(1), AMAZONS_LOOK.format(2)]
    driver.wait(1.9)
    assert driver.rows(ORDERS) == []
    assert driver.get(f"{ORDERS}/{accepted[0]['id']}").status == 404
    driver.wait(0.1)
    assert [row["order_id"] for row in driver.rows(ORDERS)] == [AMAZONS_LOOK.format(2), AMAZONS_LOOK.format(1)]


def test_ids_are_numbers_when_written_and_texts_when_read() -> None:
    driver = SendcloudDriver()
    written = driver.post(driver.order()).json()["data"][0]["id"]
    driver.wait(2)
    assert isinstance(written, int)
    assert only(driver, AMAZONS_LOOK.format(0))["id"] == str(written)
    assert driver.get(f"{ORDERS}/{written}").json()["data"]["id"] == str(written)


def test_an_order_comes_back_as_it_was_sent() -> None:
    driver = SendcloudDriver()
    sent = driver.order(
        customer_details={"name": "Ada Beispiel", "email": "ada@example.com"},
        customs_details={"tax_numbers": {"sender": [{"name": "IOSS", "country_code": "DE", "value": "IM1"}]}},
        shipping_details={"delivery_indicator": "Standard", "measurement": {"weight": {"value": 1, "unit": "kg"}}},
    )
    driver.post(sent)
    driver.wait(2)
    found = only(driver, sent["order_id"])
    assert {name: found[name] for name in sent} == sent
    assert found["created_at"] == found["modified_at"] == "2026-11-23T12:00:00.000000Z"


def test_a_repeat_updates_and_never_doubles() -> None:
    driver = SendcloudDriver()
    driver.store()
    driver.wait(60)
    driver.post(driver.order(order_number="another number"))
    assert only(driver, AMAZONS_LOOK.format(0))["order_number"] == AMAZONS_LOOK.format(0), "not saved yet"
    driver.wait(2)
    found = only(driver, AMAZONS_LOOK.format(0))
    assert found["order_number"] == "another number"
    assert found["created_at"] < found["modified_at"]
    assert driver.rows(ORDERS, order_number=AMAZONS_LOOK.format(0)) == []
    assert driver.control()["writes"] == {AMAZONS_LOOK.format(0): 2}


def test_the_same_order_id_in_another_integration_is_another_order() -> None:
    driver = SendcloudDriver()
    other = driver.world.sendcloud.neighbour.id
    driver.store()
    driver.post(driver.order(order_details=driver.details(integration={"id": other})))
    driver.wait(2)
    assert len(driver.rows(ORDERS, order_id=AMAZONS_LOOK.format(0))) == 2
    [found] = driver.rows(ORDERS, integration=other)
    assert found["order_details"]["integration"] == {"id": other}
    assert len(driver.rows(ORDERS, integration=f"{other},{driver.keys.integration_id}")) == 2


def test_an_update_may_aim_by_id_but_cannot_change_the_order_id() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    key = only(driver, order_id)["id"]
    assert driver.post(driver.order(id=key)).status == 201
    refused = driver.post(driver.order(5, id=key))
    assert pointers_of(refused) == ["/data/attributes/[0]/order_id"]
    assert pointers_of(driver.post(driver.order(5, id="1"))) == ["/data/attributes/[0]/id"]
    assert pointers_of(driver.post(driver.order(id=int(key)))) == ["/data/attributes/[0]/id"]


def test_one_bad_order_keeps_the_whole_batch_out_and_every_bad_one_is_named() -> None:
    driver = SendcloudDriver()
    bad = driver.order(2, order_details=driver.details(order_items=[driver.item("1", 0)]))
    answer = driver.post(driver.order(1), bad, driver.order(3), driver.order(4, payment_details=None))
    assert answer.status == 400
    assert pointers_of(answer) == [
        "/data/attributes/[1]/order_details/order_items/0/quantity",
        "/data/attributes/[3]/payment_details",
    ]
    driver.wait(2)
    assert driver.rows(ORDERS) == []
    assert driver.control()["order_posts"] == 1


def change_item(**changes: object) -> dict[str, Any]:
    driver = SendcloudDriver()
    return {"order_details": driver.details(order_items=[driver.item("1", 1) | changes])}


@each_row(
    ("changes", "path", "detail"),
    [
        ({"order_id": "x" * 65}, "order_id", "String should have at most 64 characters"),
        ({"order_id": ""}, "order_id", "String should have at least 1 character"),
        ({"order_number": 12}, "order_number", "Input should be a valid string"),
        ({"order_details": None}, "order_details", "Field required"),
        ({"order_details": []}, "order_details", "Input should be a valid dictionary"),
        (change_item(quantity=0), "order_details/order_items/0/quantity", "Input should be greater than 0"),
        (change_item(quantity=1.5), "order_details/order_items/0/quantity", "Input should be a valid integer"),
        (change_item(quantity=True), "order_details/order_items/0/quantity", "Input should be a valid integer"),
        (change_item(name=None), "order_details/order_items/0/name", "Input should be a valid string"),
        (
            change_item(total_price={"value": "9.99", "currency": "EUR"}),
            "order_details/order_items/0/total_price/value",
            "Input should be a valid number",
        ),
        (
            change_item(unit_price={"value": 1, "currency": "SEK"}),
            "order_details/order_items/0/unit_price/currency",
            "Input should be 'EUR', 'GBP' or 'USD'",
        ),
        (
            change_item(measurement={"weight": {"value": 1, "unit": "lb"}}),
            "order_details/order_items/0/measurement/weight/unit",
            "Input should be 'kg', 'g', 'lbs' or 'oz'",
        ),
        (
            change_item(measurement={"weight": {"value": 0, "unit": "g"}}),
            "order_details/order_items/0/measurement/weight/value",
            "Input should be greater than 0",
        ),
        (
            change_item(measurement={"volume": {"value": -1, "unit": "l"}}),
            "order_details/order_items/0/measurement/volume/value",
            "Input should be greater than or equal to 0",
        ),
        (
            change_item(country_of_origin="DEU"),
            "order_details/order_items/0/country_of_origin",
            "String should have at most 2 characters",
        ),
        (
            change_item(delivery_dates={"handover_at": "2026-11-24T10:00:00"}),
            "order_details/order_items/0/delivery_dates/handover_at",
            "Input should be a valid datetime with timezone info",
        ),
        (change_item(properties=[1]), "order_details/order_items/0/properties", "Input should be a valid dictionary"),
        (change_item(image_url="https://x.example/i.png"), "order_details/order_items/0/product_id", "Field required"),
        (
            {"payment_details": {"status": {"code": "paid"}, "total_price": {"value": 1}}},
            "payment_details/total_price/currency",
            "Field required",
        ),
        (
            {
                "payment_details": {
                    "status": {"code": "paid"},
                    "total_price": {"value": 1, "currency": "EUR"},
                    "discount_granted": {"value": "1,50"},
                }
            },
            "payment_details/discount_granted/value",
            r"String should match pattern '\d+(\.\d+)?'",
        ),
        (
            {
                "payment_details": {
                    "status": {"code": "paid"},
                    "total_price": {"value": 1, "currency": "EUR"},
                    "is_cash_on_delivery": "no",
                }
            },
            "payment_details/is_cash_on_delivery",
            "Input should be a valid boolean",
        ),
        (
            {"customs_details": {"tax_numbers": {"sender": {}}}},
            "customs_details/tax_numbers/sender",
            "Input should be a valid list",
        ),
        ({"shipping_address": {"name": "A"}}, "shipping_address/address_line_1", "Field required"),
        ({"customer_details": {"email": "a@b.de"}}, "customer_details/name", "Field required"),
        ({"service_point_details": {"post_number": "1"}}, "service_point_details/id", "Field required"),
        (
            {"service_point_details": {"id": "1", "carrier_service_point_id": "2"}},
            "service_point_details/id",
            "Field required",
        ),
    ],
)
def test_a_wrong_value_is_pointed_at(changes: dict[str, Any], path: str, detail: str) -> None:
    driver = SendcloudDriver()
    answer = driver.post(driver.order(), driver.order(1, **changes))
    assert answer.status == 400
    found = [(error["source"]["pointer"], error["detail"], error["code"]) for error in errors_of(answer)]
    assert (f"/data/attributes/[1]/{path}", detail, "invalid") in found
    assert all(pointer.startswith("/data/attributes/[1]/") for pointer, _, _ in found)


def test_an_unknown_integration_is_named() -> None:
    driver = SendcloudDriver()
    answer = driver.post(driver.order(order_details=driver.details(integration={"id": 99999})))
    assert (answer.status, pointers_of(answer)) == (400, ["/data/attributes/[0]/order_details/integration/id"])
    text = driver.details(integration={"id": str(driver.keys.integration_id)})
    assert driver.post(driver.order(order_details=text)).status == 400


def test_an_order_without_an_address_is_taken() -> None:
    driver = SendcloudDriver()
    assert driver.post(driver.order(shipping_address=None)).status == 201


def test_unknown_fields_are_left_out_without_a_word() -> None:
    driver = SendcloudDriver()
    driver.store(nonsense=1)
    assert "nonsense" not in only(driver, AMAZONS_LOOK.format(0))


def test_a_batch_has_one_to_a_hundred_orders() -> None:
    driver = SendcloudDriver()
    assert driver.post(*(driver.order(number) for number in range(100))).status == 201
    for batch in ([driver.order(number) for number in range(101)], []):
        answer = driver.post(*batch)
        assert (answer.status, pointers_of(answer)) == (400, ["/data/attributes/"])


def test_what_is_no_list_of_orders_is_refused() -> None:
    driver = SendcloudDriver()
    answer = driver.send("POST", ORDERS, document=driver.order())
    assert (answer.status, errors_of(answer)[0]["code"]) == (400, "non_field_errors")
    assert pointers_of(driver.post("an order")) == ["/data/attributes/[0]"]


def test_a_body_that_is_no_json_is_refused() -> None:
    driver = SendcloudDriver()
    headers = {"authorization": driver.authorization, "content-type": "application/json; charset=utf-8"}
    assert driver.app.handle(Request("POST", ORDERS, "", headers, b"[{")).status == 400
    assert (
        driver.app.handle(Request("POST", ORDERS, "", {**headers, "content-type": "text/plain"}, b"[]")).status == 415
    )


def test_the_control_refuses_the_orders_that_it_is_told_to_refuse() -> None:
    driver = SendcloudDriver()
    driver.control("refusals", {"orders": [AMAZONS_LOOK.format(1)], "path": "shipping_address/city"})
    answer = driver.post(driver.order(0), driver.order(1))
    assert pointers_of(answer) == ["/data/attributes/[1]/shipping_address/city"]
    driver.control("refusals", {"orders": []})
    assert driver.post(driver.order(0), driver.order(1)).status == 201


def test_a_deleted_order_is_gone_at_once_and_may_come_anew() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    path = f"{ORDERS}/{only(driver, order_id)['id']}"
    answer = driver.send("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert driver.rows(ORDERS) == driver.rows(ORDERS, order_id=order_id) == []
    assert driver.get(path).status == driver.send("DELETE", path).status == 404
    driver.store()
    assert f"{ORDERS}/{only(driver, order_id)['id']}" != path


def test_an_update_that_is_not_saved_yet_goes_with_the_deleted_order() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    driver.post(driver.order())
    driver.send("DELETE", f"{ORDERS}/{only(driver, order_id)['id']}")
    driver.wait(2)
    assert driver.rows(ORDERS) == []


def test_a_partial_update_changes_what_is_given_and_answers_ids_alone() -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    before = only(driver, order_id)
    path = f"{ORDERS}/{before['id']}"
    changes = {
        "order_details": {
            "status": {"code": "fulfilled"},
            "order_items": [{"name": "Docht", "quantity": 2}],
        },
        "customer_details": {"name": "Ada", "phone": "+49 221 1"},
    }
    answer = driver.send("PATCH", path, document=changes)
    assert answer.json() == {
        "data": {"id": int(before["id"]), "order_id": order_id, "order_number": before["order_number"]}
    }
    after = only(driver, order_id)
    assert after["order_details"]["status"] == {"code": "fulfilled", "message": "Unshipped"}
    assert [item["quantity"] for item in after["order_details"]["order_items"]] == [3, 2]
    assert after["customer_details"] == {"name": "Ada", "phone_number": "+49 221 1"}
    assert after["shipping_address"] == before["shipping_address"]


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "another"},
        {"order_details": {"order_items": [{"name": "Feder", "quantity": 1}]}},
        {"order_details": {"order_items": [{"quantity": 1}]}},
        {"payment_details": {"total_price": {"currency": "SEK"}}},
    ],
)
def test_a_partial_update_that_cannot_be_changes_nothing(changes: dict[str, Any]) -> None:
    driver = SendcloudDriver()
    [order_id] = driver.store()
    before = only(driver, order_id)
    assert driver.send("PATCH", f"{ORDERS}/{before['id']}", document=changes).status == 400
    assert only(driver, order_id) == before
    assert driver.send("PATCH", f"{ORDERS}/1", document={}).status == 404


def test_an_order_that_is_renamed_leaves_its_old_number_to_another_with_the_same() -> None:
    driver = SendcloudDriver()
    driver.store(2, order_number="SH-1")
    assert len(driver.rows(ORDERS, order_number="SH-1")) == 2
    driver.post(driver.order(0, order_number="SH-2"))
    driver.wait(2)
    assert [row["order_id"] for row in driver.rows(ORDERS, order_number="SH-1")] == [AMAZONS_LOOK.format(1)]


@each_row("path", ["order_details/order_items/0/quantity", "order_details/order_items/7/quantity", "nowhere"])
def test_a_refusal_that_is_wanted_names_its_place_also_within_a_list(path: str) -> None:
    driver = SendcloudDriver()
    driver.control("refusals", {"orders": [AMAZONS_LOOK.format(0)], "path": path})
    answer = driver.post(driver.order())
    assert answer.status == 400
    assert pointers_of(answer)[0].endswith(path)


def test_what_may_be_null_may_be_null() -> None:
    driver = SendcloudDriver()
    details = {"tax_numbers": None}
    ship_with = {"type": "shipping_option_code", "properties": {"shipping_option_code": "x", "contract_id": None}}
    answer = driver.post(driver.order(customs_details=details, shipping_details={"ship_with": ship_with}))
    assert answer.status == 201, answer.body
