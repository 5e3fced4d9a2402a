"""The one place where amzlink speaks HTTP to Amazon: headers, time limits, quotas, retries, and what errors mean.

Only calls that may safely be made twice go through `get`; each is tried a few times when the fault is one that passes.
What changes something goes through `post_json`, once.
"""

import platform
import random
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlencode

import httpx
import msgspec

from amzlink import __version__
from amzlink.amazon.errors import (
    is_dead_page_token,
    is_expired_token,
    is_html,
    lwa_problem,
    spapi_problem,
)
from amzlink.amazon.quota import Operation, Quotas
from amzlink.clock import Clock, parse_http_date
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.amazon.auth import LwaAuth

ATTEMPTS: Final = 4
FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0
DEFAULT_TIMEOUT: Final = httpx.Timeout(20.0, connect=10.0)
USER_AGENT: Final = (
    f"amzlink/{__version__} (Language=Python/{platform.python_version()}; Platform={platform.system()}; "
    f"automated agent)"
)
_NOT_NOTEWORTHY: Final = timedelta(seconds=2)  # the Date header is exact to the second, and the way takes time


class DeadPageToken(Exception):  # noqa: N818 - a turn of events that the importer handles, not a failure
    """The page token cannot be used any more; the window has to be started again."""


class CallRecord(msgspec.Struct, frozen=True):
    """One call as the log keeps it: nothing of what was asked or answered. `status` 0 means that no answer came."""

    operation: str
    status: int
    request_id: str
    milliseconds: int


class Answer(msgspec.Struct, frozen=True):
    """A successful answer: its body, and the id under which Amazon's support finds it."""

    body: bytes
    request_id: str


