"""Records with named columns from a file that a person or a program has made: CSV, JSON, or JSON a line.

Understood without being told: UTF-8, UTF-16 and Windows' Western European letters (cp1252, of which Latin-1 is a part);
other code pages of Windows, DOS and the Mac by the names of the columns; a byte-order mark, comma, semicolon, tab or
bar, columns in any order and their names in any case, with or without accents, a title above the header, Excel's `sep=`
line, blank lines, line breaks inside quotes. CSV and JSON lines are
read as they come, so the length of a file does not matter.
"""

import codecs
import csv
import io
import itertools
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO, Final, cast

import msgspec

from amzlink.core.decoding import UndecodableError, json_decoder
from amzlink.problems import Problem, ProblemName, usage

LARGEST_DOCUMENT: Final = 32 * 2**20
"""Characters of a JSON document that is read whole; JSON lines may be of any length."""

LONGEST_LINE: Final = 2**20
LONGEST_QUOTE: Final = 20
"""Lines that one quoted value may run over; a quote that does not end by then was a slip in its first line."""

_DELIMITERS: Final = (",", ";", "\t", "|")
_KINDS: Final = (
    (b"PK\x03\x04", usage.FILE_IS_A_WORKBOOK),  # .xlsx and .ods
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", usage.FILE_IS_A_WORKBOOK),  # .xls
    (b"%PDF-", usage.FILE_IS_A_PDF),
    (b"\x1f\x8b", usage.FILE_IS_COMPRESSED),
)
_WEB_PAGE: Final = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)
_HEAD: Final = 1024
_MOST_ABOVE_HEADER: Final = 5  # lines with a title, a date or a version
_NO_OTHER_NAMES: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class Disagreement(msgspec.Struct, frozen=True, gc=False):
    """What columns that mean the same say, where they say different things: the name of each, and its value."""

    cells: tuple[tuple[str, str], ...]


Record = dict[str, str | list[str] | Disagreement]


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """A record that cannot be taken apart; `why` quotes nothing of it."""

    why: str


Entry = tuple[int, Record | Unreadable]
"""The line on which a record begins, from 1, and the record."""


class _Names:
    """Which column a name in a file means. Case, accents and signs of a name do not count."""

    def __init__(
        self,
        required: Sequence[str],
        optional: Sequence[str],
        other_names: Mapping[str, Sequence[str]],
        one_of: Sequence[str],
    ) -> None:
        self.required = required
        self._one_of = one_of
        self._own = {_plain(column): column for column in (*required, *optional)}
        others = {_plain(name): column for column, names in other_names.items() for name in names}
        self._all = others | self._own

    def column(self, name: str) -> str | None:
        """The column that is meant; None for one that is passed over."""
        return self._all.get(_plain(name))

    def lacking(self, columns: Collection[str | None]) -> list[str]:
        """The columns that a header has to have, and lacks; of those of which one is enough, the first."""
        lacking = [name for name in self.required if name not in columns]
        if self._one_of and not set(self._one_of) & set(columns):
            lacking.append(self._one_of[0])
        return lacking

    def is_own(self, name: str) -> bool:
        """Whether it is the column's own name."""
        return _plain(name) in self._own


def read_records(
    stream: BinaryIO,
    *,
    file: str,
    required: Sequence[str],
    optional: Sequence[str],
    other_names: Mapping[str, Sequence[str]] = _NO_OTHER_NAMES,
    one_of: Sequence[str] = (),
    tabs_quoted: bool = True,
) -> Iterator[Entry]:
    """The file's records by the names of their columns; columns with names that nobody knows are passed over.

    The required columns have to be there, but not to be filled; so has one at least of the optional columns that are in
    `one_of`. `other_names` are further names, by column. A value is a text, in JSON a list of texts too; or a
    `Disagreement` where several columns that mean the same differ. Without `tabs_quoted` a quote is a sign like any
    other where tabs separate, but for a cell that stands in quotes as a whole.

    Raises:
        Problem: `input-malformed`, before the first record.
    """
    head = _head(stream)
    if kind := _other_kind(head):
        raise Problem(ProblemName.INPUT_MALFORMED, file=file, detail=kind)
    names = _Names(required, optional, other_names, one_of)
    lines = _lines(head, stream, names)
    first = next((numbered for numbered in lines if numbered[1].strip()), None)
    if first is None:
        raise Problem(ProblemName.INPUT_MALFORMED, file=file, detail=usage.FILE_EMPTY)
    if first[1].lstrip()[0] in "[{":
        return _from_json(first, lines, file, names)
    return _from_csv(first, lines, file, names, tabs_quoted=tabs_quoted)


