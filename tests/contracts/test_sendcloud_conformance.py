"""Sendcloud's half of the sandbox against the facts of Sendcloud's documents: every operation, every kind of answer."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from amzlink.sandbox.hostile_faults import body_faults
from amzlink.sandbox.messages import Response
from amzlink.sandbox.sendcloud.carriers import CARRIERS
from amzlink.sandbox.sendcloud.faults import SENDCLOUD_FAULTS
from amzlink.sandbox.sendcloud.fields import Field, Group, Rows, Text
from amzlink.sandbox.sendcloud.order_fields import ORDER
from amzlink.sandbox.sendcloud.statuses import STATUSES
from amzlink.sandbox.sendcloud.table import OPERATIONS, ROOT, TOKEN_EXCHANGE, Operation
from tests.sandbox.sendcloud_driver import (
    AMAZONS_LOOK,
    INTEGRATIONS,
    METADATA,
    ORDERS,
    SHIPMENTS,
    SendcloudDriver,
    basic,
    cursors,
)
from tests.sandbox.sendcloud_driver import (
    STATUSES as STATUSES_PATH,
)
from tests.support.rows import each_row
from tests.support.sendcloud_models import check_answer, check_request, documents

NO_JSON = {"sendcloud-html", "sendcloud-malformed", "sendcloud-hang"}
# What no document allows, and is sent on purpose.
HOSTILE = {fault.name for fault in body_faults("sendcloud-body-", "", frozenset())} | {"sendcloud-hostile-text"}


class HeldDriver(SendcloudDriver):
    """A driver that holds every answer to the documents, and every request that was answered well."""

    def send(
        self, method: str, path: str, query: str = "", document: object = None, *, authorization: str | None = None
    ) -> Response:
        answer = super().send(method, path, query, document, authorization=authorization)
        check_answer(method, path, answer.status, answer.body)
        if answer.status < 300:
            check_request(method, path, query, b"" if document is None else json.dumps(document))
        return answer

    def ask_token(self, authorization: str | None = None, **form: str | None) -> Response:
        answer = super().ask_token(authorization, **form)
        check_answer("POST", "/oauth2/token", answer.status, answer.body)
        return answer


@pytest.mark.parametrize("operation", [*OPERATIONS, TOKEN_EXCHANGE], ids=lambda operation: operation.id)
def test_method_path_and_name_are_the_documents(operation: Operation) -> None:
    theirs = documents().find_operation(operation.method, operation.path.replace("{id}", "1"))
    assert operation.path.removeprefix(ROOT) == theirs.template
    assert operation.id == f"sendcloud/{theirs.id.rsplit('-', 1)[-1]}"


def test_the_fields_of_an_order_are_the_documents() -> None:
    schemas = documents().schemas("orders")
    compare("order", ORDER, schemas["order"], schemas)


def compare(where: str, ours: Field, theirs: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Names, duties and choices of a field and of all within it."""
    theirs, duties = unfold(theirs, schemas)
    if isinstance(ours, Rows):
        compare(f"{where}[]", ours.of, theirs["items"], schemas)
    elif isinstance(ours, Group):
        named = theirs.get("properties") or {k: v for each in theirs["oneOf"] for k, v in each["properties"].items()}
        read_only = {name for name, schema in named.items() if schema.get("readOnly") and name != "id"}
        assert set(ours.fields) == set(named) - read_only, where
        assert set(ours.required) == duties, where
        for name, field in ours.fields.items():
            compare(f"{where}.{name}", field, named[name], schemas)
    elif isinstance(ours, Text):
        assert set(ours.choices) == set(theirs.get("enum", ())), where
        assert ours.least == theirs.get("minLength", 0), where


def unfold(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Mapping[str, Any], set[str]]:
    """The schema behind references and behind a choice of one, with all that is required on the way."""
    duties = set(schema.get("required", ()))
    choices = [each for each in schema.get("oneOf", ()) if each.get("type") != "null"]
    if "$ref" in schema:
        behind = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    elif len(choices) == 1:
        behind = choices[0]
    else:
        return schema, duties
    found, more = unfold(behind, schemas)
    return found, duties | more


