import json
from datetime import timedelta

import pytest

from tests.sandbox.driver import FORM, PARTICIPATIONS_PATH, Driver, error_of

JSON = {"content-type": "application/json; charset=utf-8"}


def test_right_credentials_get_an_access_token_for_an_hour() -> None:
    driver = Driver()
    answer = driver.ask_lwa()
    body = answer.json()
    assert answer.status == 200
    assert body["access_token"].startswith("Atza|")
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["refresh_token"] == driver.world.account.app.refresh_token


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "amzn1.oa2-cs.v1.0"}, 401, "invalid_client"),
        ({"client_id": "amzn1.sp.solution.0"}, 401, "invalid_client"),
        ({"refresh_token": "Atzr|cut"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "invalid_scope"),
        ({"grant_type": "authorization_code"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_told_apart(changes: dict[str, str | None], status: int, error: str) -> None:
    answer = Driver().ask_lwa(**changes)
    assert (answer.status, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_token_is_asked_for_by_post_alone() -> None:
    answer = Driver().send("GET", "/auth/o2/token", headers=FORM)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_a_refresh_token_of_another_app_is_unauthorized() -> None:
    driver = Driver()
    answer = driver.ask_lwa(refresh_token=driver.world.account.other_app.refresh_token)
    assert (answer.status, answer.json()["error"]) == (400, "unauthorized_client")


def test_a_body_that_is_neither_form_nor_json_is_not_read() -> None:
    driver = Driver()
    body = b"grant_type=refresh_token"
    answer = driver.send("POST", "/auth/o2/token", body=body, headers={"content-type": "text/plain"})
    assert answer.json()["error_description"].endswith("grant_type")
    for body in (b"{", b"[]", b'{"grant_type":1}'):
        answer = driver.send("POST", "/auth/o2/token", body=body, headers=JSON)
        assert (answer.status, answer.json()["error_description"][-10:]) == (400, "grant_type")


def test_what_amazons_own_client_for_java_sends_as_json_is_read() -> None:
    driver = Driver()
    app = driver.world.account.app
    sent = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    sent |= {"client_id": app.client_id, "client_secret": app.client_secret}
    assert driver.send("POST", "/auth/o2/token", body=json.dumps(sent).encode(), headers=JSON).status == 200


def test_a_form_with_a_charset_is_read() -> None:
    driver = Driver()
    headers = {"content-type": FORM["content-type"] + ";charset=UTF-8"}
    answer = driver.send("POST", "/auth/o2/token", body=b"grant_type=refresh_token", headers=headers)
    assert answer.json()["error_description"].endswith("refresh_token")


def test_a_token_opens_the_api_until_it_expires() -> None:
    driver = Driver()
    driver.token = driver.ask_lwa().json()["access_token"]
    driver.world.clock.advance(timedelta(seconds=3599))
    assert driver.get(PARTICIPATIONS_PATH).status == 200
    driver.world.clock.advance(timedelta(seconds=1))
    answer = driver.get(PARTICIPATIONS_PATH)
    assert (answer.status, error_of(answer)["details"]) == (403, "The access token you provided has expired.")


@pytest.mark.parametrize(
    ("token", "details"),
    [
        ("", "Access token is missing in the request header."),
        ("Atza|made-up", "The access token you provided is revoked, malformed or invalid."),
    ],
)
def test_a_call_without_a_good_token_is_denied_with_the_reason(token: str, details: str) -> None:
    driver = Driver()
    driver.token = token
    answer = driver.get(PARTICIPATIONS_PATH)
    expected = {"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": details}
    assert (answer.status, error_of(answer)) == (403, expected)
