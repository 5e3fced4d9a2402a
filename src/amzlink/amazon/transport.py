"""The one place where amzlink speaks HTTP to Amazon: headers, time limits, quotas, retries, and what errors mean.

What may safely be made twice goes through `get`, `upload` and `download`. What changes something goes through
`post_json` or `patch_json`: it is made again only where Amazon's answer shows that nothing was done. Whether a failed
call may have worked, its type tells (`problems.failures.AnswerUnknown`).
"""

import contextlib
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from amzlink.amazon.auth import LwaAuth, RestrictedAuth
from amzlink.amazon.errors import (
    GET_TOKEN,
    REQUEST_ID_HEADER,
    SpApiError,
    document_meaning_of,
    is_dead_page_token,
    lwa_failure,
    meaning_of,
    parse_errors,
    spapi_failure,
    token_meaning_of,
)
from amzlink.amazon.quota import Operation, Quotas
from amzlink.clock import Clock
from amzlink.http.allowed_hosts import is_protected
from amzlink.http.bodies import is_gateway_page, is_html
from amzlink.http.client import (
    DEFAULT_TIMEOUT,
    Answer,
    Auth,
    BaseTransport,
    CallRecord,
    HttpConnection,
    MaySend,
    Request,
    Response,
    Timeout,
    is_address,
    positive,
)
from amzlink.http.kept_body import KeptBody
from amzlink.http.patience import Patience
from amzlink.http.retry import DONE, Call, Meaning, Outcome, Retrier, WhenThrottled
from amzlink.http.service_client import ServiceClient
from amzlink.problems import Problem, ProblemName
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
from amzlink.problems.services import NO_LINK, NOT_REPEATED, UNPROTECTED_LINK

UPLOAD: Final = "uploadDocument"
DOWNLOAD: Final = "downloadDocument"
MOST_DOCUMENT_BYTES: Final = 128 * 1024 * 1024
"""What a document may measure on its way; a report on ten thousand refused parcels has four million bytes."""
_JSON: Final = {"content-type": "application/json"}


class Document(msgspec.Struct, frozen=True):
    """What lay behind a signed address; `content_type` is what its answer was headed with, or empty."""

    body: bytes | KeptBody
    content_type: str


Explain = Callable[[Denied | Refused, SpApiError], CallFailed | None]
"""What a refused call means to its own API; None where it has no name for it."""


class DeadPageToken(Exception):  # noqa: N818 - a turn of events that the importer handles, not a failure
    """The page token cannot be used any more; the window has to be started again."""


