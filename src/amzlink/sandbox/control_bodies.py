"""What all control calls share: how they read a body, and how they refuse."""

import json
from typing import Any

from amzlink.sandbox.messages import Json, Request


class BadCallError(Exception):
    """A control call that cannot be carried out; the text says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_body(request: Request) -> Json:
    """The body of a control call, which is a JSON object."""
    try:
        body: Any = json.loads(request.body)
    except ValueError:
        raise BadCallError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise BadCallError("the body is no JSON object")
    return body


def read_names(body: Json, key: str) -> list[str]:
    """A list of names in a body; empty if there is none."""
    names = body.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadCallError(f'"{key}" is a list of names')
    return names
