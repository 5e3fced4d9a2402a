"""Which slices of time a search reads: full pages of unread orders, the most urgent first, none twice."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.orders.reading_plan import Moment, plan_slices


def moments(unread: Sequence[int], due: Sequence[int] = ()) -> list[Moment]:
    """One order a second; `unread` has 1 where it is not read, and `due` when it is to be shipped."""
    return [Moment(at, 1, here, here * when) for at, (here, when) in enumerate(zip(unread, due or unread, strict=True))]


def spans(found: Sequence[int], due: Sequence[int] = (), *, page: int = 3, most: int = 9) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in plan_slices(moments(found, due), page, most, fewest=1)]


def test_a_slice_has_as_many_unread_orders_as_a_page_can_hold() -> None:
    assert spans([1, 0, 1, 1, 1, 1, 0, 1])[0] == (2, 4)


def test_of_full_pages_the_most_urgent_is_read_first() -> None:
    assert spans([1] * 9, [9, 9, 9, 1, 1, 1, 5, 5, 5]) == [(3, 5), (6, 8), (0, 2)]


def test_what_was_read_counts_on_a_page_too() -> None:
    assert spans([1, 0, 0, 0, 1]) == [(0, 2), (4, 4)]


def test_a_slice_that_brings_too_few_is_left_to_the_other_quota() -> None:
    assert plan_slices(moments([1, 0, 0, 1, 1]), 3, 9, fewest=2)[0].unread == 2
    assert plan_slices(moments([1, 0, 0, 1, 0]), 3, 9, fewest=2) == []


def test_a_second_with_more_orders_than_a_page_is_a_slice_of_its_own() -> None:
    (found,) = plan_slices([Moment(7, 250, 250, 0)], 100, 1, fewest=25)
    assert (found.start, found.end, found.orders) == (7, 7, 250)


@given(st.lists(st.integers(0, 1), max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_slices_do_not_overlap_and_fit_on_a_page(unread: list[int], page: int, most: int) -> None:
    found = plan_slices(moments(unread), page, most, fewest=1)
    assert len(found) <= most
    seconds = [second for each in found for second in range(each.start, each.end + 1)]
    assert len(seconds) == len(set(seconds))
    assert all(each.orders <= page and each.unread == sum(unread[each.start : each.end + 1]) for each in found)
    if len(found) < most:
        assert sum(each.unread for each in found) == sum(unread)
