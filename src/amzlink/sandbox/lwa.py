"""Login with Amazon: the token endpoint."""

from typing import Final
from urllib.parse import parse_qs

from amzlink.sandbox.account import App
from amzlink.sandbox.messages import Request, Response, json_response
from amzlink.sandbox.refusals import app_mismatch, client_unknown, form_unread, grant_invalid, lwa_error
from amzlink.sandbox.world import TOKEN_LIFE, World

PATH: Final = "/auth/o2/token"
_FORM: Final = "application/x-www-form-urlencoded"


def answer_token(world: World, request: Request) -> Response:
    """The answer to a request for an access token."""
    if request.method != "POST":
        return lwa_error(400, "invalid_request", "The request must use the method POST.")
    form = _read_form(request)
    grant_type = form.get("grant_type")
    if not grant_type:
        return form_unread()
    if grant_type != "refresh_token":
        text = "The authorization grant type is not supported by the authorization server"
        return lwa_error(400, "unsupported_grant_type", text)
    for name in ("refresh_token", "client_id", "client_secret"):
        if not form.get(name):
            return _missing(name)
    return _grant(world, form)


def _missing(name: str) -> Response:
    return lwa_error(400, "invalid_request", f"The request is missing a required parameter : {name}")


def _read_form(request: Request) -> dict[str, str]:
    """The form's fields; a body of another type is not read at all, so that everything counts as missing."""
    if request.media_type != _FORM:
        return {}
    fields = parse_qs(request.body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


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
