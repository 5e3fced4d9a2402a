"""The cassettes themselves: nothing stands in them that must not, and recording them again changes nothing."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

from amzlink.amazon.marketplaces import ENDPOINTS, LWA_URL
from amzlink.amazon.orders import get_order
from amzlink.sandbox.server import Sandbox
from tests.support.cassettes import (
    AMAZONS_SANDBOX,
    DOCUMENTS_URL,
    FOLDER,
    SCENES,
    SCRUBBED,
    Identity,
    Readable,
    Scrubber,
    playing,
    record,
    record_amazons_sandbox,
)
from tests.support.rows import each_row

FILES = sorted(FOLDER.glob("*.yaml"))
FORBIDDEN = {
    "an access token": r"Atza\|",
    "a refresh token": r"Atzr\|",
    "a restricted data token": r"Atz\.sprdt\|",
    "any of them, percent-encoded": r"Atz[a-z.]*%7[Cc]",
    "a client secret": r"amzn1\.oa2-cs",
    "a client id": r"amzn1\.application-oa2-client",
    "an application id": r"amzn1\.sp\.solution|amzn1\.sellerapps",
    "an MWS token": r"amzn\.mws",
    "an AWS key": r"AKIA[0-9A-Z]{16}",
    "this machine": r"127\.0\.0\.1|localhost|\[::1\]",
    "a folder of this machine": r"/home/|/root/|/tmp/|/Users/",
    "a cookie": r"(?i)set-cookie",
    "a signature": r"X-Amz-Signature=(?!the-signature)",
}


def test_there_is_a_cassette_for_every_scene_and_none_without() -> None:
    assert {file.stem for file in FILES} - {AMAZONS_SANDBOX} == set(SCENES)


@each_row("file", FILES)
class TestEachFile:
    def test_it_holds_nothing_that_must_not_be_there(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert {what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)} == set()

    def test_its_mail_addresses_are_amazons_relays(self, file: Path) -> None:
        domains = re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", file.read_text(encoding="utf-8"))
        assert [domain for domain in domains if not re.fullmatch(r"marketplace\.amazon\.[a-z.]+", domain)] == []

    def test_every_request_goes_to_amazons_real_hosts_and_carries_scrubbed_values(self, file: Path) -> None:
        tape = Readable.deserialize(file.read_text(encoding="utf-8"))
        assert tape["interactions"]
        for interaction in tape["interactions"]:
            request = interaction["request"]
            parts = urlsplit(request["uri"])
            if parts.path == "/auth/o2/token":
                assert f"{parts.scheme}://{parts.netloc}" == LWA_URL
                form = parse_qs(request["body"])
                assert form["client_secret"] == [SCRUBBED.client_secret]
                assert form["refresh_token"] == [SCRUBBED.refresh_token]
            elif parts.path.startswith("/documents/"):
                assert f"{parts.scheme}://{parts.netloc}" == DOCUMENTS_URL
                assert parse_qs(parts.query)["X-Amz-Signature"] == ["the-signature"]
                assert "x-amz-access-token" not in request["headers"]
            else:
                assert f"{parts.scheme}://{parts.netloc}" == ENDPOINTS["eu"]
                assert re.fullmatch(r"access-token-\d+", request["headers"]["x-amz-access-token"][0])

    def test_it_can_be_read_by_a_reviewer(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert "!!binary" not in text
        assert "content-encoding" not in text
        assert "\\u" not in text


@pytest.mark.parametrize("name", ["pages", "access-token-rejected", "answer-cut-off", "feed"])
def test_recording_again_gives_the_same_file(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        record(name, folder)
    assert (first / f"{name}.yaml").read_bytes() == (second / f"{name}.yaml").read_bytes()


def test_a_recording_with_somebodys_own_credentials_is_scrubbed_too(tmp_path: Path) -> None:
    with Sandbox(orders=5, seed=7) as sandbox:
        url = sandbox.describe()["spapi_url"]
        app = sandbox.world.account.app
        record_amazons_sandbox(app.client_id, app.client_secret, app.refresh_token, tmp_path, (url, url))
    text = (tmp_path / f"{AMAZONS_SANDBOX}.yaml").read_text(encoding="utf-8")
    assert f"{LWA_URL}/auth/o2/token" in text
    assert f"{ENDPOINTS['eu']}/orders/2026-01-01/orders" in text
    for secret in (app.client_id, app.client_secret, app.refresh_token, "Atz", url):
        assert secret not in text


class TestScrubber:
    WHO = Identity("amzn1.application-oa2-client.1f", "amzn1.oa2-cs.v1.2e", "Atzr|IwEB-a_1", "A1SELLER000001", ())

    def test_secrets_go_from_forms_addresses_headers_and_bodies(self) -> None:
        scrubber = Scrubber(self.WHO)
        form = (
            b"refresh_token=Atzr%7CIwEB-a_1&client_id=amzn1.application-oa2-client.1f&client_secret=amzn1.oa2-cs.v1.2e"
        )
        token_call = scrubber.request(Request("POST", "http://127.0.0.1:9/auth/o2/token", form, {"Host": "127.0.0.1"}))
        assert token_call.uri == f"{LWA_URL}/auth/o2/token"
        assert (
            token_call.body
            == b"refresh_token=the-refresh-token&client_id=the-client-id&client_secret=the-client-secret"
        )
        answer = scrubber.response(
            {
                "status": {"code": 200, "message": "OK"},
                "headers": {"Set-Cookie": ["a"], "Date": ["today"]},
                "body": {"string": b'{"access_token":"Atza|x.Y+/=-1","refresh_token":"Atzr|IwEB-a_1"}'},
            }
        )
        assert answer["headers"] == {"date": ["today"]}
        assert answer["body"]["string"] == (
            b'{\n "access_token": "access-token-1",\n "refresh_token": "the-refresh-token"\n}'
        )
        call = scrubber.request(
            Request(
                "GET", "http://127.0.0.1:9/listings/A1SELLER000001?a=b", b"", {"X-Amz-Access-Token": "Atza|x.Y+/=-1"}
            )
        )
        assert call.uri == f"{ENDPOINTS['eu']}/listings/THESELLERID?a=b"
        assert dict(call.headers) == {"x-amz-access-token": "access-token-1"}

    def test_another_token_has_another_number_and_the_same_one_the_same(self) -> None:
        scrubber = Scrubber(self.WHO)
        assert scrubber.text('"Atza|a" "Atza|b" "Atza|a"') == '"access-token-1" "access-token-2" "access-token-1"'

    def test_what_is_scrubbed_already_stays(self) -> None:
        request = Request(
            "POST", f"{LWA_URL}/auth/o2/token", b"client_id=the-client-id", {"x-amz-access-token": "access-token-4"}
        )
        once = Scrubber().request(request)
        assert Scrubber().request(once)._to_dict() == once._to_dict()
        assert once.headers["x-amz-access-token"] == "access-token-4"


class TestPlaying:
    def test_a_cassette_that_is_not_played_to_its_end_fails_its_test(self) -> None:
        with pytest.raises(AssertionError, match="pages was not played to its end"), playing("pages"):
            pass

    def test_a_request_that_was_not_recorded_fails_its_test(self) -> None:
        with pytest.raises(CannotOverwriteExistingCassetteException), playing("order-unknown") as tape:
            get_order(tape.caller.link, "302-0000000-0000000")

    def test_a_request_with_another_token_than_the_recorded_one_fails_its_test(self) -> None:
        def talk_with_another_token() -> None:
            with playing("order-unknown") as tape:
                tape.caller.link._auth._token = "access-token-2"
                tape.talk()

        with pytest.raises(CannotOverwriteExistingCassetteException):
            talk_with_another_token()
