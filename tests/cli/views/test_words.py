"""Numbers, times and days as people read them."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from amzlink.cli.views.words import by_number, counted, lateness
from amzlink.clock import local_time
from amzlink.problems.words import local_day

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("number", "words"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders")])
def test_a_noun_agrees_with_its_number(number: int, words: str) -> None:
    assert counted(number, "order") == words


def test_so_does_a_verb() -> None:
    assert [by_number(number, "waits", "wait") for number in (0, 1, 2)] == ["wait", "waits", "wait"]


def test_lateness_is_told_in_the_largest_unit_that_fits() -> None:
    late = {50: "0 minutes", 60: "1 minute", 3599: "59 minutes", 7200: "2 hours", 86_400: "1 day"}
    assert {seconds: lateness(NOW - timedelta(seconds=seconds), NOW) for seconds in late} == late


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-29T14:20:00Z", "today 14:20"),
        ("2026-11-29T00:05:59.999Z", "today 00:05"),
        ("2026-12-01T09:00:00Z", "Tue 1 Dec 09:00"),
        ("2026-11-28T23:59:00Z", "Sat 28 Nov 23:59"),
        ("2025-12-01T09:00:00Z", "Mon 1 Dec 2025 09:00"),
        (datetime(2026, 12, 1, 9, tzinfo=UTC), "Tue 1 Dec 09:00"),
        (None, ""),
    ],
)
def test_a_time_has_its_day(value: str | datetime | None, words: str) -> None:
    assert local_time(value, NOW) == words


def test_a_time_is_that_of_the_readers_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    try:
        assert local_time("2026-11-29T23:30:00Z", NOW) == "Mon 30 Nov 00:30"
        assert local_time("2026-11-28T23:30:00Z", NOW) == "today 00:30"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_day_has_its_year() -> None:
    assert local_day(date(2026, 12, 1)) == "1 Dec 2026"


@pytest.mark.parametrize("zone", ["UTC+99", "XXX-200", "Nowhere/Land", ""])
def test_a_zone_that_no_place_has_is_read_as_utc(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert local_time("2026-11-29T14:20:00Z", NOW).endswith("14:20")
    finally:
        monkeypatch.undo()
        time.tzset()
