"""Weights in a file: what merchants and their spreadsheets make of it, and the file to fill in."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.files.spreadsheet_cells import FORMULA_MARKS
from amzlink.core.weights.customs import COUNTRIES, NO_CUSTOMS, CustomsData
from amzlink.core.weights.rows import (
    AS_EXPORTED,
    COLUMNS,
    CUSTOMS_AS_EXPORTED,
    WeightEntry,
    WeightFile,
    WeightRow,
    read_weights,
    weight_csv_rows,
    write_weight_csv,
)
from amzlink.core.weights.weights import PARCEL_LIMIT, Finding, Source, SuggestionSource, Verdict, Weights, assess
from amzlink.problems import Problem, ProblemName
from tests.support.rows import each_row

AMBIGUOUS = "the weight has a thousands separator or three decimals, so it can be read in two ways"
ZERO_LOST = "the HS code has 5 digits and needs 6, 8 or 10; a spreadsheet drops a zero at the beginning or the end"
TWO_AND_A_BIT = "sku,weight,unit\nMUG-1,0.45,kg\nLAMP 2,1.2,kg\n"


def read(data: str | bytes) -> WeightFile:
    content = data.encode() if isinstance(data, str) else data
    return read_weights(io.BytesIO(content), file="weights.csv")


def weights(data: str | bytes) -> dict[str, int]:
    found = read(data)
    assert found.refused == ()
    return {row.sku: row.grams for row in found.rows if row.grams is not None}


def why(data: str | bytes) -> dict[int, str]:
    """The reasons by line, without the sentence around them."""
    prefix = "Line {} of the file with weights cannot be used: "
    reasons = {}
    for refusal in read(data).refused:
        assert refusal.problem == ProblemName.WEIGHT_ROW_UNUSABLE
        assert refusal.message.startswith(prefix.format(refusal.line))
        reasons[refusal.line] = refusal.message.removeprefix(prefix.format(refusal.line)).removesuffix(".")
    return reasons


class TestReading:
    def test_each_line_is_a_product_and_its_weight_in_grams(self) -> None:
        assert read(TWO_AND_A_BIT) == WeightFile((WeightRow(2, "MUG-1", 450), WeightRow(3, "LAMP 2", 1200)), (), 0)

    @each_row(
        "data",
        [
            "sku;weight;unit\r\nMUG-1;0,45;kg\r\nLAMP 2;1,2;kg\r\n",
            "\ufeffsku;weight;unit\r\nMUG-1;0,45;kg\r\nLAMP 2;1,2;kg\r\n",
            'sku,weight,unit\nMUG-1,"0,45",kg\nLAMP 2,"1,2",kg\n',
            "sku\tweight\tunit\nMUG-1\t450\tg\nLAMP 2\t1200\tg\n",
            "sku,weight\nMUG-1,0.45kg\nLAMP 2,1.2 kg\n",
            "SKU, Weight ,Unit\nMUG-1,450g,\nLAMP 2,1.2,KG\n",
            "title,unit,sku,weight,finding\nMug,g,MUG-1,450,missing\nLamp,kg,LAMP 2,1.2,zero\n",
            'sep=;\nsku;weight;unit\nMUG-1;\'450;g\nLAMP 2;="1,2";kg\n',
            'sku,title,weight,unit\nMUG-1,"two\nlines",450,g\nLAMP 2,"a ""b"" c",1200,g\n\n',
            '[{"sku":"MUG-1","weight":0.45,"unit":"kg"},{"sku":"LAMP 2","weight":1200,"unit":"g"}]',
            '{"sku":"MUG-1","weight":"0.45kg"}\n{"sku":"LAMP 2","weight":"1.2kg"}\n',
        ],
    )
    @each_row("encoding", ["utf-8", "utf-16"])
    def test_whichever_country_and_program_it_comes_from(self, data: str, encoding: str) -> None:
        assert weights(data.encode(encoding)) == {"MUG-1": 450, "LAMP 2": 1200}

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_umlauts_survive_the_encodings_of_spreadsheets(self, encoding: str) -> None:
        assert weights("sku;weight\nTÜCHER-ÄÖÜ-5;450 g\n".encode(encoding)) == {"TÜCHER-ÄÖÜ-5": 450}

    def test_odd_skus_are_read_to_the_letter(self) -> None:
        data = 'sku,weight\nKETTLE/BLU 1,1g\n"KNIFE,20CM",2g\nLAMP 100%,3g\nMUG+GRN,4g\nLOCK#7&8,5g\nPUZZLE?=1000,6g\n'
        assert weights(data) == {
            "KETTLE/BLU 1": 1, "KNIFE,20CM": 2, "LAMP 100%": 3, "MUG+GRN": 4, "LOCK#7&8": 5, "PUZZLE?=1000": 6,
        }  # fmt: skip

    def test_the_unit_in_the_weight_counts_and_not_the_column_beside_it(self) -> None:
        assert weights("sku,weight,unit\nMUG-1,0.45kg,g\n") == {"MUG-1": 450}

    def test_lines_that_were_not_filled_in_are_counted_and_no_more(self) -> None:
        found = read("sku,weight,unit\nMUG-1,,g\nLAMP 2,450,g\nTOWEL-3, ,\n")
        assert ([row.sku for row in found.rows], found.refused, found.blank) == (["LAMP 2"], (), 2)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("MUG-1,-5,g", "the weight is negative"),
            ("MUG-1,heavy,g", "the weight is not a number with a unit, such as 0.45kg"),
            ("MUG-1,450,", "the weight has no unit; use one of kg, g, lb, oz"),
            ("MUG-1,450,stone", "the weight has a unit (stone) that is not one of kg, g, lb, oz"),
            ("MUG-1,450,kg", "the weight is over 70 kg, the most that a parcel may have"),
            ('MUG-1,"1.234,5",g', AMBIGUOUS),
            ("MUG-1,0,g", "the weight is zero"),
            (",450,g", "its SKU is missing"),
            ("4.00638E+12,450,g", "its SKU was rounded by a spreadsheet, so digits are lost"),
            (f"{'M' * 201},450,g", "its SKU is too long, or contains characters that cannot be printed"),
            ("MUG\x07,450,g", "its SKU is too long, or contains characters that cannot be printed"),
            ("MUG-1,0,45,kg", "it has more columns than the header; a value that contains a separator needs quotes"),
        ],
    )  # fmt: skip
    def test_a_bad_line_is_refused_by_its_number_and_holds_back_no_other(self, line: str, reason: str) -> None:
        data = f"sku,weight,unit\nTOWEL-3,1,kg\n{line}\nLAMP 2,2,kg\n"
        assert why(data) == {3: reason}
        assert [row.sku for row in read(data).rows] == ["TOWEL-3", "LAMP 2"]

    def test_a_refusal_names_the_sku_where_it_can_be_read(self) -> None:
        assert [refusal.sku for refusal in read("sku,weight\nMUG-1,heavy\n,1g\n").refused] == ["MUG-1", None]

    def test_a_sku_with_two_weights_is_refused_on_all_its_lines(self) -> None:
        data = "sku,weight\nMUG-1,450g\nLAMP 2,1kg\nMUG-1,500g\nMUG-1,0.45kg\n"
        reason = "its SKU has different weights on the lines 2, 4, 5"
        assert why(data) == {2: reason, 4: reason, 5: reason}
        assert [row.sku for row in read(data).rows] == ["LAMP 2"]

    def test_the_same_weight_twice_is_one(self) -> None:
        assert weights("sku,weight\nMUG-1,450g\nMUG-1,0.45kg\nmug-1,2kg\n") == {"MUG-1": 450, "mug-1": 2000}

    @pytest.mark.parametrize(
        ("data", "reason"),
        [("", "it is empty"), ("sku,gewicht\nMUG-1,450g\n", "these columns are missing: weight"), ("[1", "not a JSON")],
    )
    def test_a_file_without_the_columns_is_malformed(self, data: str, reason: str) -> None:
        with pytest.raises(Problem, match=reason) as caught:
            read(data)
        assert caught.value.name.value == "input-malformed"

    def test_keys_that_mean_the_same_and_differ_are_named(self) -> None:
        (refused,) = read(json.dumps([{"sku": "a", "SKU": "b", "weight": "1kg"}])).refused
        assert refused.message.endswith("its sku and SKU disagree.")

    @pytest.mark.parametrize(
        "entry", [{"sku": ["a"], "weight": "1kg"}, {"sku": "a", "weight": ["1kg"]}, {"weight": "1kg"}, {"sku": True}]
    )
    def test_json_of_another_form_is_refused_entry_by_entry(self, entry: Mapping[str, object]) -> None:
        found = read(json.dumps([entry, {"sku": "b", "weight": "1kg"}]))
        assert ([row.sku for row in found.rows], len(found.refused)) == (["b"], 1)

    def test_digits_of_a_json_number_are_taken_as_they_are(self) -> None:
        assert weights('[{"sku":"a","weight":0.1000000000000000000001,"unit":"kg"}]') == {"a": 101}

    @given(st.binary(max_size=300))
    def test_whatever_bytes_there_are_each_line_is_a_weight_or_refused(self, data: bytes) -> None:
        found = read(b"sku,weight,unit\nMUG-1,1,kg\n" + data)
        assert all(1 <= (row.grams or 0) <= PARCEL_LIMIT and row.sku.strip() for row in found.rows)
        assert len({row.sku for row in found.rows}) == len(found.rows)


MISSING = assess(Weights(catalogue=1250), default=None)
FINE = assess(Weights(package=450), default=None)


def cells(entry: WeightEntry) -> dict[str, str]:
    header, row = weight_csv_rows([entry])
    assert header == COLUMNS
    return dict(zip(header, row, strict=True))


def written(*entries: WeightEntry) -> str:
    file = io.StringIO(newline="")
    assert write_weight_csv(file, entries) == len(entries)
    return file.getvalue()


class TestWriting:
    def test_a_line_shows_what_is_wrong_and_waits_to_be_filled_in(self) -> None:
        entry = WeightEntry(
            sku="MUG-1", verdict=MISSING, asin="B0CHX1W1XY", title="A mug", open_orders=3, listing_link="https://x.test"
        )
        assert cells(entry) == {
            "sku": "MUG-1",
            "weight": "",
            "unit": "g",
            "asin": "B0CHX1W1XY",
            "title": "A mug",
            "finding": "missing",
            "reason": "No weight is set here, and its listing has none.",
            "suggestion": "1.25 kg (Amazon's catalogue)",
            "open_orders": "3",
            "listing_link": "https://x.test",
            "exported_grams": "",
            "hs_code": "",
            "country_of_origin": "",
            "customs": "not-needed",
            "exported_customs": "",
        }

    def test_a_weight_in_order_stands_there_in_grams(self) -> None:
        found = cells(WeightEntry(sku="MUG-1", verdict=FINE))
        assert (found["weight"], found["unit"], found["finding"], found["suggestion"]) == ("450", "g", "ok", "")
        assert found["exported_grams"] == "450"

    def test_a_weight_that_cannot_be_right_does_not_stand_where_it_would_be_read_back(self) -> None:
        verdict = assess(Weights(shipping=450_000, package=450), default=None)
        assert verdict.finding is Finding.IMPLAUSIBLE
        assert cells(WeightEntry(sku="MUG-1", verdict=verdict))["weight"] == ""

    @pytest.mark.parametrize("source", SuggestionSource)
    def test_a_suggestion_says_where_it_is_from(self, source: SuggestionSource) -> None:
        verdict = Verdict(
            weight_grams=None, source=None, finding=Finding.MISSING, reason="", suggestion_grams=7,
            suggestion_source=source,
        )  # fmt: skip
        assert cells(WeightEntry(sku="MUG-1", verdict=verdict))["suggestion"].startswith("7 g (")

    def test_a_title_is_one_line_and_runs_nothing(self) -> None:
        found = cells(WeightEntry(sku="MUG-1", verdict=FINE, title="=HYPERLINK(\n\t1)"))
        assert found["title"] == "'=HYPERLINK( 1)"

    def test_excel_knows_it_for_utf_8_and_lines_end_as_it_expects(self) -> None:
        data = written(WeightEntry(sku="TÜCHER", verdict=FINE, title='Tuch, "groß"')).encode()
        assert data.startswith(b"\xef\xbb\xbfsku,weight,unit,")
        assert data.count(b"\r\n") == 2
        assert 'Tuch, "groß"' in next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))["title"]

    def test_no_products_are_a_header_alone(self) -> None:
        assert written() == "\ufeff" + ",".join(COLUMNS) + "\r\n"

    def test_as_it_is_it_reads_back_without_a_refusal(self) -> None:
        data = written(WeightEntry(sku="MUG-1", verdict=FINE), WeightEntry(sku="LAMP 2", verdict=MISSING))
        found = read(data)
        assert (found.rows, found.refused, found.blank, found.unchanged) == ((), (), 1, 1)

    @each_row("filled", [("450", "g"), ("0,45", "kg"), ("0.45kg", "g"), ("450", None), ("1 lb", None)])
    @each_row("delimiter", [",", ";", "\t"])
    @each_row("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_filled_in_and_saved_by_a_spreadsheet_it_is_what_is_read(
        self, filled: tuple[str, str | None], delimiter: str, encoding: str
    ) -> None:
        skus = ["=1+1", "00123", "KNIFE,20CM", "4006381333931", "-ABC", "1-2", "TÜCHER", "a;b", "'x", "MAR1"]
        rows = list(
            csv.DictReader(
                io.StringIO(written(*(WeightEntry(sku=sku, verdict=MISSING, title="a\tb;c") for sku in skus))[1:])
            )
        )
        file = io.StringIO(newline="")
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"weight": filled[0], "unit": filled[1] or row["unit"]})
        assert weights(file.getvalue().encode(encoding)) == dict.fromkeys(skus, 454 if "lb" in filled[0] else 450)

    @given(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn", "Co", "Cf", "Zs"]), min_size=1),
        st.text(),
        st.sampled_from([None, *Source]),
    )
    def test_any_sku_comes_back_to_the_letter_and_no_cell_is_a_formula(
        self, sku: str, title: str, source: Source | None
    ) -> None:
        sku = sku[:200]
        verdict = Verdict(weight_grams=450 if source else None, source=source, finding=Finding.OK, reason="=1")
        entry = WeightEntry(sku=sku, verdict=verdict, title=title)
        assert not any(cell.startswith(FORMULA_MARKS) for row in weight_csv_rows([entry]) for cell in row)
        found = read(written(entry))
        assert (found.rows, found.refused, found.unchanged) == ((), (), 1 if source else 0)
        changed = read(edited(written(entry), weight="451"))
        assert [(row.sku, row.grams) for row in changed.rows] == [(sku, 451)]


def edited(table: str, *, only: str | None = None, without: Sequence[str] = (), **cells: str) -> str:
    """The table as a person gives it back: cells of one product or all overwritten, columns deleted."""
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline="")))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(
        file, [column for column in COLUMNS if column not in without], extrasaction="ignore", delimiter=";"
    )
    writer.writeheader()
    writer.writerows(row | cells if only in (None, row["sku"]) else row for row in reversed(rows))
    return file.getvalue()


class TestGivenBack:
    TABLE = written(
        WeightEntry(sku="MUG-1", verdict=FINE),
        WeightEntry(sku="LAMP 2", verdict=assess(Weights(package=1250), default=None)),
        WeightEntry(sku="TOWEL-3", verdict=MISSING),
    )

    def test_only_what_a_person_changed_counts(self) -> None:
        found = read(edited(self.TABLE, only="TOWEL-3", weight="0,3", unit="kg"))
        assert [(row.sku, row.grams) for row in found.rows] == [("TOWEL-3", 300)]
        assert (found.unchanged, found.blank, found.refused) == (2, 0, ())

    @pytest.mark.parametrize(
        ("weight", "unit"),
        [("1,25", "kg"), ("1250.0", "g"), ("1250,00", "g"), ("1.25kg", "g"), ("1250", ""), ("1250\u00a0", "g")],
    )
    def test_the_same_weight_in_another_spelling_is_no_change(self, weight: str, unit: str) -> None:
        found = read(edited(self.TABLE, only="LAMP 2", weight=weight, unit=unit))
        assert (found.rows, found.refused, found.unchanged) == ((), (), 2)

    def test_thousands_that_a_spreadsheet_gave_both_cells_are_no_change(self) -> None:
        found = read(edited(self.TABLE, only="LAMP 2", weight="1.250", exported_grams="1.250"))
        assert (found.rows, found.refused, found.unchanged) == ((), (), 2)

    @pytest.mark.parametrize(("weight", "unit"), [("heavy", "g"), ("1.25E+17", ""), ("1.2505E+3", "g")])
    def test_what_is_no_weight_any_more_is_refused(self, weight: str, unit: str) -> None:
        found = read(edited(self.TABLE, only="LAMP 2", weight=weight, unit=unit))
        assert ([row.sku for row in found.refused], found.rows) == (["LAMP 2"], ())

    def test_keys_of_json_that_mean_the_same_must_not_disagree(self) -> None:
        found = read('{"sku": "MUG-1", "weight": "450g", "Weight": "2kg"}')
        [refused] = found.refused
        assert "its weight and Weight disagree" in refused.message

    def test_a_weight_that_was_emptied_is_passed_over(self) -> None:
        found = read(edited(self.TABLE, only="MUG-1", weight=""))
        assert (found.rows, found.refused, found.blank, found.unchanged) == ((), (), 2, 1)

    def test_without_its_last_column_it_is_compared_with_what_is_known_now(self) -> None:
        table = edited(self.TABLE, only="MUG-1", weight="460", without=[AS_EXPORTED])
        now = {"MUG-1": 450, "LAMP 2": 1250}
        found = read_weights(io.BytesIO(table.encode()), file="weights.csv", known=now.get)
        assert ([(row.sku, row.grams) for row in found.rows], found.unchanged) == ([("MUG-1", 460)], 1)

    def test_in_a_file_of_ones_own_every_weight_counts_known_or_not(self) -> None:
        data = b"sku,weight\nMUG-1,450g\n"
        found = read_weights(io.BytesIO(data), file="weights.csv", known={"MUG-1": 450}.get)
        assert [(row.sku, row.grams) for row in found.rows] == [("MUG-1", 450)]

    def test_a_line_that_a_person_added_counts(self) -> None:
        found = read(self.TABLE + "CUP-4,200,g\r\n")
        assert [(row.sku, row.grams) for row in found.rows] == [("CUP-4", 200)]

    @given(st.integers(1, PARCEL_LIMIT), st.integers(1, PARCEL_LIMIT))
    def test_a_line_counts_if_and_only_if_its_weight_differs(self, before: int, after: int) -> None:
        verdict = Verdict(weight_grams=before, source=Source.SHIPPING, finding=Finding.OK, reason="")
        table = written(WeightEntry(sku="MUG-1", verdict=verdict))
        found = read(edited(table, weight=str(after)))
        assert [row.grams for row in found.rows] == ([] if before == after else [after])


def customs(data: str | bytes) -> dict[str, CustomsData]:
    found = read(data)
    assert found.refused == ()
    return {row.sku: row.customs for row in found.rows}


class TestCustomsData:
    TABLE = written(
        WeightEntry(sku="MUG-1", verdict=FINE, customs=CustomsData("010130", "NO")),
        WeightEntry(sku="LAMP 2", verdict=FINE, customs=CustomsData("610910", None)),
        WeightEntry(sku="TOWEL-3", verdict=MISSING),
    )

    def test_a_file_may_have_customs_data_and_no_weight(self) -> None:
        assert customs("sku,hs_code,country_of_origin\nMUG-1,6109.10,pt\nLAMP 2,,CN\nTOWEL-3,,\n") == {
            "MUG-1": CustomsData("610910", "PT"),
            "LAMP 2": CustomsData(None, "CN"),
        }

    def test_weight_and_customs_data_stand_side_by_side(self) -> None:
        found = read('{"sku":"MUG-1","weight":"450g","hs_code":610910,"country_of_origin":"PT"}')
        assert found.rows == (WeightRow(1, "MUG-1", 450, CustomsData("610910", "PT")),)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("MUG-1,10130,PT", ZERO_LOST),
            ("MUG-1,6.1E+05,PT", "the HS code was rounded by a spreadsheet (E+), so digits are lost"),
            ("MUG-1,610910,Portugal", "the country of origin is not a code of two letters, such as PT for Portugal"),
            ("MUG-1,610910,XX", "the country of origin XX is no country code (ISO 3166), such as PT for Portugal"),
        ],
    )  # fmt: skip
    def test_a_bad_line_is_refused_by_its_number_and_holds_back_no_other(self, line: str, reason: str) -> None:
        data = f"sku,hs_code,country_of_origin\nTOWEL-3,610910,PT\n{line}\n"
        assert why(data) == {3: reason}
        assert [row.sku for row in read(data).rows] == ["TOWEL-3"]
        assert [(each.sku, each.of_customs) for each in read(data).refused] == [("MUG-1", True)]

    def test_a_sku_with_two_codes_is_refused_on_all_its_lines(self) -> None:
        data = "sku,hs_code,country_of_origin\nMUG-1,610910,PT\nLAMP 2,610910,PT\nMUG-1,610990,PT\n"
        reason = "its SKU has different customs data on the lines 2, 4"
        assert why(data) == {2: reason, 4: reason}

    def test_what_several_lines_say_of_a_sku_adds_up(self) -> None:
        data = "sku,weight,hs_code,country_of_origin\nMUG-1,450g,,\nMUG-1,,610910,\nMUG-1,0.45kg,,PT\n"
        assert read(data).rows == (WeightRow(2, "MUG-1", 450, CustomsData("610910", "PT")),)

    def test_a_table_given_back_as_it_is_sets_nothing(self) -> None:
        found = read(self.TABLE)
        assert (found.rows, found.refused, found.blank, found.unchanged) == ((), (), 1, 2)

    @pytest.mark.parametrize("cell", ["10130", "10130.0", "10130,00", "0101.30", "'010130", "010130"])
    def test_a_code_that_a_spreadsheet_rewrote_is_no_change(self, cell: str) -> None:
        found = read(edited(self.TABLE, only="MUG-1", hs_code=cell))
        assert (found.rows, found.refused, found.unchanged) == ((), (), 2)

    def test_only_the_cells_that_a_person_changed_count(self) -> None:
        found = read(edited(self.TABLE, only="MUG-1", country_of_origin="SE"))
        assert [(row.sku, row.grams, row.customs) for row in found.rows] == [("MUG-1", None, CustomsData(None, "SE"))]
        found = read(edited(self.TABLE, only="LAMP 2", country_of_origin="CN"))
        assert [(row.sku, row.grams, row.customs) for row in found.rows] == [("LAMP 2", None, CustomsData(None, "CN"))]

    def test_a_code_that_was_changed_to_a_damaged_one_is_refused(self) -> None:
        found = read(edited(self.TABLE, only="MUG-1", hs_code="10190"))
        assert (found.rows, [each.sku for each in found.refused]) == ((), ["MUG-1"])

    def test_without_its_column_of_what_it_showed_it_is_compared_with_what_is_known_now(self) -> None:
        table = edited(self.TABLE, only="MUG-1", country_of_origin="SE", without=[CUSTOMS_AS_EXPORTED])
        now = {"MUG-1": CustomsData("010130", "NO"), "LAMP 2": CustomsData("610910"), "TOWEL-3": NO_CUSTOMS}
        found = read_weights(io.BytesIO(table.encode()), file="w.csv", known_customs=lambda sku: now[sku])
        assert [(row.sku, row.customs) for row in found.rows] == [("MUG-1", CustomsData(None, "SE"))]

    @given(
        st.sampled_from([6, 8, 10]).flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length)),
        st.sampled_from(sorted(COUNTRIES)),
    )
    def test_what_was_written_reads_back_to_the_letter(self, code: str, country: str) -> None:
        if code.startswith("00"):
            return
        table = written(WeightEntry(sku="MUG-1", verdict=FINE, customs=CustomsData(code, country)))
        assert read(table).rows == ()
        assert customs(edited(table, exported_customs="")) == {"MUG-1": CustomsData(code, country)}
