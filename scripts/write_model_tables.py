"""Writes what the contract tests hold to, the facts of the services' published models: `make model-tables`.

The models lie beside the checkout, in `../shared`, and stay there. A table has their facts alone: paths, methods,
parameters, fields, types, enumerations and limits, for the operations that amzlink and its sandbox know. Examples have
the shape of the published ones, with invented words and numbers. With `--check` nothing is written; it ends with 1 if
a table is stale.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import shake_256
from pathlib import Path
from typing import Any, Final

import yaml

from amzlink.amazon.marketplaces import BY_ID

ROOT: Final = Path(__file__).resolve().parents[1]
TABLES: Final = ROOT / "tests" / "contracts" / "tables"
SHARED: Final = ROOT.parent / "shared"
AMAZON_FOLDER: Final = SHARED / "amazon-models"
SENDCLOUD_FOLDER: Final = SHARED / "sendcloud-models"
CARRIER_LIST: Final = ROOT / "docs" / "services" / "sendcloud.md"

AMAZON_OPERATIONS: Final[dict[str, tuple[str, ...]]] = {
    "catalogItems_2022-04-01": ("getCatalogItem", "searchCatalogItems"),
    "feeds_2021-06-30": ("createFeed", "createFeedDocument", "getFeed", "getFeedDocument", "getFeeds"),
    "listingsItems_2021-08-01": ("getListingsItem", "patchListingsItem", "searchListingsItems"),
    "ordersV0": ("confirmShipment",),
    "orders_2026-01-01": ("getOrder", "searchOrders"),
    "reports_2021-06-30": ("createReport", "getReport", "getReportDocument", "getReports"),
    "sellers": ("getAccount", "getMarketplaceParticipations"),
    "tokens_2021-03-01": ("createRestrictedDataToken",),
}
# The operations whose examples go through the client and the import.
AMAZON_EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "listingsItems_2021-08-01": ("searchListingsItems",),
    "orders_2026-01-01": ("getOrder", "searchOrders"),
    "sellers": ("getMarketplaceParticipations",),
}
SENDCLOUD_FILES: Final[dict[str, str]] = {
    "account": "sendcloud-v3-auth-and-statuses-openapi.json",
    "integrations": "sendcloud-v3-integrations-openapi.yml",
    "orders": "sendcloud-v3-orders-openapi.yml",
    "shipments": "sendcloud-shipments-openapi.yml",
}
SENDCLOUD_OPERATIONS: Final = {
    "OAuth2TokenExchange",
    "sc-public-v3-integrations-get-list_integrations",
    "sc-public-v3-integrations-get-retrieve_integration",
    "sc-public-v3-integrations-patch-update_integration",
    "sc-public-v3-orders-delete-delete_order",
    "sc-public-v3-orders-get-list_orders",
    "sc-public-v3-orders-get-retrieve_order",
    "sc-public-v3-orders-patch-partial_update_order",
    "sc-public-v3-orders-post-create_orders",
    "sc-public-v3-scp-get-all_parcel_statuses",
    "sc-public-v3-scp-get-all_shipments",
    "sc-public-v3-scp-get-shipment_by_id",
    "sc-public-v3-scp-get-user_auth_metadata",
}

_VERBS = ("get", "post", "put", "patch", "delete")
_PLAIN_FACTS = (
    "collectionFormat", "const", "enum", "exclusiveMinimum", "format", "in", "maxItems", "maxLength", "maximum",
    "minItems", "minLength", "minimum", "nullable", "pattern", "readOnly", "required", "type", "uniqueItems",
)  # fmt: skip
_NESTED_FACTS = ("additionalProperties", "items", "schema")
_LISTED_FACTS = ("allOf", "anyOf", "oneOf")
_NO_FACTS = {"default", "deprecated", "description", "example", "examples", "name", "title"}

_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_CODE = re.compile(r"[A-Z_]{2,}|[a-z]{2}_[A-Z]{2}")
_EMAIL = re.compile(r"([^@\s]+)@\S+")
_URL = re.compile(r"(https?://)[^/\s]+(.*)")
# What a program reads: a code of an error, a marketplace.
_KEPT_FIELDS = {"code", "domainName", "marketplaceName"}
_ALPHABETS = (
    "123456789", "aeiou", "AEIOU", "bcdfghjklmnpqrstvwxyz", "BCDFGHJKLMNPQRSTVWXYZ", "áãçéíñóõüö", "ÁÃÇÉÍÑÓÕÜÖ",
)  # fmt: skip
_SCRIPTS = (("ァ", "ヺ", "アイウエオカキクケコサシスセソタチツテト"), ("一", "鿿", "山川田中東西南北上下大小日月"))


def main() -> int:
    """Write, or check."""
    for source in (AMAZON_FOLDER, SENDCLOUD_FOLDER, CARRIER_LIST):
        if not source.exists():
            print(f"The tables cannot be written: there is no {source}.", file=sys.stderr)
            return 1
    stale = stale_tables()
    if "--check" in sys.argv:
        for name in stale:
            print(f"{TABLES.relative_to(ROOT)}/{name} is stale: run `make model-tables`", file=sys.stderr)
        return int(bool(stale))
    written = tables()
    for name in stale:
        path = TABLES / name
        if name in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_text_of(written[name]), "utf-8")
        else:
            path.unlink()
    return 0


def stale_tables() -> list[str]:
    """The tables that are missing, out of date, or written for a model that is gone."""
    found = {str(path.relative_to(TABLES)): path.read_text("utf-8") for path in TABLES.rglob("*.json")}
    wanted = {name: _text_of(table) for name, table in tables().items()}
    return sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))


def tables() -> dict[str, Any]:
    """All tables by their path in the folder of tables."""
    amazon = {
        f"amazon/{name}.json": amazon_table(amazon_model(name), operations)
        for name, operations in AMAZON_OPERATIONS.items()
    }
    sendcloud = {
        f"sendcloud/{name}.json": sendcloud_table(sendcloud_model(name), SENDCLOUD_OPERATIONS)
        for name in SENDCLOUD_FILES
    }
    return {
        **amazon,
        "amazon/examples.json": invented_amazon_examples(),
        **sendcloud,
        "sendcloud/carriers.json": carriers(),
        "sendcloud/examples.json": invented_sendcloud_examples(),
    }


def _text_of(table: Any) -> str:
    return json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# Amazon


@cache
def amazon_model(name: str) -> dict[str, Any]:
    """A published model (Swagger 2.0) as it stands, by its file's name without the ending."""
    model: dict[str, Any] = json.loads((AMAZON_FOLDER / f"{name}.json").read_text("utf-8"))
    return model


