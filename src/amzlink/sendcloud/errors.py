"""What Sendcloud's refusals mean: status, code and pointer to a problem's name.

Texts change, codes and pointers are steadier, so those decide (docs/services/sendcloud.md, "Refused orders"). Of a
text only what quotes nothing goes on, for people to read: it may repeat what was sent.
"""

import functools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from amzlink.core.service_message import without_quotes
from amzlink.http.bodies import UndecodableError, is_gateway_page, is_html, read_json
from amzlink.http.client import Response
from amzlink.http.retry import Meaning
from amzlink.problems import ProblemName
from amzlink.problems.failures import (
    AccountRefused,
    CallFailed,
    Denied,
    Intercepted,
    NotFound,
    Refused,
    Throttled,
    Unavailable,
)
from amzlink.problems.services import code_and_status

SERVICE: Final = "Sendcloud"
TOKEN_EXCHANGE: Final = "sendcloud/OAuth2TokenExchange"  # noqa: S105 - an operation's name
REQUEST_ID_HEADER: Final = "x-request-id"  # none is published; where an answer has one, it is shown

# An order of a batch, as a pointer names it: `/data/attributes/[3]/order_details/integration/id`.
_IN_BATCH: Final = re.compile(r"/data/attributes/\[?(\d{1,6})\]?(?:/(.*))?")
# What a pointer or a code may look like; the key of somebody's data that got into one does not.
_POINTER: Final = re.compile(r"[A-Za-z0-9_/\[\].-]{0,200}")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{0,60}")
_UNSHOWABLE: Final = "(left out)"


class ApiError(msgspec.Struct, frozen=True):
    """One error of an answer. `source` is its pointer, else the parameter or the header that it names.

    `message` is its text without what that quotes.
    """

    code: str = ""
    source: str = ""
    message: str = ""

    @property
    def place(self) -> tuple[int, str] | None:
        """The order of a batch that it speaks of, counted from 0, and the path within; None for the batch itself."""
        found = _IN_BATCH.fullmatch(self.source)
        return (int(found[1]), found[2] or "") if found else None


def parse_errors(body: bytes) -> tuple[ApiError, ...]:
    """The errors of an answer, in whichever of Sendcloud's shapes; none where there is none that can be read.

    JSON:API's `errors` (a list, or a single one), a bare list, the one `error` of v2 (`{"error": {"code": 404, ...}}`),
    and OAuth2's (`{"error": "invalid_client", ...}`).
    """
    try:
        document = read_json(body, object)
    except UndecodableError:
        return ()
    entries: Any = document
    if isinstance(document, dict):
        entries = document.get("errors", document.get("error"))
    if isinstance(entries, str):
        return (ApiError(_shown(entries, _CODE)),)
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return ()
    shown = functools.cache(without_quotes)  # an answer about a hundred orders says the same of most of them
    return tuple(_error(entry, shown) for entry in entries if isinstance(entry, dict))


def _error(entry: dict[str, Any], shown: Callable[[str], str]) -> ApiError:
    source = entry.get("source")
    named = source if isinstance(source, dict) else {}
    where = next((named[key] for key in ("pointer", "parameter", "header") if isinstance(named.get(key), str)), "")
    texts = (entry[key] for key in ("detail", "message", "title") if isinstance(entry.get(key), str))
    message = next(filter(None, map(shown, texts)), "")
    return ApiError(_shown(str(entry.get("code") or ""), _CODE), _shown(where, _POINTER), message)


def _shown(text: str, form: re.Pattern[str]) -> str:
    return text if form.fullmatch(text) else _UNSHOWABLE


def meaning_of(status: int, body: bytes, accept: Collection[int] = ()) -> Meaning:
    """What an answer means for another attempt. The statuses of `accept` are as good as a success to the caller."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning.THROTTLED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Meaning.MAY_PASS
    if is_html(body):
        return Meaning.FINAL
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status in accept:
        return Meaning.DONE
    return Meaning.CREDENTIALS_REFUSED if status == HTTPStatus.UNAUTHORIZED else Meaning.FINAL


def token_meaning_of(status: int, body: bytes) -> Meaning:
    """What an answer of the token endpoint means for another attempt."""
    meaning = meaning_of(status, body)
    return Meaning.FINAL if meaning is Meaning.CREDENTIALS_REFUSED else meaning


def refusal(response: Response, operation: str, *, request_id: str) -> CallFailed:
    """What an answer means that is no success, and that nobody expected.

    401 `sendcloud-credentials`, 403 `sendcloud-forbidden`, 429 `sendcloud-throttled`, 5xx `service-unavailable`; an
    integration that is not there `sendcloud-integration-missing`; a page, or a redirect, `proxy-interferes`; any other
    `request-refused`.
    """
    status, errors = response.status_code, parse_errors(response.content)
    first = errors[0] if errors else ApiError()
    kind, name = _meaning(response, operation, errors)
    failed = kind(name, operation=operation, status=status, code=first.code, request_id=request_id)
    detail = {} if kind is Intercepted else {"detail": _detail(first, status)}
    return failed.with_facts(service=SERVICE, host=response.url.host, **detail)


def _meaning(response: Response, operation: str, errors: Sequence[ApiError]) -> tuple[type[CallFailed], ProblemName]:
    status = response.status_code
    if is_gateway_page(status, response.headers, response.content):
        return Intercepted, ProblemName.PROXY_INTERFERES
    if response.is_server_error:
        return Unavailable, ProblemName.SERVICE_UNAVAILABLE
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled, ProblemName.SENDCLOUD_THROTTLED
    if response.is_redirect or (not errors and is_html(response.content)):
        return Intercepted, ProblemName.PROXY_INTERFERES
    if _misses_integration(errors, operation, status):
        return AccountRefused, ProblemName.SENDCLOUD_INTEGRATION_MISSING
    return _BY_STATUS.get(status, (Refused, ProblemName.REQUEST_REFUSED))


_BY_STATUS: Final[Mapping[int, tuple[type[CallFailed], ProblemName]]] = {
    HTTPStatus.UNAUTHORIZED: (AccountRefused, ProblemName.SENDCLOUD_CREDENTIALS),
    HTTPStatus.FORBIDDEN: (Denied, ProblemName.SENDCLOUD_FORBIDDEN),
    HTTPStatus.NOT_FOUND: (NotFound, ProblemName.REQUEST_REFUSED),
}


def _misses_integration(errors: Sequence[ApiError], operation: str, status: int) -> bool:
    """Whether the integration itself is what Sendcloud does not know.

    As a value among orders (`order_details/integration/id`), as a filter (`integration`, `integration_id`), or because
    a list, which is nothing but the integration's, is not there at all.
    """
    if status == HTTPStatus.NOT_FOUND:
        return "integration" in operation or operation in _LISTS
    return status == HTTPStatus.BAD_REQUEST and any(
        error.source in _FILTERS or error.source.endswith("order_details/integration/id") for error in errors
    )


_FILTERS: Final = frozenset({"integration", "integration_id"})
_LISTS: Final = frozenset({"sendcloud/create_orders", "sendcloud/list_orders", "sendcloud/all_shipments"})


def _detail(error: ApiError, status: int) -> str:
    return code_and_status(code=error.code, place=error.source, status=status)
