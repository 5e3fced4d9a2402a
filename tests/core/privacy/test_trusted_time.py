"""One wrong `Date` is never believed; a clock that is wrong for good is, after three runs over two days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from amzlink.core.privacy.trusted_time import (
    CLOSE,
    RUNS_NEEDED,
    SPAN_NEEDED,
    Sighting,
    Trust,
    TrustedTime,
    judge_time,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEVER = timedelta()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TWO_YEARS = timedelta(days=730)
FORTY = timedelta(days=40)


def seen(after: timedelta = NEVER, offset: timedelta | None = NEVER) -> Sighting:
    """A run so long after noon of the machine's clock."""
    return Sighting(NOON + after, offset)


def runs(offset: timedelta, *, start: timedelta = NEVER, every: timedelta = HOUR, count: int = 3) -> list[Sighting]:
    return [seen(start + every * at, offset) for at in range(count)]


def verdicts(history: list[Sighting]) -> list[Trust]:
    """What each run of a history was told, had it been judged in its time."""
    return [judge_time(history[:at], sighting, None).trust for at, sighting in enumerate(history)]


class TestWithinADayOfZero:
    def test_the_first_run_ever_is_trusted_where_the_two_clocks_agree(self) -> None:
        told = judge_time([], seen(offset=HOUR), None)
        assert told == TrustedTime(Trust.TRUSTED, NOON + HOUR, NOON + HOUR, NOON + HOUR)
        assert told.is_trusted

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_day_is_close_and_more_is_not(self, sign: int) -> None:
        assert judge_time([], seen(offset=sign * CLOSE), None).is_trusted
        assert not judge_time([], seen(offset=sign * (CLOSE + timedelta(seconds=1))), None).is_trusted

    def test_the_first_run_ever_is_not_trusted_where_they_differ_and_nothing_is_noted(self) -> None:
        told = judge_time([], seen(offset=FORTY), None)
        assert told == TrustedTime(Trust.DOUBTED, NOON, None, None)

    def test_a_machine_that_slept_for_five_weeks_is_trusted_at_once(self) -> None:
        told = judge_time(runs(NEVER), seen(timedelta(weeks=5)), NOON + 2 * HOUR)
        assert (told.trust, told.time, told.note) == (Trust.TRUSTED, NOON + timedelta(weeks=5), told.time)

    def test_a_machine_whose_clock_stood_still_for_five_weeks_is_doubted_until_it_is_set(self) -> None:
        asleep = [*runs(NEVER), seen(3 * HOUR, timedelta(weeks=5))]
        assert verdicts(asleep)[-1] is Trust.DOUBTED
        assert judge_time(asleep, seen(timedelta(weeks=5)), NOON + 2 * HOUR).is_trusted


class TestOneWrongDate:
    def test_it_is_not_trusted_and_nothing_is_noted_of_it(self) -> None:
        told = judge_time(runs(NEVER), seen(3 * HOUR, TWO_YEARS), NOON + 2 * HOUR)
        assert told == TrustedTime(Trust.DOUBTED, NOON + 3 * HOUR, NOON + 2 * HOUR, NOON + 2 * HOUR)

    def test_leases_are_given_by_the_earlier_of_the_two_times(self) -> None:
        assert judge_time([], seen(offset=TWO_YEARS), None).time == NOON
        assert judge_time([], seen(offset=-FORTY), None).time == NOON - FORTY

    def test_what_is_due_beyond_doubt_goes_by_the_earliest_of_all_times(self) -> None:
        noted = NOON - DAY
        assert judge_time([], seen(offset=TWO_YEARS), noted).sure == noted
        assert judge_time([], seen(offset=-FORTY), noted).sure == NOON - FORTY
        assert judge_time([], seen(offset=TWO_YEARS), NOON + TWO_YEARS).sure == NOON

    def test_the_next_run_in_normal_time_is_trusted(self) -> None:
        assert judge_time([*runs(NEVER), seen(3 * HOUR, TWO_YEARS)], seen(4 * HOUR), NOON + 2 * HOUR).is_trusted

    def test_the_same_wrong_date_again_after_a_right_one_begins_anew(self) -> None:
        wrong = [seen(at * DAY, offset) for at, offset in enumerate((TWO_YEARS, NEVER) * 4)]
        assert [trust for at, trust in enumerate(verdicts(wrong)) if at % 2 == 0] == [Trust.DOUBTED] * 4


