"""A day of two machines that share many stores, with faults at random and a machine killed every hour.

Every order is imported once, sent once, confirmed once and deleted on time, and no call is one too many for a quota.
"""

import random
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from amzlink.problems import Exit
from amzlink.sandbox.order_plan import Story
from amzlink.sandbox.world import World
from tests.support.fleet import Ended, Fleet, SharedBook, Started, fleet

pytestmark = pytest.mark.needs_postgres
HOUR: Final = timedelta(hours=1)
IMPORT, PUSH, PURGE = "import-orders", "push-status", "purge-pii"
OPTIONS: Final = {IMPORT: ("--jobs", "4"), PUSH: (), PURGE: ("--yes",)}
PURGE_AT: Final = 4  # hours after the day's beginning
MOST_SECONDS_ALIVE: Final = 1.5  # of a run that is killed
# Such an order goes to Sendcloud again when it is whole; and what had no answer is written again under the same id,
# which makes no second order of it.
WRITTEN_AGAIN: Final = ("orders-incomplete", "sendcloud-lost-answer", "sendcloud-malformed")
# What may strike a store for an hour. None of them makes Amazon refuse a call as one too many.
FAULTS: Final = (
    "service-unavailable", "service-unavailable-once", "server-error", "lwa-down", "response-truncated",
    "page-repeats-order", "page-token-dies", "token-expires-mid-paging", "proxy-502", "order-damaged-missing-comma",
    "confirm-lost-answer", "authorisation-revoked", "client-secret-expired", "sendcloud-broken-once",
    "sendcloud-busy-once", "sendcloud-broken", *WRITTEN_AGAIN,
)  # fmt: skip
WELL_ENDED: Final = {Exit.DONE, Exit.PARTLY, Exit.TRY_AGAIN, Exit.NOT_ALLOWED, Exit.REFUSED, -signal.SIGKILL}


class Day:
    """What happens in the stores of a fleet, and what its machines do about it."""

    def __init__(self, at: Fleet, seed: int) -> None:
        self.fleet, self.book = at, at.book
        self._chance = random.Random(seed)
        self._struck: dict[str, str] = {}
        self.may_write_again: set[str] = set()
        self.ended: list[Ended] = []
        self.old: dict[str, list[str]] = {}
        self.killed = 0

    # What happens

    def deliver_orders_long_ago(self) -> None:
        """One order of each store was delivered almost 30 days before the day begins."""
        for slug, world in self.fleet.stores.items():
            self.old[slug] = world.add_orders(1, country="DE", kinds=[])
        for action in ("announce", "scan", "deliver"):
            self._pass(HOUR)
            self._run_all(IMPORT)
            for world in self.fleet.stores.values():
                self._move(world, action, "all")
            self._run_all(PUSH)
        self._pass(timedelta(days=29, hours=21))

    def play(self) -> None:
        """The day: the jobs run every two hours, and every hour a machine dies in one of them."""
        for hour in range(0, 24, 2):
            self._pass(2 * HOUR)
            self._let_things_happen()
            self._run_all(IMPORT, kill=True)
            self._run_all(PUSH, kill=True)
            if hour == PURGE_AT:
                self._run_all(PURGE)

    def come_to_rest(self) -> None:
        """The day is over: no more faults, and the runs of some hours."""
        for slug, fault in self._struck.items():
            self.fleet.stores[slug].faults.switch(off=[fault])
        for _ in range(3):
            self._pass(HOUR)
            self._run_all(IMPORT)
            self._run_all(PUSH)
        self._run_all(PURGE)

    def _let_things_happen(self) -> None:
        for slug, world in self.fleet.stores.items():
            with world.lock:
                if struck := self._struck.pop(slug, None):
                    world.faults.switch(off=[struck])
                elif self._chance.random() < 0.1:
                    self._struck[slug] = self._chance.choice(FAULTS)
                    if self._struck[slug] in WRITTEN_AGAIN:
                        self.may_write_again.add(slug)
                    world.faults.switch(on=[self._struck[slug]])
                if self._chance.random() < 0.4:
                    world.add_orders(self._chance.randrange(1, 3), country="DE", kinds=[])
                if self._chance.random() < 0.05 and (open_orders := world.shippable()):
                    self.fleet.mall.tell(world, f"/orders/{self._chance.choice(open_orders)}", {"action": "cancel"})
                if self._chance.random() < 0.5:
                    self._move(world, "announce", "all")
                if self._chance.random() < 0.5:
                    self._move(world, "scan", "all")

    def _move(self, world: World, action: str, which: str) -> None:
        of = "orders" if action == "announce" else "parcels"
        self.fleet.mall.tell(world, "/sendcloud/parcels", {"action": action, of: which})

    def _pass(self, some_time: timedelta) -> None:
        self.fleet.pass_time(some_time)

    # What the machines do

    def _run_all(self, job: str, *, kill: bool = False) -> None:
        """The same job on all machines at once, as their timers start it."""
        words = (job, "--all-stores", *OPTIONS[job])
        started = [machine.start(*words) for machine in self.fleet.machines]
        if kill:
            self._kill(self._chance.choice(started))
        self.ended += [each.end() for each in started]

    def _kill(self, victim: Started) -> None:
        time.sleep(self._chance.uniform(0.2, MOST_SECONDS_ALIVE))
        victim.process.signal(signal.SIGKILL)
        self.killed += 1


