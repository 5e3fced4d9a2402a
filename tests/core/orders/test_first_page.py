"""What a first page tells of how many orders there are."""

from datetime import UTC, datetime, timedelta

from amzlink.core.orders.first_page import oldest_part

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minutes: list[int]) -> list[datetime]:
    return [NOON + timedelta(minutes=each) for each in minutes]


def test_the_oldest_orders_of_a_page_without_sequence_are_a_part_of_it() -> None:
    page = [number * 37 % 100 for number in range(100)]
    part = oldest_part(at(page), 0.05)
    assert part is not None
    assert (part.until, part.share) == (NOON + timedelta(minutes=4), 0.05)


def test_a_page_that_follows_time_is_no_sample_and_a_small_one_tells_nothing() -> None:
    assert oldest_part(at(list(range(100))), 0.05) is None
    assert oldest_part(at(list(range(100))[::-1]), 0.05) is None
    assert oldest_part(at([5] * 100), 0.05) is None
    assert oldest_part(at([3, 1, 2]), 0.05) is None


def test_many_orders_of_one_moment_are_no_small_part() -> None:
    assert oldest_part(at([9, 8, *[0] * 98]), 0.05) is None