def test_all_reading_calls_answer_as_in_the_documents() -> None:
    driver = HeldDriver()
    assert driver.get(METADATA).status == driver.get(INTEGRATIONS).status == driver.get(STATUSES_PATH).status == 200
    assert driver.get(f"{INTEGRATIONS}/{driver.keys.integration_id}").status == 200
    assert driver.rows(ORDERS) == driver.rows(SHIPMENTS) == []
    driver.store(5)
    driver.move("announce", orders="all", split=2)
    for page in driver.pages(ORDERS, page_size=2, integration=driver.keys.integration_id):
        for row in page:
            assert driver.get(f"{ORDERS}/{row['id']}").status == 200
            assert driver.get(SHIPMENTS, order_number=row["order_number"]).status == 200
    for page in driver.pages(SHIPMENTS, page_size=3, updated_after="2026-11-20T00:00:00Z"):
        for row in page:
            assert driver.get(f"{SHIPMENTS}/{row['id']}").status == 200


def test_orders_with_every_field_are_taken_and_told_as_in_the_documents() -> None:
    driver = HeldDriver()
    price = {"value": 1.5, "currency": "GBP"}
    weight = {"weight": {"value": 0.5, "unit": "lbs"}}
    item = driver.item(
        "1",
        2,
        product_id="p",
        variant_id="v",
        image_url="https://shop.example/i.png",
        description="A candle",
        sku="K-1",
        ean="4006381333931",
        hs_code="340600",
        country_of_origin="NL",
        properties={"colour": "red"},
        mid_code=None,
        material_content="wax",
        intended_use=None,
        measurement={
            **weight,
            "dimension": {"length": 1, "width": 2, "height": 3.5, "unit": "cm"},
            "volume": {"value": 1, "unit": "l"},
        },
        delivery_dates={"handover_at": "2026-11-24T10:00:00Z", "deliver_at": None},
    )
    costs = {"value": "1.50", "currency": "EUR"}
    taxes = [{"name": "VAT", "country_code": "NL", "value": "NL1"}]
    address = driver.order()["shipping_address"] | {
        "company_name": "Firma",
        "address_line_2": "Hof",
        "po_box": None,
        "state_province_code": "DE-NW",
        "email": "ada@example.com",
        "phone_number": "+49 221 1",
    }
    [order_id] = driver.store(
        order_details=driver.details(
            order_items=[item], order_updated_at="2026-11-21T10:00:00Z", notes="gift", tags=["a", "b"]
        ),
        payment_details={
            "is_cash_on_delivery": None,
            **dict.fromkeys(
                ("total_price", "subtotal_price", "estimated_shipping_price", "estimated_tax_price"), price
            ),
            "status": {"code": "paid"},
            "invoice_date": "2026-11-20",
            **dict.fromkeys(("discount_granted", "insurance_costs", "freight_costs", "other_costs"), costs),
        },
        customs_details={
            "commercial_invoice_number": "1",
            "shipment_type": "commercial_goods",
            "export_type": "commercial_b2c",
            "tax_numbers": {"sender": taxes, "receiver": [], "importer_of_record": taxes},
        },
        customer_details={"name": "Ada", "phone_number": "1", "email": "ada@example.com"},
        billing_address=address,
        shipping_address=address,
        shipping_details={
            "is_local_pickup": False,
            "delivery_indicator": "Standard",
            "measurement": weight,
            "ship_with": {
                "type": "shipping_option_code",
                "properties": {"shipping_option_code": "postnl:standard", "contract_id": 1},
            },
        },
        service_point_details={"id": "1", "extra_data": {"a": 1}},
    )
    driver.move("announce", orders=[order_id])
    [row] = driver.rows(SHIPMENTS)
    assert row["total_order_price"] == {"value": "1.50", "currency": "GBP"}
    assert row["parcels"][0]["weight"] == {"value": "0.454", "unit": "kg"}


def test_changes_and_deletions_are_as_in_the_documents() -> None:
    driver = HeldDriver()
    driver.store()
    path = f"{ORDERS}/{driver.rows(ORDERS)[0]['id']}"
    changes = {"order_details": {"status": {"code": "fulfilled"}}, "customer_details": {"name": "A", "phone": "1"}}
    assert driver.send("PATCH", path, document=changes).status == 200
    assert driver.rows(ORDERS)[0]["customer_details"] == {"name": "A", "phone_number": "1"}
    assert driver.send("DELETE", path).status == 204
    integration = f"{INTEGRATIONS}/{driver.keys.integration_id}"
    assert driver.send("PATCH", integration, document={"feedback_type": "eager", "shop_name": "B"}).status == 204


