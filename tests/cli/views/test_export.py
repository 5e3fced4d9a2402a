"""Exports: one row per order line, safe in a spreadsheet, and a file that is there as a whole or not at all."""

import csv
import io
import json
import os
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.export import COLUMNS, PERSONAL_COLUMNS, export
from amzlink.core.orders.order import NOTHING_PERSONAL, OrderLine, PersonalData
from amzlink.core.privacy.retention import Lifetime
from amzlink.jobs.orders.browse import Exported
from amzlink.orderbook.orders.browse import BookedOrder
from amzlink.problems import Exit, Problem, ProblemName
from tests.orderbook.machine import common_folder, fill, tiny_disk
from tests.orderbook.samples import MONEY, ORDER_ID, PERSONAL, order_of
from tests.orderbook.samples import line_of as booked_line_of

SLUG = "my-shop"
FORMS = ("csv", "json", "jsonl")


def line_of(item: str = "1", *, weight_grams: int | None = 450, **fields: Any) -> tuple[OrderLine, int | None]:
    """A line, and what a piece of it weighs."""
    return booked_line_of(item, **{"quantity_unshipped": 1, **fields}), weight_grams


def exported(*lines: tuple[OrderLine, int | None], personal: PersonalData | None = None, **fields: Any) -> Exported:
    ordered = order_of(
        **{
            "programs": ("PRIME", "PREMIUM"),
            "lines": tuple(line for line, _ in lines),
            "personal": NOTHING_PERSONAL,
            **fields,
        }
    )
    order = BookedOrder(
        order=ordered,
        weights={line.order_item_id: grams for line, grams in lines if grams is not None},
        held_for=(),
        lifetime=Lifetime(status=ordered.status, changed_on=ordered.changed_at.date()),
        lease_day=date(2026, 12, 23),
    )
    return order, ("preorder", "prime"), personal


def written(file: Path, form: str, *orders: Exported, with_pii: bool = False, console: Console | None = None) -> str:
    """What an export of these orders writes to a file."""
    export(console or Console(), SLUG, iter(orders), form=form, output=str(file), with_pii=with_pii)
    return file.read_bytes().decode()


