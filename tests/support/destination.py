"""A store whose orders go on to Sendcloud, and what a merchant, a buyer or a fault can do to them on the way."""

import json
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.orderbook.destination.outbox import DispatchRow, dispatch_rows
from amzlink.orderbook.orders.browse import Filter
from amzlink.problems import Problem
from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.order import Order
from amzlink.sandbox.order_plan import Trait
from amzlink.sandbox.server import Sandbox
from tests.support.lists import list_orders
from tests.support.sendcloud_models import check_request
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

SENDCLOUD_PATHS = ("/api/v3/", "/oauth2/")
CURRENCIES = ("EUR", "GBP", "USD")
# Orders that nothing keeps back, and whose address fits.
HELD_FOR = frozenset({
    Trait.CUSTOMISED, Trait.CANCELLATION_REQUESTED, Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON,
    Trait.STORE_PICKUP, Trait.PREORDER, Trait.LABEL_LATER, Trait.BARE_RECIPIENT,
})  # fmt: skip
NONE = 0  # orders of a sandbox that is to have no others than the test adds
_A_SETTLING = 300  # seconds after which Amazon shows what has changed


class DiedError(BaseException):
    """The process is gone: nothing of it cleans up."""


class Deadly(httpx.BaseTransport):
    """Kills the run at its n-th call to Sendcloud, before it is made or after it was carried out."""

    def __init__(self, inner: httpx.BaseTransport, *, before: int | None = None, after: int | None = None) -> None:
        self._inner = inner
        self._before, self._after = before, after
        self._count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._counts(request):
            return self._inner.handle_request(request)
        if self._count == self._before:
            raise DiedError
        answer = self._inner.handle_request(request)
        if self._count == self._after:
            raise DiedError
        self._count += 1
        return answer

    def _counts(self, request: httpx.Request) -> bool:
        return request.url.path.startswith(SENDCLOUD_PATHS)


