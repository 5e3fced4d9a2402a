"""About how many orders a search will bring, by how much of its window the pages have covered."""

from datetime import UTC, datetime, timedelta

import pytest

from amzlink.core.orders.import_progress import Extent, rounded

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)


def hours(first: int, last: int) -> list[datetime]:
    step = 1 if last >= first else -1
    return [START + timedelta(hours=hour) for hour in range(first, last, step)]


def test_pages_that_rise_through_the_window_tell_about_how_many_there_are() -> None:
    extent = Extent(START, END)
    extent.add(hours(0, 100))
    assert extent.total == 730
    extent.add(hours(100, 300))
    assert extent.total == 720
    assert extent.done == 300
    assert extent.rises


def test_pages_that_fall_tell_it_too() -> None:
    extent = Extent(START, END)
    extent.add(hours(719, 600))
    assert extent.total == 720
    assert not extent.rises


def test_a_search_that_was_gone_on_with_counts_what_is_left() -> None:
    extent = Extent(START, END)
    extent.add(hours(360, 460))
    assert extent.total == 360


@pytest.mark.parametrize("times", [[], hours(5, 6), [*hours(5, 9), *hours(3, 7)]], ids=["none", "one", "no sequence"])
def test_where_nothing_can_be_told_nothing_is(times: list[datetime]) -> None:
    extent = Extent(START, END)
    extent.add(times)
    assert extent.total is None


def test_orders_that_changed_after_the_window_count_as_its_end() -> None:
    extent = Extent(START, END)
    extent.add([*hours(0, 700), END + timedelta(days=3)])
    assert extent.total == 700


@pytest.mark.parametrize(("estimate", "told"), [(7.2, 7), (123.4, 120), (4987, 5000), (99.6, 100)])
def test_an_estimate_is_told_to_two_digits(estimate: float, told: int) -> None:
    assert rounded(estimate) == told
