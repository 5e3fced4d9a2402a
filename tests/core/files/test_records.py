"""What kind of file somebody gives, told by how it begins."""

import gzip
import io
import zipfile

import pytest

from amzlink.core.files.records import read_records
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
