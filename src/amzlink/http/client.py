"""HTTP as amzlink speaks it to any service: who it says it is, time limits, and what a network's errors mean."""

import contextlib
import os
import platform
import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

import httpx
import msgspec
from httpx import Auth, BaseTransport, Client, HTTPError, Request, Response, Timeout, TimeoutException

from amzlink import __version__
from amzlink.clock import Clock, parse_http_date
from amzlink.http.bodies import ENCODINGS, MOST_BYTES, BodyLateError, UnreadableBodyError, body_parts, read_body
from amzlink.http.kept_body import KeptBody
from amzlink.http.proxies import Proxy, find_proxy, unusable_proxy
from amzlink.http.tls_advice import advice_on
from amzlink.http.trust import trusted_certificates
from amzlink.http.watched_call import Streams, WatchedCall
from amzlink.problems import ProblemName
from amzlink.problems.failures import AnswerUnknown, CallFailed, F, NotSent, Unreadable
from amzlink.problems.network import (
    BREAKS_UNANSWERED,
    BROKEN_OFF,
    DAMAGED_COMPRESSION,
    NO_SOCKS,
    NOTHING_READABLE,
    PROXY_LETS_NOTHING_THROUGH,
    TOO_SLOW,
)

__all__ = [
    "DEFAULT_TIMEOUT", "USER_AGENT", "Answer", "AskForToken", "Auth", "BaseTransport", "CallRecord", "Client",
    "HTTPError", "HttpConnection", "KeptWays", "MaySend", "Request", "Response", "Timeout",
    "TimeoutException",
    "first_bytes", "is_address", "positive", "proxy_transport", "time_limits",
]  # fmt: skip

DEFAULT_TIMEOUT: Final = httpx.Timeout(20.0, connect=10.0)
LONGEST_CALL: Final = 60.0
"""Seconds; the services themselves give up after half of it."""
LONGEST_DOWNLOAD: Final = 900.0
"""Seconds; the largest document comes in this time over a line of a megabit per second."""
USER_AGENT: Final = (
    f"amzlink/{__version__} (Language=Python/{platform.python_version()}; Platform={platform.system()}; "
    f"automated agent)"
)
_NOT_NOTEWORTHY: Final = timedelta(seconds=2)  # the Date header is exact to the second, and the way takes time
# The errors from before the first byte of a request: there was no way to the host, or through the proxy.
_NEVER_SENT: Final = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
)  # fmt: skip
_LONGEST_ADDRESS: Final = 16 * 1024  # servers take half of it; a signed one of Amazon's has two thousand signs
_HIGHEST_PORT: Final = 65535
_NOT_OF_AN_ID: Final = re.compile("[^!-~]")
_LONGEST_ID: Final = 200
_OF_THE_WAY: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


AskForToken = Callable[[httpx.Request], httpx.Response]
"""Makes a token call, with the attempts that it is worth."""

MaySend = Callable[[], None]
"""Asked before a request is sent; raises a Problem where it must not be."""


class CallRecord(msgspec.Struct, frozen=True):
    """One call as the log keeps it: nothing of what was asked or answered. `status` 0 means that no answer came."""

    operation: str
    status: int
    request_id: str
    milliseconds: int


class Answer(msgspec.Struct, frozen=True):
    """A successful answer: its body, and the id under which the service's support finds it."""

    body: bytes
    request_id: str


