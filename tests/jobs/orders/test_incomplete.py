"""Orders that come incomplete: asked for again until they are whole, and then treated like any other."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.orders.changes import Verdict
from amzlink.jobs.orders.holds import release_order
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.status import status_of
from tests.jobs.test_import_orders import holds_of, report_problem, run, settled
from tests.support.destination import Destination, one, problem_of, refusals
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def withhold(at: StoreOnSandbox, order_id: str, *parts: str) -> None:
    """Amazon tells an order without these parts from now on, under the same time of its last change."""
    with at.sandbox.world.lock:
        at.sandbox.world.orders[order_id].withhold(tuple(parts))


def street_of(world: StoreOnSandbox, order_id: str) -> str | None:
    personal = show_order(world.deps, SLUG, order_id, with_personal=True).personal
    return personal.recipient.address_line_1 if personal else None


def problems_in_status(world: StoreOnSandbox) -> list[str]:
    (found,) = status_of(world.deps, [SLUG])
    return [problem.name.value for problem in found.problems]


def incomplete_in_status(world: StoreOnSandbox) -> int:
    """How many orders the warning is about."""
    (found,) = status_of(world.deps, [SLUG])
    counts = (problem.facts["count"] for problem in found.problems if problem.name.value == "orders-incomplete")
    return sum(count for count in counts if isinstance(count, int))


def test_orders_that_came_without_their_address_are_asked_for_again_and_come_whole(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=200, faults=["orders-incomplete"])
    report = run(world)
    lacking = {entry.order_id for entry in report.tally.incomplete}
    assert report.problem is None
    assert len(lacking) > 3
    assert "orders-incomplete" in problems_in_status(world)
    world.sandbox.world.faults.switch(off=["orders-incomplete"])
    settled(world)
    report = run(world)
    # A few have no address for good.
    assert len(report.tally.incomplete) < len(lacking) / 2
    came = lacking - {entry.order_id for entry in report.tally.incomplete}
    assert all(street_of(world, order_id) for order_id in came)
    assert not any("no-address" in holds_of(world, order_id) for order_id in came)


@pytest.mark.parametrize("route", ["by itself", "--order", "--since"])
def test_an_address_that_arrives_under_the_same_time_is_sent_though_a_person_had_lifted_the_hold(
    tmp_path: Path, route: str
) -> None:
    at = Destination(tmp_path)
    order_id = one(at.ready())
    withhold(at.world, order_id, "name", "lines", "phone")
    at.run()
    assert holds_of(at.world, order_id) == ("no-address",)
    release_order(at.world.deps, SLUG, order_id)
    told = incomplete_in_status(at.world)  # as orders about which there is nothing to do
    assert refusals(at.run()) == {order_id: "address-unfit"}
    assert incomplete_in_status(at.world) == told - 1
    withhold(at.world, order_id)
    options: dict[str, dict[str, Any]] = {
        "by itself": {},
        "--order": {"order_ids": (order_id,)},
        "--since": {"since": at.world.clock.now() - timedelta(days=300)},
    }
    report = at.run(**options[route])
    assert problem_of(report) is None
    assert order_id in at.stored()


def test_a_phone_number_that_arrives_under_the_same_time_reaches_sendcloud(tmp_path: Path) -> None:
    at = Destination(tmp_path)
    phoned = {
        order_id
        for order_id in at.ready()
        if at.world.sandbox.world.orders[order_id].body["recipient"]["deliveryAddress"].get("phone")
    }
    order_id = one(phoned)
    withhold(at.world, order_id, "phone")
    at.run()
    before = at.writes(order_id)
    withhold(at.world, order_id)
    at.run(order_ids=(order_id,))
    assert at.writes(order_id) == before + 1


def test_an_order_without_items_is_held_until_they_come(tmp_path: Path) -> None:
    at = Destination(tmp_path)
    order_id = one(at.ready())
    withhold(at.world, order_id, "items")
    report = at.run()
    assert report.tally.held["no-lines"] == 1
    assert holds_of(at.world, order_id) == ("no-lines",)
    assert order_id not in at.stored()
    withhold(at.world, order_id)
    at.run()
    assert holds_of(at.world, order_id) == ()
    assert order_id in at.stored()


def test_items_that_a_later_answer_leaves_out_are_kept_and_the_order_is_asked_for_again(tmp_path: Path) -> None:
    at = Destination(tmp_path)
    at.run()
    order_id = one(at.stored())
    lines = show_order(at.world.deps, SLUG, order_id, with_personal=False).order.order.lines
    withhold(at.world, order_id, "items")
    at.change(order_id, "touch")
    report = at.run()
    assert [entry.order_id for entry in report.tally.refused] == [order_id]
    assert show_order(at.world.deps, SLUG, order_id, with_personal=False).order.order.lines == lines
    assert order_id in at.stored()
    withhold(at.world, order_id)
    assert at.run().complete


def test_what_was_asked_for_again_and_is_the_same_changes_nothing(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    settled(world)
    assert run(world).tally.verdicts.keys() <= {Verdict.UNCHANGED, Verdict.PENDING}


class TestAMissingRole:
    def test_it_is_named_though_addresses_came_before(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path)
        assert run(world).problem is None
        world.sandbox.world.faults.switch(on=["role-missing-pii"])
        world.sandbox.world.add_orders(2, kinds=[])
        settled(world)
        report = run(world)
        assert report_problem(report) == "role-missing-pii"
        assert "role-missing-pii" in problems_in_status(world)
        settled(world)
        assert report_problem(run(world)) == "role-missing-pii"

    def test_it_is_named_where_each_run_brings_a_single_order(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path)
        run(world)
        world.sandbox.world.faults.switch(on=["role-missing-pii"])
        told = []
        for _ in range(2):
            world.sandbox.world.add_orders(1, kinds=[])
            settled(world)
            told.append(report_problem(run(world)))
        assert told == [None, "role-missing-pii"]

    def test_once_it_is_back_one_import_brings_the_addresses(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, faults=["role-missing-pii"])
        assert report_problem(run(world)) == "role-missing-pii"
        world.sandbox.world.faults.switch(off=["role-missing-pii"])
        settled(world)
        report = run(world)
        assert report.problem is None
        assert len(report.tally.incomplete) < 3
        assert "role-missing-pii" not in problems_in_status(world)
