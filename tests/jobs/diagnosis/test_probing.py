"""How long the calls of a check may wait for another try."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from amzlink.jobs.diagnosis.probing import limits_of_check


@given(st.integers(1, 600).map(lambda seconds: timedelta(seconds=seconds)))
def test_the_waits_of_a_check_leave_more_than_half_of_its_time_for_answers(limit: timedelta) -> None:
    limits = limits_of_check(limit)
    assert limits.call == limit
    assert limits.waits < limit / 2


def test_a_check_of_ten_seconds_waits_four_at_most() -> None:
    assert limits_of_check(timedelta(seconds=10)).waits == timedelta(seconds=4)
