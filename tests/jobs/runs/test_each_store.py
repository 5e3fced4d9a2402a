"""A job on many stores: their order, what each costs the others, and stores at once in processes of their own."""

import multiprocessing
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from amzlink.deps import Deps, system_deps
from amzlink.jobs.import_orders import ImportOptions, ImportReport, import_orders
from amzlink.jobs.runs import at_once
from amzlink.jobs.runs.each_store import each_store
from amzlink.jobs.runs.one_of_many import Crew, Task
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Throttled
from amzlink.run import StoreRun, run_job
from amzlink.store_locks import store_lock
from tests.support.at_once import SLUGS, Report, empty, wait_for_ever, work_elsewhere
from tests.support.world import SLUG, ReportedParcel, StoreOnSandbox, VirtualClock, store_on_sandbox


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """Five stores of one seller, which differ in nothing that a run looks at."""
    world = store_on_sandbox(tmp_path, orders=2)
    config = world.deps.load_config()
    store = config.stores[SLUG]
    config = config.without_store(SLUG)
    for slug in SLUGS:
        for name in ("client-secret", "refresh-token"):
            secret = world.deps.secrets.get(SLUG, name)
            assert secret
            world.deps.secrets.set(slug, name, secret.reveal())
        config = config.with_store(slug, store)
    world.deps.save_config(config)
    return world


def note(world: StoreOnSandbox, slug: str, started: datetime) -> None:
    with world.deps.book(slug) as book:
        run = Run(
            job="import-orders", started_at=started, finished_at=started, problem=None, counts={}, amazon_time=None
        )
        note_run(book, run)


def order_of(world: StoreOnSandbox) -> list[str]:
    done: list[str] = []

    def work(_deps: Deps, report: Report) -> None:
        done.append(report.store)

    reports = each_store(world.deps, SLUGS, Task(job="import-orders", report=empty, work=work))
    assert [report.store for report in reports] == SLUGS
    return done


def test_those_whose_last_run_is_longest_ago_come_first(world: StoreOnSandbox) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for slug, hours in (("shop-0", 3), ("shop-1", 1), ("shop-3", 2)):
        note(world, slug, now - timedelta(hours=hours))
    assert order_of(world) == ["shop-2", "shop-4", "shop-0", "shop-3", "shop-1"]


def test_a_store_whose_runs_are_killed_does_not_come_first_for_ever(world: StoreOnSandbox) -> None:
    class Killed(BaseException):
        pass

    def work(_deps: Deps, report: Report) -> None:
        raise Killed

    with pytest.raises(Killed):
        each_store(world.deps, SLUGS, Task(job="import-orders", report=empty, work=work, once=True))
    assert order_of(world)[-1] == SLUGS[0]


def test_a_damaged_record_of_one_store_stops_no_other(world: StoreOnSandbox) -> None:
    note(world, SLUGS[1], datetime(2026, 11, 1, tzinfo=UTC))
    with world.deps.book(SLUGS[1]) as book, book.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET started_at = 'rubbish'")
    assert sorted(order_of(world)) == SLUGS


@pytest.mark.on_sqlite  # on a server its clock counts: see below
def test_a_store_that_another_run_has_begun_since_is_left_out(world: StoreOnSandbox) -> None:
    def work(deps: Deps, report: Report) -> None:
        if report.store == SLUGS[0]:
            note(world, SLUGS[2], deps.clock.now() + timedelta(seconds=1))

    task = Task(job="import-orders", report=empty, work=work, once=True)
    assert [report.store for report in each_store(world.deps, SLUGS, task) if report.left_out] == [SLUGS[2]]


def test_whatever_goes_wrong_with_a_store_is_its_own_problem(world: StoreOnSandbox) -> None:
    file = world.deps.home.config_file
    text = file.read_text()
    start = text.index(f"[stores.{SLUGS[1]}]")
    file.write_text(text[:start] + text[start:].replace('"processed"', '"shipped"', 1))
    world.deps.secrets.delete(SLUGS[2], "refresh-token")
    world.deps.one_by_one = True
    world.deps.on_bug = lambda _error, slug: Problem(ProblemName.INTERNAL_ERROR, file=f"crash-{slug}.txt")
    slugs = [*world.deps.load_config().stores, *world.deps.load_config().broken]
    with store_lock(world.deps, SLUGS[3], "import-orders"):
        reports = {report.store: report for report in import_orders(world.deps, slugs, ImportOptions())}
    names = {slug: report.problem.name if report.problem else None for slug, report in reports.items()}
    assert names == {
        SLUGS[0]: None,
        SLUGS[1]: ProblemName.CONFIG_INVALID,
        SLUGS[2]: ProblemName.SECRET_MISSING,
        SLUGS[3]: ProblemName.RUN_IN_PROGRESS,
        SLUGS[4]: None,
    }