def check(day: Day) -> None:
    """What was promised."""
    told = [each for each in day.ended if each.code not in WELL_ENDED]
    assert told == []
    assert day.fleet.mall.throttled == {}
    booked = day.book.rows("SELECT store, order_id FROM orders")
    assert len(booked) == len(set(booked))
    for slug, world in day.fleet.stores.items():
        check_store(day, slug, world, {order_id for store, order_id in booked if store == slug})
    assert day.book.rows("SELECT store, job FROM leases WHERE expires_at > extract(epoch FROM now()) * 1000") == []


def check_store(day: Day, slug: str, world: World, booked: set[str]) -> None:
    """Imported once, sent once, confirmed once, deleted on time."""
    stored = day.fleet.mall.tell(world, "/sendcloud/orders")["orders"]
    there = {order["order_id"]: order for order in stored}
    assert len(there) == len(stored), f"{slug}: an order is there twice"
    confirmed = Counter[str]()
    for shipment in day.fleet.mall.tell(world, "/shipments")["shipments"]:
        for package in shipment["packages"]:
            confirmed[shipment["order_id"]] += package["confirmed"]
    assert booked == set(world.orders), slug
    alive = {order_id for order_id, order in world.orders.items() if order.status is not Story.CANCELLED}
    assert alive <= there.keys(), slug
    again = {order_id: order["writes"] for order_id, order in there.items() if order["writes"] != 1}
    assert again == {} or slug in day.may_write_again, slug
    labelled = {order_id for order_id, order in there.items() if order["parcels"]}
    assert confirmed == dict.fromkeys(labelled & alive, 1), slug
    kept = {order_id for (order_id,) in day.book.rows("SELECT order_id FROM sealed WHERE store = %s", slug)}
    assert kept.isdisjoint(day.old[slug]), slug
    assert alive - set(day.old[slug]) <= kept, slug


def play_a_day(folder: Path, book: SharedBook, *, stores: int, seed: int) -> Day:
    with fleet(folder, book, stores=stores) as at:
        day = Day(at, seed)
        day.deliver_orders_long_ago()
        day.play()
        day.come_to_rest()
        check(day)
        return day


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_machines_and_twenty_stores_lose_and_double_nothing_in_a_day(
    tmp_path: Path, shared_book: SharedBook
) -> None:
    day = play_a_day(tmp_path, shared_book, stores=20, seed=15)
    assert day.killed == 24
    assert -signal.SIGKILL in {each.code for each in day.ended}


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_machines_and_three_hundred_stores_lose_and_double_nothing_in_a_day(
    tmp_path: Path, shared_book: SharedBook
) -> None:
    play_a_day(tmp_path, shared_book, stores=300, seed=300)
