"""The keys go to Sendcloud as they are, or by way of OAuth2, and nowhere else."""

import base64
import json
import traceback
from collections.abc import Sequence
from urllib.parse import parse_qs

import httpx
import pytest

from amzlink.http.retry import ATTEMPTS
from amzlink.problems import Problem
from tests.sendcloud.bench import (
    ACCOUNT,
    PUBLIC_KEY,
    SECRET_KEY,
    TOKEN,
    Answer,
    bench,
    ok,
    page_for_people,
    refused,
    token_answer,
    token_refused,
    unknown_keys,
)
from tests.support.problems import texts_of

BASIC = "Basic " + base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()


def signatures(requests: Sequence[httpx.Request]) -> list[str]:
    return [request.headers["authorization"] for request in requests]


class TestTheWay:
    def test_the_keys_go_as_they_are_first(self) -> None:
        with bench(ok()) as made:
            made.ask()
            assert signatures(made.sent) == [BASIC]
            assert not made.client.uses_oauth

    def test_where_they_are_refused_so_and_good_for_a_token_oauth_is_the_way_from_then_on(self) -> None:
        with bench(unknown_keys(), ok(), ok(), tokens=[token_answer()]) as made:
            made.ask()
            made.ask()
            assert signatures(made.sent) == [BASIC, f"Bearer {TOKEN}1", f"Bearer {TOKEN}1"]
            assert made.client.uses_oauth

    def test_the_token_is_asked_for_with_the_same_keys_at_the_accounts_host(self) -> None:
        with bench(unknown_keys(), ok(), tokens=[token_answer()]) as made:
            made.ask()
            (asked,) = made.sendcloud.token_requests
        assert (asked.method, str(asked.url)) == ("POST", f"{ACCOUNT}/oauth2/token")
        assert asked.headers["authorization"] == BASIC
        assert parse_qs(asked.content.decode()) == {"grant_type": ["client_credentials"]}
        assert made.client.calls["sendcloud/OAuth2TokenExchange"] == 1

    def test_a_token_is_renewed_before_its_hour_is_over(self) -> None:
        with bench(unknown_keys(), ok(), ok(), ok(), tokens=[token_answer(1), token_answer(2)]) as made:
            made.ask()
            made.clock.advance(3520)
            made.ask()
            made.ask()
            assert signatures(made.sent)[1:] == [f"Bearer {TOKEN}{number}" for number in (1, 2, 2)]

    def test_a_token_that_is_no_longer_taken_is_renewed_once(self) -> None:
        expired = refused(401, "authentication_failed")
        with bench(unknown_keys(), ok(), expired, ok(), tokens=[token_answer(1), token_answer(2)]) as made:
            made.ask()
            made.ask()
            assert signatures(made.sent)[2:] == [f"Bearer {TOKEN}1", f"Bearer {TOKEN}2"]

    def test_keys_that_are_good_for_no_token_either_are_wrong(self) -> None:
        with bench(unknown_keys(), tokens=[token_refused()]) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.name.value == "sendcloud-credentials"

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_so_they_are_whatever_the_token_endpoints_refusal_looks_like(self, status: int) -> None:
        with bench(unknown_keys(), tokens=[token_refused(status)]) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.name.value == "sendcloud-credentials"

    def test_where_a_token_opens_nothing_the_switch_is_named(self) -> None:
        with bench(unknown_keys(), unknown_keys(), tokens=[token_answer()]) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.name.value == "sendcloud-oauth-only"

    def test_a_page_with_status_401_is_no_word_about_the_keys(self) -> None:
        with bench(page_for_people(401)) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.name.value == "proxy-interferes"

    @pytest.mark.parametrize(
        ("answers", "name"),
        [
            ([httpx.Response(503)] * ATTEMPTS, "service-unavailable"),
            ([httpx.ConnectError("refused")] * ATTEMPTS, "connect-refused"),
            ([page_for_people()], "proxy-interferes"),
            ([httpx.Response(302, headers={"location": "https://elsewhere.test"})], "proxy-interferes"),
            ([httpx.Response(200, content=b'{"access_token')], "response-malformed"),
            ([token_answer(access_token=f"{TOKEN}\nX-Evil: 1")], "response-malformed"),
        ],
    )
    def test_where_the_token_endpoint_tells_nothing_the_keys_are_not_blamed(
        self, answers: list[Answer], name: str
    ) -> None:
        with bench(unknown_keys(), tokens=answers) as made, pytest.raises(Problem) as caught:
            made.ask()
        assert caught.value.name.value == name

    def test_a_disturbed_token_endpoint_is_asked_again(self) -> None:
        with bench(unknown_keys(), ok(), tokens=[httpx.Response(500), token_answer()]) as made:
            made.ask()
        assert made.clock.slept == [1.0]


def echo(request: httpx.Request) -> httpx.Response:
    """A service that quotes what it was asked, headers and all."""
    shown = {"errors": [{"status": "400", "code": request.headers["authorization"], "detail": str(request.headers)}]}
    return httpx.Response(400, json=shown)


@pytest.mark.parametrize(
    ("answers", "tokens"),
    [
        ([echo], []),
        ([unknown_keys()], [echo]),
        ([unknown_keys(), echo], [token_answer()]),
        ([unknown_keys()], [token_answer(expires_in={"token": TOKEN})]),
        ([httpx.ConnectError(f"https://{PUBLIC_KEY}:{SECRET_KEY}@panel.test")] * ATTEMPTS, []),
    ],
)
def test_no_way_to_fail_shows_a_key_or_a_token(answers: list[Answer], tokens: list[Answer]) -> None:
    with bench(*answers, tokens=tokens, facts={"store": "my-shop"}) as made, pytest.raises(Problem) as caught:
        made.ask()
    problem = caught.value
    shown = json.dumps([texts_of(problem), str(problem), {k: str(v) for k, v in problem.facts.items()}])
    shown += repr(made.client) + "".join(repr(record) for record in made.calls)
    for secret in (SECRET_KEY, TOKEN, BASIC.partition(" ")[2]):
        assert secret not in shown
    assert SECRET_KEY not in "".join(str(request.url) for request in made.sent)


def test_the_trace_of_a_damaged_token_answer_holds_no_token() -> None:
    cut = httpx.Response(200, content=token_answer().content[:60])
    with bench(unknown_keys(), tokens=[cut]) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
