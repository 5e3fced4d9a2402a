"""Sockets under one time limit: look-ups, connections to all addresses at once, and one question over HTTP."""

import errno
import http.client
import io
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, cast

from amzlink.problems import ProblemName, network

PER_FAMILY: Final = 3
_DIALLING_SHARE: Final = 0.6  # of the time limit; the rest is for finding out why nothing was reached
_GRACE_SHARE: Final = 0.25  # how long IPv6 is waited for when IPv4 has answered: a lost packet comes again after 1 s
FIRST_BYTES: Final = 2048
_LONGEST_TEXT: Final = 80
_FAMILIES: Final = {socket.AF_INET: "ipv4", socket.AF_INET6: "ipv6"}

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
Resolver = Callable[[str, int], Sequence[Address]]


def system_resolver(host: str, port: int) -> Sequence[Address]:
    """The addresses that the system gives for a name, in the order in which it would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, where) for family, _, _, _, where in found if family in _FAMILIES]


class Deadline:
    """The end of a probe's time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def share(self, part: float) -> float:
        """A part of the whole time, or what is left of it where that is less."""
        return min(self.seconds * part, self.left())


class NoWay(Exception):  # noqa: N818 - a finding, which becomes a problem of the host or of the proxy
    """A host that could not be connected to: the problem's name, and why."""

    def __init__(self, name: ProblemName, detail: str) -> None:
        self.name = name
        self.detail = detail
        super().__init__(name.value)


@dataclass(slots=True)
class Try:
    """A connection to one address, while it is made and after."""

    family: str
    address: str
    began: float = field(default_factory=time.monotonic)
    connection: socket.socket | None = None
    milliseconds: int | None = None
    error: OSError | None = None

    @property
    def pending(self) -> bool:
        """Whether it is neither connected nor lost."""
        return self.connection is not None and self.milliseconds is None

    def settle(self, made: socket.socket) -> None:
        """Note what has become of it: `made` is the connection, which can be written to by now."""
        if code := made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.fail(OSError(code, os.strerror(code)))
        else:
            self.milliseconds = round((time.monotonic() - self.began) * 1000)

    def fail(self, error: OSError) -> None:
        """Give it up."""
        self.error = error
        self.close()

    def close(self) -> None:
        """Close it, unless it has been handed on."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def addresses_of(host: str, port: int, resolver: Resolver) -> Sequence[Address]:
    """The first few addresses of each family. Raises NoWay, `dns-failed`."""
    try:
        found = resolver(host, port)
    except UnicodeError:
        raise NoWay(ProblemName.DNS_FAILED, network.NO_HOST_NAME) from None
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise NoWay(ProblemName.DNS_FAILED, network.DNS_SILENT) from error
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
            raise NoWay(ProblemName.DNS_FAILED, network.NAME_UNKNOWN) from error
        raise NoWay(ProblemName.DNS_FAILED, network.look_up_failed(error.errno)) from error
    if not found:
        raise NoWay(ProblemName.DNS_FAILED, network.NO_ADDRESS)
    chosen: list[Address] = []
    for family in dict.fromkeys(family for family, _ in found):
        chosen += [address for address in found if address[0] == family][:PER_FAMILY]
    return chosen


def dial(addresses: Sequence[Address], deadline: Deadline) -> list[Try]:
    """Try all addresses at once, until of each family one is connected, all are lost, or the time is up.

    The caller takes one and closes the others with `taken_of`. Raises TimeoutError where no time is left to begin.
    """
    tries = [Try(_FAMILIES[family], str(where[0])) for family, where in addresses]
    until, graced = time.monotonic() + deadline.share(_DIALLING_SHARE), False
    with selectors.DefaultSelector() as selector:
        for one, (family, where) in zip(tries, addresses, strict=True):
            _begin(one, family, where, selector)
        while _undecided(tries) and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                selector.unregister(key.fileobj)
                key.data()
            if not graced and any(one.milliseconds is not None for one in tries):
                until, graced = min(until, time.monotonic() + deadline.seconds * _GRACE_SHARE), True
    return tries


def _begin(one: Try, family: socket.AddressFamily, where: tuple[Any, ...], selector: selectors.BaseSelector) -> None:
    try:
        made = one.connection = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(0)
        made.connect(where)
    except BlockingIOError:
        selector.register(made, selectors.EVENT_WRITE, partial(one.settle, made))
    except OSError as error:  # no such family here, or no route
        one.fail(error)
    else:  # not on Linux
        one.settle(made)


def _undecided(tries: Sequence[Try]) -> bool:
    decided = {one.family for one in tries if one.milliseconds is not None}
    return any(one.pending and one.family not in decided for one in tries)


def taken_of(tries: Sequence[Try]) -> socket.socket | None:
    """The first connection in the system's order, for the caller to close; all others are closed here."""
    taken = None
    for one in tries:
        if taken is None and one.milliseconds is not None:
            taken, one.connection = one.connection, None
        elif one.pending:
            one.error = TimeoutError()
        one.close()
    return taken


def why_unconnected(tries: Sequence[Try], port: int) -> NoWay:
    """What the failed connections have in common."""
    codes = {one.error.errno for one in tries if one.error}
    if codes & {errno.ECONNREFUSED, getattr(errno, "WSAECONNREFUSED", None)}:
        return NoWay(ProblemName.CONNECT_REFUSED, network.port_closed(port))
    if codes & {errno.EACCES, errno.EPERM}:
        return NoWay(ProblemName.CONNECT_REFUSED, network.FORBIDDEN_BY_FIREWALL)
    if errno.ETIMEDOUT in codes or any(one.pending for one in tries):
        return NoWay(ProblemName.TIMEOUT, network.port_silent(port))
    return NoWay(ProblemName.CONNECT_REFUSED, network.NO_ROUTE)


class _Timed(io.RawIOBase):
    """What a socket receives, each piece of it awaited no longer than the probe's time lasts."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        """Of course."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for the next piece."""
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The one thing that `http.client` wants of a socket."""
        return io.BufferedReader(self)


class Answer(NamedTuple):
    """An answer's head, and the first bytes of its body."""

    status: int
    headers: Mapping[str, str]
    beginning: bytes


def converse(connection: socket.socket, method: str, head: str, body: str, deadline: Deadline) -> Answer:
    """Send a request and read the answer's beginning. Raises OSError, or HTTPException for what is no HTTP."""
    connection.settimeout(deadline.left())
    connection.sendall(f"{head}\r\n\r\n{body}".encode())
    with http.client.HTTPResponse(cast("socket.socket", _Timed(connection, deadline)), method=method) as response:
        response.begin()
        opened = method == "CONNECT" and response.status < http.client.MULTIPLE_CHOICES
        beginning = b"" if opened else response.read1(FIRST_BYTES)
        return Answer(response.status, {name.lower(): text for name, text in response.getheaders()}, beginning)


def listed(tries: Sequence[Try]) -> dict[str, list[str]]:
    """The addresses that were tried, by family."""
    found: dict[str, list[str]] = {}
    for one in tries:
        found.setdefault(one.family, []).append(one.address)
    return found


def clean(text: str) -> str:
    """Outside text for a message: one line, nothing that moves a terminal's cursor, and not too long."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:_LONGEST_TEXT].strip()
