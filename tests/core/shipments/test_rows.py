"""Shipments out of files as people and programs make them: each row by itself, and nothing guessed."""

import io
import json
import time
import tracemalloc
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.shipments.column_names import COLUMN_NAMES
from amzlink.core.shipments.parcels import Kind
from amzlink.core.shipments.rows import OPTIONAL, REQUIRED, RowRefusal, ShipmentRow, read_shipments
from amzlink.problems import Problem, ProblemName
from tests.support.rows import each_row

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ORDER = "302-1234567-1234567"
HEADER = "order_id,carrier,tracking_number,ship_date"
PLAIN = f"{ORDER},DHL,00340434292135100186,2026-11-22"

Verdicts = list[ShipmentRow | RowRefusal]


def read(data: bytes | str | BinaryIO, **options: Any) -> Verdicts:
    if isinstance(data, str):
        data = data.encode()
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    return list(read_shipments(stream, **{"file": "shipments.csv", "now": NOW, **options}))


def one(data: bytes | str, **options: Any) -> ShipmentRow:
    [row] = read(data, **options)
    assert isinstance(row, ShipmentRow), row
    return row


def row_with(**values: str) -> ShipmentRow | RowRefusal:
    """A CSV row with these values, the others being good."""
    cells = {"order_id": ORDER, "carrier": "DHL", "tracking_number": "0034", "ship_date": "2026-11-22", **values}
    quoted = (f'"{value}"' if '"' not in value else value for value in cells.values())
    [row] = read(f"{','.join(cells)}\n{','.join(quoted)}\n")
    return row


def good(**values: str) -> ShipmentRow:
    row = row_with(**values)
    assert isinstance(row, ShipmentRow), row
    return row


def refused(**values: str) -> str:
    row = row_with(**values)
    assert isinstance(row, RowRefusal), row
    assert row.problem == ProblemName.SHIPMENT_ROW_UNUSABLE
    return row.message


def malformed(data: bytes | str) -> Problem:
    with pytest.raises(Problem) as caught:
        read(data)
    assert caught.value.name.value == "input-malformed"
    assert caught.value.facts["file"] == "shipments.csv"
    return caught.value


EXPECTED = ShipmentRow(
    line=2, order_id=ORDER, carrier="DHL", tracking_number="00340434292135100186", ship_date=date(2026, 11, 22)
)