class Destination:
    """A store on a sandbox that sends its orders on; both halves can be asked and told."""

    def __init__(self, folder: Path, *, orders: int = 120, **settings: Any) -> None:
        settings = {"destination": "sendcloud", **settings}
        self.world: StoreOnSandbox = store_on_sandbox(folder, orders=orders, **settings)
        self.folder = folder

    def run(self, *, settle: bool = True, **options: Any) -> ImportReport:
        """Import, and send on. Before that, as a rule, time passes in which Amazon shows what has changed."""
        if settle:
            self.world.clock.advance(_A_SETTLING)
        return import_orders(self.world.deps, [SLUG], ImportOptions(**options))[0]

    def send_to_sendcloud(self) -> None:
        """From now on the store's orders go there."""
        deps = self.world.deps
        config, account = deps.load_config(), self.world.sandbox.world.account.credentials()
        store = replace(
            config.stores[SLUG],
            destination="sendcloud",
            sendcloud_public_key=account["sendcloud_public_key"],
            sendcloud_integration_id=account["sendcloud_integration_id"],
        )
        deps.save_config(config.with_store(SLUG, store))

    def die(self, **moment: int) -> bool:
        """A run that dies at that call (`before` or `after` it, counted from 0); False where it was not made."""
        deps = self.world.deps
        deps.transport = Deadly(self.world.transport, **moment)
        try:
            self.run()
        except DiedError:
            return True
        finally:
            deps.transport = self.world.transport
        return False

    def add(self, count: int) -> list[str]:
        """New orders at Amazon that nothing keeps back and that Sendcloud can take."""
        found: list[str] = []
        while len(found) < count:
            for order_id in self.world.sandbox.world.add_orders(count - len(found)):
                if fits(self.order(order_id)):
                    found.append(order_id)
                else:
                    self.change(order_id, "cancel")
        return found

    def order(self, order_id: str) -> Order:
        """The order as Amazon has it."""
        return self.world.sandbox.world.orders[order_id]

    def ready(self) -> set[str]:
        """The orders that are to ship now and for Sendcloud, by what the sandbox knows of them."""
        return ready(self.world.sandbox)

    # At Amazon.

    def change(self, order_id: str, action: str) -> None:
        """What a buyer, a merchant in Seller Central or Amazon itself does to an order (sandbox `changes`)."""
        self.tell(f"/control/orders/{order_id}", {"action": action})

    def alter(self, order_id: str, edit: Callable[[Json], None]) -> None:
        """An order that says something else from now on."""
        with self.world.sandbox.world.lock:
            order = self.order(order_id)
            edit(order.body)
            order.change(self.world.clock.now())

    def move(self, order_id: str, street: str = "Neue Gasse 7") -> None:
        """The buyer lives elsewhere."""

        def edit(body: Json) -> None:
            body["recipient"]["deliveryAddress"]["addressLine1"] = street

        self.alter(order_id, edit)

    # At Sendcloud.

    def tell(self, path: str, document: object = None) -> Any:
        """A control call of the sandbox."""
        body = b"" if document is None else json.dumps(document).encode()
        method = "GET" if document is None else "POST"
        answer = self.world.sandbox.app.handle(Request(method, path, "", {}, body))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def parcels(self, action: str, *order_ids: str, **more: Any) -> list[Any]:
        """What happens to parcels of these orders (sandbox `parcel_control`)."""
        moved: list[Any] = self.tell(
            "/control/sendcloud/parcels", {"action": action, "orders": list(order_ids), **more}
        )["parcels"]
        return moved

    def refuse(self, *order_ids: str, path: str = "shipping_address/postal_code") -> None:
        """From now on Sendcloud refuses these, and no others."""
        self.tell("/control/sendcloud/refusals", {"orders": list(order_ids), "path": path})

    def switch(self, *on: str, off: Collection[str] = ()) -> None:
        """Faults."""
        self.world.sandbox.world.faults.switch(on=list(on), off=list(off))

    def stored(self) -> dict[str, Any]:
        """What Sendcloud has, by the order's id; an id that is there twice is a failure."""
        panel = self.world.sandbox.world.sendcloud
        panel.orders.settle(self.world.clock.now())
        found = [panel.orders[key] for key in panel.orders.ids]
        assert len({order.order_id for order in found}) == len(found), "an order is at Sendcloud twice"
        return {order.order_id: order.body for order in found}

    def writes(self, order_id: str) -> int:
        """How often Sendcloud accepted the order."""
        return self.world.sandbox.world.sendcloud.orders.writes[order_id]

    @property
    def posts(self) -> int:
        """How many batches Sendcloud was given."""
        return self.world.sandbox.world.sendcloud.orders.posts

    # In the book, and on the wire.

    def row(self, order_id: str) -> DispatchRow:
        """The order's row in the outbox."""
        return self.rows(order_id)[order_id]

    def warned(self, name: str) -> list[Problem]:
        """The warnings of that name so far."""
        return [problem for problem in self.world.reported.warnings if problem.name.value == name]

    def rows(self, *order_ids: str) -> dict[str, DispatchRow]:
        """The rows of these orders, as far as there are any."""
        with self.world.deps.book(SLUG) as book:
            return dispatch_rows(book, order_ids)

    def sent(self) -> dict[str, str]:
        """What `orders list` says of every order in the book."""
        return {order.order_id: order.outcome.sent for order, _ in list_orders(self.world.deps, SLUG, Filter())}

    def calls(self) -> list[httpx.Request]:
        """The calls to Sendcloud so far."""
        return [call for call in self.world.transport.calls if call.url.path.startswith(SENDCLOUD_PATHS)]

    def hold_calls(self) -> set[str]:
        """Hold every call to Sendcloud's documents; which operations there were."""
        found = set()
        for call in self.calls():
            path, _, query = call.url.raw_path.decode().partition("?")
            found.add(check_request(call.method, path, query, call.content))
        return found

    def files(self) -> bytes:
        """Everything that lies in the store's home."""
        home = self.folder / "amzlink"
        return b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())


def fits(order: Order) -> bool:
    """Whether the order, once it is to ship, is one for Sendcloud."""
    total = order.body["proceeds"]["grandTotal"]["currencyCode"]
    return order.fulfilled_by == "MERCHANT" and not order.traits & HELD_FOR and total in CURRENCIES


def ready(sandbox: Sandbox) -> set[str]:
    """The orders that are to ship now and for Sendcloud, by what a sandbox knows of them."""
    orders = sandbox.world.orders
    return {order_id for order_id, order in orders.items() if order.is_shippable and fits(order)}


def parcels_alive(at: Destination, order_id: str) -> bool:
    """Whether Sendcloud has a parcel of the order that is not cancelled."""
    found = at.tell("/control/sendcloud/parcels")["parcels"]
    return any(each["order_number"] == order_id and each["status"] != "CANCELLED" for each in found)


def refusals(report: ImportReport) -> dict[str, str]:
    """Order and problem of what did not get to Sendcloud."""
    return {entry.order_id: entry.problem.value for entry in report.sent.refused}


def problem_of(report: ImportReport) -> str | None:
    """What stopped a run."""
    return report.problem.name.value if report.problem else None


def minutes(number: float) -> float:
    """In seconds."""
    return timedelta(minutes=number).total_seconds()


def one(order_ids: Iterable[str]) -> str:
    """The first by name: any would do."""
    return min(order_ids)
