"""What the clients of all services are: one kept connection, its calls counted, and the service's time."""

from collections import Counter
from datetime import timedelta
from typing import Self

from amzlink.clock import Clock
from amzlink.http.client import HttpConnection


class ServiceClient:
    """A client of one service. Use it as a context, or close it after use."""

    def __init__(self, clock: Clock, connection: HttpConnection) -> None:
        self.clock = clock
        self._connection = connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was sent."""
        return self._connection.calls

    @property
    def offset(self) -> timedelta:
        """The service's time minus this machine's."""
        return self._connection.offset