def amazon_table(model: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """The facts of these operations, and of the definitions that they lead to."""
    found = {}
    for path, item, verb, entry in _entries(model):
        if entry["operationId"] not in operations:
            continue
        rate, burst = _usage_plan(entry["description"])
        found[entry["operationId"]] = {
            "burst": burst,
            "method": verb.upper(),
            "parameters": {
                each["name"]: _amazon_parameter(each)
                for each in [*item.get("parameters", ()), *entry.get("parameters", ())]
            },
            "path": model.get("basePath", "").rstrip("/") + path,
            "rate": rate,
            "responses": {
                status: facts(response["schema"]) if "schema" in response else None
                for status, response in entry["responses"].items()
            },
        }
    return {"definitions": _reached(found, model["definitions"]), "operations": found}


def _usage_plan(description: str) -> tuple[float, int]:
    """Rate (a second) and burst, which the model has only in a table within the description."""
    found = re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", description)
    if not found:
        raise ValueError(f"no usage plan in: {description}")
    return float(found[1]), int(found[2])


def _amazon_parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter's facts; the bounds of some stand in the description's words alone."""
    found = facts(parameter)
    bounds = re.search(r"between (\d+) and (\d+)", parameter.get("description", ""))
    if bounds and parameter.get("type") == "integer":
        found |= {"minimum": int(bounds[1]), "maximum": int(bounds[2])}
    return found


def amazon_examples() -> dict[str, list[dict[str, Any]]]:
    """The published examples: what Amazon's static sandbox is asked, and what it answers."""
    return {
        entry["operationId"]: [
            {
                "answer": example["response"],
                "parameters": {
                    parameter: given["value"]
                    for parameter, given in example["request"]["parameters"].items()
                    if "value" in given
                },
                "status": int(status),
            }
            for status, response in entry["responses"].items()
            for example in response.get("x-amzn-api-sandbox", {}).get("static", ())
        ]
        for name, operations in AMAZON_EXAMPLES.items()
        for *_, entry in _entries(amazon_model(name))
        if entry["operationId"] in operations
    }


def invented_amazon_examples() -> dict[str, list[dict[str, Any]]]:
    """The published questions, which Amazon's sandbox takes to the letter, with answers of our own."""
    examples = amazon_examples()
    asked = [example["parameters"] for group in examples.values() for example in group]
    kept = {*BY_ID, *_texts(asked)}
    for name in AMAZON_EXAMPLES:
        kept |= _enumerated(amazon_model(name)["definitions"])
    return {
        operation: [{**example, "answer": invent(example["answer"], kept)} for example in group]
        for operation, group in examples.items()
    }


# Sendcloud


@cache
def sendcloud_model(name: str) -> dict[str, Any]:
    """A published document (OpenAPI 3) as it stands, by its short name."""
    path = SENDCLOUD_FOLDER / SENDCLOUD_FILES[name]
    text = path.read_text("utf-8")
    model: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return model


def sendcloud_table(model: dict[str, Any], operations: set[str] | None = None) -> dict[str, Any]:
    """The facts of these operations, or of all, and of the definitions that they lead to."""
    found = {}
    for path, item, verb, entry in _entries(model):
        if operations is not None and entry["operationId"] not in operations:
            continue
        parameters = [_resolve(model, each) for each in (*item.get("parameters", ()), *entry.get("parameters", ()))]
        responses = {status: _resolve(model, response) for status, response in entry["responses"].items()}
        body = entry.get("requestBody", {})
        form = body.get("content", {}).get("application/x-www-form-urlencoded", {}).get("schema", {})
        found[entry["operationId"]] = {
            "body": _json_schema(body),
            "form": sorted(form.get("properties", ())),
            "method": verb.upper(),
            "parameters": {each["name"]: facts(each["schema"]) for each in parameters if each["in"] == "query"},
            "path": path,
            "responses": {status: _json_schema(response) for status, response in responses.items()},
        }
    known = model.get("components", {}).get("schemas", {})
    return {"definitions": _reached(found, known), "operations": found}


def _json_schema(content: dict[str, Any]) -> dict[str, Any] | None:
    schema = content.get("content", {}).get("application/json", {}).get("schema")
    return None if schema is None else facts(schema)


def _resolve(model: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in entry:
        found: Any = model
        for step in entry["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        entry = found
    return entry


def sendcloud_examples(operations: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """The published examples of these operations, or of all: the place is `request` or an answer's status."""
    for name in SENDCLOUD_FILES:
        model = sendcloud_model(name)
        for *_, entry in _entries(model):
            if operations is not None and entry["operationId"] not in operations:
                continue
            for place, content in {"request": entry.get("requestBody", {}), **entry["responses"]}.items():
                shown = _resolve(model, content).get("content", {}).get("application/json", {}).get("examples", {})
                for example in shown.values():
                    yield {"operation": entry["operationId"], "place": place, "value": example.get("value")}


def invented_sendcloud_examples() -> list[dict[str, Any]]:
    """Examples of the operations that are used, with the shape of the published ones and words of our own."""
    kept = set[str]()
    for name in SENDCLOUD_FILES:
        kept |= _enumerated(sendcloud_model(name))
    return [
        {**example, "value": invent(_plain(example["value"]), kept)}
        for example in sendcloud_examples(SENDCLOUD_OPERATIONS)
    ]


def _plain(value: Any) -> Any:
    """As it is in JSON: YAML makes times of what looks like one."""
    return json.loads(json.dumps(value, default=str))


def carriers() -> dict[str, list[str]]:
    """Sendcloud's codes of carriers: those of the older API's model, and the newer API's list."""
    condensed = json.loads((SENDCLOUD_FOLDER / "sendcloud-condensed.json").read_text("utf-8"))
    text = CARRIER_LIST.read_text("utf-8")
    section = text[text.index("### Carrier codes") : text.index("`dhl` is DHL Parcel")]
    return {
        "v2": sorted(condensed["v2_parcels"]["components"]["schemas"]["carrier"]["enum"]),
        "v3": sorted(set(re.findall(r"`([a-z0-9_]+)`", section))),
    }


# Facts


def _entries(model: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    """Every operation: its path, the path's item, the verb, the operation's entry."""
    for path, item in model["paths"].items():
        for verb in _VERBS:
            if verb in item:
                yield path, item, verb, item[verb]


def facts(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema or parameter without its words; a keyword that nobody here knows is an error."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "$ref":
            found[key] = f"#/definitions/{_named(value)}"
        elif key in _PLAIN_FACTS or (key in _NESTED_FACTS and isinstance(value, bool)):
            found[key] = value
        elif key in _NESTED_FACTS:
            found[key] = facts(value)
        elif key in _LISTED_FACTS:
            found[key] = [facts(each) for each in value]
        elif key == "properties":
            found[key] = {name: facts(each) for name, each in value.items()}
        elif key not in _NO_FACTS and not key.startswith("x-"):
            raise ValueError(f"is {key} a fact?")
    return found


def _reached(operations: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that the operations lead to; one that the model points to and lacks stays away."""
    found: dict[str, Any] = {}
    waiting = [operations]
    while waiting:
        for name in _references(waiting.pop()):
            if name in known and name not in found:
                found[name] = facts(known[name])
                waiting.append(found[name])
    return found


def _named(reference: str) -> str:
    """The definition that a reference names."""
    for place in ("#/definitions/", "#/components/schemas/"):
        if reference.startswith(place) and "/" not in reference.removeprefix(place):
            return reference.removeprefix(place)
    raise ValueError(f"{reference} names no definition")


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield _named(schema["$ref"])
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _enumerated(schema: Any) -> set[str]:
    """Every text that some enumeration of the model allows."""
    if isinstance(schema, list):
        return set().union(*map(_enumerated, schema))
    if not isinstance(schema, dict):
        return set()
    values = schema.get("enum")
    own = {value for value in values if isinstance(value, str)} if isinstance(values, list) else set()
    return own.union(*map(_enumerated, schema.values()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


# Inventions


def invent(value: Any, kept: set[str]) -> Any:
    """The same shape with invented words. Kept are fields, numbers, times, codes, and the texts that are listed."""
    if isinstance(value, dict):
        return {name: each if name in _KEPT_FIELDS else invent(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [invent(each, kept) for each in value]
    if not isinstance(value, str) or value in kept or _TIME.fullmatch(value) or _CODE.fullmatch(value):
        return value
    if email := _EMAIL.fullmatch(value):
        return f"{_invent_text(email[1])}@mail.example"
    if url := _URL.fullmatch(value):
        return f"{url[1]}host.example{_invent_text(url[2])}"
    return _invent_text(value)


def _invent_text(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda found: _invent_word(found[0]), text)


def _invent_word(word: str) -> str:
    """Another word of the same form; always the same for a word, so that what belongs together still does."""
    chances = shake_256(word.encode()).digest(len(word))
    return "".join(_replace(character, chance) for character, chance in zip(word, chances, strict=True))


def _replace(character: str, chance: int) -> str:
    """A character of the same kind; zeros stay, so that nothing becomes zero or ceases to be."""
    if character == "0" or not character.isalnum():
        return character
    for alphabet in _ALPHABETS:
        if character in alphabet:
            return alphabet[chance % len(alphabet)]
    for first, last, alphabet in _SCRIPTS:
        if first <= character <= last:
            return alphabet[chance % len(alphabet)]
    return character


if __name__ == "__main__":
    sys.exit(main())
