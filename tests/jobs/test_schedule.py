"""schedule, by direct calls: what the command line cannot show on this machine."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from amzlink.core.schedule.plan import Schedule, timings
from amzlink.jobs.schedule import install as steps
from amzlink.jobs.schedule import schedules
from amzlink.jobs.schedule.install import install, plan, remove
from amzlink.jobs.schedule.lingering import let_linger, lingers
from amzlink.jobs.schedule.show import show
from amzlink.problems import Problem
from amzlink.schedulers.scheduler import Programs, Scheduler
from amzlink.schedulers.systemd import Systemd
from amzlink.schedulers.windows import TaskScheduler
from tests.support.schedulers import Machine, Schtasks
from tests.support.world import StoreOnSandbox, store_on_sandbox

EVERY: Final = timedelta(minutes=15)


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0)


@pytest.fixture
def windows(world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch) -> Schtasks:
    """A machine on which Windows' Task Scheduler is all there is."""
    programs = Schtasks()

    def only_windows(*_: object) -> Iterator[Scheduler]:
        yield TaskScheduler(programs, world.deps.home.root)

    monkeypatch.setattr(schedules, "schedulers", only_windows)
    return programs


def put(programs: Schtasks, name: str, root: Path) -> None:
    """The tasks of another home."""
    environment = {"AMZLINK_HOME": str(root)}
    tasks = Schedule(name=name, program=("amzlink",), environment=environment, timings=timings(EVERY, "here"))
    TaskScheduler(programs, root).install(tasks)


class TestWindows:
    def test_tasks_are_told_the_home_alone_and_run_without_lingering(
        self, world: StoreOnSandbox, windows: Schtasks
    ) -> None:
        planned = plan(world.deps, EVERY)
        assert planned.schedule.environment == {"AMZLINK_HOME": str(world.deps.home.root)}
        assert "AMZLINK_SPAPI_URL" in planned.left_out
        install(world.deps, planned)
        let_linger(planned.scheduler)
        assert (lingers(planned.scheduler), len(windows.tasks)) == (None, 3)
        assert (show(world.deps, world.clock.now()).kind, remove(world.deps, dry_run=False)) == ("windows", ["windows"])
        assert windows.tasks == {}

    def test_a_path_that_windows_misreads_is_refused(
        self, world: StoreOnSandbox, windows: Schtasks, tmp_path: Path
    ) -> None:
        world.deps.environ = {**world.deps.environ, "AMZLINK_HOME": str(tmp_path / "100%")}
        with pytest.raises(Problem, match="100%"):
            plan(world.deps, EVERY)

    def test_what_is_left_over_is_taken_away_and_in_a_dry_run_named(
        self, world: StoreOnSandbox, windows: Schtasks, tmp_path: Path
    ) -> None:
        install(world.deps, plan(world.deps, EVERY))
        ours = world.deps.home.keyring_service().replace("@", "-")
        put(windows, f"{ours}-abc123", tmp_path / "gone")
        before = dict(windows.tasks)
        assert (remove(world.deps, dry_run=True), windows.tasks) == (["windows"], before)
        assert remove(world.deps, dry_run=False) == ["windows"]
        assert windows.tasks == {}
        put(windows, f"{ours}-abc123", tmp_path / "gone")
        assert remove(world.deps, dry_run=False) == ["windows"]

    def test_this_home_under_another_name_is_no_second_home(self, world: StoreOnSandbox, windows: Schtasks) -> None:
        assert world.deps.home.root
        put(windows, "amzlink-before", world.deps.home.root)
        assert show(world.deps, world.clock.now()).warnings == ()


def test_a_program_that_systemd_would_not_start_is_refused(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "programs", "systemctl")
    systemd = Systemd(Programs({"PATH": machine.path}), tmp_path / "units", world.deps.home.root)
    monkeypatch.setattr(schedules, "schedulers", lambda *_: [systemd])
    monkeypatch.setattr(steps, "own_program", lambda: ('/opt/shop"s/amzlink',))
    with pytest.raises(Problem, match='shop"s'):
        plan(world.deps, EVERY)


def test_a_period_that_does_not_fit_into_a_day_is_an_error_of_the_caller(world: StoreOnSandbox) -> None:
    with pytest.raises(ValueError, match="0:07:00"):
        plan(world.deps, timedelta(minutes=7))
