"""What Sendcloud says when it refuses: JSON:API's error documents, and OAuth2's at the token endpoint."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from amzlink.sandbox.messages import Json, Response, json_response

ORDER_GONE: Final = "The order could not be found with the search criteria given"
INTEGRATION_GONE: Final = "The Integration could not be found with the search criteria given"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong in a body. `pointer` says where, `detail` what; the texts are of pydantic's kind."""

    pointer: str
    detail: str


class SendcloudError(Exception):
    """A request that Sendcloud would refuse, raised where the reason is found and answered in one place."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def failure(status: int, code: str, detail: str, *, title: str = "", source: Json | None = None) -> Response:
    """An answer with one error."""
    error: Json = {"status": str(status), "code": code, "detail": detail}
    if title:
        error["title"] = title
    if source:
        error["source"] = source
    return json_response(status, {"errors": [error]})


def flawed(flaws: Iterable[Flaw]) -> Response:
    """The 400 that names everything that is wrong at once."""
    errors = [
        {"status": "400", "code": "invalid", "detail": flaw.detail, "source": {"pointer": flaw.pointer}}
        for flaw in flaws
    ]
    return json_response(400, {"errors": errors})


def wrong_parameter(name: str, detail: str, code: str = "invalid") -> SendcloudError:
    """The refusal of a filter's value."""
    return SendcloudError(failure(400, code, detail, source={"parameter": name}))


def not_found(detail: str) -> Response:
    """Something asked for by its id is not there."""
    return failure(404, "not_found", detail, title="Not found")


def unauthenticated() -> Response:
    """The 401 of a call that brings no credentials."""
    return _challenge(failure(401, "authentication_failed", "Authentication credentials were not provided."))


def keys_refused() -> Response:
    """The 401 of keys that are wrong, and of right ones where the integration takes OAuth2 only."""
    return _challenge(failure(401, "authentication_failed", "Invalid username/password."))


def token_refused() -> Response:
    """The 401 of a token that was never given, or whose hour is over."""
    return _challenge(failure(401, "authentication_failed", "The access token is invalid or has expired."))


def forbidden() -> Response:
    """The 403 of a token or an account that may not do this."""
    return failure(403, "forbidden", "You do not have permission to perform this action.")


def throttled(wait_seconds: int) -> Response:
    """The 429 of a caller over its rate. Its shape is published nowhere: code and header are this sandbox's choice."""
    answer = failure(429, "throttled", f"Request was throttled. Expected available in {wait_seconds} seconds.")
    return answer.with_headers({"Retry-After": str(wait_seconds)})


def conflict() -> Response:
    """A state at Sendcloud that the call does not fit into."""
    return failure(409, "invalid", "The request conflicts with the current state of the resource.")


def broken() -> Response:
    """Sendcloud's own fault."""
    return failure(500, "invalid", "An unexpected error occurred.")


def busy() -> Response:
    """The one 400 to try again: another request is at the same order, so the whole batch was turned away."""
    return flawed([Flaw("/data", "We are still processing a previous request. Please try again in a moment.")])


def oauth_error(status: int, error: str, description: str) -> Response:
    """OAuth2's error shape."""
    return json_response(status, {"error": error, "error_description": description})


def client_refused() -> Response:
    """The token endpoint does not know the keys."""
    return oauth_error(401, "invalid_client", "Client authentication failed.")


def _challenge(answer: Response) -> Response:
    return answer.with_headers({"WWW-Authenticate": 'Basic realm="api"'})