class TestForms:
    def test_a_plain_file(self) -> None:
        assert read(f"{HEADER}\n{PLAIN}\n") == [EXPECTED]

    @pytest.mark.parametrize("sign", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_comma_semicolon_or_tab_and_any_line_end(self, sign: str, end: str) -> None:
        text = f"{HEADER}\n{PLAIN}\n".replace(",", sign).replace("\n", end)
        assert read(text) == [EXPECTED]

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
    )
    def test_any_usual_encoding_with_a_mark_or_without(self, encoding: str) -> None:
        text = f"{HEADER},service\n{PLAIN},Päckchen groß\n"
        assert one(text.encode(encoding)).service == "Päckchen groß"

    @each_row(
        ("header", "encoding"),
        [
            ("Nr zamówienia;Przewoźnik;Numer przesyłki;Data wysyłki", "cp1250"),
            ("Nr zamówienia;Przewoźnik;Numer przesyłki;Data wysyłki", "cp852"),
            ("Nr zamówienia;Przewoźnik;Numer przesyłki;Data wysyłki", "mac_latin2"),
            ("Nr zamówienia;Przewoźnik;Numer przesyłki;Data wysyłki", "utf-16-le"),
            ("Sipariş Numarası;Kargo Firması;Kargo Takip Numarası;Gönderim Tarihi", "cp1254"),
            ("Numéro de commande;Transporteur;Numéro de suivi;Date d’expédition", "mac_roman"),
            ("Nº de pedido;Transportista;Número de seguimiento;Fecha de envío", "cp850"),
        ],
    )
    @each_row("end", ["\r\n", "\r"])
    def test_the_names_of_the_columns_show_in_which_code_page_a_spreadsheet_saved(
        self, header: str, encoding: str, end: str
    ) -> None:
        text = f"{header}{end}{PLAIN.replace(',', ';')}{end}"
        assert read(text.encode(encoding, "replace")) == [EXPECTED]

    def test_a_file_that_mixes_encodings_loses_no_letter(self) -> None:
        data = f"{HEADER}\n{ORDER},Café,1,2026-11-22\n".encode() + f"{ORDER},Colis Privé €,2,2026-11-22\n".encode(
            "cp1252"
        )
        assert [row.carrier for row in read(data) if isinstance(row, ShipmentRow)] == ["Café", "Colis Privé €"]

    @pytest.mark.parametrize(
        "header", ["Ship-Date;CARRIER; Tracking Number ;OrderId;Remark", "shipdate;Carrier;tracking-number;order id;x"]
    )
    def test_columns_in_any_order_and_spelling_and_others_beside(self, header: str) -> None:
        assert read(f"{header}\n2026-11-22;DHL;00340434292135100186;{ORDER};whatever\n") == [EXPECTED]

    def test_excels_separator_line_and_blank_lines(self) -> None:
        row = one(f"\n\nsep=;\n{HEADER}\n\n{PLAIN}\n\n;;;\n".replace(",", ";"))
        assert (row.tracking_number, row.line) == (EXPECTED.tracking_number, 6)

    def test_a_line_break_inside_quotes_is_part_of_the_value(self) -> None:
        rows = read(f'{HEADER},remark\n{PLAIN},"two\nlines, ""quoted"""\n{PLAIN},\n')
        assert [(type(row), row.line) for row in rows] == [(ShipmentRow, 2), (ShipmentRow, 4)]

    def test_a_quote_that_is_never_closed_costs_its_own_line_alone(self) -> None:
        bad = f'"{ORDER},DHL,1,2026-11-22'
        rows = read("\n".join([HEADER, PLAIN, bad, *[PLAIN] * 100]))
        assert [row.line for row in rows if isinstance(row, RowRefusal)] == [3]
        assert len(rows) == 102

    def test_two_stray_quotes_do_not_swallow_what_is_between(self) -> None:
        bad = f'"{ORDER},DHL,1,2026-11-22'
        rows = read(f"{HEADER}\n{bad}\n{PLAIN}\n{PLAIN}\n{bad}\n{PLAIN}\n")
        assert [row.line for row in rows if isinstance(row, RowRefusal)] == [2, 5]
        assert len(rows) == 5

    def test_a_last_line_without_an_end_and_without_its_last_columns(self) -> None:
        assert one(f"{HEADER},service,status\n{PLAIN}") == EXPECTED

    @pytest.mark.parametrize(
        "text",
        [
            json.dumps([{"order_id": ORDER, "carrier": "DHL", "tracking_number": "0034", "ship_date": "2026-11-22"}]),
            json.dumps(
                {"shipments": [{"orderId": ORDER, "Carrier": "DHL", "trackingNumber": 34, "shipDate": "2026-11-22"}]}
            ),
            json.dumps({"order_id": ORDER, "carrier": "DHL", "tracking_number": "0034", "ship_date": "2026-11-22"}),
            json.dumps(
                {"order_id": ORDER, "carrier": "DHL", "tracking_number": "34", "ship_date": "2026-11-22"}, indent=2
            ),
        ],
    )
    def test_json_as_a_list_an_object_with_shipments_or_lines(self, text: str) -> None:
        for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
            row = one(data)
            assert (row.order_id, row.carrier, (row.tracking_number or "")[-2:]) == (ORDER, "DHL", "34")
            assert row.line == 1

    def test_json_lines_each_stand_for_themselves(self) -> None:
        good_line = json.dumps({"order_id": ORDER, "carrier": "DHL", "tracking_number": "1", "ship_date": "2026-11-22"})
        rows = read(f'{good_line}\n\n{{not json\n[1]\n{good_line}\n{{"order_id": {{"no": "text"}}}}\n')
        assert [(row.line, isinstance(row, ShipmentRow)) for row in rows] == [
            (1, True), (3, False), (4, False), (5, True), (6, False),
        ]  # fmt: skip

    def test_json_tells_codes_as_a_list_and_numbers_as_numbers(self) -> None:
        document = {
            "order_id": ORDER, "carrier": "UPS", "tracking_number": 1234567890123456789012, "ship_date": "2026-11-22",
            "order_item_id": 12345678901234, "quantity": 2, "transparency_codes": ["AZ:1", "AZ:2"], "service": None,
        }  # fmt: skip
        row = one(json.dumps([document]))
        assert (row.tracking_number, row.order_item_id, row.quantity) == ("1234567890123456789012", "12345678901234", 2)
        assert row.transparency_codes == ("AZ:1", "AZ:2")

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            ("", "it is empty"),
            (" \n\r\n", "it is empty"),
            (f"order_id,carrier\n{ORDER},DHL\n", "these columns are missing: tracking_number, ship_date"),
            (f"{PLAIN}\n{PLAIN}\n", "these columns are missing: order_id, carrier, tracking_number, ship_date"),
            (f"{HEADER},Order-ID\n{PLAIN},1\n", "these columns are there twice: order_id"),
            ("[1, 2", "it is not a JSON list of objects"),
            ('{"shipments": 7\n}', "it is not a JSON list of objects"),
            ("[" * 100_000, "it is not a JSON list of objects"),
        ],
    )
    def test_a_file_of_another_form_is_refused_as_a_whole(self, data: str, detail: str) -> None:
        assert malformed(data).facts["detail"] == detail

    def test_a_file_without_rows_gives_none(self) -> None:
        assert read(HEADER) == []
        assert read("[]") == []

    def test_a_pipe_that_gives_little_at_a_time_reads_alike(self) -> None:
        class Trickle(io.RawIOBase):
            data = f"{HEADER},service\n{PLAIN},Päckchen\n".encode("utf-16")

            def readable(self) -> bool:
                return True

            def read(self, size: int = -1) -> bytes:
                piece, self.data = self.data[:3], self.data[3:]
                return piece

        assert one_of(read(cast("BinaryIO", Trickle()))).service == "Päckchen"

    def test_the_stream_is_left_open_for_who_opened_it(self) -> None:
        stream = io.BytesIO(f"{HEADER}\n{PLAIN}\n".encode())
        read(stream)
        assert not stream.closed


