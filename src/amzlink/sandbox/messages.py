"""Requests and answers as plain values, so that the sandbox can be asked without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. `path` and `query` are raw (still percent-encoded); names in `headers` are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. A `silent` one is never sent: the connection stays open without an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def with_headers(self, extra: Mapping[str, str]) -> "Response":
        """The same answer with more headers; those it has already win."""
        return replace(self, headers={**extra, **self.headers})

    def with_json(self, document: object) -> "Response":
        """The same answer with another body."""
        return replace(self, body=encode(document))


class RefusalError(Exception):
    """A request that Amazon would refuse, raised where the reason is found and answered in one place."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.response = refusal(status, code, message, details)


def encode(document: object) -> bytes:
    """JSON as it goes over the wire: UTF-8, no spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def json_response(status: int, document: object) -> Response:
    """An answer with a JSON body."""
    return raw_json(status, encode(document))


def raw_json(status: int, body: bytes) -> Response:
    """An answer whose JSON is already encoded."""
    return Response(status, {"Content-Type": "application/json"}, body)


def html_response(status: int, page: str) -> Response:
    """An answer from something that is not an API."""
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


def refusal(status: int, code: str, message: str, details: str = "") -> Response:
    """SP-API's error shape."""
    return json_response(status, {"errors": [{"code": code, "message": message, "details": details}]})


def denied(details: str = "") -> Response:
    """The 403 that stands for nearly everything; only `details` tells its causes apart."""
    answer = refusal(403, "Unauthorized", "Access to requested resource is denied.", details)
    return answer.with_headers({"x-amzn-ErrorType": "AccessDeniedException"})


def invalid_input(message: str, details: str = "") -> RefusalError:
    """The 400 for a parameter that breaks a rule."""
    return RefusalError(400, "InvalidInput", message, details)
