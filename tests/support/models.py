"""What Amazon's published API models say, as a measure for answers and requests."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft4Validator, FormatChecker

TABLES = Path(__file__).resolve().parents[1] / "contracts" / "tables"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_time(value: object) -> bool:
    """Amazon takes and gives times in UTC with `Z` only, which is narrower than the standard the format names."""
    if not isinstance(value, str):
        return True
    if not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Operation:
    """One operation as the model has it; parameters by name, the schemas of answers by status."""

    id: str
    method: str
    template: str
    usage_plan: tuple[float, int]  # calls a second, and burst
    parameters: dict[str, dict[str, Any]]
    responses: dict[str, dict[str, Any] | None]

    def path_values(self, path: str) -> dict[str, str] | None:
        """The decoded variables of a raw path, or None when it is another operation's."""
        wanted, given = self.template.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        values = {}
        for pattern, segment in zip(wanted, given, strict=True):
            if pattern.startswith("{"):
                values[pattern[1:-1]] = unquote(segment)
            elif pattern != segment:
                return None
        return values


class Model:
    """One of Amazon's models, as far as amzlink and its sandbox use it."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.definitions: dict[str, Any] = table["definitions"]
        self._closed = {name: _close(definition) for name, definition in self.definitions.items()}
        self.operations = {name: _read_operation(name, entry) for name, entry in table["operations"].items()}

    @staticmethod
    @cache
    def load(name: str) -> "Model":
        """The model of that file name, such as `orders_2026-01-01.json`."""
        return Model(load_table(f"amazon/{name}"))

    def check_response(self, operation_id: str, status: int, body: bytes | str, *, allow_unknown: bool = False) -> None:
        """Holds an answer's body to the schema of its status; fields that the model lacks fail too unless allowed."""
        responses = self.operations[operation_id].responses
        assert str(status) in responses, f"{operation_id} never answers {status}"
        schema = responses[str(status)]
        where = f"{operation_id} {status}"
        if schema is None:
            assert not body, f"{where} has no body in the model"
            return
        self._check(where, schema, _decode(where, body), allow_unknown=allow_unknown)

    def check_request(self, method: str, url_path: str, query_string: str = "", body: bytes | str = b"") -> str:
        """Holds a request (raw path, raw query, body) to its operation's parameters; the operationId."""
        operation, path_values = self._find(method, url_path)
        given: dict[str, str] = dict(path_values)
        for name, value in parse_qsl(query_string, keep_blank_values=True):
            place = operation.parameters.get(name, {}).get("in")
            assert place == "query", f"{operation.id} has no query parameter {name}"
            assert name not in given, f"{operation.id}: {name} is given twice"
            given[name] = value
        body_schema = None
        for name, parameter in operation.parameters.items():
            if parameter["in"] == "body":
                body_schema = parameter["schema"]
            elif parameter.get("required"):
                assert given.get(name), f"{operation.id}: {name} is required"
        for name, value in given.items():
            _check_value(f"{operation.id}: {name}", operation.parameters[name], value)
        if body_schema is None:
            assert not body, f"{operation.id} takes no body"
        else:
            where = f"{operation.id} body"
            self._check(where, body_schema, _decode(where, body), allow_unknown=False)
        return operation.id

    def _find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        for operation in self.operations.values():
            values = operation.path_values(path) if operation.method == method.upper() else None
            if values is not None:
                return operation, values
        raise AssertionError(f"the model has no operation {method} {path}")

    def _check(self, where: str, schema: dict[str, Any], value: object, *, allow_unknown: bool) -> None:
        definitions = self.definitions if allow_unknown else self._closed
        validator = Draft4Validator({"allOf": [schema], "definitions": definitions}, format_checker=_formats)
        faults = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
        assert not faults, f"{where} is not as in the model:\n" + "\n".join(faults)


def load_table(name: str) -> Any:
    """A table by its path in the folder of tables."""
    return json.loads((TABLES / name).read_text("utf-8"))


def _read_operation(name: str, entry: dict[str, Any]) -> Operation:
    return Operation(
        id=name,
        method=entry["method"],
        template=entry["path"],
        usage_plan=(entry["rate"], entry["burst"]),
        parameters=entry["parameters"],
        responses=entry["responses"],
    )


def _close(schema: Any) -> Any:
    """The schema with every object closed to fields that it does not name, unless it says itself what they may be."""
    if isinstance(schema, list):
        return [_close(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _close(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema and "allOf" not in schema:
        closed["additionalProperties"] = False
    return closed


def _decode(where: str, body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise AssertionError(f"{where} is no JSON: {error}") from None


def _check_value(where: str, parameter: dict[str, Any], value: str) -> None:
    if parameter["type"] == "array":
        assert parameter.get("collectionFormat", "csv") == "csv", f"{where}: this helper knows comma lists only"
        items = value.split(",")
        most = parameter.get("maxItems", len(items))
        assert len(items) <= most, f"{where} has {len(items)} entries, at most {most} are allowed"
        for item in items:
            _check_value(where, parameter["items"], item)
        return
    assert value, f"{where} is empty"
    if parameter["type"] == "integer":
        assert re.fullmatch(r"-?\d+", value), f"{where} is no whole number: {value}"
        assert parameter.get("minimum", int(value)) <= int(value) <= parameter.get("maximum", int(value)), (
            f"{where} is out of range: {value}"
        )
    allowed = parameter.get("enum", [value])
    assert value in allowed, f"{where} is {value}, not one of {', '.join(allowed)}"
    if parameter.get("format") == "date-time":
        assert _is_time(value), f"{where} is no time in UTC with Z: {value}"
