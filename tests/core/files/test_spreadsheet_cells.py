"""Cells that spreadsheets leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.files.spreadsheet_cells import FORMULA_MARKS, guard, harmless, tidied, unguard, unwrapped
from tests.support.rows import each_row


@pytest.mark.parametrize("mark", FORMULA_MARKS)
def test_what_looks_like_a_formula_is_not_run(mark: str) -> None:
    assert harmless(f"{mark}cmd|' /C calc'!A0") == f"'{mark}cmd|' /C calc'!A0"
    assert guard(f"{mark}1") == f"'{mark}1"


@each_row(
    "value",
    [
        "00123", "4006381333931", "123456789012", "1.50", "1,5", "1E5", "12e3", "1-2", "3/4", "12/2024", "1:30", "10%",
        "5 €", "$5", "(5)", "MAR1", "1MAR", "SEPT2", "Jan-05", "DEC 12", "5-Mai", "Okt2024", "12 janv. 24", "5PM",
        "5 am", "7:30p", "TRUE", "wahr", "False", "-ABC", "+49", "@home", "=1+1", "'quoted", " edge", "edge ", "1 000",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_rewrite_is_guarded_and_comes_back(value: str) -> None:
    assert guard(value) == f"'{value}"
    assert unguard(guard(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "KETTLE-BLU-12", "0", "123", "12345678901", "MUG+GRN", "LAMP 100%", "TÜCHER-ÄÖÜ-5", "MARBLE-10", "DECK 12",
        "MARKER5", "SEPTET-2", "12AB-34", "5PMX", "TRUEBLUE", "ZŁOTY_NOTES", "MAY", "A1", "B0CHX1W1XY", "",
    ],
)  # fmt: skip
def test_what_it_leaves_alone_stays_as_it_is(value: str) -> None:
    assert guard(value) == value
    assert unguard(value) == value


@given(st.text(max_size=30))
def test_every_value_comes_back_to_the_letter(value: str) -> None:
    assert unguard(guard(value)) == value


@given(st.text("0123456789.,-/: eE+%'=MARjanpm", max_size=8))
def test_values_on_the_border_come_back_too(value: str) -> None:
    assert unguard(guard(value)) == value
    assert not guard(value).startswith(FORMULA_MARKS)


@given(st.text(max_size=30))
def test_nothing_harmless_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(FORMULA_MARKS)
    assert harmless(text).endswith(text)


def test_what_somebody_typed_loses_the_space_around_it_and_keeps_the_rest() -> None:
    assert unguard("  MUG 1 ") == "MUG 1"
    assert unguard("'MUG") == "'MUG"
    assert unguard('="00123"') == "00123"
    assert unguard(" '00123") == "00123"


@pytest.mark.parametrize(
    ("cell", "value"),
    [(" 0,45 ", "0,45"), ("'0,45", "0,45"), ('="0,45"', "0,45"), ('= "x"', '= "x"'), ("", ""), ('=" 1 "', "1")],
)
def test_a_typed_value_is_unwrapped(cell: str, value: str) -> None:
    assert unwrapped(cell) == value


HIDING = (
    "\u00a0", "\u200b", "\u200e", "\u202e", "\u2060", "\ufeff", "\u00ad", "\u3000", "\u2028", "\x00", "\x0b", "\x1f",
    "\u3164", "\u2800", "\ufe0f", "\u180e", " ", "\t",
)  # fmt: skip


@each_row("mark", [mark for mark in FORMULA_MARKS if not mark.isspace()])
@each_row("hiding", HIDING)
def test_a_formula_behind_what_nobody_sees_is_not_run_either(hiding: str, mark: str) -> None:
    text = f"{hiding} {hiding}{mark}HYPERLINK(1)"
    assert harmless(text) == f"'{text}"
    assert guard(text) == f"'{text}"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", [" a=1", "\u200bMug", "", " ", "\u200b", "1+1", "a\u200b=1"])
def test_a_text_that_is_no_formula_is_shown_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("\u00a0302\u20131234567\u20111234567\t", "302-1234567-1234567"),
        ("\ufeff'00123", "00123"),
        ('="00123"', "00123"),
        ('\'="00123"', "00123"),
        ("\uff11\uff12\uff0d\uff13", "12-3"),
        ("1\u22122", "1-2"),
        ("DHL\u202fPaket\u200b", "DHL Paket"),
        ("Müller & Söhne", "Müller & Söhne"),
        ('=HYPERLINK("x")', '=HYPERLINK("x")'),
    ],
)
def test_a_tidied_value_has_plain_signs(cell: str, value: str) -> None:
    assert tidied(cell) == value


@given(st.text(max_size=30))
def test_what_is_tidied_once_is_tidy(cell: str) -> None:
    once = tidied(cell)
    assert once == once.strip()
    assert not any(sign in once for sign in "\u200b\ufeff\u00a0\u2013")
