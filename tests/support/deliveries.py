"""A body that the sandbox sends in pieces, as a client without a socket gets it."""

from collections.abc import Iterator

import httpx

from amzlink.sandbox.messages import Delivery


class Delivered(httpx.SyncByteStream):
    """The pieces, without the pauses between them: how long a call takes is a matter of a real port."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def __iter__(self) -> Iterator[bytes]:
        """The pieces; ends as a connection does that is closed before the promised length."""
        sent = 0
        for piece in self._delivery.pieces():
            sent += len(piece)
            yield piece
        if self._delivery.length is not None and sent < self._delivery.length:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
