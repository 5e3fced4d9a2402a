"""A limit on the time of a whole call: the connection is cut when it is over.

A time-out counts from one piece of an answer to the next, so a server that sends a byte every few seconds, in the head
of its answer or in the body, would keep a run for ever.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, Self


class Stream(Protocol):
    """A connection of httpcore's."""

    def get_extra_info(self, info: str) -> Any:
        """Its `socket`, for example."""


Host = tuple[bytes, bytes]
"""Scheme, and name with its port."""
Streams = dict[Host, Stream]
"""The connections that were made, the latest by its host."""

_MADE = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
# The server acts on a request when all of it is there, so the last part is what counts.
_WRITES = frozenset({"http11.send_request_headers.started", "http11.send_request_body.started"})


class WatchedCall:
    """A call that has `seconds`. `is_late` says that it was cut off.

    `may_send` is asked just before a part of the request is written, and may refuse by raising.
    """

    def __init__(self, seconds: float, streams: Streams, host: Host, may_send: Callable[[], None]) -> None:
        self.is_late = False
        self.ends = time.monotonic() + seconds
        self._streams = streams
        self._host = host
        self._may_send = may_send
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def note_event(self, event: str, details: dict[str, Any]) -> None:
        """What httpcore tells of a request under way (its extension `trace`)."""
        if event in _WRITES:
            self._may_send()
        elif event in _MADE:
            self._streams[self._host] = details["return_value"]
            if self.is_late:  # the time was over before there was anything to cut
                self._cut()

    def _cut(self) -> None:
        self.is_late = True
        if stream := self._streams.get(self._host):
            with contextlib.suppress(OSError):
                # The plain socket's own: TLS's would first drop what another thread reads with.
                socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
