"""Ends of a wire, as a machine meets them: servers in TLS and without, proxies, and listeners that keep silent.

Everything is real and on the loopback interface: sockets, TLS, and certificates that are made for the test.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

import trustme

from amzlink.http.sockets import Address, Resolver

Serve = Callable[[socket.socket], None]
LOOPBACK = "127.0.0.1"
PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body></body></html>"


@dataclass
class Server:
    """A server that treats each connection as told; `heads` are the requests that it was sent."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)


@contextlib.contextmanager
def server(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on the loopback interface, each connection in a thread of its own."""
    listening = socket.create_server((LOOPBACK, 0))
    made = Server(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def treat(connection: socket.socket) -> None:
        spoken = connection
        with contextlib.suppress(OSError):
            if context:
                spoken = context.wrap_socket(connection, server_side=True)
                made.connections.append(spoken)
            serve(spoken)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                made.connections.append(connection)
                threads.append(threading.Thread(target=treat, args=(connection,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield made
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        _wake(made.connections)
        for thread in threads:
            thread.join(5)
        for connection in made.connections:
            connection.close()


@contextlib.contextmanager
def answering(
    status: str = "403 Forbidden",
    body: bytes = b'{"errors": []}',
    *,
    headers: Sequence[str] = (),
    date: datetime | None = None,
    context: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """A server that gives every request the same answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if date:
        lines.append(f"Date: {format_datetime(date, usegmt=True)}")

    def serve(connection: socket.socket) -> None:
        made.heads.append(read_head(connection))
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        _end(connection)

    with server(serve, context) as made:
        yield made


@contextlib.contextmanager
def silent() -> Iterator[Server]:
    """A server that takes every connection and says nothing."""
    with server(lambda connection: None) as made:
        yield made


@contextlib.contextmanager
def greeting(words: bytes) -> Iterator[Server]:
    """A server that says something at once, and hangs up."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(words)
        _end(connection)

    with server(serve) as made:
        yield made


@contextlib.contextmanager
def proxy_to(port: int, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A proxy whose tunnels all lead to one port of this machine, whatever host they are asked for."""

    def serve(connection: socket.socket) -> None:
        made.heads.append(read_head(connection))
        with socket.create_connection((LOOPBACK, port)) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(beyond, connection), daemon=True)
            back.start()
            _pump(connection, beyond)
            back.join(5)

    with server(serve, context) as made:
        yield made


@contextlib.contextmanager
def deaf(family: socket.AddressFamily = socket.AF_INET) -> Iterator[Address]:
    """An address that swallows connections: a listener whose queue is full, to which the system adds none.

    A greeting is then dropped without a word, just as by a router that leads nowhere.
    """
    host = "::1" if family == socket.AF_INET6 else LOOPBACK
    with contextlib.ExitStack() as opened:
        listening = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listening.bind((host, 0))
        listening.listen(0)
        for _ in range(8):
            waiting = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            waiting.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listening.getsockname())
        yield family, listening.getsockname()


def closed_port() -> int:
    """A port at which nobody listens. As long as this process lives, nobody else gets it either."""
    taken = socket.socket()
    taken.bind((LOOPBACK, 0))
    port: int = taken.getsockname()[1]
    taken.detach()
    return port


def has_ipv6() -> bool:
    """Whether this machine has the loopback address of IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def leading_to(*ports: int | Address) -> Resolver:
    """A look-up that leads every name to ports of this machine, in this order, whatever port is asked for."""
    places = [(socket.AF_INET, (LOOPBACK, port)) if isinstance(port, int) else port for port in ports]
    return lambda host, port: places


def by_port(places: dict[int, int]) -> Resolver:
    """A look-up that leads each port that is asked for to another one of this machine."""
    return lambda host, port: [(socket.AF_INET, (LOOPBACK, places[port]))]


def failing(error: Exception) -> Resolver:
    """A look-up that fails."""

    def resolve(host: str, port: int) -> Sequence[Address]:
        raise error

    return resolve


def in_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """What a server needs to show this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def trusted(authority: trustme.CA, folder: Path) -> dict[str, str]:
    """The environment in which this authority is trusted."""
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return {"SSL_CERT_FILE": str(file)}


def read_head(connection: socket.socket) -> bytes:
    """Everything up to the blank line."""
    received = b""
    while b"\r\n\r\n" not in received:
        some = connection.recv(4096)
        if not some:
            break
        received += some
    return received


def reset(connection: socket.socket) -> None:
    """End a connection as a firewall does: by a reset, and not in order."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(4096):
            sink.sendall(some)
        sink.shutdown(socket.SHUT_WR)


def _end(connection: socket.socket) -> None:
    """End the talk such that what was sent arrives: an early close would throw it away."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass


def _wake(connections: Sequence[socket.socket]) -> None:
    """End what the servers' threads wait for; a socket closed under their hands could be another's by then."""
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