class Patience:
    """The waits of one run: they may add up to `limit` and no more."""

    def __init__(self, clock: Clock, limit: timedelta, on_wait: Callable[[float, str], None] | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._left = limit.total_seconds()
        self._on_wait = on_wait

    @property
    def limit(self) -> str:
        """The limit in words."""
        return _spell(self._limit)

    def wait(self, seconds: float, problem: Problem) -> None:
        """Sleep, or raise `problem` where the sleep would go past the limit."""
        if seconds > self._left:
            raise problem.with_facts(max_wait=self.limit)
        self._left -= seconds
        if self._on_wait:
            self._on_wait(seconds, str(problem.facts.get("operation", "")))
        self._clock.sleep(seconds)


class Link:
    """A connection to Amazon for one seller account: HTTP client, quotas, clock and patience in one.

    `facts` are added to every problem raised here (the page for the store's country, the store's option).
    `calls` counts what was sent, by operation; the token calls stand under `getToken`.
    """

    def __init__(
        self,
        *,
        base_url: str,
        auth: "LwaAuth",
        quotas: Quotas,
        clock: Clock,
        patience: Patience,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        rng: random.Random | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.base_url = base_url
        self.calls: Counter[str] = Counter()
        self.clock = clock
        self.offset = timedelta(0)
        self._auth = auth
        self._quotas = quotas
        self._patience = patience
        self._timeout = timeout
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._on_call = on_call
        self._facts = dict(facts or {})
        self._http = _open_client(transport, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def amazon_now(self) -> datetime:
        """Amazon's time, from the last answer's Date header; the machine's own as long as there was none."""
        return self.clock.now() + self.offset

    def learn_time(self) -> datetime:
        """Amazon's time, asked for with a token call where nothing has been answered yet."""
        self._auth.token(self)
        return self.amazon_now()

    def get(self, operation: Operation, path: str, query: Mapping[str, str]) -> Answer:
        """Ask, waiting for the quota and trying again as far as patience goes.

        Raises:
            Problem: by the names of `errors`, or a network's.
            DeadPageToken: the query's page token cannot be used any more.
        """
        url = f"{self.base_url}{path}?{urlencode(query, quote_via=quote, safe=',:')}"
        attempt, refreshed = 1, False
        while True:
            self._await_quota(operation)
            token = self._auth.token(self)  # not before the wait, which would age it
            try:
                response = self._send(operation.name, "GET", url, headers={"x-amz-access-token": token})
            except Problem as problem:
                if attempt == ATTEMPTS or not _passes(problem):
                    raise
                self._patience.wait(self._backoff(attempt, None), problem)
            else:
                if response.is_success:
                    self._learn_rate(operation, response)
                    return self._read(operation, response)
                if is_expired_token(response.status_code, response.content) and not refreshed:
                    refreshed = True
                    self._auth.forget()
                    continue
                self._pause_after(operation, response, attempt)
            attempt += 1

    def post_json(self, operation: Operation, path: str, document: object) -> Answer:
        """Tell Amazon something, once: after a lost answer nobody knows whether it counts already.

        Only where Amazon calls the access token too old is the call made again, because that answer is known.

        Raises:
            Problem: by the names of `errors`, or a network's; of those, and of `service-unavailable`, the call may have
                done its work all the same.
        """
        headers = {"content-type": "application/json"}
        body, refreshed = msgspec.json.encode(document), False
        while True:
            self._await_quota(operation)
            headers["x-amz-access-token"] = self._auth.token(self)
            response = self._send(operation.name, "POST", f"{self.base_url}{path}", headers=headers, content=body)
            if response.is_success:
                self._learn_rate(operation, response)
                return self._read(operation, response)
            if not is_expired_token(response.status_code, response.content) or refreshed:
                break
            refreshed = True
            self._auth.forget()
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._learn_rate(operation, response)
            self._quotas.drain(operation, self.clock.now().timestamp())
            raise self._problem("throttled", response, operation.name).with_facts(max_wait="0 seconds")
        if response.is_server_error:
            raise self._problem("service-unavailable", response, operation.name)
        raise self._refusal(operation, response)

    def post_form(self, operation: str, url: str, form: Mapping[str, str]) -> Answer:
        """LWA's token call: a form, no quota of ours, tried again when the fault is one that passes."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._send(operation, "POST", url, data=dict(form))
            except Problem as problem:
                if attempt == ATTEMPTS or not _passes(problem):
                    raise
                self._patience.wait(self._backoff(attempt, None), problem)
                continue
            if response.is_success and not is_html(response.content):
                return Answer(response.content, _request_id(response))
            if not (response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS):
                break
            if attempt < ATTEMPTS:
                self._patience.wait(
                    self._backoff(attempt, response), self._problem("service-unavailable", response, operation)
                )
        if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self._problem("service-unavailable", response, operation)
        if response.is_redirect:
            raise self._problem("proxy-interferes", response, operation)
        raise lwa_problem(response.status_code, response.content, _request_id(response)).with_facts(
            **self._facts, host=response.url.host
        )

    def malformed(self, operation: Operation, request_id: str, detail: str) -> Problem:
        """The problem for an answer that could not be decoded."""
        return Problem(
            "response-malformed", operation=operation.name, request_id=request_id, detail=detail, **self._facts
        )

    def _send(self, operation: str, method: str, url: str, **arguments: object) -> httpx.Response:
        started = time.perf_counter()
        self.calls[operation] += 1
        status, request_id = 0, ""
        try:
            response = self._http.request(method, url, **arguments)  # type: ignore[arg-type]
            status, request_id = response.status_code, _request_id(response)
        except httpx.HTTPError as error:
            raise self._network_problem(error, httpx.URL(url).host, operation) from error
        finally:
            if self._on_call:
                elapsed = round((time.perf_counter() - started) * 1000)
                self._on_call(CallRecord(operation, status, request_id, elapsed))
        self._learn_offset(response)
        return response

    def _learn_offset(self, response: httpx.Response) -> None:
        told = parse_http_date(response.headers.get("date"))
        if told is None:
            return
        offset = told - self.clock.now()
        self.offset = offset if abs(offset) > _NOT_NOTEWORTHY else timedelta(0)

    def _read(self, operation: Operation, response: httpx.Response) -> Answer:
        if is_html(response.content):
            raise self._problem("proxy-interferes", response, operation.name)
        return Answer(response.content, _request_id(response))

    def _await_quota(self, operation: Operation) -> None:
        while (wait := self._quotas.take(operation, self.clock.now().timestamp())) > 0:
            self._patience.wait(wait, Problem("throttled", operation=operation.name, **self._facts))

    def _learn_rate(self, operation: Operation, response: httpx.Response) -> None:
        rate = _positive(response.headers.get("x-amzn-ratelimit-limit"))
        if rate:
            self._quotas.learn(operation, rate, self.clock.now().timestamp())

    def _pause_after(self, operation: Operation, response: httpx.Response, attempt: int) -> None:
        """Wait before the next try; or raise what the answer means, where no other try can help."""
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._throttled(operation, response, attempt)
        elif response.is_server_error:
            disturbed = self._problem("service-unavailable", response, operation.name)
            if attempt == ATTEMPTS:
                raise disturbed
            self._patience.wait(self._backoff(attempt, response), disturbed)
        else:
            raise self._refusal(operation, response)

    def _throttled(self, operation: Operation, response: httpx.Response, attempt: int) -> None:
        """Amazon knows better than our bucket what is left: empty it, and wait as long as Amazon says, if it does."""
        self._learn_rate(operation, response)
        self._quotas.drain(operation, self.clock.now().timestamp())
        problem = self._problem("throttled", response, operation.name)
        if attempt == ATTEMPTS:
            raise problem.with_facts(max_wait=self._patience.limit)
        told = self._told_wait(response)
        if told:
            self._patience.wait(told, problem)
        elif attempt > 1:
            # The bucket's own wait follows before the next try; this spreads programs that share one quota.
            self._patience.wait(self._backoff(attempt, None), problem)

    def _backoff(self, attempt: int, response: httpx.Response | None) -> float:
        told = self._told_wait(response) if response is not None else None
        if told:
            return told
        ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (attempt - 1))
        return self._rng.uniform(ceiling / 2, ceiling)

    def _told_wait(self, response: httpx.Response) -> float | None:
        """The seconds in `Retry-After`, which may be a time of day too (RFC 9110, 10.2.3)."""
        text = response.headers.get("retry-after")
        moment = parse_http_date(text)
        return _positive(text) if moment is None else max(0.0, (moment - self.amazon_now()).total_seconds())

    def _refusal(self, operation: Operation, response: httpx.Response) -> Problem | DeadPageToken:
        if is_dead_page_token(response.status_code, response.content):
            return DeadPageToken()
        if response.is_redirect:
            return self._problem("proxy-interferes", response, operation.name)
        problem = spapi_problem(
            response.status_code, response.content, operation.name, operation.role, _request_id(response)
        )
        return problem.with_facts(**self._facts, host=response.url.host)

    def _problem(self, name: str, response: httpx.Response, operation: str) -> Problem:
        return Problem(
            name, operation=operation, status=response.status_code, request_id=_request_id(response) or "none given",
            host=response.url.host, **self._facts,
        )  # fmt: skip

    def _network_problem(self, error: httpx.HTTPError, host: str, operation: str) -> Problem:
        facts = {**self._facts, "host": host, "operation": operation, "kind": type(error).__name__}
        if isinstance(error, httpx.DecodingError):
            return Problem("response-malformed", detail="its compression is damaged", **facts)
        if isinstance(error, httpx.TimeoutException):
            seconds = self._timeout.connect if isinstance(error, httpx.ConnectTimeout) else self._timeout.read
            return Problem("timeout", seconds=round(seconds or 0), **facts)
        return Problem(_network_problem_name(error), status="no", **facts)


def _open_client(transport: httpx.BaseTransport | None, timeout: httpx.Timeout) -> httpx.Client:
    """The HTTP client; what the environment says of proxies and certificates is read here.

    Raises:
        Problem: `config-invalid`, where that cannot be used. The errors' own texts are left out, because a proxy's
            address may hold a password.
    """
    try:
        return httpx.Client(
            transport=transport, timeout=timeout, follow_redirects=False, headers={"user-agent": USER_AGENT}
        )
    except OSError:
        detail = "the certificates that it names cannot be read"
        raise Problem("config-invalid", file="SSL_CERT_FILE", detail=detail) from None
    except (ValueError, ImportError, httpx.InvalidURL):
        detail = "it has to be the address of a proxy, such as http://proxy.example:3128"
        raise Problem("config-invalid", file="HTTPS_PROXY (or ALL_PROXY, HTTP_PROXY)", detail=detail) from None


def _network_problem_name(error: httpx.HTTPError) -> str:
    """Told by what lies at the bottom: httpx wraps the socket's and the TLS library's own errors."""
    if isinstance(error, httpx.ProxyError):
        return "proxy-interferes"
    if isinstance(error, httpx.NetworkError):
        # The first OSError below it; what lies deeper is what the caller was dealing with before.
        cause = error.__cause__
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, ssl.SSLError):
            return "tls-failed"
        if isinstance(cause, socket.gaierror):
            return "dns-failed"
    return "connect-refused"


def _passes(problem: Problem) -> bool:
    """Whether a fault of the network is worth another try now; a hang is not, it has cost a time limit already."""
    return problem.name in ("connect-refused", "dns-failed")


def _request_id(response: httpx.Response) -> str:
    return str(response.headers.get("x-amzn-requestid", ""))


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def _spell(limit: timedelta) -> str:
    seconds = int(limit.total_seconds())
    return f"{seconds // 60} minutes" if seconds >= 120 and seconds % 60 == 0 else f"{seconds} seconds"  # noqa: PLR2004
