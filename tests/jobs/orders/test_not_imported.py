"""Orders that are not in the book, or not the store's: each gets its own true answer."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from amzlink.jobs.orders.show import show_order
from amzlink.problems import Problem, ProblemName
from tests.jobs.test_import_orders import booked, change, run, settled
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def answer_for(world: StoreOnSandbox, order_id: str) -> str:
    with pytest.raises(Problem) as caught:
        show_order(world.deps, SLUG, order_id, with_personal=False)
    return caught.value.name.value


def first(world: StoreOnSandbox, status: str, by: str = "MERCHANT") -> str:
    orders = world.sandbox.world.orders
    return next(each for each, order in orders.items() if (order.status, order.fulfilled_by) == (status, by))


def only(world: StoreOnSandbox, *marketplace_ids: str) -> None:
    settings = world.deps.load_config()
    world.deps.save_config(
        settings.with_store(SLUG, replace(settings.stores[SLUG], marketplace_ids=tuple(marketplace_ids)))
    )


def test_a_pending_order_is_called_pending_until_it_is_paid_for(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    run(world)
    order_id = first(world, "PENDING")
    assert answer_for(world, order_id) == "order-pending"
    change(world, order_id, "pay")
    settled(world)
    run(world)
    assert show_order(world.deps, SLUG, order_id, with_personal=False).order.order.status == "UNSHIPPED"


def test_an_order_that_amazon_ships_is_called_that_once_it_was_asked_for(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    order_id = first(world, "SHIPPED", "AMAZON")
    assert answer_for(world, order_id) == "order-not-found"
    run(world, order_ids=(order_id,))
    assert answer_for(world, order_id) == "order-amazon-fulfilled"


def test_an_order_that_could_not_be_read_is_not_called_unknown(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path, faults=["malformed-order"])
    refused = run(world).tally.refused[0].order_id
    assert answer_for(world, refused) == "order-not-imported"


def test_an_order_of_a_marketplace_that_the_store_does_not_have_is_refused_by_name(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    germany, france = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
    shippable = world.sandbox.world.shippable()
    order_id = next(each for each in shippable if world.sandbox.world.orders[each].marketplace_id == france)
    only(world, germany)
    report = run(world, order_ids=(order_id,))
    (refused,) = report.tally.refused
    assert (refused.order_id, refused.problem) == (order_id, ProblemName.ORDER_OF_OTHER_COUNTRY)
    assert "France" in refused.message
    assert order_id not in booked(world)
    assert answer_for(world, order_id) == "order-of-other-country"
    only(world, germany, france)
    assert answer_for(world, order_id) == "order-not-found"
    assert run(world, order_ids=(order_id,)).complete
    assert order_id in booked(world)


def test_an_order_in_the_book_is_kept_up_to_date_when_its_marketplace_was_given_up(tmp_path: Path) -> None:
    world = store_on_sandbox(tmp_path)
    germany, france = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
    order_id = next(
        each
        for each, order in world.sandbox.world.orders.items()
        if (order.marketplace_id, order.status, order.fulfilled_by) == (france, "UNSHIPPED", "MERCHANT")
    )
    run(world, order_ids=(order_id,))
    only(world, germany)
    change(world, order_id, "cancel")
    run(world, order_ids=(order_id,))
    assert booked(world)[order_id] == "CANCELLED"
