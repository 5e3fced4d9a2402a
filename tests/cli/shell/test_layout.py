"""Tables at any width: no key is ever cut, no line is wider than the terminal, and no word is lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.layout import Table, wide_lines, wrapped
from tests.cli.shell.test_safe_text import screens
from tests.cli.shell.test_widths import plain

LETTERS = "abcdefghij klmnop-äß東京 "
WORDS = st.text(LETTERS, max_size=40).map(lambda text: " ".join(word[:12] for word in text.split()))
KEYS = st.text("ABC0123456789-/_ ", min_size=1, max_size=30).map(str.strip).filter(bool)
COLUMNS = ("KEY", "TITLE", "NUMBER", "NOTE")
ROWS = st.lists(st.tuples(KEYS, WORDS, st.integers(0, 10**6).map(str), WORDS), min_size=1, max_size=8)


def on_a_terminal(columns: int, rows: Sequence[Sequence[str]], dropping: Sequence[str] = ()) -> list[str]:
    with screens(columns) as (out, _):
        Console().table(COLUMNS, rows, keys=("KEY",), right=("NUMBER",), dropping=dropping)
    return plain(out.getvalue())


@given(st.integers(30, 150), ROWS, st.sets(st.sampled_from(COLUMNS[1:])))
@settings(deadline=None, max_examples=150)
def test_no_key_is_cut_and_no_line_is_wider_than_the_terminal_unless_a_key_is(
    columns: int, rows: list[tuple[str, ...]], dropping: set[str]
) -> None:
    lines = on_a_terminal(columns, rows, sorted(dropping))
    for key, *_ in rows:
        assert any(key in line for line in lines)
    widest = max(cell_len(key) for key, *_ in rows)
    assert max(map(cell_len, lines)) <= max(columns, widest)


@given(st.integers(30, 150), ROWS)
@settings(deadline=None, max_examples=100)
def test_every_word_is_there_where_no_column_may_be_left_out(columns: int, rows: list[tuple[str, ...]]) -> None:
    shown = "\n".join(on_a_terminal(columns, rows)).split()
    assert {word for row in rows for cell in row for word in cell.split()} <= set(shown)


@given(ROWS)
@settings(deadline=None, max_examples=50)
def test_into_a_pipe_each_row_is_one_line_below_its_columns(rows: list[tuple[str, ...]]) -> None:
    head, *lines = wide_lines(COLUMNS, rows, right=())
    assert len(lines) == len(rows)
    at = head.index("TITLE")
    for line, (key, title, *_) in zip(lines, rows, strict=True):
        if line.isascii():
            assert line[:at].rstrip() == key
            assert line[at:].startswith(title)


@given(st.text(LETTERS, max_size=80), st.integers(2, 30))
@settings(deadline=None, max_examples=100)
def test_a_cell_is_broken_at_words_and_only_a_longer_word_is_cut(cell: str, width: int) -> None:
    lines = wrapped(cell, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(cell.split())
    if all(cell_len(word) <= width for word in cell.split()):
        assert " ".join(lines).split() == cell.split()


def test_the_least_important_columns_are_left_out_before_a_row_is_torn_to_pieces() -> None:
    rows = [("302-1234567-1234567", "a title of some words that is too long", "7", "and a note that is longer still")]
    assert "NOTE" in on_a_terminal(100, rows, ("NUMBER", "NOTE"))[0]
    head, *lines = on_a_terminal(50, rows, ("NUMBER", "NOTE"))
    assert head.split() == ["KEY", "TITLE"]
    assert len(lines) == 2


def test_what_says_nothing_is_left_out_first() -> None:
    rows = [("302-1234567-1234567", "", "7", "a note that is some forty characters long")]
    assert on_a_terminal(50, rows, ("NUMBER", "TITLE"))[0].split() == ["KEY", "NUMBER", "NOTE"]


def test_where_not_even_two_columns_fit_each_row_is_a_block_with_its_key_whole() -> None:
    key = "A SKU WITH SPACES 0123456789 01234"
    lines = on_a_terminal(36, [(key, "some title or other", "7", "a note")])
    assert lines[:2] == ["KEY", key]
    assert "TITLE   some title or other" in lines


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_ten_thousand_rows_are_laid_out(columns: int) -> None:
    rows = [(f"302-{number:07}-0000000", "a title of some words", str(number), "") for number in range(10_000)]
    table = Table(COLUMNS, rows, keys=("KEY",), whole=("KEY",), right=("NUMBER",), dropping=("NOTE",), room=columns)
    assert table.fits
    assert sum(1 for _ in table.lines()) == 10_000
