"""Amazon's time, from the Date header: windows are reckoned in it, however wrong this machine's clock is."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from amzlink.problems import Problem
from tests.amazon.bench import bench, ok, refused, token_answer
from tests.support.world import VirtualClock

HERE = VirtualClock().now()


def dated(answer: httpx.Response, moment: datetime) -> httpx.Response:
    answer.headers["date"] = format_datetime(moment.astimezone(UTC), usegmt=True)
    return answer


@pytest.mark.parametrize("days", [2, -2])
def test_a_clock_two_days_off_is_noticed_by_how_much_and_which_way(days: int) -> None:
    with bench(dated(ok(), HERE + timedelta(days=days))) as made:
        made.ask()
        assert made.link.offset == timedelta(days=days)
        assert made.link.amazon_now() == HERE + timedelta(days=days)


def test_amazons_time_goes_on_between_answers() -> None:
    with bench(dated(ok(), HERE + timedelta(days=2))) as made:
        made.ask()
        made.clock.advance(90)
        assert made.link.amazon_now() == HERE + timedelta(days=2, seconds=90)


@pytest.mark.parametrize("seconds", [-2, -1, 0, 1, 2])
def test_a_difference_of_two_seconds_is_the_way_and_the_headers_grain(seconds: int) -> None:
    with bench(dated(ok(), HERE + timedelta(seconds=seconds))) as made:
        made.ask()
        assert made.link.amazon_now() == HERE


def test_a_clock_that_was_set_right_in_between_is_believed_again() -> None:
    with bench(dated(ok(), HERE + timedelta(days=2)), dated(ok(), HERE)) as made:
        made.ask()
        made.ask()
        assert made.link.offset == timedelta(0)


def test_a_refusal_tells_the_time_too() -> None:
    with bench(dated(refused(403), HERE + timedelta(days=2))) as made, pytest.raises(Problem):
        made.ask()
    assert made.link.offset == timedelta(days=2)


def test_asking_for_the_time_costs_one_token_call_and_that_only_once() -> None:
    with bench(lwa=[dated(token_answer(), HERE - timedelta(days=2))]) as made:
        assert made.link.learn_time() == HERE - timedelta(days=2)
        assert made.link.learn_time() == HERE - timedelta(days=2)
        assert made.link.calls == {"getToken": 1}


@pytest.mark.parametrize("text", [None, "", "yesterday", "Mon, 99 Nov 2026 09:30:00 GMT", "1795253400"])
def test_without_a_time_that_can_be_read_the_machines_own_counts(text: str | None) -> None:
    answer = ok()
    if text is not None:
        answer.headers["date"] = text
    with bench(answer) as made:
        made.ask()
        assert made.link.amazon_now() == HERE


@pytest.mark.parametrize(
    "text", ["Wed, 25 Nov 2026 09:30:00 GMT", "Wed, 25 Nov 2026 10:30:00 +0100", "25 Nov 2026 09:30:00 -0000"]
)
def test_the_header_is_read_in_every_zone_it_may_be_in(text: str) -> None:
    answer = ok()
    answer.headers["date"] = text
    with bench(answer) as made:
        made.ask()
        assert made.link.amazon_now() == HERE + timedelta(days=2)


def test_a_token_of_an_hour_lasts_an_hour_on_a_clock_that_is_two_days_off() -> None:
    early = HERE - timedelta(days=2)
    with bench(ok(), ok(), ok(), lwa=[dated(token_answer(1), early), dated(token_answer(2), early)]) as made:
        made.ask()
        made.clock.advance(3000)
        made.ask()
        made.clock.advance(600)
        made.ask()
        assert made.amazon.tokens[0] == made.amazon.tokens[1] != made.amazon.tokens[2]