class SpApiClient(ServiceClient):
    """A connection to Amazon for one seller account: HTTP client, quotas, clock and patience in one.

    `facts` are added to every problem raised here (the page for the store's country, the store's option).
    `calls` counts what was sent, by operation; the token calls stand under `getToken`. `may_send` is asked just before
    each call, whatever it is for, and may refuse by raising a Problem.
    """

    def __init__(
        self,
        *,
        base_url: str,
        auth: LwaAuth,
        quotas: Quotas,
        clock: Clock,
        patience: Patience,
        transport: BaseTransport | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        rng: random.Random | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        facts: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        may_send: MaySend | None = None,
    ) -> None:
        connection = HttpConnection(
            clock=clock, request_id_header=REQUEST_ID_HEADER, transport=transport, timeout=timeout, on_call=on_call,
            facts=facts, environ=environ, may_send=may_send,
        )  # fmt: skip
        super().__init__(clock, connection)
        self.base_url = base_url
        self._auth = auth
        self._quotas = quotas
        self._patience = patience
        self._retrier = Retrier(patience, rng)

    def close(self) -> None:
        """Close the connection, and what its calls are counted in."""
        super().close()
        self._quotas.close()

    def amazon_now(self) -> datetime:
        """Amazon's time, from the last answer's Date header; the machine's own as long as there was none."""
        return self._connection.now()

    @property
    def knows_service_time(self) -> bool:
        """Whether `amazon_now` is Amazon's own word: an answer had a Date header."""
        return self._connection.knows_service_time

    def learn_time(self) -> datetime:
        """Amazon's time, asked for with a token call where nothing has been answered yet."""
        self._connection.sign_in(self._auth.token_flow(), self._ask_for_token)
        return self.amazon_now()

    # Calls of the API ------------------------------------------------------------------------------------------------

    def get(
        self, operation: Operation, path: str, query: Mapping[str, str], *, restricted_token: str | None = None
    ) -> Answer:
        """Ask, waiting for the quota and trying again as far as patience goes.

        A `restricted_token` stands in place of the access token (`amazon.tokens`).

        Raises:
            CallFailed: by the type that fits.
            DeadPageToken: the query's page token cannot be used any more.
        """
        call = Call(operation.name, repeatable=True, when_throttled=WhenThrottled.TRY_AGAIN)
        auth = RestrictedAuth(restricted_token) if restricted_token else None
        return self._call(call, operation, "GET", self._url(path, query), auth=auth)

    def post_json(
        self,
        operation: Operation,
        path: str,
        document: object,
        *,
        explain: Explain | None = None,
        when_throttled: WhenThrottled = WhenThrottled.GIVE_UP,
    ) -> Answer:
        """Tell Amazon something, once: after a lost answer nobody knows whether it counts already.

        It is made again only where nothing was done: Amazon calls the access token too old, or throttles the call and
        `when_throttled` says so. `explain` is asked what a refusal means that has no name in `errors`.

        Raises:
            CallFailed: `AnswerUnknown`, where the call may have worked all the same; or what `explain` gives.
        """
        call = Call(operation.name, repeatable=False, when_throttled=when_throttled)
        return self._call(call, operation, "POST", f"{self.base_url}{path}", document, explain=explain)

    def patch_json(
        self, operation: Operation, path: str, query: Mapping[str, str], document: object, *, changes_nothing: bool
    ) -> Answer:
        """Change something at Amazon; again only where it is known that nothing was done, that is after a 429.

        A patch that sets something to a value may be made again once it has been read back that it did not take; that
        is the caller's to do, in its own time. With `changes_nothing` (a preview) it is tried again like a `get`.

        Raises:
            CallFailed: `AnswerUnknown`, where the patch may have been taken all the same.
        """
        call = Call(operation.name, repeatable=changes_nothing, when_throttled=WhenThrottled.TRY_AGAIN)
        return self._call(call, operation, "PATCH", self._url(path, query), document)

    def malformed(self, operation: Operation, request_id: str, detail: str) -> Unreadable:
        """The failure for an answer that could not be decoded."""
        unreadable = Unreadable(
            ProblemName.RESPONSE_MALFORMED, operation=operation.name, request_id=request_id, detail=detail
        )
        return unreadable.with_facts(**self._connection.facts)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base_url}{path}?{urlencode(query, quote_via=quote, safe=',:')}"

    def _call(
        self,
        call: Call,
        operation: Operation,
        method: str,
        url: str,
        document: object = None,
        *,
        explain: Explain | None = None,
        auth: Auth | None = None,
    ) -> Answer:
        headers, body = ({}, None) if document is None else (_JSON, msgspec.json.encode(document))

        def send() -> Response:
            self._await_quota(operation)  # before the token, which the wait would age
            response: Response | None = None
            try:
                request = self._connection.request(method, url, headers, body)
                response = self._connection.send_signed(
                    operation.name, request, auth or self._auth, self._ask_for_token
                )
            finally:
                self._note_quota(operation, response)
            return response

        def classify(response: Response) -> Outcome:
            meaning = meaning_of(response.status_code, response.content)
            if meaning is Meaning.DONE:
                return DONE
            failure = self._failure(call, operation, response, explain)
            return Outcome(meaning, failure, self._connection.told_wait(response))

        response = self._retrier.run(call, send, classify, self._auth.forget)
        return Answer(response.content, self._connection.request_id(response))

    def _failure(
        self, call: Call, operation: Operation, response: Response, explain: Explain | None
    ) -> CallFailed | DeadPageToken:
        """What an answer means that is no success."""
        status, body, failure = response.status_code, response.content, self._connection.failure
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            waits = call.when_throttled is not WhenThrottled.GIVE_UP
            facts = {"max_wait": self._patience.limit} if waits else {"detail": NOT_REPEATED}
            return failure(Throttled, ProblemName.THROTTLED, response, operation.name, **facts)
        is_foreign = response.is_success or response.is_redirect or is_gateway_page(status, response.headers, body)
        if response.is_server_error and not is_foreign:
            return failure(Unavailable, ProblemName.SERVICE_UNAVAILABLE, response, operation.name)
        if is_foreign:
            return failure(Intercepted, ProblemName.PROXY_INTERFERES, response, operation.name)
        if is_dead_page_token(status, body):
            return DeadPageToken()
        refused = spapi_failure(status, body, operation.name, operation.role, self._connection.request_id(response))
        refused = refused.with_facts(**self._connection.facts, host=response.url.host)
        if explain and isinstance(refused, Denied | Refused):
            return explain(refused, parse_errors(body)) or refused
        return refused

    def _await_quota(self, operation: Operation) -> None:
        while (wait := self._quotas.take(operation, self.clock.now().timestamp())) > 0:
            throttled = Throttled(ProblemName.THROTTLED, operation=operation.name)
            self._patience.wait(wait, throttled.with_facts(**self._connection.facts))

    def _note_quota(self, operation: Operation, response: Response | None) -> None:
        """Learn the rate from a header. After a 429 the bucket is empty: Amazon knows better what is left.

        What cannot be noted is lost; the answer must not be. The next call says what is wrong with the file.
        """
        now, rate, throttled = self.clock.now().timestamp(), None, False
        if response is not None:
            throttled = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
            if throttled or response.is_success:
                rate = positive(response.headers.get("x-amzn-ratelimit-limit"))
        with contextlib.suppress(Problem):
            self._quotas.answered(operation, now, rate)
            if throttled:
                self._quotas.drain(operation, now)

    # Documents -------------------------------------------------------------------------------------------------------

    def upload(self, url: str, body: bytes, content_type: str) -> None:
        """Put a document where a signed link leads; again, where the fault is one that passes.

        Whoever has the link needs nothing else, so it goes into no log and no problem, and no token goes with it.

        Raises:
            CallFailed: `DocumentLinkExpired`, or by the type that fits.
        """

        def send() -> Response:
            request = self._connection.request("PUT", url, {"content-type": content_type}, body)
            return self._connection.send(UPLOAD, request)

        self._use_link(UPLOAD, url, send)

    def download(self, url: str) -> Document:
        """The document that lies behind a signed link; again, where the fault is one that passes.

        Raises:
            CallFailed: `DocumentLinkExpired`; `Unreadable` beyond `MOST_DOCUMENT_BYTES`; or by the type that fits.
        """
        kept = KeptBody()
        response = self._use_link(
            DOWNLOAD, url, lambda: self._connection.fetch(DOWNLOAD, url, MOST_DOCUMENT_BYTES, kept)
        )
        body = response.content if kept.is_in_memory else kept
        return Document(body, response.headers.get("content-type", ""))

    def _use_link(self, operation: str, url: str, send: Callable[[], Response]) -> Response:
        if not (is_usable := is_address(url)) or not self._may_use(url):
            detail = UNPROTECTED_LINK if is_usable else NO_LINK
            unusable = Unreadable(ProblemName.RESPONSE_MALFORMED, operation=operation, detail=detail)
            raise unusable.with_facts(**self._connection.facts)

        def classify(response: Response) -> Outcome:
            meaning = document_meaning_of(response.status_code, response.content)
            if meaning is Meaning.DONE:
                return DONE
            kind: type[CallFailed] = DocumentLinkExpired
            name = ProblemName.DOCUMENT_REFUSED
            if meaning is Meaning.MAY_PASS:
                kind, name = Unavailable, ProblemName.SERVICE_UNAVAILABLE
            elif response.is_redirect or is_html(response.content):
                kind, name = Intercepted, ProblemName.PROXY_INTERFERES
            failure = self._connection.failure(kind, name, response, operation)
            return Outcome(meaning, failure, self._connection.told_wait(response))

        return self._retrier.run(Call(operation, repeatable=True, when_throttled=WhenThrottled.GIVE_UP), send, classify)

    def _may_use(self, link: str) -> bool:
        """Whether it is https; or plain http on this machine, where Amazon itself is a stand-in there.

        An answer must not have us call another program of this machine.
        """
        return is_protected(link) and (link.lower().startswith("https:") or not self.base_url.startswith("https:"))

    # Tokens ----------------------------------------------------------------------------------------------------------

    def _ask_for_token(self, request: Request) -> Response:
        """LWA's token call: no quota of ours, tried again when the fault is one that passes."""

        def classify(response: Response) -> Outcome:
            meaning = token_meaning_of(response.status_code, response.content)
            if meaning is Meaning.DONE:
                return DONE
            return Outcome(meaning, self._token_failure(response, meaning), self._connection.told_wait(response))

        call = Call(GET_TOKEN, repeatable=True, when_throttled=WhenThrottled.GIVE_UP)
        try:
            return self._retrier.run(call, lambda: self._connection.send(GET_TOKEN, request), classify)
        except CallFailed as failure:
            raise failure.without_token() from failure.__cause__

    def _token_failure(self, response: Response, meaning: Meaning) -> CallFailed:
        if is_gateway_page(response.status_code, response.headers, response.content):
            return self._connection.failure(NoToken, ProblemName.PROXY_INTERFERES, response, GET_TOKEN)
        if meaning is Meaning.MAY_PASS:
            return self._connection.failure(NoToken, ProblemName.SERVICE_UNAVAILABLE, response, GET_TOKEN)
        if response.is_redirect:
            return self._connection.failure(NoToken, ProblemName.PROXY_INTERFERES, response, GET_TOKEN)
        refused = lwa_failure(response.status_code, response.content, self._connection.request_id(response))
        return refused.with_facts(**self._connection.facts, host=response.url.host)
