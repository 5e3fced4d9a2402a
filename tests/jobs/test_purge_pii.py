"""Purging: what is due goes, at a time that is sure, and nothing else ever does."""

import contextlib
import shutil
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from amzlink.config.settings import Config
from amzlink.core.privacy.retention import Rule
from amzlink.jobs.disconnect import disconnect
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.privacy.purge import PurgeOptions, PurgeReport
from amzlink.jobs.purge_pii import purge_pii
from amzlink.orderbook.orders.pages import Page, refused_orders, save_page
from amzlink.orderbook.privacy.boxes import boxes_of
from amzlink.orderbook.privacy.clock_readings import note_trusted_time
from amzlink.orderbook.privacy.purges import CHUNK
from amzlink.problems import Problem
from amzlink.sandbox.order_changes import CHANGES
from amzlink.sandbox.order_plan import Story
from amzlink.store_locks import store_lock
from tests.orderbook.samples import change_of, order_of, package_of
from tests.support.destination import NONE, Destination
from tests.support.purges import archive_in, purges
from tests.support.sealed import vault_of
from tests.support.world import SLUG, StoreOnSandbox, VirtualClock, store_on_sandbox

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
    with world.deps.database() as book, book.writing() as connection:
        found = connection.execute(text(sql), values)
        return [tuple(row) for row in found] if found.returns_rows else []


def sealed(world: StoreOnSandbox) -> set[str]:
    return {order_id for (order_id,) in rows(world, "SELECT order_id FROM sealed")}


def with_status(world: StoreOnSandbox, status: str) -> list[str]:
    return sorted(
        order_id for (order_id,) in rows(world, "SELECT order_id FROM orders WHERE status = :status", status=status)
        if order_id in sealed(world)
    )  # fmt: skip


def tombstones(world: StoreOnSandbox) -> dict[str, str]:
    return dict(rows(world, "SELECT order_id, rule FROM tombstones"))


def warned(world: StoreOnSandbox) -> list[str]:
    """The names of the warnings so far."""
    return [problem.name.value for problem in world.reported.warnings]


def problem_of(report: PurgeReport) -> str | None:
    return report.problem.name.value if report.problem else None