def one_of(rows: Verdicts) -> ShipmentRow:
    [row] = rows
    assert isinstance(row, ShipmentRow)
    return row


class TestValues:
    @pytest.mark.parametrize("written", [f"'{ORDER}", f" {ORDER} ", f'="{ORDER}"'])
    def test_what_spreadsheets_put_around_a_text_goes(self, written: str) -> None:
        [row] = read(f"{HEADER}\n{written},DHL,1,2026-11-22\n")
        assert isinstance(row, ShipmentRow)
        assert row.order_id == ORDER

    @pytest.mark.parametrize("written", ["0001-01-01T00:30:00+05:00", "9999-12-31T23:30:00-05:00"])
    def test_a_time_before_or_after_all_that_there_are_is_refused(self, written: str) -> None:
        assert "ship_date has a time that does not exist" in refused(ship_date=written)

    def test_an_item_id_that_ends_as_a_spreadsheet_leaves_it_is_refused(self) -> None:
        assert "order_item_id" in refused(order_item_id="123456789012345000")

    @pytest.mark.parametrize("column", ["order_id", "tracking_number", "order_item_id"])
    @pytest.mark.parametrize("damaged", ["3.40434E+19", "3,40434E+19", "3E+19", "12345678901234567.0"])
    def test_a_number_that_a_spreadsheet_rounded_is_refused_by_name(self, column: str, damaged: str) -> None:
        message = refused(**{column: damaged})
        assert f"{column} was rounded by a spreadsheet" in message
        assert damaged not in message

    def test_the_same_in_json(self) -> None:
        row = {"order_id": ORDER, "carrier": "DHL", "tracking_number": 3.40434e19, "ship_date": "2026-11-22"}
        [verdict] = read(json.dumps([row]))
        assert isinstance(verdict, RowRefusal)
        assert "tracking_number was rounded by a spreadsheet" in verdict.message

    @pytest.mark.parametrize(
        "order_id", ["", "1234", "302-1234567", "302-1234567-12345678", "Jana Nováková", "302_1234567_1234567"]
    )
    def test_what_is_no_order_id_is_refused_and_not_repeated(self, order_id: str) -> None:
        row = row_with(order_id=order_id)
        assert isinstance(row, RowRefusal)
        assert row.order_id is None
        assert not order_id or order_id not in row.message

    def test_a_refusal_names_the_order_where_it_can_be_read(self) -> None:
        row = row_with(ship_date="soon")
        assert isinstance(row, RowRefusal)
        assert (row.order_id, row.line) == (ORDER, 2)
        assert (
            row.message
            == "Line 2 of the file with parcels cannot be used: ship_date is not a date; write it as YYYY-MM-DD."
        )

    def test_mail_without_tracking_has_an_empty_number(self) -> None:
        assert good(tracking_number=" ").tracking_number is None

    def test_spaces_in_a_tracking_number_go(self) -> None:
        assert good(tracking_number="JJD 0003 4043").tracking_number == "JJD00034043"

    @pytest.mark.parametrize("number", ["—", "номер", "----", "x" * 201, "12\x0034"])
    def test_what_is_no_tracking_number_is_refused_and_not_repeated(self, number: str) -> None:
        assert number not in refused(tracking_number=number)

    @pytest.mark.parametrize("number", [ORDER.replace("-", ""), ORDER.replace("-", " ")])
    def test_the_orders_own_number_is_no_tracking_number(self, number: str) -> None:
        assert "is an Amazon order number" in refused(tracking_number=number)

    def test_a_carrier_is_needed(self) -> None:
        assert "carrier is missing" in refused(carrier=" ")

    @pytest.mark.parametrize(
        ("written", "kind"),
        [
            ("", Kind.UNDER_WAY),
            ("processed", Kind.UNDER_WAY),
            ("Announced", Kind.LABELLED),
            ("DELIVERED", Kind.DELIVERED),
            ("cancelled", Kind.CANCELLED),
            ("canceled", Kind.CANCELLED),
        ],
    )
    def test_a_status_is_one_of_four_words_and_processed_where_there_is_none(self, written: str, kind: Kind) -> None:
        assert good(status=written).status is kind

    def test_further_words_come_from_who_asks(self) -> None:
        text = f"{HEADER},status\n{PLAIN},ready to send\n"
        assert one(text, codes={"READY_TO_SEND": Kind.LABELLED}).status is Kind.LABELLED
        assert isinstance(read(text)[0], RowRefusal)

    @pytest.mark.parametrize("written", ["0", "-1", "1.5", "2,5", "1.000", "two", "100001", "٣"])
    def test_a_quantity_is_a_whole_number_of_pieces(self, written: str) -> None:
        assert "quantity is not a whole number" in refused(quantity=written)

    @pytest.mark.parametrize("written", ["2", "2.0", "2,00", " 2 ", "'2", '="2"', "2.0E+0", "002"])
    def test_a_whole_quantity_is_one_in_any_spelling(self, written: str) -> None:
        [row] = read(f"{HEADER.replace(',', ';')};quantity\n{PLAIN.replace(',', ';')};{written}\n")
        assert isinstance(row, ShipmentRow)
        assert row.quantity == 2

    @pytest.mark.parametrize("number", [1.0, 1])
    def test_a_whole_quantity_in_json_is_one(self, number: float) -> None:
        row = {"order_id": ORDER, "carrier": "DHL", "tracking_number": "34", "ship_date": "2026-11-22"}
        assert one(json.dumps(row | {"quantity": number})).quantity == 1

    @pytest.mark.parametrize(
        "written", ["26580641116266.0", "26580641116266,00", "2.6580641116266E+13", '="26580641116266"']
    )
    def test_an_item_id_whose_digits_are_all_there_is_that_id(self, written: str) -> None:
        header, row_of_file = HEADER.replace(",", ";"), PLAIN.replace(",", ";")
        [row] = read(f"{header};order_item_id\n{row_of_file};{written}\n")
        assert isinstance(row, ShipmentRow)
        assert row.order_item_id == "26580641116266"

    def test_an_item_id_in_json_may_be_a_float(self) -> None:
        row = {"order_id": ORDER, "carrier": "DHL", "tracking_number": "34", "ship_date": "2026-11-22"}
        assert one(json.dumps(row | {"order_item_id": 26580641116266.0})).order_item_id == "26580641116266"

    @pytest.mark.parametrize(
        "written",
        [
            "302\u20131234567\u20131234567", "\u00a0302-1234567-1234567\t", "302\u20111234567\u20111234567",
            "'302-1234567-1234567",
            "\ufeff302-1234567-1234567\u200b", "302 - 1234567 - 1234567", "３０２-1234567-1234567",
        ],
    )  # fmt: skip
    def test_stray_signs_of_web_pages_and_word_processors_do_not_hurt_an_order_number(self, written: str) -> None:
        assert good(order_id=written).order_id == ORDER

    @pytest.mark.parametrize(
        ("column", "written", "reason"),
        [
            ("carrier", "https://www.dhl.de/x", "carrier is a link"),
            ("carrier", "=A1", "carrier is a spreadsheet formula"),
            ("carrier", "n/a", "carrier is missing"),
            ("carrier", "-", "carrier is missing"),
            ("carrier", "00340434161094042557", "carrier is a number"),
            ("service", "www.dhl.de/x", "service is a link"),
            ("transparency_codes", "https://amazon.test/AZ:1", "transparency_codes contains something"),
            ("tracking_number", "https://www.dhl.de/x?piececode=00340434161094042557", "tracking_number is a link"),
            ("tracking_number", "340434161094042000", "digits are lost"),
            ("tracking_number", "keine", "leave the cell empty"),
        ],
    )
    def test_a_value_that_can_be_printed_is_not_enough(self, column: str, written: str, reason: str) -> None:
        assert reason in refused(**{column: written})

    def test_a_word_for_nothing_is_no_service_and_no_code(self) -> None:
        row = good(service="n/a", transparency_codes="-")
        assert (row.service, row.transparency_codes) == (None, ())

    def test_a_formula_around_a_number_is_refused_and_one_that_keeps_its_zeros_is_not(self) -> None:
        rows = read(
            "order_id;carrier;tracking_number;ship_date\n"
            f'{ORDER};DHL;="00340434161094042557";2026-11-22\n'
            f'{ORDER};DHL;"=HYPERLINK(""https://dhl.test"",""00340434161094042557"")";2026-11-22\n'
            f"{ORDER};DHL;=TEXT(A1),;2026-11-22\n"
        )
        assert [isinstance(row, ShipmentRow) for row in rows] == [True, False, False]

    def test_items_and_their_quantity_are_read(self) -> None:
        row = good(order_item_id="12345678901234", quantity="3", transparency_codes="AZ:A1 AZ:B2;AZ:C3")
        assert (row.order_item_id, row.quantity) == ("12345678901234", 3)
        assert row.transparency_codes == ("AZ:A1", "AZ:B2", "AZ:C3")
        assert "order_item_id" in refused(order_item_id="B000000001")

    def test_an_unquoted_separator_in_a_value_is_refused_rather_than_shifted(self) -> None:
        [row] = read(f"{HEADER}\n{ORDER},DHL, Paket,0034,2026-11-22\n")
        assert isinstance(row, RowRefusal)
        assert "more columns than the header" in row.message


