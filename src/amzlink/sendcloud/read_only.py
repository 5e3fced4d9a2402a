"""A connection to Sendcloud for dry runs: what would change something there is refused, as a bug."""

from typing import Any, NoReturn

from amzlink.sendcloud.transport import SendcloudClient


class ReadOnlySendcloudClient(SendcloudClient):
    """A client that asks and tells nothing: each of these raises `RuntimeError`."""

    def post(self, operation: str, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise _bug(operation)

    def delete(self, operation: str, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise _bug(operation)


def _bug(operation: str) -> RuntimeError:
    return RuntimeError(f"a dry run has come as far as {operation}")
