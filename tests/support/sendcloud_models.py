"""What Sendcloud's published OpenAPI documents say, as a measure for answers and requests."""

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.models import load_table

DOCUMENTS = ("orders", "shipments", "integrations", "account")
ROOT = "/api/v3"
TOKEN_PATH = "/oauth2/token"
MOST_IDS = 100  # the documents say so in words
_DEFINITIONS = "#/definitions/"
_formats = FormatChecker(formats=())


@dataclass(frozen=True)
class Operation:
    """One operation as its document has it; the schemas of its query's parameters by name, of its answers by status."""

    id: str
    document: str
    method: str
    template: str
    parameters: dict[str, dict[str, Any]]
    body: dict[str, Any] | None
    form: list[str]
    responses: dict[str, dict[str, Any] | None]

    def matches(self, method: str, path: str) -> bool:
        """Whether a call of that raw path is one of this operation."""
        pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(self.template))
        return method.upper() == self.method and re.fullmatch(f"{pattern}/?", path) is not None


class Documents:
    """Documents by their short names, with the corrections that their own examples ask for."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._tables = {name: _corrected(name, table) for name, table in tables.items()}
        self._definitions: dict[tuple[str, str], dict[str, Any]] = {}
        found = [operation for name, table in self._tables.items() for operation in _read_operations(name, table)]
        self.operations = sorted(found, key=lambda operation: "{" in operation.template)  # with variables: last

    def schemas(self, name: str) -> dict[str, Any]:
        """All definitions of a document."""
        found: dict[str, Any] = self._tables[name]["definitions"]
        return found

    def find_operation(self, method: str, path: str) -> Operation:
        """The operation of a raw path, with the base path or without."""
        path = urlsplit(path).path.removeprefix(ROOT)
        for operation in self.operations:
            if operation.matches(method, path):
                return operation
        raise AssertionError(f"the documents have no operation {method} {path}")

    def check_request(self, method: str, path: str, query: str = "", body: bytes | str = b"") -> str:
        """Holds a request (raw path, raw query, body) to its operation; the operationId."""
        operation = self.find_operation(method, path)
        given = parse_qsl(query, keep_blank_values=True)
        assert len(dict(given)) == len(given), f"{operation.id}: a parameter is given twice"
        for name, value in given:
            assert name in operation.parameters, f"{operation.id} has no query parameter {name}"
            _check_parameter(f"{operation.id}: {name}", name, operation.parameters[name], value)
        if operation.template == TOKEN_PATH:
            _check_form(operation, body)
        elif operation.body is None:
            assert not body, f"{operation.id} takes no body"
        else:
            where = f"{operation.id} body"
            self._hold(where, operation.document, operation.body, _decode(where, body), "request")
        return operation.id

    def check_answer(self, method: str, path: str, status: int, body: bytes | str) -> str:
        """Holds an answer to its operation's schema for that status; the operationId.

        An error that the operation does not list is held to the shape that all of them share.
        """
        operation = self.find_operation(method, path)
        where = f"{operation.id} {status}"
        listed = operation.responses.keys() & {str(status), "default"}
        if status == 204:
            assert listed, f"{operation.id} never answers 204"
            assert not body, f"{where} has no body"
            return operation.id
        schema = operation.responses.get(str(status), operation.responses.get("default"))
        if schema is None:
            assert status >= 400, f"{operation.id} never answers {status}"
            self._hold(where, "orders", _throttle(status), _decode(where, body), "answer")
        else:
            self._hold(where, operation.document, schema, _decode(where, body), "answer")
        return operation.id

    def _hold(self, where: str, name: str, schema: dict[str, Any], value: object, side: str) -> None:
        if (name, side) not in self._definitions:
            opened = {title: _open(each, side) for title, each in self.schemas(name).items()}
            closed = {title: _close_parts(each, opened) for title, each in opened.items()}
            self._definitions[name, side] = closed
        definitions = self._definitions[name, side]
        whole = {**_close(_open(schema, side), definitions), "definitions": definitions}
        validator = Draft202012Validator(whole, format_checker=_formats)
        faults = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
        assert not faults, f"{where} is not as in the document:\n" + "\n".join(faults)


@cache
def documents() -> Documents:
    """The documents as far as amzlink and its sandbox use them."""
    return Documents({name: load_table(f"sendcloud/{name}.json") for name in DOCUMENTS})


def check_request(method: str, path: str, query: str = "", body: bytes | str = b"") -> str:
    """Holds a request (raw path, raw query, body) to its operation; the operationId."""
    return documents().check_request(method, path, query, body)


def check_answer(method: str, path: str, status: int, body: bytes | str) -> str:
    """Holds an answer to its operation's schema for that status; the operationId."""
    return documents().check_answer(method, path, status, body)


