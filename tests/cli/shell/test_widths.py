"""Text is broken at words to the terminal's width; what people copy is never cut, nor anything in a pipe."""

import io
import re
import sys
import textwrap

import pytest

from amzlink.cli.shell.console import Console
from amzlink.problems import Problem, ProblemName
from tests.cli.shell.test_safe_text import screens

WIDTHS = (60, 80, 140)
ORDER = "302-1234567-1234567"
SKU = "WASSERKOCHER-CREME/14 B"
ADDRESS = "https://sellercentral-europe.amazon.com/skucentral?mSku=PUZZLE-YEL-67&ref=inventory_and_more"
SENTENCE = (
    "Amazon confirms receipt before it stores the data, and sometimes loses it. amzlink reads the order again after a "
    "while and sends the confirmation once more if it is missing."
)
COLUMNS = ("ORDER", "SKU", "TITLE", "STATUS", "SHIP BY", "ON HOLD FOR")
ROWS = [
    (ORDER, SKU, "Wasserkocher 1,7 l aus Edelstahl, cremeweiß, mit Anzeige", "UNSHIPPED", "Fri 20 Nov 22:59", ""),
    ("028-5964123-7995562", "A", "Tea pot", "PARTIALLY_SHIPPED", "today 14:20", "cancellation-requested prime"),
]


def plain(text: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


@pytest.mark.parametrize("columns", WIDTHS)
class TestOnATerminal:
    def test_a_table_keeps_its_keys_and_its_words_whole_and_fits(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().table(COLUMNS, ROWS, keys=("ORDER", "SKU"))
        lines = plain(out.getvalue())
        assert max(map(len, lines)) <= columns
        for row in ROWS:
            assert all(any(key in line for line in lines) for key in row[:2])
        shown = {word for line in lines for word in line.split()}
        assert {word for row in ROWS for cell in row for word in cell.split()} <= shown
        assert "…" not in out.getvalue()

    def test_a_table_whose_key_alone_is_wider_shows_it_whole(self, columns: int) -> None:
        key = "K" * (columns + 20)
        with screens(columns) as (out, _):
            Console().table(("KEY", "TITLE"), [(key, "short")], keys=("KEY",))
        assert key in out.getvalue()

    def test_where_each_row_is_a_block_a_word_that_is_wider_is_broken(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().table(("KEY", "NAME", "SKU"), [("K" * 40, f"{'x' * 150} end", "S" * 110)], keys=("KEY", "SKU"))
        lines = plain(out.getvalue())
        assert "".join(lines).count("x") == 150
        assert all(len(line) <= columns or line == "S" * 110 for line in lines)

    @pytest.mark.parametrize("write", ["say", "tell", "line"])
    def test_a_text_is_broken_between_its_words(self, columns: int, write: str) -> None:
        with screens(columns) as (out, err):
            getattr(Console(), write)(SENTENCE)
        assert plain(out.getvalue() + err.getvalue()) == textwrap.wrap(SENTENCE, columns)

    def test_a_problem_is_broken_below_its_leads(self, columns: int) -> None:
        problem = Problem(ProblemName.WHICH_STORE, detail=", ".join(f"store-{number}" for number in range(30)))
        with screens(columns) as (_, err):
            Console().fail(problem)
        lines = plain(err.getvalue())
        assert max(map(len, lines)) <= columns
        words = " ".join(lines).split()
        assert words == ["Error:", *problem.summary.split(), "Why:", *problem.cause.split(), "Next:",
            *problem.next_step.split(), "Name:", *["which-store", "(amzlink", "explain", "which-store)"]]  # fmt: skip
        assert all(
            line.startswith(("  Why:   ", "  Next:  ", "  Name:  ", " " * 9)) for line in lines if line[0] == " "
        )

    def test_an_address_that_is_longer_stays_whole_to_be_clicked(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().line(f"in Seller Central: {ADDRESS}", lead="  ")
        assert any(line.endswith(ADDRESS) for line in plain(out.getvalue()))

    def test_a_word_that_fits_below_its_lead_only_goes_there(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().line("x" * (columns - 5), lead="  client_id      ")
        assert plain(out.getvalue()) == ["  client_id", f"     {'x' * (columns - 5)}"]

    def test_lines_go_on_below_the_end_of_the_lead(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().line(SENTENCE, lead="  1. ")
        first, *rest = plain(out.getvalue())
        assert first.startswith("  1. Amazon")
        assert all(line.startswith("     ") and line[5] != " " for line in rest)

    def test_letters_of_two_columns_count_as_two(self, columns: int) -> None:
        with screens(columns) as (out, _):
            Console().line(" ".join(["東京都"] * 60))
        assert max(map(len, plain(out.getvalue()))) <= columns * 4 // 7


class TestInAPipe:
    def test_nothing_is_broken(self) -> None:
        with screens(None) as (out, err):
            console = Console()
            console.line(SENTENCE * 3, lead="  ")
            console.tell(SENTENCE * 3)
            console.table(COLUMNS, ROWS, keys=("ORDER",))
        assert out.getvalue().startswith(f"  {SENTENCE * 3}\n")
        assert err.getvalue() == f"{SENTENCE * 3}\n"
        assert len(out.getvalue().splitlines()) == 4


def test_a_terminal_that_does_not_tell_its_width_is_taken_for_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("COLUMNS", raising=False)
    out = Blind()
    monkeypatch.setattr(sys, "stdout", out)
    Console(color=False).line(SENTENCE)
    assert 60 < max(map(len, plain(out.getvalue()))) <= 80
