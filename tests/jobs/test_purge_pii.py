"""Purging: what is due goes, at a time that is sure, and nothing else ever does."""

import shutil
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.config import Config
from amzlink.core.retention import Rule
from amzlink.jobs.disconnect import disconnect
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.orders import show_order
from amzlink.jobs.purge_pii import PurgeOptions, PurgeReport, purge_pii
from amzlink.orderbook.imports import refused_orders
from amzlink.orderbook.purges import boxes_of, purges
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem
from amzlink.sandbox.changes import CHANGES
from tests.support.destination import NONE, Destination
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """A test store with imported orders."""
    world = store_on_sandbox(tmp_path, orders=80, test=True)
    bring(world)
    return world


def bring(world: StoreOnSandbox, **options: Any) -> None:
    options = {"since": world.clock.now() - timedelta(days=700), **options}
    (report,) = import_orders(world.deps, [SLUG], ImportOptions(**options))
    assert report.problem is None


def purge(world: StoreOnSandbox, **options: Any) -> PurgeReport:
    return purge_pii(world.deps, [SLUG], PurgeOptions(**options))[0]


def without_amazon(world: StoreOnSandbox) -> None:
    world.sandbox.world.faults.switch(on=["client-unknown"], off=[])


def rows(world: StoreOnSandbox, sql: str, **values: Any) -> list[Any]:
    book = sqlite3.connect(world.deps.home.database_file)
    try:
        with book:
            return book.execute(sql, values).fetchall()
    finally:
        book.close()


def sealed(world: StoreOnSandbox) -> set[str]:
    return {order_id for (order_id,) in rows(world, "SELECT order_id FROM sealed")}


def with_status(world: StoreOnSandbox, status: str) -> list[str]:
    return sorted(
        order_id for (order_id,) in rows(world, "SELECT order_id FROM orders WHERE status = :status", status=status)
        if order_id in sealed(world)
    )  # fmt: skip


def problem_of(report: PurgeReport) -> str | None:
    return report.problem.name if report.problem else None