def hold_examples(measure: Documents, examples: Iterable[Mapping[str, Any]]) -> int:
    """Hold requests and answers that are right to the documents; how many there were."""
    templates = {operation.id: operation for operation in measure.operations}
    held = 0
    for example in examples:
        operation, place = templates[example["operation"]], example["place"]
        path, body = ROOT + operation.template.replace("{id}", "1"), json.dumps(example["value"])
        try:
            if place == "request":
                measure.check_request(operation.method, path, "", body)
            else:
                measure.check_answer(operation.method, path, int(place), body)
        except AssertionError as error:
            raise AssertionError(f"example {held}: {operation.id} {place}: {error}") from None
        held += 1
    return held


def _corrected(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """Where a document contradicts its own examples, or lacks what it points to, the examples and
    docs/services/sendcloud.md win."""
    table = deepcopy(table)
    schemas = table["definitions"]
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
        found = table["operations"]["sc-public-v3-scp-get-all_shipments"]["responses"]["200"]
        del found["properties"]["data"]["minItems"]  # a search may find nothing
    if name == "integrations":
        schemas["ErrorObject"]["properties"]["status"] = {"type": ["string", "integer"]}
    return table


def _group(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _throttle(status: int) -> dict[str, Any]:
    """The schema of errors; that of a call too many is described nowhere, and its code is in no list."""
    errors = {"$ref": f"{_DEFINITIONS}errors"}
    if status != 429:
        return errors
    error = _group(
        ["status", "code", "detail"], status={"const": "429"}, code={"type": "string"}, detail={"type": "string"}
    )
    return _group(["errors"], errors={"type": "array", "items": error})


def _read_operations(name: str, table: dict[str, Any]) -> list[Operation]:
    return [
        Operation(
            id=operation_id,
            document=name,
            method=entry["method"],
            template=entry["path"],
            parameters=entry["parameters"],
            body=entry["body"],
            form=entry["form"],
            responses=entry["responses"],
        )
        for operation_id, entry in table["operations"].items()
    ]


def _open(schema: Any, side: str) -> Any:
    """The schema in the words of JSON Schema; for a request without what is for reading alone.

    An id is called so, and is in the examples of requests all the same.
    """
    if isinstance(schema, list):
        return [_open(each, side) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _open(value, side) for key, value in schema.items()}
    if plain.pop("nullable", False) and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
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
    title = schema.get("$ref", "").removeprefix(_DEFINITIONS)
    if title and title not in seen and _names_fields(definitions[title], definitions, seen | {title}):
        return True
    parts = [each for key in ("allOf", "oneOf", "anyOf") for each in schema.get(key, [])]
    return any(_names_fields(each, definitions, seen) for each in parts)


def _check_form(operation: Operation, body: bytes | str) -> None:
    """The token endpoint takes a form. Its document leaves out what the guide tells of: scope and secret."""
    text = body.decode() if isinstance(body, bytes) else body
    form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
    assert form.get("grant_type"), f"{operation.id}: grant_type is required"
    unknown = form.keys() - {*operation.form, "scope", "client_secret"}
    assert not unknown, f"{operation.id} has no field {unknown}"


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
