"""Amazon's refusals, row by row of its documentation, and the problem that each is."""

import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.errors import (
    is_dead_page_token,
    is_expired_token,
    lwa_failure,
    parse_errors,
    spapi_failure,
)
from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.orders import get_order, search_orders
from amzlink.amazon.sellers import get_marketplace_participations
from amzlink.amazon.transport import DeadPageToken
from amzlink.problems import CATALOGUE, Exit, Problem
from amzlink.problems.failures import AnswerUnknown
from tests.amazon.bench import bench, denied, lwa_refused, refused

INVALID_GRANT = (
    "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."
)
DENIED = "Access to requested resource is denied."
PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"

LWA_ROWS = [
    ("wrong, replaced or expired secret", 401, "invalid_client", "Client authentication failed", "client-unknown"),
    ("secret of which LWA says it", 401, "invalid_client", "The client secret has expired", "client-secret-expired"),
    ("refresh token that has expired", 400, "invalid_grant", "The refresh token has expired", "authorisation-revoked"),
    ("revoked or cut refresh token", 400, "invalid_grant", INVALID_GRANT, "authorisation-revoked"),
    ("another app's token", 400, "unauthorized_client", "Not authorized for requested operation", "app-mismatch"),
    (
        "empty value",
        400,
        "invalid_request",
        "The request is missing a required parameter : refresh_token",
        "request-refused",
    ),
    ("wrong grant", 400, "unsupported_grant_type", "The authorization grant type is not supported", "request-refused"),
    ("scope", 400, "invalid_scope", "", "request-refused"),
]

API_ROWS = [
    ("expired secret", denied("The LWA secret token you provided has expired."), "client-secret-expired"),
    ("no token", denied("Access token is missing in the request header."), "access-token-rejected"),
    (
        "revoked token",
        denied("The access token you provided is revoked, malformed or invalid."),
        "access-token-rejected",
    ),
    ("expired token", denied("The access token you provided has expired."), "access-token-rejected"),
    (
        "token refused with 401",
        refused(401, "Unauthorized", DENIED, "The access token you provided has expired."),
        "access-token-rejected",
    ),
    ("other region", denied("The marketplaces you provided are not valid for region."), "region-mismatch"),
    ("bare 403", denied(), "access-denied"),
    ("bare 403 without details at all", refused(403, "Unauthorized", DENIED, None), "access-denied"),
    ("restricted resource", refused(403, "Unauthorized", "Access to the resource is forbidden"), "access-denied"),
    ("unknown path", refused(403, "MissingAuthenticationToken", "Missing Authentication Token"), "access-denied"),
    (
        "gateway without the wrapper",
        httpx.Response(403, json={"message": "Missing Authentication Token"}),
        "access-denied",
    ),
    (
        "gateway without the wrapper that tells the cause",
        httpx.Response(
            403,
            json={
                "code": "Unauthorized",
                "message": DENIED,
                "details": "The LWA secret token you provided has expired.",
            },
        ),
        "client-secret-expired",
    ),
    (
        "sandbox without a sample",
        refused(400, "InvalidInput", "Could not match input arguments"),
        "sandbox-credentials",
    ),
    (
        "a time too late",
        refused(400, "InvalidInput", "The value is not valid. Please check your input and try again."),
        "request-refused",
    ),
    (
        "an offset in a time",
        refused(400, "InvalidInput", "Invalid date/time field [lastUpdatedAfter]"),
        "request-refused",
    ),
    (
        "Seller ID",
        refused(400, "InvalidInput", "Invalid 'sellerId' and 'marketplaceId' combination provided."),
        "seller-id-wrong",
    ),
    ("not found, no order", refused(404, "NotFound", "The resource was not found."), "request-refused"),
    ("too large", refused(413, "RequestEntityTooLarge", ""), "request-refused"),
    ("a page for people", httpx.Response(400, text=PAGE), "proxy-interferes"),
    ("a proxy that wants a log-in", httpx.Response(407, text=PAGE), "proxy-interferes"),
    ("a firewall's page", httpx.Response(403, text=PAGE), "proxy-interferes"),
]


@pytest.mark.parametrize(
    ("status", "error", "description", "name"), [row[1:] for row in LWA_ROWS], ids=[row[0] for row in LWA_ROWS]
)
def test_lwas_refusal_has_a_name(status: int, error: str, description: str, name: str) -> None:
    with bench(lwa=[lwa_refused(status, error, description)]) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert caught.value.name.value == name
    assert (caught.value.facts["status"], caught.value.facts["code"]) == (status, error)


@pytest.mark.parametrize(("answer", "name"), [row[1:] for row in API_ROWS], ids=[row[0] for row in API_ROWS])
def test_a_refusal_of_the_api_has_a_name(answer: httpx.Response, name: str) -> None:
    # A token that is refused is renewed once, so that answer is asked for twice.
    answers = [answer] * (2 if is_expired_token(answer.status_code, answer.content) else 1)
    with bench(*answers) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert (caught.value.name.value, caught.value.facts["status"]) == (name, answer.status_code)


@pytest.mark.parametrize(
    "message",
    [
        "All parameters must match the original request except maxResultsPerPage.",
        "We could not decode your NextToken",
        "Error: we COULD NOT DECODE your nextToken, sorry",
    ],
)
def test_a_page_token_that_is_dead_is_a_turn_of_events_and_no_problem(message: str) -> None:
    with bench(refused(400, "InvalidInput", message)) as made, pytest.raises(DeadPageToken):
        search_orders(made.link, {"createdAfter": "2026-11-01T00:00:00Z"}, "token")


