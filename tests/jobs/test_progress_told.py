"""What the jobs tell of how far they are: counts that end at their total, and every wait."""

from pathlib import Path

from amzlink.jobs.import_orders import ImportOptions, import_orders
from tests.support.destination import Destination
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def told(world: StoreOnSandbox, what: str) -> list[tuple[int | None, int | None]]:
    return [(done, total) for _, (said, done, total) in world.reported.steps if said == what]


def test_an_import_counts_orders_up_to_their_number(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=400)
    [report] = import_orders(world.deps, [SLUG], ImportOptions())
    counts = told(world, "orders still to ship") + told(world, "new and changed orders")
    ends = [done for done, total in counts if done is not None and done == total]
    assert sum(ends) == report.tally.fetched
    assert all(total is None or (done or 0) <= total for done, total in counts)


def test_orders_that_are_sent_are_counted_and_waits_for_sendcloud_are_told(tmp_path: Path) -> None:
    at = Destination(tmp_path)
    report = at.run()
    assert told(at.world, "sending orders to Sendcloud")[-1][0] == report.sent.sent + len(report.sent.refused)
    waits = [seconds for seconds, why in at.world.reported.waits if why == "next check"]
    assert waits
    assert waits == at.world.clock.slept


def test_every_wait_for_the_quota_is_told_with_what_comes_then(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, orders=200, quota="real")
    ids = [order_id for order_id, order in world.sandbox.world.orders.items() if order.is_shippable][:45]
    import_orders(world.deps, [SLUG], ImportOptions(order_ids=tuple(ids)))
    assert len(told(world, "reading single orders")) == len(ids)
    waits = [seconds for seconds, why in world.reported.waits if why == "the next order"]
    assert len(waits) == len([seconds for seconds in world.clock.slept if seconds])
    assert waits
