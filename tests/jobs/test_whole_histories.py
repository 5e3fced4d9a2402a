"""All jobs in any sequence, and deaths in between: no order is lost, nothing is sent or confirmed twice, and nothing is
kept too long."""

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from amzlink.clock import from_iso
from amzlink.core.privacy.retention import cancelled_by
from amzlink.jobs.orders.holds import hold_order, release_order
from amzlink.jobs.privacy.purge import PurgeOptions
from amzlink.jobs.purge_pii import purge_pii
from amzlink.sandbox.order_plan import Story
from tests.support import books
from tests.support.destination import NONE, DiedError, parcels_alive
from tests.support.histories import of_length
from tests.support.pushing import DeadlyToAmazon, Pushing
from tests.support.world import SLUG

DAYS_KEPT: Final = 30
MOST_ORDERS: Final = 6
FAULTS: Final = (
    "service-unavailable-once", "response-truncated", "page-token-dies", "confirm-lost-answer", "authorisation-revoked",
    "orders-incomplete", "sendcloud-lost-answer", "sendcloud-broken-once", "sendcloud-slow",
)  # fmt: skip
# What is told in parts is sent again when it is whole; what Sendcloud does not show in time is written again, once and
# the same.
WRITTEN_AGAIN: Final = ("orders-incomplete", "sendcloud-slow", "sendcloud-lost-answer")
which = st.integers(0, MOST_ORDERS - 1)


