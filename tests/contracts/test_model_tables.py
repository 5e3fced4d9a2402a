"""The tables that the other tests of this folder hold to, and the script that writes them."""

from collections.abc import Iterator
from typing import Any

import pytest
from scripts.write_model_tables import (
    AMAZON_FOLDER,
    SENDCLOUD_FILES,
    SENDCLOUD_FOLDER,
    facts,
    invent,
    sendcloud_examples,
    sendcloud_model,
    sendcloud_table,
    stale_tables,
)

from amzlink.core.orders.order import STATUSES
from amzlink.sandbox.sendcloud.table import OPERATIONS as SENDCLOUD_OPERATIONS
from amzlink.sandbox.sendcloud.table import TOKEN_EXCHANGE
from amzlink.sandbox.table import OPERATIONS
from tests.support.models import TABLES, load_table
from tests.support.sendcloud_models import Documents, documents, hold_examples

# The documents' examples that break their own schemas, all of operations that nobody here uses.
CONTRADICTIONS = {
    ("sc-public-v3-scp-post-announce_shipment", "201"),
    ("sc-public-v3-scp-post-create_shipment", "201"),
    ("sc-public-v3-scp-post-announce_shipment_with_rules", "201"),
    ("sc-public-v3-scp-post-create_shipment_with_rules", "201"),
    ("sc-public-v3-integrations-post-create_integration_logs", "400"),
}


def test_the_tables_have_the_operations_of_the_sandbox_and_no_others() -> None:
    written = [load_table(f"amazon/{file.name}").get("operations", ()) for file in (TABLES / "amazon").iterdir()]
    assert {name for operations in written for name in operations} == {operation.id for operation in OPERATIONS}
    assert len(documents().operations) == len([*SENDCLOUD_OPERATIONS, TOKEN_EXCHANGE])


def test_the_statuses_of_orders_are_those_of_the_model() -> None:
    assert list(STATUSES) == load_table("amazon/orders_2026-01-01.json")["definitions"]["FulfillmentStatus"]["enum"]


def keywords(table: Any) -> Iterator[str]:
    """Every keyword of a table's schemas; names of fields, definitions and parameters are none."""
    if isinstance(table, dict):
        for name, value in table.items():
            yield name
            named = name in {"definitions", "operations", "parameters", "properties", "responses"}
            for each in value.values() if named else [value]:
                yield from keywords(each)
    elif isinstance(table, list):
        for each in table:
            yield from keywords(each)


@pytest.mark.parametrize(
    "name", [str(file.relative_to(TABLES)) for file in sorted(TABLES.rglob("*.json")) if file.stem != "examples"]
)
def test_a_table_has_no_words_of_the_models(name: str) -> None:
    assert {"description", "title", "summary", "example", "examples", "default"}.isdisjoint(keywords(load_table(name)))


class TestTheScript:
    def test_a_schema_keeps_its_facts_and_loses_its_words(self) -> None:
        schema = {
            "type": "object",
            "title": "A title",
            "required": ["title"],
            "properties": {"title": {"type": "string", "maxLength": 9, "description": "Words", "x-note": "Words"}},
        }
        assert facts(schema) == {
            "type": "object",
            "required": ["title"],
            "properties": {"title": {"type": "string", "maxLength": 9}},
        }

    def test_a_keyword_that_it_does_not_know_is_an_error_and_not_lost(self) -> None:
        with pytest.raises(ValueError, match="multipleOf"):
            facts({"type": "integer", "multipleOf": 2})

    def test_an_invention_has_the_form_of_what_it_stands_for(self) -> None:
        found = invent({"name": "Ada Ünal 第4", "zip": "SW1A 0AA", "count": 3, "at": "2026-11-20"}, set())
        assert (found["count"], found["at"]) == (3, "2026-11-20")
        assert [len(word) for word in found["name"].split()] == [3, 4, 2]
        assert found["name"] != "Ada Ünal 第4"
        assert found["zip"][5] == "0"

    def test_what_is_the_same_stays_the_same(self) -> None:
        found = invent({"street": "Hof", "line": "Hof 12", "number": "12"}, set())
        assert found["line"] == f"{found['street']} {found['number']}"

    def test_an_address_of_the_web_leads_nowhere(self) -> None:
        assert invent("https://shop.test/a", set()).startswith("https://host.example/")
        assert invent("ada@shop.test", set()).endswith("@mail.example")

    def test_codes_and_listed_words_stay(self) -> None:
        value = {"code": "InvalidInput", "currency": "EUR", "kind": "parcel"}
        assert invent(value, {"parcel"}) == value


@pytest.mark.only_with(AMAZON_FOLDER, SENDCLOUD_FOLDER)
class TestAgainstTheModels:
    def test_the_tables_are_what_the_script_writes(self) -> None:
        assert stale_tables() == [], "run `make model-tables`"

    def test_the_published_examples_of_all_operations_fit_the_documents(self) -> None:
        whole = Documents({name: sendcloud_table(sendcloud_model(name)) for name in SENDCLOUD_FILES})
        fitting = (each for each in sendcloud_examples() if (each["operation"], each["place"]) not in CONTRADICTIONS)
        assert hold_examples(whole, fitting) > 80
