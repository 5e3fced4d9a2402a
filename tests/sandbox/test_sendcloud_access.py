"""Who may call Sendcloud's half, and how."""

from datetime import timedelta

import pytest

from amzlink.sandbox.messages import Request
from tests.sandbox.driver import NOON
from tests.sandbox.sendcloud_driver import INTEGRATIONS, METADATA, ORDERS, STATUSES, SendcloudDriver, basic, errors_of


def test_the_keys_tell_whose_they_are_and_which_integration_is_theirs() -> None:
    driver = SendcloudDriver()
    assert driver.get(METADATA).json() == {
        "data": {"user_id": driver.keys.user_id, "integration_id": driver.keys.integration_id}
    }


def test_the_credentials_are_of_sendclouds_look_and_the_seeds() -> None:
    credentials = SendcloudDriver(seed=7).world.account.credentials()
    assert credentials == SendcloudDriver(seed=7).world.account.credentials()
    assert credentials["sendcloud_public_key"] != SendcloudDriver(seed=8).keys.public_key
    for name in ("sendcloud_public_key", "sendcloud_secret_key"):
        assert len(credentials[name]) == 32
        assert int(credentials[name], 16)


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic x!", "Digest abc"])
def test_a_call_without_credentials_is_not_let_in(authorization: str) -> None:
    answer = SendcloudDriver().send("GET", METADATA, authorization=authorization)
    assert answer.status == 401
    assert errors_of(answer)[0]["code"] == "authentication_failed"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_wrong_keys_are_refused() -> None:
    driver = SendcloudDriver()
    keys = driver.keys
    for user, password in ((keys.public_key, "x"), ("x", keys.secret_key), (keys.secret_key, keys.public_key)):
        answer = driver.send("GET", METADATA, authorization=basic(user, password))
        assert (answer.status, errors_of(answer)[0]["code"]) == (401, "authentication_failed")


def test_with_the_oauth_switch_on_the_keys_are_refused_as_if_wrong_and_a_token_opens() -> None:
    driver = SendcloudDriver()
    path = f"integrations/{driver.keys.integration_id}"
    assert driver.control(path, {"oauth": True})["oauth"] is True
    refused = driver.get(METADATA)
    wrong = driver.send("GET", METADATA, authorization=basic("x", "y"))
    assert (refused.status, refused.body) == (401, wrong.body)
    assert driver.send("GET", METADATA, authorization=driver.bearer()).status == 200
    driver.control(path, {"oauth": False})
    assert driver.get(METADATA).status == 200


def test_a_token_is_given_for_the_keys_as_basic_and_in_the_form() -> None:
    driver = SendcloudDriver()
    keys = driver.keys
    for answer in (
        driver.ask_token(),
        driver.ask_token("", client_id=keys.public_key, client_secret=keys.secret_key),
    ):
        assert answer.status == 200
        token = answer.json()
        assert (token["token_type"], token["expires_in"]) == ("bearer", 3600)
        bearer = f"Bearer {token['access_token']}"
        assert driver.send("GET", METADATA, authorization=bearer).status == 200


def test_a_token_lives_for_an_hour() -> None:
    driver = SendcloudDriver()
    bearer = driver.bearer()
    driver.wait(3599)
    assert driver.send("GET", METADATA, authorization=bearer).status == 200
    driver.wait(1)
    answer = driver.send("GET", METADATA, authorization=bearer)
    assert (answer.status, errors_of(answer)[0]["code"]) == (401, "authentication_failed")


@pytest.mark.parametrize("scope", ["api", "read:order write:order"])
def test_a_token_opens_what_its_scopes_hold(scope: str) -> None:
    driver = SendcloudDriver()
    assert driver.send("GET", ORDERS, authorization=driver.bearer(scope=scope)).status == 200


def test_a_token_without_the_scope_of_a_call_is_forbidden_it() -> None:
    driver = SendcloudDriver()
    bearer = driver.bearer(scope="read:order")
    assert driver.send("POST", ORDERS, document=[driver.order()], authorization=bearer).status == 403
    assert driver.send("GET", INTEGRATIONS, authorization=bearer).status == 403
    assert driver.send("GET", STATUSES, authorization=bearer).status == 200, "it needs no scope"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"scope": "read:everything"}, 400, "invalid_scope"),
    ],
)
def test_a_wrong_request_for_a_token_is_told_what_is_wrong(
    form: dict[str, str | None], status: int, error: str
) -> None:
    answer = SendcloudDriver().ask_token(**form)
    assert (answer.status, answer.json()["error"]) == (status, error)


