"""Which way orders come faster, by what is known of the pages to go and by what the quotas allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.orders.route import PAGE, REPORT_SECONDS, Guess, Pace, choose_route

PUBLISHED = 0.0056
paces = st.builds(Pace, st.floats(0, 20), st.floats(0.001, 100), st.floats(0, 10_000))
guesses = st.lists(st.builds(Guess, st.integers(0, 300_000), st.booleans()), max_size=3)
read = st.integers(0, 10_000)


@given(read=read, guesses=guesses, pace=paces)
def test_the_way_that_takes_less_time_is_chosen(read: int, guesses: list[Guess], pace: Pace) -> None:
    choice = choose_route(read, guesses, pace)
    assert (choice.route == "report") == (choice.report_seconds < choice.search_seconds)
    assert choice.report_seconds == REPORT_SECONDS + pace.report_calls
    assert choice.search_seconds == max(0.0, choice.pages - pace.at_once) / pace.rate


@given(read=read, guesses=guesses, pace=paces)
def test_the_pages_to_go_hold_what_is_guessed_and_no_page_more(read: int, guesses: list[Guess], pace: Pace) -> None:
    choice = choose_route(read, guesses, pace)
    left = max([guess.orders - read for guess in guesses], default=0)
    assert choice.pages >= 1
    assert (choice.pages - 1) * PAGE < max(left, 1) <= choice.pages * PAGE


@given(read=read, guesses=guesses, pace=paces, more=st.integers(1, 100_000))
def test_more_orders_never_speak_for_the_search(read: int, guesses: list[Guess], pace: Pace, more: int) -> None:
    most = max([guess.orders for guess in guesses], default=0)
    fewer = choose_route(read, guesses, pace)
    after = choose_route(read, [*guesses, Guess(most + more)], pace)
    assert after.search_seconds >= fewer.search_seconds
    assert (fewer.route, after.route) != ("report", "search")


@given(read=read, guesses=guesses, pace=paces, factor=st.floats(1, 100))
def test_a_quota_that_refills_faster_never_speaks_for_the_report(
    read: int, guesses: list[Guess], pace: Pace, factor: float
) -> None:
    faster = Pace(pace.at_once, pace.rate * factor, pace.report_calls)
    choices = choose_route(read, guesses, pace).route, choose_route(read, guesses, faster).route
    assert choices != ("search", "report")


@given(read=read, guesses=guesses, pace=paces)
def test_where_no_more_is_known_than_that_a_page_follows_it_is_at_least_that(
    read: int, guesses: list[Guess], pace: Pace
) -> None:
    known = [guess for guess in guesses if guess.orders > read]
    choice = choose_route(read, guesses, pace)
    if not known:
        assert (choice.pages, choice.at_least) == (1, True)
    assert choice.at_least or not max(known, key=lambda guess: guess.orders).at_least


@given(read=read, guesses=guesses, pace=paces)
def test_what_comes_at_once_is_never_left_to_a_report(read: int, guesses: list[Guess], pace: Pace) -> None:
    choice = choose_route(read, guesses, pace)
    assert choice.route == "search" or choice.pages > pace.at_once


@pytest.mark.parametrize(
    ("at_once", "guess", "route", "pages"),
    [
        (0.0, None, "report", 1),
        (0.5, None, "search", 1),
        (0.5, 2050, "search", 1),
        (0.5, 2150, "report", 2),
        (0.0, 10_000, "report", 80),
        (19.0, 3_900, "search", 19),
        (19.0, 10_000, "report", 80),
    ],
)
def test_by_amazons_published_quota(at_once: float, guess: int | None, route: str, pages: int) -> None:
    known = [] if guess is None else [Guess(guess)]
    choice = choose_route(2000, known, Pace(at_once, PUBLISHED))
    assert (choice.route, choice.pages) == (route, pages)