class TestWhatIsDue:
    def test_once_everything_is_over_nothing_is_left_and_the_keyring_opens_no_backup(
        self, world: StoreOnSandbox
    ) -> None:
        before = sealed(world)
        with world.deps.book(SLUG) as book:
            boxes = boxes_of(book, before)
        world.clock.advance(120 * DAY)
        report = purge(world)
        assert (problem_of(report), report.purged, report.kept) == (None, len(before), 0)
        assert sealed(world) == set()
        with world.deps.book(SLUG) as book:
            vault = vault_of(world.deps, book)
        for place, box in boxes.items():
            assert not vault.reaches(place.order_id, box, part=place.part)
            with pytest.raises(Problem):
                vault.open(place.order_id, box, part=place.part)

    @pytest.mark.on_both_engines
    def test_each_purge_is_on_record_with_its_rule_even_two_within_a_second(self, world: StoreOnSandbox) -> None:
        first, second = with_status(world, "UNSHIPPED")[:2]
        assert purge(world, order_id=first).purged == purge(world, order_id=second).purged == 1
        with world.deps.book(SLUG) as book:
            records = [record for record in purges(book) if record.rule is Rule.REQUESTED]
        assert [(record.orders, record.job) for record in records] == [(1, "purge-pii")] * 2
        assert records[0].at == records[1].at

    @pytest.mark.on_both_engines
    def test_a_dry_run_names_orders_and_days_and_destroys_nothing(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        world.clock.advance(120 * DAY)
        report = purge(world, dry_run=True)
        assert {due.order_id for due in report.due} <= before == sealed(world)
        assert all(due.since and due.since < world.clock.now().date() for due in report.due)
        assert report.due

    @pytest.mark.parametrize("days", [0, 20, 35, 46, 120])
    def test_a_dry_run_lists_what_the_real_run_then_destroys(self, world: StoreOnSandbox, days: int) -> None:
        world.clock.advance(days * DAY)
        planned, before = purge(world, dry_run=True), tombstones(world)
        done = purge(world)
        assert {due.order_id: due.rule.value for due in planned.due} == dict(tombstones(world).items() - before.items())
        assert (done.purged, done.kept) == (len(planned.due), planned.kept)
        assert purge(world, dry_run=True).due == []
        assert sealed(world).isdisjoint(tombstones(world))

    def test_more_than_a_chunk_of_due_orders_goes_in_one_run(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=0, test=True)
        ids = [f"302-{index:07}-0000000" for index in range(2 * CHUNK + 150)]
        shipped = world.clock.now()
        with world.deps.book(SLUG) as book:
            vault, lease = vault_of(world.deps, book), shipped.date() + timedelta(days=30)
            changes = []
            for index, order_id in enumerate(ids):
                # Every tenth was handed over later, and stays.
                at = shipped + timedelta(days=20 * (index % 10 == 0))
                order = order_of(order_id, status="SHIPPED", packages=(package_of(shipped_at=at),))
                changes.append(change_of(order, sealed=vault.seal(order_id, b"{}", lease)))
            save_page(book, Page(changes=changes, chain_ids=vault.chain_ids), shipped)
        world.clock.advance(45 * DAY)
        listed = [due.order_id for due in purge(world, dry_run=True).due]
        assert listed == [order_id for index, order_id in enumerate(ids) if index % 10]
        report = purge(world)
        assert (problem_of(report), report.purged, report.kept) == (None, len(listed), len(ids) - len(listed))
        assert sealed(world) == {*ids} - {*listed}
        with world.deps.book(SLUG) as book:
            assert sum(record.orders for record in purges(book)) == len(listed)

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
        with world.deps.book(SLUG) as book:
            assert (purges(book)[0].rule, purges(book)[0].job) == (Rule.CANCELLED, "import-orders")

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

    def test_an_order_that_the_book_does_not_have_is_not_found(self, world: StoreOnSandbox) -> None:
        assert problem_of(purge(world, order_id="999-0000000-0000000")) == "order-not-found"

    def test_what_is_gone_already_can_be_asked_for_again(self, world: StoreOnSandbox) -> None:
        order_id = with_status(world, "UNSHIPPED")[0]
        gone = purge(world, order_id=order_id)
        again = purge(world, order_id=order_id)
        assert (gone.gone_since, problem_of(again), again.purged) == (None, None, 0)
        assert again.gone_since is not None

    def test_an_order_of_which_nothing_is_sealed_gets_nothing_later_either(self, world: StoreOnSandbox) -> None:
        order_id = with_status(world, "UNSHIPPED")[0]
        rows(world, "DELETE FROM sealed WHERE order_id = :id", id=order_id)
        assert purge(world, order_id=order_id, dry_run=True).gone_since is not None
        assert order_id not in tombstones(world)
        report = purge(world, order_id=order_id)
        assert (problem_of(report), report.purged, tombstones(world)[order_id]) == (None, 0, "requested")

    def test_one_whose_key_is_lost_goes_all_the_same(self, world: StoreOnSandbox) -> None:
        before, order_id = sealed(world), with_status(world, "UNSHIPPED")[0]
        world.deps.secrets.delete(SLUG, "vault-key")
        report = purge(world, order_id=order_id)
        assert (problem_of(report), report.purged) == (None, 1)
        assert sealed(world) == before - {order_id}
        assert tombstones(world)[order_id] == "requested"
        assert world.deps.secrets.get(SLUG, "vault-key") is None, "no key is made over what is sealed"
        world.clock.advance(120 * DAY)
        assert problem_of(purge(world)) == "vault-key-missing"
        assert sealed(world) == before - {order_id}

    def test_of_one_whose_key_is_lost_the_archive_keeps_what_tax_may_need(
        self, world: StoreOnSandbox, tmp_path: Path
    ) -> None:
        """Somebody may still find a copy of the key; then the archive can be written."""
        order_id = with_status(world, "UNSHIPPED")[0]
        archive_in(world, tmp_path)
        key = world.deps.secrets.get(SLUG, "vault-key")
        assert key is not None
        world.deps.secrets.delete(SLUG, "vault-key")
        assert problem_of(purge(world, order_id=order_id)) == "vault-key-missing"
        assert order_id in sealed(world)
        world.deps.secrets.set(SLUG, "vault-key", key.reveal())
        report = purge(world, order_id=order_id)
        assert (problem_of(report), report.purged, report.archived) == (None, 1, 1)


class TestWhatIsInTheWay:
    @pytest.mark.on_sqlite  # a server's journal is its own
    def test_a_reader_keeps_the_journal_and_the_next_run_empties_it(self, world: StoreOnSandbox) -> None:
        journal = world.deps.home.database_file.with_name("orders.db-wal")
        world.clock.advance(120 * DAY)
        with contextlib.closing(sqlite3.connect(world.deps.home.database_file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sealed").fetchone()
            world.clock.slept.clear()
            report = purge(world)
            assert report.problem is not None
            assert (problem_of(report), report.problem.exit_code) == ("journal-in-use", 75)
            assert len(world.clock.slept) >= 3, "it gives the reader some time"
            assert report.purged > 0
            assert journal.stat().st_size > 0
        assert sealed(world) == set()
        assert problem_of(purge(world)) is None
        assert not journal.exists() or journal.stat().st_size == 0

    @pytest.mark.on_sqlite
    def test_an_import_that_has_deleted_nothing_waits_for_no_reader_and_warns_of_none(
        self, world: StoreOnSandbox
    ) -> None:
        with contextlib.closing(sqlite3.connect(world.deps.home.database_file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sealed").fetchone()
            (report,) = import_orders(world.deps, [SLUG], ImportOptions())
        assert (report.problem, report.purged) == (None, 0)
        assert "journal-in-use" not in warned(world)

    @pytest.mark.on_sqlite
    def test_a_reader_that_is_soon_done_is_waited_for(self, world: StoreOnSandbox) -> None:
        world.clock.advance(120 * DAY)
        reader = sqlite3.connect(world.deps.home.database_file, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sealed").fetchone()

        class Closing(VirtualClock):
            """Time in which the reader comes to its end."""

            def sleep(self, seconds: float) -> None:
                super().sleep(seconds)
                if len(self.slept) == 2:
                    reader.close()

        world.deps.clock = Closing(world.clock.moment)
        assert problem_of(purge(world)) is None

    @pytest.mark.parametrize("job", ["import-orders", "push-status", "check-weights", "purge-pii"])
    def test_while_another_job_is_at_work_nothing_goes_and_the_next_run_does_it(
        self, world: StoreOnSandbox, job: str
    ) -> None:
        before = sealed(world)
        world.clock.advance(120 * DAY)
        with store_lock(world.deps, SLUG, job):
            report = purge(world)
            assert report.problem is not None
            assert (problem_of(report), report.problem.exit_code) == ("run-in-progress", 75)
            assert job in report.problem.summary
            assert sealed(world) == before
        assert purge(world).purged == len(before)

    @pytest.mark.parametrize("job", ["push-status", "check-weights", "purge-pii"])
    def test_an_import_beside_another_job_imports_and_says_what_is_overdue(
        self, world: StoreOnSandbox, job: str
    ) -> None:
        world.clock.advance(120 * DAY)
        with store_lock(world.deps, SLUG, job):
            (report,) = import_orders(world.deps, [SLUG], ImportOptions())
        assert (report.problem, report.purged) == (None, 0)
        assert warned(world) == ["retention-overdue"]
        assert sealed(world) != set()

    def test_where_one_store_fails_the_other_goes_on(self, world: StoreOnSandbox) -> None:
        config, secrets = world.deps.load_config(), world.deps.secrets
        world.deps.save_config(config.with_store("other", config.stores[SLUG]))
        for name in ("client-secret", "refresh-token"):
            secret = secrets.get(SLUG, name)
            assert secret is not None
            secrets.set("other", name, secret.reveal())
        (report,) = import_orders(world.deps, ["other"], ImportOptions())
        assert report.problem is None
        secrets.delete(SLUG, "vault-key")
        world.clock.advance(120 * DAY)
        failed, done = purge_pii(world.deps, [SLUG, "other"], PurgeOptions())
        assert (failed.store, problem_of(failed), failed.purged) == (SLUG, "vault-key-missing", 0)
        assert (done.store, problem_of(done)) == ("other", None)
        assert done.purged > 0
        left = {store for (store,) in rows(world, "SELECT DISTINCT store FROM sealed")}
        assert left == {SLUG}


class TestWithAnArchiveInTheSettings:
    @pytest.fixture
    def gone(self, world: StoreOnSandbox, tmp_path: Path) -> Path:
        """The archive's folder, which is not there: a disk that nobody has mounted."""
        archive_in(world, tmp_path)
        (tmp_path / "archive").rename(tmp_path / "elsewhere")
        return tmp_path / "archive"

    def test_without_its_folder_nothing_goes_whatever_the_rule(self, world: StoreOnSandbox, gone: Path) -> None:
        cancelled = with_status(world, "UNSHIPPED")[0]
        rows(world, "UPDATE orders SET status = 'CANCELLED' WHERE order_id = :id", id=cancelled)
        before, floors = sealed(world), rows(world, "SELECT floor FROM vault_floors")
        world.clock.advance(120 * DAY)
        assert cancelled in {due.order_id for due in purge(world, dry_run=True).due}
        report = purge(world)
        assert (problem_of(report), report.purged, report.archived) == ("archive-folder-missing", 0, 0)
        assert (report.kept, report.next_due is None) == (len(before), False)
        assert (sealed(world), rows(world, "SELECT floor FROM vault_floors")) == (before, floors)
        sale = with_status(world, "SHIPPED")[0]
        assert problem_of(purge(world, order_id=sale)) == "archive-folder-missing"
        assert sealed(world) == before
        (gone.parent / "elsewhere").rename(gone)
        report = purge(world)
        assert (problem_of(report), report.purged) == (None, len(before))
        assert (report.archived, sealed(world)) == (len(before) - 1, set())

    def test_of_what_was_no_sale_nothing_is_archived_so_that_it_may_go_on_request(
        self, world: StoreOnSandbox, gone: Path
    ) -> None:
        cancelled = with_status(world, "UNSHIPPED")[0]
        rows(world, "UPDATE orders SET status = 'CANCELLED' WHERE order_id = :id", id=cancelled)
        report = purge(world, order_id=cancelled)
        assert (problem_of(report), report.purged, report.archived) == (None, 1, 0)

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_an_archive_just_given_that_cannot_be_written_is_told_before_anything_is_due(
        self, world: StoreOnSandbox, tmp_path: Path, dry_run: bool
    ) -> None:
        archive_in(world, tmp_path)
        kept = len(sealed(world))
        report = purge(world, archive_dir=tmp_path / "gone", dry_run=dry_run)
        assert (problem_of(report), report.purged, report.kept) == ("archive-folder-missing", 0, kept)
        report = purge(world, archive_dir=tmp_path, recipients=("age1mistyped",), dry_run=dry_run)
        assert (problem_of(report), report.purged, report.kept) == ("recipient-unusable", 0, kept)

    def test_an_import_says_why_and_how_many_are_overdue(self, world: StoreOnSandbox, gone: Path) -> None:
        before = sealed(world)
        world.clock.advance(120 * DAY)
        (report,) = import_orders(world.deps, [SLUG], ImportOptions())
        assert (report.problem, report.purged) == (None, 0)
        assert warned(world) == ["archive-folder-missing", "retention-overdue"]
        late = world.reported.warnings[-1]
        due = purge(world, dry_run=True).due
        assert (late.facts["count"], late.facts["store"]) == (len(due), SLUG)
        assert before <= sealed(world)

    def test_what_was_cancelled_before_the_hand_over_goes_all_the_same_when_an_import_hears_of_it(
        self, world: StoreOnSandbox, gone: Path
    ) -> None:
        """It was no sale, so that tax wants nothing of it; what was handed over before stays until it is archived."""
        there = world.sandbox.world
        no_sale, sale = with_status(world, "UNSHIPPED")[:2]
        with there.lock:
            CHANGES["cancel"](there.orders[no_sale], there.now(), there.random())
            CHANGES["ship"](there.orders[sale], there.now(), there.random())
            there.orders[sale].change(there.now(), Story.CANCELLED)
        world.clock.advance(600)
        bring(world, order_ids=(no_sale, sale), since=None)
        assert (no_sale in sealed(world), sale in sealed(world)) == (False, True)
        assert tombstones(world)[no_sale] == "cancelled"
        (gone.parent / "elsewhere").rename(gone)
        report = purge(world)
        assert (problem_of(report), report.archived) == (None, 1)
        assert sale not in sealed(world)


class TestTime:
    def test_a_machine_years_ahead_destroys_nothing_without_amazons_word(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        without_amazon(world)
        world.clock.advance(3000 * DAY)
        rows(world, "UPDATE trusted_times SET trusted_at = '2026-11-23T09:30:00Z'")
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before

    def test_without_amazon_and_any_earlier_run_nothing_goes(self, world: StoreOnSandbox) -> None:
        before = sealed(world)
        without_amazon(world)
        rows(world, "DELETE FROM trusted_times")
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
        rows(world, "UPDATE trusted_times SET trusted_at = :at", at=(world.clock.now() - timedelta(days=1)).isoformat())
        assert problem_of(purge(world)) is None
        assert sealed(world) == set()

    def test_a_stand_in_for_amazon_moves_no_real_stores_chain(self, world: StoreOnSandbox) -> None:
        config = world.deps.load_config()
        real = config.stores[SLUG].__class__(**{**_fields(config.stores[SLUG]), "test": False})
        world.deps.save_config(Config().with_store(SLUG, real))
        rows(world, "DELETE FROM trusted_times")
        before = sealed(world)
        world.clock.advance(200 * DAY)
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before

    def test_a_test_stores_time_moves_no_real_stores_chain(self, world: StoreOnSandbox) -> None:
        config = world.deps.load_config()
        real = config.stores[SLUG].__class__(**{**_fields(config.stores[SLUG]), "test": False})
        world.deps.save_config(Config().with_store(SLUG, real).with_store("play", config.stores[SLUG]))
        rows(world, "DELETE FROM trusted_times")
        far = world.clock.now() + timedelta(days=900)
        with world.deps.book("play") as book:
            note_trusted_time(book, far)
        before = sealed(world)
        assert problem_of(purge(world)) == "clock-jumped"
        assert sealed(world) == before


class TestWhatWasPutBack:
    @pytest.mark.on_sqlite  # it is a file that is put back
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
        with world.deps.book(SLUG) as book:
            assert opened in refused_orders(book, 100)

    def test_a_purge_that_stopped_after_the_floor_is_finished_by_the_next_run(self, world: StoreOnSandbox) -> None:
        world.clock.advance(120 * DAY)
        floor = world.clock.now().date().isoformat()
        rows(world, "UPDATE vault_floors SET floor = :floor", floor=floor)
        bring(world, since=None)
        assert sealed(world) <= set(with_status(world, "UNSHIPPED")) | set(with_status(world, "PARTIALLY_SHIPPED"))


@pytest.mark.on_sqlite
def test_what_the_database_does_not_delete_is_told(world: StoreOnSandbox) -> None:
    with world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(text("CREATE TRIGGER keep BEFORE DELETE ON sealed BEGIN SELECT RAISE(IGNORE); END"))
    order_id = min(sealed(world))
    report = purge(world, order_id=order_id)
    assert (problem_of(report), order_id in sealed(world)) == ("purge-incomplete", True)


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

    @pytest.mark.parametrize("fault", ["sendcloud-broken", "sendcloud-credentials"])
    def test_when_sendcloud_is_down_what_is_here_goes_and_what_is_there_the_next_time(
        self, tmp_path: Path, fault: str
    ) -> None:
        at = Destination(tmp_path, orders=NONE, test=True, purge_destination=True)
        (order_id,) = at.add(1)
        at.run()
        at.run()
        at.world.clock.advance(120 * DAY)
        at.switch(fault)
        report = purge(at.world)
        assert report.problem is not None
        assert report.problem.name.value.startswith("sendcloud-") or report.problem.name.value == "service-unavailable"
        assert (report.purged, report.copies_left, report.copies_deleted) == (1, 1, 0)
        assert sealed(at.world) == set()
        assert order_id in at.stored()
        at.switch(off=[fault])
        report = purge(at.world)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == (None, 0, 1)
        assert order_id not in at.stored()

    def test_one_that_sendcloud_has_not_saved_yet_is_deleted_once_it_has(self, tmp_path: Path) -> None:
        at = Destination(tmp_path, orders=NONE, test=True)
        at.switch("sendcloud-slow")
        at.add(1)
        at.run()
        (order_id,) = sealed(at.world)
        assert order_id not in at.stored()
        report = purge(at.world, order_id=order_id, include_destination=True)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == (None, 1, 0)
        at.world.clock.advance(1800)
        assert order_id in at.stored()
        report = purge(at.world, include_destination=True)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == (None, 0, 1)
        assert order_id not in at.stored()

    def test_one_that_sendcloud_has_never_saved_is_not_looked_for_for_ever(self, tmp_path: Path) -> None:
        at = Destination(tmp_path, orders=NONE, test=True)
        at.switch("sendcloud-forgets")
        at.add(1)
        at.run()
        (order_id,) = sealed(at.world)
        at.world.clock.advance(3600)
        report = purge(at.world, order_id=order_id, include_destination=True)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == (None, 0, 0)

    def test_one_is_found_where_the_settings_do_not_name_the_integration(self, tmp_path: Path) -> None:
        at = Destination(tmp_path, orders=NONE, test=True, sendcloud_integration_id=None)
        at.switch("sendcloud-slow")
        at.add(1)
        at.run()
        (order_id,) = sealed(at.world)
        at.world.clock.advance(1800)
        assert order_id in at.stored()
        report = purge(at.world, order_id=order_id, include_destination=True)
        assert (problem_of(report), report.copies_deleted, order_id in at.stored()) == (None, 1, False)

    def test_an_earlier_version_of_one_that_was_refused_later_is_deleted_too(self, tmp_path: Path) -> None:
        at = Destination(tmp_path, orders=NONE, test=True)
        at.switch("sendcloud-slow")
        (order_id,) = at.add(1)
        at.run()
        at.refuse(order_id)
        at.move(order_id)
        at.run()
        at.world.clock.advance(1800)
        assert order_id in at.stored()
        report = purge(at.world, order_id=order_id, include_destination=True)
        assert (problem_of(report), report.copies_deleted, order_id in at.stored()) == (None, 1, False)

    def test_one_that_sendcloud_does_not_delete_keeps_none_of_the_others_there(self, tmp_path: Path) -> None:
        at = Destination(tmp_path, orders=NONE, test=True)
        at.add(3)
        at.run()
        order_ids = sorted(sealed(at.world))
        at.switch("sendcloud-keeps-orders")
        for order_id in order_ids:
            report = purge(at.world, order_id=order_id, include_destination=True)
        assert (problem_of(report), report.copies_left, report.copies_deleted) == ("request-refused", 3, 0)
        calls = [call for call in at.calls() if call.method == "DELETE"]
        assert len(calls) == 1 + 2 + 3


class TestDisconnected:
    def test_the_record_stays_and_no_time_of_a_test_store_outlives_it(self, world: StoreOnSandbox) -> None:
        disconnect(world.deps, SLUG, keep_orders=True)
        assert rows(world, "SELECT count(*) FROM runs WHERE amazon_time IS NOT NULL") == [(0,)]
        assert rows(world, "SELECT * FROM trusted_times") == rows(world, "SELECT * FROM clock_readings") == []
        assert rows(world, "SELECT job FROM purges ORDER BY number DESC LIMIT 1") == [("disconnect",)]
        assert rows(world, "SELECT seller_id FROM former_stores") != []


def _fields(store: Any) -> Mapping[str, Any]:
    return {name: getattr(store, name) for name in store.__struct_fields__}
