"""A way to a host, straight or through a proxy: opened, and a question asked on it."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import SplitResult

from amzlink.clock import Clock
from amzlink.http.bodies import is_html
from amzlink.http.client import USER_AGENT
from amzlink.http.proxies import HTTP_PORT, HTTPS_PORT, Proxy
from amzlink.http.sockets import (
    Answer,
    Deadline,
    NoWay,
    Resolver,
    Try,
    addresses_of,
    converse,
    dial,
    listed,
    taken_of,
    why_unconnected,
)
from amzlink.problems import Problem, ProblemName, network

FROM_GATEWAYS: Final = (http.client.BAD_GATEWAY, http.client.SERVICE_UNAVAILABLE, http.client.GATEWAY_TIMEOUT)


class Ask(NamedTuple):
    """A request that the service answers in its own form, whoever asks."""

    method: str
    path: str
    body: str = ""


@dataclass(slots=True)
class Way:
    """How the host is reached: straight, or through a proxy; and what the last attempt has shown."""

    url: SplitResult
    proxy: Proxy | None
    resolver: Resolver
    deadline: Deadline
    context: ssl.SSLContext
    clock: Clock
    tries: Sequence[Try] = ()

    @property
    def host(self) -> str:
        """The host's name."""
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return self.url.port or (HTTPS_PORT if self.secure else HTTP_PORT)

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken with it."""
        return self.url.scheme == "https"

    def problem(self, name: ProblemName, detail: str, **facts: object) -> Problem:
        """A problem of this host, with what is known of the way to it."""
        return Problem(
            name, host=self.host, detail=detail, seconds=f"{self.deadline.seconds:g}",
            **({"proxy": self.proxy.shown} if self.proxy else {}), **facts,
        )  # fmt: skip

    def late(self, detail: str) -> Problem:
        """`timeout`."""
        return self.problem(ProblemName.TIMEOUT, detail)

    @contextlib.contextmanager
    def open(self) -> Iterator[socket.socket]:
        """A connection on which the host, or what passes for it, is spoken to."""
        try:
            connection = self.dial(*(self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port))
        except NoWay as error:
            if self.proxy:
                detail = network.proxy_unreachable(self.proxy.shown, error.name)
                raise self.problem(ProblemName.PROXY_INTERFERES, detail) from error
            raise self.problem(error.name, error.detail, addresses=listed(self.tries)) from error
        with connection:
            if self.proxy and self.secure:
                self._tunnel(self.proxy, connection)
            yield connection

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect; the first address in the system's order that answers is taken. Raises NoWay."""
        addresses = addresses_of(host, port, self.resolver)
        try:
            self.tries = dial(addresses, self.deadline)
        except TimeoutError:
            raise NoWay(ProblemName.TIMEOUT, network.LOOK_UP_LATE) from None
        missed = why_unconnected(self.tries, port)
        connection = taken_of(self.tries)
        if connection is None:
            raise missed
        return connection

    def _tunnel(self, proxy: Proxy, connection: socket.socket) -> None:
        """Ask the proxy for a way through."""
        where = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        head = f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\nUser-Agent: {USER_AGENT}"
        if proxy.log_in:
            head += f"\r\nProxy-Authorization: {proxy.log_in}"
        try:
            answer = converse(connection, "CONNECT", head, "", self.deadline)
        except TimeoutError as error:
            raise self._of_proxy(proxy, network.PROXY_SILENT) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._of_proxy(proxy, network.NO_PROXY) from error
        if answer.status >= http.client.MULTIPLE_CHOICES or is_html(answer.beginning):
            raise self._of_proxy(proxy, refusal(answer, proxy), answer.status)

    def _of_proxy(self, proxy: Proxy, does: str, status: object = "no") -> Problem:
        return self.problem(ProblemName.PROXY_INTERFERES, network.of_proxy(proxy.shown, does), status=status)

    def ask(self, ask: Ask, spoken: socket.socket) -> Answer:
        """Ask on an open connection; the answer's beginning. Raises `timeout` or `connect-refused`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = host if self.url.port is None else f"{host}:{self.port}"
        through_proxy = self.proxy and not self.secure
        head = [
            f"{ask.method} {f'http://{host}' if through_proxy else ''}{ask.path} HTTP/1.1",
            f"Host: {host}",
            f"User-Agent: {USER_AGENT}",
            "Accept: application/json",
            "Connection: close",
        ]
        if through_proxy and self.proxy and self.proxy.log_in:
            head.append(f"Proxy-Authorization: {self.proxy.log_in}")
        if ask.body:
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(ask.body)}"]
        try:
            return converse(spoken, ask.method, "\r\n".join(head), ask.body, self.deadline)
        except TimeoutError as error:
            raise self.late(network.REQUEST_UNANSWERED) from error
        except http.client.RemoteDisconnected as error:
            raise self.problem(ProblemName.CONNECT_REFUSED, network.ENDS_UNANSWERED) from error
        except http.client.HTTPException as error:
            raise self.problem(ProblemName.CONNECT_REFUSED, network.NO_HTTP) from error
        except OSError as error:
            raise self.problem(ProblemName.CONNECT_REFUSED, network.BREAKS_UNANSWERED) from error

    def black_hole(self) -> Problem | None:
        """`ipv6-black-hole`, where the last attempt has seen one."""
        hung = [one.address for one in self.tries if one.family == "ipv6" and isinstance(one.error, TimeoutError)]
        connected = {one.family for one in self.tries if one.milliseconds is not None}
        if not hung or connected != {"ipv4"}:
            return None
        return Problem(ProblemName.IPV6_BLACK_HOLE, host=self.proxy.host if self.proxy else self.host, addresses=hung)


def refusal(answer: Answer, proxy: Proxy) -> str:
    """What a proxy does that lets nobody through."""
    is_page = is_html(answer.beginning)
    if answer.status == http.client.PROXY_AUTHENTICATION_REQUIRED:
        does = network.PROXY_LOG_IN_WRONG if proxy.log_in else network.PROXY_WANTS_LOG_IN
    elif answer.status in (http.client.FORBIDDEN, http.client.METHOD_NOT_ALLOWED):
        does = network.PROXY_FORBIDS
    elif answer.status in FROM_GATEWAYS:
        does = network.PROXY_CANNOT_REACH
    else:
        does = network.PROXY_ANSWERS
    return network.with_status(does, answer.status, is_page=is_page)
