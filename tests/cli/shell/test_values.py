"""Times and choices as they are typed: what is understood, and that all else is a usage error."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.cli.shell.values import (
    AskedFor,
    parse_choice,
    parse_due,
    parse_due_day,
    parse_filter,
    parse_limit,
    parse_moment,
    parse_output,
    parse_span,
)
from amzlink.core.orders.holds import Hold
from amzlink.core.orders.order import STATUSES
from amzlink.orderbook.orders.browse import Filter
from amzlink.problems import Exit, Problem
from tests.support.zones import machine_in

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def refusal(call: Callable[[], object]) -> Problem:
    with pytest.raises(Problem) as error:
        call()
    assert error.value.name.value == "usage"
    assert error.value.exit_code is Exit.USAGE
    return error.value


class TestSpans:
    @given(
        st.integers(0, 999_999),
        st.sampled_from(sorted(SECONDS)),
        st.sampled_from(["{}", " {} ", "{}\n"]),
        st.booleans(),
    )
    @settings(deadline=None)
    def test_a_number_and_a_unit_are_a_length_of_time(self, number: int, unit: str, form: str, upper: bool) -> None:
        text = form.format(f"{number}{unit.upper() if upper else unit}")
        assert parse_span("--max-wait", text) == timedelta(seconds=number * SECONDS[unit])

    @pytest.mark.parametrize(
        "text", ["", " ", "5", "m", "-5m", "5 m", "5min", "1h30m", "1.5h", "５m", "1e3s", "12345678d"]
    )
    def test_anything_else_is_refused_with_the_option_and_what_was_given(self, text: str) -> None:
        problem = refusal(lambda: parse_span("--max-wait", text))
        assert "--max-wait" in problem.summary
        assert repr(text) in problem.summary

    @given(st.text())
    @settings(deadline=None)
    def test_whatever_is_typed_is_a_length_or_a_usage_error(self, text: str) -> None:
        try:
            assert parse_span("--max-wait", text) >= timedelta(0)
        except Problem as problem:
            if problem.name.value != "usage":
                raise


class TestMoments:
    @given(st.integers(0, 10_000), st.sampled_from(sorted(SECONDS)))
    @settings(deadline=None)
    def test_a_length_of_time_is_so_long_ago(self, number: int, unit: str) -> None:
        assert parse_moment("--since", f"{number}{unit}", NOW) == NOW - timedelta(seconds=number * SECONDS[unit])

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
            ("2026-11-01T12:00", datetime(2026, 11, 1, 12, tzinfo=UTC)),
            ("2026-11-01 12:00:30", datetime(2026, 11, 1, 12, 0, 30, tzinfo=UTC)),
            ("2026-11-01T12:00:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
            ("2026-11-01T12:00:00+02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
            (" 2026-11-01T12:00:00-0100 ", datetime(2026, 11, 1, 13, tzinfo=UTC)),
        ],
    )
    def test_an_iso_time_is_that_time_in_utc(self, text: str, moment: datetime) -> None:
        found = parse_moment("--since", text, NOW)
        assert found == moment
        assert found.tzinfo is UTC

    def test_without_a_zone_it_is_a_time_of_the_readers(self) -> None:
        with machine_in("Europe/Berlin"):
            assert parse_moment("--since", "2026-11-01", NOW) == datetime(2026, 10, 31, 23, tzinfo=UTC)
            assert parse_due("--due-before", "2026-12-01T09:00", NOW) == datetime(2026, 12, 1, 8, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "yesterday", "23.11.2026", "2026-13-01", "2026-11-31", "12:00", "7 days"])
    def test_what_is_no_time_is_refused(self, text: str) -> None:
        problem = refusal(lambda: parse_moment("--since", text, NOW))
        assert "--since" in problem.summary
        assert repr(text) in problem.summary

    @pytest.mark.parametrize("text", ["2026-11-23T09:30:01Z", "2027-01-01", "9999-12-31T23:59:59-12:00"])
    def test_a_time_to_come_is_refused(self, text: str) -> None:
        assert "--since" in refusal(lambda: parse_moment("--since", text, NOW)).summary

    def test_this_very_moment_is_not_to_come(self) -> None:
        assert parse_moment("--since", "2026-11-23T09:30:00Z", NOW) == NOW

    @pytest.mark.parametrize("text", ["999999w", "999999d", "0001-01-01T00:00:00+05:00"])
    def test_a_time_before_all_calendars_is_refused(self, text: str) -> None:
        refusal(lambda: parse_moment("--since", text, NOW))

    @given(st.text() | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str))
    @settings(deadline=None)
    def test_whatever_is_typed_is_a_moment_in_utc_or_a_usage_error(self, text: str) -> None:
        try:
            found = parse_moment("--since", text, NOW)
        except Problem as problem:
            if problem.name.value != "usage":
                raise
        else:
            assert found.tzinfo is UTC
            assert found <= NOW


class TestDueTimes:
    @given(st.integers(0, 10_000), st.sampled_from(sorted(SECONDS)))
    @settings(deadline=None)
    def test_a_length_of_time_is_in_so_long(self, number: int, unit: str) -> None:
        assert parse_due("--due-before", f"{number}{unit}", NOW) == NOW + timedelta(seconds=number * SECONDS[unit])

    @pytest.mark.parametrize("day", [1, 30])
    def test_an_iso_time_may_be_past_or_to_come(self, day: int) -> None:
        assert parse_due("--due-before", f"2026-11-{day:02}", NOW) == datetime(2026, 11, day, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "tomorrow", "999999w", "9999-12-31T23:59:59-12:00"])
    def test_what_is_no_time_is_refused(self, text: str) -> None:
        assert "--due-before" in refusal(lambda: parse_due("--due-before", text, NOW)).summary


class TestChoices:
    def test_one_of_the_choices_is_taken(self) -> None:
        assert parse_choice("--format", "json", "csv", "json", "jsonl") == "json"

    @pytest.mark.parametrize("text", ["", "JSON", "xml", "cs"])
    def test_anything_else_is_refused_and_all_choices_are_listed(self, text: str) -> None:
        problem = refusal(lambda: parse_choice("--format", text, "csv", "json", "jsonl"))
        assert "--format has to be one of csv, json, jsonl" in problem.summary


class TestFilters:
    def test_nothing_given_is_every_order(self) -> None:
        assert parse_filter(AskedFor()) == Filter()

    def test_nothing_given_is_what_is_usual(self) -> None:
        assert parse_filter(AskedFor(), usual_statuses=("UNSHIPPED",)) == Filter(statuses=("UNSHIPPED",))
        assert parse_filter(AskedFor(status=["all"]), usual_statuses=("UNSHIPPED",)) == Filter()

    @pytest.mark.parametrize("text", ["unshipped", " UNSHIPPED ", "Unshipped"])
    def test_a_status_is_spelled_as_amazon_does(self, text: str) -> None:
        assert parse_filter(AskedFor(status=[text])) == Filter(statuses=("UNSHIPPED",))

    def test_one_of_several_statuses_is_enough(self) -> None:
        asked = AskedFor(status=["shipped", "CANCELLED", "SHIPPED"])
        assert parse_filter(asked) == Filter(statuses=("SHIPPED", "CANCELLED"))

    @pytest.mark.parametrize("text", ["foo", "", "INVOICE_UNCONFIRMED"])
    def test_a_status_that_amazon_does_not_have_is_refused_and_the_known_ones_are_named(self, text: str) -> None:
        told = refusal(lambda: parse_filter(AskedFor(status=[text]))).summary
        assert "--status" in told
        assert all(status in told for status in STATUSES)

    @pytest.mark.parametrize("text", ["foo", "", "Prime orders"])
    def test_a_hold_that_is_none_is_refused_and_the_known_ones_are_named(self, text: str) -> None:
        told = refusal(lambda: parse_filter(AskedFor(held=text))).summary
        assert "--held" in told
        assert all(hold in told for hold in Hold)

    def test_a_hold_is_any_or_one(self) -> None:
        assert parse_filter(AskedFor(held="any")) == Filter(held=True)
        assert parse_filter(AskedFor(held="Prime")) == Filter(held=True, hold="prime")

    def test_a_due_time_stands_beside_it(self) -> None:
        asked = AskedFor(status=["SHIPPED"], due_before="2026-11-30")
        assert parse_filter(asked) == Filter(statuses=("SHIPPED",), due_before=datetime(2026, 11, 30, tzinfo=UTC))

    @pytest.mark.parametrize("text", ["soon", "", "yesterday"])
    def test_a_due_time_that_is_none_is_refused(self, text: str) -> None:
        assert "--due-before" in refusal(lambda: parse_filter(AskedFor(due_before=text))).summary

    @pytest.mark.parametrize(
        ("zone", "now", "today", "tomorrow"),
        [
            ("UTC", "2026-11-23T23:30:00", "2026-11-24T00:00:00", "2026-11-25T00:00:00"),
            ("Europe/Berlin", "2026-11-23T23:30:00", "2026-11-24T23:00:00", "2026-11-25T23:00:00"),
            ("Europe/Berlin", "2026-10-24T12:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),  # 25 hours
            ("Pacific/Auckland", "2026-11-23T09:30:00", "2026-11-23T11:00:00", "2026-11-24T11:00:00"),
        ],
    )
    def test_a_day_ends_at_the_readers_midnight(
        self, monkeypatch: pytest.MonkeyPatch, zone: str, now: str, today: str, tomorrow: str
    ) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            moment = datetime.fromisoformat(f"{now}+00:00")
            ends = [parse_due_day("--due-before", word, moment) for word in ("today", " Tomorrow ")]
        finally:
            monkeypatch.undo()
            time.tzset()
        assert [end.isoformat() for end in ends] == [f"{today}+00:00", f"{tomorrow}+00:00"]


class TestLimits:
    @pytest.mark.parametrize(("text", "limit"), [("50", 50), (" 1 ", 1), ("all", None), ("ALL", None), (None, 7)])
    def test_it_is_a_number_or_all_or_what_is_usual(self, text: str | None, limit: int | None) -> None:
        assert parse_limit("--limit", text, 7) == limit

    @pytest.mark.parametrize("text", ["0", "-1", "", "many", "1.5", "²", "9" * 30])
    def test_anything_else_is_refused(self, text: str) -> None:
        assert "--limit" in refusal(lambda: parse_limit("--limit", text, 7)).summary


class TestOutputs:
    def test_a_name_is_a_file_and_a_hyphen_is_standard_output(self) -> None:
        assert parse_output("--output", "orders.csv") == "orders.csv"
        assert parse_output("--output", "-") is None
        assert parse_output("--output", None) is None

    @pytest.mark.parametrize("text", ["", " "])
    def test_an_empty_name_is_refused(self, text: str) -> None:
        assert "--output needs the name of a file" in refusal(lambda: parse_output("--output", text)).summary
