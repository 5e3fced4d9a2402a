"""A store whose products' weights are looked at: what Amazon's listings say, and what a merchant does about it."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from msgspec.structs import replace

from amzlink.jobs.check_weights import Checked, CheckOptions, CheckReport, check_weights
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import BookedOrder, Filter, iterate_orders
from amzlink.sandbox.messages import Request
from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import WeightKind
from tests.support.destination import DiedError
from tests.support.world import SLUG, store_on_sandbox

LISTING_CALLS = ("searchListingsItems", "getListingsItem")
MINUTES = 60


class Dying(httpx.BaseTransport):
    """Kills the run at its n-th call, before it is made or, `carried_out`, before its answer is read."""

    def __init__(self, inner: httpx.BaseTransport, calls: int, *, carried_out: bool) -> None:
        self._inner = inner
        self._left = calls
        self._carried_out = carried_out

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._left:
            if self._carried_out:
                self._inner.handle_request(request)
            raise DiedError
        self._left -= 1
        return self._inner.handle_request(request)


class Shop:
    """The store, its sandbox, and its book."""

    def __init__(self, folder: Path, *, orders: int = 60, **settings: Any) -> None:
        self.world = store_on_sandbox(folder, orders=orders, **{"import_weights": True, **settings})
        self.amazon = self.world.sandbox.world

    def bring(self, **options: Any) -> ImportReport:
        """Import, after a time in which Amazon shows what has changed."""
        self.world.clock.advance(5 * MINUTES)
        return import_orders(self.world.deps, [SLUG], ImportOptions(**options))[0]

    def check(self, **options: Any) -> CheckReport:
        return check_weights(self.world.deps, SLUG, CheckOptions(**options))

    def die(self, calls: int, *, carried_out: bool = False, **options: Any) -> bool:
        """A check that dies at that call (counted from 0), as `Dying` says; False where it comes to its end."""
        self.world.deps.transport = Dying(self.world.transport, calls, carried_out=carried_out)
        try:
            self.check(**options)
        except DiedError:
            return True
        finally:
            self.world.deps.transport = self.world.transport
        return False

    def change(self, **settings: Any) -> None:
        """Other settings of the store."""
        config = self.world.deps.load_config()
        store = replace(config.stores[SLUG], **settings)
        self.world.deps.save_config(config.with_store(SLUG, store))

    @contextmanager
    def book(self) -> Iterator[StoreBook]:
        """The order book of the store."""
        with self.world.deps.book(SLUG) as book:
            yield book

    def order(self, order_id: str) -> BookedOrder:
        return self.orders()[order_id]

    def orders(self) -> dict[str, BookedOrder]:
        with self.book() as book:
            return {order.order_id: order for order in iterate_orders(book, Filter())}

    def product(self, kind: WeightKind, *, ordered: bool | None = None) -> Product:
        """The first product of a kind; `ordered` says whether open orders are to have it, or not to."""
        return next(
            each for each in self.amazon.catalogue.by_sku.values()
            if each.kind is kind and ordered in (None, each.sku in self.waiting())
        )  # fmt: skip

    def waiting(self) -> set[str]:
        """The SKUs of which something is left to ship, by what the sandbox knows."""
        return {
            item["product"]["sellerSku"]
            for order in self.amazon.orders.values()
            if order.fulfilled_by == "MERCHANT" and order.status in ("UNSHIPPED", "PARTIALLY_SHIPPED")
            for item in order.body["orderItems"]
            if item["fulfillment"]["quantityUnfulfilled"]
        }

    def tell(self, path: str, document: object = None) -> Any:
        """A control call of the sandbox."""
        body = b"" if document is None else json.dumps(document).encode()
        answer = self.world.sandbox.app.handle(
            Request("GET" if document is None else "POST", f"/control{path}", "", {}, body)
        )
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def weigh(self, sku: str, weight: dict[str, Any] | None, **more: Any) -> None:
        """What the listing says from now on."""
        self.tell(f"/listings/{quote(sku, safe='')}", {"weight": weight, **more})

    def remove(self, sku: str) -> None:
        self.tell(f"/listings/{quote(sku, safe='')}", {"action": "remove"})

    def patched(self, sku: str) -> dict[str, int]:
        """What Amazon answered to changes of the listing."""
        told: dict[str, int] = self.amazon.patches.said_to(sku)
        return told

    def switch(self, *on: str, off: Collection[str] = ()) -> None:
        """Faults."""
        self.amazon.faults.switch(on=list(on), off=list(off))


def looked(report: ImportReport | CheckReport) -> int:
    """How many calls were made for listings."""
    return sum(report.api_calls[name] for name in LISTING_CALLS)


def found(report: CheckReport, sku: str) -> Checked:
    """What the report says of a product."""
    return next(checked for checked in report.skus if checked.listing.sku == sku)
