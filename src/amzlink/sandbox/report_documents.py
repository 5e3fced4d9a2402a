"""The documents of flat-file reports: their text under the faults that are on, encoded and packed.

Amazon's reports come in the encoding of a marketplace: that of Windows in Europe, UTF-8 in North America, Shift_JIS in
Japan; and now and then in another one (docs/services/amazon.md, "What goes wrong with reports").
"""

import gzip
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox import report_faults
from amzlink.sandbox.documents import Document
from amzlink.sandbox.hostile import gzip_swelling
from amzlink.sandbox.world import World

Table = list[list[str]]  # lines of cells, the header first
_BOMBS_SIZE: Final = 3  # times that of other huge answers
# Java's name for the encoding of Windows is the one that Amazon tells.
_WINDOWS: Final = ("cp1252", "Cp1252")
_AMERICA: Final = ("utf-8", "utf8")
_JAPAN: Final = ("cp932", "Shift_JIS")
_ENCODINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        report_faults.UTF8: ("utf-8", "UTF-8"),
        report_faults.UTF8_MISNAMED: ("utf-8", "Cp1252"),
        report_faults.SHIFT_JIS: _JAPAN,
    }
)
_NEEDED: Final = ("order-item-id", "seller-sku")
_NAMES_AND_STREETS: Final = ("ship-address-1", "item-name")
_SPARED: Final = frozenset(
    {
        "payments-date", "reporting-date", "days-past-promise", "is-business-order", "purchase-order-number",
        "price-designation", "image-url", "item-note", "zshop-category1",
    }
)  # fmt: skip
_ADDED: Final = (("payment-method", ""), ("verge-of-cancellation", "false"), ("is-iba", "false"), ("new-in-2027", "7"))


def add_document(world: World, text: str, marketplace_id: str) -> Document:
    """Keeps a report's text, CRLF between its lines: in the marketplace's encoding, and as faults leave it."""
    for fault, change in _CHANGES.items():
        if world.faults.has(fault):
            text = _write(change(_read(text)))
    codec, name = next((_ENCODINGS[fault] for fault in _ENCODINGS if world.faults.has(fault)), _usual(marketplace_id))
    charset = "" if world.faults.has(report_faults.WITHOUT_CHARSET) else f"; charset={name}"
    content_type = f"text/plain{charset}"
    # What the encoding has no sign for is a question mark, keys not spared.
    body = b"" if world.faults.has(report_faults.EMPTY) else text.encode(codec, errors="replace")
    if world.faults.has(report_faults.GZIP_ENDS_EARLY):
        packed = gzip.compress(body)
        return world.documents.add_packed(content_type, packed[: len(packed) // 2])
    if world.faults.has(report_faults.GZIP_BOMB):
        return world.documents.add_packed(content_type, gzip_swelling(body, _BOMBS_SIZE * world.faults.megabytes))
    return world.documents.add(content_type, body)


def _usual(marketplace_id: str) -> tuple[str, str]:
    marketplace = BY_ID[marketplace_id]
    if marketplace.country == "JP":
        return _JAPAN
    return _AMERICA if marketplace.region == "na" else _WINDOWS


def _read(text: str) -> Table:
    return [line.split("\t") for line in text.removesuffix("\r\n").split("\r\n")]


def _write(table: Table) -> str:
    return "".join("\t".join(cells) + "\r\n" for cells in table)


def _header_only(table: Table) -> Table:
    return table[:1]


def _choose_columns(table: Table) -> Table:
    kept = [at for at, name in enumerate(table[0]) if name not in _SPARED][::-1]
    added = [[name for name, _ in _ADDED], *([value for _, value in _ADDED] for _ in table[1:])]
    return [[*more, *(cells[at] for at in kept)] for cells, more in zip(table, added, strict=True)]


def _double_column(table: Table) -> Table:
    return [[*table[0], table[0][0]], *([*cells, "none"] for cells in table[1:])]


def _drop_column(table: Table) -> Table:
    gone = next(at for at, name in enumerate(table[0]) if name in _NEEDED)
    return [cells[:gone] + cells[gone + 1 :] for cells in table]


def _strike_line(change: Callable[[list[str], int], list[str]]) -> Callable[[Table], Table]:
    """Changes the line in the middle; what changes it gets the place of the street or name as well."""

    def strike(table: Table) -> Table:
        middle = max(1, len(table) // 2)
        place = next(at for at, name in enumerate(table[0]) if name in _NAMES_AND_STREETS)
        return [change(cells, place) if at == middle else cells for at, cells in enumerate(table)]

    return strike


def _put_in(mark: str) -> Callable[[list[str], int], list[str]]:
    def change(cells: list[str], place: int) -> list[str]:
        half = len(cells[place]) // 2
        return [*cells[:place], cells[place][:half] + mark + cells[place][half:], *cells[place + 1 :]]

    return change


_CHANGES: Final[Mapping[str, Callable[[Table], Table]]] = MappingProxyType(
    {
        report_faults.HEADER_ONLY: _header_only,
        report_faults.LINE_SHORT: _strike_line(lambda cells, _place: cells[: len(cells) // 2]),
        report_faults.LINE_LONG: _strike_line(lambda cells, place: [*cells[:place], "c/o", *cells[place:]]),
        report_faults.LINE_BREAK: _strike_line(_put_in("\r\n")),
        report_faults.QUOTATION_MARK: _strike_line(_put_in('"')),
        report_faults.ORDER_TWICE: lambda table: [*table, *table[1:2]],
        report_faults.COLUMNS_DOUBLED: _double_column,
        report_faults.COLUMN_MISSING: _drop_column,
        report_faults.COLUMNS_CHOSEN: _choose_columns,
    }
)
