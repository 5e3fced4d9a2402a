"""Checks the connection to a service's host, layer by layer, and says what blocks it.

httpx folds a refused proxy, a stolen name and an inspected connection into a few exceptions; here the sockets are
opened by hand, so that each can be told from the others by what was really seen. What is sent holds no secret: a call
without a token, or a token request without an app. Only a proxy is told the log-in that its own address carries.
"""

import contextlib
import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from amzlink.clock import Clock, parse_http_date
from amzlink.http.bodies import is_gateway_page, is_html
from amzlink.http.certificates import secured
from amzlink.http.client import (
    USER_AGENT,
    BaseTransport,
    Client,
    HTTPError,
    TimeoutException,
    first_bytes,
    proxy_transport,
)
from amzlink.http.connection import FROM_GATEWAYS, Ask, Way, refusal
from amzlink.http.proxies import HTTPS_PORT, find_proxy
from amzlink.http.sockets import FIRST_BYTES, Answer, Deadline, Resolver, clean, listed, system_resolver
from amzlink.http.trust import trusted_certificates
from amzlink.problems import Problem, ProblemName, network

DEFAULT_SECONDS: Final = 10.0
CAPTIVE_PORTAL: Final = "captive-portal"
PROXY: Final = "proxy"
_NETWORK_AUTHENTICATION_REQUIRED: Final = 511  # RFC 6585, section 6


@dataclass(frozen=True, slots=True)
class Probe:
    """What was seen on the way to a host that answers itself.

    `addresses` are by family (`ipv4`, `ipv6`), and so are `connect_ms`; both are of the proxy where there is one.
    `offset` is the service's time minus this machine's, from the Date header. `warning` is something to mend although
    the host was reached (`ipv6-black-hole`).
    """

    host: str
    status: int
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    connect_ms: Mapping[str, int] = field(default_factory=dict)
    tls_version: str | None = None
    issuer: str | None = None
    offset: timedelta | None = None
    proxy: str | None = None
    milliseconds: int = 0
    warning: Problem | None = None

    def evidence(self) -> dict[str, object]:
        """The same in the form in which `--json` shows it; the warning is left to the caller."""
        return {
            "host": self.host,
            "status": self.status,
            "addresses": {family: list(some) for family, some in self.addresses.items()},
            "connect_ms": dict(self.connect_ms),
            "tls_version": self.tls_version,
            "issuer": self.issuer,
            "clock_offset_seconds": None if self.offset is None else round(self.offset.total_seconds()),
            "proxy": self.proxy,
            "milliseconds": self.milliseconds,
        }


def probe(
    base_url: str,
    ask: Ask,
    *,
    clock: Clock,
    environ: Mapping[str, str],
    timeout_seconds: float = DEFAULT_SECONDS,
    transport: BaseTransport | None = None,
    resolver: Resolver = system_resolver,
) -> Probe:
    """Reach a service host as amzlink's other calls do, and see whether it answers itself.

    It takes `timeout_seconds` at most, and the time of the name look-up, which nobody can break off. With a `transport`
    only the answer is looked at, because the way there is the transport's. A host that cannot be reached at the usual
    port of https is also asked in plain HTTP, because a guest network shows its sign-in page there.

    Raises:
        Problem: `dns-failed`, `connect-refused`, `timeout`, `tls-failed`; `proxy-interferes`, whose fact `kind` tells a
            proxy from a guest network's `captive-portal`; or `environment-invalid` for an SSL_CERT_FILE or HTTPS_PROXY
            that cannot be used.
    """
    url = _split(base_url)
    if transport is not None:
        return _over_httpx(transport, url, ask, clock=clock, seconds=timeout_seconds)
    proxy = find_proxy(base_url, environ)
    context = trusted_certificates(environ)
    if proxy and proxy.url.scheme != "http":
        inside = proxy_transport(proxy, context)  # httpx knows SOCKS, with the extra for it, and TLS
        return _over_httpx(inside, url, ask, clock=clock, seconds=timeout_seconds, proxy=proxy.shown)
    way = Way(url, proxy, resolver, Deadline(timeout_seconds), context, clock)
    try:
        return _look(way, ask)
    except Problem as problem:
        if proxy is None and way.port == HTTPS_PORT and (told := _sign_in_page(way)):
            facts = {"host": way.host, "kind": CAPTIVE_PORTAL, "instead_of": problem.name.value}
            raise Problem(ProblemName.PROXY_INTERFERES, detail=told, **facts) from problem
        raise


def _split(base_url: str) -> SplitResult:
    with contextlib.suppress(ValueError):
        url = urlsplit(base_url)
        if url.hostname and url.port != 0:
            return url
    raise Problem(
        ProblemName.ENVIRONMENT_INVALID,
        variable="AMZLINK_SPAPI_URL, AMZLINK_LWA_URL or AMZLINK_SENDCLOUD_URL",
        detail=network.UNUSABLE_ADDRESS,
    )


