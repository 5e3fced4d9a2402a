"""Sendcloud's half on a real port, moved as the documentation shows."""

import http.client
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from amzlink.sandbox.server import Sandbox
from tests.sandbox.driver import StoppedClock
from tests.sandbox.sendcloud_driver import ORDERS, SHIPMENTS, SendcloudDriver, basic

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
SHOWN = re.compile(r"^ {4}curl -d '(\{.*\})' CONTROL(/sendcloud/\S+)$", re.MULTILINE)


class Wire:
    """Sendcloud's half at the end of a socket."""

    def __init__(self, sandbox: Sandbox) -> None:
        told = sandbox.describe()
        keys = told["credentials"]
        self._connection = http.client.HTTPConnection(urlsplit(told["sendcloud_url"]).netloc, timeout=60)
        self._headers = {
            "Authorization": basic(keys["sendcloud_public_key"], keys["sendcloud_secret_key"]),
            "Content-Type": "application/json",
        }

    def call(self, method: str, path: str, body: str | None = None) -> Any:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return json.loads(text) if text else None

    def close(self) -> None:
        self._connection.close()


def test_the_calls_that_the_documentation_shows_announce_scan_and_deliver() -> None:
    shown = SHOWN.findall(PAGE.read_text("utf-8"))
    assert [json.loads(body)["action"] for body, _ in shown] == ["announce", "scan", "deliver"]
    with Sandbox(orders=1, quota="off", clock=StoppedClock()) as sandbox:
        wire = Wire(sandbox)
        wire.call("POST", ORDERS, json.dumps([SendcloudDriver().order(number) for number in range(2)]))
        wire.call("POST", "/control/clock", '{"advance": 2}')
        codes = []
        for body, path in shown:
            wire.call("POST", f"/control{path}", body)
            codes.append({row["parcels"][0]["status"]["code"] for row in wire.call("GET", SHIPMENTS)["data"]})
        key = wire.call("GET", ORDERS)["data"][0]["id"]
        assert wire.call("DELETE", f"{ORDERS}/{key}") is None
        wire.close()
    assert codes == [{"READY_TO_SEND"}, {"TO_SORTING"}, {"DELIVERED"}]


def test_a_call_that_hangs_ends_when_the_sandbox_stops() -> None:
    sandbox = Sandbox(orders=1, faults=["sendcloud-hang"])
    sandbox.start()
    connection = http.client.HTTPConnection(urlsplit(sandbox.describe()["sendcloud_url"]).netloc, timeout=60)
    connection.request("GET", ORDERS)
    while not sandbox.world.count_calls():
        time.sleep(0.01)
    sandbox.stop()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()