class HttpConnection:
    """One connection kept to a service. Every call is counted in `calls`, timed, told to `on_call`, and made once.

    `longest_call` is how many seconds a call may take to the end of its answer; `timeout` is for each of its steps.
    `facts` are added to every failure raised here. `environ` is the environment that names proxies and certificates,
    the process's own where none is given; a `transport` has ways of its own. `request_id_header` is where the service
    names an answer. `offset` is the service's time minus this machine's, zero as long as they agree to two seconds.
    `may_send` is asked just before the bytes of a request are written, and may refuse by raising a Problem.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        request_id_header: str,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        on_call: Callable[[CallRecord], None] | None = None,
        facts: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        longest_call: float = LONGEST_CALL,
        may_send: MaySend | None = None,
    ) -> None:
        self.calls: Counter[str] = Counter()
        self.offset = timedelta(0)
        self.knows_service_time = False
        self.facts = dict(facts or {})
        self._clock = clock
        self._request_id_header = request_id_header
        self._timeout = timeout
        self._longest_call = longest_call
        self._streams: Streams = transport.streams if isinstance(transport, KeptWays) else {}
        self._on_call = on_call
        self._may_send = may_send or _always
        self._http = _open_client(transport, os.environ if environ is None else environ, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def now(self) -> datetime:
        """The service's time, from the last answer's Date header; the machine's own as long as there was none."""
        return self._clock.now() + self.offset

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> httpx.Request:
        """A request that can be sent."""
        return self._http.build_request(method, url, headers=headers, content=body)

    def send(self, operation: str, request: httpx.Request) -> httpx.Response:
        """Make a call, whatever is answered.

        Raises:
            CallFailed: no answer came, or one that breaks off, is too large or too slow, or cannot be unpacked.
        """
        return self._exchange(operation, request.url.host, lambda: self._read(request, MOST_BYTES, self._longest_call))

    def send_signed(
        self, operation: str, request: httpx.Request, auth: httpx.Auth, ask_for_token: AskForToken
    ) -> httpx.Response:
        """Make a call with what `auth` adds to it. A request of its own, for a token, goes to `ask_for_token`.

        Raises:
            CallFailed: as `send`, and as `ask_for_token`.
        """
        flow = auth.auth_flow(request)
        wanted = next(flow)
        while wanted is not request:
            wanted = flow.send(ask_for_token(self._completed(wanted)))
        flow.close()
        return self.send(operation, request)

    def sign_in(self, flow: Generator[httpx.Request, httpx.Response, None], ask_for_token: AskForToken) -> None:
        """Make the requests of a flow that only fetches a token, if it needs any."""
        with contextlib.suppress(StopIteration):
            wanted = next(flow)
            while True:
                wanted = flow.send(ask_for_token(self._completed(wanted)))

    def _completed(self, request: httpx.Request) -> httpx.Request:
        """A request that was made elsewhere, with the headers that every request has."""
        for name, value in self._http.headers.items():
            request.headers.setdefault(name, value)
        return request

    def fetch(self, operation: str, url: str, most_bytes: int, kept: KeptBody) -> httpx.Response:
        """GET what may be large, and so may take long. Its body goes into `kept`; the answer has what `fill` gives.

        Raises:
            CallFailed: as `send`.
        """
        request = self.request("GET", url, {})
        return self._exchange(
            operation, request.url.host, lambda: self._read(request, most_bytes, LONGEST_DOWNLOAD, kept.fill)
        )

    def _exchange(self, operation: str, host: str, make: Callable[[], httpx.Response]) -> httpx.Response:
        """Make a call, and note it whatever comes of it."""
        started = time.perf_counter()
        self.calls[operation] += 1
        status, request_id = 0, ""
        try:
            response = make()
            status, request_id = response.status_code, self.request_id(response)
        except UnreadableBodyError as error:
            unreadable = Unreadable(ProblemName.RESPONSE_MALFORMED, operation=operation, detail=str(error))
            raise unreadable.with_facts(**self.facts, host=host) from error
        except httpx.HTTPError as error:
            raise self._network_failure(error, host, operation) from error
        finally:
            if self._on_call:
                elapsed = round((time.perf_counter() - started) * 1000)
                self._on_call(CallRecord(operation, status, request_id, elapsed))
        self._learn_offset(response)
        return response

    def _read(
        self,
        request: httpx.Request,
        most_bytes: int,
        seconds: float,
        keep: Callable[[Iterator[bytes]], bytes] = read_body,
    ) -> httpx.Response:
        """Make a request and read its answer, within the limits on its size and on the time for all of it."""
        self._may_send()  # here too, because only what has a network below it tells of the moment
        watched = WatchedCall(seconds, self._streams, (request.url.raw_scheme, request.url.netloc), self._may_send)
        request.extensions = {**request.extensions, "trace": watched.note_event}
        try:
            with watched, contextlib.closing(self._http.send(request, stream=True)) as response, _reading():
                parts, encoding = _packed(response)
                body = keep(body_parts(parts, encoding=encoding, most_bytes=most_bytes, until=watched.ends))
        except (httpx.HTTPError, BodyLateError) as error:
            if watched.is_late or isinstance(error, BodyLateError):
                raise _TooSlow(seconds) from error
            raise
        # What was read is not packed any more, so the headers that say how it came are left out.
        # As bytes, because not all that comes is ASCII.
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_WAY]
        return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)

    def request_id(self, response: httpx.Response) -> str:
        """The id of an answer, or an empty text. It goes into the log and into messages, so it is plain and short."""
        plain = _NOT_OF_AN_ID.sub("", response.headers.get(self._request_id_header, ""))
        return plain[:_LONGEST_ID]

    def told_wait(self, response: httpx.Response) -> float | None:
        """The seconds in `Retry-After`, which may be a time of day too (RFC 9110, 10.2.3)."""
        text = response.headers.get("retry-after")
        moment = parse_http_date(text)
        return positive(text) if moment is None else max(0.0, (moment - self.now()).total_seconds())

    def failure(self, kind: type[F], name: ProblemName, response: httpx.Response, operation: str, **facts: object) -> F:
        """A failed call by its answer, with its status, its id and its host."""
        failed = kind(name, operation=operation, status=response.status_code, request_id=self.request_id(response))
        return failed.with_facts(**{**self.facts, **facts}, host=response.url.host)

    def _learn_offset(self, response: httpx.Response) -> None:
        told = parse_http_date(response.headers.get("date"))
        if told is None:
            return
        self.knows_service_time = True
        offset = told - self._clock.now()
        self.offset = offset if abs(offset) > _NOT_NOTEWORTHY else timedelta(0)

    def _network_failure(self, error: httpx.HTTPError, host: str, operation: str) -> CallFailed:
        failed: type[CallFailed] = NotSent if isinstance(error, _NEVER_SENT) else AnswerUnknown
        facts: dict[str, object] = {}
        if isinstance(error, httpx.DecodingError):
            failed, name, facts["detail"] = Unreadable, ProblemName.RESPONSE_MALFORMED, DAMAGED_COMPRESSION
        elif isinstance(error, _BrokenOff):
            failed, name, facts["detail"] = Unreadable, ProblemName.RESPONSE_MALFORMED, BROKEN_OFF
        elif isinstance(error, _TooSlow):
            name, facts["seconds"], facts["detail"] = ProblemName.TIMEOUT, round(error.seconds), TOO_SLOW
        elif isinstance(error, httpx.TimeoutException):
            seconds = self._timeout.connect if isinstance(error, httpx.ConnectTimeout) else self._timeout.read
            name, facts["seconds"] = ProblemName.TIMEOUT, round(seconds or 0)
        elif isinstance(error, httpx.ProxyError):
            name, facts["detail"] = ProblemName.PROXY_INTERFERES, PROXY_LETS_NOTHING_THROUGH
        elif isinstance(cause := _cause_below(error), ssl.SSLError):
            name, facts["advice"] = ProblemName.TLS_FAILED, advice_on(cause, host)
        elif isinstance(cause, socket.gaierror):
            name = ProblemName.DNS_FAILED
        else:
            name = ProblemName.CONNECT_REFUSED
            if detail := _made_and_lost(error):
                facts["detail"] = detail
        # A time-out is not tried again: it has cost a time limit already.
        passes = isinstance(error, _BrokenOff) or name in (ProblemName.CONNECT_REFUSED, ProblemName.DNS_FAILED)
        kind = type(error.__cause__ if isinstance(error, _BrokenOff) else error).__name__
        failure = failed(name, operation=operation, kind=kind, passes=passes)
        return failure.with_facts(**{**self.facts, **facts}, host=host)


