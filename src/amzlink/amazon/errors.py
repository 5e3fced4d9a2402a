"""What Amazon's refusals mean: status, code and message to a problem's name.

A name is given only where the answer proves it; a bare 403 stays `access-denied`. Texts are matched by a part, never as
a whole, because Amazon rewords them (docs/services/amazon.md, "The form of an error" and "What a refusal means").
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import msgspec

from amzlink.http.bodies import UndecodableError, is_html, read_json
from amzlink.http.retry import Meaning
from amzlink.problems import ProblemName
from amzlink.problems.failures import (
    AccountRefused,
    CallFailed,
    Denied,
    Intercepted,
    NotFound,
    NoToken,
    Refused,
    Unreadable,
)
from amzlink.problems.services import code_and_status, no_error_in_it, no_json

GET_TOKEN: Final = "getToken"  # noqa: S105 - an operation's name
REQUEST_ID_HEADER: Final = "x-amzn-requestid"


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
_DENIALS: Final = (
    ("secret token you provided has expired", ProblemName.CLIENT_SECRET_EXPIRED),
    ("not valid for region", ProblemName.REGION_MISMATCH),
    ("access token", ProblemName.ACCESS_TOKEN_REJECTED),
)

_FORBIDDEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

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
        document = read_json(body, object)
    except UndecodableError:
        return SpApiError()
    entry = document
    if isinstance(document, dict) and isinstance(document.get("errors"), list):
        entry = next(iter(document["errors"]), None)
    if not isinstance(entry, dict):
        return SpApiError()
    texts = {name: entry[name] for name in SpApiError.__struct_fields__ if isinstance(entry.get(name), str)}
    return SpApiError(**texts)


def lwa_failure(status: int, body: bytes, request_id: str) -> NoToken:
    """What LWA's refusal means."""
    try:
        error = read_json(body, _LwaError)
    except UndecodableError:
        name = ProblemName.PROXY_INTERFERES if is_html(body) else ProblemName.RESPONSE_MALFORMED
        unreadable = NoToken(name, operation=GET_TOKEN, status=status, request_id=request_id)
        return unreadable if is_html(body) else unreadable.with_facts(detail=no_json(status=status, size=len(body)))
    name, text = _LWA.get(error.error, ProblemName.REQUEST_REFUSED), error.error_description
    if name is ProblemName.CLIENT_UNKNOWN and "expired" in text.lower():
        name = ProblemName.CLIENT_SECRET_EXPIRED
    refused = NoToken(name, operation=GET_TOKEN, status=status, code=error.error, request_id=request_id)
    return refused.with_facts(message=_showable(text), detail=code_and_status(code=error.error, status=status))


def spapi_failure(status: int, body: bytes, operation: str, role: str, request_id: str) -> CallFailed:
    """What a refusal of the SP-API means.

    An answer without words of Amazon's refuses nothing: a gateway or a proxy may have given it.
    """
    error = parse_errors(body)
    if not error.code and is_html(body):
        return Intercepted(ProblemName.PROXY_INTERFERES, operation=operation, status=status, request_id=request_id)
    if _says_nothing(status, error, operation):
        detail = no_error_in_it(status=status, size=len(body))
        return Unreadable(
            ProblemName.RESPONSE_MALFORMED, operation=operation, status=status, request_id=request_id, detail=detail
        )
    kind, name = _meaning(status, error, operation)
    failed = kind(name, operation=operation, status=status, code=error.code, request_id=request_id)
    facts = {"role": role, "detail": code_and_status(code=error.code, status=status)}
    if status in _FORBIDDEN:
        # The message of a 400 may quote what was sent, an order's data among it; that of a denial knows only the token.
        facts["message"] = _showable(_words(error))
    return failed.with_facts(**facts)


def _says_nothing(status: int, error: SpApiError, operation: str) -> bool:
    """Whether an answer shows no refusal: it has no words, or calls an order unknown without Amazon's code for that."""
    if status == HTTPStatus.NOT_FOUND and operation == "getOrder":
        return not error.code
    return not (error.code or error.message or error.details)


def _meaning(status: int, error: SpApiError, operation: str) -> tuple[type[CallFailed], ProblemName]:
    if status in _FORBIDDEN:
        known = _part_in(_words(error), _DENIALS)
        return (AccountRefused, known) if known else (Denied, ProblemName.ACCESS_DENIED)
    if status == HTTPStatus.NOT_FOUND and operation == "getOrder":
        return NotFound, ProblemName.ORDER_NOT_FOUND
    if known := _part_in(_words(error), _INVALID):
        return AccountRefused, known
    return (NotFound if status == HTTPStatus.NOT_FOUND else Refused), ProblemName.REQUEST_REFUSED


def _words(error: SpApiError) -> str:
    return f"{error.message} {error.details or ''}"


def _part_in(text: str, names: Iterable[tuple[str, ProblemName]]) -> ProblemName | None:
    lowered = text.lower()
    return next((name for part, name in names if part in lowered), None)


def meaning_of(status: int, body: bytes) -> Meaning:
    """What the SP-API's answer means for another attempt."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Meaning.FINAL if is_html(body) else Meaning.DONE
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning.THROTTLED
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Meaning.MAY_PASS
    return Meaning.CREDENTIALS_REFUSED if is_expired_token(status, body) else Meaning.FINAL


def token_meaning_of(status: int, body: bytes) -> Meaning:
    """What LWA's answer means for another attempt."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Meaning.FINAL if is_html(body) else Meaning.DONE
    passes = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Meaning.MAY_PASS if passes else Meaning.FINAL


def document_meaning_of(status: int, body: bytes) -> Meaning:
    """What the answer behind a document's link means for another attempt."""
    if is_html(body):
        return Meaning.FINAL
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Meaning.DONE
    return Meaning.MAY_PASS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Meaning.FINAL


def is_expired_token(status: int, body: bytes) -> bool:
    """Whether a 401 or 403 is cured by a fresh access token.

    Source: docs/services/amazon.md, "When the token or the region is refused".
    """
    if status not in _FORBIDDEN:
        return False
    return "access token you provided" in _words(parse_errors(body)).lower()


def is_dead_page_token(status: int, body: bytes) -> bool:
    """Whether a 400 says that a page token cannot be used any more."""
    if status != HTTPStatus.BAD_REQUEST:
        return False
    text = _words(parse_errors(body)).lower()
    return any(part in text for part in _DEAD_PAGE_TOKEN)


def _showable(text: str) -> str:
    """Amazon's words as evidence may show them."""
    return _TELLING.sub("(left out)", text).strip()[:_LONGEST_MESSAGE]
