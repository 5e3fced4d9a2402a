"""A clock that waits by moving the time of a sandbox in another process: hours of quota take milliseconds."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


class MovedClock:
    """The machine's clock, ahead by as much as the sandbox's. `waited` is how many seconds were waited for in all."""

    def __init__(self, addresses: Mapping[str, Any]) -> None:
        self._control = urlsplit(addresses["control_url"])
        self._ahead = float(addresses["ahead"])
        self.waited = 0.0

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def sleep(self, seconds: float) -> None:
        """Move the time on, and have made what falls due; a wait of zero or less returns at once.

        The sandbox makes what is due when the next request comes. A large report takes it longer than a client waits
        for an answer, so that request comes from here.
        """
        if seconds <= 0:
            return
        connection = HTTPConnection(self._control.netloc)
        for advance in (seconds, 0):
            connection.request("POST", f"{self._control.path}/clock", f'{{"advance": {advance}}}')
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the sandbox's clock did not move: {answer.status}")
        connection.close()
        self._ahead += seconds
        self.waited += seconds
