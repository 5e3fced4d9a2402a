"""A run: opened as far as it is used, locked, recorded and closed, whatever happens in it."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from amzlink.core.privacy.trusted_time import Trust
from amzlink.core.shipments.parcels import SealedParcels
from amzlink.orderbook.health import last_runs, recent_runs
from amzlink.problems import Problem, ProblemName
from amzlink.run import JOBS, StoreRun, run_job
from amzlink.store_locks import store_lock
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


@dataclass
class Report:
    """What a job would tell."""

    store: str = SLUG
    api_calls: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None

    def counts(self) -> Mapping[str, int]:
        return {"done": 1}


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5, test=True)


def runs(world: StoreOnSandbox) -> list[dict[str, Any]]:
    with world.deps.database() as database:
        return recent_runs(database, 10)


def logged(world: StoreOnSandbox) -> list[dict[str, Any]]:
    lines = [line for file in world.deps.home.log.glob("*.jsonl") for line in file.read_text().splitlines()]
    return [entry for entry in map(json.loads, lines) if entry["event"] == "run"]


class TestWhatIsOpened:
    def test_who_looks_at_orders_needs_no_key_and_takes_no_lock(self, world: StoreOnSandbox) -> None:
        with store_lock(world.deps, SLUG, "import-orders"), StoreRun(world.deps, SLUG) as run:
            assert last_runs(run.book, "import-orders").success is None
        assert world.transport.calls == []
        assert world.deps.secrets.get(SLUG, "vault-key") is None

    def test_each_part_is_opened_once_and_its_calls_are_counted(self, world: StoreOnSandbox) -> None:
        with StoreRun(world.deps, SLUG) as run:
            assert run.amazon is run.amazon
            assert run.book is run.book
            run.learn_time()
            run.learn_time()
            assert run.calls == {"getToken": 1}

    def test_its_time_is_amazons_once_that_was_heard(self, world: StoreOnSandbox) -> None:
        with StoreRun(world.deps, SLUG) as run:
            assert (run.now(), run.time.trust) == (world.clock.now(), Trust.UNKNOWN)
            told = run.learn_time()
            assert run.time.time == told == run.now()
            assert run.time.is_trusted

    def test_what_others_have_sealed_since_can_be_opened_once_the_keys_are_read_again(
        self, world: StoreOnSandbox
    ) -> None:
        with StoreRun(world.deps, SLUG) as first, StoreRun(world.deps, SLUG) as second:
            before = first.sealed.chain_ids
            second.sealed.seal_parcels("302-1", SealedParcels("00"), world.clock.now().date())
            first.sealed.read_again()
            assert before == {}
            assert first.sealed.chain_ids == second.sealed.chain_ids != {}


class TestAJob:
    def test_leaves_its_record_in_the_book_and_in_the_log(self, world: StoreOnSandbox) -> None:
        report = Report()
        run_job(world.deps, "import-orders", report, lambda run: world.clock.advance(7), dry_run=False)
        (record,) = runs(world)
        assert (record["job"], record["problem"], json.loads(record["counts"])) == ("import-orders", None, {"done": 1})
        (line,) = logged(world)
        assert (line["store"], line["job"], line["seconds"], line["done"]) == (SLUG, "import-orders", 7.0, 1)
        assert (report.problem, report.seconds) == (None, 7.0)

    def test_that_is_stopped_has_its_problem_with_the_store_recorded_and_its_calls_counted(
        self, world: StoreOnSandbox
    ) -> None:
        def work(run: StoreRun) -> None:
            run.learn_time()
            raise Problem(ProblemName.THROTTLED, operation="searchOrders", max_wait="5 minutes")

        report = Report()
        run_job(world.deps, "import-orders", report, work, dry_run=False)
        (record,) = runs(world)
        assert (record["problem"], record["amazon_time"] is None) == ("throttled", False)
        assert report.problem is not None
        assert report.problem.facts["store"] == SLUG
        assert report.api_calls == {"getToken": 1}

    def test_that_keeps_nothing_is_not_in_the_book(self, world: StoreOnSandbox) -> None:
        run_job(world.deps, "push-status", Report(), lambda run: None, dry_run=True)
        assert runs(world) == []
        assert [line["job"] for line in logged(world)] == ["push-status"]

    @pytest.mark.parametrize("busy", JOBS)
    def test_is_alone_with_its_locks_and_waits_for_no_other_job(self, world: StoreOnSandbox, busy: str) -> None:
        done: list[str] = []
        report = Report()
        with store_lock(world.deps, SLUG, busy):
            run_job(
                world.deps, "purge-pii", report, lambda run: done.append(run.slug), dry_run=False,
                also_locked=("import-orders",),
            )  # fmt: skip
        stopped = busy in ("purge-pii", "import-orders")
        assert (report.problem is not None and report.problem.name is ProblemName.RUN_IN_PROGRESS) == stopped
        assert done == ([] if stopped else [SLUG])

    @pytest.mark.parametrize("job", ["import-orders", "push-status"])
    def test_waits_for_a_purge_that_is_at_work_and_says_so(self, world: StoreOnSandbox, job: str) -> None:
        report, purging = Report(), ExitStack()
        for each in JOBS:
            purging.enter_context(store_lock(world.deps, SLUG, each))
        ends = Timer(0.3, purging.close)
        ends.start()
        run_job(world.deps, job, report, lambda run: None, dry_run=False)
        ends.join()
        assert report.problem is None
        assert [
            line
            for line in world.reported.progress_lines
            if "waiting for a command that has demo-shop to itself" in line
        ]

    def test_that_has_a_bug_lets_go_of_its_locks(self, world: StoreOnSandbox) -> None:
        def work(run: StoreRun) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            run_job(world.deps, "import-orders", Report(), work, dry_run=False)
        report = Report()
        run_job(world.deps, "import-orders", report, lambda run: None, dry_run=False)
        assert report.problem is None
