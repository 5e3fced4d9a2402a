"""The one place where amzlink speaks HTTP to Amazon: headers, time limits, quotas, retries, and what errors mean.

Only calls that may safely be made twice go through `get`, `upload` and `download`; each is tried a few times when the
fault is one that passes. What changes something goes through `post_json` or `patch_json`, once;
what is known after a failure, its type tells (`problems.failures`).
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlencode

import httpx
import msgspec

from amzlink.amazon.errors import (
    SpApiError,
    is_dead_page_token,
    is_expired_token,
    lwa_failure,
    parse_errors,
    spapi_failure,
)
from amzlink.amazon.quota import Operation, Quotas
from amzlink.clock import Clock
from amzlink.http.allowed_hosts import is_protected
from amzlink.http.bodies import is_html
from amzlink.http.client import ATTEMPTS, DEFAULT_TIMEOUT, Answer, CallRecord, Patience, Wire, positive
from amzlink.problems import ProblemName
from amzlink.problems.failures import (
    CallFailed,
    Denied,
    DocumentLinkExpired,
    Intercepted,
    NoToken,
    Refused,
    Throttled,
    Unavailable,
    Unreadable,
)
from amzlink.problems.services import UNPROTECTED_LINK

if TYPE_CHECKING:
    from amzlink.amazon.auth import LwaAuth

_REQUEST_ID: Final = "x-amzn-requestid"
UPLOAD: Final = "uploadDocument"
DOWNLOAD: Final = "downloadDocument"
MOST_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""What a document may measure on its way; a report on ten thousand refused parcels has four million bytes."""


class Document(msgspec.Struct, frozen=True):
    """What lay behind a signed address; `content_type` is what its answer was headed with, or empty."""

    body: bytes
    content_type: str


Explain = Callable[[Denied | Refused, SpApiError], CallFailed | None]
"""What a refused call means to its own API; None where it has no name for it."""