class TestDates:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("2026-11-22", date(2026, 11, 22)),
            ("2026/11/22", date(2026, 11, 22)),
            ("22.11.2026", date(2026, 11, 22)),
            ("1.2.2026", date(2026, 2, 1)),
            ("22/11/2026", date(2026, 11, 22)),
            ("11/22/2026", date(2026, 11, 22)),
            ("22-11-2026", date(2026, 11, 22)),
            ("11/11/2026", date(2026, 11, 11)),
            ("2026-11-23", date(2026, 11, 23)),
            ("2026-11-22T08:15:00Z", datetime(2026, 11, 22, 8, 15, tzinfo=UTC)),
            ("2026-11-22T08:15:00.123456+01:00", datetime(2026, 11, 22, 7, 15, tzinfo=UTC)),
            ("2026-11-22 08:15 +0530", datetime(2026, 11, 22, 2, 45, tzinfo=UTC)),
            ("22.11.2026 08:15", datetime(2026, 11, 22, 7, 15, tzinfo=UTC)),
            ("22.11.2026, 08:15:30", datetime(2026, 11, 22, 7, 15, 30, tzinfo=UTC)),
            ("22-11-2026 08:15:30", datetime(2026, 11, 22, 7, 15, 30, tzinfo=UTC)),
            ("11/22/2026 1:05 PM", datetime(2026, 11, 22, 12, 5, tzinfo=UTC)),
            ("11/22/2026 12:05 am", datetime(2026, 11, 21, 23, 5, tzinfo=UTC)),
        ],
    )
    def test_a_day_or_a_moment_in_utc(self, written: str, meant: date) -> None:
        text = f'{HEADER}\n{ORDER},DHL,1,"{written}"\n'
        row = one(text, zone=timezone(timedelta(hours=1)))
        assert row.ship_date == meant
        assert type(row.ship_date) is type(meant)

    @pytest.mark.parametrize(
        ("written", "why"),
        [
            ("03/04/2026", "can be read in two ways"),
            ("03-04-2026", "can be read in two ways"),
            ("2026-11-24", "is in the future"),
            ("2026-11-23T09:30:01Z", "is in the future"),
            ("2020-01-01", "is more than two years ago"),
            ("30.02.2026", "is a day that does not exist"),
            ("2026-13-01", "is a day that does not exist"),
            ("13/13/2026", "is a day that does not exist"),
            ("45987", "was turned into a number by a spreadsheet"),
            ("22.11.2", "is not a date"),
            ("yesterday", "is not a date"),
            ("2026-11-22T25:00:00Z", "has a time that does not exist"),
            ("2026-11-22 13:00 pm", "has a time that does not exist"),
            ("2026-11-22 noon", "has a time that cannot be read"),
            ("", "ship_date is missing"),
        ],
    )
    def test_a_date_that_is_none_or_has_not_come_is_refused(self, written: str, why: str) -> None:
        assert why in refused(ship_date=written)

    def test_today_is_the_day_where_the_file_was_written(self) -> None:
        text = f"{HEADER}\n{ORDER},DHL,1,2026-11-24\n"
        late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
        assert one(text, now=late, zone=timezone(timedelta(hours=1))).ship_date == date(2026, 11, 24)
        assert isinstance(read(text, now=late)[0], RowRefusal)


