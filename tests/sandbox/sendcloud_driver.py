"""Drives Sendcloud's half of a sandbox without a socket: signs requests, and stops the clock."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from amzlink.sandbox.app import SandboxApp
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.quota import QuotaMode
from amzlink.sandbox.sendcloud.table import TOKEN_PATH
from amzlink.sandbox.world import World
from tests.sandbox.driver import FORM, StoppedClock

API = "/api/v3"
ORDERS = f"{API}/orders"
SHIPMENTS = f"{API}/shipments"
INTEGRATIONS = f"{API}/integrations"
METADATA = f"{API}/user/auth/metadata"
STATUSES = f"{API}/parcels/statuses"
SAVED_SECONDS = 2
AMAZONS_LOOK = "302-{:07d}-0000001"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class SendcloudDriver:
    """A client of Sendcloud's half with the integration's keys."""

    def __init__(self, *, seed: int = 7, quota: QuotaMode = "off", faults: tuple[str, ...] = ()) -> None:
        self.world = World(orders=1, seed=seed, quota=quota, faults=faults, clock=StoppedClock())
        self.app = SandboxApp(self.world)
        self.keys = self.world.account.sendcloud
        self.authorization = basic(self.keys.public_key, self.keys.secret_key)

    def send(
        self, method: str, path: str, query: str = "", document: object = None, *, authorization: str | None = None
    ) -> Response:
        headers = {"authorization": authorization if authorization is not None else self.authorization}
        if document is not None:
            headers["content-type"] = "application/json"
        body = b"" if document is None else json.dumps(document).encode()
        return self.app.handle(Request(method, path, query, headers, body))

    def get(self, path: str, **parameters: object) -> Response:
        return self.send("GET", path, urlencode(parameters))

    def rows(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        answer = self.get(path, **parameters)
        assert answer.status == 200, answer.body
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    def pages(self, path: str, **parameters: object) -> list[list[dict[str, Any]]]:
        """All pages, followed by the cursors of the links."""
        found = []
        while True:
            answer = self.get(path, **parameters)
            assert answer.status == 200, answer.body
            found.append(answer.json()["data"])
            cursor = cursors(answer).get("next")
            if cursor is None:
                return found
            parameters["cursor"] = cursor

    def post(self, *orders: object) -> Response:
        return self.send("POST", ORDERS, document=list(orders))

    def store(self, count: int = 1, **changes: object) -> list[str]:
        """Orders that Sendcloud has saved; their order ids."""
        orders = [self.order(number, **changes) for number in range(count)]
        for start in range(0, count, 100):
            answer = self.post(*orders[start : start + 100])
            assert answer.status == 201, answer.body
        self.wait(SAVED_SECONDS)
        return [order["order_id"] for order in orders]

    def order(self, number: int = 0, **changes: object) -> dict[str, Any]:
        """An order with two items, of three pieces and of one; a change of None leaves a field out."""
        order: dict[str, object] = {
            "order_id": AMAZONS_LOOK.format(number),
            "order_number": AMAZONS_LOOK.format(number),
            "order_details": self.details(),
            "payment_details": {
                "total_price": {"value": 10.99, "currency": "EUR"},
                "status": {"code": "paid", "message": "Paid"},
            },
            "shipping_address": {
                "name": "Ada Beispiel",
                "address_line_1": "Musterweg",
                "house_number": "4b",
                "postal_code": "50667",
                "city": "Köln",
                "country_code": "DE",
            },
        }
        return {name: value for name, value in (order | changes).items() if value is not None}

    def details(self, **changes: object) -> dict[str, Any]:
        details: dict[str, object] = {
            "integration": {"id": self.keys.integration_id},
            "status": {"code": "unshipped", "message": "Unshipped"},
            "order_created_at": "2026-11-20T10:00:00Z",
            "order_items": [self.item("11", 3, name="Kerze", sku="K-1"), self.item("12", 1, name="Docht", sku="D-1")],
        }
        return {name: value for name, value in (details | changes).items() if value is not None}

    def item(self, item_id: str, quantity: int, **changes: object) -> dict[str, Any]:
        item = {
            "item_id": item_id,
            "name": "Ding",
            "quantity": quantity,
            "unit_price": {"value": 2.5, "currency": "EUR"},
            "total_price": {"value": 2.5 * quantity, "currency": "EUR"},
            "measurement": {"weight": {"value": 250, "unit": "g"}},
        }
        return item | changes

    def ask_token(self, authorization: str | None = None, **form: str | None) -> Response:
        """A request for a token with the keys as Basic; a field of None is left out."""
        fields = {"grant_type": "client_credentials"} | form
        sent = urlencode({name: value for name, value in fields.items() if value is not None}).encode()
        headers = {**FORM, "authorization": self.authorization if authorization is None else authorization}
        return self.app.handle(Request("POST", TOKEN_PATH, "", headers, sent))

    def bearer(self, **form: str) -> str:
        return f"Bearer {self.ask_token(**form).json()['access_token']}"

    def wait(self, seconds: float) -> None:
        self.control_root("clock", {"advance": seconds})

    def control(self, path: str = "", document: object = None) -> Any:
        """A control call below `sendcloud`."""
        return self.control_root(f"sendcloud/{path}".rstrip("/"), document)

    def control_root(self, path: str, document: object = None) -> Any:
        answer = self.steer(path, document)
        assert answer.status == 200, answer.body
        return answer.json()

    def steer(self, path: str, document: object = None) -> Response:
        path, _, query = path.partition("?")
        body = b"" if document is None else json.dumps(document).encode()
        return self.app.handle(Request("GET" if document is None else "POST", f"/control/{path}", query, {}, body))

    def move(self, action: str, **more: object) -> list[dict[str, Any]]:
        """Moves parcels, and tells how they are then."""
        parcels: list[dict[str, Any]] = self.control("parcels", {"action": action, **more})["parcels"]
        return parcels

    def switch(self, *on: str, off: tuple[str, ...] = ()) -> None:
        self.control_root("faults", {"on": list(on), "off": list(off)})


def errors_of(answer: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json()["errors"]
    return found


def pointers_of(answer: Response) -> list[str]:
    return [error["source"]["pointer"] for error in errors_of(answer)]


def cursors(answer: Response) -> dict[str, str]:
    """The cursors in the links of an answer, by `next` and `prev`."""
    found = {}
    for link in answer.headers.get("Link", "").split(", "):
        if link:
            target, _, name = link.partition("; ")
            query = dict(parse_qsl(urlsplit(target.strip("<>")).query))
            found[name.removeprefix('rel="').removesuffix('"')] = query["cursor"]
    return found