# Text ----------------------------------------------------------------------------------------------------------------


class _Joined(io.RawIOBase):
    """What was read ahead of a stream, then the rest of it. Closing it leaves the stream open."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data, self._head = (self._head[: len(buffer)], self._head[len(buffer) :])
        data = data or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


# What spreadsheets save a table in, the likeliest first: Windows in Western Europe, in Poland and in Turkey, the Mac
# in the same three, DOS in the same three. Source: Microsoft, "Code Page Identifiers"; Python's `codecs`.
_CODE_PAGES: Final = (
    "cp1252", "cp1250", "cp1254", "mac_roman", "mac_latin2", "mac_turkish", "cp850", "cp852", "cp857", "iso8859_2",
)  # fmt: skip


def _errors(code_page: str) -> str:
    """The name under which bytes that are no UTF-8 are read as those of a code page."""
    return f"amzlink-{code_page}"


def _as_letters_of(code_page: str) -> Callable[[UnicodeError], tuple[str, int]]:
    def decoded(error: UnicodeError) -> tuple[str, int]:
        """The bytes as letters; those that have none in the code page, as Latin-1 has them."""
        found = cast("UnicodeDecodeError", error)  # nothing is encoded so
        data = found.object[found.start : found.end]
        try:
            return data.decode(code_page), found.end
        except UnicodeDecodeError:
            return data.decode("latin-1"), found.end

    return decoded


for _code_page in _CODE_PAGES:
    codecs.register_error(_errors(_code_page), _as_letters_of(_code_page))


def _head(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    return head


def _other_kind(head: bytes) -> str | None:
    """What a file is that has no lines to read, told by how it begins."""
    if _WEB_PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        return usage.FILE_IS_A_WEB_PAGE
    return next((kind for beginning, kind in _KINDS if head.startswith(beginning)), None)


def _lines(head: bytes, stream: BinaryIO, names: _Names) -> Iterator[tuple[int, str]]:
    """The lines with their numbers and line ends; one that is too long comes in pieces, as several."""
    encoding, errors = _encoding(head, names)
    text = io.TextIOWrapper(io.BufferedReader(_Joined(head, stream)), encoding=encoding, errors=errors, newline="")
    number = 1
    while line := text.readline(LONGEST_LINE):
        yield number, line.removeprefix("\ufeff") if number == 1 else line
        number += line.endswith(("\n", "\r"))


def _encoding(head: bytes, names: _Names) -> tuple[str, str]:
    """Encoding, and what is done with bytes that are not of it."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "replace"
    for zero, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):  # no mark: nearly every other byte of text is zero
        zeros, others = head[zero::2][:64], head[1 - zero :: 2][:64]
        if len(head) > 1 and zeros.count(0) * 4 >= len(zeros) * 3 and others.count(0) * 4 < len(others):
            return encoding, "replace"
    return "utf-8", _errors(_code_page_of(head, names))


def _code_page_of(head: bytes, names: _Names) -> str:
    """The code page in which most names of columns are known; the first one where that decides nothing."""

    def known(code_page: str) -> int:
        lines = head.decode("utf-8", _errors(code_page)).splitlines()[: 1 + _MOST_ABOVE_HEADER]
        return max((_header(line, mark, names).known() for line in lines for mark in _DELIMITERS), default=0)

    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return max(_CODE_PAGES, key=known)
    return _CODE_PAGES[0]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    return re.sub(r"[\W_]", "", letters)


# CSV -----------------------------------------------------------------------------------------------------------------


