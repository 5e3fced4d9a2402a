"""What Sendcloud's refusals mean: status, code and pointer to a problem's name.

Nothing else of a refusal is kept, and its text least of all: it may quote what was sent. Texts change besides, codes
and pointers are steadier (docs/services/sendcloud.md, "Refused orders").
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import httpx
import msgspec

from amzlink.http.bodies import UNREADABLE, is_html
from amzlink.problems import Problem, ProblemName

SERVICE: Final = "Sendcloud"

# An order of a batch, as a pointer names it: `/data/attributes/[3]/order_details/integration/id`.
_IN_BATCH: Final = re.compile(r"/data/attributes/\[?(\d{1,6})\]?(?:/(.*))?")
# What a pointer or a code may look like; the key of somebody's data that got into one does not.
_POINTER: Final = re.compile(r"[A-Za-z0-9_/\[\].-]{0,200}")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{0,60}")
_UNSHOWABLE: Final = "(left out)"


class ApiError(msgspec.Struct, frozen=True):
    """One error of an answer. `source` is its pointer, else the parameter or the header that it names."""

    code: str = ""
    source: str = ""

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
        document = msgspec.json.decode(body)
    except UNREADABLE:
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
    return tuple(_error(entry) for entry in entries if isinstance(entry, dict))


def _error(entry: dict[str, Any]) -> ApiError:
    source = entry.get("source")
    named = source if isinstance(source, dict) else {}
    where = next((named[key] for key in ("pointer", "parameter", "header") if isinstance(named.get(key), str)), "")
    return ApiError(_shown(str(entry.get("code") or ""), _CODE), _shown(where, _POINTER))


def _shown(text: str, form: re.Pattern[str]) -> str:
    return text if form.fullmatch(text) else _UNSHOWABLE


def refusal(response: httpx.Response, operation: str, *, request_id: str) -> Problem:
    """The problem that an answer means which is no success, and nobody expected.

    401 `sendcloud-credentials`, 403 `sendcloud-forbidden`, 429 `sendcloud-throttled`, 5xx `service-unavailable`; an
    integration that is not there `sendcloud-integration-missing`; a page, or a redirect, `proxy-interferes`; any other
    `request-refused`.
    """
    status, errors = response.status_code, parse_errors(response.content)
    first = errors[0] if errors else ApiError()
    facts = {
        "service": SERVICE, "operation": operation, "status": status, "code": first.code,
        "request_id": request_id or "none given", "host": response.url.host,
        "detail": _detail(first, status),
    }  # fmt: skip
    if response.is_server_error:
        return Problem(ProblemName.SERVICE_UNAVAILABLE, **facts)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Problem(ProblemName.SENDCLOUD_THROTTLED, **facts)
    if response.is_redirect or (not errors and is_html(response.content)):
        del facts["detail"]
        return Problem(ProblemName.PROXY_INTERFERES, **facts)
    if _misses_integration(errors, operation, status):
        return Problem(ProblemName.SENDCLOUD_INTEGRATION_MISSING, **facts)
    return Problem(_BY_STATUS.get(status, ProblemName.REQUEST_REFUSED), **facts)


_BY_STATUS: Final = {401: ProblemName.SENDCLOUD_CREDENTIALS, 403: ProblemName.SENDCLOUD_FORBIDDEN}


def _misses_integration(errors: Sequence[ApiError], operation: str, status: int) -> bool:
    """Whether the integration itself is what Sendcloud does not know.

    As a value among orders (`order_details/integration/id`), as a filter (`integration`, `integration_id`), or because
    a list, which is nothing but the integration's, is not there at all.
    """
    if status == httpx.codes.NOT_FOUND:
        return "integration" in operation or operation in _LISTS
    return status == httpx.codes.BAD_REQUEST and any(
        error.source in _FILTERS or error.source.endswith("order_details/integration/id") for error in errors
    )


_FILTERS: Final = frozenset({"integration", "integration_id"})
_LISTS: Final = frozenset({"sendcloud/create_orders", "sendcloud/list_orders", "sendcloud/all_shipments"})


def _detail(error: ApiError, status: int) -> str:
    where = f" at {error.source}" if error.source else ""
    return f"{error.code or 'no code'}{where}, status {status}"