def test_only_a_400_can_say_that_a_page_token_is_dead() -> None:
    body = refused(400, "InvalidInput", "We could not decode your NextToken").content
    assert is_dead_page_token(400, body)
    assert not is_dead_page_token(403, body)
    assert not is_dead_page_token(400, b"<html>we could not decode your NextToken</html>")


def test_an_order_that_amazon_does_not_know_is_named_with_its_number() -> None:
    answer = refused(404, "NotFound", "The requested order was not found.")
    with bench(answer) as made, pytest.raises(Problem) as caught:
        get_order(made.link, "302-0000000-0000000")
    assert caught.value.name.value == "order-not-found"
    assert caught.value.summary == "The order 302-0000000-0000000 is not known to Amazon."


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, headers={"server": "nginx"}),
        httpx.Response(404, text=PAGE),
        httpx.Response(404, json={"message": "no Route matched with those values"}),
        httpx.Response(404, json={"errors": []}),
    ],
    ids=["empty", "page", "another gateway", "no error"],
)
def test_a_404_that_is_not_amazons_own_says_nothing_of_the_order(answer: httpx.Response) -> None:
    with bench(answer) as made, pytest.raises(AnswerUnknown) as caught:
        get_order(made.link, "302-0000000-0000000")
    assert caught.value.exit_code is Exit.TRY_AGAIN


def test_a_bare_refusal_names_the_role_that_would_open_the_call_and_the_request_id() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return refused(403, "Unauthorized", DENIED, x_amzn_RequestId="abc-123")

    with bench(refuse, refuse, refuse) as made:
        for call, role in (
            (lambda: get_order(made.link, "302-0000000-0000000"), "Inventory and Order Tracking"),
            (lambda: get_marketplace_participations(made.link), "Product Listing"),
            (lambda: prove_seller_id(made.link, "A1234567890123", "A1PA6795UKMFR9"), "Product Listing"),
        ):
            with pytest.raises(Problem) as caught:
                call()
            assert caught.value.name.value == "access-denied"
            assert role in caught.value.next_step
            assert "abc-123" in caught.value.next_step


def test_what_the_caller_knows_of_the_store_is_added_to_every_problem() -> None:
    facts = {"page": "https://sellercentral.test/apps", "store_option": " --store my-shop"}
    with bench(lwa=[lwa_refused(401, "invalid_client")], facts=facts) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert caught.value.next_step == (
        "At https://sellercentral.test/apps choose View under LWA credentials and copy both values. "
        "If the secret has expired, choose Rotate secret there first. "
        "Then give them with `amzlink connect --store my-shop --renew`."
    )


class TestPagesForPeople:
    def test_it_is_none_of_amazons_successes(self) -> None:
        with bench(httpx.Response(200, text=PAGE)) as made, pytest.raises(Problem, match="proxy-interferes"):
            made.ask()

    def test_it_is_no_token(self) -> None:
        with bench(lwa=[httpx.Response(200, text=PAGE)]) as made, pytest.raises(Problem, match="proxy-interferes"):
            made.ask()


class TestParseErrors:
    @pytest.mark.parametrize(
        "document",
        [
            {"errors": [{"code": "C", "message": "m", "details": None}]},
            {"errors": [{"code": "C", "message": "m"}, {"code": "D"}]},
            {"errors": [{"code": "C", "message": "m", "details": {"not": "a text"}}]},
            {"code": "C", "message": "m"},
            {"errors": None, "code": "C", "message": "m"},
        ],
    )
    def test_code_and_message_are_found_whatever_stands_around_them(self, document: object) -> None:
        error = parse_errors(json.dumps(document).encode())
        assert (error.code, error.message) == ("C", "m")

    @pytest.mark.parametrize("document", [{}, [], None, "text", 5, {"errors": []}, {"errors": [None]}, {"errors": {}}])
    def test_an_answer_without_an_error_gives_an_empty_one(self, document: object) -> None:
        error = parse_errors(json.dumps(document).encode())
        assert (error.code, error.message, error.details) == ("", "", None)

    def test_a_message_that_is_missing_takes_nothing_from_the_rest(self) -> None:
        body = b'{"errors": [{"code": "Unauthorized", "message": null, "details": "not valid for region"}]}'
        assert spapi_failure(403, body, "searchOrders", "role", "").name.value == "region-mismatch"


NO_TEXT = b'{"error": "invalid_client\xff", "errors": [{"code": "Unauthorized\xff"}]}'


@pytest.mark.parametrize("body", [NO_TEXT, b"\xff\xfe", b""])
def test_a_refusal_without_words_is_no_refusal(body: bytes) -> None:
    refusal = httpx.Response(403, content=body)
    with bench(refusal) as made, pytest.raises(AnswerUnknown, match="response-malformed"):
        made.ask()
    with bench(lwa=[refusal]) as made, pytest.raises(Problem, match="response-malformed"):
        made.ask()


@settings(deadline=None)
@given(status=st.integers(300, 499), body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_refusal_holds_it_becomes_a_problem_that_can_be_shown(status: int, body: bytes) -> None:
    for problem in (
        spapi_failure(status, body, "searchOrders", "role", "abc-123"),
        lwa_failure(status, body, "abc-123"),
    ):
        assert problem.name in CATALOGUE
        assert problem.summary
        assert problem.next_step
    is_dead_page_token(status, body)
    is_expired_token(status, body)


@settings(deadline=None)
@given(
    error=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["errors", "code", "message", "details"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_an_error_of_any_shape_can_be_read(error: object) -> None:
    body = json.dumps(error).encode()
    found = parse_errors(body)
    assert isinstance(found.code, str)
    assert isinstance(found.message, str)
    assert spapi_failure(400, body, "searchOrders", "role", "").name in CATALOGUE
