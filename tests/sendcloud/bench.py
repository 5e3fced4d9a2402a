"""A client of Sendcloud on a workbench: answers are given in advance, time passes only when somebody waits."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from amzlink.http.client import CallRecord
from amzlink.http.patience import Patience
from amzlink.sendcloud.transport import SendcloudClient
from tests.amazon.bench import HighestDice
from tests.support.world import VirtualClock

PANEL = "https://panel.test"
ACCOUNT = "https://account.test"
PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
SECRET_KEY = "5ec7e70123456789abcdef0123456789"
TOKEN = "ory_at_access-token-of-the-bench"
INTEGRATION = 123456

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(document: object = None, status: int = 200, **headers: str) -> httpx.Response:
    """A success; underscores in the names of headers stand for hyphens."""
    return httpx.Response(status, json={"data": []} if document is None else document, headers=_headers(headers))


def data(*rows: object, cursor: str = "") -> httpx.Response:
    """A page of a list, with the link to the next as Sendcloud's documentation shows it: no `/api` in its path."""
    link = f'<https://panel.sendcloud.sc/v3/any?cursor={cursor}>; rel="next"'
    page = {"data": list(rows)}
    return ok(page, Link=link) if cursor else ok(page)


def refused(status: int, code: str = "invalid", *pointers: str, detail: str = "no", **headers: str) -> httpx.Response:
    """JSON:API's error shape, with an error for each pointer."""
    error = {"status": str(status), "code": code, "detail": detail}
    errors: list[dict[str, object]] = [{**error, "source": {"pointer": pointer}} for pointer in pointers]
    return httpx.Response(status, json={"errors": errors or [error]}, headers=_headers(headers))


def unknown_keys() -> httpx.Response:
    return refused(401, "authentication_failed", detail="Invalid username/password.")


def token_answer(number: int = 1, **changes: object) -> httpx.Response:
    """The token endpoint's success; each number is another token."""
    fields: dict[str, object] = {"access_token": f"{TOKEN}{number}", "token_type": "bearer", "expires_in": 3600}
    return httpx.Response(200, json=fields | changes)


def token_refused(status: int = 401) -> httpx.Response:
    return httpx.Response(
        status, json={"error": "invalid_client", "error_description": "SendcloudClient authentication failed."}
    )


def page_for_people(status: int = 200) -> httpx.Response:
    return httpx.Response(status, text="<!DOCTYPE html><html><title>Sign in</title></html>")


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Sendcloud(httpx.BaseTransport):
    """Panel and token endpoint, which give the answers they were told to, in that order.

    An answer that is an exception is raised, as the network would. A request without an answer fails at once.
    """

    answers: list[Answer]
    token_answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)
    token_requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        of_token = request.url.host == httpx.URL(ACCOUNT).host
        (self.token_requests if of_token else self.requests).append(request)
        answers = self.token_answers if of_token else self.answers
        assert answers, f"nobody expected the request {request.method} {request.url}"
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


@dataclass
class Bench:
    """A client and everything it is held by."""

    client: SendcloudClient
    sendcloud: Sendcloud
    clock: VirtualClock
    calls: list[CallRecord]
    waits: list[tuple[float, str]]

    def ask(self, **query: str) -> Any:
        """One reading call; the answer, decoded."""
        return json.loads(self.client.get("sendcloud/list_orders", "/orders", query).body)

    def tell(self, *, repeatable: bool = False) -> int:
        """One writing call; its status."""
        return self.client.post("sendcloud/create_orders", "/orders", [], repeatable=repeatable).status

    @property
    def sent(self) -> list[httpx.Request]:
        return self.sendcloud.requests


@contextmanager
def bench(
    *answers: Answer,
    tokens: Sequence[Answer] = (),
    max_wait: timedelta = timedelta(minutes=5),
    rng: random.Random | None = None,
    facts: Mapping[str, object] | None = None,
) -> Iterator[Bench]:
    """A client of a Sendcloud that answers as told; every answer has to be asked for."""
    clock = VirtualClock()
    sendcloud = Sendcloud(list(answers), list(tokens))
    calls: list[CallRecord] = []
    waits: list[tuple[float, str]] = []
    with SendcloudClient(
        base_url=PANEL,
        account_url=ACCOUNT,
        public_key=PUBLIC_KEY,
        secret=lambda: SECRET_KEY,
        clock=clock,
        patience=Patience(clock, max_wait, lambda seconds, operation: waits.append((seconds, operation))),
        transport=sendcloud,
        rng=rng or HighestDice(),
        on_call=calls.append,
        facts=facts,
    ) as client:
        yield Bench(client, sendcloud, clock, calls, waits)
    assert not sendcloud.answers, "answers that nobody asked for"
    assert not sendcloud.token_answers, "tokens that nobody asked for"
