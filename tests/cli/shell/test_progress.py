"""The line of progress: counts, totals that are known or estimated, countdowns, and when it will be done."""

from datetime import UTC, datetime

import pytest

from amzlink.cli.shell.progress import Work, minutes

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def line(work: Work, now: float) -> str:
    return work.line(now, NOON)


def test_a_work_without_counts_is_named() -> None:
    work = Work()
    work.step(0, "asking Amazon", None, None, about=False)
    assert line(work, 5) == "asking Amazon"


def test_counts_come_with_their_total_where_that_is_known() -> None:
    work = Work()
    work.step(0, "parcels", 1200, None, about=False)
    assert line(work, 1) == "parcels: 1,200"
    work.step(1, "parcels", 1300, 5000, about=False)
    assert line(work, 1) == "parcels: 1,300 of 5,000"


def test_the_time_left_follows_from_the_pace() -> None:
    work = Work()
    for second in range(11):
        work.step(second, "weights", 20 * second, 500, about=False)
    assert line(work, 10) == "weights: 200 of 500; 0:15 left"
    work.step(11, "weights", 220, 50_000, about=False)
    assert line(work, 11) == "weights: 220 of 50,000; done at about 12:41"


def test_a_pace_that_is_not_known_yet_promises_nothing() -> None:
    work = Work()
    work.step(0, "weights", 400, 500, about=False)  # an earlier run's
    assert line(work, 60) == "weights: 400 of 500"
    work.step(1, "weights", 420, 500, about=False)
    assert line(work, 1) == "weights: 420 of 500"


def test_an_import_that_waits_for_the_quota_counts_down_to_the_next_page_and_says_when_it_is_through() -> None:
    work = Work()
    for page in range(20):
        work.step(page, "orders", 100 * page, 5000, about=True)
    work.wait(20, 179, "the next page")
    assert line(work, 38) == "orders: 1,900 of about 5,000; the next page in 2:41; done at about 13:32"
    assert line(work, 38.5).startswith("orders: 1,900 of about 5,000; the next page in 2:40")
    # Once the wait is over, the page is on its way, and the pace of the first twenty pages promises nothing.
    assert line(work, 200) == "orders: 1,900 of about 5,000; done at about 13:29"


def test_a_wait_is_over_with_the_next_step() -> None:
    work = Work()
    work.step(0, "Amazon makes the report", None, None, about=False)
    work.wait(0, 15, "next check")
    assert line(work, 5) == "Amazon makes the report: next check in 0:10"
    work.step(6, "weights", 0, 10, about=False)
    assert line(work, 6) == "weights: 0 of 10"


def test_a_wait_of_a_moment_is_part_of_the_pace() -> None:
    work = Work()
    work.step(0, "weights", 0, 10, about=False)
    work.wait(0, 0.2, "the next listings")
    assert line(work, 0.1) == "weights: 0 of 10"


def test_an_end_on_another_day_names_the_day() -> None:
    work = Work()
    work.step(0, "orders", 100, 100_000, about=True)
    work.step(1, "orders", 200, 100_000, about=True)
    work.wait(1, 179, "the next page")
    assert line(work, 1).endswith("done at about Tue 1 Dec 13:37")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (161, "2:41"), (3600, "1:00:00"), (-3, "0:00")]
)
def test_spans_are_told_in_minutes(seconds: float, text: str) -> None:
    assert minutes(seconds) == text
