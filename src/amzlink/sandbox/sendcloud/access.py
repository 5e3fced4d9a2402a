"""Who may call: keys as they are, or a token that the token endpoint gave for them."""

import base64
import binascii
from typing import Final
from urllib.parse import parse_qs, unquote_plus

from amzlink.sandbox.messages import Request, Response, json_response
from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.panel import TOKEN_LIFE, Panel
from amzlink.sandbox.sendcloud.table import SCOPES, Operation

_FORM: Final = "application/x-www-form-urlencoded"
_OLD_SCOPE: Final = "api"  # what older texts ask for; it opens everything


def check_caller(panel: Panel, request: Request, operation: Operation) -> Response | None:
    """The refusal of a caller who may not do this, or None."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    match kind.lower():
        case "basic":
            if not panel.knows_keys(*_read_basic(value)) or panel.wants_oauth:
                return errors.keys_refused()
            return None
        case "bearer":
            return _check_token(panel, value.strip(), operation)
        case _:
            return errors.unauthenticated()


def answer_token(panel: Panel, request: Request) -> Response:
    """The answer to a request for an access token.

    The keys come as HTTP Basic or in the form. Whether the switch must be on for it is told nowhere: here it need not.
    """
    if request.media_type != _FORM:
        return errors.oauth_error(400, "invalid_request", "The request is malformed.")
    form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
    if "grant_type" not in form:
        return errors.oauth_error(400, "invalid_request", "The parameter grant_type is missing.")
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    # RFC 6749, section 2.3.1: here both halves of Basic are encoded like a form.
    basic = tuple(unquote_plus(part) for part in _read_basic(value)) if kind.lower() == "basic" else None
    keys = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if not panel.knows_keys(*keys):
        return errors.client_refused()
    if form["grant_type"] != "client_credentials":
        return errors.oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    scopes = frozenset(form.get("scope", "").split()) - {_OLD_SCOPE}
    if scopes - SCOPES:
        return errors.oauth_error(400, "invalid_scope", "The requested scope is unknown or malformed.")
    token = panel.issue_token(scopes)
    answer = {
        "access_token": token,
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": form.get("scope", ""),
        "token_type": "bearer",
    }
    return json_response(200, answer)


def _check_token(panel: Panel, name: str, operation: Operation) -> Response | None:
    token = panel.tokens.get(name)
    if token is None or panel.now() >= token.expires:
        return errors.token_refused()
    if token.scopes and operation.scope and operation.scope not in token.scopes:
        return errors.forbidden()
    return None


def _read_basic(value: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    user, _, password = plain.partition(":")
    return user, password
