"""A connection to Sendcloud for dry runs: what would change something there is refused, as a bug."""

import httpx

from amzlink.sendcloud.transport import Client


class ReadOnlyClient(Client):
    """A client that asks and tells nothing."""

    def _send(self, operation: str, method: str, url: str, body: bytes) -> httpx.Response:
        """Raises `RuntimeError` for everything that is not asked. How it signs in is another matter."""
        if method != "GET":
            raise RuntimeError(f"a dry run has come as far as {operation}")
        return super()._send(operation, method, url, body)
