"""A connection to Amazon for dry runs: what would change something there is refused, as a bug."""

from collections.abc import Mapping
from typing import Any, Final

from amzlink.amazon.quota import Operation
from amzlink.amazon.reports import CREATE_REPORT
from amzlink.amazon.transport import SpApiClient
from amzlink.http.client import Answer

# A POST, but all that comes of it is a document to be read.
_CHANGES_NOTHING: Final = frozenset({CREATE_REPORT.name})


class ReadOnlySpApiClient(SpApiClient):
    """A link that asks and tells nothing."""

    def post_json(self, operation: Operation, path: str, document: object, **how: Any) -> Answer:
        """Only for what changes nothing. Raises `RuntimeError` for the rest."""
        if operation.name not in _CHANGES_NOTHING:
            raise _bug(operation.name)
        return super().post_json(operation, path, document, **how)

    def patch_json(
        self, operation: Operation, path: str, query: Mapping[str, str], document: object, *, changes_nothing: bool
    ) -> Answer:
        """Only for a preview. Raises `RuntimeError` for the rest."""
        if not changes_nothing:
            raise _bug(operation.name)
        return super().patch_json(operation, path, query, document, changes_nothing=True)

    def upload(self, url: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Raises `RuntimeError`."""
        raise _bug("upload")


def _bug(operation: str) -> RuntimeError:
    return RuntimeError(f"a dry run has come as far as {operation}")
