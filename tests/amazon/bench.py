"""A client of Amazon on a workbench: answers are given in advance, time passes only when somebody waits."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from amzlink.amazon.auth import LwaAuth
from amzlink.amazon.quota import Operation, Quotas
from amzlink.amazon.transport import SpApiClient
from amzlink.http.client import CallRecord
from amzlink.http.patience import Patience
from tests.support.world import VirtualClock

LWA = "https://lwa.test"
API = "https://api.test"
CLIENT_ID = "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef"
CLIENT_SECRET = "amzn1.oa2-cs.v1." + "c1" * 32
REFRESH_TOKEN = "Atzr|IwEBIrefresh-token-of-the-bench"
ACCESS_TOKEN = "Atza|IwEBIaccess-token-of-the-bench"
SECRETS = (CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN)

ASK = Operation("searchOrders", 0.0056, 20, "Inventory and Order Tracking")
PATH = "/orders/2026-01-01/orders"

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(document: object = None, **headers: str) -> httpx.Response:
    """A success; underscores in the names of headers stand for hyphens."""
    return httpx.Response(200, json={} if document is None else document, headers=_headers(headers))


def refused(status: int, code: str = "", message: str = "", details: str | None = "", **headers: str) -> httpx.Response:
    """The SP-API's error shape."""
    error = {"code": code, "message": message, "details": details}
    return httpx.Response(status, json={"errors": [error]}, headers=_headers(headers))


def denied(details: str = "") -> httpx.Response:
    """The 403 that stands for nearly everything."""
    return refused(403, "Unauthorized", "Access to requested resource is denied.", details)


def unavailable(**headers: str) -> httpx.Response:
    return refused(503, "ServiceUnavailable", "Service is temporarily unavailable.", **headers)


def throttled(**headers: str) -> httpx.Response:
    return refused(429, "QuotaExceeded", "You exceeded your quota for the requested resource.", **headers)


def token_answer(number: int = 1, **changes: object) -> httpx.Response:
    """LWA's success; each number is another token."""
    fields: dict[str, object] = {
        "access_token": f"{ACCESS_TOKEN}{number}",
        "refresh_token": REFRESH_TOKEN,
        "token_type": "bearer",
        "expires_in": 3600,
    }
    return httpx.Response(200, json=fields | changes)


def lwa_refused(status: int, error: str, description: str = "") -> httpx.Response:
    """LWA's error shape."""
    return httpx.Response(status, json={"error": error, "error_description": description})


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Amazon(httpx.BaseTransport):
    """LWA and the SP-API, which give the answers they were told to, in that order; LWA's are made where none is told.

    An answer that is an exception is raised, as the network would. A request without an answer fails at once.
    """

    answers: list[Answer]
    lwa_answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)
    lwa_requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.host == httpx.URL(LWA).host:
            self.lwa_requests.append(request)
            answer = self.lwa_answers.pop(0) if self.lwa_answers else token_answer(len(self.lwa_requests))
        else:
            self.requests.append(request)
            assert self.answers, f"nobody expected the request {request.method} {request.url}"
            answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def tokens(self) -> list[str]:
        """The access token of each request."""
        return [request.headers["x-amz-access-token"] for request in self.requests]


@dataclass
class FreeQuotas:
    """A quota without limit, which remembers what it was told."""

    taken: list[str] = field(default_factory=list)
    learned: list[float] = field(default_factory=list)
    drained: list[str] = field(default_factory=list)

    def take(self, operation: Operation, now: float) -> float:
        self.taken.append(operation.name)
        return 0.0

    def answered(self, operation: Operation, now: float, rate: float | None) -> None:
        if rate is not None:
            self.learned.append(rate)

    def drain(self, operation: Operation, now: float) -> None:
        self.drained.append(operation.name)

    def close(self) -> None:
        pass


class HighestDice(random.Random):
    """Chance that always falls at the upper end, so that a wait can be told beforehand."""

    def uniform(self, a: float, b: float) -> float:
        return b


@dataclass
class Bench:
    """A link and everything it is held by."""

    link: SpApiClient
    auth: LwaAuth
    amazon: Amazon
    clock: VirtualClock
    calls: list[CallRecord]
    waits: list[tuple[float, str]]

    def ask(self, **query: str) -> Any:
        """One call of searchOrders; the answer, decoded."""
        return json.loads(self.link.get(ASK, PATH, query or {"createdAfter": "2026-11-01T00:00:00Z"}).body)


@contextmanager
def bench(
    *answers: Answer,
    lwa: Sequence[Answer] = (),
    quotas: Quotas | None = None,
    max_wait: timedelta = timedelta(minutes=5),
    clock: VirtualClock | None = None,
    rng: random.Random | None = None,
    facts: Mapping[str, object] | None = None,
    timeout: httpx.Timeout = httpx.Timeout(20.0, connect=10.0),  # noqa: B008 - immutable
) -> Iterator[Bench]:
    """A link to an Amazon that answers as told; every answer has to be asked for."""
    clock = clock or VirtualClock()
    amazon = Amazon(list(answers), list(lwa))
    calls: list[CallRecord] = []
    waits: list[tuple[float, str]] = []
    auth = LwaAuth(LWA, CLIENT_ID, lambda: (CLIENT_SECRET, REFRESH_TOKEN), clock)
    patience = Patience(clock, max_wait, lambda seconds, operation: waits.append((seconds, operation)))
    with SpApiClient(
        base_url=API,
        auth=auth,
        quotas=quotas or FreeQuotas(),
        clock=clock,
        patience=patience,
        transport=amazon,
        timeout=timeout,
        rng=rng or HighestDice(),
        on_call=calls.append,
        facts=facts,
    ) as link:
        yield Bench(link, auth, amazon, clock, calls, waits)
    assert not amazon.answers, "answers that nobody asked for"
    assert not amazon.lwa_answers, "answers of LWA that nobody asked for"
