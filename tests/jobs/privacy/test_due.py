"""What is due is looked for among few orders, and none is missed."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from amzlink.core.privacy.retention import Retention
from amzlink.jobs.privacy.due import due_of
from amzlink.orderbook.database import Database, Row
from amzlink.orderbook.privacy.purges import kept_orders, perhaps_due
from amzlink.orderbook.schema import ORDERS, SEALED
from tests.orderbook.samples import STORE, book_in

FIRST = datetime(2026, 6, 1, tzinfo=UTC)
POLICIES = (
    Retention(),
    Retention(days=1, unknown_delivery_days=0),
    Retention(days=7, counts_from="shipment"),
    Retention(days=30, unknown_delivery_days=60),
)


def some_moment(chance: random.Random) -> str:
    return f"{FIRST + timedelta(days=chance.randrange(180), seconds=chance.randrange(86_400)):%Y-%m-%dT%H:%M:%SZ}"


def any_order(number: int, chance: random.Random) -> Row:
    def perhaps() -> str | None:
        return some_moment(chance) if chance.random() < 0.6 else None

    delivered = perhaps()
    return {
        "store": STORE, "order_id": f"302-{number:07}-0000000", "purchased_at": some_moment(chance),
        "status": chance.choice(["UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "SHIPPED", "CANCELLED", "NEW_WORD"]),
        "changed_at": some_moment(chance), "shipped_at": perhaps(), "ship_by": perhaps(), "delivered_at": delivered,
        "delivered_by": chance.choice(["sendcloud", "amazon", "file"]) if delivered else None,
        "programs": "", "lines": 1, "units": 1, "deliverable": True, "digest": "0",
    }  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A book with orders of every kind, more than one chunk of them."""
    chance = random.Random(7)
    with book_in(tmp_path_factory.mktemp("due")) as book:
        orders = [any_order(number, chance) for number in range(800)]
        boxes = [
            {"store": STORE, "order_id": order["order_id"], "part": part, "chain_id": "c", "box": b"-",
             "lease_day": some_moment(chance)[:10]}
            for order in orders for part in chance.choice([("order",), ("parcels",), ("order", "parcels")])
        ]  # fmt: skip
        with book.writing() as connection:
            connection.execute(insert(ORDERS), orders)
            connection.execute(insert(SEALED), boxes)
        yield book


@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_what_is_looked_at_holds_all_that_is_due_and_not_everything(book: Database, policy: Retention) -> None:
    kept = [entry for chunk in kept_orders(book.of(STORE)) for entry in chunk]
    for day in range(0, 200, 14):
        today = date(2026, 6, 1) + timedelta(days=day)
        looked_at = [entry for chunk in perhaps_due(book.of(STORE), today, policy.days) for entry in chunk]
        assert [entry for entry in kept if due_of(entry, today, policy)] == [
            entry for entry in looked_at if due_of(entry, today, policy)
        ]
        assert day > 20 or len(looked_at) < len(kept) / 2


def test_many_are_looked_up_a_part_at_a_time_and_none_is_left_out(
    book: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = list(kept_orders(book.of(STORE)))
    monkeypatch.setattr("amzlink.orderbook.privacy.purges._NUMBERS", 100)
    in_parts = list(kept_orders(book.of(STORE)))
    assert [len(chunk) for chunk in in_parts] == [100] * 8 + [0] * (len(in_parts) - 8)
    assert [entry for chunk in in_parts for entry in chunk] == [entry for chunk in everything for entry in chunk]
