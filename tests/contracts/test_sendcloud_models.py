"""The measure itself: examples that fit Sendcloud's documents, and what the measure catches."""

import json
from typing import Any

import pytest

from tests.support.models import load_table
from tests.support.sendcloud_models import check_answer, check_request, documents, hold_examples

ORDER: dict[str, Any] = {
    "order_id": "302-0000001-0000001",
    "order_number": "302-0000001-0000001",
    "order_details": {
        "integration": {"id": 7},
        "status": {"code": "unshipped"},
        "order_created_at": "2026-11-20T10:00:00Z",
        "order_items": [{"name": "Kerze", "quantity": 1, "total_price": {"value": 1, "currency": "EUR"}}],
    },
    "payment_details": {"total_price": {"value": 1, "currency": "EUR"}, "status": {"code": "paid"}},
}


def test_examples_of_every_operation_that_is_used_fit_the_documents() -> None:
    examples = load_table("sendcloud/examples.json")
    hold_examples(documents(), examples)
    without = {"OAuth2TokenExchange"}
    assert {example["operation"] for example in examples} == {each.id for each in documents().operations} - without


def test_operations_are_found_with_and_without_the_base_path_and_a_final_slash() -> None:
    names = {operation.id for operation in documents().operations}
    assert len(names) == len(documents().operations)
    assert check_request("get", "/api/v3/orders/12") == check_request("GET", "/orders/12/")
    with pytest.raises(AssertionError, match="no operation PUT"):
        check_request("PUT", "/api/v3/orders")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("orders", "order=1"),
        ("orders", "page_size=201"),
        ("orders", "page_size=0"),
        ("orders", "integration=1,x"),
        ("orders", "order_id="),
        ("orders", "order_updated_at_min=2026-11-20T10:00:00Z"),
        ("orders", "order_id=1&order_id=2"),
        ("shipments", "page_size=101"),
        ("shipments", "updated_after=2026-11-20"),
        ("shipments", "updated_after=2026-11-20T10:00:00+00:00"),
        ("shipments", f"ids={','.join(['1'] * 101)}"),
    ],
)
def test_a_query_that_breaks_the_documents_is_caught(path: str, query: str) -> None:
    with pytest.raises(AssertionError):
        check_request("GET", f"/api/v3/{path}", query)


@pytest.mark.parametrize(
    "query",
    [
        "integration=1,2&page_size=200&sort=-pk&cursor=cD0x",
        "order_updated_at_min=2026-11-20",
        "order_id=302-0000001-0000001",
    ],
)
def test_a_query_that_keeps_to_them_is_not(query: str) -> None:
    assert check_request("GET", "/api/v3/orders", query).endswith("list_orders")


def changed(path: str, value: object) -> bytes:
    """The order in a batch, with another value at a path of names."""
    order: dict[str, Any] = json.loads(json.dumps(ORDER))
    place: Any = order
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps([order]).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("nonsense", 1),
        ("created_at", "2026-11-20T10:00:00Z"),
        ("id", 7),
        ("order_id", ""),
        ("order_details.nonsense", 1),
        ("order_details.order_created_at", "2026-11-20"),
        ("order_details.order_items.0.nonsense", 1),
        ("order_details.order_items.0.quantity", 0),
        ("order_details.order_items.0.total_price.currency", "SEK"),
        ("order_details.order_items.0.measurement", {"weight": {"value": 1, "unit": "lb"}}),
        ("shipping_address", {"name": "A"}),
        (
            "shipping_address",
            {"name": "A", "address_line_1": "B", "postal_code": "1", "city": "C", "country_code": "DE", "phone": "1"},
        ),
        ("service_point_details", {"id": "1", "carrier_service_point_id": "2"}),
        ("shipping_details", {"measurement": {"weight": {"value": 1}}}),
    ],
)
def test_an_order_that_breaks_the_documents_is_caught(path: str, value: object) -> None:
    check_request("POST", "/api/v3/orders", "", json.dumps([ORDER]))
    with pytest.raises(AssertionError, match="not as in the document"):
        check_request("POST", "/api/v3/orders", "", changed(path, value))


def test_bodies_are_demanded_where_they_belong_and_nowhere_else() -> None:
    with pytest.raises(AssertionError, match="is no JSON"):
        check_request("POST", "/api/v3/orders")
    with pytest.raises(AssertionError, match="takes no body"):
        check_request("GET", "/api/v3/orders", "", b"[]")
    with pytest.raises(AssertionError, match="has no body"):
        check_answer("DELETE", "/api/v3/orders/1", 204, b"{}")


def test_a_request_for_a_token_is_a_form_with_its_fields() -> None:
    assert check_request("POST", "/oauth2/token", "", b"grant_type=client_credentials&scope=read%3Aorder")
    for body in (b"", b"scope=api", b"grant_type=client_credentials&nonsense=1"):
        with pytest.raises((AssertionError, ValueError)):
            check_request("POST", "/oauth2/token", "", body)


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (200, {"data": [{"order_id": 1}]}),
        (200, {"data": [], "nonsense": 1}),
        (202, {"data": []}),
        (400, {"error": {"code": 400}}),
        (403, {"errors": [{"status": "403", "code": "no_such_code", "detail": "x"}]}),
        (429, {"errors": [{"status": "429"}]}),
    ],
)
def test_an_answer_that_breaks_the_documents_is_caught(status: int, document: object) -> None:
    with pytest.raises(AssertionError):
        check_answer("GET", "/api/v3/orders", status, json.dumps(document))
