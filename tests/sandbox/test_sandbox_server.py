"""The sandbox on a real port."""

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest

from amzlink.sandbox.messages import Delivery, Request, Response
from amzlink.sandbox.server import MOST_BODY_BYTES, MOST_UPLOAD_BYTES, Sandbox
from tests.sandbox.driver import FORM, StoppedClock


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=120, quota="off", clock=StoppedClock()) as running:
        yield running


def connect(sandbox: Sandbox) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(sandbox.describe()["spapi_url"]).netloc, timeout=60)


def sign_in(connection: http.client.HTTPConnection, sandbox: Sandbox) -> dict[str, str]:
    credentials = sandbox.describe()["credentials"]
    form = {name: credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
    connection.request("POST", "/auth/o2/token", urlencode({"grant_type": "refresh_token", **form}), FORM)
    return {"x-amz-access-token": json.load(connection.getresponse())["access_token"]}


def test_start_tells_where_everything_is(sandbox: Sandbox) -> None:
    told = sandbox.describe()
    assert set(told) == {"spapi_url", "lwa_url", "sendcloud_url", "control_url", "credentials"}
    assert told["control_url"] == told["spapi_url"] + "/control"
    assert urlsplit(told["spapi_url"]).hostname == "127.0.0.1"
    assert set(told["credentials"]) == {
        "country", "marketplace_ids", "seller_id", "client_id", "client_secret", "refresh_token",
        "sendcloud_public_key", "sendcloud_secret_key", "sendcloud_integration_id",
    }  # fmt: skip


def test_one_connection_serves_many_calls(sandbox: Sandbox) -> None:
    connection = connect(sandbox)
    headers = sign_in(connection, sandbox)
    used = connection.sock
    for _ in range(3):
        connection.request("GET", "/orders/2026-01-01/orders?createdAfter=2026-01-01T00:00:00Z", headers=headers)
        answer = connection.getresponse()
        assert len(json.load(answer)["orders"]) == 100
        assert answer.headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert connection.sock is used
    connection.close()


def test_calls_from_several_threads_are_all_counted(sandbox: Sandbox) -> None:
    def search(_: int) -> int:
        connection = connect(sandbox)
        try:
            connection.request("GET", "/orders/2026-01-01/orders?createdAfter=2026-01-01T00:00:00Z", headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    first = connect(sandbox)
    headers = sign_in(first, sandbox)
    first.close()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(search, range(24))) == {200}
    assert sandbox.world.count_calls()["searchOrders"] == 24


def test_a_document_may_be_as_large_as_amazon_advises_to_make_it(sandbox: Sandbox) -> None:
    connection = connect(sandbox)
    headers = {**sign_in(connection, sandbox), "Content-Type": "application/json"}
    connection.request("POST", "/feeds/2021-06-30/documents", json.dumps({"contentType": "text/xml"}), headers)
    document = json.load(connection.getresponse())
    url = urlsplit(document["url"])
    assert f"{url.scheme}://{url.netloc}" == sandbox.describe()["spapi_url"]
    address = f"{url.path}?{url.query}"
    connection.request("PUT", address, b"x" * MOST_UPLOAD_BYTES, {"Content-Type": "text/xml"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.putrequest("PUT", address)
    connection.putheader("Content-Length", str(MOST_UPLOAD_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_beyond_the_limit_is_refused(sandbox: Sandbox) -> None:
    connection = connect(sandbox)
    connection.putrequest("POST", "/control/orders")
    connection.putheader("Content-Length", str(MOST_BODY_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("length", ["-1", "many"])
def test_a_length_that_is_no_number_is_refused(sandbox: Sandbox, length: str) -> None:
    connection = connect(sandbox)
    connection.putrequest("POST", "/control/orders")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_silent_call_ends_when_the_sandbox_stops() -> None:
    sandbox = Sandbox(orders=1, faults=["timeout"])
    sandbox.start()
    connection = connect(sandbox)
    connection.request("POST", "/auth/o2/token", "", FORM)
    while not sandbox.world.count_calls():
        time.sleep(0.01)
    begun = time.monotonic()
    sandbox.stop()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
    assert time.monotonic() - begun < 30


def test_stopping_frees_the_port_although_a_client_keeps_its_connection() -> None:
    sandbox = Sandbox(orders=1)
    port = urlsplit(sandbox.start()["spapi_url"]).port
    connection = connect(sandbox)
    connection.request("GET", "/control/state")
    connection.getresponse().read()
    sandbox.stop()
    sandbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.close()
    with Sandbox(orders=1, port=port or 0) as again:
        assert urlsplit(again.describe()["spapi_url"]).port == port


def test_starting_twice_and_asking_before_the_start_are_errors() -> None:
    sandbox = Sandbox(orders=1)
    with pytest.raises(RuntimeError, match="not running"):
        sandbox.describe()
    with sandbox, pytest.raises(RuntimeError, match="running already"):
        sandbox.start()


def test_an_unknown_fault_is_refused_before_anything_listens() -> None:
    with pytest.raises(ValueError, match="no such fault: gremlins"):
        Sandbox(faults=["gremlins"])


def test_the_sandbox_speaks_of_itself_only_when_asked(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    connection = connect(sandbox)
    connection.request("GET", "/nowhere")
    assert connection.getresponse().status == 403
    connection.close()
    assert capfd.readouterr() == ("", "")


class Answers:
    """An app that answers as it is told."""

    def __init__(self, answer: Callable[[], Response]) -> None:
        self._answer = answer

    def handle(self, _: Request) -> Response:
        return self._answer()


@contextlib.contextmanager
def running(answer: Callable[[], Response]) -> Iterator[http.client.HTTPConnection]:
    sandbox = Sandbox(orders=1, quota="off")
    sandbox.app = Answers(answer)
    sandbox.start()
    with sandbox, contextlib.closing(connect(sandbox)) as connection:  # which starts nothing twice
        yield connection


def test_a_body_in_pieces_without_a_length_has_an_end() -> None:
    delivery = Delivery(lambda: [b"{", b"}"], pause=0)
    with running(lambda: Response(200, {}, delivery=delivery)) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"{}"


def test_a_bug_of_the_sandbox_is_shown_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> Response:
        raise LookupError("a bug")

    with running(fail) as connection:
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    assert "LookupError: a bug" in capsys.readouterr().err


def test_it_serves_until_the_process_is_interrupted_and_stops_then() -> None:
    sandbox = Sandbox(orders=1, quota="off")
    answered: list[int] = []

    def interrupt() -> None:
        while not answered:
            with contextlib.suppress(RuntimeError), contextlib.closing(connect(sandbox)) as connection:  # not yet
                connection.request("GET", "/control/shipments")
                answered.append(connection.getresponse().status)
        os.kill(os.getpid(), signal.SIGINT)

    asking = threading.Thread(target=interrupt)
    asking.start()
    with pytest.raises(KeyboardInterrupt):
        sandbox.serve_forever()
    asking.join()
    assert answered == [200]
    with pytest.raises(RuntimeError, match="not running"):
        sandbox.describe()
