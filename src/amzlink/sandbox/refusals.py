"""What Amazon says when it refuses: the one place for the texts of its errors."""

from dataclasses import replace
from typing import Final

from amzlink.sandbox.messages import Response, html_response, json_response

TOKEN_MISSING: Final = "Access token is missing in the request header."  # noqa: S105 (an error's text)
TOKEN_EXPIRED: Final = "The access token you provided has expired."  # noqa: S105 (an error's text)
TOKEN_REJECTED: Final = "The access token you provided is revoked, malformed or invalid."  # noqa: S105 (an error's text)
SECRET_EXPIRED: Final = "The LWA secret token you provided has expired."  # noqa: S105 (an error's text)
WRONG_REGION: Final = "The marketplaces you provided are not valid for region."


class RefusalError(Exception):
    """A request that Amazon would refuse, raised where the reason is found and answered in one place."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.response = refusal(status, code, message, details)


def refusal(status: int, code: str, message: str, details: str = "") -> Response:
    """SP-API's error shape."""
    return json_response(status, {"errors": [{"code": code, "message": message, "details": details}]})


def denied(details: str = "") -> Response:
    """The 403 that stands for nearly everything; only `details` tells its causes apart."""
    answer = refusal(403, "Unauthorized", "Access to requested resource is denied.", details)
    return answer.with_headers({"x-amzn-ErrorType": "AccessDeniedException"})


def unknown_path() -> Response:
    """The gateway's answer to a path or method that it has no operation for: 403 and not 404."""
    answer = refusal(403, "MissingAuthenticationToken", "Missing Authentication Token")
    return answer.with_headers({"x-amzn-ErrorType": "MissingAuthenticationTokenException"})


def quota_exceeded() -> Response:
    """The answer to a call for which the bucket holds no token."""
    return refusal(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def internal_failure() -> Response:
    """Amazon's own fault."""
    return refusal(500, "InternalFailure", "We encountered an internal error. Please try again.")


def unavailable() -> Response:
    """Amazon is overloaded or being repaired."""
    return refusal(503, "ServiceUnavailable", "Service is temporarily unavailable. Please try again.")


def invalid_input(message: str, details: str = "") -> RefusalError:
    """The 400 for a parameter that breaks a rule."""
    return RefusalError(400, "InvalidInput", message, details)


def not_valid(name: str, reason: str) -> RefusalError:
    """The refusal of a value; Amazon's sentence ends alike for all of them."""
    return invalid_input(f"The value of {name} is not valid. Please check your input and try again.", reason)


def page_token_dead() -> Response:
    """The refusal of a page token that is too old or was never one."""
    return refusal(400, "InvalidInput", "We could not decode your NextToken")


def query_changed() -> Response:
    """The refusal of a page token that comes with another query than the one it was made for."""
    return refusal(400, "InvalidInput", "All parameters must match the original request except maxResultsPerPage.")


def seller_unknown() -> Response:
    """The refusal of a Seller ID that is not the token's, or has no shop in the marketplace that is named with it."""
    return refusal(400, "InvalidInput", "Invalid 'sellerId' and 'marketplaceId' combination provided.")


def resource_forbidden() -> Response:
    """The 403 of the Reports API, which has its own words for a missing role."""
    answer = refusal(403, "Unauthorized", "Access to the resource is forbidden")
    return answer.with_headers({"x-amzn-ErrorType": "AccessDeniedException"})


def account_inactive() -> Response:
    """What Amazon says to an account that it does not count as active, whatever the parameters are."""
    return refusal(400, "InvalidInput", "Invalid request parameters")


def no_sample() -> Response:
    """The answer of Amazon's static sandbox to a request that its model does not list."""
    return refusal(400, "InvalidInput", "Could not match input arguments")


def request_broken() -> Response:
    """Stopped in front of the API, by something that speaks HTML."""
    return html_response(400, "<html><body><h1>400 Bad Request</h1></body></html>")


def vaguely_invalid() -> Response:
    """Amazon's 400 that names no field; it was seen for hours on requests that were taken before and after."""
    text = "The input you have submitted is not valid. Please check your input and try again."
    return refusal(400, "InvalidInput", text)


def gateway(status: int) -> Response:
    """An answer without a word, by something that stands between client and API."""
    return Response(status, {"Server": "nginx"}, has_id=False)


def gateway_page(status: int, title: str) -> Response:
    """The same with a page."""
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return html_response(status, page).with_headers({"Server": "nginx"})


def throttled_by_gateway() -> Response:
    """The 429 of something that counts calls before the API does, and that names neither the request nor a rate."""
    return replace(quota_exceeded(), has_id=False)


def lwa_error(status: int, error: str, description: str) -> Response:
    """LWA's error shape, which is not SP-API's."""
    return json_response(status, {"error": error, "error_description": description})


def client_unknown() -> Response:
    """LWA's refusal of a client id or secret."""
    return lwa_error(401, "invalid_client", "Client authentication failed")


def grant_invalid(name: str = "refresh_token") -> Response:
    """LWA's refusal of a refresh token, or of the code for a first one, whatever is wrong with it."""
    reason = "User may have revoked or didn't grant the permission."
    return lwa_error(400, "invalid_grant", f"The request has an invalid grant parameter : {name}. {reason}")


def form_unread() -> Response:
    """LWA's answer to a request of which no form has arrived."""
    return lwa_error(400, "invalid_request", "The request is missing a required parameter : grant_type")


def lwa_unavailable() -> Response:
    """LWA is overloaded or being repaired."""
    return lwa_error(503, "server_error", "The authorization server is temporarily unavailable.")


def app_mismatch() -> Response:
    """LWA's refusal of another app's refresh token."""
    return lwa_error(400, "unauthorized_client", "Not authorized for requested operation")