class TestWhatIsDue:
    def test_once_everything_is_over_nothing_is_left_and_the_keyring_opens_no_backup(
        self, world: StoreOnSandbox
    ) -> None:
        before = sealed(world)
        with world.deps.book() as book:
            boxes = boxes_of(book, SLUG, before)
        world.clock.advance(120 * DAY)
        report = purge(world)
        assert (problem_of(report), report.purged, report.kept) == (None, len(before), 0)
        assert sealed(world) == set()
        with world.deps.book() as book:
            vault = world.deps.vault(SLUG, book)
        for place, box in boxes.items():
            assert not vault.reaches(place.order_id, box, part=place.part)
            with pytest.raises(Problem):
                vault.open(place.order_id, box, part=place.part)

    def test_each_purge_is_on_record_with_its_rule_even_two_within_a_second(self, world: StoreOnSandbox) -> None:
        first, second = with_status(world, "UNSHIPPED")[:2]
        assert purge(world, order_id=first).purged == purge(world, order_id=second).purged == 1
        with world.deps.book() as book:
            records = [record for record in purges(book, SLUG) if record.rule is Rule.REQUESTED]
        assert [(record.orders, record.job) for record in records] == [(1, "purge-pii")] * 2
        assert records[0].at == records[1].at

    def test_a_dry_run_names_orders_and_days_and_destroys_nothing(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        world.clock.advance(120 * DAY)
        report = purge(world, dry_run=True)
        assert {due.order_id for due in report.due} <= before == sealed(world)
        assert all(due.since and due.since < world.clock.now().date() for due in report.due)
        assert report.due

    def test_a_cancelled_order_is_destroyed_by_the_import_that_hears_of_it_and_recorded(
        self, world: StoreOnSandbox
    ) -> None:
        order_id = with_status(world, "UNSHIPPED")[0]
        there = world.sandbox.world
        with there.lock:
            CHANGES["cancel"](there.orders[order_id], there.now(), there.random())
        world.clock.advance(600)
        bring(world, order_ids=(order_id,), since=None)
        assert order_id not in sealed(world)
        with world.deps.book() as book:
            assert (purges(book, SLUG)[0].rule, purges(book, SLUG)[0].job) == (Rule.CANCELLED, "import-orders")

    def test_an_order_still_to_ship_stays_until_amazon_would_have_cancelled_it(self, world: StoreOnSandbox) -> None:
        """Nobody was there to renew, the lease is over, and the ship-by date is not."""
        order_id = with_status(world, "UNSHIPPED")[0]
        late = (world.clock.now() + timedelta(days=38)).isoformat()
        rows(world, "UPDATE orders SET ship_by = :late WHERE order_id = :id", late=late, id=order_id)
        world.clock.advance(35 * DAY)
        purge(world)
        assert order_id in sealed(world)
        assert show_order(world.deps, SLUG, order_id, with_personal=True).personal is not None
        world.clock.advance(60 * DAY)
        purge(world)
        assert order_id not in sealed(world)

    def test_a_late_word_of_a_delivery_lengthens_no_stay(self, world: StoreOnSandbox) -> None:
        order_id = with_status(world, "SHIPPED")[0]
        shipped = datetime(2026, 11, 20, tzinfo=UTC)
        rows(
            world,
            "UPDATE orders SET shipped_at = :at, delivered_at = :late, delivered_by = 'amazon' WHERE order_id = :id",
            at=shipped.isoformat(), late=(shipped + timedelta(days=40)).isoformat(), id=order_id,
        )  # fmt: skip
        world.clock.moment = shipped + timedelta(days=45)
        purge(world)
        assert order_id not in sealed(world)

    def test_what_is_left_of_an_order_goes_by_the_second_clock(self, world: StoreOnSandbox) -> None:
        world.clock.advance(400 * DAY)
        assert purge(world).forgotten == 0 or rows(world, "SELECT count(*) FROM orders") != [(0,)]
        world.clock.advance(400 * DAY)
        purge(world)
        assert rows(world, "SELECT count(*) FROM orders") == [(0,)]
        assert rows(world, "SELECT count(*) FROM tombstones") != [(0,)]

    def test_a_refund_on_day_forty_brings_nothing_back(self, world: StoreOnSandbox) -> None:
        order_id = with_status(world, "SHIPPED")[0]
        world.clock.advance(80 * DAY)
        purge(world)
        with world.sandbox.world.lock:
            world.sandbox.world.orders[order_id].change(world.clock.now())
        world.clock.advance(600)
        bring(world, order_ids=(order_id,), since=None)
        assert order_id not in sealed(world)
        assert show_order(world.deps, SLUG, order_id, with_personal=True).tombstone is not None


class TestOnRequest:
    def test_the_order_goes_at_once_and_only_that(self, world: StoreOnSandbox) -> None:
        before, order_id = sealed(world), with_status(world, "UNSHIPPED")[0]
        report = purge(world, order_id=order_id)
        assert (report.purged, report.kept) == (1, len(before) - 1)
        assert sealed(world) == before - {order_id}

    def test_an_order_of_which_nothing_is_kept_is_not_found(self, world: StoreOnSandbox) -> None:
        assert problem_of(purge(world, order_id="999-0000000-0000000")) == "order-not-found"


class TestTime:
    def test_a_machine_years_ahead_destroys_nothing_without_amazons_word(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        without_amazon(world)
        world.clock.advance(3000 * DAY)
        rows(world, "UPDATE runs SET amazon_time = '2026-11-23T09:30:00Z'")
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before

    def test_without_amazon_and_any_earlier_run_nothing_goes(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        without_amazon(world)
        rows(world, "UPDATE runs SET amazon_time = NULL")
        world.clock.advance(200 * DAY)
        report = purge(world)
        assert (problem_of(report), report.purged, report.problem and report.problem.exit_code) == (
            "clock-jumped", 0, 75,
        )  # fmt: skip
        assert sealed(world) == before
        assert purge(world, dry_run=True).due == []

    def test_a_recent_run_bears_the_time_out(self, world: StoreOnSandbox) -> None:
        without_amazon(world)
        world.clock.advance(120 * DAY)
        rows(world, "UPDATE runs SET amazon_time = :at", at=(world.clock.now() - timedelta(days=1)).isoformat())
        assert problem_of(purge(world)) is None
        assert sealed(world) == set()

    def test_a_stand_in_for_amazon_moves_no_real_stores_chain(self, world: StoreOnSandbox) -> None:
        config = world.deps.load_config()
        real = config.stores[SLUG].__class__(**{**_fields(config.stores[SLUG]), "test": False})
        world.deps.save_config(Config().with_store(SLUG, real))
        rows(world, "UPDATE runs SET amazon_time = NULL")
        before = sealed(world)
        world.clock.advance(200 * DAY)
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before

    def test_a_test_stores_time_moves_no_real_stores_chain(self, world: StoreOnSandbox) -> None:
        config = world.deps.load_config()
        real = config.stores[SLUG].__class__(**{**_fields(config.stores[SLUG]), "test": False})
        world.deps.save_config(Config().with_store(SLUG, real).with_store("play", config.stores[SLUG]))
        rows(world, "UPDATE runs SET amazon_time = NULL")
        far = world.clock.now() + timedelta(days=900)
        with world.deps.book() as book:
            run = Run(job="purge-pii", started_at=far, finished_at=far, problem=None, counts={}, amazon_time=far)
            note_run(book, "play", run)
        before = sealed(world)
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before


class TestWhatWasPutBack:
    def test_an_old_book_under_todays_keyring_yields_nothing_due_and_gets_open_orders_anew(
        self, world: StoreOnSandbox, tmp_path: Path
    ) -> None:
        file = world.deps.home.database_file
        backup = tmp_path / "backup.db"
        shutil.copy(file, backup)
        opened = with_status(world, "UNSHIPPED")[0]
        world.clock.advance(120 * DAY)
        purge(world)
        for each in file.parent.glob("orders.db*"):
            each.unlink()
        shutil.copy(backup, file)
        # Amazon still waits for it, as far as the book that was put back knows.
        rows(world, "UPDATE orders SET ship_by = '2027-06-01T00:00:00Z' WHERE order_id = :id", id=opened)
        for order_id in sealed(world):
            assert show_order(world.deps, SLUG, order_id, with_personal=True).personal is None
        assert problem_of(purge(world)) is None
        assert sealed(world) == set()
        with world.deps.book() as book:
            assert opened in refused_orders(book, SLUG, 100)

    def test_a_purge_that_stopped_after_the_floor_is_finished_by_the_next_run(self, world: StoreOnSandbox) -> None:
        world.clock.advance(120 * DAY)
        floor = world.clock.now().date().isoformat()
        rows(world, "UPDATE vault_floors SET floor = :floor", floor=floor)
        bring(world, since=None)
        assert sealed(world) <= set(with_status(world, "UNSHIPPED")) | set(with_status(world, "PARTIALLY_SHIPPED"))


class TestCopiesAtSendcloud:
    def test_they_are_counted_deleted_where_that_is_wanted_and_retried_when_sendcloud_fails(
        self, tmp_path: Path
    ) -> None:
        at = Destination(tmp_path, orders=NONE, test=True)
        (order_id,) = at.add(1)
        at.run()
        assert order_id in at.stored()
        report = purge(at.world, order_id=order_id)
        assert (report.copies_left, report.copies_deleted) == (1, 0)
        at.switch("sendcloud-credentials")
        report = purge(at.world, include_destination=True)
        assert (problem_of(report), report.copies_left) == ("sendcloud-credentials", 1)
        at.switch(off=["sendcloud-credentials"])
        report = purge(at.world, include_destination=True)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == (None, 0, 1)
        assert order_id not in at.stored()
        assert purge(at.world, include_destination=True).copies_deleted == 0


class TestDisconnected:
    def test_the_record_stays_and_no_time_of_a_test_store_outlives_it(self, world: StoreOnSandbox) -> None:
        disconnect(world.deps, SLUG, keep_orders=True)
        assert rows(world, "SELECT count(*) FROM runs WHERE amazon_time IS NOT NULL") == [(0,)]
        assert rows(world, "SELECT job FROM purges ORDER BY number DESC LIMIT 1") == [("disconnect",)]
        assert rows(world, "SELECT seller_id FROM former_stores") != []


def _fields(store: Any) -> Mapping[str, Any]:
    return {name: getattr(store, name) for name in store.__struct_fields__}