@each_row("code", STATUSES)
def test_shipments_of_every_status_are_as_in_the_documents(code: str) -> None:
    driver = HeldDriver()
    driver.store(2)
    first, _ = driver.move("announce", orders="all", status=code)
    driver.move("status", status=code, parcels=[first["id"]])
    assert len(driver.rows(SHIPMENTS, parcel_status=code)) == 2


@each_row("carrier", [*CARRIERS, "some_new_carrier"])
def test_shipments_of_every_carrier_and_strangers_are_as_in_the_documents(carrier: str) -> None:
    driver = HeldDriver()
    item = {"name": "x" * 400, "quantity": 1, "total_price": {"value": 0, "currency": "EUR"}}
    driver.store(order_details=driver.details(order_items=[item]))
    driver.move("announce", orders="all", carrier=carrier)
    driver.move("relabel", parcels="all")
    driver.control("strangers", {"add": 1})
    assert len(driver.rows(SHIPMENTS)) == 3


def test_refusals_are_as_in_the_documents() -> None:
    driver = HeldDriver()
    driver.store()
    key = driver.rows(ORDERS)[0]["id"]
    refused = [
        driver.send("GET", METADATA, authorization=""),
        driver.send("GET", ORDERS, authorization=basic("x", "y")),
        driver.send("POST", ORDERS, document=[driver.order()], authorization=driver.bearer(scope="read:order")),
        driver.post(*(driver.order(number) for number in range(101))),
        driver.post({}),
        driver.post(driver.order(order_details=driver.details(integration={"id": 1}))),
        driver.send("POST", ORDERS, document={}),
        driver.send("POST", ORDERS),
        driver.get(ORDERS, integration=1),
        driver.get(ORDERS, order_created_at="x"),
        driver.get(ORDERS, cursor="x"),
        driver.get(f"{ORDERS}/1"),
        driver.send("DELETE", f"{ORDERS}/1"),
        driver.send("PATCH", f"{ORDERS}/1", document={}),
        driver.send("PATCH", f"{ORDERS}/{key}", document={"order_id": "another"}),
        driver.send("PATCH", f"{ORDERS}/{key}", document={"order_details": {"order_items": [{"name": "x"}]}}),
        driver.get(f"{INTEGRATIONS}/1"),
        driver.send("PATCH", f"{INTEGRATIONS}/1", document={}),
        driver.send("PATCH", f"{INTEGRATIONS}/{driver.keys.integration_id}", document={"webhook_active": True}),
        driver.get(SHIPMENTS, updated_after="x"),
        driver.get(SHIPMENTS, cursor="x"),
        driver.get(f"{SHIPMENTS}/x"),
        driver.ask_token(basic("x", "y")),
        driver.ask_token(grant_type="password"),
        driver.ask_token(scope="nonsense"),
    ]
    assert all(400 <= answer.status < 500 for answer in refused)


def test_a_call_too_many_is_refused_as_the_others_are() -> None:
    driver = HeldDriver(quota="real")
    assert [driver.post(driver.order()).status for _ in range(16)][-1] == 429


@pytest.mark.parametrize(
    "fault", [fault.name for fault in SENDCLOUD_FAULTS if fault.name not in NO_JSON | HOSTILE], ids=lambda name: name
)
def test_answers_under_a_fault_are_as_in_the_documents(fault: str) -> None:
    driver = HeldDriver()
    driver.store(3)
    driver.move("announce", orders="all")
    key = driver.rows(ORDERS)[0]["id"]
    driver.switch(fault)
    driver.ask_token()
    for path in (METADATA, INTEGRATIONS, STATUSES_PATH, ORDERS, f"{ORDERS}/{key}", SHIPMENTS):
        driver.get(path)
    driver.post(driver.order(8), driver.order(9))
    driver.send("PATCH", f"{ORDERS}/{key}", document={"order_number": AMAZONS_LOOK.format(7)})
    driver.send("DELETE", f"{ORDERS}/{key}")
    driver.move("scan", parcels="all")
    assert cursors(driver.get(ORDERS, page_size=1)) is not None