def _always() -> None:
    """Every request may be sent."""


def _made_and_lost(error: httpx.HTTPError) -> str | None:
    """What became of a connection that was made and brought no answer; None where none was made."""
    if isinstance(error, httpx.RemoteProtocolError):
        return NOTHING_READABLE
    return BREAKS_UNANSWERED if isinstance(error, httpx.ReadError | httpx.WriteError) else None


class _BrokenOff(httpx.TransportError):
    """The connection ended after the answer had begun: it was made, whatever the error below is called."""


class _TooSlow(httpx.TransportError):
    """The answer was not complete in the time for the whole call, though something of it kept coming."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too slow")
        self.seconds = seconds


def _packed(response: httpx.Response) -> tuple[Iterable[bytes], str]:
    """A body as it comes, and how it is packed; a transport that has no network below it may have read it already."""
    if response.is_stream_consumed:
        return (response.content,), ""
    return cast("Iterable[bytes]", response.stream), response.headers.get("content-encoding", "")


def first_bytes(response: httpx.Response, most: int, seconds: float) -> bytes:
    """The beginning of a body, as it came by then; the rest is not read."""
    ends = time.monotonic() + seconds
    beginning = b""
    with contextlib.closing(response):
        for part in _packed(response)[0]:
            beginning += part
            if len(beginning) >= most or time.monotonic() > ends:
                break
    return beginning[:most]


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """What breaks in here breaks in the middle of an answer."""
    try:
        yield
    except (httpx.ReadError, httpx.RemoteProtocolError) as error:
        raise _BrokenOff(str(error)) from error


def is_address(url: str) -> bool:
    """Whether a call can be made there at all: no sign that an address cannot hold, and not too long for one."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return bool(address.host) and len(url) <= _LONGEST_ADDRESS and (address.port or 1) <= _HIGHEST_PORT


