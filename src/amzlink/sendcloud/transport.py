"""The one place where amzlink speaks HTTP to Sendcloud: keys, rates, retries, pages, and what errors mean.

What may safely be made twice (`get`, `delete`, and a `post` that says so) is tried a few times when the fault is one
that passes; anything else is sent once.
"""

import contextlib
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

import msgspec

from amzlink.clock import Clock
from amzlink.http.bodies import UndecodableError, UnexpectedFormError, is_html, read_json
from amzlink.http.client import (
    DEFAULT_TIMEOUT,
    BaseTransport,
    CallRecord,
    HttpConnection,
    MaySend,
    Request,
    Response,
    Timeout,
)
from amzlink.http.patience import Patience
from amzlink.http.retry import DONE, Call, Meaning, Outcome, Retrier, WhenThrottled
from amzlink.http.service_client import ServiceClient
from amzlink.http.shared_document import SharedDocument
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import AccountRefused, CallFailed, F, Throttled, Unreadable
from amzlink.problems.services import NO_SUCH_PAGE, PAGES_IN_A_CIRCLE, no_json
from amzlink.sendcloud.auth import KeyAuth
from amzlink.sendcloud.errors import (
    REQUEST_ID_HEADER,
    SERVICE,
    TOKEN_EXCHANGE,
    meaning_of,
    refusal,
    token_meaning_of,
)
from amzlink.sendcloud.pace import Kind, Made, Paces

ROOT: Final = "/api/v3"
_NOTHING: Final[Mapping[str, str]] = {}
_T = TypeVar("_T")
IsBusy = Callable[[int, bytes], bool]
"""Whether an answer, by its status and body, says that Sendcloud is still working on an earlier request."""


class Reply(msgspec.Struct, frozen=True):
    """An answer that the caller can use: a success, or one of the statuses that it said it would accept."""

    operation: str
    status: int
    body: bytes
    request_id: str = ""
    cursor: str | None = None
    """Where the next page begins, if there is one."""


