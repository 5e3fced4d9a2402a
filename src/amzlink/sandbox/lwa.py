"""Login with Amazon: the token endpoint."""

import json
from typing import Final
from urllib.parse import parse_qs

from amzlink.sandbox.account import App
from amzlink.sandbox.messages import Request, Response, json_response
from amzlink.sandbox.refusals import app_mismatch, client_unknown, form_unread, grant_invalid, lwa_error
from amzlink.sandbox.world import TOKEN_LIFE, World

PATH: Final = "/auth/o2/token"
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"  # which Amazon's own client for Java sends


def answer_token(world: World, request: Request) -> Response:
    """The answer to a request for an access token."""
    if request.method != "POST":
        return lwa_error(400, "invalid_request", "The request must use the method POST.")
    form = _read_form(request)
    refused = _check_grant_type(form.get("grant_type"))
    if refused is not None:
        return refused
    for name in ("refresh_token", "client_id", "client_secret"):
        if not form.get(name):
            return _missing(name)
    return _grant(world, form)


def _check_grant_type(grant_type: str | None) -> Response | None:
    """The refusal of any grant but that of a refresh token, or None."""
    match grant_type:
        case "refresh_token":
            return None
        case None | "":
            return form_unread()
        case "authorization_code":
            return grant_invalid("code")  # this seller has authorised the app without one
        case "client_credentials":
            return lwa_error(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed")
    text = "The authorization grant type is not supported by the authorization server"
    return lwa_error(400, "unsupported_grant_type", text)


def _missing(name: str) -> Response:
    return lwa_error(400, "invalid_request", f"The request is missing a required parameter : {name}")


def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form or of a JSON object; a body of another type is not read, so that everything is missing."""
    text = request.body.decode("utf-8", "replace")
    if request.media_type == _FORM:
        return {name: values[0] for name, values in parse_qs(text).items()}
    return _read_json(text) if request.media_type == _JSON else {}


def _read_json(text: str) -> dict[str, str]:
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    texts = fields.items() if isinstance(fields, dict) else ()
    return {name: value for name, value in texts if isinstance(value, str)}


def _grant(world: World, form: dict[str, str]) -> Response:
    account = world.account
    app = _find_app((account.app, account.other_app), form["client_id"])
    if app is None or form["client_secret"] != app.client_secret:
        return client_unknown()
    refresh_token = form["refresh_token"]
    own = {account.app.refresh_token, *world.newer_refresh_tokens}
    if refresh_token not in {*own, account.other_app.refresh_token}:
        return grant_invalid()
    if (refresh_token in own) != (app is account.app):
        return app_mismatch()
    answer = {
        "access_token": world.issue_token(renewed=refresh_token in world.newer_refresh_tokens),
        "refresh_token": refresh_token,
        "token_type": "bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
    }
    return json_response(200, answer)


def _find_app(apps: tuple[App, ...], client_id: str) -> App | None:
    return next((app for app in apps if app.client_id == client_id), None)
