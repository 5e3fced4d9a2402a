"""The benchmarks' figures, and the table that they come in."""

from datetime import date, timedelta

import pytest
from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.table import page, table


def figure(value: float = 3.0, floor: float | None = 2.0, *limits: Limit) -> Figure:
    at_least = None if floor is None else Floor("by hand", floor)
    return Figure(subject="import", name="1,000 orders", value=value, unit="s CPU", floor=at_least, limits=limits)


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        ((), None),
        ((Limit(1.5),), True),
        ((Limit(1.4),), False),
        ((Limit(3, of="value"),), True),
        ((Limit(1.5), Limit(2.9, of="value")), False),
        ((Limit(3, of="value", side="at least"),), True),
        ((Limit(1.6, side="at least"),), False),
    ],
    ids=["none", "ratio", "ratio missed", "value", "one of two missed", "at least", "at least missed"],
)
def test_a_figure_meets_its_limits_only_if_it_keeps_all_of_them(limits: tuple[Limit, ...], met: bool | None) -> None:
    assert figure(3.0, 2.0, *limits).met is met


@pytest.mark.parametrize("floor", [None, 0.0], ids=["no floor", "a floor of nothing"])
def test_a_limit_of_a_ratio_that_there_is_none_of_is_an_error(floor: float | None) -> None:
    assert figure(3.0, floor).ratio is None
    with pytest.raises(ValueError, match="1,000 orders"):
        _ = figure(3.0, floor, Limit(2)).met


def test_of_several_runs_the_one_in_the_middle_counts_by_its_ratio() -> None:
    assert middle([(9.0, 1.0), (2.0, 1.0), (30.0, 10.0)]) == (30.0, 10.0)


def test_the_table_says_each_figure_beside_its_floor_its_ratio_and_its_limit() -> None:
    row = table([figure(3.0, 2.0, Limit(1.4))]).splitlines()[-1]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "import", "1,000 orders", "3 s CPU", "2 s CPU: by hand", "1.50", "at most 1.4 times", "no",
    ]  # fmt: skip


def test_the_page_counts_the_limits_and_names_those_that_are_not_met() -> None:
    figures = [figure(3.0, 2.0, Limit(1.4)), figure(3.0, 2.0, Limit(1.6)), figure()]
    text = page(figures, timedelta(minutes=9), date(2026, 11, 29))
    assert "Measured on 2026-11-29" in text
    assert "1 of 2 limits are met." in text
    assert "Not met: import: 1,000 orders." in text
