"""Weights in a file: the one that a merchant gives, and the one to fill in that `check-weights --output` writes.

What is written can be filled in, saved by a spreadsheet in whichever country, and read. Only what a person changed in
it counts then: the table shows every product, and a weight that merely stood in it is not one that somebody set.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, BinaryIO, Final

import msgspec

from amzlink.core.files.cell_content import DigitsLostError, whole_number
from amzlink.core.files.records import Disagreement, Record, Unreadable, read_records
from amzlink.core.files.spreadsheet_cells import guard, harmless, tidied, unguard
from amzlink.core.weights.weights import (
    PARCEL_LIMIT,
    BadWeightError,
    Finding,
    SuggestionSource,
    Verdict,
    parse_weight,
    spell_grams,
)
from amzlink.problems import Problem, ProblemName, weights

REQUIRED: Final = ("sku", "weight")
AS_EXPORTED: Final = "exported_grams"
"""The column in which the table keeps what it showed, in grams; empty where the weight was left to be filled in.

Grams are whole numbers, which no spreadsheet rewrites, and belong to their row, so that rows may be sorted.
"""

_OF_THE_TABLE: Final = "finding"  # a column by which a table that we wrote is known, where the other was deleted
OPTIONAL: Final = ("unit", AS_EXPORTED, _OF_THE_TABLE)
COLUMNS: Final = (
    "sku", "weight", "unit", "asin", "title", _OF_THE_TABLE, "reason", "suggestion", "open_orders", "listing_link",
    AS_EXPORTED,
)  # fmt: skip
LONGEST_SKU: Final = 200
"""Characters; Amazon's own have 40 at most."""

# A long number after a spreadsheet took it for one. A SKU that really looks so is written with a guard.
_ROUNDED: Final = re.compile(r"[0-9][.,][0-9]+E\+[0-9]{2}")
_IN_WORDS: Final = {
    SuggestionSource.PACKAGE: "the listing's package weight",
    SuggestionSource.CATALOGUE: "Amazon's catalogue",
    SuggestionSource.UNIT_SLIP: "a thousandth of what the listing says",
    SuggestionSource.ITEM: "the bare item's weight",
}


# Reading -------------------------------------------------------------------------------------------------------------


class WeightRow(msgspec.Struct, frozen=True, gc=False):
    """A product and its weight in whole grams. `line` counts from 1, the header included (in a JSON array: entries)."""

    line: int
    sku: str
    grams: int


class WeightRefusal(msgspec.Struct, frozen=True, gc=False):
    """A line that cannot be used, and why; the SKU where it can be read."""

    line: int
    sku: str | None
    problem: ProblemName
    message: str


class WeightFile(msgspec.Struct, frozen=True):
    """What a file says: each SKU once, in the file's order.

    `blank` lines have a SKU and no weight: not filled in. `unchanged` lines have the weight that the table was written
    with: nobody set it.
    """

    rows: tuple[WeightRow, ...]
    refused: tuple[WeightRefusal, ...]
    blank: int
    unchanged: int = 0


class _BadRowError(Exception):
    """A line that cannot be used; the text says why."""


def read_weights(
    stream: BinaryIO, *, file: str, known: Callable[[str], int | None] | None = None
) -> WeightFile:  # fmt: skip
    """The weights in a file: CSV, JSON, or one JSON object a line, with `sku`, `weight` and, if need be, `unit`.

    Other columns are passed over. The weight may hold its unit (`0.45kg`), which then counts and not the column. A SKU
    that is there twice with two weights is refused on all its lines, since nobody can tell which is meant.

    Of a table that `write_weight_csv` wrote only the lines count that were changed. Where a person deleted its column
    `exported_grams`, `known` gives the weight in grams that a SKU has now, to be compared with.

    Raises:
        Problem: `input-malformed`: no CSV with these columns and no JSON that could be read.
    """
    rows: dict[str, list[WeightRow]] = {}
    refused: list[WeightRefusal] = []
    blank = unchanged = 0
    for line, record in read_records(stream, file=file, required=REQUIRED, optional=OPTIONAL):
        if isinstance(record, Unreadable):
            refused.append(_refusal(line, None, record.why))
            continue
        try:
            row = None if (is_unchanged := _is_as_exported(record)) else _to_row(line, record)
        except _BadRowError as error:
            refused.append(_refusal(line, _known_sku(record), str(error)))
            continue
        if is_unchanged or (row and known and _lacks_export(record) and known(row.sku) == row.grams):
            unchanged += 1
        elif row is None:
            blank += 1
        else:
            rows.setdefault(row.sku, []).append(row)
    for sku, same in list(rows.items()):
        if len({row.grams for row in same}) > 1:
            why = weights.weights_differ(lines=[row.line for row in same])
            refused += [_refusal(row.line, sku, why) for row in same]
            del rows[sku]
    refused.sort(key=lambda refusal: refusal.line)
    return WeightFile(tuple(same[0] for same in rows.values()), tuple(refused), blank, unchanged)


