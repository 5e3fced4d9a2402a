"""The one place where amzlink speaks HTTP to Sendcloud: keys, rates, retries, pages, and what errors mean.

What may safely be made twice (`get`, `delete`, and a `post` that says so) is tried a few times when the fault is one
that passes; anything else is sent once.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx
import msgspec

from amzlink.clock import Clock
from amzlink.http.bodies import UNREADABLE, is_html
from amzlink.http.client import ATTEMPTS, DEFAULT_TIMEOUT, CallRecord, Patience, Wire
from amzlink.problems import ProblemName
from amzlink.problems.failures import AccountRefused, CallFailed, F, NoToken, Throttled, Unreadable
from amzlink.problems.services import NO_TOKEN_IN_IT
from amzlink.sendcloud.auth import GRANT, TOKEN_PATH, KeyPair, Token
from amzlink.sendcloud.errors import SERVICE, refusal
from amzlink.sendcloud.pace import READS, WRITES, Pace

ROOT: Final = "/api/v3"
TOKEN_EXCHANGE: Final = "sendcloud/OAuth2TokenExchange"  # noqa: S105 - an operation's name
_REQUEST_ID: Final = "x-request-id"  # none is published; where an answer bears one, it is shown
_NOTHING: Final[Mapping[str, str]] = {}
_T = TypeVar("_T")


class Reply(msgspec.Struct, frozen=True):
    """An answer that the caller can use: a success, or one of the statuses that it said it would accept."""

    operation: str
    status: int
    body: bytes
    request_id: str = ""
    cursor: str | None = None
    """Where the next page begins, if there is one."""


class Client:
    """A connection to Sendcloud for one integration: HTTP client, keys, rates, clock and patience in one.

    An operation is named `sendcloud/` and the last part of Sendcloud's own operationId; `calls` counts by these names
    what was sent. `facts` are added to every problem raised here. The keys go as they are first; where they are
    refused so and the token endpoint takes them, OAuth2 is the way from then on (`uses_oauth`).
    """

    def __init__(
        self,
        *,
        base_url: str,
        account_url: str,
        public_key: str,
        secret: Callable[[], str],
        clock: Clock,
        patience: Patience,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        rng: random.Random | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.clock = clock
        self._base_url = base_url + ROOT
        self._token_url = account_url + TOKEN_PATH
        self._keys = KeyPair(public_key, secret, clock)
        self._patience = patience
        self._reads, self._writes = Pace(READS), Pace(WRITES)
        self._wire = Wire(
            clock=clock, request_id_header=_REQUEST_ID, transport=transport, timeout=timeout, rng=rng, on_call=on_call,
            facts={"service": SERVICE, **(facts or {})},
        )  # fmt: skip

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was sent."""
        return self._wire.calls

    @property
    def uses_oauth(self) -> bool:
        """Whether the keys are taken by way of OAuth2 only."""
        return self._keys.uses_oauth

    @property
    def offset(self) -> timedelta:
        """Sendcloud's time minus this machine's."""
        return self._wire.offset

    def sendcloud_now(self) -> datetime:
        """Sendcloud's time, from the last answer's Date header; the machine's own as long as there was none."""
        return self._wire.now()

    def get(
        self, operation: str, path: str, query: Mapping[str, str] = _NOTHING, *, accept: Collection[int] = ()
    ) -> Reply:
        """Ask. `path` begins after `/api/v3`.

        Raises (as all calls do):
            Problem: by the names of `errors.refusal`, a network's, `sendcloud-oauth-only`, or `response-malformed`. A
                status in `accept` is returned instead.
        """
        return self._call(operation, "GET", path, query=query, accept=accept, repeatable=True)

    def post(
        self, operation: str, path: str, document: object, *, repeatable: bool = False, accept: Collection[int] = ()
    ) -> Reply:
        """Send a document, any that msgspec encodes. After a lost answer it is sent again only if `repeatable`."""
        body = msgspec.json.encode(document)
        return self._call(operation, "POST", path, body=body, accept=accept, repeatable=repeatable)

    def patch(self, operation: str, path: str, document: object, *, accept: Collection[int] = ()) -> Reply:
        """Change parts of something, once."""
        body = msgspec.json.encode(document)
        return self._call(operation, "PATCH", path, body=body, accept=accept, repeatable=False)

    def delete(self, operation: str, path: str, *, accept: Collection[int] = ()) -> Reply:
        """Remove something. Where an answer was lost, the next may be a 404 for what the first one has removed."""
        return self._call(operation, "DELETE", path, accept=accept, repeatable=True)

    def pages(self, operation: str, path: str, query: Mapping[str, str]) -> Iterator[Reply]:
        """All pages of a list, each fetched when it is asked for.

        Raises:
            Problem: as `get`; `response-malformed` too where a page names itself or an earlier one as the next, or
                Sendcloud no longer knows where the next one begins.
        """
        cursor, seen = None, set[str]()
        while True:
            accept = (httpx.codes.NOT_FOUND,) if cursor else ()
            reply = self.get(operation, path, {**query, "cursor": cursor} if cursor else query, accept=accept)
            if reply.status == httpx.codes.NOT_FOUND:
                raise self.malformed(reply, "the page that it announced is not there any more")
            yield reply
            cursor = reply.cursor
            if cursor is None:
                return
            if cursor in seen:
                raise self.malformed(reply, "its pages go round in a circle")
            seen.add(cursor)

    def decode(self, reply: Reply, form: type[_T]) -> _T:
        """What an answer says.

        Raises:
            Problem: `response-malformed`. It names the place that cannot be read, and not what stands there.
        """
        try:
            return msgspec.json.decode(reply.body, type=form)
        except msgspec.ValidationError as error:
            raise self.malformed(reply, str(error)) from None
        except UNREADABLE:
            raise self.malformed(reply, f"it is cut off, or no JSON ({len(reply.body)} bytes)") from None

    def malformed(self, reply: Reply, detail: str) -> Unreadable:
        """The failure for an answer that makes no sense."""
        return self.failure(Unreadable, ProblemName.RESPONSE_MALFORMED, reply, detail=detail)

    def failure(self, kind: type[F], name: ProblemName, reply: Reply, **facts: object) -> F:
        """A failed call, by what the caller has found in its answer."""
        failed = kind(name, operation=reply.operation, status=reply.status, request_id=reply.request_id)
        return failed.with_facts(**{**self._wire.facts, **facts})

    def busy(self, operation: str, attempt: int) -> None:
        """Pause after an attempt (the first is 1) that Sendcloud wants repeated.

        Raises:
            Problem: `sendcloud-busy`, after the last attempt or where patience ends.
        """
        problem = Throttled(ProblemName.SENDCLOUD_BUSY, operation=operation).with_facts(**self._wire.facts)
        if attempt == ATTEMPTS:
            raise problem
        self._patience.wait(self._wire.backoff(attempt), problem)

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        repeatable: bool,
        query: Mapping[str, str] = _NOTHING,
        body: bytes = b"",
        accept: Collection[int],
    ) -> Reply:
        url = f"{self._base_url}{path}"
        if query:
            url += f"?{urlencode(query, quote_via=quote, safe=',:')}"
        response = self._signed(operation, lambda: self._send(operation, method, url, body), repeatable=repeatable)
        if is_html(response.content) or not (response.is_success or response.status_code in accept):
            raise self._refusal(response, operation)
        request_id = self._wire.request_id(response)
        return Reply(operation, response.status_code, response.content, request_id, _next_cursor(response))

    def _persist(self, operation: str, send: Callable[[], httpx.Response], *, repeatable: bool) -> httpx.Response:
        """Send until there is an answer that another try cannot better.

        A 429 is no failure: nothing was done, and it is waited out for as long as patience lasts. Otherwise a call has
        `ATTEMPTS` tries.
        """
        failures, pauses = 0, 0
        while True:
            try:
                response = send()
            except CallFailed as failure:
                failures += 1
                if not repeatable or failures == ATTEMPTS or not failure.passes:
                    raise
                self._patience.wait(self._wire.backoff(failures), failure)
                continue
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                pauses += 1
                self._patience.wait(self._wire.backoff(pauses, response), self._refusal(response, operation))
                continue
            failures += response.is_server_error
            if not (response.is_server_error and repeatable and failures < ATTEMPTS):
                return response
            self._patience.wait(self._wire.backoff(failures, response), self._refusal(response, operation))

    def _signed(self, operation: str, send: Callable[[], httpx.Response], *, repeatable: bool) -> httpx.Response:
        """Send with the keys, or the token; where that is refused, find out whether it is the keys or the way."""
        if self._keys.needs_token:
            self._make_token()
        response = self._persist(operation, send, repeatable=repeatable)
        if response.status_code != httpx.codes.UNAUTHORIZED or is_html(response.content):
            return response
        self._make_token()
        response = self._persist(operation, send, repeatable=repeatable)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise self._refusal(response, operation).retyped(AccountRefused, ProblemName.SENDCLOUD_OAUTH_ONLY)
        return response

    def _send(self, operation: str, method: str, url: str, body: bytes) -> httpx.Response:
        pace = self._reads if method == "GET" else self._writes
        if (wait := pace.wait(self.clock.now().timestamp())) > 0:
            throttled = Throttled(ProblemName.SENDCLOUD_THROTTLED, operation=operation)
            self._patience.wait(wait, throttled.with_facts(**self._wire.facts))
        pace.note(self.clock.now().timestamp())
        headers = {"authorization": self._keys.header(), "accept": "application/json"}
        if body:
            headers["content-type"] = "application/json"
        return self._wire.send(operation, method, url, headers=headers, content=body or None)

    def _make_token(self) -> None:
        """Raises `sendcloud-credentials`, where the token endpoint refuses the keys as well."""

        def send() -> httpx.Response:
            headers = {"authorization": self._keys.basic(), "accept": "application/json"}
            return self._wire.send(TOKEN_EXCHANGE, "POST", self._token_url, headers=headers, data=GRANT)

        try:
            response = self._persist(TOKEN_EXCHANGE, send, repeatable=True)
        except CallFailed as failure:
            raise failure.retyped(NoToken) from failure.__cause__
        if is_html(response.content) or response.is_redirect or response.is_server_error:
            raise self._refusal(response, TOKEN_EXCHANGE).retyped(NoToken)
        if not response.is_success:
            raise self._refusal(response, TOKEN_EXCHANGE).retyped(NoToken, ProblemName.SENDCLOUD_CREDENTIALS)
        try:
            self._keys.take(msgspec.json.decode(response.content, type=Token))
        except UNREADABLE as error:
            # The error's own text may quote the answer, which holds the token.
            raise self._wire.failure(
                NoToken, ProblemName.RESPONSE_MALFORMED, response, TOKEN_EXCHANGE, detail=NO_TOKEN_IN_IT
            ) from error.with_traceback(None)

    def _refusal(self, response: httpx.Response, operation: str) -> CallFailed:
        request_id = self._wire.request_id(response)
        return refusal(response, operation, request_id=request_id).with_facts(**self._wire.facts)


def _next_cursor(response: httpx.Response) -> str | None:
    """The cursor of the next page, taken out of the link.

    The rest of the link is not followed: published examples lack the `/api` of its path, and keys must not go to a host
    that an answer names (docs/services/sendcloud.md, "Pages").
    """
    link = response.links.get("next", {}).get("url", "")
    try:
        parts = urlsplit(link).query.split("&")
    except ValueError:
        return None
    found = next((part for part in parts if part.startswith("cursor=")), "")
    return unquote(found.removeprefix("cursor=")) or None