class _Header(msgspec.Struct, frozen=True):
    """A header as one of the delimiters takes it apart: the names, and the columns that they mean."""

    delimiter: str
    cells: Sequence[str]
    columns: Sequence[str | None]

    def known(self) -> int:
        """How many of its columns are known."""
        return sum(column is not None for column in self.columns)


def _from_csv(
    first: tuple[int, str], lines: Iterator[tuple[int, str]], file: str, names: _Names, *, tabs_quoted: bool
) -> Iterator[Entry]:
    given = re.fullmatch(r'"?sep=(.)"?', first[1].strip(), re.IGNORECASE)  # a program that quotes all cells quotes it
    delimiters = [given[1]] if given and given[1] in _DELIMITERS else _DELIMITERS
    filled = (text for _, text in lines if text.strip())
    candidates = itertools.islice(filled if given else itertools.chain([first[1]], filled), 1 + _MOST_ABOVE_HEADER)
    missing: list[str] | None = None
    for text in candidates:
        header = max((_header(text, delimiter, names) for delimiter in delimiters), key=_Header.known)
        lacking = names.lacking(header.columns)
        if not lacking:
            _refuse_twice(header, names, file)
            unquoted = header.delimiter == "\t" and not tabs_quoted
            return _tabbed_records(lines, header) if unquoted else _csv_records(lines, header)
        missing = lacking if missing is None else missing
    raise Problem(
        ProblemName.INPUT_MALFORMED,
        file=file,
        detail=usage.columns_missing(columns=names.lacking(()) if missing is None else missing),
    )


def _header(text: str, delimiter: str, names: _Names) -> _Header:
    cells = _cells(text, delimiter)
    if isinstance(cells, Unreadable):
        return _Header(delimiter, (), ())
    return _Header(delimiter, cells, [names.column(cell) for cell in cells])


def _refuse_twice(header: _Header, names: _Names, file: str) -> None:
    """One name twice is a slip; several names of one column are compared line by line."""
    own = [names.column(cell) or "" for cell in header.cells if names.is_own(cell)]
    if twice := sorted({column for column in own if own.count(column) > 1}):
        raise Problem(ProblemName.INPUT_MALFORMED, file=file, detail=usage.columns_twice(columns=twice))


def _cells(text: str, delimiter: str) -> list[str] | Unreadable:
    """The cells of one record."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter))
    except csv.Error:
        return Unreadable(usage.RECORD_BROKEN)
    return rows[0] if rows else []


def _csv_records(lines: Iterator[tuple[int, str]], header: _Header) -> Iterator[Entry]:
    delimiter, width = header.delimiter, len(header.columns)
    waiting: deque[tuple[int, str]] = deque()
    while numbered := waiting.popleft() if waiting else next(lines, None):
        number, text = numbered
        cells = _cells(text, delimiter) if text.count('"') % 2 == 0 else None
        if cells is None:
            cells = _quoted_over_lines(text, lines, waiting, delimiter, width)
        if isinstance(cells, Unreadable):
            yield number, cells
        elif any(cell.strip() for cell in cells):
            yield number, _named(cells, header)


def _tabbed_records(lines: Iterator[tuple[int, str]], header: _Header) -> Iterator[Entry]:
    """The records of a file in which nothing is quoted; a spreadsheet that saved it may have put cells in quotes."""
    for number, text in lines:
        cells = [_without_quotes(cell) for cell in text.rstrip("\r\n").split("\t")]
        if any(cell.strip() for cell in cells):
            yield number, _named(cells, header)


def _without_quotes(cell: str) -> str:
    within = cell[1:-1].replace('""', "") if len(cell) > 1 and cell[0] == cell[-1] == '"' else '"'
    return cell if '"' in within else cell[1:-1].replace('""', '"')


def _quoted_over_lines(
    text: str, lines: Iterator[tuple[int, str]], waiting: deque[tuple[int, str]], delimiter: str, width: int
) -> list[str] | Unreadable:
    """The cells of a record whose quote is still open at the end of its line.

    Where the lines that follow do not close it, they are left as they are: one stray quote must not swallow the rest
    of the file.
    """
    taken: list[tuple[int, str]] = []
    while len(taken) < LONGEST_QUOTE and (following := waiting.popleft() if waiting else next(lines, None)):
        taken.append(following)
        if following[1].count('"') % 2:
            joined = _cells_of(text + "".join(line for _, line in taken), delimiter)
            if isinstance(joined, list) and len(joined) == width:
                return joined
            break
    waiting.extendleft(reversed(taken))
    return _cells(text, delimiter)


def _cells_of(text: str, delimiter: str) -> list[str] | Unreadable:
    """The cells of text that is one record over several lines; a quote that something follows did not close it."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return Unreadable(usage.RECORD_BROKEN)
    return rows[0] if len(rows) == 1 else Unreadable(usage.RECORD_QUOTES_OPEN)


