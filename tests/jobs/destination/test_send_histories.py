"""Whatever happens to orders on their way, in whatever sequence: in the end Sendcloud has what it must have."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from amzlink.jobs.orders.holds import hold_order, release_order
from amzlink.jobs.push_status import PushOptions, push_status
from amzlink.orderbook.destination.outbox import DispatchState
from amzlink.orderbook.orders.browse import Filter
from amzlink.problems import ProblemName
from amzlink.sandbox.order_plan import Story
from tests.support.destination import NONE, Destination, minutes, parcels_alive
from tests.support.histories import of_length
from tests.support.lists import list_orders
from tests.support.world import SLUG

ORDERS = 3
FAULTS = (
    "sendcloud-slow", "sendcloud-forgets", "sendcloud-lost-answer", "sendcloud-broken-once", "sendcloud-keeps-orders",
)  # fmt: skip
which = st.integers(0, ORDERS - 1)


class Histories(RuleBasedStateMachine):
    """Three orders, a merchant, a buyer, carriers, and two services that fail now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="amzlink-test-"))
        self.at = Destination(self.folder, orders=NONE)
        self.ids: list[str] = []
        self.streets: dict[str, int] = {}
        self.moves = 0

    @initialize()
    def begin(self) -> None:
        self.ids = self.at.add(ORDERS)
        self.at.run()

    def teardown(self) -> None:
        try:
            if self.ids:
                self.check()
        finally:
            shutil.rmtree(self.folder)

    @rule()
    def import_and_send(self) -> None:
        self.at.run()

    @rule(number=st.integers(0, 6), after=st.booleans())
    def die_on_the_way(self, number: int, after: bool) -> None:
        self.at.die(**{"after" if after else "before": number})

    @rule()
    def push(self) -> None:
        push_status(self.at.world.deps, [SLUG], PushOptions())

    @rule(index=which)
    def move_elsewhere(self, index: int) -> None:
        order_id = self.ids[index]
        if self.at.order(order_id).status == Story.UNSHIPPED:
            self.moves += 1
            self.streets[order_id] = self.moves
            self.at.move(order_id, f"Neue Gasse {self.moves}")

    @rule(index=which, action=st.sampled_from(["touch", "cancel", "request-cancellation"]))
    def change_at_amazon(self, index: int, action: str) -> None:
        if self.at.order(self.ids[index]).status == Story.UNSHIPPED:
            self.at.change(self.ids[index], action)

    @rule(index=which)
    def hold(self, index: int) -> None:
        hold_order(self.at.world.deps, SLUG, self.ids[index])

    @rule(index=which)
    def release(self, index: int) -> None:
        if holds(self.at)[self.ids[index]]:
            release_order(self.at.world.deps, SLUG, self.ids[index])

    @rule(index=which)
    def make_label(self, index: int) -> None:
        if self.ids[index] in self.at.stored() and not parcels_alive(self.at, self.ids[index]):
            self.at.parcels("announce", self.ids[index])

    @rule(index=which)
    def cancel_label(self, index: int) -> None:
        if self.ids[index] in self.at.stored():
            self.at.parcels("cancel", self.ids[index])

    @rule(fault=st.sampled_from(FAULTS))
    def fail(self, fault: str) -> None:
        self.at.switch(fault)

    @rule()
    def recover(self) -> None:
        self.at.switch(off=FAULTS)

    @rule()
    def let_time_pass(self) -> None:
        self.at.world.clock.advance(minutes(20))

    @precondition(lambda self: bool(self.ids))
    @rule()
    def check(self) -> None:
        """Once all is calm, and everything has had its time, a few runs bring Sendcloud up to date."""
        self.at.switch(off=FAULTS)
        for _ in range(2):
            self.at.world.clock.advance(minutes(31))
            self.push()
            report = self.at.run()
            assert report.problem is None
            assert {entry.problem for entry in report.sent.refused} <= {ProblemName.SENDCLOUD_NOT_STORED}
        stored, held = self.at.stored(), holds(self.at)
        for order_id in self.ids:
            self.check_order(order_id, stored.get(order_id), stopped=bool(held[order_id]))

    def check_order(self, order_id: str, there: Any, *, stopped: bool) -> None:
        order, row = self.at.order(order_id), self.at.rows(order_id).get(order_id)
        packed = parcels_alive(self.at, order_id)
        if stopped or order.status == Story.CANCELLED:
            assert (there is not None) == packed, "it is taken back unless there is a parcel"
            if packed:
                assert row is not None
                assert row.state is DispatchState.TOO_LATE
            return
        if row is not None and row.problem == ProblemName.SENDCLOUD_NOT_STORED:
            assert row.state is DispatchState.REFUSED
            return
        assert there is not None
        assert row is not None
        assert row.state is DispatchState.SENT
        if not packed and order_id in self.streets:
            address = there["shipping_address"]
            told = f"{address['address_line_1']} {address.get('house_number', '')}".strip()
            assert told == f"Neue Gasse {self.streets[order_id]}"


def holds(at: Destination) -> dict[str, tuple[str, ...]]:
    return {order.order_id: held for order, held in list_orders(at.world.deps, SLUG, Filter())}


TestHistories = of_length(Histories, examples=8, steps=14)
TestLongHistories = pytest.mark.soak(of_length(Histories, examples=400, steps=25))