def _refusal(line: int, sku: str | None, why: str) -> WeightRefusal:
    problem = Problem(ProblemName.WEIGHT_ROW_UNUSABLE, line=line, detail=why)
    return WeightRefusal(line, sku, problem.name, problem.summary)


def _to_row(line: int, record: Record) -> WeightRow | None:
    """The line's weight; None where it has not been filled in."""
    sku = _sku(record)
    weight, unit = tidied(_text(record, "weight")), tidied(_text(record, "unit"))
    if not weight:
        return None
    try:
        return WeightRow(line, sku, parse_weight(weight, unit))
    except BadWeightError as error:
        raise _BadRowError(str(error)) from None


def _is_as_exported(record: Record) -> bool:
    """Whether a line has the weight that the table was written with, in whichever unit."""
    shown, weight, unit = (tidied(_text(record, column)) for column in (AS_EXPORTED, "weight", "unit"))
    if not shown or not weight:
        return False
    if unit in ("", "g") and (weight == shown or _grams(weight) == _grams(shown) is not None):
        return True  # also where the spreadsheet gave both thousands, or the unit's column was deleted
    try:
        return parse_weight(weight, unit) == _grams(shown)
    except BadWeightError:
        return False


def _grams(text: str) -> int | None:
    try:
        digits = whole_number(text)
    except DigitsLostError:
        return None
    return int(digits) if digits and len(digits) <= len(str(PARCEL_LIMIT)) else None


def _lacks_export(record: Record) -> bool:
    """Whether it is a line of the table, without what the table was written with."""
    return AS_EXPORTED not in record and _OF_THE_TABLE in record


def _sku(record: Record) -> str:
    cell = _text(record, "sku")
    if _ROUNDED.fullmatch(cell.strip()):
        raise _BadRowError(weights.SKU_ROUNDED)
    sku = unguard(cell)
    if not sku:
        raise _BadRowError(weights.SKU_MISSING)
    if len(sku) > LONGEST_SKU or not sku.isprintable():
        raise _BadRowError(weights.SKU_INVALID)
    return sku


def _known_sku(record: Record) -> str | None:
    try:
        return _sku(record)
    except _BadRowError:
        return None


def _text(record: Record, column: str) -> str:
    value = record.get(column, "")
    if isinstance(value, Disagreement):
        raise _BadRowError(weights.values_disagree(names=[name for name, _ in value.cells]))
    if not isinstance(value, str):
        raise _BadRowError(weights.value_is_list(column=column))
    return value


# Writing -------------------------------------------------------------------------------------------------------------


class WeightEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the file to fill in shows it. `listing_link` is where its listing can be edited."""

    sku: str
    verdict: Verdict
    asin: str | None = None
    title: str | None = None
    open_orders: int = 0
    listing_link: str | None = None


def weight_csv_rows(entries: Iterable[WeightEntry]) -> Iterator[tuple[str, ...]]:
    """The file's lines as cells, the header first.

    A weight that is in order stands there in grams; where there is something to be found out, the cell is empty and
    waits to be filled in. SKUs come back from `read_weights` to the letter.
    """
    yield COLUMNS
    for entry in entries:
        verdict = entry.verdict
        in_order = verdict.finding is Finding.OK and verdict.weight_grams is not None
        weight = str(verdict.weight_grams) if in_order else ""
        yield (
            guard(entry.sku),
            weight,
            "g",
            guard(entry.asin or ""),
            harmless(" ".join((entry.title or "").split())),
            verdict.finding.value,
            harmless(verdict.reason),
            _suggestion(verdict),
            str(entry.open_orders),
            harmless(entry.listing_link or ""),
            weight,
        )


def write_weight_csv(file: IO[str], entries: Iterable[WeightEntry], *, byte_order_mark: bool = True) -> int:
    """Write the file to fill in; how many products are in it.

    `file` takes UTF-8 as it is (`newline=""`). The mark at its beginning is by what Excel knows UTF-8.
    """
    if byte_order_mark:
        file.write("\ufeff")
    count = 0
    writer = csv.writer(file, lineterminator="\r\n")
    for count, row in enumerate(weight_csv_rows(entries)):  # noqa: B007 - the count, less the header, is the result
        writer.writerow(row)
    return count


def _suggestion(verdict: Verdict) -> str:
    if verdict.suggestion_grams is None or verdict.suggestion_source is None:
        return ""
    return f"{spell_grams(verdict.suggestion_grams)} ({_IN_WORDS[verdict.suggestion_source]})"
