"""Many sellers behind one address, each with a world of its own: Amazon and Sendcloud as an agency meets them."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from amzlink.sandbox import control, documents, lwa
from amzlink.sandbox.access import HEADER
from amzlink.sandbox.app import SandboxApp
from amzlink.sandbox.clock import MovableClock
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.sendcloud.app import is_sendclouds
from amzlink.sandbox.server import Sandbox
from amzlink.sandbox.world import World

THROTTLED: Final = 429


class Mall(Sandbox):
    """A sandbox of many sellers. Their clock is one; `throttled` counts the calls that were one too many, by path."""

    def __init__(self, sellers: int, *, quota: Any = "real", listings: int = 10) -> None:
        self.clock = MovableClock()
        super().__init__(orders=0, listings=listings, seed=1, quota=quota, clock=self.clock)
        more = [
            World(orders=0, listings=listings, seed=seed, quota=quota, clock=self.clock)
            for seed in range(2, sellers + 1)
        ]
        self.worlds = [self.world, *more]
        self._apps = {id(world): SandboxApp(world) for world in self.worlds}
        self._by_client = {world.account.app.client_id.encode(): world for world in self.worlds}
        self._by_key = {world.account.sendcloud.public_key: world for world in self.worlds}
        self.throttled: Counter[str] = Counter()
        self.app = self

    def handle(self, request: Request) -> Response:
        """The answer of the seller whose key the request carries."""
        answer = self._apps[id(self._seller(request))].handle(request)
        if answer.status == THROTTLED:
            self.throttled[f"{request.method} {request.path}"] += 1
        return answer

    def tell(self, world: World, path: str, document: object = None) -> Any:
        """A control call of one seller's world."""
        body = b"" if document is None else json.dumps(document).encode()
        method = "GET" if document is None else "POST"
        answer = self._apps[id(world)].handle(Request(method, f"{control.ROOT}{path}", "", {}, body))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def credentials(self) -> list[Mapping[str, Any]]:
        """What each seller's store is connected with."""
        return [world.account.credentials() for world in self.worlds]

    def _seller(self, request: Request) -> World:
        headers = request.headers
        if request.path == lwa.PATH:
            return next(world for client, world in self._by_client.items() if client in request.body)
        if is_sendclouds(request.path):
            kind, _, value = headers["authorization"].partition(" ")
            assert kind == "Basic", "no seller here has the switch to OAuth2 on"
            return self._by_key[base64.b64decode(value).decode().partition(":")[0]]
        if request.path.startswith(f"{documents.ROOT}/"):
            name = request.path.removeprefix(f"{documents.ROOT}/")
            return next(world for world in self.worlds if world.documents.find(name))
        token = headers.get(HEADER, "")
        # No token is nobody's: the answer is the same refusal everywhere.
        return next((world for world in self.worlds if token in world.grants), self.world)
