"""Which span of time an import asks for: no change may fall between two runs, whatever they were asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.orders.import_window import (
    FIRST_RUN,
    LONG_GAP,
    OLDEST,
    OVERLAP,
    SETTLED,
    UNDER_WAY_FOR,
    Coverage,
    plan_run,
    since_search,
)
from tests.orderbook.samples import NOW

DE, FR, PL = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1C3SOZRARQ6R3"
TWO_MINUTES = timedelta(minutes=2)
MARKETPLACES = st.sets(st.sampled_from([DE, FR, PL]), min_size=1)


@dataclass(frozen=True)
class Ran:
    """One run of a history: how long after the last one, what it was asked for, and whether it came to its end."""

    after: timedelta
    since: timedelta | None
    marketplace_ids: frozenset[str]
    finished: bool


RUNS = st.lists(
    st.builds(
        Ran,
        after=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=900)),
        since=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2000)),
        marketplace_ids=MARKETPLACES.map(frozenset),
        finished=st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def test_a_first_run_asks_for_thirty_days_of_changes_and_sweeps_what_is_to_ship_however_old() -> None:
    plan = plan_run(None, [DE], NOW)
    assert plan.changes.start == NOW - FIRST_RUN
    assert plan.sweep is not None
    assert (plan.sweep.start, plan.sweep.end) == (NOW - OLDEST, plan.changes.end)
    assert plan.sweep_marketplace_ids == (DE,)


def test_a_first_run_with_since_asks_for_changes_since_then_and_still_sweeps() -> None:
    plan = plan_run(None, [DE], NOW, since=NOW - timedelta(days=7))
    assert plan.changes.start == NOW - timedelta(days=7)
    assert plan.sweep is not None
    assert plan.sweep.end == plan.changes.end


def test_a_later_run_goes_back_over_the_last_success_by_an_overlap() -> None:
    plan = plan_run(Coverage(NOW - timedelta(hours=1), (DE,)), [DE], NOW)
    assert plan.changes.start == NOW - timedelta(hours=1) - OVERLAP
    assert plan.sweep is None
    assert plan.sweep_marketplace_ids == ()


def test_a_later_since_reaches_back_further() -> None:
    plan = plan_run(Coverage(NOW - timedelta(hours=1), (DE,)), [DE], NOW, since=NOW - timedelta(days=9))
    assert plan.changes.start == NOW - timedelta(days=9)


def test_a_later_since_never_moves_the_start_across_a_gap() -> None:
    until = NOW - timedelta(days=3)
    plan = plan_run(Coverage(until, (DE,)), [DE], NOW, since=NOW - timedelta(hours=1))
    assert plan.changes.start == until - OVERLAP


def test_a_marketplace_that_is_new_is_asked_for_like_a_first_run() -> None:
    plan = plan_run(Coverage(NOW - timedelta(hours=1), (DE,)), [DE, FR, PL], NOW)
    assert set(plan.sweep_marketplace_ids) == {DE, FR, PL}
    assert plan.changes.start == NOW - FIRST_RUN
    assert plan.sweep is not None
    assert (plan.sweep.start, plan.sweep.end) == (NOW - OLDEST, plan.changes.end)


def test_a_marketplace_that_is_new_is_swept_alone_where_the_changes_of_the_others_are_few() -> None:
    since = NOW - timedelta(hours=2)
    plan = plan_run(Coverage(NOW - timedelta(hours=1), (DE,)), [DE, FR, PL], NOW, since=since)
    assert set(plan.sweep_marketplace_ids) == {FR, PL}


@pytest.mark.parametrize(("days", "swept"), [(0.9, False), (1.1, True)])
def test_after_a_long_gap_what_is_to_ship_comes_first(days: float, swept: bool) -> None:
    plan = plan_run(Coverage(NOW - timedelta(days=days), (DE, FR)), [DE, FR], NOW)
    assert set(plan.sweep_marketplace_ids) == ({DE, FR} if swept else set())
    assert (plan.sweep is not None) == swept


def test_a_marketplace_that_was_taken_away_changes_nothing() -> None:
    coverage = Coverage(NOW - timedelta(hours=1), (DE, FR))
    assert plan_run(coverage, [DE], NOW) == plan_run(Coverage(coverage.until, (DE,)), [DE], NOW)


def test_nothing_older_than_amazon_gives_is_asked_for() -> None:
    plan = plan_run(Coverage(NOW - timedelta(days=3000), (DE,)), [DE, FR], NOW, since=NOW - timedelta(days=5000))
    assert plan.changes.start == NOW - OLDEST
    assert NOW - plan.changes.start < timedelta(days=730)


def test_a_last_success_that_lies_a_moment_ahead_does_not_turn_the_window_round() -> None:
    plan = plan_run(Coverage(NOW + timedelta(minutes=1), (DE,)), [DE], NOW)
    assert plan.changes.start == plan.changes.end - OVERLAP
    assert plan.sweep is None


def test_a_last_success_under_a_wrong_clock_is_none_since_nobody_knows_how_far_it_reaches() -> None:
    assert plan_run(Coverage(NOW + timedelta(days=400), (DE,)), [DE], NOW) == plan_run(None, [DE], NOW)


def test_a_since_that_is_later_than_the_end_gives_an_empty_window_and_no_turned_one() -> None:
    plan = plan_run(None, [DE], NOW, since=NOW - timedelta(seconds=30))
    assert plan.changes.start == plan.changes.end


@given(RUNS)
@settings(deadline=None)
def test_the_ends_of_all_windows_are_at_least_two_minutes_past_and_behind_their_starts(runs: list[Ran]) -> None:
    coverage, now = None, datetime(2026, 1, 1, tzinfo=UTC)
    for run in runs:
        now += run.after
        plan = plan_run(coverage, run.marketplace_ids, now, now - run.since if run.since is not None else None)
        for window in filter(None, (plan.changes, plan.sweep)):
            assert window.end <= now - TWO_MINUTES
            assert now - timedelta(days=730) < window.start <= window.end
        if run.finished:
            coverage = Coverage(plan.changes.end, tuple(run.marketplace_ids))


@given(RUNS)
@settings(deadline=None)
def test_the_windows_of_any_history_of_runs_leave_no_gap(runs: list[Ran]) -> None:
    """Per marketplace: whatever changed since its first run is in a window, as far back as Amazon gives it at all."""
    coverage, now = None, datetime(2026, 1, 1, tzinfo=UTC)
    covered_until: dict[str, datetime] = {}
    for run in runs:
        now += run.after
        plan = plan_run(coverage, run.marketplace_ids, now, now - run.since if run.since is not None else None)
        for marketplace in run.marketplace_ids:
            known = covered_until.get(marketplace)
            if known is not None:
                assert plan.changes.start <= max(known - OVERLAP, now - OLDEST)
            else:
                assert plan.changes.start == now - OLDEST or marketplace in plan.sweep_marketplace_ids
        if plan.sweep:
            assert (plan.sweep.start, plan.sweep.end) == (now - OLDEST, plan.changes.end)
        if run.finished:
            coverage = Coverage(plan.changes.end, tuple(run.marketplace_ids))
            covered_until = dict.fromkeys(run.marketplace_ids, plan.changes.end)


@given(RUNS)
@settings(deadline=None)
def test_marketplaces_that_no_finished_run_has_covered_are_swept_and_after_a_long_gap_all(
    runs: list[Ran],
) -> None:
    coverage, now = None, datetime(2026, 1, 1, tzinfo=UTC)
    for run in runs:
        now += run.after
        plan = plan_run(coverage, run.marketplace_ids, now)
        new = run.marketplace_ids - set(coverage.marketplace_ids if coverage else ())
        is_long = plan.changes.end - plan.changes.start > LONG_GAP
        assert set(plan.sweep_marketplace_ids) == (run.marketplace_ids if is_long else new)
        assert (plan.sweep is not None) == bool(plan.sweep_marketplace_ids)
        if run.finished:
            coverage = Coverage(plan.changes.end, tuple(run.marketplace_ids))


@given(minutes=st.integers(0, 10_000))
def test_what_came_since_a_search_begins_before_its_end_and_only_once_that_is_a_while_ago(minutes: int) -> None:
    end = NOW - timedelta(minutes=minutes)
    window = since_search(end, NOW)
    if window is None:
        assert NOW - SETTLED - end < UNDER_WAY_FOR
    else:
        assert (window.start, window.end) == (end - OVERLAP, NOW - SETTLED)
