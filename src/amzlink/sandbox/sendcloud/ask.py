"""A call as the operations see it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.errors import SendcloudError
from amzlink.sandbox.sendcloud.paging import Cursor, read_cursor


@dataclass(frozen=True, slots=True)
class Ask:
    """`path` is the one below the root, `variable` its last segment where that is one, `query` decoded.

    Query parameters that an operation does not know are passed over without a word, as Sendcloud does.
    """

    path: str
    variable: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    media_type: str = ""
    body: bytes = b""

    def number(self, gone: str) -> int:
        """The path's variable as an id; the 404 with that text for what can be none."""
        if not (self.variable.isascii() and self.variable.isdecimal()):
            raise SendcloudError(errors.not_found(gone))
        return int(self.variable)

    def cursor(self) -> Cursor | None:
        """The cursor of the query; the 404 of one that was never given."""
        text = self.query.get("cursor")
        if not text:
            return None
        cursor = read_cursor(text)
        if cursor is None:
            raise SendcloudError(errors.failure(404, "not_found", "Invalid cursor", title="Invalid cursor"))
        return cursor

    def json(self) -> Any:
        """The body, decoded; raises the refusal of one that is no JSON or does not say that it is."""
        if self.media_type != "application/json":
            raise SendcloudError(errors.failure(415, "invalid", "Unsupported media type in request."))
        try:
            return json.loads(self.body)
        except ValueError:
            raise SendcloudError(errors.failure(400, "invalid", "The body is no valid JSON.")) from None
