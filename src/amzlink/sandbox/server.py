"""The sandbox on a port of the loopback interface."""

import re
import socket
import sys
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any, Final, Protocol, Self

from amzlink.sandbox.app import SandboxApp
from amzlink.sandbox.catalogue import LISTINGS
from amzlink.sandbox.clock import Clock
from amzlink.sandbox.control import ROOT
from amzlink.sandbox.documents import ROOT as DOCUMENTS
from amzlink.sandbox.messages import Delivery, Json, Request, Response
from amzlink.sandbox.quota import QuotaMode
from amzlink.sandbox.world import World

HOST: Final = "127.0.0.1"
MOST_BODY_BYTES: Final = 1_000_000
MOST_UPLOAD_BYTES: Final = 10 * 1024 * 1024  # the size up to which Amazon advises to make a feed's document
_OWN_NAMES: Final = frozenset({HOST, "localhost"})
_GOODBYE_SECONDS: Final = 5.0


class App(Protocol):
    """What answers the requests."""

    def handle(self, request: Request) -> Response:
        """The answer to one request; called from several threads."""


class Sandbox:
    """A running sandbox. Also a context manager, and usable in-process: `world` is what the answers are made from."""

    def __init__(
        self,
        *,
        port: int = 0,
        orders: int = 200,
        listings: int = LISTINGS,
        seed: int = 7,
        quota: QuotaMode = "real",
        faults: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        """Makes the world; nothing listens before `start`. Port 0 takes any free one."""
        self.world = World(orders=orders, listings=listings, seed=seed, quota=quota, faults=faults, clock=clock)
        self.app: App = SandboxApp(self.world)
        self._port = port
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def start(self) -> Json:
        """Listens, and tells where, with the credentials that open it."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        self._server = _Server((HOST, self._port), self.app)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self.describe()

    def describe(self) -> Json:
        """Where the running sandbox listens, and the credentials that open it."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        origin = f"http://{HOST}:{self._server.server_port}"
        return {
            "spapi_url": origin,
            "lwa_url": origin,
            "sendcloud_url": origin,
            "control_url": f"{origin}{ROOT}",
            "credentials": self.world.account.credentials(),
        }

    def stop(self) -> None:
        """Stops listening and ends every connection, those without an answer too. Stopping twice does nothing."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is None or thread is None:
            return
        server.shutdown()
        thread.join()
        server.end_connections()
        server.server_close()

    def serve_forever(self) -> None:
        """Starts if need be, waits until the process is interrupted, stops; KeyboardInterrupt passes through."""
        try:
            if self._server is None:
                self.start()
            Event().wait()
        finally:
            self.stop()

    def __enter__(self) -> Self:
        if self._server is None:
            self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that it can end those that a client keeps open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], app: App) -> None:
        super().__init__(address, _Handler)
        self.app = app
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._changed = Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Notes the connection, then serves it in a thread of its own."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection whose thread is done."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lets clients leave when they like; anything else is a bug of the sandbox, and shown as one."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        """Wakes every thread that waits for a client, and waits until they are gone."""
        self.stopping.set()
        with self._changed:
            for connection in self._open:
                _hang_up(connection)
            self._changed.wait_for(lambda: not self._open, timeout=_GOODBYE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    """Turns bytes into a request, and an answer into bytes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        most = MOST_UPLOAD_BYTES if self.path.startswith(f"{DOCUMENTS}/") else MOST_BODY_BYTES
        if not re.fullmatch(r"\d{1,12}", length, re.ASCII) or int(length) > most:
            # What follows cannot be told apart from the next request any more.
            self.close_connection = True
            self._send(Response(413 if length.isdecimal() else 400))
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("host", "").rpartition(":")[0] not in _OWN_NAMES:
            # Signed addresses lead to where the sandbox is, whatever a client takes its host to be.
            headers["host"] = f"{HOST}:{self.server.server_port}"
        answer = self.server.app.handle(Request(self.command, path, query, headers, self.rfile.read(int(length))))
        if answer.silent:
            self.server.stopping.wait()
            self.close_connection = True
        elif answer.delivery is not None:
            self._deliver(answer, answer.delivery)
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 (http.server looks for these names)

    def _deliver(self, answer: Response, delivery: Delivery) -> None:
        """Sends a body in pieces, for as long as the client listens and the sandbox runs; then hangs up."""
        self.close_connection = True
        is_chunked = delivery.length is None
        self._send_head(answer, {"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": delivery.length})
        for piece in delivery.pieces():
            if self.server.stopping.wait(delivery.pause):
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _send(self, answer: Response) -> None:
        self._send_head(answer, {"Content-Length": len(answer.body)})
        self.wfile.write(answer.body)

    def _send_head(self, answer: Response, extent: Mapping[str, object]) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        for name, amount in extent.items():
            self.send_header(name, str(amount))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name for it)
        """Says nothing: standard error belongs to the program around the sandbox."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was quicker