def test_wrong_keys_get_no_token() -> None:
    answer = SendcloudDriver().ask_token(basic("x", "y"))
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_the_token_endpoint_reads_forms_alone_and_takes_posts_alone() -> None:
    driver = SendcloudDriver()
    body = b'{"grant_type": "client_credentials"}'
    headers = {"authorization": driver.authorization, "content-type": "application/json"}
    assert driver.app.handle(Request("POST", "/oauth2/token", "", headers, body)).json()["error"] == "invalid_request"
    assert driver.send("GET", "/oauth2/token").status == 405


def test_the_keys_of_a_removed_integration_open_nothing() -> None:
    driver = SendcloudDriver()
    bearer = driver.bearer()
    driver.control(f"integrations/{driver.keys.integration_id}", {"remove": True})
    assert driver.get(METADATA).status == 401
    assert driver.send("GET", METADATA, authorization=bearer).status == 401
    assert driver.ask_token().status == 401


def test_what_is_served_nowhere_is_not_found_and_a_wrong_method_not_allowed() -> None:
    driver = SendcloudDriver()
    assert driver.get("/api/v3/nothing").status == 404
    assert driver.get("/api/v2/parcels").status == 404
    assert driver.send("PUT", ORDERS, document=[]).status == 405
    assert driver.get("/oauth2/other").status == 404


def test_sendclouds_time_is_the_clocks_although_amazons_is_put_ahead() -> None:
    driver = SendcloudDriver(faults=("clock-skewed",))
    assert driver.get(METADATA).headers["Date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert driver.world.now() == NOON + timedelta(minutes=20)


def test_calls_are_counted_by_operation() -> None:
    driver = SendcloudDriver()
    driver.ask_token()
    driver.get(METADATA)
    driver.send("GET", METADATA, authorization="")
    driver.post(driver.order())
    assert driver.world.count_calls() == {
        "sendcloud/OAuth2TokenExchange": 1,
        "sendcloud/user_auth_metadata": 2,
        "sendcloud/create_orders": 1,
    }


def test_integrations_are_listed_whichever_of_them_asks() -> None:
    driver = SendcloudDriver()
    rows = {row["id"]: row for row in driver.rows(INTEGRATIONS)}
    assert rows[driver.keys.integration_id]["type"] == "api"
    assert "amazon" not in {row["type"] for row in rows.values()}
    assert len(rows) == 2, "the account has another shop, too"
    added = driver.control("integrations", {"add": "amazon"})
    assert driver.get(f"{INTEGRATIONS}/{added['id']}").json()["data"]["type"] == "amazon"
    assert driver.rows(INTEGRATIONS, sort="-integration_type")[-1]["type"] == "amazon"


def test_an_integration_that_is_not_there_is_not_found() -> None:
    driver = SendcloudDriver()
    for name in ("1", "abc", "-4"):
        answer = driver.get(f"{INTEGRATIONS}/{name}")
        assert (answer.status, errors_of(answer)[0]["code"]) == (404, "not_found")


def test_an_integrations_wish_for_feedback_can_be_changed() -> None:
    driver = SendcloudDriver()
    path = f"{INTEGRATIONS}/{driver.keys.integration_id}"
    driver.wait(60)
    assert driver.send("PATCH", path, document={"feedback_type": "eager"}).status == 204
    row = driver.get(path).json()["data"]
    assert (row["feedback_type"], row["updated_at"]) == ("eager", "2026-11-23T12:01:00.000000Z")
    assert driver.send("PATCH", path, document={"feedback_type": "often"}).status == 400
    assert driver.send("PATCH", path, document={"webhook_active": True}).status == 400
    document = {"webhook_active": True, "webhook_url": "https://shop.example/hook"}
    assert driver.send("PATCH", path, document=document).status == 204
