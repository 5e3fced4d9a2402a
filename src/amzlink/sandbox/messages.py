"""Requests and answers as plain values, so that the sandbox can be asked without a socket."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

Json = dict[str, Any]
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. `path` and `query` are raw (still percent-encoded); names in `headers` are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def origin(self) -> str:
        """Where the client reached the sandbox; what lies behind signed addresses is on the same origin."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def media_type(self) -> str:
        """What the body calls itself, in lower case and without parameters; empty where it says nothing."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that goes over the wire piece by piece, made anew for each answer.

    `length` is what the header promises, whatever comes then; without one the pieces are sent as chunks. `pause` are
    the seconds before each piece.
    """

    pieces: Callable[[], Iterable[bytes]]
    length: int | None = None
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. A `silent` one is never sent: the connection stays open without an answer.

    `delivery` takes the place of the body. `has_id`: it has a request id, which what stands before Amazon leaves out.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False
    delivery: Delivery | None = None
    has_id: bool = True

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def with_headers(self, extra: Mapping[str, str]) -> "Response":
        """The same answer with more headers; those it has already win."""
        return replace(self, headers={**extra, **self.headers})

    def with_json(self, document: object) -> "Response":
        """The same answer with another body."""
        return replace(self, body=encode(document))


def encode(document: object) -> bytes:
    """JSON as it goes over the wire: UTF-8, no spaces."""
    return _ENCODER.encode(document).encode()


def json_response(status: int, document: object) -> Response:
    """An answer with a JSON body."""
    return raw_json(status, encode(document))


def raw_json(status: int, body: bytes) -> Response:
    """An answer whose JSON is already encoded."""
    return Response(status, {"Content-Type": "application/json"}, body)


def html_response(status: int, page: str) -> Response:
    """An answer from something that is not an API."""
    return Response(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode(), has_id=False)
