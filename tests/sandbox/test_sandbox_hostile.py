"""What no good service sends: over a real port where it is a matter of how the bytes come."""

import gzip
import http.client
import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from amzlink.sandbox import hostile
from amzlink.sandbox.fault import HUGE_MEGABYTES
from amzlink.sandbox.messages import Response
from amzlink.sandbox.server import Sandbox
from tests.sandbox.driver import FORM, ORDERS_PATH, Driver, StoppedClock, error_of
from tests.sandbox.parcels import DOCUMENTS_PATH, XML
from tests.sandbox.sendcloud_driver import ORDERS as SENDCLOUD_ORDERS
from tests.sandbox.sendcloud_driver import SendcloudDriver
from tests.sandbox.shelf import REPORT_DOCUMENTS_PATH, make_report
from tests.support.world import store_on_sandbox

SEARCH = f"{ORDERS_PATH}?createdAfter=2026-01-01T00:00:00Z"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=20, quota="off", clock=StoppedClock()) as running:
        yield running


def connect(sandbox: Sandbox) -> tuple[http.client.HTTPConnection, dict[str, str]]:
    """A connection, and the header that opens the API."""
    told = sandbox.describe()
    connection = http.client.HTTPConnection(urlsplit(told["spapi_url"]).netloc, timeout=60)
    form = {name: told["credentials"][name] for name in ("client_id", "client_secret", "refresh_token")}
    connection.request("POST", "/auth/o2/token", urlencode({"grant_type": "refresh_token", **form}), FORM)
    token = json.load(connection.getresponse())["access_token"]
    return connection, {"x-amz-access-token": token}


def ask(sandbox: Sandbox, fault: str) -> http.client.HTTPResponse:
    """A search under a fault, whose body is still to be read."""
    connection, headers = connect(sandbox)
    sandbox.world.faults.switch(on=[fault])
    connection.request("GET", SEARCH, headers=headers)
    return connection.getresponse()


def packed(answer: Response) -> bytes:
    assert answer.delivery is not None
    return b"".join(answer.delivery.pieces())


class TestOnAPort:
    def test_a_huge_body_is_sent_whole_and_is_json(self, sandbox: Sandbox) -> None:
        sandbox.world.faults.megabytes = 3
        answer = ask(sandbox, "body-huge")
        assert answer.headers["Content-Length"] == str(3 * hostile.MEGABYTE + 13)
        assert json.load(answer) == {"orders": []}

    def test_a_client_that_reads_only_the_beginning_stops_it(self, sandbox: Sandbox) -> None:
        started = time.monotonic()
        answer = ask(sandbox, "body-huge")
        assert answer.headers["Content-Length"] == str(HUGE_MEGABYTES * hostile.MEGABYTE + 13)
        assert len(answer.read(100_000)) == 100_000
        answer.close()
        sandbox.stop()
        assert time.monotonic() - started < 30

    def test_a_bomb_unpacks_to_what_it_promises(self, sandbox: Sandbox) -> None:
        sandbox.world.faults.megabytes = 5
        answer = ask(sandbox, "body-gzip-bomb")
        body = answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(body) < 10_000
        assert json.loads(gzip.decompress(body)) == {"orders": []}
        assert len(gzip.decompress(body)) == 5 * hostile.MEGABYTE + 13

    def test_drips_come_every_two_seconds_and_stop_with_the_sandbox(self, sandbox: Sandbox) -> None:
        started = time.monotonic()
        answer = ask(sandbox, "body-drips")
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert answer.read(1) == b" "
        assert hostile.DRIP_SECONDS <= time.monotonic() - started < 30
        sandbox.stop()
        assert time.monotonic() - started < 30

    def test_a_body_ends_before_the_length_that_it_promises(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "body-ends-early")
        with pytest.raises(http.client.IncompleteRead) as caught:
            answer.read()
        assert len(caught.value.partial) > 100
        assert caught.value.expected

    def test_the_next_connection_is_served_as_ever(self, sandbox: Sandbox) -> None:
        ask(sandbox, "body-ends-early").close()
        sandbox.world.faults.switch(off=["body-ends-early"])
        connection, headers = connect(sandbox)
        connection.request("GET", SEARCH, headers=headers)
        assert len(json.load(connection.getresponse())["orders"]) == 20
        connection.close()

    def test_signed_addresses_lead_to_the_sandbox_whatever_a_client_takes_its_host_to_be(
        self, sandbox: Sandbox
    ) -> None:
        connection, headers = connect(sandbox)
        body = json.dumps({"contentType": XML})
        told = {**headers, "Content-Type": "application/json", "Host": "sellingpartnerapi-eu.amazon.com"}
        connection.request("POST", DOCUMENTS_PATH, body, told)
        url = json.load(connection.getresponse())["url"]
        assert url.startswith(sandbox.describe()["spapi_url"] + "/documents/")
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=60):
            pass
        connection.close()


class TestWithoutASocket:
    def test_a_client_gets_the_pieces_as_far_as_it_reads(self, tmp_path: Path) -> None:
        with search(tmp_path, "body-huge") as answer:
            assert answer.headers.get("Content-Encoding") is None
            assert len(next(answer.iter_bytes())) < hostile.MEGABYTE

    def test_an_early_end_is_the_transports_error(self, tmp_path: Path) -> None:
        with search(tmp_path, "body-ends-early") as answer, pytest.raises(httpx.RemoteProtocolError):
            answer.read()