class DeadPageToken(Exception):  # noqa: N818 - a turn of events that the importer handles, not a failure
    """The page token cannot be used any more; the window has to be started again."""


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
        self.clock = clock
        self._auth = auth
        self._quotas = quotas
        self._patience = patience
        self._wire = Wire(
            clock=clock, request_id_header=_REQUEST_ID, transport=transport, timeout=timeout, rng=rng, on_call=on_call,
            facts=facts,
        )  # fmt: skip
        self._facts = self._wire.facts

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
    def offset(self) -> timedelta:
        """Amazon's time minus this machine's."""
        return self._wire.offset

    def amazon_now(self) -> datetime:
        """Amazon's time, from the last answer's Date header; the machine's own as long as there was none."""
        return self._wire.now()

    @property
    def was_told_the_time(self) -> bool:
        """Whether `amazon_now` is Amazon's own word: an answer had a Date header."""
        return self._wire.was_told_the_time

    def learn_time(self) -> datetime:
        """Amazon's time, asked for with a token call where nothing has been answered yet."""
        self._auth.token(self)
        return self.amazon_now()

    def get(self, operation: Operation, path: str, query: Mapping[str, str]) -> Answer:
        """Ask, waiting for the quota and trying again as far as patience goes.

        Raises:
            CallFailed: by the type that fits.
            DeadPageToken: the query's page token cannot be used any more.
        """
        return self._repeat(operation, "GET", self._url(path, query))

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base_url}{path}?{urlencode(query, quote_via=quote, safe=',:')}"

    def _repeat(
        self, operation: Operation, method: str, url: str, headers: Mapping[str, str] | None = None, **content: bytes
    ) -> Answer:
        """Make a call that may be made twice, until it is answered with a success or patience ends."""
        attempt, refreshed = 1, False
        while True:
            self._await_quota(operation)
            token = self._auth.token(self)  # not before the wait, which would age it
            sent = {**(headers or {}), "x-amz-access-token": token}
            try:
                response = self._wire.send(operation.name, method, url, headers=sent, **content)
            except CallFailed as failure:
                if attempt == ATTEMPTS or not failure.passes:
                    raise
                self._patience.wait(self._wire.backoff(attempt), failure)
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

    def post_json(self, operation: Operation, path: str, document: object, *, explain: Explain | None = None) -> Answer:
        """Tell Amazon something, once: after a lost answer nobody knows whether it counts already.

        Only where Amazon calls the access token too old is the call made again, because that answer is known. `explain`
        is asked what a refusal means that has no name in `errors`.

        Raises:
            CallFailed: `AnswerUnknown`, where the call may have worked all the same; or what `explain` gives.
        """
        response = self._tell(operation, "POST", f"{self.base_url}{path}", document)
        if isinstance(response, Answer):
            return response
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._learn_rate(operation, response)
            self._quotas.drain(operation, self.clock.now().timestamp())
            raise self._wire.failure(Throttled, ProblemName.THROTTLED, response, operation.name, max_wait="0 seconds")
        refusal = self._refused(operation, response)
        if explain and isinstance(refusal, Denied | Refused):
            raise explain(refusal, parse_errors(response.content)) or refusal
        raise refusal

    def patch_json(
        self, operation: Operation, path: str, query: Mapping[str, str], document: object, *, changes_nothing: bool
    ) -> Answer:
        """Change something at Amazon; again only where it is known that nothing was done, that is after a 429.

        A patch that sets something to a value may be made again once it has been read back that it did not take; that
        is the caller's to do, in its own time. With `changes_nothing` (a preview) it is tried again like a `get`.

        Raises:
            CallFailed: `AnswerUnknown`, where the patch may have been taken all the same.
        """
        url = self._url(path, query)
        if changes_nothing:
            body = msgspec.json.encode(document)
            return self._repeat(operation, "PATCH", url, {"content-type": "application/json"}, content=body)
        attempt = 1
        while True:
            response = self._tell(operation, "PATCH", url, document)
            if isinstance(response, Answer):
                return response
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise self._refused(operation, response)
            self._throttled(operation, response, attempt)
            attempt += 1

    def _tell(self, operation: Operation, method: str, url: str, document: object) -> Answer | httpx.Response:
        """Make a call that changes something, once: its answer, or the response that is none."""
        headers = {"content-type": "application/json"}
        body, refreshed = msgspec.json.encode(document), False
        while True:
            self._await_quota(operation)
            headers["x-amz-access-token"] = self._auth.token(self)
            response = self._wire.send(operation.name, method, url, headers=headers, content=body)
            if response.is_success:
                self._learn_rate(operation, response)
                return self._read(operation, response)
            if refreshed or not is_expired_token(response.status_code, response.content):
                return response
            refreshed = True
            self._auth.forget()

    def _refused(self, operation: Operation, response: httpx.Response) -> CallFailed | DeadPageToken:
        if response.is_server_error:
            return self._wire.failure(Unavailable, ProblemName.SERVICE_UNAVAILABLE, response, operation.name)
        return self._refusal(operation, response)

    def upload(self, url: str, body: bytes, content_type: str) -> None:
        """Put a document where a signed address leads; again, where the fault is one that passes.

        Whoever has the address needs nothing else, so it goes into no log and no problem, and no token goes with it.

        Raises:
            CallFailed: `DocumentLinkExpired`, or by the type that fits.
        """
        headers = {"content-type": content_type}
        self._use_address(UPLOAD, url, lambda: self._wire.send(UPLOAD, "PUT", url, headers=headers, content=body))

    def download(self, url: str) -> Document:
        """The document that lies behind a signed address; again, where the fault is one that passes.

        Raises:
            CallFailed: `DocumentLinkExpired`; `Unreadable` beyond `MOST_DOCUMENT_BYTES`; or by the type that fits.
        """
        response = self._use_address(DOWNLOAD, url, lambda: self._wire.fetch(DOWNLOAD, url, MOST_DOCUMENT_BYTES))
        return Document(response.content, response.headers.get("content-type", ""))

    def _use_address(self, operation: str, url: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        if not is_protected(url):
            unusable = Unreadable(ProblemName.RESPONSE_MALFORMED, operation=operation, detail=UNPROTECTED_LINK)
            raise unusable.with_facts(**self._facts)
        attempt = 1
        while True:
            try:
                response = send()
            except CallFailed as failure:
                if attempt == ATTEMPTS or not failure.passes:
                    raise
                self._patience.wait(self._wire.backoff(attempt), failure)
            else:
                if response.is_redirect or is_html(response.content):
                    raise self._wire.failure(Intercepted, ProblemName.PROXY_INTERFERES, response, operation)
                if response.is_success:
                    return response
                if not response.is_server_error:
                    raise self._wire.failure(DocumentLinkExpired, ProblemName.DOCUMENT_REFUSED, response, operation)
                disturbed = self._wire.failure(Unavailable, ProblemName.SERVICE_UNAVAILABLE, response, operation)
                if attempt == ATTEMPTS:
                    raise disturbed
                self._patience.wait(self._wire.backoff(attempt, response), disturbed)
            attempt += 1

    def post_form(self, operation: str, url: str, form: Mapping[str, str]) -> Answer:
        """LWA's token call: a form, no quota of ours, tried again when the fault is one that passes."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._wire.send(operation, "POST", url, data=dict(form))
            except CallFailed as failure:
                no_token = failure.retyped(NoToken)
                if attempt == ATTEMPTS or not failure.passes:
                    raise no_token from failure.__cause__
                self._patience.wait(self._wire.backoff(attempt), no_token)
                continue
            if response.is_success and not is_html(response.content):
                return Answer(response.content, self._wire.request_id(response))
            if not (response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS):
                break
            if attempt < ATTEMPTS:
                self._patience.wait(
                    self._wire.backoff(attempt, response),
                    self._wire.failure(NoToken, ProblemName.SERVICE_UNAVAILABLE, response, operation),
                )
        if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self._wire.failure(NoToken, ProblemName.SERVICE_UNAVAILABLE, response, operation)
        if response.is_redirect:
            raise self._wire.failure(NoToken, ProblemName.PROXY_INTERFERES, response, operation)
        raise lwa_failure(response.status_code, response.content, self._wire.request_id(response)).with_facts(
            **self._facts, host=response.url.host
        )

    def malformed(self, operation: Operation, request_id: str, detail: str) -> Unreadable:
        """The failure for an answer that could not be decoded."""
        unreadable = Unreadable(
            ProblemName.RESPONSE_MALFORMED, operation=operation.name, request_id=request_id, detail=detail
        )
        return unreadable.with_facts(**self._facts)

    def _read(self, operation: Operation, response: httpx.Response) -> Answer:
        if is_html(response.content):
            raise self._wire.failure(Intercepted, ProblemName.PROXY_INTERFERES, response, operation.name)
        return Answer(response.content, self._wire.request_id(response))

    def _await_quota(self, operation: Operation) -> None:
        while (wait := self._quotas.take(operation, self.clock.now().timestamp())) > 0:
            throttled = Throttled(ProblemName.THROTTLED, operation=operation.name)
            self._patience.wait(wait, throttled.with_facts(**self._facts))

    def _learn_rate(self, operation: Operation, response: httpx.Response) -> None:
        rate = positive(response.headers.get("x-amzn-ratelimit-limit"))
        if rate:
            self._quotas.learn(operation, rate, self.clock.now().timestamp())

    def _pause_after(self, operation: Operation, response: httpx.Response, attempt: int) -> None:
        """Wait before the next try; or raise what the answer means, where no other try can help."""
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._throttled(operation, response, attempt)
        elif response.is_server_error:
            disturbed = self._wire.failure(Unavailable, ProblemName.SERVICE_UNAVAILABLE, response, operation.name)
            if attempt == ATTEMPTS:
                raise disturbed
            self._patience.wait(self._wire.backoff(attempt, response), disturbed)
        else:
            raise self._refusal(operation, response)

    def _throttled(self, operation: Operation, response: httpx.Response, attempt: int) -> None:
        """Amazon knows better than our bucket what is left: empty it, and wait as long as Amazon says, if it does."""
        self._learn_rate(operation, response)
        self._quotas.drain(operation, self.clock.now().timestamp())
        problem = self._wire.failure(Throttled, ProblemName.THROTTLED, response, operation.name)
        if attempt == ATTEMPTS:
            raise problem.with_facts(max_wait=self._patience.limit)
        told = self._wire.told_wait(response)
        if told:
            self._patience.wait(told, problem)
        elif attempt > 1:
            # The bucket's own wait follows before the next try; this spreads programs that share one quota.
            self._patience.wait(self._wire.backoff(attempt), problem)

    def _refusal(self, operation: Operation, response: httpx.Response) -> CallFailed | DeadPageToken:
        if is_dead_page_token(response.status_code, response.content):
            return DeadPageToken()
        if response.is_redirect:
            return self._wire.failure(Intercepted, ProblemName.PROXY_INTERFERES, response, operation.name)
        failure = spapi_failure(
            response.status_code, response.content, operation.name, operation.role, self._wire.request_id(response)
        )
        return failure.with_facts(**self._facts, host=response.url.host)
