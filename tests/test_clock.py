"""Time: one spelling out, every spelling of a `Date` header in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.clock import SystemClock, from_iso, from_local, parse_http_date, to_iso, to_iso_exact

MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.timezones())  # noqa: DTZ001 - the strategy wants them naive
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def test_a_moment_is_spelled_in_utc_with_z_to_the_second() -> None:
    assert (
        to_iso(datetime(2026, 11, 23, 14, 30, 5, 999_999, tzinfo=timezone(timedelta(hours=2))))
        == "2026-11-23T12:30:05Z"
    )


def test_the_exact_spelling_has_milliseconds() -> None:
    assert to_iso_exact(datetime(2026, 11, 23, 12, 30, 5, 999_999, tzinfo=UTC)) == "2026-11-23T12:30:05.999Z"
    assert to_iso_exact(NOON) == "2026-11-23T12:00:00.000Z"


@given(MOMENTS)
@settings(deadline=None)
def test_what_was_spelled_is_the_same_moment_again(moment: datetime) -> None:
    assert timedelta(0) <= moment - from_iso(to_iso(moment)) < timedelta(seconds=1)
    assert timedelta(0) <= moment - from_iso(to_iso_exact(moment)) < timedelta(milliseconds=1)
    assert from_iso(to_iso(moment)).utcoffset() == timedelta(0)


@given(MOMENTS, MOMENTS)
@settings(deadline=None)
def test_spellings_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    """The order book compares them as texts."""
    if one.astimezone(UTC) <= other.astimezone(UTC):
        assert to_iso(one) <= to_iso(other)
        assert to_iso_exact(one) <= to_iso_exact(other)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 23 Nov 2026 12:00:00 GMT",
        "Monday, 23-Nov-26 12:00:00 GMT",
        "Mon, 23 Nov 2026 13:00:00 +0100",
        "23 Nov 2026 12:00:00 -0000",
    ],
)
def test_a_date_header_is_read_in_the_spellings_that_there_are(text: str) -> None:
    found = parse_http_date(text)
    assert found == NOON
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "yesterday",
        "Mon, 32 Nov 2026 12:00:00 GMT",
        "Mon, 23 Nov 2026",
        "Fri, 31 Dec 9999 23:59:59 -0100",
        "Mon, 01 Jan 0001 00:00:00 +9999",
        "Mon, 23 Nov 2026 12:00:00 +999999",
    ],
)
def test_a_header_that_is_no_date_gives_none(text: str | None) -> None:
    assert parse_http_date(text) is None


@given(
    st.text()
    | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,4} [A-Z][a-z]{2} [0-9]{1,5} ([0-9]{1,2}:){2}[0-9]{1,2} [+-][0-9]{1,6}")
)
@settings(deadline=None)
def test_whatever_a_header_holds_is_a_moment_in_utc_or_none(text: str) -> None:
    found = parse_http_date(text)
    assert found is None or found.tzinfo is UTC


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [0, -1, -1e9])
def test_a_wait_of_zero_or_less_returns(seconds: float) -> None:
    SystemClock().sleep(seconds)


def test_a_local_time_at_the_edge_of_the_calendar_is_taken_for_utc() -> None:
    assert from_local(datetime.max) == datetime.max.replace(tzinfo=UTC)  # noqa: DTZ901 - what is told is naive
    assert from_local(datetime.min) == datetime.min.replace(tzinfo=UTC)  # noqa: DTZ901 - as above
