"""When a run that nobody watches says something."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.diagnosis.alarms import AGAIN, LASTS, Judgement, Key, Met, Remembered, Trouble, judge

NIGHT = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DOWN = Trouble(Key("service-unavailable", "shop"), passes=True)
REVOKED = Trouble(Key("authorisation-revoked", "shop"))
REFUSED = Trouble(Key("sendcloud-refused", "shop", "302-1234567-1234567"))
JOB = "import-orders"


def remembered(*jobs: str) -> Remembered:
    return Remembered(REVOKED.key, NIGHT, NIGHT, NIGHT, jobs=dict.fromkeys(jobs or (JOB,), Met(NIGHT, NIGHT)))


def told_at(runs: list[tuple[timedelta, list[Trouble]]]) -> list[tuple[timedelta, str]]:
    """What the runs tell, one after the other; `-name` is the end of a trouble."""
    memory: tuple[Remembered, ...] = ()
    said = []
    for after, troubles in runs:
        stopped = any(not trouble.key.order for trouble in troubles)
        done: Judgement = judge(memory, JOB, troubles, () if stopped else ("shop", ""), NIGHT + after)
        said += [(after, key.problem) for key in sorted(done.tell)]
        said += [(after, f"-{over.key.problem}") for over in done.over]
        memory = done.memory
    return said


def every_quarter(count: int, troubles: list[Trouble], start: int = 0) -> list[tuple[timedelta, list[Trouble]]]:
    return [(QUARTER * (start + number), troubles) for number in range(count)]


def test_an_outage_of_minutes_is_never_told() -> None:
    assert told_at([*every_quarter(4, [DOWN]), *every_quarter(4, [], 4)]) == []


def test_an_outage_of_hours_is_told_once_it_has_lasted_an_hour_and_so_is_its_end() -> None:
    said = told_at([*every_quarter(12, [DOWN]), *every_quarter(4, [], 12)])
    assert said == [(LASTS, "service-unavailable"), (QUARTER * 12, "-service-unavailable")]


def test_a_success_between_starts_the_hour_again() -> None:
    runs = [(QUARTER * number, [DOWN] if number % 4 else []) for number in range(40)]
    assert told_at(runs) == []


def test_a_job_that_runs_once_a_night_tells_it_at_its_second_failure() -> None:
    nights = [(timedelta(days=number), [DOWN]) for number in range(3)]
    assert told_at(nights) == [(timedelta(days=1), "service-unavailable"), (timedelta(days=2), "service-unavailable")]


def test_what_needs_a_person_is_told_at_once_and_then_once_a_day() -> None:
    said = told_at(every_quarter(3 * 96, [REVOKED]))
    assert said == [(timedelta(days=number), "authorisation-revoked") for number in range(3)]


def test_an_order_is_told_once_a_day_and_not_called_over() -> None:
    assert told_at([*every_quarter(8, [REFUSED]), *every_quarter(8, [], 8)]) == [(timedelta(), "sendcloud-refused")]


def test_another_trouble_does_not_end_the_first() -> None:
    said = told_at([(timedelta(), [REVOKED]), *every_quarter(8, [DOWN], 1), (QUARTER * 9, [])])
    assert [name for _, name in said] == [
        "authorisation-revoked",
        "service-unavailable",
        "-authorisation-revoked",
        "-service-unavailable",
    ]


def test_one_stores_success_does_not_end_anothers_trouble() -> None:
    done = judge((remembered(),), JOB, [], ("other", ""), NIGHT + QUARTER)
    assert not done.over
    assert [entry.key for entry in done.memory] == [REVOKED.key]


@given(st.lists(st.tuples(st.integers(1, 600), st.sampled_from([[], [DOWN], [REVOKED], [DOWN, REVOKED]])), max_size=60))
def test_whatever_happens_nothing_is_told_twice_within_a_day_without_a_success_between(
    steps: list[tuple[int, list[Trouble]]],
) -> None:
    minutes, runs = 0, []
    for step, troubles in steps:
        minutes += step
        runs.append((timedelta(minutes=minutes), troubles))
    last: dict[str, timedelta] = {}
    for at, name in told_at(runs):
        if name.startswith("-"):
            del last[name[1:]]
        else:
            assert name not in last or at - last[name] >= AGAIN
            last[name] = at


def test_a_clock_that_was_put_back_keeps_no_alarm_silent() -> None:
    done = judge((remembered(),), JOB, [REVOKED], (), NIGHT - timedelta(days=400))
    assert done.tell == {REVOKED.key}


def test_two_jobs_that_meet_the_same_tell_it_once_and_its_end_when_both_are_through() -> None:
    memory: tuple[Remembered, ...] = ()
    said = []
    for quarter in range(12):
        for job, minutes in (("import-orders", 0), ("push-status", 7)):
            after = QUARTER * quarter + timedelta(minutes=minutes)
            mended = quarter >= (8 if job == "import-orders" else 9)
            done = judge(memory, job, [] if mended else [DOWN], ("shop", "") if mended else (), NIGHT + after)
            said += [(after, job)] * len(done.tell) + [(after, f"{job}, over")] * len(done.over)
            memory = done.memory
    assert said == [(LASTS, "import-orders"), (QUARTER * 9 + timedelta(minutes=7), "push-status, over")]
    assert memory == ()


def test_a_job_that_does_not_meet_it_does_not_end_it_for_another() -> None:
    done = judge((remembered("push-status"),), JOB, [], ("shop", ""), NIGHT + QUARTER)
    assert not done.over
    assert done.memory == (remembered("push-status"),)


def test_the_hour_counts_from_the_first_failure_of_a_job_without_a_success_of_its_own_between() -> None:
    memory: tuple[Remembered, ...] = ()
    for step in range(40):  # the jobs fail in turn, so that one of them always has it
        failing, fine = ("import-orders", "push-status") if step % 2 else ("push-status", "import-orders")
        now = NIGHT + QUARTER * step
        memory = judge(memory, failing, [DOWN], (), now).memory
        done = judge(memory, fine, [], ("shop", ""), now)
        assert not done.tell
        memory = done.memory


def test_the_end_does_not_wait_for_a_job_that_runs_once_a_day() -> None:
    memory = judge((), "purge-pii", [REVOKED], (), NIGHT).memory
    for quarter in range(8):
        memory = judge(memory, JOB, [REVOKED], (), NIGHT + QUARTER * quarter).memory
    done = judge(memory, JOB, [], ("shop", ""), NIGHT + QUARTER * 8)
    assert [over.key for over in done.over] == [REVOKED.key]
    assert done.memory == ()


def test_two_services_that_fail_alike_are_one_trouble_whose_hour_runs_on() -> None:
    beside = Trouble(DOWN.key, passes=True, stays=True)
    said = told_at([*every_quarter(8, [DOWN, beside]), *every_quarter(2, [], 8)])
    assert said == [(LASTS, "service-unavailable"), (QUARTER * 8, "-service-unavailable")]
    mixed = judge((), JOB, [DOWN, Trouble(DOWN.key)], (), NIGHT)
    assert mixed.tell == {DOWN.key}


def test_what_only_some_runs_meet_is_over_once_its_part_of_the_work_was_done() -> None:
    listings = Trouble(Key("role-missing-listings", "shop"), stays=False, part="listings")
    told = judge((), JOB, [listings], ("shop",), NIGHT)
    quiet = judge(told.memory, JOB, [], ("shop",), NIGHT + QUARTER)
    assert (quiet.over, quiet.memory) == ((), told.memory)
    for other in (("shop", "report"), ("outlet", "listings")):
        assert judge(quiet.memory, JOB, [], ("shop",), NIGHT + QUARTER, [other]).over == ()
    done = judge(quiet.memory, JOB, [], ("shop",), NIGHT + 2 * QUARTER, [("shop", "listings")])
    assert [(over.key, over.since) for over in done.over] == [(listings.key, NIGHT)]
    assert done.memory == ()


def test_what_was_a_warning_first_and_stops_a_run_later_has_an_end() -> None:
    warning = judge((), JOB, [Trouble(REVOKED.key, stays=False)], ("shop",), NIGHT)
    stopping = judge(warning.memory, JOB, [REVOKED], (), NIGHT + QUARTER)
    assert [over.key for over in judge(stopping.memory, JOB, [], ("shop",), NIGHT + LASTS).over] == [REVOKED.key]


def test_what_concerns_one_order_is_forgotten_after_a_week_and_never_called_over() -> None:
    refused = Remembered(REFUSED.key, NIGHT, NIGHT, NIGHT)
    for after, kept in ((timedelta(days=6), (refused,)), (timedelta(days=8), ())):
        done = judge((refused,), JOB, (), ("shop", ""), NIGHT + after)
        assert (done.memory, done.over) == (kept, ())