def test_a_bug_costs_one_store_and_is_noted_as_its_result(world: StoreOnSandbox) -> None:
    world.deps.on_bug = lambda _error, slug: Problem(ProblemName.INTERNAL_ERROR, file=f"crash-{slug}.txt")

    def stumble(run: StoreRun) -> None:
        if run.slug == SLUGS[1]:
            raise ZeroDivisionError

    def work(deps: Deps, report: Report) -> None:
        run_job(deps, "import-orders", report, stumble, dry_run=False)

    reports = each_store(world.deps, SLUGS, Task(job="import-orders", report=empty, work=work))
    assert [report.problem.name if report.problem else None for report in reports[:3]] == [
        None, ProblemName.INTERNAL_ERROR, None,
    ]  # fmt: skip
    assert reports[1].problem
    assert reports[1].problem.facts["file"] == "crash-shop-1.txt"
    with world.deps.book(SLUGS[1]) as book, book.reading() as connection:
        assert (
            connection.exec_driver_sql("SELECT problem FROM runs WHERE store = 'shop-1'").scalar() == "internal-error"
        )


def test_what_concerns_no_single_store_is_said_once(world: StoreOnSandbox) -> None:
    def work(deps: Deps, report: Report) -> None:
        deps.observer.warn(Problem(ProblemName.NOTIFY_FAILED, detail="the same for all"))
        deps.observer.note(report.store)

    each_store(world.deps, SLUGS, Task(job="import-orders", report=empty, work=work))
    assert (len(world.reported.warnings), sorted(world.reported.notes)) == (1, SLUGS)


def test_all_stores_share_one_order_book_and_leave_it_closed(world: StoreOnSandbox) -> None:
    opened: set[int] = set()

    def work(deps: Deps, _report: Report) -> None:
        with deps.database() as database:
            opened.add(id(database._engine))

    each_store(world.deps, SLUGS, Task(job="import-orders", report=empty, work=work))
    assert len(opened) == 1
    assert not world.deps.home.database_file.with_name("orders.db-wal").exists()


def test_a_problem_and_a_report_arrive_whole_from_another_process() -> None:
    problem = Throttled(ProblemName.THROTTLED, operation="searchOrders").with_facts(store="a", seconds=3)
    again = pickle.loads(pickle.dumps(ImportReport(store="a", problem=problem))).problem
    assert (type(again), again.name, again.facts, again.entry) == (
        Throttled,
        problem.name,
        problem.facts,
        problem.entry,
    )
    assert (again.summary, again.operation, str(again)) == (problem.summary, problem.operation, str(problem))


# In processes of their own


def test_a_process_that_is_killed_costs_its_store_alone(world: StoreOnSandbox) -> None:
    task = Task(job="import-orders", report=empty, work=work_elsewhere)
    crew = Crew(size=2, deps=partial(system_deps, dict(world.deps.environ), interactive=False))
    reports = each_store(world.deps, SLUGS, task, crew)
    assert [report.problem.name if report.problem else None for report in reports] == [
        ProblemName.PROCESS_KILLED, None, None, ProblemName.DNS_FAILED, None,
    ]  # fmt: skip
    assert reports[0].problem
    assert "signal 9" in reports[0].problem.summary
    assert os.getpid() not in {report.process for report in reports}
    assert sorted(str(problem.facts["detail"]) for problem in world.reported.warnings) == SLUGS
    assert sorted(world.reported.notes) == [f"{slug} is worked on" for slug in SLUGS]


class Interrupting(ReportedParcel):
    """Ctrl-C comes as soon as something is said."""

    def note(self, text: str) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("stubborn", [False, True])
def test_when_it_is_interrupted_the_processes_stop_too_or_are_killed(
    world: StoreOnSandbox, monkeypatch: pytest.MonkeyPatch, *, stubborn: bool
) -> None:
    if stubborn:
        monkeypatch.setattr(at_once, "_PATIENCE", 1.0)
    task = Task(job="import-orders", report=empty, work=partial(wait_for_ever, stubborn=stubborn))
    crew = Crew(size=2, deps=partial(system_deps, dict(world.deps.environ), interactive=False))
    world.deps.observer = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        each_store(world.deps, SLUGS[:2], task, crew)
    assert [child for child in multiprocessing.active_children() if child.name == "amzlink-store"] == []
    assert (world.deps.home.state / "stopped").exists()


@pytest.mark.needs_postgres
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
class TestMachinesWhoseClocksDiffer:
    """They share the order book, and the server's clock says what came first."""

    @staticmethod
    def machine(world: StoreOnSandbox, ahead: timedelta) -> Deps:
        return replace(world.deps, clock=VirtualClock(world.clock.moment + ahead))

    @staticmethod
    def work(deps: Deps, report: Report) -> None:
        run_job(deps, "import-orders", report, lambda _run: None, dry_run=False)
        assert report.problem is None

    def left_out(self, deps: Deps, work: Callable[[Deps, Report], None]) -> list[str]:
        task = Task(job="import-orders", report=empty, work=work, once=True)
        return [report.store for report in each_store(deps, SLUGS, task) if report.left_out]

    def test_what_one_did_before_the_other_does_again(self, world: StoreOnSandbox) -> None:
        for ahead in (timedelta(hours=5), timedelta(), timedelta(hours=-5)):
            assert self.left_out(self.machine(world, ahead), self.work) == []

    @pytest.mark.parametrize("hours", [5, -5])
    def test_what_one_has_begun_since_the_other_leaves_out(self, world: StoreOnSandbox, hours: int) -> None:
        def work(deps: Deps, report: Report) -> None:
            if report.store == SLUGS[0]:
                self.work(self.machine(world, timedelta(hours=hours)), empty(SLUGS[2]))
            self.work(deps, report)

        assert self.left_out(world.deps, work) == [SLUGS[2]]
