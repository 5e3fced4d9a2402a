"""What stands in a cell in place of a value, and whole numbers however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.carriers import CARRIERS
from amzlink.core.files.cell_content import (
    DigitsLostError,
    has_lost_digits,
    is_formula,
    is_link,
    means_nothing,
    whole_number,
)
from tests.support.rows import each_row


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("2", "2"), ("2.0", "2"), ("2,00", "2"), ("1.0000", "1"), ("26580641116266.0", "26580641116266"),
        ("2.6580641116266E+13", "26580641116266"), ("2,6580641116266e13", "26580641116266"), ("1.50E+1", "15"),
        ("007", "007"), ("123456789012345.0", "123456789012345"), ("12345678901234567890", "12345678901234567890"),
    ],
)  # fmt: skip
def test_a_whole_number_is_one_in_any_spelling(text: str, digits: str) -> None:
    assert whole_number(text) == digits


@pytest.mark.parametrize(
    "text", ["", "1.5", "1.000", "1,000", "-1", "two", "1.", ".5", "1 000", "12E45", "1E5", "1.55E+1", "٣"]
)
def test_what_is_none_or_can_be_read_in_two_ways_is_none(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(
    "text", ["3.40434E+17", "3E+19", "1E+3", "2.5e+300", "1234567890123456.0", "1.2345678901234567E+16"]
)
def test_a_number_whose_digits_are_not_all_there_is_refused(text: str) -> None:
    with pytest.raises(DigitsLostError):
        whole_number(text)


@given(st.integers(0, 10**15 - 1), st.sampled_from(["{}", "{}.0", "{},0", "{}.00"]))
def test_no_digit_of_a_whole_number_goes(number: int, form: str) -> None:
    assert whole_number(form.format(number)) == str(number)


@given(st.integers(0, 10**15 - 1))
def test_what_python_makes_of_it_as_a_float_is_the_same_number(number: int) -> None:
    assert whole_number(repr(float(number))) == str(number)


@given(st.text("0123456789.,eE+-", max_size=20))
def test_any_number_is_read_or_refused(text: str) -> None:
    try:
        found = whole_number(text)
    except DigitsLostError:
        return
    assert found is None or found.isdecimal()


@pytest.mark.parametrize(
    ("digits", "lost"),
    [
        ("340434161094042000", True), ("12345678901234500000", True), ("34043416109404200", False),
        ("340434161094042100", False), ("00340434161094042000", False), ("JJD014900000000000000", False),
    ],
)  # fmt: skip
def test_three_zeros_or_more_from_the_sixteenth_digit_on_are_lost_digits(digits: str, lost: bool) -> None:
    assert has_lost_digits(digits) is lost


@pytest.mark.parametrize(
    "text", ["n/a", "N.A.", "-", "", "0", "00", "keine", "Später", "À venir", "tba", "NaN", "ninguno", "İnget"]
)
def test_words_for_nothing(text: str) -> None:
    assert means_nothing(text)


@each_row("carrier", [*CARRIERS, *sorted({each.name for each in CARRIERS.values()}), "DHL", "4PX", "17"])
def test_no_carrier_is_taken_for_nothing_a_link_or_a_formula(carrier: str) -> None:
    assert not means_nothing(carrier)
    assert not is_link(carrier)
    assert not is_formula(carrier)
