"""Which way confirmations take."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.shipments.route import FEEDS_APART, Pace, to_send_singly

RATE = 2.0


def pace(**fields: float) -> Pace:
    return Pace(**{"tokens": 10, "rate": RATE, "feed_seconds": 120.0, "feed_in": 0.0, **fields})  # type: ignore[arg-type]


def test_few_go_one_by_one() -> None:
    assert to_send_singly(250, pace()) == 250


def test_many_go_by_feed() -> None:
    assert to_send_singly(10_000, pace()) == 0


def test_where_both_take_as_long_no_feed_is_made() -> None:
    assert to_send_singly(10 + int(RATE * 120), pace()) == 10 + int(RATE * 120)


def test_while_a_feed_would_come_too_soon_the_quota_is_used() -> None:
    assert to_send_singly(10_000, pace(feed_in=600.0)) == 10 + int(RATE * 600)


@pytest.mark.parametrize("feed_in", [0.0, FEEDS_APART])
def test_nothing_to_send_is_nothing(feed_in: float) -> None:
    assert to_send_singly(0, pace(feed_in=feed_in)) == 0


@given(st.integers(0, 50_000), st.integers(0, 10), st.floats(1.0, 3600.0), st.floats(0.0, FEEDS_APART))
def test_the_choice_is_never_much_slower_than_the_faster_way(
    count: int, tokens: int, feed_seconds: float, feed_in: float
) -> None:
    at = pace(tokens=tokens, feed_seconds=feed_seconds, feed_in=feed_in)
    singly = to_send_singly(count, at)
    all_singly = max(0, count - tokens) / RATE
    taken = max(0, singly - tokens) / RATE + (feed_seconds if singly < count else 0.0)
    assert 0 <= singly <= count
    assert taken <= min(all_singly, feed_in + feed_seconds) + 1 or math.isclose(taken, all_singly)