def rows_in(text: str, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if form == "jsonl":
        return [json.loads(line) for line in text.split("\n")[:-1]]
    found: list[dict[str, Any]] = json.loads(text)
    return found


@pytest.mark.parametrize("form", FORMS)
class TestEveryForm:
    def test_there_is_one_row_per_order_line(self, tmp_path: Path, form: str) -> None:
        orders = (exported(line_of("1"), line_of("2")), exported(line_of("3"), order_id="302-7654321-7654321"))
        rows = rows_in(written(tmp_path / "file", form, *orders), form)
        assert [(row["order_id"], row["order_item_id"]) for row in rows] == [
            (ORDER_ID, "1"),
            (ORDER_ID, "2"),
            ("302-7654321-7654321", "3"),
        ]

    def test_a_row_has_the_columns_that_are_documented_in_their_sequence(self, tmp_path: Path, form: str) -> None:
        wanting = line_of(demands=("signatureConfirmation",), gift_wrap="Classic")
        (row,) = rows_in(written(tmp_path / "file", form, exported(wanting, money=MONEY)), form)
        assert list(row) == list(COLUMNS)
        assert {name: str(value) for name, value in row.items()} == {
            "store": "my-shop",
            "order_id": ORDER_ID,
            "marketplace_id": "A1PA6795UKMFR9",
            "marketplace_country": "DE",
            "status": "UNSHIPPED",
            "purchased_at": "2026-11-21T09:30:00Z",
            "changed_at": "2026-11-22T09:30:00Z",
            "ship_by": "2026-11-25T09:30:00Z",
            "service_level": "STANDARD",
            "programs": "PRIME PREMIUM",
            "holds": "preorder prime",
            "order_item_id": "1",
            "sku": "SKU-1",
            "asin": "B000000001",
            "title": "Tea pot",
            "quantity": "2",
            "quantity_unshipped": "1",
            "unit_price": "19.99",
            "currency": "EUR",
            "weight_grams": "450",
            "tax": "6.38",
            "price_parts": "TAX 6.38 EUR; ITEM 33.60 EUR",
            "demands": "signatureConfirmation",
            "gift_wrap": "Classic",
        }

    def test_personal_data_comes_only_when_it_is_asked_for(self, tmp_path: Path, form: str) -> None:
        order = exported(line_of("1"), line_of("2"), personal=PERSONAL)
        without = written(tmp_path / "file", form, order)
        assert not any(text and text in without for text in (PERSONAL.recipient.name, PERSONAL.recipient.city))
        first, second = rows_in(written(tmp_path / "file", form, order, with_pii=True), form)
        assert list(first) == [*COLUMNS, *PERSONAL_COLUMNS]
        assert first["recipient_name"] == "Žofie Nováková"
        assert first["address_line_1"] == "Dlouhá 12"
        assert first["city"] == "Praha"
        assert first["postal_code"] == "110 00"
        assert first["country_code"] == "CZ"
        assert first["phone"].lstrip("'") == "+420 601 000 000"
        assert first["buyer_name"] == "Jan Novák"
        assert first["buyer_email"] == "abc123@marketplace.amazon.de"
        assert first["gift_message"] == "Všechno nejlepší!"
        assert not second["gift_message"]

    def test_data_that_was_purged_leaves_its_columns_empty(self, tmp_path: Path, form: str) -> None:
        (row,) = rows_in(written(tmp_path / "file", form, exported(line_of()), with_pii=True), form)
        assert [row[name] for name in PERSONAL_COLUMNS if row[name]] == []

    def test_without_any_order_the_file_is_valid_and_empty(self, tmp_path: Path, form: str) -> None:
        assert rows_in(written(tmp_path / "file", form), form) == []

    def test_the_file_is_the_users_alone_whatever_it_was_before(self, tmp_path: Path, form: str) -> None:
        file = tmp_path / "file"
        file.write_text("old")
        file.chmod(0o666)
        written(file, form, exported(line_of()))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_what_breaks_off_half_way_leaves_the_old_file_and_no_trace(self, tmp_path: Path, form: str) -> None:
        file = tmp_path / "file"
        file.write_text("old")

        def broken() -> Iterator[Exported]:
            yield exported(*(line_of(str(number)) for number in range(2000)))
            raise Problem(ProblemName.VAULT_KEY_MISSING)

        with pytest.raises(Problem) as error:
            export(Console(), SLUG, broken(), form=form, output=str(file), with_pii=False)
        assert error.value.name.value == "vault-key-missing"
        assert file.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    @pytest.mark.needs("mount")
    def test_a_full_disk_is_told_and_leaves_no_trace(self, tmp_path: Path, form: str) -> None:
        with tiny_disk(tmp_path, 64) as disk:
            fill(disk, leaving=8192)
            with pytest.raises(Problem) as error:
                written(disk / "file", form, exported(*(line_of(str(number)) for number in range(500))))
            assert error.value.name.value == "disk-full"
            assert error.value.exit_code is Exit.DISK
            assert [path.name for path in disk.iterdir()] == ["filler"]

    def test_without_a_file_it_goes_to_stdout(self, form: str, capsys: pytest.CaptureFixture[str]) -> None:
        export(Console(), SLUG, iter([exported(line_of())]), form=form, output=None, with_pii=False)
        out, err = capsys.readouterr()
        assert [row["order_id"] for row in rows_in(out, form)] == [ORDER_ID]
        assert err == ""

    @given(st.text(), st.text(), st.none() | st.text())
    @settings(deadline=None, max_examples=30)
    def test_any_text_comes_back_as_it_was(self, form: str, title: str, sku: str, gift: str | None) -> None:
        personal = PersonalData(gift_messages={"1": gift} if gift is not None else {})
        with common_folder() as folder:
            text = written(
                folder / "file", form, exported(line_of(title=title, sku=sku), personal=personal), with_pii=True
            )
        (row,) = rows_in(text, form)
        if form == "csv":
            for column, given_text in (("title", title), ("sku", sku), ("gift_message", gift or "")):
                assert row[column] in (given_text, f"'{given_text}")  # marked where a spreadsheet might run it
        else:
            assert (row["title"], row["sku"], row["gift_message"]) == (title, sku, gift)


MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class TestCsv:
    @pytest.mark.parametrize("mark", MARKS)
    def test_a_cell_that_a_spreadsheet_would_run_is_marked_as_text(self, tmp_path: Path, mark: str) -> None:
        evil = f'{mark}HYPERLINK("http://example.com","click")'
        (row,) = rows_in(written(tmp_path / "file", "csv", exported(line_of(title=evil))), "csv")
        assert row["title"] == f"'{evil}"

    @given(st.text())
    @settings(deadline=None, max_examples=50)
    def test_no_cell_begins_like_a_formula(self, text: str) -> None:
        recipient = msgspec.structs.replace(PERSONAL.recipient, name=text, address_line_1=text, phone=text)
        personal = msgspec.structs.replace(PERSONAL, recipient=recipient, gift_messages={"1": text})
        with common_folder() as folder:
            order = exported(line_of(title=text, sku=text, asin=text), personal=personal)
            found = written(folder / "file", "csv", order, with_pii=True)
        cells = [cell for row in csv.reader(io.StringIO(found, newline="")) for cell in row]
        assert [cell for cell in cells if cell.startswith(MARKS)] == []

    def test_numbers_stay_numbers(self, tmp_path: Path) -> None:
        (row,) = rows_in(written(tmp_path / "file", "csv", exported(line_of(quantity=-1))), "csv")
        assert row["quantity"] == "-1"

    def test_separators_quotes_and_line_breaks_stay_within_their_cell(self, tmp_path: Path) -> None:
        title = 'Pot, "large"\r\nwith lid;\tblue'
        text = written(tmp_path / "file", "csv", exported(line_of(title=title), line_of("2")))
        first, second = rows_in(text, "csv")
        assert first["title"] == title
        assert second["order_item_id"] == "2"

    def test_it_is_utf_8_with_the_line_ends_of_the_standard(self, tmp_path: Path) -> None:
        text = written(tmp_path / "file", "csv", exported(line_of(title="陶器の急須")))
        assert "陶器の急須" in text
        assert text.count("\r\n") == text.count("\n") == 2


class TestJson:
    def test_numbers_and_what_is_absent_keep_their_kind(self, tmp_path: Path) -> None:
        order = exported(line_of(sku=None, weight_grams=None))
        (row,) = rows_in(written(tmp_path / "file", "json", order), "json")
        assert row["quantity"] == 2
        assert row["sku"] is None
        assert row["weight_grams"] is None

    def test_a_line_of_json_lines_is_a_whole_row(self, tmp_path: Path) -> None:
        text = written(tmp_path / "file", "jsonl", exported(line_of(title="two\nlines\u2028three"), line_of("2")))
        assert text.count("\n") == 2
        assert text.endswith("\n")


class TestWhatIsSaid:
    def test_how_many_rows_went_where(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        written(tmp_path / "file", "csv", exported(line_of("1"), line_of("2")))
        out, err = capsys.readouterr()
        assert out == ""
        assert err == f"2 rows written to {tmp_path / 'file'}.\n"

    def test_personal_data_goes_with_a_warning_of_amazons_policy(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        written(tmp_path / "file", "csv", exported(line_of()), with_pii=True)
        assert "30 days after delivery" in capsys.readouterr().err

    def test_as_json_a_file_is_one_document(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        written(tmp_path / "file", "csv", exported(line_of()), console=Console(as_json=True))
        assert json.loads(capsys.readouterr().out) == {
            "schema": 1, "store": SLUG, "file": str(tmp_path / "file"), "rows": 1,
        }  # fmt: skip

    @pytest.mark.parametrize("form", FORMS)
    def test_as_json_stdout_is_one_document_in_every_form(self, form: str, capsys: pytest.CaptureFixture[str]) -> None:
        export(Console(as_json=True), SLUG, iter([exported(line_of())]), form=form, output=None, with_pii=False)
        document = json.loads(capsys.readouterr().out)
        assert list(document) == ["schema", "store", "rows"]
        assert [row["order_id"] for row in document["rows"]] == [ORDER_ID]


class TestWhere:
    def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Problem) as error:
            written(tmp_path / "missing" / "file", "csv", exported(line_of()))
        assert error.value.name.value == "not-writable"
        assert error.value.exit_code is Exit.CANNOT_CREATE

    def test_a_folder_in_its_place_is_told_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "file").mkdir()
        with pytest.raises(Problem) as error:
            written(tmp_path / "file", "csv", exported(line_of()))
        assert error.value.name.value == "not-writable"
        assert (tmp_path / "file").is_dir()
        assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def test_a_relative_name_lies_in_the_working_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        export(Console(), SLUG, iter([exported(line_of())]), form="csv", output="file", with_pii=False)
        assert (tmp_path / "file").is_file()

    def test_a_pipe_or_a_device_is_written_to_and_not_replaced(self, tmp_path: Path) -> None:
        """As root, a file in the place of /dev/null would harm the whole machine."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            export(Console(), SLUG, iter([exported(line_of())]), form="jsonl", output=str(pipe), with_pii=False)
            assert json.loads(os.read(reader, 100_000))["order_id"] == ORDER_ID
        finally:
            os.close(reader)
        assert stat.S_ISFIFO(pipe.stat().st_mode)
