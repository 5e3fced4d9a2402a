"""Weights and customs data in a file: the one that a merchant gives, and the one that `check-weights --output` writes.

What is written can be filled in, saved by a spreadsheet in whichever country, and read. Only what a person changed in
it counts then: the table shows every product, and a weight that merely stood in it is not one that somebody set.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from amzlink.core.files.cell_content import DigitsLostError, whole_number
from amzlink.core.files.records import Disagreement, Record, Unreadable, read_records
from amzlink.core.files.spreadsheet_cells import guard, harmless, tidied, unguard
from amzlink.core.weights.customs import (
    NO_CUSTOMS,
    BadCustomsError,
    CustomsData,
    CustomsState,
    parse_country,
    parse_hs_code,
)
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

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

REQUIRED: Final = ("sku",)
VALUES: Final = ("weight", "hs_code", "country_of_origin")
"""The columns that say something of a product; a file has one of them at least."""

AS_EXPORTED: Final = "exported_grams"
"""The column in which the table keeps what it showed, in grams; empty where the weight was left to be filled in.

Grams are whole numbers, which no spreadsheet rewrites, and belong to their row, so that rows may be sorted.
"""

CUSTOMS_AS_EXPORTED: Final = "exported_customs"
"""The column that keeps the customs data which the table showed, as `HS 010130, origin NL`: a text, not a number."""

_OF_THE_TABLE: Final = "finding"  # a column by which a table that we wrote is known, where the other was deleted
OPTIONAL: Final = (*VALUES, "unit", AS_EXPORTED, CUSTOMS_AS_EXPORTED, _OF_THE_TABLE)
COLUMNS: Final = (
    "sku", "weight", "unit", "hs_code", "country_of_origin", "asin", "title", _OF_THE_TABLE, "reason", "suggestion",
    "customs", "open_orders", "listing_link", CUSTOMS_AS_EXPORTED, AS_EXPORTED,
)  # fmt: skip
LONGEST_SKU: Final = 200
"""Characters; Amazon's own have 40 at most."""

_EXPORTED_CUSTOMS: Final = re.compile(r"HS ?(\d+)?, origin ?([A-Z]{2})?", re.ASCII)
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
    """A product, its weight in whole grams and its customs data, as far as the line gives them.

    `line` counts from 1, the header included (in a JSON array: entries).
    """

    line: int
    sku: str
    grams: int | None
    customs: CustomsData = NO_CUSTOMS


class WeightRefusal(msgspec.Struct, frozen=True, gc=False):
    """A line that cannot be used, and why; the SKU where it can be read. `of_customs`: for its customs data."""

    line: int
    sku: str | None
    problem: ProblemName
    message: str
    of_customs: bool = False


class WeightFile(msgspec.Struct, frozen=True):
    """What a file says: each SKU once, in the file's order.

    `blank` lines have a SKU and nothing else: not filled in. `unchanged` lines have what the table was written with:
    nobody set it.
    """

    rows: tuple[WeightRow, ...]
    refused: tuple[WeightRefusal, ...]
    blank: int
    unchanged: int = 0


class _BadRowError(Exception):
    """A line that cannot be used; the text says why."""


class _BadCustomsRowError(_BadRowError):
    """The same, for its customs data."""


def read_weights(
    stream: BinaryIO,
    *,
    file: str,
    known: Callable[[str], int | None] | None = None,
    known_customs: Callable[[str], CustomsData] | None = None,
) -> WeightFile:
    """What a file says: CSV, JSON, or one JSON object a line, with `sku` and one at least of `VALUES`.

    Other columns are passed over. The weight may hold its unit (`0.45kg`), which then counts and not the column `unit`.
    A SKU that is there twice with two weights, HS codes or countries is refused on all its lines, since nobody can tell
    which is meant.

    Of a table that `write_weight_csv` wrote only the cells count that were changed. Where a person deleted its columns
    `exported_grams` and `exported_customs`, `known` and `known_customs` give what a SKU has now, to be compared with.

    Raises:
        Problem: `input-malformed`: no CSV with these columns and no JSON that could be read.
    """
    rows: dict[str, list[WeightRow]] = {}
    refused: list[WeightRefusal] = []
    blank = unchanged = 0
    for line, record in read_records(stream, file=file, required=REQUIRED, optional=OPTIONAL, one_of=VALUES):
        if isinstance(record, Unreadable):
            refused.append(_refusal(line, None, record.why))
            continue
        try:
            row = WeightRow(line, _sku(record), _changed_weight(record, known), _changed_customs(record, known_customs))
            filled = any(tidied(_text(record, column)) for column in VALUES)
        except _BadRowError as error:
            of_customs = isinstance(error, _BadCustomsRowError)
            refused.append(_refusal(line, _known_sku(record), str(error), of_customs=of_customs))
            continue
        if row.grams is not None or row.customs != NO_CUSTOMS:
            rows.setdefault(row.sku, []).append(row)
        elif filled:
            unchanged += 1
        else:
            blank += 1
    found = []
    for sku, same in rows.items():
        if why := _differ(same):
            refused += [_refusal(row.line, sku, why) for row in same]
        else:
            found.append(_joined(same))
    refused.sort(key=lambda refusal: refusal.line)
    return WeightFile(tuple(found), tuple(refused), blank, unchanged)