def dates(*written: str, now: datetime = NOW, **options: Any) -> list[date | str]:
    """The dates of a file with these, or why they are refused."""
    lines = "".join(f'{ORDER};DHL;{at};"{text}"\n' for at, text in enumerate(written, start=1))
    rows = read(f"order_id;carrier;tracking_number;ship_date\n{lines}", now=now, **options)
    return [row.ship_date if isinstance(row, ShipmentRow) else row.message for row in rows]


LATER = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
NOVEMBER_28 = date(2026, 11, 28)
OPEN = "Line 2 of the file with parcels cannot be used: ship_date can be read in two ways"


class TestDatesOfAFile:
    @each_row(
        "written",
        [
            "2026-11-28", "2026/11/28", "2026.11.28", "20261128", "28.11.2026", "28. 11. 2026", "28.11.26", "28/11/26",
            "28-11-26", "11/28/26", "28-nov-26", "28-Nov-2026", "28 Nov 2026", "28nov26", "Nov 28, 2026",
            "November 28th, 2026",
            "2026-Nov-28", "28. November 2026", "28 novembre 2026", "28 de noviembre de 2026", "28 nov. 2026",
            "28 listopada 2026",
            "28 lis 2026", "28 Kasım 2026", "28 de novembro de 2026", "Sat, 28 Nov 2026", "Saturday, November 28, 2026",
            "Sa, 28. Nov. 2026", "Samstag, 28. November 2026", "sobota, 28 listopada 2026", "za 28 nov. 2026",
            "sam. 28/11/2026", "sáb., 28 nov 2026", "sabato 28 novembre 2026", "lör 28 nov 2026", "Cmt 28 Kas 2026",
            "2026年11月28日", "\u00a028.11.2026\u200b", "'28.11.2026", "28\u201311\u20132026", "46354", "46354.0",
        ],
    )  # fmt: skip
    def test_a_day_in_any_spelling_that_can_mean_one_day_alone(self, written: str) -> None:
        assert dates(written, now=LATER) == [NOVEMBER_28]

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("Sat, 28 Nov 2026 10:00:00 +0100", datetime(2026, 11, 28, 9, 0, tzinfo=UTC)),
            ("2026-11-28T10:00:00+00:00", datetime(2026, 11, 28, 10, 0, tzinfo=UTC)),
            ("20261128T100000Z", "has a time that cannot be read"),
            ("28.11.26 10:00 Uhr", datetime(2026, 11, 28, 10, 0, tzinfo=UTC)),
            ("28 novembre 2026 10h30", datetime(2026, 11, 28, 10, 30, tzinfo=UTC)),
            ("46354.5", datetime(2026, 11, 28, 12, 0, tzinfo=UTC)),
            ("46354,75", datetime(2026, 11, 28, 18, 0, tzinfo=UTC)),
        ],
    )
    def test_a_time_behind_it_in_any_spelling(self, written: str, meant: datetime | str) -> None:
        [found] = dates(written, now=LATER)
        assert found == meant or (isinstance(meant, str) and meant in str(found))

    @each_row(
        "month",
        [
            "Januar", "janv.", "enero", "gennaio", "januari", "stycznia", "Ocak", "March", "März", "mrt",
            "maart", "marzo",
            "août", "AGOSTO", "sierpnia", "Ağustos", "Dezember", "déc.", "diciembre", "dic", "grudnia", "Aralık",
        ],
    )  # fmt: skip
    def test_months_of_the_marketplaces_languages(self, month: str) -> None:
        [found] = dates(f"5 {month} 2026", now=datetime(2026, 12, 31, tzinfo=UTC))
        assert isinstance(found, date)

    @pytest.mark.parametrize(("clear", "meant"), [("25/11/2026", date(2026, 11, 5)), ("11/25/2026", date(2026, 5, 11))])
    @pytest.mark.parametrize("is_before", [True, False])
    def test_the_other_rows_of_the_file_decide(self, clear: str, meant: date, is_before: bool) -> None:
        written = [clear, "05/11/2026"] if is_before else ["05/11/2026", clear]
        assert dates(*written, now=LATER)[is_before] == meant

    def test_a_row_that_is_refused_shows_how_the_file_writes_dates_all_the_same(self) -> None:
        text = f"{HEADER}\n{ORDER},DHL,1,05/11/2026\n{ORDER},,2,25/11/2026\n"
        first, second = read(text, now=LATER)
        assert isinstance(second, RowRefusal)
        assert isinstance(first, ShipmentRow)
        assert first.ship_date == date(2026, 11, 5)

    def test_rows_keep_their_order_while_one_waits_for_the_rest(self) -> None:
        rows = read(f"{HEADER}\n{ORDER},DHL,1,05/11/2026\n{PLAIN}\n{ORDER},DHL,2,yesterday\n{ORDER},DHL,3,13/11/2026\n")
        assert [row.line for row in rows] == [2, 3, 4, 5]

    def test_a_file_that_writes_both_ways_decides_nothing(self) -> None:
        found = dates("05/11/2026", "25/11/2026", "11/25/2026", now=LATER, countries=["DE"])
        assert str(found[0]).startswith(OPEN)
        assert found[1:] == [date(2026, 11, 25), date(2026, 11, 25)]

    def test_dates_of_a_kind_decide_among_themselves(self) -> None:
        found = dates("05/11/2026", "25/11/2026", "11-05-2026", "11-25-2026", now=LATER)
        assert found == [date(2026, 11, 5), date(2026, 11, 25), date(2026, 11, 5), date(2026, 11, 25)]

    @pytest.mark.parametrize(
        ("earliest", "meant"), [(datetime(2026, 11, 4, tzinfo=UTC), date(2026, 11, 5)), (None, date(2026, 5, 11))]
    )
    def test_then_the_days_of_the_order(self, earliest: datetime | None, meant: date) -> None:
        span = (earliest, LATER) if earliest else (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
        asked = []

        def known_between(order_id: str) -> tuple[datetime, datetime]:
            asked.append(order_id)
            return span

        assert dates("05/11/2026", now=LATER, countries=["DE"], known_between=known_between) == [meant]
        assert asked == [ORDER]

    @pytest.mark.parametrize(
        ("countries", "meant"),
        [
            (["DE"], date(2026, 11, 5)),
            (["GB", "FR"], date(2026, 11, 5)),
            (["US"], date(2026, 5, 11)),
            (["US", "MX"], None),
            (["CA"], None),
            ([], None),
        ],
    )
    def test_then_the_country(self, countries: list[str], meant: date | None) -> None:
        [found] = dates("05/11/2026", now=LATER, countries=countries)
        assert found == meant or (meant is None and str(found).startswith(OPEN))

    def test_a_day_that_has_not_come_is_not_turned_round_to_one_long_ago(self) -> None:
        [found] = dates("05/12/2026", now=LATER, countries=["DE"])
        assert "is in the future" in str(found)

    @pytest.mark.parametrize(
        ("written", "known"), [("45987", True), ("45987", False), ("46356", False), ("12345", False)]
    )
    def test_a_number_of_a_day_is_one_only_where_that_is_certain(self, written: str, known: bool) -> None:
        span = (datetime(2025, 11, 20, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC))
        [found] = dates(written, now=LATER, known_between=lambda _: span if known else None)
        assert (found == date(2025, 11, 26)) if known else "turned into a number" in str(found)

    @given(
        st.text(max_size=30)
        | st.from_regex(r"[0-9]{1,4}[-/. ][a-z0-9]{1,9}[-/. ][0-9]{1,4}([T ].{0,9})?", fullmatch=True)
    )
    def test_any_text_is_a_date_not_in_the_future_or_refused(self, written: str) -> None:
        for found in dates(written.replace('"', ""), now=LATER, countries=["DE"]):
            if isinstance(found, datetime):
                assert found <= LATER
            elif isinstance(found, date):
                assert found <= LATER.date()

    @given(
        st.dates(date(2025, 1, 1), date(2026, 11, 29)), st.sampled_from(["%d.%m.%y", "%d-%b-%y", "%B %d, %Y", "%Y%m%d"])
    )
    def test_every_day_comes_back(self, day: date, form: str) -> None:
        assert dates(day.strftime(form), now=LATER) == [day]


AMAZONS = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method"


def plain(name: str) -> str:
    """A name as it is compared: without signs, case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    return "".join(letter for letter in letters if letter.isalnum())


class TestNamesOfColumns:
    def test_amazons_own_file_is_read(self) -> None:
        text = (
            f"{AMAZONS}\r\n{ORDER}\t26580641116266\t1\t2026-11-22\tDHL\t\t00340434161094042557\tPaket\r\n"
            f"{ORDER}\t\t\t2026-11-22\tOther\tNachbar & Co\t\t\r\n"
        )
        assert read(text.encode("cp1252")) == [
            ShipmentRow(
                line=2, order_id=ORDER, carrier="DHL", tracking_number="00340434161094042557",
                ship_date=date(2026, 11, 22), service="Paket", order_item_id="26580641116266", quantity=1,
            ),
            ShipmentRow(
                line=3, order_id=ORDER, carrier="Nachbar & Co", tracking_number=None, ship_date=date(2026, 11, 22)
            ),
        ]  # fmt: skip

    def test_amazons_code_counts_beside_a_name_that_differs(self) -> None:
        assert one(f"{AMAZONS}\n{ORDER}\t\t\t2026-11-22\tDHL\tDHL Paket\t1\t\n").carrier == "DHL"

    @each_row(
        "header",
        [
            "Bestellnummer;Versanddienstleister;Sendungsnummer;Versanddatum",
            "Bestell-Nr.;Paketdienst;Trackingnummer;Versendet am",
            "Ordernummer;Vervoerder;Track & Trace code;Verzenddatum",
            "N° de commande;Transporteur;Numéro de suivi;Date d'expédition",
            "NUMERO DE COMMANDE;TRANSPORTEUR;NUMERO DE SUIVI;DATE D'EXPEDITION",
            "Numero ordine;Corriere;Codice di tracciamento;Data di spedizione",
            "Número de pedido;Transportista;Nº de seguimiento;Fecha de envío",
            "Numer zamówienia;Przewoźnik;Numer przesyłki;Data wysyłki",
            "Order Number;Carrier;Tracking Number;Shipped At",
            "Order #;Courier;Tracking #;Ship Date",
            "amazon-order-id;carrier-name;tracking-number;shipment-date",
        ],
    )
    @each_row("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    @each_row("sign", [";", ",", "\t", "|"])
    def test_the_names_of_other_programs_are_read(self, header: str, encoding: str, sign: str) -> None:
        text = f"{header}\n{ORDER};DHL;00340434292135100186;2026-11-22\n".replace(";", sign)
        assert read(text.encode(encoding)) == [EXPECTED]

    def test_no_name_means_two_columns(self) -> None:
        columns = {column: {plain(name) for name in names} | {plain(column)} for column, names in COLUMN_NAMES.items()}
        columns |= {column: {plain(column)} for column in (*REQUIRED, *OPTIONAL) if column not in columns}
        assert len(set().union(*columns.values())) == sum(map(len, columns.values()))

    def test_a_title_above_the_header_is_passed_over(self) -> None:
        row = one(f"Shipments of the week\nmade 2026-11-22\n\n{HEADER}\n{PLAIN}\n")
        assert (row.line, row.tracking_number) == (5, EXPECTED.tracking_number)

    def test_columns_that_mean_the_same_may_agree(self) -> None:
        header = f"{HEADER},Sendungsnummer,Tracking ID"
        row = one(f"{header}\n{PLAIN},0034 0434 2921 3510 0186,\n")
        assert row.tracking_number == EXPECTED.tracking_number

    def test_where_they_disagree_the_row_is_refused_by_their_names(self) -> None:
        rows = read(f"{HEADER},Sendungsnummer\n{PLAIN},\n{PLAIN},4711\n")
        assert isinstance(rows[0], ShipmentRow)
        assert isinstance(rows[1], RowRefusal)
        assert "the columns tracking_number and Sendungsnummer disagree" in rows[1].message
        assert "4711" not in rows[1].message
        assert rows[1].order_id == ORDER

    def test_the_same_in_json(self) -> None:
        row = {"order_id": ORDER, "carrier": "DHL", "tracking_number": "34", "ship_date": "2026-11-22"}
        assert one(json.dumps(row | {"trackingNumber": "34"})).tracking_number == "34"
        [found] = read(json.dumps(row | {"trackingNumber": "35"}))
        assert isinstance(found, RowRefusal)
        assert "the columns tracking_number and trackingNumber disagree" in found.message

    def test_a_code_a_name_and_another_carrier_are_too_many_to_choose_from(self) -> None:
        [found] = read(f"{AMAZONS}\tspediteur\n{ORDER}\t\t\t2026-11-22\tOther\tHermes\t0034\t\tDPD\n")
        assert isinstance(found, RowRefusal)
        assert "carrier-code, carrier-name and spediteur disagree: all are read as carrier" in found.message

    def test_transparency_codes_that_disagree_are_no_codes(self) -> None:
        [found] = read(f"{HEADER},transparency_codes,transparency\n{PLAIN},AZ:1,AZ:2\n")
        assert isinstance(found, RowRefusal)
        assert "the columns transparency_codes and transparency disagree" in found.message

    def test_of_several_order_numbers_the_one_of_amazons_form_counts(self) -> None:
        assert one(f"{HEADER},Auftragsnummer\n{PLAIN},SH-10023\n").order_id == ORDER
        [found] = read(f"{HEADER},Auftragsnummer\n{PLAIN},302-7654321-7654321\n")
        assert isinstance(found, RowRefusal)


class Endless(io.RawIOBase):
    """A file made as it is read, so that only what the reader keeps is in memory."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines: Iterator[bytes] = iter(lines)
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (more := next(self._lines, b"")):
            self._left += more
        piece, self._left = self._left[:size], self._left[size:]
        return piece


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_long_file_takes_no_more_memory_than_a_short_one(form: str) -> None:
    def lines(count: int) -> Iterator[bytes]:
        if form == "csv":
            yield f"{HEADER}\n".encode()
        for number in range(1, count + 1):
            row = {"order_id": ORDER, "carrier": "DHL", "tracking_number": f"{number:020}", "ship_date": "2026-11-22"}
            yield ((",".join(row.values()) if form == "csv" else json.dumps(row)) + "\n").encode()

    def peak(count: int) -> int:
        tracemalloc.start()
        stream = cast("BinaryIO", Endless(lines(count)))
        read_count = sum(isinstance(row, ShipmentRow) for row in read_shipments(stream, file="f", now=NOW))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read_count == count
        return most

    peak(100)
    assert peak(8_000) < 2 * peak(1_000) + 200_000


def test_ten_thousand_rows_are_read_in_seconds() -> None:
    text = f"{HEADER}\n" + f"{PLAIN}\n" * 10_000
    started = time.process_time()
    assert len(read(text)) == 10_000
    assert time.process_time() - started < 10


def verdicts_or_problem(data: bytes) -> Verdicts | Problem:
    try:
        return read(data)
    except Problem as problem:
        return problem


pieces = st.sampled_from(
    [HEADER, PLAIN, ORDER, "\n", "\r", ",", ";", '"', "'", "{", "}", "[", "]", ":", "\x00", "é", "sep=;", '"order_id"',
     "\ufeff", "1e99999", "\\ud800", "2026-11-22", "shipments", "=", " "]
)  # fmt: skip


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda parts, code: "".join(parts).encode(code),
        st.lists(pieces, max_size=30),
        st.sampled_from(["utf-8", "utf-16", "utf-16-be"]),
    )
    | st.lists(pieces, max_size=20).map(
        lambda parts: f"{HEADER},service,status,order_item_id,quantity\n{''.join(parts)}".encode()
    )
)
def test_any_bytes_are_rows_refusals_or_a_malformed_file(data: bytes) -> None:
    result = verdicts_or_problem(data)
    if isinstance(result, Problem):
        assert result.name.value == "input-malformed"
        return
    for row in result:
        if not isinstance(row, ShipmentRow):
            assert row.problem == ProblemName.SHIPMENT_ROW_UNUSABLE


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(HEADER.split(",")),
            st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        ),
        max_size=4,
    )
)
def test_any_json_is_rows_or_refusals_one_for_each(entries: list[dict[str, object]]) -> None:
    assert len(read(json.dumps(entries))) == len(entries)
