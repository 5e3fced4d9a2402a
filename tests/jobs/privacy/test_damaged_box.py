"""One order whose personal data is damaged in the order book: it is named, and holds back no other."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.orders.browse import export_orders
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.schema import SEALED
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun
from tests.support.lists import list_orders
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    world = store_on_sandbox(tmp_path, orders=40)
    assert import_orders(world.deps, [SLUG], ImportOptions())[0].problem is None
    return world


def damage(world: StoreOnSandbox, count: int | None = 1) -> list[str]:
    """Damage the boxes of so many open orders, or all; gives the order numbers."""
    with world.deps.book(SLUG) as book, book.writing() as connection:
        ids = sorted(connection.execute(select(SEALED.c.order_id).distinct()).scalars())
        for order_id in ids[:count]:
            connection.execute(update(SEALED).where(SEALED.c.order_id == order_id).values(box=bytes(60)))
    return ids[:count]


def export(world: StoreOnSandbox) -> tuple[dict[str, bool], list[Problem]]:
    """Which orders came, and whether with a recipient's name."""
    damaged: list[Problem] = []
    rows = export_orders(world.deps, SLUG, Filter(), with_personal=True, damaged=damaged)
    return {order.order_id: bool(personal and personal.recipient.name) for order, _, personal in rows}, damaged


def test_an_export_names_it_and_has_all_others(world: StoreOnSandbox) -> None:
    before, none = export(world)
    assert none == []
    [order_id] = damage(world)
    after, damaged = export(world)
    assert [(problem.name, problem.facts["order_id"]) for problem in damaged] == [
        (ProblemName.PERSONAL_DATA_UNREADABLE, order_id)
    ]
    assert after == {**before, order_id: False}


def test_fetched_again_it_is_whole(world: StoreOnSandbox) -> None:
    before, _ = export(world)
    [order_id] = damage(world)
    [report] = import_orders(world.deps, [SLUG], ImportOptions(order_ids=(order_id,)))
    assert report.problem is None
    assert export(world) == (before, [])


def test_an_import_renews_and_takes_in_all_others(world: StoreOnSandbox) -> None:
    damage(world)
    world.clock.advance(29 * 24 * 3600)
    [report] = import_orders(world.deps, [SLUG], ImportOptions())
    assert report.problem is None or report.problem.name is not ProblemName.VAULT_KEY_MISSING


def test_where_nothing_opens_it_is_the_key_and_the_export_stops(world: StoreOnSandbox) -> None:
    damage(world, None)
    with pytest.raises(Problem) as caught:
        export(world)
    assert caught.value.name is ProblemName.VAULT_KEY_MISSING


def test_it_keeps_its_lease_and_the_others_get_theirs(world: StoreOnSandbox) -> None:
    [order_id] = damage(world)
    far = world.clock.now().date() + timedelta(days=300)
    with StoreRun(world.deps, SLUG) as run:
        ids = run.sealed.leases([row.order_id for row, _ in list_orders(world.deps, SLUG, Filter())])
        run.sealed.lengthen(dict.fromkeys(ids, far))
        leases = run.sealed.leases(list(ids))
    assert leases.pop(order_id) < far
    assert set(leases.values()) == {far}


def test_where_nothing_opens_an_import_does_not_take_the_old_data_for_none(world: StoreOnSandbox) -> None:
    damage(world, None)
    world.clock.advance(300)
    [report] = import_orders(world.deps, [SLUG], ImportOptions(since=world.clock.now() - timedelta(days=30)))
    assert report.problem is not None
    assert report.problem.name is ProblemName.VAULT_KEY_MISSING