class Histories(RuleBasedStateMachine):
    """A shop over weeks: buyers, a merchant, carriers, services that fail, and a machine that dies."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="amzlink-test-"))
        self.at = Pushing(self.folder, orders=NONE, test=True)
        self.ids: list[str] = []
        self.delivered: dict[str, datetime] = {}
        self.touched: set[str] = set()
        self.may_write_again = False

    def teardown(self) -> None:
        try:
            if self.ids:
                self.come_to_rest()
        finally:
            shutil.rmtree(self.folder)

    # Buyers and Amazon

    @initialize()
    def begin(self) -> None:
        self.ids = self.at.add(2)
        self.at.run()

    @precondition(lambda self: len(self.ids) < MOST_ORDERS)
    @rule()
    def order(self) -> None:
        self.ids += self.at.add(1)

    @rule(index=which, action=st.sampled_from(["touch", "cancel", "request-cancellation"]))
    def change_at_amazon(self, index: int, action: str) -> None:
        order_id = self.ids[index % len(self.ids)]
        if self.at.order(order_id).status == Story.UNSHIPPED:
            self.at.change(order_id, action)

    @rule(fault=st.sampled_from(FAULTS))
    def fail(self, fault: str) -> None:
        self.at.switch(fault)
        self.may_write_again |= fault in WRITTEN_AGAIN

    @rule()
    def recover(self) -> None:
        self.at.switch(off=FAULTS)

    # The merchant and the carriers

    @rule(index=which)
    def hold(self, index: int) -> None:
        if (order_id := self.ids[index % len(self.ids)]) in self.booked():
            hold_order(self.at.world.deps, SLUG, order_id)
            self.touched.add(order_id)

    @rule(index=which)
    def release(self, index: int) -> None:
        order_id = self.ids[index % len(self.ids)]
        if order_id in self.touched and self.is_held(order_id):
            release_order(self.at.world.deps, SLUG, order_id)

    @rule(index=which, action=st.sampled_from(["announce", "announce", "scan", "deliver", "deliver"]))
    def handle_parcel(self, index: int, action: str) -> None:
        order_id = self.ids[index % len(self.ids)]
        if order_id not in self.at.stored() or parcels_alive(self.at, order_id) == (action == "announce"):
            return
        if order_id in self.delivered:
            return
        self.at.parcels(action, order_id)
        if action == "deliver":
            self.delivered[order_id] = self.at.world.clock.now()

    # The machine

    @rule()
    def import_and_send(self) -> None:
        self.at.run()

    @rule()
    def push(self) -> None:
        self.at.push()

    @rule()
    def purge(self) -> None:
        purge_pii(self.at.world.deps, [SLUG], PurgeOptions())

    @rule(job=st.sampled_from(["import", "push"]), number=st.integers(0, 6), after=st.booleans(), amazon=st.booleans())
    def die_on_the_way(self, job: str, number: int, after: bool, amazon: bool) -> None:
        moment = {"after" if after else "before": number}
        if job == "push":
            self.at.push_dying(**moment)
        elif amazon:
            self.die_at_amazon(moment)
        else:
            self.at.die(**moment)

    def die_at_amazon(self, moment: dict[str, int]) -> None:
        deps = self.at.world.deps
        deps.transport = DeadlyToAmazon(self.at.world.transport, **moment)
        try:
            self.at.run()
        except DiedError:
            pass
        finally:
            deps.transport = self.at.world.transport

    @rule(hours=st.sampled_from([1, 12, 24, 24 * 8, 24 * 31]))
    def let_time_pass(self, hours: int) -> None:
        self.at.world.clock.advance(hours * 3600)

    # What must be

    @precondition(lambda self: bool(self.ids))
    @rule()
    def come_to_rest(self) -> None:
        """Once all is calm, a few runs make up for everything."""
        self.at.switch(off=FAULTS)
        for _ in range(3):
            self.at.world.clock.advance(3600)
            self.push()
            assert self.at.run().problem is None
        self.purge()
        self.check_the_book()
        self.check_the_services()

    def check_the_book(self) -> None:
        booked = self.booked()
        assert set(booked) == set(self.ids), "an order is lost"
        assert set(booked.values()) == {1}, "an order is doubled"
        kept = {order_id for (order_id,) in self.rows("SELECT DISTINCT order_id FROM sealed")}
        latest = self.at.world.clock.now() - timedelta(days=DAYS_KEPT + 1)
        for order_id in self.ids:
            if order_id in self.delivered and self.delivered[order_id] < latest:
                assert order_id not in kept, "it is kept too long"
            elif self.at.order(order_id).status == Story.UNSHIPPED and self.may_still_ship(order_id):
                assert order_id in kept, "an order to ship has lost its data"

    def check_the_services(self) -> None:
        stored = self.at.stored()
        for order_id in self.ids:
            order = self.at.order(order_id)
            if not (self.may_write_again or order_id in self.touched or self.is_held(order_id)):
                assert self.at.writes(order_id) <= 1, "it was sent twice"
            wanted = order.status == Story.UNSHIPPED and not self.is_held(order_id)
            assert not wanted or order_id in stored, "an order to ship is not at Sendcloud"
            for package in self.at.packages(order_id).values():
                assert package["confirmed"] == 1, "it was confirmed twice"
        labelled = {order_id for order_id in self.ids if order_id in stored and parcels_alive(self.at, order_id)}
        for order_id in labelled:
            if self.at.order(order_id).status != Story.CANCELLED and not self.is_held(order_id):
                assert self.at.packages(order_id), "Amazon was not told of a parcel"

    def may_still_ship(self, order_id: str) -> bool:
        """Whether Amazon would not have cancelled the order by now (the sandbox cancels none)."""
        ((ship_by,),) = self.rows("SELECT ship_by FROM orders WHERE order_id = ?", order_id)
        return self.at.world.clock.now().date() <= cancelled_by(from_iso(ship_by).date())

    def is_held(self, order_id: str) -> bool:
        return bool(self.rows("SELECT 1 FROM holds WHERE order_id = ? AND lifted_at IS NULL", order_id))

    def booked(self) -> Counter[str]:
        return Counter(order_id for (order_id,) in self.rows("SELECT order_id FROM orders"))

    def rows(self, sql: str, *values: str) -> list[Any]:
        return books.execute(self.at.world.deps.home.database_file, sql, *values)


TestHistories = of_length(Histories, examples=6, steps=16)
TestLongHistories = pytest.mark.soak(of_length(Histories, examples=400, steps=30))
