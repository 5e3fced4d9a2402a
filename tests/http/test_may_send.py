"""What may not be sent any more is not: a request is asked for until its last part is written."""

import socket
import threading
from collections.abc import Callable

import httpx
import pytest

from amzlink.clock import SystemClock
from amzlink.http.client import HttpConnection
from amzlink.problems import Problem, ProblemName
from tests.support import network_ends

BODY = b"x" * 1000


def refusing_from(number: int) -> Callable[[], None]:
    """Says yes until it is asked for that time, counted from 1."""
    asked = 0

    def may_send() -> None:
        nonlocal asked
        asked += 1
        if asked >= number:
            raise Problem(ProblemName.LEASE_LOST, job="push-status", store="my-shop")

    return may_send


@pytest.mark.parametrize(("number", "head"), [(1, False), (2, False), (3, True)])
def test_a_request_is_refused_before_it_is_made_before_its_head_and_before_its_body(number: int, head: bool) -> None:
    received, ended = bytearray(), threading.Event()

    def serve(connection: socket.socket) -> None:
        while some := connection.recv(65536):
            received.extend(some)
        ended.set()

    with network_ends.server(serve) as served:
        connection = HttpConnection(
            clock=SystemClock(), request_id_header="x", environ={}, may_send=refusing_from(number)
        )
        request = connection.request("POST", f"http://127.0.0.1:{served.port}/", {}, BODY)
        with pytest.raises(Problem, match="lease-lost"):
            connection.send("confirmShipment", request)
        connection.close()
        if number > 1:
            assert ended.wait(30)
    assert bytes(received).startswith(b"POST ") is head
    assert BODY not in received


def test_without_a_network_below_it_is_asked_too() -> None:
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    connection = HttpConnection(
        clock=SystemClock(), request_id_header="x", transport=transport, may_send=refusing_from(2)
    )
    connection.send("getOrder", connection.request("GET", "http://127.0.0.1/", {}))
    with pytest.raises(Problem, match="lease-lost"):
        connection.send("getOrder", connection.request("GET", "http://127.0.0.1/", {}))
    assert len(calls) == 1
