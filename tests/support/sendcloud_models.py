"""Sendcloud's published OpenAPI documents, as a measure for answers and requests."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "sendcloud-models"
FILES = {
    "orders": "sendcloud-v3-orders-openapi.yml",
    "shipments": "sendcloud-shipments-openapi.yml",
    "integrations": "sendcloud-v3-integrations-openapi.yml",
    "account": "sendcloud-v3-auth-and-statuses-openapi.json",
}
ROOT = "/api/v3"
TOKEN_PATH = "/oauth2/token"
MOST_IDS = 100  # the documents say so in words
_VERBS = ("get", "post", "put", "patch", "delete")
_SCHEMAS = "#/components/schemas/"
_formats = FormatChecker(formats=())


@dataclass(frozen=True)
class Operation:
    """One operation as its document has it."""

    id: str
    document: str
    method: str
    template: str
    parameters: dict[str, dict[str, Any]]
    body: dict[str, Any] | None
    responses: dict[str, Any]

    def matches(self, method: str, path: str) -> bool:
        """Whether a call of that raw path is one of this operation."""
        pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(self.template))
        return method.upper() == self.method and re.fullmatch(f"{pattern}/?", path) is not None


def check_request(method: str, path: str, query: str = "", body: bytes | str = b"") -> str:
    """Holds a request (raw path, raw query, body) to its operation; the operationId. Skips without the documents."""
    operation = find_operation(method, path)
    given = dict(parse_qsl(query, keep_blank_values=True))
    assert len(given) == len(parse_qsl(query, keep_blank_values=True)), f"{operation.id}: a parameter is given twice"
    for name, value in given.items():
        assert name in operation.parameters, f"{operation.id} has no query parameter {name}"
        _check_parameter(f"{operation.id}: {name}", name, operation.parameters[name], value)
    if operation.template == TOKEN_PATH:
        _check_form(operation, body)
    elif operation.body is None:
        assert not body, f"{operation.id} takes no body"
    else:
        where = f"{operation.id} body"
        _hold(where, operation.document, operation.body, _decode(where, body), "request")
    return operation.id


def check_answer(method: str, path: str, status: int, body: bytes | str) -> str:
    """Holds an answer to its operation's schema for that status; the operationId. Skips without the documents.

    An error that the operation does not list is held to the shape that all of them share.
    """
    operation = find_operation(method, path)
    where = f"{operation.id} {status}"
    response = operation.responses.get(str(status), operation.responses.get("default"))
    if status == 204:
        assert response is not None, f"{operation.id} never answers 204"
        assert not body, f"{where} has no body"
        return operation.id
    schema = response and response.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        assert status >= 400, f"{operation.id} never answers {status}"
        _hold(where, "orders", _throttle(status), _decode(where, body), "answer")
    else:
        _hold(where, operation.document, schema, _decode(where, body), "answer")
    return operation.id


def find_operation(method: str, path: str) -> Operation:
    """The operation of a raw path, with the base path or without."""
    path = urlsplit(path).path.removeprefix(ROOT)
    for operation in load_operations():
        if operation.matches(method, path):
            return operation
    raise AssertionError(f"the documents have no operation {method} {path}")


@cache
def load_operations() -> list[Operation]:
    """All operations of the documents; those that name no variable first."""
    found = [operation for name in FILES for operation in _read_operations(name)]
    return sorted(found, key=lambda operation: "{" in operation.template)


@cache
def load_document(name: str) -> dict[str, Any]:
    """A document by its short name, with the corrections that its own examples ask for."""
    path = FOLDER / FILES[name]
    if not path.is_file():
        pytest.skip(f"Sendcloud's documents are not here: {path.name}")
    text = path.read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    _correct(name, document.setdefault("components", {}).setdefault("schemas", {}), document["paths"])
    return document


def examples() -> Iterator[tuple[Operation, str, str, Any]]:
    """Every example of the documents: the operation, `request` or the status, the example's name, its value."""
    for operation in load_operations():
        document = load_document(operation.document)
        entry = document["paths"][operation.template][operation.method.lower()]
        places = {"request": entry.get("requestBody", {}), **entry["responses"]}
        for place, content in places.items():
            shown = _resolve(document, content).get("content", {}).get("application/json", {}).get("examples", {})
            for title, example in shown.items():
                yield operation, place, title, example.get("value")