class TestAClockThatIsWrongForGood:
    def test_it_is_trusted_by_the_third_run_once_two_days_are_over(self) -> None:
        assert verdicts(runs(FORTY, every=DAY, count=5)) == [Trust.DOUBTED] * 2 + [Trust.TRUSTED] * 3

    def test_three_runs_in_less_than_two_days_are_not_enough(self) -> None:
        assert set(verdicts(runs(FORTY, every=timedelta(minutes=15), count=100))) == {Trust.DOUBTED}
        row = runs(FORTY, every=SPAN_NEEDED / 8, count=9)
        assert verdicts(row) == [Trust.DOUBTED] * 8 + [Trust.TRUSTED]

    def test_two_runs_over_two_days_are_not_enough(self) -> None:
        assert RUNS_NEEDED == 3
        assert set(verdicts(runs(FORTY, every=SPAN_NEEDED, count=2))) == {Trust.DOUBTED}

    def test_from_then_on_its_time_is_amazons(self) -> None:
        history = runs(FORTY, every=DAY, count=4)
        told = judge_time(history, seen(4 * DAY, FORTY + HOUR), NOON)
        assert (told.time, told.sure, told.note) == (NOON + 4 * DAY + FORTY + HOUR,) * 3

    def test_where_it_lags_behind_the_machine_it_is_the_same(self) -> None:
        assert verdicts(runs(-FORTY, every=DAY, count=3))[-1] is Trust.TRUSTED

    def test_an_offset_close_to_the_last_trusted_one_is_trusted(self) -> None:
        history = runs(FORTY, every=DAY)
        assert judge_time(history, seen(3 * DAY, FORTY + CLOSE), NOON).is_trusted
        assert not judge_time(history, seen(3 * DAY, FORTY + CLOSE + HOUR), NOON).is_trusted

    def test_a_clock_that_is_set_right_is_trusted_at_once_and_the_old_offset_no_longer(self) -> None:
        history = [*runs(FORTY, every=DAY), seen(3 * DAY)]
        assert verdicts(history)[-1] is Trust.TRUSTED
        assert not judge_time(history, seen(4 * DAY, FORTY), NOON).is_trusted

    def test_a_run_that_heard_nothing_neither_counts_nor_ends_the_row(self) -> None:
        silent = seen(DAY, None)
        assert verdicts([seen(offset=FORTY), silent, silent, seen(2 * DAY, FORTY)])[-1] is Trust.DOUBTED
        assert verdicts([seen(offset=FORTY), silent, *runs(FORTY, start=2 * DAY, count=2)])[-1] is Trust.TRUSTED

    def test_a_machine_clock_that_was_set_back_is_read_in_the_order_of_the_runs(self) -> None:
        history = [seen(40 * DAY, -FORTY), seen(41 * DAY, -FORTY), seen(2 * DAY)]
        assert verdicts(history) == [Trust.DOUBTED, Trust.DOUBTED, Trust.TRUSTED]


class TestWithoutAWordFromAmazon:
    def test_nothing_is_trusted_and_nothing_is_called_wrong(self) -> None:
        told = judge_time([], seen(offset=None), None)
        assert told == TrustedTime(Trust.UNKNOWN, NOON, None, None)

    def test_what_was_due_at_the_noted_time_is_due(self) -> None:
        noted = NOON - DAY
        assert judge_time(runs(NEVER), seen(3 * HOUR, None), noted).sure == noted

    def test_a_noted_time_that_lies_ahead_of_the_machine_is_no_reason_to_delete(self) -> None:
        assert judge_time([], seen(offset=None), NOON + TWO_YEARS).sure == NOON


