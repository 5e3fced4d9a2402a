"""What kind of file somebody gives, told by how it begins."""

import gzip
import io
import zipfile

import pytest

from amzlink.core.files.records import LARGEST_DOCUMENT, LONGEST_LINE, Entry, Unreadable, read_records
from amzlink.problems import Problem


def workbook() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return made.getvalue()


def detail(content: bytes) -> str:
    with pytest.raises(Problem) as caught:
        list(read_records(io.BytesIO(content), file="given", required=["sku"], optional=[]))
    assert caught.value.name.value == "input-malformed"
    return str(caught.value.facts["detail"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(), "save it as CSV"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "save it as CSV"),
        (b"%PDF-1.7\n", "PDF"),
        (gzip.compress(b"sku\nA\n"), "unpack"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML>\n<html><body>Sign in</body></html>", "sign-in page"),
        (b"<html lang=de>", "sign-in page"),
    ],
    ids=["xlsx", "xls", "pdf", "gzip", "page with a mark", "page"],
)
def test_a_file_of_another_kind_is_named_for_what_it_is(content: bytes, words: str) -> None:
    assert words in detail(content)


@pytest.mark.parametrize("first", ['"sep=;"', "sep=;", 'SEP=;"', '\ufeff"sep=;"'])
def test_excels_line_with_the_separator_is_no_header_even_in_quotes(first: str) -> None:
    content = f"{first}\r\nsku;weight\r\nA,1;2\r\n".encode()
    records = list(read_records(io.BytesIO(content), file="given", required=["sku"], optional=["weight"]))
    assert records == [(3, {"sku": "A,1", "weight": "2"})]


def records(content: str) -> list[Entry]:
    return list(read_records(io.BytesIO(content.encode()), file="given", required=["sku"], optional=["weight"]))


def test_a_cell_beyond_all_measure_costs_its_own_record_alone() -> None:
    assert records(f"sku,weight\nA,{'x' * 200_000}\nB,2\n") == [
        (2, Unreadable("it is too long for a line, or its quotes are wrong")), (3, {"sku": "B", "weight": "2"}),
    ]  # fmt: skip


def test_a_header_beyond_all_measure_is_none() -> None:
    assert "sku" in detail(f"{'x' * 200_000},sku\nA,1\n".encode())


def test_a_line_of_tabs_alone_is_no_record() -> None:
    assert records("sku\tweight\nA\t1\n \t\nB\t2\n") == [
        (2, {"sku": "A", "weight": "1"}), (4, {"sku": "B", "weight": "2"}),
    ]  # fmt: skip


def test_a_document_beyond_all_measure_is_not_read_to_its_end() -> None:
    line = b" " * (LONGEST_LINE - 1) + b"\n"
    assert "too large" in detail(b"[\n" + line * (LARGEST_DOCUMENT // LONGEST_LINE + 1))