def _look(way: Way, ask: Ask) -> Probe:
    began = time.monotonic()
    with way.open() as connection:
        addresses, warning = listed(way.tries), way.black_hole()
        times = {one.family: one.milliseconds for one in reversed(way.tries) if one.milliseconds is not None}
        with secured(way, connection) as (spoken, version, issuer):
            answer = way.ask(ask, spoken)
    _judge(way, answer)
    return Probe(
        host=way.host,
        status=answer.status,
        addresses=addresses,
        connect_ms=times,
        tls_version=version,
        issuer=issuer,
        offset=_offset(answer.headers.get("date"), way.clock),
        proxy=way.proxy.shown if way.proxy else None,
        milliseconds=_since(began),
        warning=warning,
    )


def _judge(way: Way, answer: Answer) -> None:
    """Raise what an answer means that is not the service's own."""
    if way.proxy and not way.secure and answer.status in FROM_GATEWAYS:
        detail = network.of_proxy(way.proxy.shown, refusal(answer, way.proxy))
        raise way.problem(ProblemName.PROXY_INTERFERES, detail, status=answer.status)
    if between := _between(answer):
        kind, detail = between
        if way.proxy:
            kind, detail = PROXY, network.proxy_answers_with(way.proxy.shown, detail)
        raise way.problem(ProblemName.PROXY_INTERFERES, detail, status=answer.status, kind=kind)


def _between(answer: Answer) -> tuple[str, str] | None:
    """Who answers in the service's place, and with what; None for the service's own answer.

    What breaks at the service's end answers in HTML too, with a status of 500 or more; a gateway's page is told apart.
    """
    status = answer.status
    if http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
        return CAPTIVE_PORTAL, network.redirect(_redirect_host(answer), status)
    if status == _NETWORK_AUTHENTICATION_REQUIRED:
        return CAPTIVE_PORTAL, network.sign_in_demand(status)
    if status == http.client.PROXY_AUTHENTICATION_REQUIRED:
        return PROXY, network.log_in_demand(status)
    if status >= http.client.INTERNAL_SERVER_ERROR:
        is_foreign = is_gateway_page(status, answer.headers, answer.beginning)
        return (PROXY, network.web_page(status)) if is_foreign else None
    return _page(status) if is_html(answer.beginning) else None


def _page(status: int) -> tuple[str, str]:
    if status < http.client.MULTIPLE_CHOICES:
        return CAPTIVE_PORTAL, network.web_page(status)
    return PROXY, network.filters_page(status)


def _redirect_host(answer: Answer) -> str | None:
    """The host alone: the rest of the address may tell who and where somebody is."""
    with contextlib.suppress(ValueError):
        host = urlsplit(answer.headers.get("location", "")).hostname
        return clean(host) if host else None
    return None


def _sign_in_page(way: Way) -> str | None:
    """What a guest network shows on plain HTTP, where its hold on https looks like any other failure.

    Only what comes from elsewhere counts: the host itself may well lead from HTTP to https.
    """
    url = way.url._replace(scheme="http", netloc=f"[{way.host}]" if ":" in way.host else way.host)
    plain = replace(way, url=url, tries=())
    try:
        with plain.open() as connection:
            answer = plain.ask(Ask("GET", "/"), connection)
    except (Problem, TimeoutError):
        return None
    if (there := _redirect_host(answer)) and _domain(there) == _domain(way.host):
        return None
    between = _between(answer)
    return between[1] if between and between[0] == CAPTIVE_PORTAL else None


def _domain(host: str) -> str:
    """The last two labels: enough for the hosts of Amazon and Sendcloud."""
    return ".".join(host.lower().split(".")[-2:])


def _over_httpx(
    transport: BaseTransport,
    url: SplitResult,
    ask: Ask,
    *,
    clock: Clock,
    seconds: float,
    proxy: str | None = None,
) -> Probe:
    """The same question over a transport whose inside is its own: what httpx lets through is all there is."""
    began, host = time.monotonic(), url.hostname or ""
    facts: dict[str, object] = {"host": host, "seconds": f"{seconds:g}", **({"proxy": proxy} if proxy else {})}
    headers = {"user-agent": USER_AGENT, "accept": "application/json", "accept-encoding": "identity"}
    if ask.body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    try:
        with Client(transport=transport, timeout=seconds, follow_redirects=False, trust_env=False) as client:
            request = client.build_request(ask.method, f"{url.geturl()}{ask.path}", content=ask.body, headers=headers)
            response = client.send(request, stream=True)
            beginning = first_bytes(response, FIRST_BYTES, seconds)
    except TimeoutException as error:
        raise Problem(ProblemName.TIMEOUT, **facts) from error
    except HTTPError as error:
        if proxy:
            detail = network.proxy_gives_no_connection(proxy, type(error).__name__)
            raise Problem(ProblemName.PROXY_INTERFERES, detail=detail, **facts) from error
        raise Problem(ProblemName.CONNECT_REFUSED, kind=type(error).__name__, **facts) from error
    answer = Answer(response.status_code, response.headers, beginning)
    if between := _between(answer):
        kind, detail = between
        if proxy:
            kind, detail = PROXY, network.proxy_answers_with(proxy, detail)
        raise Problem(ProblemName.PROXY_INTERFERES, detail=detail, status=answer.status, kind=kind, **facts)
    offset = _offset(answer.headers.get("date"), clock)
    return Probe(host=host, status=answer.status, offset=offset, proxy=proxy, milliseconds=_since(began))


def _offset(date: str | None, clock: Clock) -> timedelta | None:
    told = parse_http_date(date)
    return None if told is None else told - clock.now()


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