class TestANotedTime:
    def test_a_trusted_time_is_noted_and_never_goes_back_by_itself(self) -> None:
        assert judge_time([], seen(HOUR), NOON).note == NOON + HOUR
        ahead = NOON + timedelta(minutes=5)
        assert judge_time([], seen(), ahead).note == ahead

    @pytest.mark.parametrize("old_run_is_known", [True, False])
    def test_the_year_2028_of_an_older_version_is_corrected_by_the_third_trusted_run(
        self, *, old_run_is_known: bool
    ) -> None:
        wrong = datetime(2028, 11, 22, tzinfo=UTC)
        history = [*runs(NEVER), Sighting(NOON + 3 * HOUR, wrong - (NOON + 3 * HOUR))] if old_run_is_known else []
        noted: datetime | None = wrong
        corrected = []
        for at in range(4, 9):
            today = seen(at * HOUR)
            told = judge_time(history, today, noted)
            assert told.is_trusted
            assert told.time == today.amazon, "what is due goes by today's time, never by the noted one"
            history.append(today)
            noted = told.note
            corrected.append(told.corrected)
            assert noted == (wrong if at < 6 else NOON + at * HOUR)
        assert corrected == [False, False, True, False, False]

    def test_runs_before_the_one_that_was_noted_contradict_nothing(self) -> None:
        history = [*runs(NEVER, count=10), seen(10 * HOUR, TWO_YEARS)]
        assert not judge_time(history, seen(11 * HOUR), NOON + 10 * HOUR + TWO_YEARS).corrected

    def test_doubted_and_silent_runs_contradict_nothing(self) -> None:
        noted = NOON + TWO_YEARS
        history = [*runs(-FORTY, count=5), *(seen(at * HOUR, None) for at in range(5, 9))]
        assert not judge_time(history, seen(9 * HOUR), noted).corrected

    def test_a_run_that_reaches_the_noted_time_begins_the_count_anew(self) -> None:
        noted = NOON + TWO_YEARS
        history = [*runs(NEVER, count=2), seen(2 * HOUR, TWO_YEARS), *runs(NEVER, start=3 * HOUR, count=1)]
        assert not judge_time(history, seen(4 * HOUR), noted).corrected
        assert judge_time([*history, seen(4 * HOUR)], seen(5 * HOUR), noted).corrected

    def test_a_noted_time_less_than_a_day_ahead_is_not_contradicted(self) -> None:
        noted = NOON + 20 * HOUR
        told = judge_time(runs(NEVER, count=9), seen(9 * HOUR), noted)
        assert (told.corrected, told.note) == (False, noted)


minutes = st.integers(-600, 600).map(lambda each: timedelta(minutes=each))
steps = st.lists(st.integers(1, 60 * 24 * 40), min_size=1, max_size=30)
wrong_dates = st.integers(2, 20_000).flatmap(
    lambda days: st.sampled_from([timedelta(days=days), -timedelta(days=days)])
)


@given(
    steps=steps, place=st.integers(0, 29), wrong=wrong_dates, true=wrong_dates | st.just(timedelta()), data=st.data()
)
def test_one_wrong_date_in_any_history_is_never_trusted(
    steps: list[int], place: int, wrong: timedelta, true: timedelta, data: st.DataObject
) -> None:
    """Whatever the machine's clock really differs by, and however often the runs come."""
    place %= len(steps)
    assume(abs(wrong - true) > 2 * CLOSE)
    history, at = [], datetime(2126, 1, 1, tzinfo=UTC)
    for number, step in enumerate(steps):
        at += timedelta(minutes=step)
        jitter = data.draw(minutes) / 2
        history.append(Sighting(at, wrong if number == place else true + jitter))
    noted: datetime | None = None
    for number, today in enumerate(history):
        told = judge_time(history[:number], today, noted)
        assert told.trust is not Trust.TRUSTED or number != place
        assert noted is None or told.note is not None
        if number == place:
            assert told.note == noted
            assert told.time <= today.machine
            assert told.sure is None or told.sure <= today.machine
        elif noted is not None and told.note is not None:
            assert told.note >= noted, "a right time never corrects a right one"
        noted = told.note


@given(steps=steps, true=wrong_dates)
def test_a_clock_that_is_wrong_for_good_is_trusted_from_some_run_on_and_then_for_ever(
    steps: list[int], true: timedelta
) -> None:
    at, history = datetime(2126, 1, 1, tzinfo=UTC), []
    for step in steps:
        at += timedelta(minutes=step)
        history.append(Sighting(at, true))
    told = [trust is Trust.TRUSTED for trust in verdicts(history)]
    lasting = [
        number + 1 >= RUNS_NEEDED and each.machine - history[0].machine >= SPAN_NEEDED
        for number, each in enumerate(history)
    ]
    assert told == lasting