class SendcloudClient(ServiceClient):
    """A connection to Sendcloud for one integration: HTTP client, keys, rates, clock and patience in one.

    An operation is named `sendcloud/` and the last part of Sendcloud's own operationId; `calls` counts by these names
    what was sent. `facts` are added to every problem raised here. The keys go as they are first; where they are
    refused so and the token endpoint takes them, OAuth2 is the way from then on (`uses_oauth`). With a `pace`
    the rates are kept together with all runs that have the same. `may_send` is asked just before each call, and may
    refuse by raising a Problem.
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
        transport: BaseTransport | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        rng: random.Random | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        facts: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        pace: SharedDocument[Made] | None = None,
        may_send: MaySend | None = None,
    ) -> None:
        connection = HttpConnection(
            clock=clock, request_id_header=REQUEST_ID_HEADER, transport=transport, timeout=timeout, on_call=on_call,
            facts={"service": SERVICE, **(facts or {})}, environ=environ, may_send=may_send,
        )  # fmt: skip
        super().__init__(clock, connection)
        self._base_url = base_url + ROOT
        self._keys = KeyAuth(account_url, public_key, secret, clock)
        self._patience = patience
        self._paces = Paces(clock, public_key, pace)
        self._retrier = Retrier(patience, rng)

    def close(self) -> None:
        """Close the connection, and what its calls are counted in."""
        super().close()
        self._paces.close()

    @property
    def uses_oauth(self) -> bool:
        """Whether the keys are taken by way of OAuth2 only."""
        return self._keys.uses_oauth

    def get(
        self, operation: str, path: str, query: Mapping[str, str] = _NOTHING, *, accept: Collection[int] = ()
    ) -> Reply:
        """Ask. `path` begins after `/api/v3`.

        Raises (as all calls do):
            CallFailed: by the type that fits. A status in `accept` is returned instead.
        """
        return self._call(operation, "GET", path, query=query, accept=accept, repeatable=True)

    def post(
        self,
        operation: str,
        path: str,
        document: object,
        *,
        repeatable: bool = False,
        accept: Collection[int] = (),
        is_busy: IsBusy | None = None,
    ) -> Reply:
        """Send a document, any that msgspec encodes. After a lost answer it is sent again only if `repeatable`.

        Raises:
            CallFailed: as `get`, and `sendcloud-busy`, where `is_busy` says so of every answer.
        """
        body = msgspec.json.encode(document)
        return self._call(operation, "POST", path, body=body, accept=accept, repeatable=repeatable, is_busy=is_busy)

    def delete(self, operation: str, path: str, *, accept: Collection[int] = ()) -> Reply:
        """Remove something. Where an answer was lost, the next may be a 404 for what the first one has removed."""
        return self._call(operation, "DELETE", path, accept=accept, repeatable=True)

    def pages(self, operation: str, path: str, query: Mapping[str, str]) -> Iterator[Reply]:
        """All pages of a list, each fetched when it is asked for.

        Raises:
            CallFailed: as `get`; `Unreadable` too where a page names itself or an earlier one as the next, or
                Sendcloud no longer knows where the next one begins.
        """
        cursor, seen = None, set[str]()
        while True:
            accept = (HTTPStatus.NOT_FOUND,) if cursor else ()
            reply = self.get(operation, path, {**query, "cursor": cursor} if cursor else query, accept=accept)
            if reply.status == HTTPStatus.NOT_FOUND:
                raise self.malformed(reply, NO_SUCH_PAGE)
            yield reply
            cursor = reply.cursor
            if cursor is None:
                return
            if cursor in seen:
                raise self.malformed(reply, PAGES_IN_A_CIRCLE)
            seen.add(cursor)

    def decode(self, reply: Reply, form: type[_T]) -> _T:
        """What an answer says.

        Raises:
            Unreadable: it names the place that cannot be read, and not what stands there.
        """
        try:
            return read_json(reply.body, form)
        except UnexpectedFormError as error:
            raise self.malformed(reply, str(error)) from None
        except UndecodableError:
            raise self.malformed(reply, no_json(status=reply.status, size=len(reply.body))) from None

    def malformed(self, reply: Reply, detail: str) -> Unreadable:
        """The failure for an answer that makes no sense."""
        return self.failure(Unreadable, ProblemName.RESPONSE_MALFORMED, reply, detail=detail)

    def failure(self, kind: type[F], name: ProblemName, reply: Reply, **facts: object) -> F:
        """A failed call, by what the caller has found in its answer."""
        failed = kind(name, operation=reply.operation, status=reply.status, request_id=reply.request_id)
        return failed.with_facts(**{**self._connection.facts, **facts})

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
        is_busy: IsBusy | None = None,
    ) -> Reply:
        url = f"{self._base_url}{path}"
        if query:
            url += f"?{urlencode(query, quote_via=quote, safe=',:')}"
        headers = {"accept": "application/json"}
        if body:
            headers["content-type"] = "application/json"

        kind: Kind = "reads" if method == "GET" else "writes"

        def send() -> Response:
            self._keep_pace(operation, kind)
            try:
                request = self._connection.request(method, url, headers, body or None)
                return self._connection.send_signed(operation, request, self._keys, self._ask_for_token)
            finally:
                with contextlib.suppress(Problem):  # the answer must not be lost; the next call says what is wrong
                    self._paces.answered(kind)

        def classify(response: Response) -> Outcome:
            if is_busy and is_busy(response.status_code, response.content):
                busy = self._connection.failure(Throttled, ProblemName.SENDCLOUD_BUSY, response, operation)
                return Outcome(Meaning.MAY_PASS, busy)
            meaning = meaning_of(response.status_code, response.content, accept)
            if meaning is Meaning.DONE:
                return DONE
            failure = self._refusal(response, operation)
            if meaning is Meaning.CREDENTIALS_REFUSED:
                # Judged only once a token was refused as well.
                failure = failure.retyped(AccountRefused, ProblemName.SENDCLOUD_OAUTH_ONLY)
            return Outcome(meaning, failure, self._connection.told_wait(response))

        call = Call(operation, repeatable=repeatable, when_throttled=WhenThrottled.WAIT)
        response = self._retrier.run(call, send, classify, self._keys.try_token)
        request_id = self._connection.request_id(response)
        return Reply(operation, response.status_code, response.content, request_id, _next_cursor(response))

    def _keep_pace(self, operation: str, kind: Kind) -> None:
        while (wait := self._paces.take(kind)) > 0:
            throttled = Throttled(ProblemName.SENDCLOUD_THROTTLED, operation=operation)
            self._patience.wait(wait, throttled.with_facts(**self._connection.facts))

    def _ask_for_token(self, request: Request) -> Response:
        """Raises `NoToken`: `sendcloud-credentials`, where the token endpoint refuses the keys as well."""

        def classify(response: Response) -> Outcome:
            meaning = token_meaning_of(response.status_code, response.content)
            if meaning is Meaning.DONE:
                return DONE
            failure = self._refusal(response, TOKEN_EXCHANGE)
            if meaning is Meaning.FINAL and not (response.is_redirect or is_html(response.content)):
                failure = failure.named(ProblemName.SENDCLOUD_CREDENTIALS)
            return Outcome(meaning, failure, self._connection.told_wait(response))

        call = Call(TOKEN_EXCHANGE, repeatable=True, when_throttled=WhenThrottled.WAIT)
        try:
            return self._retrier.run(call, lambda: self._connection.send(TOKEN_EXCHANGE, request), classify)
        except CallFailed as failure:
            raise failure.without_token() from failure.__cause__

    def _refusal(self, response: Response, operation: str) -> CallFailed:
        request_id = self._connection.request_id(response)
        return refusal(response, operation, request_id=request_id).with_facts(**self._connection.facts)


def _next_cursor(response: Response) -> str | None:
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
