"""Reads a request's query by the table, and its body, and refuses what breaks it.

Amazon passes over names that it does not know (a public client sends `MarketplaceId` with nearly every call), and so
does the sandbox. That amzlink's own requests have no such name is held by the tests of contracts.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid
from amzlink.sandbox.table import Kind, Operation, Parameter

# A plus sign that was not encoded arrives as a space, and what has no offset at all is no `date-time` of the models.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_UTC = "Z"


class Arguments:
    """A request's parameters, each read as its kind; `raw` keeps the decoded texts."""

    def __init__(self, raw: dict[str, str]) -> None:
        self.raw = raw

    def has(self, name: str) -> bool:
        """Whether the request named it."""
        return name in self.raw

    def text(self, name: str) -> str | None:
        """The value as it stands."""
        return self.raw.get(name)

    def time(self, name: str) -> datetime | None:
        """The value of a time parameter, aware."""
        return parse_time(self.raw[name]) if name in self.raw else None

    def number(self, name: str, default: int) -> int:
        """The value of a whole number."""
        return int(self.raw.get(name, default))

    def flag(self, name: str) -> bool:
        """Whether a switch was set."""
        return self.raw.get(name) == "true"

    def items(self, name: str) -> tuple[str, ...]:
        """The values of a list; empty when it was not given."""
        return tuple(self.raw[name].split(",")) if name in self.raw else ()


def parse_time(text: str) -> datetime | None:
    """The time in UTC, or None for anything but ISO 8601 with `Z` or an offset."""
    if not _TIME.fullmatch(text):
        return None
    try:
        # Python keeps microseconds; finer digits would not be read at all.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_query(query: str) -> dict[str, str]:
    """A raw query, decoded and unchecked; of a name given twice the last value counts."""
    return dict(parse_qsl(query, keep_blank_values=True))


def read_arguments(operation: Operation, path: dict[str, str], query: str) -> Arguments:
    """The checked parameters of a request; raises the refusal of the first that breaks the table."""
    raw = dict(path)
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameter = operation.by_name.get(name)
        if parameter is None or parameter.place != "query":
            continue
        if name in raw:
            raise not_valid(name, "The parameter is given more than once; a list is separated by commas.")
        raw[name] = value
    for parameter in operation.parameters:
        if parameter.name in raw:
            _check(parameter, raw[parameter.name])
        elif parameter.required and parameter.kind is not Kind.BODY:
            raise not_valid(parameter.name, "The parameter is required.")
    return Arguments(raw)


def check_media_type(request: Request) -> None:
    """Raises the refusal of a request that does not call itself JSON."""
    if request.media_type != "application/json":
        raise RefusalError(415, "UnsupportedMediaType", "The request payload is in an unsupported format.")


def read_json(request: Request) -> Any:
    """The body, decoded; raises the refusal of one that is no JSON."""
    try:
        return json.loads(request.body)
    except ValueError:
        raise invalid_input("The body is no JSON.") from None


def read_object(request: Request) -> Json:
    """The JSON object that a request carries; raises the refusal of any other body."""
    body = read_json(request)
    if not isinstance(body, dict):
        raise invalid_input("The body is no JSON object.")
    return body


def read_payload(request: Request) -> Json:
    """The JSON object of a request that must also call itself JSON."""
    check_media_type(request)
    return read_object(request)


def _check(parameter: Parameter, value: str) -> None:
    if not value:
        raise not_valid(parameter.name, "The value is empty.")
    match parameter.kind:
        case Kind.TIME:
            if parse_time(value) is None or (parameter.utc_only and not value.endswith(_UTC)):
                raise invalid_input(f"Invalid date/time field [{parameter.name}]")
        case Kind.INTEGER:
            _check_number(parameter, value)
        case Kind.BOOLEAN:
            if value not in {"true", "false"}:
                raise not_valid(parameter.name, "The value is neither true nor false.")
        case Kind.CSV:
            _check_list(parameter, value.split(","))
        case _:
            if parameter.values and value not in parameter.values:
                raise not_valid(parameter.name, f"Unknown value: {value}")


def _check_number(parameter: Parameter, value: str) -> None:
    if not re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
        raise not_valid(parameter.name, "The value is no whole number.")
    number = int(value)
    if parameter.minimum is not None and number < parameter.minimum:
        raise not_valid(parameter.name, f"The value must be at least {parameter.minimum}.")
    if parameter.maximum is not None and number > parameter.maximum:
        raise not_valid(parameter.name, f"The value must be at most {parameter.maximum}.")


def _check_list(parameter: Parameter, items: list[str]) -> None:
    if parameter.max_items is not None and len(items) > parameter.max_items:
        raise not_valid(parameter.name, f"The list has more than {parameter.max_items} entries.")
    for item in items:
        if not item or (parameter.values and item not in parameter.values):
            raise not_valid(parameter.name, f"Unknown value: {item}")
