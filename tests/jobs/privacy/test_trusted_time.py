"""No single witness of the time destroys anything or seals for years; a clock that is wrong for good is believed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from amzlink.core.diagnosis.checks import Check, Status
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.privacy.purge import PurgeOptions, PurgeReport
from amzlink.jobs.purge_pii import purge_pii
from amzlink.jobs.status import status_of
from amzlink.jobs.verify import VerifyOptions, verify
from amzlink.run import StoreRun
from tests.support import books
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FORTY = 40 * DAY
TWO_YEARS = 730 * DAY


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """A test store with imported orders, on a machine whose clock is right."""
    world = store_on_sandbox(tmp_path, orders=60, test=True)
    assert bring(world, since=world.clock.now() - 700 * DAY).problem is None
    world.reported.warnings.clear()
    return world


def bring(world: StoreOnSandbox, **options: Any) -> ImportReport:
    (report,) = import_orders(world.deps, [SLUG], ImportOptions(**options))
    return report


def purge(world: StoreOnSandbox) -> tuple[str | None, PurgeReport]:
    (report,) = purge_pii(world.deps, [SLUG], PurgeOptions())
    return report.problem.name.value if report.problem else None, report


def shift_machine(world: StoreOnSandbox, by: timedelta) -> None:
    """This machine's clock alone is set; Amazon's goes on as before."""
    world.clock.moment += by
    world.sandbox.world.clock.advance(-by)


def switch(world: StoreOnSandbox, on: tuple[str, ...] = (), off: tuple[str, ...] = ()) -> None:
    world.sandbox.world.faults.switch(on=list(on), off=list(off))


def rows(world: StoreOnSandbox, sql: str) -> list[Any]:
    return books.execute(world.deps.home.database_file, sql)


def kept(world: StoreOnSandbox) -> tuple[Any, ...]:
    """What a wrong time must not change: the data, the tombstones, the floor and how far the imports have come."""
    return tuple(
        rows(world, sql)
        for sql in (
            "SELECT order_id, part FROM sealed ORDER BY 1, 2",
            "SELECT * FROM tombstones ORDER BY 2",
            "SELECT floor FROM vault_floors",
        )
    )


def longest_lease(world: StoreOnSandbox) -> str:
    ((lease,),) = rows(world, "SELECT max(lease_day) FROM sealed")
    return str(lease)


def warned(world: StoreOnSandbox) -> list[str]:
    return [problem.name.value for problem in world.reported.warnings]


class TestOneWrongDate:
    @pytest.mark.parametrize("fault", ["date-two-years-ahead", "date-40-days-ahead"])
    def test_a_purge_destroys_nothing_and_says_that_it_waits(self, world: StoreOnSandbox, fault: str) -> None:
        before = kept(world)
        switch(world, on=(fault,))
        assert purge(world)[0] == "clock-jumped"
        assert kept(world) == before
        switch(world, off=(fault,))
        assert purge(world)[0] is None
        assert kept(world) == before

    @pytest.mark.parametrize("fault", ["date-two-years-ahead", "date-40-days-ahead"])
    def test_an_import_destroys_nothing_seals_for_no_longer_and_loses_no_later_order(
        self, world: StoreOnSandbox, fault: str
    ) -> None:
        before = kept(world)
        switch(world, on=(fault,))
        world.clock.advance(600)
        bring(world)
        assert "clock-jumped" in warned(world)
        assert kept(world) == before
        assert longest_lease(world) <= (world.clock.now() + 30 * DAY).date().isoformat()
        ((until,),) = rows(world, "SELECT until FROM coverage")
        assert until <= world.clock.now().isoformat()
        switch(world, off=(fault,))
        new = world.sandbox.world.add_orders(3)
        world.clock.advance(600)
        world.reported.warnings.clear()
        assert bring(world).problem is None
        assert warned(world) == []
        assert {order_id for (order_id,) in rows(world, "SELECT order_id FROM orders")} > set(new)

    def test_what_was_due_before_it_still_goes(self, world: StoreOnSandbox) -> None:
        world.clock.advance(120 * DAY.total_seconds())
        with StoreRun(world.deps, SLUG) as run:
            run.take_time(timedelta())
            run.note_time()
        switch(world, on=("date-two-years-ahead",))
        problem, report = purge(world)
        assert problem == "clock-jumped"
        assert report.purged > 0
        assert rows(world, "SELECT * FROM sealed") == []

    def test_a_later_answer_of_the_same_run_does_not_move_its_time(self, world: StoreOnSandbox) -> None:
        with StoreRun(world.deps, SLUG) as run:
            run.learn_time()
            run.amazon._connection.offset = TWO_YEARS
            assert run.now() == world.clock.now()
            assert run.ask_time().is_trusted


class TestAMachineClockThatIsWrongForGood:
    @pytest.mark.parametrize("by", [FORTY, -FORTY])
    def test_it_is_believed_by_the_third_run_over_two_days_and_what_is_due_goes_by_amazons_time(
        self, world: StoreOnSandbox, by: timedelta
    ) -> None:
        before = kept(world)
        shift_machine(world, by)
        for _ in range(2):
            assert purge(world)[0] == "clock-jumped"
            assert kept(world) == before
            world.clock.advance(DAY.total_seconds())
        assert purge(world)[0] is None
        with StoreRun(world.deps, SLUG) as run:
            assert run.learn_time() == world.clock.now() - by
        world.clock.advance(120 * DAY.total_seconds())
        assert purge(world)[0] is None
        assert rows(world, "SELECT * FROM sealed") == []

    def test_forty_days_ahead_nothing_is_called_overdue_or_stale(self, world: StoreOnSandbox) -> None:
        shift_machine(world, FORTY)
        results = {result.id: result for result in verify(world.deps, SLUG, VerifyOptions()).results}
        assert results[Check.RETENTION].status is Status.OK
        assert results[Check.CLOCK].problem is not None
        freshness = results[Check.FRESHNESS].problem
        assert freshness is None or freshness.name.value == "not-scheduled"
        (status,) = status_of(world.deps, [SLUG])
        assert "retention-overdue" not in [problem.name.value for problem in status.problems]
        bring(world)
        (status,) = status_of(world.deps, [SLUG])
        assert {problem.name.value for problem in status.problems} <= {"not-scheduled", "orders-incomplete"}

    def test_two_runs_within_an_hour_are_not_three_over_two_days(self, world: StoreOnSandbox) -> None:
        shift_machine(world, FORTY)
        for _ in range(10):
            assert purge(world)[0] == "clock-jumped"
            world.clock.advance(300)


class TestAMachineThatSlept:
    def test_for_five_weeks_is_believed_at_once(self, world: StoreOnSandbox) -> None:
        world.clock.advance(35 * DAY.total_seconds())
        problem, report = purge(world)
        assert (problem, report.purged > 0) == (None, True)
        assert warned(world) == []


class TestTheFirstRun:
    def test_is_believed_where_the_clocks_agree(self, world: StoreOnSandbox) -> None:
        assert rows(world, "SELECT trusted_at FROM trusted_times") == [("2026-11-23T09:30:00Z",)]

    @pytest.mark.parametrize("fault", ["client-unknown", "service-unavailable"])
    def test_without_amazon_the_clock_is_not_called_wrong(self, tmp_path: Path, fault: str) -> None:
        world = store_on_sandbox(tmp_path, orders=5, faults=[fault], test=True)
        report = bring(world)
        assert report.problem is not None
        assert "clock-jumped" not in [*warned(world), report.problem.name.value]

    def test_with_a_clock_that_is_off_nothing_goes_and_leases_are_by_the_earlier_time(self, tmp_path: Path) -> None:
        world = store_on_sandbox(tmp_path, orders=30, test=True)
        shift_machine(world, FORTY)
        bring(world, since=world.clock.now() - 700 * DAY)
        assert "clock-jumped" in warned(world)
        assert rows(world, "SELECT * FROM vault_floors") == rows(world, "SELECT * FROM trusted_times") == []
        assert longest_lease(world) <= (world.clock.now() - FORTY + 30 * DAY).date().isoformat()


class TestABookThatNotedTheYear2028:
    def test_three_trusted_runs_correct_it_and_nothing_goes_by_it(self, world: StoreOnSandbox) -> None:
        before = kept(world)
        rows(world, "UPDATE trusted_times SET trusted_at = '2028-11-22T00:00:00Z'")
        rows(world, "DELETE FROM clock_readings")
        noted = []
        for _ in range(4):
            world.clock.advance(600)
            assert purge(world)[0] is None
            noted += [at[:4] for (at,) in rows(world, "SELECT trusted_at FROM trusted_times")]
        assert noted == ["2028", "2028", "2026", "2026"]
        assert kept(world)[:2] == before[:2]

    def test_offline_it_is_no_reason_to_delete(self, world: StoreOnSandbox) -> None:
        before = kept(world)
        rows(world, "UPDATE trusted_times SET trusted_at = '2028-11-22T00:00:00Z'")
        switch(world, on=("client-unknown",))
        purge(world)
        assert kept(world) == before


class TestTheShiftOfATestStoresClock:
    def test_goes_with_a_sandbox_that_was_moved_and_has_no_effect_on_a_real_store(self, world: StoreOnSandbox) -> None:
        world.deps.environ = {**world.deps.environ, "AMZLINK_CLOCK_OFFSET": str(120 * DAY.total_seconds())}
        world.sandbox.world.clock.advance(120 * DAY)
        problem, report = purge(world)
        assert (problem, report.purged > 0) == (None, True)
        config = world.deps.load_config()
        world.deps.save_config(
            config.with_store("real", msgspec.structs.replace(config.stores[SLUG], test=False))
        )  # fmt: skip
        with StoreRun(world.deps, "real") as run:
            assert run.clock.now() == world.clock.now()
        with StoreRun(world.deps, SLUG) as run:
            assert run.clock.now() == world.clock.now() + 120 * DAY