def positive(text: str | None) -> float | None:
    """The number in a header, if it is one that can be reckoned with."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def time_limits(seconds: float | None) -> httpx.Timeout:
    """The time limits of a call: one for each of its steps where `seconds` are given, else the usual ones."""
    return httpx.Timeout(seconds) if seconds else DEFAULT_TIMEOUT


def proxy_transport(proxy: Proxy, context: ssl.SSLContext) -> httpx.BaseTransport:
    """A transport that takes this proxy, whatever the environment says.

    Raises:
        Problem: `environment-invalid`. The errors' own texts are left out, because a proxy's address may hold a
            password.
    """
    try:
        # Else a proxy's own certificate would be checked against a list that comes with a library.
        its_own = context if proxy.url.scheme == "https" else None
        return httpx.HTTPTransport(proxy=httpx.Proxy(proxy.url.geturl(), ssl_context=its_own), verify=context)
    except ImportError:
        raise unusable_proxy(proxy.variable, NO_SOCKS) from None
    except (ValueError, httpx.InvalidURL):
        raise unusable_proxy(proxy.variable) from None


class _ByTheEnvironment(httpx.BaseTransport):
    """Makes each call straight or through the proxy that the environment names for its host."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._context = trusted_certificates(environ)
        self._ways: dict[str, httpx.BaseTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make a call. Raises a Problem, `environment-invalid`, for a proxy that cannot be used."""
        proxy = find_proxy(str(request.url), self._environ)
        address = proxy.url.geturl() if proxy else ""
        if address not in self._ways:
            self._ways[address] = (
                proxy_transport(proxy, self._context) if proxy else httpx.HTTPTransport(verify=self._context)
            )
        return self._ways[address].handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for way in self._ways.values():
            way.close()


class KeptWays(_ByTheEnvironment):
    """The ways that the environment gives, for several connections: they share what is open, and leave it open.

    Otherwise each would read the certificates of the world anew, and shake hands. Nothing of a request stays with a
    way: what proves who asks is in its headers, and cookies are the connection's own. `end` closes all of it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self.streams: Streams = {}

    def close(self) -> None:
        """Leave them open."""

    def end(self) -> None:
        """Close them."""
        super().close()


def _open_client(
    transport: httpx.BaseTransport | None, environ: Mapping[str, str], timeout: httpx.Timeout
) -> httpx.Client:
    """The HTTP client. What the environment says of proxies and certificates is read by us, and not by httpx.

    Raises:
        Problem: `environment-invalid`, where its certificates cannot be used.
    """
    return httpx.Client(
        transport=transport or _ByTheEnvironment(environ), timeout=timeout, follow_redirects=False, trust_env=False,
        headers={"user-agent": USER_AGENT, "accept-encoding": ENCODINGS}, event_hooks={"response": [_lead_nowhere]},
    )  # fmt: skip


def _lead_nowhere(response: httpx.Response) -> None:
    """Drop where a redirect leads: nobody goes there, and httpx fails at an address that is none."""
    response.headers.pop("location", None)


def _cause_below(error: httpx.HTTPError) -> OSError | None:
    """What lies at the bottom: httpx wraps the socket's and the TLS library's own errors.

    It is the first OSError below it; what lies deeper is what the caller was dealing with before.
    """
    cause = error.__cause__ if isinstance(error, httpx.NetworkError) else None
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    return cause