@contextmanager
def search(folder: Path, fault: str) -> Iterator[httpx.Response]:
    """A search in-process under a fault, whose body is still to be read."""
    world = store_on_sandbox(folder, orders=5, faults=(fault,))
    headers = {"x-amz-access-token": world.sandbox.world.issue_token()}
    url = f"http://127.0.0.1{SEARCH}"
    with httpx.Client(transport=world.transport) as client, client.stream("GET", url, headers=headers) as answer:
        yield answer


class TestBodies:
    def test_the_size_can_be_set_and_makes_no_memory(self) -> None:
        driver = Driver(faults=("body-gzip-bomb",))
        driver.control("bodies", {"megabytes": 40})
        inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
        body = packed(driver.search())
        assert len(body) < 50_000
        assert len(inner.decompress(body)) == 40 * hostile.MEGABYTE + 13
        assert inner.eof

    @pytest.mark.parametrize("megabytes", [0, -1, 1.5, "1", True, 10**6])
    def test_a_size_that_makes_no_sense_is_refused(self, megabytes: object) -> None:
        assert Driver().post_json("/control/bodies", {"megabytes": megabytes}).status == 400

    @pytest.mark.parametrize("form", ["nested", "huge", "gzip-bomb", "drips", "ends-early"])
    def test_each_kind_comes_from_the_api_lwa_documents_or_sendcloud_alone(self, form: str) -> None:
        def is_spoilt(answer: Response) -> bool:
            return answer.delivery is not None or answer.body == hostile.NESTED

        for prefix, place in (("body-", 0), ("lwa-body-", 1), ("document-body-", 2), ("sendcloud-body-", 3)):
            driver, sendcloud = Driver(), SendcloudDriver(faults=(prefix + form,))
            report = driver.get(f"{REPORT_DOCUMENTS_PATH}/{make_report(driver)['reportDocumentId']}").json()["url"]
            driver.control("faults", {"on": [prefix + form]})
            split = urlsplit(report)
            told = [
                driver.search(),
                driver.ask_lwa(),
                driver.send("GET", split.path, split.query, headers={}),
                sendcloud.get(SENDCLOUD_ORDERS),
            ]
            assert [is_spoilt(answer) for answer in told] == [at == place for at in range(4)]

    def test_an_error_can_be_nested_as_deep(self) -> None:
        answer = Driver(faults=("refusal-nested",)).search()
        assert (answer.status, answer.body) == (400, b"[" * 100_000)


class TestValues:
    def test_a_token_can_be_said_to_live_for_ever(self) -> None:
        told = json.loads(Driver(faults=("lwa-endless-life",)).ask_lwa().body, parse_int=str)
        assert told["expires_in"] == "1" + "0" * 400
        assert told["access_token"].startswith("Atza|")

    def test_a_page_token_can_have_a_million_characters(self) -> None:
        assert len(Driver(faults=("page-token-huge",)).search().json()["pagination"]["nextToken"]) == 10**6

    @pytest.mark.parametrize("fault", ["document-url-control-characters", "document-url-huge"])
    def test_signed_addresses_can_be_no_addresses(self, fault: str) -> None:
        driver = Driver()
        report = make_report(driver)["reportDocumentId"]
        driver.control("faults", {"on": [fault]})
        down = driver.get(f"{REPORT_DOCUMENTS_PATH}/{report}").json()["url"]
        up = driver.post_json(DOCUMENTS_PATH, {"contentType": XML}).json()["url"]
        for url in (down, up):
            assert "\x00\r\n" in url if fault.endswith("characters") else len(url) > 10**6

    def test_refusals_can_bear_text_for_a_terminal(self) -> None:
        error = error_of(Driver(faults=("refusal-hostile-text",)).search())
        assert set(error.values()) == {hostile.TEXT}
        lwa = Driver(faults=("lwa-hostile-text",)).ask_lwa().json()
        assert set(lwa.values()) == {hostile.TEXT}
        (sendcloud,) = SendcloudDriver(faults=("sendcloud-hostile-text",)).get(SENDCLOUD_ORDERS).json()["errors"]
        assert sendcloud["detail"] == hostile.TEXT


class TestCurrencies:
    @pytest.mark.parametrize("currency", ["SEK", "PLN"])
    def test_sendclouds_published_list_is_kept_to_unless_the_other_reading_is_on(self, currency: str) -> None:
        driver = SendcloudDriver()
        order = driver.order()
        order["payment_details"]["total_price"]["currency"] = currency
        for item in order["order_details"]["order_items"]:
            item["total_price"]["currency"] = currency
        refused = driver.post(order)
        assert refused.status == 400
        assert {error["source"]["pointer"].rpartition("/")[2] for error in refused.json()["errors"]} == {"currency"}
        driver.world.faults.switch(on=["sendcloud-any-currency"])
        assert driver.post(order).status == 201
        order["payment_details"]["total_price"]["currency"] = "kr"
        assert driver.post(order).status == 400
