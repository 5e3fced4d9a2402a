"""A store whose parcels are confirmed to Amazon, and what Amazon, by its own count, has of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from amzlink.core.shipments.confirmation import State
from amzlink.core.shipments.plan import LOWEST_REFERENCE
from amzlink.jobs.push_status import PushOptions, PushReport, push_status
from amzlink.orderbook.shipments.outbox import Outgoing, in_state
from amzlink.sandbox.order_plan import Trait
from tests.support.destination import NONE, SENDCLOUD_PATHS, Deadly, Destination, DiedError
from tests.support.world import SLUG, InProcess

HEADER = "order_id,carrier,tracking_number,ship_date,service,status,order_item_id,quantity,transparency_codes"


class Pushing(Destination):
    """Orders at Sendcloud, parcels, and push-status."""

    def __init__(self, folder: Path, *, orders: int = NONE, **settings: Any) -> None:
        super().__init__(folder, orders=orders, **{"update_status_when": "announced", **settings})

    def sell(self, count: int = 1, *, lines: Sequence[int] | None = None, codes: bool = False) -> list[str]:
        """New orders that are at Sendcloud; `lines` are the quantities of one line after the other."""
        wanted = lines or [1]
        found: list[str] = []
        while len(found) < count:
            for order_id in self.add(count - len(found)):
                order = self.order(order_id)
                several = len(order.body["orderItems"])
                if several >= len(wanted) and (Trait.TRANSPARENCY in order.traits) is codes:
                    self.alter(order_id, lambda body: _cut(body, wanted))
                    found.append(order_id)
                else:
                    self.change(order_id, "cancel")
        report = self.run()
        assert report.problem is None, report.problem
        assert all(self.sent()[order_id] == "yes" for order_id in found)
        return found

    def sell_one(self, *quantities: int, codes: bool = False) -> str:
        """A new order with these quantities, that is at Sendcloud."""
        (order_id,) = self.sell(1, lines=quantities or (1,), codes=codes)
        return order_id

    def items(self, order_id: str) -> list[str]:
        """The ids of an order's lines."""
        return [item["orderItemId"] for item in self.order(order_id).body["orderItems"]]

    def push(self, *, minutes: int = 15, **options: Any) -> PushReport:
        """push-status, some time after what was done last."""
        self.world.clock.advance(minutes * 60)
        return push_status(self.world.deps, [SLUG], PushOptions(**options))[0]

    def push_feed_without_answer(self) -> PushReport:
        """push-status by a feed, of which Amazon's answer is lost."""
        self.switch("feed-lost-answer")
        report = self.push(route="feed")
        self.switch(off=["feed-lost-answer"])
        return report

    def push_file(self, *rows: str, header: str = HEADER, name: str = "parcels.csv", **options: Any) -> PushReport:
        """push-status from a file with these rows."""
        file = self.folder / name
        file.write_text("\n".join((header, *rows)) + "\n")
        return self.push(source=file, **options)

    def push_dying(self, *, before: int | None = None, after: int | None = None, **options: Any) -> bool:
        """A run that dies at that call to Amazon, before it is made or after it was carried out (counted from 0)."""
        deps = self.world.deps
        deps.transport = DeadlyToAmazon(self.world.transport, before=before, after=after)
        try:
            self.push(**options)
        except DiedError:
            return True
        finally:
            deps.transport = self.world.transport
        return False

    def packages(self, order_id: str) -> dict[str, dict[str, Any]]:
        """What was confirmed of an order, by the sandbox's own count, by reference; our own are counted from 1."""
        found = self.tell("/control/shipments")["shipments"]
        return {
            _count(package["reference"]): package
            for shipment in found
            if shipment["order_id"] == order_id
            for package in shipment["packages"]
        }

    def confirmed(self, order_id: str) -> dict[str, dict[str, int]]:
        """What is in each confirmed package of an order."""
        return {
            reference: {item["order_item_id"]: item["quantity"] for item in package["items"]}
            for reference, package in self.packages(order_id).items()
        }

    def numbers(self, order_id: str) -> dict[str, str | None]:
        """The tracking numbers that Amazon has."""
        return {reference: package["tracking_number"] for reference, package in self.packages(order_id).items()}

    def check_once(self, order_ids: Sequence[str]) -> None:
        """Every one of these orders is confirmed as a whole, each package once, and nothing was edited."""
        told = {entry["order_id"]: entry["packages"] for entry in self.tell("/control/shipments")["shipments"]}
        assert sorted(told) == sorted(order_ids)
        for packages in told.values():
            assert [(package["confirmed"], package["edited"]) for package in packages] == [(1, 0)] * len(packages)
        assert {self.order(order_id).status.value for order_id in order_ids} == {"SHIPPED"}

    def outbox(self, *states: State) -> list[Outgoing]:
        """The rows of the outbox in these states, or all."""
        with self.world.deps.book(SLUG) as book:
            return in_state(book, *(states or tuple(State)))

    def states(self, order_id: str) -> dict[str, str]:
        """Where each confirmation of an order stands, by reference."""
        return {
            _count(entry.confirmation.reference): entry.confirmation.state.value
            for entry in self.outbox()
            if entry.order_id == order_id
        }

    def asked(self, operation: str) -> int:
        """How often the sandbox was asked for that."""
        return int(self.tell("/control/state")["calls"].get(operation, 0))


class DeadlyToAmazon(Deadly):
    """The same at calls to Amazon, the token's and the documents' among them."""

    def _counts(self, request: httpx.Request) -> bool:
        return not request.url.path.startswith(SENDCLOUD_PATHS)


def row(order_id: str, number: str = "JJD0001", **columns: str) -> str:
    """A row of a file of shipments."""
    given = {"order_id": order_id, "carrier": "dhl_de", "tracking_number": number, "ship_date": "2026-11-23", **columns}
    return ",".join(given.get(name, "") for name in HEADER.split(","))


def messages_of(report: PushReport) -> list[tuple[str, str]]:
    """What failed: order and problem."""
    return [(entry.order_id, entry.problem.value) for entry in report.failures]


def uploads(transport: InProcess) -> list[bytes]:
    """The documents of feeds that were uploaded so far."""
    return [call.content for call in transport.calls if call.method == "PUT"]


def _count(reference: str) -> str:
    return str(int(reference) - LOWEST_REFERENCE + 1) if int(reference) >= LOWEST_REFERENCE else reference


def _cut(body: Mapping[str, Any], quantities: Sequence[int]) -> None:
    del body["orderItems"][len(quantities) :]
    for item, quantity in zip(body["orderItems"], quantities, strict=True):
        item["quantityOrdered"] = quantity
        item["fulfillment"]["quantityUnfulfilled"] = quantity
