"""Secrets and tokens go to Amazon and nowhere else: not into a problem, a log line, an address or a representation."""

import json
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote

import httpx
import pytest

from amzlink.amazon.auth import LwaAuth
from amzlink.http.retry import ATTEMPTS
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.problems import Problem
from tests.amazon.bench import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SECRETS,
    Answer,
    bench,
    denied,
    lwa_refused,
    ok,
    refused,
    throttled,
    token_answer,
    unavailable,
)
from tests.support.problems import texts_of
from tests.support.world import SLUG, VirtualClock, store_on_sandbox


def echo(request: httpx.Request) -> httpx.Response:
    """A proxy's page that shows the request, as some do: headers and body."""
    shown = "".join(f"{name}: {value}\n" for name, value in request.headers.items()) + request.content.decode()
    return httpx.Response(403, text=f"<html><pre>{shown}</pre></html>")


def echo_as_error(request: httpx.Request) -> httpx.Response:
    """A service that quotes the token it refuses."""
    return refused(403, "Unauthorized", "no", f"The token {request.headers.get('x-amz-access-token')} is no good")


def echo_as_lwa_error(request: httpx.Request) -> httpx.Response:
    return lwa_refused(400, "invalid_grant", f"The request was {request.content.decode()}")


def raise_with_request(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset by peer", request=request)


WAYS_TO_FAIL: dict[str, tuple[list[Answer], list[Answer]]] = {
    "page of a proxy": ([echo], []),
    "page of a proxy before LWA": ([], [echo]),
    "error that quotes the token": ([echo_as_error], []),
    "LWA quotes the form": ([], [echo_as_lwa_error]),
    "access token rejected": ([denied("The access token you provided has expired.")] * 2, []),
    "redirect": ([httpx.Response(302, headers={"location": "https://elsewhere.test"})], []),
    "disturbed": ([unavailable()] * ATTEMPTS, []),
    "throttled": ([throttled(Retry_After="99999")], []),
    "network": ([raise_with_request] * ATTEMPTS, []),
    "network before LWA": ([], [raise_with_request] * ATTEMPTS),
    "token answer cut off": ([], [httpx.Response(200, content=token_answer().content[:60])]),
    "token answer with another shape": ([], [token_answer(expires_in={"token": ACCESS_TOKEN})]),
    "token that no header can hold": ([], [token_answer(access_token=f"{ACCESS_TOKEN}\nX-Evil: 1")]),
    "token of other letters": ([], [token_answer(access_token=f"{ACCESS_TOKEN}é€")]),
    "token that is empty": ([], [token_answer(access_token="")]),
    "token answer that is no text": ([], [httpx.Response(200, content=b'{"access_token": "Atza|\xff"}')]),
}


@pytest.mark.parametrize(("answers", "lwa"), WAYS_TO_FAIL.values(), ids=WAYS_TO_FAIL.keys())
def test_no_way_to_fail_shows_a_secret(answers: list[Answer], lwa: list[Answer]) -> None:
    with bench(*answers, lwa=lwa, facts={"store": "my-shop"}) as made, pytest.raises(Problem) as caught:
        made.ask()
    problem = caught.value
    shown = [
        str(problem),
        repr(problem),
        json.dumps(texts_of(problem)),
        repr(problem.facts),
        "".join(traceback.format_exception(problem)),
        repr(made.calls),
        repr(made.waits),
        repr(made.link),
        repr(made.auth),
    ]
    for text in shown:
        for secret in SECRETS:
            assert secret not in text
            assert quote(secret, safe="") not in text


@pytest.mark.parametrize(
    "answer",
    [
        token_answer(access_token=f"{ACCESS_TOKEN}\nX-Evil: 1"),
        token_answer(access_token=""),
        token_answer(access_token=None),
        token_answer(expires_in="soon"),
        httpx.Response(200, json={"error": "none"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b'{"access_token": "Atza|\xff"}'),
        httpx.Response(200, content=b""),
    ],
)
def test_an_answer_that_is_no_token_is_malformed_and_nothing_is_sent_with_it(answer: httpx.Response) -> None:
    with bench(lwa=[answer]) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert (caught.value.name.value, caught.value.facts["operation"]) == ("response-malformed", "getToken")
    assert made.amazon.requests == []


def test_the_token_travels_in_its_header_alone_and_the_secrets_in_the_form_alone() -> None:
    with bench(ok()) as made:
        made.ask(createdAfter="2026-11-01T00:00:00Z")
        (token_call,), (call,) = made.amazon.lwa_requests, made.amazon.requests
    assert (token_call.method, str(token_call.url)) == ("POST", "https://lwa.test/auth/o2/token")
    assert token_call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(token_call.content.decode(), strict_parsing=True)) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert [name for name, value in call.headers.items() if "Atz" in value] == ["x-amz-access-token"]
    assert "Atz" not in str(call.url)
    assert (call.method, call.content) == ("GET", b"")


def test_the_secrets_are_looked_up_for_each_token_and_not_kept() -> None:
    asked = []

    def look_up() -> tuple[str, str]:
        asked.append(True)
        return CLIENT_SECRET, REFRESH_TOKEN

    clock = VirtualClock()
    auth = LwaAuth("https://lwa.test", CLIENT_ID, look_up, clock)
    for _ in range(2):
        flow = auth.auth_flow(httpx.Request("GET", "https://api.test"))
        next(flow)
        assert flow.send(token_answer()).headers["x-amz-access-token"].startswith(ACCESS_TOKEN)
        clock.advance(3600)
    assert len(asked) == 2
    assert not {CLIENT_SECRET, REFRESH_TOKEN} & {value for value in vars(auth).values() if isinstance(value, str)}


@pytest.mark.parametrize("fail", [echo_as_error, raise_with_request])
def test_what_stops_patience_shows_no_secret_either(fail: Callable[[httpx.Request], httpx.Response]) -> None:
    with bench(fail, max_wait=timedelta(0)) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert not any(secret in "".join(traceback.format_exception(caught.value)) for secret in SECRETS)


@pytest.mark.parametrize(
    "fault", [None, "token-expires-mid-paging", "client-unknown", "access-token-rejected", "timeout"]
)
def test_a_run_leaves_no_secret_and_no_token_in_any_file_of_the_home(fault: str | None, tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=150, faults=(fault,) if fault else ())
    import_orders(world.deps, [SLUG], ImportOptions())
    app = world.sandbox.world.account.app
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"orders.db", "config.toml"} <= {file.name for file in files}
    assert any(file.name.startswith("amzlink-") for file in files), "the log"
    for file in files:
        content = file.read_bytes()
        for secret in (app.client_secret, app.refresh_token, "Atza|", "Atzr|"):
            assert secret.encode() not in content, file