def _correct(name: str, schemas: dict[str, Any], paths: dict[str, Any]) -> None:
    """Where a document contradicts its own examples, or lacks what it points to, the examples and
    docs/services/sendcloud.md win."""
    if name == "account":
        text, number = {"type": "string"}, {"type": "integer"}
        schemas["ParcelStatus"] = _group(["code", "message"], code=text, message=text)
        schemas["UserAuthMetadata"] = _group(["user_id", "integration_id"], user_id=number, integration_id=number)
        token = {"access_token": text, "expires_in": number, "scope": text, "token_type": text}
        schemas["OAuth2TokenExchange"] = _group(["access_token", "expires_in", "token_type"], **token)
        schemas["ErrorOAuth2"] = _group(["error"], error=text, error_description=text)
    if name == "orders":
        items = schemas["order-items"]["items"]["properties"]
        items["quantity"] = {"type": "integer", "minimum": 1}  # the document gives a number a least length
        items["delivery_dates"] = {"oneOf": [{"type": "null"}, items["delivery_dates"]]}
    if name == "shipments":
        # The list is one of errors in the schema and an object around it in each example, as everywhere else.
        schemas["errors"] = _group(["errors"], errors=schemas["errors"])
        schemas["customs-information"]["type"] = ["object", "null"]
        # A piece's weight is a number in the example of one shipment, a text in that of the list.
        schemas["weight"]["properties"]["value"]["type"] = ["number", "string"]
        found = paths["/shipments"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        del found["properties"]["data"]["minItems"]  # a search may find nothing
    error = schemas.get("ErrorObject", {}).get("properties", {})
    if name == "integrations":
        error["status"] = {"type": ["string", "integer"]}


def _group(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _throttle(status: int) -> dict[str, Any]:
    """The schema of errors; that of a call too many is described nowhere, and its code is in no list."""
    errors = {"$ref": f"{_SCHEMAS}errors"}
    if status != 429:
        return errors
    error = _group(
        ["status", "code", "detail"], status={"const": "429"}, code={"type": "string"}, detail={"type": "string"}
    )
    return _group(["errors"], errors={"type": "array", "items": error})


def _read_operations(name: str) -> Iterator[Operation]:
    document = load_document(name)
    for path, item in document["paths"].items():
        for verb in _VERBS:
            if verb not in item:
                continue
            entry = item[verb]
            parameters = [
                _resolve(document, each) for each in [*item.get("parameters", []), *entry.get("parameters", [])]
            ]
            yield Operation(
                id=entry["operationId"],
                document=name,
                method=verb.upper(),
                template=path,
                parameters={each["name"]: each["schema"] for each in parameters if each["in"] == "query"},
                body=entry.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema"),
                responses={status: _resolve(document, each) for status, each in entry["responses"].items()},
            )


def _resolve(document: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in entry:
        found: Any = document
        for step in entry["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        entry = found
    return entry


def _hold(where: str, name: str, schema: dict[str, Any], value: object, side: str) -> None:
    definitions = _definitions(name, side)
    whole = {**_close(_open(schema, side), definitions), "$defs": definitions}
    validator = Draft202012Validator(whole, format_checker=_formats)
    faults = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
    assert not faults, f"{where} is not as in the document:\n" + "\n".join(faults)


@cache
def _definitions(name: str, side: str) -> dict[str, Any]:
    opened = {title: _open(schema, side) for title, schema in load_document(name)["components"]["schemas"].items()}
    return {title: _close_parts(schema, opened) for title, schema in opened.items()}


def _open(schema: Any, side: str) -> Any:
    """The schema in the words of JSON Schema; for a request without what is for reading alone.

    An id is called so, and is in the examples of requests all the same.
    """
    if isinstance(schema, list):
        return [_open(each, side) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _open(value, side) for key, value in schema.items() if key not in {"example", "examples"}}
    if plain.pop("nullable", False) and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    if isinstance(plain.get("$ref"), str):
        plain["$ref"] = plain["$ref"].replace(_SCHEMAS, "#/$defs/")
    if side == "request" and isinstance(schema.get("properties"), dict):
        plain["properties"] = {
            name: value for name, value in plain["properties"].items() if name == "id" or not _is_read_only(value)
        }
    return plain


def _is_read_only(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _close(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema, and each within it, closed to fields that it does not name; one that names none stays open."""
    closed = _close_parts(schema, definitions)
    if "additionalProperties" not in schema and _names_fields(schema, definitions, set()):
        closed["unevaluatedProperties"] = False
    return closed


def _close_parts(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    closed = dict(schema)
    if isinstance(schema.get("properties"), dict):
        closed["properties"] = {name: _close(value, definitions) for name, value in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        closed["items"] = _close(schema["items"], definitions)
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            closed[key] = [_close_parts(each, definitions) for each in schema[key]]
    return closed


def _names_fields(schema: dict[str, Any], definitions: dict[str, Any], seen: set[str]) -> bool:
    if schema.get("properties"):
        return True
    title = schema.get("$ref", "").removeprefix("#/$defs/")
    if title and title not in seen and _names_fields(definitions[title], definitions, seen | {title}):
        return True
    parts = [each for key in ("allOf", "oneOf", "anyOf") for each in schema.get(key, [])]
    return any(_names_fields(each, definitions, seen) for each in parts)


def _check_form(operation: Operation, body: bytes | str) -> None:
    """The token endpoint takes a form. Its document leaves out what the guide tells of: scope and secret."""
    text = body.decode() if isinstance(body, bytes) else body
    form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
    entry = load_document(operation.document)["paths"][operation.template]["post"]
    known = entry["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert form.get("grant_type"), f"{operation.id}: grant_type is required"
    assert set(form) <= {*known, "scope", "client_secret"}, f"{operation.id} has no field {set(form) - set(known)}"


def _check_parameter(where: str, name: str, schema: dict[str, Any], value: str) -> None:
    assert value, f"{where} is empty"
    if schema.get("type") in {"integer", "number"}:
        # The filter by integration is one number in its schema, and a comma list in its description.
        for each in value.split(",") if name == "integration" else [value]:
            assert re.fullmatch(r"\d+", each), f"{where} is no whole number: {each}"
            assert schema.get("minimum", 0) <= int(each) <= schema.get("maximum", int(each)), f"{where} is out of range"
    if schema.get("format") == "date":
        assert _is_date(value), f"{where} is no date: {value}"
    if name.endswith(("_after", "_before")):
        assert _is_time(value), f"{where} is no time with its zone: {value}"
    if name in {"ids", "shipment_uuids"}:
        assert len(value.split(",")) <= MOST_IDS, f"{where} has more than {MOST_IDS} values"


def _decode(where: str, body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise AssertionError(f"{where} is no JSON: {error}") from None


@_formats.checks("date-time")
def _is_time(value: object) -> bool:
    try:
        return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@_formats.checks("date")
def _is_date(value: object) -> bool:
    try:
        return not isinstance(value, str) or bool(date.fromisoformat(value) and re.fullmatch(r"\d{4}-\d\d-\d\d", value))
    except ValueError:
        return False


@_formats.checks("uri")
@_formats.checks("url")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@_formats.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None
