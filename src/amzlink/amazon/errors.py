"""What Amazon's refusals mean: status, code and message to a problem's name.

A name is given only where the answer bears it; a bare 403 stays `access-denied`. Texts are matched by a part, never as
a whole, because Amazon rewords them (docs/services/amazon.md, "The form of an error" and "What a refusal means").
"""

import re
from typing import Final

import msgspec

from amzlink.http.bodies import UNREADABLE, is_html
from amzlink.problems import Problem, ProblemName


class SpApiError(msgspec.Struct, frozen=True):
    """One entry of the SP-API's `errors`."""

    code: str = ""
    message: str = ""
    details: str | None = None


class _LwaError(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


# LWA's error code to a problem (docs/services/amazon.md, "When Login with Amazon refuses").
_LWA: Final = {
    "invalid_client": ProblemName.CLIENT_UNKNOWN,
    "invalid_grant": ProblemName.AUTHORISATION_REVOKED,
    "unauthorized_client": ProblemName.APP_MISMATCH,
}

# A part of `details` (or of the message) of a 401 or 403, in lower case (docs/services/amazon.md,
# "When the token or the region is refused").
_FORBIDDEN: Final = (
    ("secret token you provided has expired", ProblemName.CLIENT_SECRET_EXPIRED),
    ("not valid for region", ProblemName.REGION_MISMATCH),
    ("access token", ProblemName.ACCESS_TOKEN_REJECTED),
)

# A part of the message of a 400 (docs/services/amazon.md, "When a request is invalid"; the last is the text that Amazon
# names for an inactive account).
_INVALID: Final = (
    ("could not match input arguments", ProblemName.SANDBOX_CREDENTIALS),
    ("'sellerid' and 'marketplaceid' combination", ProblemName.SELLER_ID_WRONG),
    ("invalid request parameters", ProblemName.ACCOUNT_SUSPENDED),
)

# What may be a token, a secret or a form that holds them: by its beginning, or because no word is as long.
_TELLING: Final = re.compile(r"\S*(?:Atz|amzn1)\S*|\S{32,}")
_LONGEST_MESSAGE: Final = 200

# The page token cannot be used any more, and the window has to be started again (docs/services/amazon.md,
# "Pages and their tokens").
_DEAD_PAGE_TOKEN: Final = ("all parameters must match the original request", "could not decode your nexttoken")


def parse_errors(body: bytes) -> SpApiError:
    """The first error of an answer; an empty one where the body holds none that can be read.

    Some gateways answer without the wrapper `errors`, and what is not a text counts as absent (docs/services/amazon.md,
    "The form of an error").
    """
    try:
        document = msgspec.json.decode(body)
    except UNREADABLE:
        return SpApiError()
    entry = document
    if isinstance(document, dict) and isinstance(document.get("errors"), list):
        entry = next(iter(document["errors"]), None)
    if not isinstance(entry, dict):
        return SpApiError()
    texts = {name: entry[name] for name in SpApiError.__struct_fields__ if isinstance(entry.get(name), str)}
    return SpApiError(**texts)


def lwa_problem(status: int, body: bytes, request_id: str) -> Problem:
    """The problem that LWA's refusal means."""
    try:
        error = msgspec.json.decode(body, type=_LwaError)
    except UNREADABLE:
        return _unreadable(status, body, "getToken", request_id)
    evidence = {
        "status": status,
        "request_id": request_id,
        "code": error.error,
        "message": _showable(error.error_description),
        "operation": "getToken",
    }
    if error.error == "invalid_client" and "expired" in error.error_description.lower():
        return Problem(ProblemName.CLIENT_SECRET_EXPIRED, **evidence)
    if name := _LWA.get(error.error):
        return Problem(name, **evidence)
    return Problem(ProblemName.REQUEST_REFUSED, detail=f"{error.error or 'status'} {status}", **evidence)


def spapi_problem(status: int, body: bytes, operation: str, role: str, request_id: str) -> Problem:
    """The problem that a refusal of the SP-API means."""
    error = parse_errors(body)
    if not error.code and is_html(body):
        return _unreadable(status, body, operation, request_id)
    text = f"{error.message} {error.details or ''}".lower()
    evidence = {"status": status, "request_id": request_id, "code": error.code, "operation": operation, "role": role}
    detail = f"{error.code or 'no code'}, status {status}"
    if status in (401, 403):
        name = next((name for part, name in _FORBIDDEN if part in text), ProblemName.ACCESS_DENIED)
        # The message of a 400 may quote what was sent, an order's data among it; that of a denial knows only the token.
        message = _showable(f"{error.message} {error.details or ''}")
        return Problem(name, detail=detail, message=message, **evidence)
    if status == 404 and operation == "getOrder":  # noqa: PLR2004
        return Problem(ProblemName.ORDER_NOT_FOUND, **evidence)
    name = next((name for part, name in _INVALID if part in text), ProblemName.REQUEST_REFUSED)
    return Problem(name, detail=detail, **evidence)


def is_expired_token(status: int, body: bytes) -> bool:
    """Whether a 401 or 403 is cured by a fresh access token.

    Source: docs/services/amazon.md, "When the token or the region is refused".
    """
    if status not in (401, 403):
        return False
    error = parse_errors(body)
    return "access token you provided" in f"{error.message} {error.details or ''}".lower()


def is_dead_page_token(status: int, body: bytes) -> bool:
    """Whether a 400 says that a page token cannot be used any more."""
    if status != 400:  # noqa: PLR2004
        return False
    error = parse_errors(body)
    text = f"{error.message} {error.details or ''}".lower()
    return any(part in text for part in _DEAD_PAGE_TOKEN)


def _showable(text: str) -> str:
    """Amazon's words as evidence may show them."""
    return _TELLING.sub("(left out)", text).strip()[:_LONGEST_MESSAGE]


def _unreadable(status: int, body: bytes, operation: str, request_id: str) -> Problem:
    if is_html(body):
        return Problem(ProblemName.PROXY_INTERFERES, status=status, operation=operation, request_id=request_id)
    return Problem(
        ProblemName.RESPONSE_MALFORMED, detail=f"status {status} with a body of {len(body)} bytes that is no JSON",
        operation=operation, request_id=request_id, status=status,
    )  # fmt: skip
