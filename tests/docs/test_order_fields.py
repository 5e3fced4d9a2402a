"""Every field that the Amazon client asks for or decodes has a line that says where it goes, or why it goes nowhere."""

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

import amzlink.amazon
from amzlink.amazon.order_json import WireOrder
from amzlink.amazon.orders import DATASETS
from tests.docs.test_services import rows
from tests.support.models import load_table

MODEL = load_table("amazon/orders_2026-01-01.json")["definitions"]
# Parts that come only with a dataset of their own.
OF_DATASET = {
    "payment.": "PAYMENT",
    "fulfillmentOrders[].": "FULFILLMENT_ORDERS",
    "orderItems[].expense.": "EXPENSE",
    "orderItems[].promotion.": "PROMOTION",
}
# In `amazon/`, but neither an answer nor a request: what the client makes of them.
MADE_OF_THEM = {
    "CatalogWeights", "FeedResult", "UploadPlace", "Feed", "ListedWeight", "Grams", "Issue", "Listing", "ListingsPage",
    "PatchAnswer", "UnreadableOrder", "OrdersPage", "Operation", "Bucket", "ReportedListing", "Participation",
    "SellerAccount", "Confirmation", "Document", "_Wire",
}  # fmt: skip


def table(heading: str) -> list[list[str]]:
    return [[cell.strip("`") for cell in row] for row in list(rows("orders", heading))[1:]]


def covers(path: str, other: str) -> bool:
    """Whether a line of the table is about that field; `*` is everything below."""
    return other == path or (path.endswith(".*") and other.startswith(path[:-1]))


def decoded(kind: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    """The fields that are read, by their paths; a window, an amount and a free mapping are one field."""
    for field in msgspec.structs.fields(kind):
        here = f"{path}.{field.encode_name}" if path else field.encode_name
        parts = [part for part in typing.get_args(field.type) or (field.type,) if part is not type(None)]
        part: Any = parts[0]
        if typing.get_origin(field.type) is tuple or typing.get_origin(part) is tuple:
            part = typing.get_args(part)[0] if typing.get_origin(part) is tuple else part
            here += "[]"
        if typing.get_origin(part) is dict:
            yield f"{here}."
        elif inspect.isclass(part) and issubclass(part, msgspec.Struct) and not _is_one(part):
            yield from decoded(part, here)
        else:
            yield here


def _is_one(kind: type[msgspec.Struct]) -> bool:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    return names in ({"amount", "currencyCode"}, {"earliestDateTime", "latestDateTime"})


def told(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The fields of Amazon's model, by their paths."""
    if "$ref" in schema:
        yield from told(MODEL[schema["$ref"].rpartition("/")[2]], path)
    elif schema.get("type") == "array":
        yield from told(schema["items"], f"{path}[]")
    elif "properties" in schema and set(schema["properties"]) not in (
        {"amount", "currencyCode"},
        {"earliestDateTime", "latestDateTime"},
    ):
        for name, part in schema["properties"].items():
            yield from told(part, f"{path}.{name}" if path else name)
    else:
        yield path


ORDER_FIELDS = sorted(told(MODEL["Order"]))
DECODED = sorted(decoded(WireOrder))


def test_every_field_of_amazons_model_has_one_line_and_every_line_a_field() -> None:
    lines = [path for path, _ in table("Orders")]
    assert [path for path in ORDER_FIELDS if sum(covers(line, path) for line in lines) != 1] == []
    assert [line for line in lines if not any(covers(line, path) for path in ORDER_FIELDS)] == []
    assert all(where for _, where in table("Orders"))


def test_what_is_decoded_is_said_to_reach_somebody_and_nothing_else_is() -> None:
    assert len(DECODED) > 50
    for line, where in table("Orders"):
        is_read = any(covers(line, path) for path in DECODED)
        assert is_read is not where.startswith(("not read", "not asked for")), line
    lines = [line for line, _ in table("Orders")]
    assert [path for path in DECODED if not any(covers(line, path) for line in lines)] == []


def test_what_is_not_asked_for_is_what_no_dataset_brings() -> None:
    for line, where in table("Orders"):
        dataset = next((name for part, name in OF_DATASET.items() if line.startswith(part)), None)
        is_asked = dataset is None or dataset in DATASETS.split(",")
        assert is_asked is not where.startswith("not asked for"), line


def test_every_other_struct_of_the_client_has_a_line_with_its_fields() -> None:
    found = {}
    for module in pkgutil.iter_modules(amzlink.amazon.__path__):
        if module.name == "order_json":
            continue
        source = importlib.import_module(f"amzlink.amazon.{module.name}")
        for name, kind in vars(source).items():
            if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and kind.__module__ == source.__name__:
                found[f"{module.name}.{name}"] = [field.encode_name for field in msgspec.structs.fields(kind)]
    wire = {name: fields for name, fields in found.items() if name.partition(".")[2] not in MADE_OF_THEM}
    lines = {name: re.findall(r"[A-Za-z_]+", fields) for name, fields, _ in table("Other answers and requests")}
    assert lines == wire