def _refusal(line: int, sku: str | None, why: str, *, of_customs: bool = False) -> WeightRefusal:
    problem = Problem(ProblemName.WEIGHT_ROW_UNUSABLE, line=line, detail=why)
    return WeightRefusal(line, sku, problem.name, problem.summary, of_customs)


def _differ(same: Sequence[WeightRow]) -> str | None:
    """What the lines of one SKU say of it differently, as a reason; what a line does not say contradicts nothing."""
    lines = [row.line for row in same]
    if len({row.grams for row in same} - {None}) > 1:
        return weights.weights_differ(lines=lines)
    codes = {row.customs.hs_code for row in same} - {None}
    countries = {row.customs.country_of_origin for row in same} - {None}
    return weights.customs_differ(lines=lines) if len(codes) > 1 or len(countries) > 1 else None


def _joined(same: Sequence[WeightRow]) -> WeightRow:
    """What the lines of one SKU say of it together."""
    first, *others = same
    grams, customs = first.grams, first.customs
    for row in others:
        grams = row.grams if grams is None else grams
        customs = customs.over(row.customs)
    return WeightRow(first.line, first.sku, grams, customs)


def _changed_weight(record: Record, known: Callable[[str], int | None] | None) -> int | None:
    """The weight that the line gives, in grams; None where it was not filled in, or is what the table showed."""
    weight, unit = tidied(_text(record, "weight")), tidied(_text(record, "unit"))
    if not weight or _is_as_exported(record):
        return None
    try:
        grams = parse_weight(weight, unit)
    except BadWeightError as error:
        raise _BadRowError(str(error)) from None
    return None if known and _lacks(AS_EXPORTED, record) and known(_sku(record)) == grams else grams


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


def _changed_customs(record: Record, known: Callable[[str], CustomsData] | None) -> CustomsData:
    """What the line gives of customs data, without what was not filled in or is what the table showed."""
    shown = NO_CUSTOMS
    if found := _EXPORTED_CUSTOMS.fullmatch(tidied(_text(record, CUSTOMS_AS_EXPORTED))):
        shown = CustomsData(found[1], found[2])
    elif known and _lacks(CUSTOMS_AS_EXPORTED, record):
        shown = known(_sku(record))
    hs_code, country = tidied(_text(record, "hs_code")), tidied(_text(record, "country_of_origin"))
    try:
        given = CustomsData(
            parse_hs_code(hs_code) if hs_code and not _is_same_code(hs_code, shown.hs_code) else None,
            parse_country(country) if country else None,
        )
    except BadCustomsError as error:
        raise _BadCustomsRowError(str(error)) from None
    return given.without(shown)


def _is_same_code(cell: str, shown: str | None) -> bool:
    """Whether a cell still has the code that the table showed, also where a spreadsheet took it for a number."""
    bare = re.sub(r"[.,]0+$", "", cell).replace(" ", "").lstrip("0")
    return bool(shown) and cell != "" and bare == (shown or "").lstrip("0")


def _grams(text: str) -> int | None:
    try:
        digits = whole_number(text)
    except DigitsLostError:
        return None
    return int(digits) if digits and len(digits) <= len(str(PARCEL_LIMIT)) else None


def _lacks(column: str, record: Record) -> bool:
    """Whether it is a line of the table, without this column of what the table was written with."""
    return column not in record and _OF_THE_TABLE in record


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
    """A product as the file to fill in shows it. `listing_link` is where its listing can be edited.

    `orders_abroad` are those of its open orders that leave the customs union.
    """

    sku: str
    verdict: Verdict
    asin: str | None = None
    title: str | None = None
    open_orders: int = 0
    listing_link: str | None = None
    customs: CustomsData = NO_CUSTOMS
    customs_state: CustomsState = CustomsState.NOT_NEEDED
    orders_abroad: int = 0


def weight_csv_rows(entries: Iterable[WeightEntry]) -> Iterator[tuple[str, ...]]:
    """The file's lines as cells, the header first.

    A weight that is in order stands there in grams; where there is something to be found out, the cell is empty and
    waits to be filled in. SKUs and HS codes come back from `read_weights` to the letter.
    """
    yield COLUMNS
    for entry in entries:
        verdict = entry.verdict
        in_order = verdict.finding is Finding.OK and verdict.weight_grams is not None
        weight = str(verdict.weight_grams) if in_order else ""
        hs_code, country = entry.customs.hs_code or "", entry.customs.country_of_origin or ""
        yield (
            guard(entry.sku),
            weight,
            "g",
            guard(hs_code),
            guard(country),
            guard(entry.asin or ""),
            harmless(" ".join((entry.title or "").split())),
            verdict.finding.value,
            harmless(verdict.reason),
            _suggestion(verdict),
            entry.customs_state.value,
            str(entry.open_orders),
            harmless(entry.listing_link or ""),
            f"HS {hs_code}, origin {country}" if hs_code or country else "",
            weight,
        )


def write_weight_csv(
    file: "SupportsWrite[str]", entries: Iterable[WeightEntry], *, byte_order_mark: bool = True
) -> int:
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