def _named(cells: Sequence[str], header: _Header) -> Record | Unreadable:
    if any(cell.strip() for cell in cells[len(header.columns) :]):
        return Unreadable(usage.RECORD_TOO_WIDE)
    found: dict[str, list[tuple[str, str | list[str]]]] = {}
    for column, name, cell in zip(header.columns, header.cells, cells, strict=False):
        if column:
            found.setdefault(column, []).append((name.strip(), cell))
    return {column: _agreed(said) for column, said in found.items()}


def _agreed(said: Sequence[tuple[str, str | list[str]]]) -> str | list[str] | Disagreement:
    """What the columns that mean the same say in one voice; an empty one says nothing."""
    filled = [(name, value) for name, value in said if value and not (isinstance(value, str) and not value.strip())]
    if not filled:
        return said[0][1]
    if len({"".join(str(value).split()).casefold() for _, value in filled}) == 1:
        return filled[0][1]
    return Disagreement(tuple((name, value if isinstance(value, str) else " ".join(value)) for name, value in filled))


# JSON ----------------------------------------------------------------------------------------------------------------

# Numbers with a decimal point or an exponent keep their spelling, so that a damaged long number can be told.
_decode_json: Final = json_decoder(object, float_hook=str)


def _from_json(first: tuple[int, str], lines: Iterator[tuple[int, str]], file: str, names: _Names) -> Iterator[Entry]:
    alone = _decode(first[1])
    if isinstance(alone, dict) and not isinstance(alone.get("shipments"), list):
        return _json_lines(itertools.chain([first], lines), names)
    entries = _document(first[1], lines, file)
    return ((position, _json_record(entry, names)) for position, entry in enumerate(entries, start=1))


def _json_lines(lines: Iterable[tuple[int, str]], names: _Names) -> Iterator[Entry]:
    for number, text in lines:
        if text.strip():
            yield number, _json_record(_decode(text), names)


def _document(start: str, lines: Iterator[tuple[int, str]], file: str) -> list[object]:
    """The entries of a document that is read whole."""
    parts, length = [start], len(start)
    for _, line in lines:
        parts.append(line)
        length += len(line)
        if length > LARGEST_DOCUMENT:
            raise Problem(ProblemName.INPUT_MALFORMED, file=file, detail=usage.DOCUMENT_TOO_LARGE)
    document = _decode("".join(parts))
    if isinstance(document, dict):
        document = document.get("shipments", [document])
    if not isinstance(document, list):
        raise Problem(ProblemName.INPUT_MALFORMED, file=file, detail=usage.DOCUMENT_IS_NO_LIST)
    return document


def _decode(text: str) -> object:
    """The JSON; an `Unreadable` where it is none."""
    try:
        return _decode_json(text)
    except UndecodableError:
        return Unreadable(usage.RECORD_NO_JSON)


def _json_record(entry: object, names: _Names) -> Record | Unreadable:
    if isinstance(entry, Unreadable):
        return entry
    if not isinstance(entry, dict):
        return Unreadable(usage.RECORD_NO_OBJECT)
    found: dict[str, list[tuple[str, str | list[str]]]] = {}
    for key, value in entry.items():
        name = str(key)
        if (column := names.column(name)) is None or value is None:
            continue
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            found.setdefault(column, []).append((name, value))
        elif isinstance(value, str | int) and not isinstance(value, bool):
            found.setdefault(column, []).append((name, str(value)))
        else:
            return Unreadable(usage.value_unusable(column=column))
    return {column: _agreed(said) for column, said in found.items()}
