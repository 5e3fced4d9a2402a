"""What status finds that needs a person, in which order, and what it says of the last runs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from amzlink.core.diagnosis.alarms import Key, Met, Part, Remembered
from amzlink.core.privacy.trusted_time import Sighting
from amzlink.files.writing import write_private
from amzlink.jobs.diagnosis.needs import Found, failing_jobs, needs_of
from amzlink.jobs.status import JOBS, StoreStatus, status_of
from amzlink.orderbook.orders.fulfilment import KeptRefusal
from amzlink.orderbook.privacy.clock_readings import note_reading
from amzlink.orderbook.runs import Ends, Run, last_ends, note_run
from amzlink.problems import Problem, ProblemName, recalled
from tests.support.rows import each_row
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

IMPORT, PUSH, PURGE = JOBS


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0)


def ran(
    world: StoreOnSandbox, job: str = IMPORT, problem: str | None = None, facts: Mapping[str, str] | None = None
) -> datetime:
    """A run that ended that way, a minute after the one before."""
    world.clock.advance(60)
    at = world.clock.now()
    run = Run(
        job=job, started_at=at, finished_at=at, problem=ProblemName(problem) if problem else None, counts={},
        amazon_time=None, facts=facts or {},
    )  # fmt: skip
    with world.deps.book(SLUG) as book:
        note_run(book, run)
    return at


def look(world: StoreOnSandbox) -> StoreStatus:
    (found,) = status_of(world.deps, [SLUG])
    return found


def needed(world: StoreOnSandbox) -> list[str]:
    return [need.problem.value for need in look(world).needs]


def found(**values: object) -> Found:
    nothing: dict[str, object] = dict.fromkeys(
        (
            "failing",
            "remembered",
            "problems",
            "stopped_with_parcel",
            "overdue",
            "not_confirmed",
            "not_sent",
            "not_imported",
        ),
        (),
    )
    return Found(**{"slug": SLUG, "overdue_count": 0, **nothing, **values})  # type: ignore[arg-type]


class TestRuns:
    def test_a_store_that_never_imported_needs_an_import(self, world: StoreOnSandbox) -> None:
        assert needed(world) == ["import-stale"]

    def test_a_run_that_went_well_needs_nobody(self, world: StoreOnSandbox) -> None:
        at = ran(world)
        assert needed(world) == []
        assert look(world).last_import == Ends(success=at)

    @pytest.mark.parametrize(
        "problem", ["authorisation-revoked", "sendcloud-credentials", "keyring-unavailable"], ids=["77", "77s", "78"]
    )
    @pytest.mark.parametrize("job", JOBS)
    def test_what_will_not_pass_needs_a_person_until_a_run_succeeds(
        self, world: StoreOnSandbox, job: str, problem: str
    ) -> None:
        ran(world)
        first = ran(world, job, problem)
        ran(world, job, problem)
        assert needed(world) == [problem]
        (failing,) = look(world).failing
        assert (failing.job, failing.ends.failing_since, failing.lasts) == (job, first, True)
        ran(world, job)
        assert needed(world) == []

    @pytest.mark.parametrize("problem", ["service-unavailable", "throttled", "run-in-progress", "timeout"])
    def test_what_passes_by_itself_is_told_and_needs_nobody(self, world: StoreOnSandbox, problem: str) -> None:
        ran(world)
        ran(world, IMPORT, problem)
        seen = look(world)
        assert seen.needs == ()
        assert [job.ends.failed_with for job in seen.failing] == [problem]

    def test_one_cause_of_two_jobs_is_one_thing_to_do(self, world: StoreOnSandbox) -> None:
        ran(world)
        for job in (IMPORT, PUSH):
            ran(world, job, "authorisation-revoked")
        assert needed(world) == ["authorisation-revoked"]

    def test_an_import_that_cannot_work_is_not_told_as_stale_too(self, world: StoreOnSandbox) -> None:
        ran(world)
        ran(world, IMPORT, "authorisation-revoked")
        world.clock.advance(timedelta(hours=7).total_seconds())
        assert needed(world) == ["authorisation-revoked"]

    def test_an_import_that_passing_trouble_keeps_from_working_for_hours_is_stale(self, world: StoreOnSandbox) -> None:
        ran(world)
        ran(world, IMPORT, "service-unavailable")
        world.clock.advance(timedelta(hours=7).total_seconds())
        assert needed(world) == ["import-stale"]

    def test_the_words_of_a_failure_have_what_it_was_about(self, world: StoreOnSandbox) -> None:
        ran(world, IMPORT, "config-invalid", {"file": "/srv/config.toml", "detail": "stores.x: no"})
        (failing,) = look(world).failing
        assert failing.problem
        assert "/srv/config.toml" in failing.problem.summary

    def test_a_failure_of_an_earlier_version_is_told_in_general(self) -> None:
        ends = Ends(failed_with="config-invalid", failing_since=datetime(2026, 11, 23))  # noqa: DTZ001
        (need,) = needs_of(found(failing=failing_jobs(SLUG, {IMPORT: ends})))
        assert "<" not in need.summary

    def test_a_name_of_a_later_version_is_shown_as_it_is(self) -> None:
        ends = Ends(failed_with="of-a-later-version", failing_since=datetime(2026, 11, 23))  # noqa: DTZ001
        (failing,) = failing_jobs(SLUG, {IMPORT: ends})
        assert failing.problem is None
        assert needs_of(found(failing=[failing])) == ()

    def test_the_facts_of_a_problem_come_back(self) -> None:
        problem = Problem(ProblemName.RETENTION_OVERDUE, count=1, extra="not told", store_option=" --store x")
        again = recalled("retention-overdue", problem.facts_told)
        assert again is not None
        assert (again.summary, again.next_step) == (problem.summary, problem.next_step)
        assert "extra" not in problem.facts_told


class TestMemoryOfAlarms:
    def remember(
        self, world: StoreOnSandbox, problem: str, *, store: str = SLUG, order: str = "", part: str = ""
    ) -> None:
        now = world.clock.now()
        met = {IMPORT: Met(now, now)}
        entry = Remembered(Key(problem, store, order), now, now, stays=not part, part=part, jobs=met)
        write_private(world.deps.home.state / "alarms.json", msgspec.json.encode({"alarms": [entry]}), durable=False)

    def test_what_never_got_into_the_order_book_counts_too(self, world: StoreOnSandbox) -> None:
        ran(world)
        world.clock.advance(60)
        self.remember(world, "keyring-unavailable")
        assert needed(world) == ["keyring-unavailable"]
        ran(world)
        assert needed(world) == []

    def test_what_kept_only_a_part_of_the_work_from_being_done_counts_too(self, world: StoreOnSandbox) -> None:
        ran(world)
        world.clock.advance(60)
        self.remember(world, "role-missing-listings", part=Part.LISTINGS)
        assert needed(world) == ["role-missing-listings"]

    @pytest.mark.parametrize("minutes", [-10, 10], ids=["clock-ahead", "clock-behind"])
    def test_a_clock_that_is_wrong_hides_nothing_and_brings_nothing_back(
        self, world: StoreOnSandbox, minutes: int
    ) -> None:
        offset = timedelta(minutes=minutes)  # of Amazon's time against this machine's

        def succeed() -> None:
            at = world.clock.now()
            with world.deps.book(SLUG) as book:
                note_reading(book, Sighting(at, offset))
                note_run(
                    book,
                    Run(
                        job=IMPORT, started_at=at + offset, finished_at=at + offset, problem=None, counts={},
                        amazon_time=None, facts={},
                    ),
                )  # fmt: skip

        succeed()
        world.clock.advance(60)
        self.remember(world, "role-missing-listings", part=Part.LISTINGS)
        assert needed(world) == ["role-missing-listings"]
        world.clock.advance(60)
        succeed()
        assert needed(world) == []

    @pytest.mark.parametrize(
        ("problem", "store", "order"),
        [
            ("keyring-unavailable", "another", ""),
            ("service-unavailable", SLUG, ""),
            ("not-scheduled", SLUG, ""),
            ("order-not-found", SLUG, "302-1"),
        ],
        ids=["another-store", "passes", "warning", "one-order"],
    )
    def test_what_does_not_count(self, world: StoreOnSandbox, problem: str, store: str, order: str) -> None:
        ran(world)
        world.clock.advance(60)
        self.remember(world, problem, store=store, order=order)
        assert needed(world) == []


class TestNeeds:
    def test_first_things_come_first(self) -> None:
        refused = KeptRefusal(order_id="302-3", problem=ProblemName.SHIPMENT_REFUSED, reason="tracking-format")
        kept_back = KeptRefusal(order_id="302-4", problem=ProblemName.SENDCLOUD_REFUSED, reason="a/b")
        needs = needs_of(
            found(
                problems=[
                    Problem(ProblemName.RETENTION_OVERDUE, count=1),
                    Problem(ProblemName.NOT_SCHEDULED),
                    Problem(ProblemName.ROLE_MISSING_PII, count=1),
                ],
                stopped_with_parcel=["302-1"],
                overdue=["302-2"],
                overdue_count=1,
                not_confirmed=[refused],
                not_sent=[kept_back],
                not_imported=["302-5"],
            )
        )
        assert [(need.problem.value, need.orders) for need in needs] == [
            ("role-missing-pii", ()),
            ("parcel-of-stopped-order", ("302-1",)),
            ("orders-overdue", ("302-2",)),
            ("shipment-refused", ("302-3",)),
            ("sendcloud-refused", ("302-4",)),
            ("order-not-imported", ("302-5",)),
            ("retention-overdue", ()),
        ]
        assert not any("<" in f"{need.summary}{need.next_step}" for need in needs)

    @each_row("name", ProblemName)
    def test_a_refusal_of_any_kind_is_told_without_a_gap(self, name: ProblemName) -> None:
        for orders in (["302-1"], ["302-1", "302-2"]):
            kept = [KeptRefusal(order_id=order_id, problem=name, reason=None) for order_id in orders]
            (need,) = needs_of(found(not_sent=kept))
            assert "<" not in need.summary
            assert need.orders == tuple(orders)
            assert need.next_step.startswith("For each order: ") == (len(orders) > 1)

    def test_holds_and_warnings_need_nobody(self) -> None:
        warnings = [Problem(name) for name in (ProblemName.NOT_SCHEDULED, ProblemName.SHIP_BY_NEAR)]
        assert needs_of(found(problems=[*warnings, Problem(ProblemName.ROLE_MISSING_REPORTS)])) == ()


def test_the_last_ends_of_a_job_are_found_however_many_there_are(world: StoreOnSandbox) -> None:
    good = ran(world)
    first = ran(world, IMPORT, "throttled")
    last = ran(world, IMPORT, "timeout")
    with world.deps.book(SLUG) as book:
        assert last_ends(book, IMPORT) == Ends(success=good, failure=last, failed_with="timeout", failing_since=first)
        assert last_ends(book, PUSH) == Ends()
    better = ran(world)
    with world.deps.book(SLUG) as book:
        assert last_ends(book, IMPORT) == Ends(success=better, failure=last, failed_with="timeout")
