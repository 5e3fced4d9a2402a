"""Names and streets from the file "Unshipped orders" that Seller Central gives by hand.

It has one row per order line, tab-separated and without quoting, in Windows' letters or UTF-8; which columns it has
the merchant chooses. Letters that Windows' table does not have are lost on the way: a question mark stands for each.

Source: docs/services/amazon.md, "Report types and their columns" and "Files from Seller Central".
"""

import codecs
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO, Final

import msgspec

from amzlink.core.files.records import Disagreement, Record, Unreadable, read_records
from amzlink.core.files.spreadsheet_cells import tidied
from amzlink.core.orders.order import Recipient
from amzlink.core.orders.order_number import ORDER_NUMBER
from amzlink.core.orders.shipping_columns import recipient_in
from amzlink.problems import orders as texts

REQUIRED: Final = ("order-id", "recipient-name", "ship-address-1")
OPTIONAL: Final = (
    "ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "ship-phone-number", "buyer-phone-number",
)  # fmt: skip
_OTHER_NAMES: Final[Mapping[str, Sequence[str]]] = MappingProxyType({"order-id": ("amazon-order-id",)})
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LOST: Final = ("?", "\ufffd")
# What letters of Poland, of the Mac and of DOS become where they are read as those of Windows in Western Europe:
# "Micha³", "MŸller", "Stra§e", "G”tz".
_OTHER_CODE_PAGE: Final = re.compile("[\x80-\x9f]|[a-zß-ÿ][³¹¿]|[^\\W\\d_][ŸŠŽŒ§€ƒ‚„”…†‡ˆ‰](?=[a-z])")
_LONGEST: Final = 250
"""Characters of a value; Amazon's address lines have at most 180."""

_ZEROS_IN_FRONT: Final[Mapping[str, int]] = MappingProxyType({"DE": 5, "ES": 5, "FR": 5, "IT": 5, "TR": 5, "US": 5})
"""Digits of a postal code, where it can begin with a zero: a spreadsheet takes that away."""


class AddressRow(msgspec.Struct, frozen=True, gc=False):
    """Where an order goes by the file. `line` counts from 1, the header included."""

    line: int
    order_id: str
    recipient: Recipient


class AddressRefusal(msgspec.Struct, frozen=True, gc=False):
    """A row that cannot be used, and why, without a word of what stands in it; the order's number where it is known.

    `malformed`: the file is at fault, not the order.
    """

    line: int
    order_id: str | None
    message: str
    malformed: bool = True


def read_addresses(stream: BinaryIO, *, file: str, japanese: bool = False) -> list[AddressRow | AddressRefusal]:
    """The addresses of a file, one for each order, in its order, and the rows that cannot be used.

    `japanese`: what is not UTF-8 is in the letters of Japan's Windows, not in those of Europe's.

    Raises:
        Problem: `input-malformed`: it is no file with the columns that are needed.
    """
    source = _from_japan(stream) if japanese else stream
    records = read_records(
        source, file=file, required=REQUIRED, optional=OPTIONAL, other_names=_OTHER_NAMES, tabs_quoted=False
    )
    return _once(_read(line, record) for line, record in records)


def letters_lost(recipient: Recipient) -> bool:
    """Whether letters of name or address were lost or changed on the way: nothing is to be sent there as it stands."""
    given = (
        recipient.name, recipient.address_line_1, recipient.address_line_2, recipient.address_line_3, recipient.city,
        recipient.state_or_region,
    )  # fmt: skip
    return any(_is_damaged(text) for text in given if text)


def contradicts(told: Recipient, known: Recipient) -> bool:
    """Whether Amazon names another country or postal code than the file: then one of them is older."""
    pairs = ((told.country_code, known.country_code), (told.postal_code, known.postal_code))
    return any(here and there and _plain(here) != _plain(there) for here, there in pairs)


def _from_japan(stream: BinaryIO) -> BinaryIO:
    """The file in UTF-8 where it has Japan's encoding; else as it is."""
    data = stream.read()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            data = data.decode("cp932", "replace").encode()
    return io.BytesIO(data)


def _once(rows: Iterator[AddressRow | AddressRefusal]) -> list[AddressRow | AddressRefusal]:
    """Each order once, though it has a row for each of its lines; one with two addresses has none."""
    found: dict[str, AddressRow] = {}
    refused: list[AddressRefusal] = []
    two: dict[str, AddressRefusal] = {}
    for row in rows:
        if isinstance(row, AddressRefusal):
            refused.append(row)
            continue
        first = found.setdefault(row.order_id, row)
        if first.recipient != row.recipient:
            two[row.order_id] = AddressRefusal(row.line, row.order_id, texts.two_addresses(line=first.line))
    kept = [row for order_id, row in found.items() if order_id not in two]
    return sorted([*kept, *refused, *two.values()], key=lambda row: row.line)


def _read(line: int, record: Record | Unreadable) -> AddressRow | AddressRefusal:
    if isinstance(record, Unreadable):
        return AddressRefusal(line, None, record.why)
    cells = {column: _text(value) for column, value in record.items()}
    order_id = tidied(cells.get("order-id") or "").upper()
    if not ORDER_NUMBER.fullmatch(order_id):
        return AddressRefusal(line, None, texts.NO_ORDER_NUMBER)
    recipient = _recipient({column: cell or "" for column, cell in cells.items()})
    if None in cells.values():
        return AddressRefusal(line, order_id, texts.VALUE_UNUSABLE)
    if not recipient.deliverable:
        return AddressRefusal(line, order_id, texts.NO_NAME_OR_STREET, malformed=False)
    fault = _fault(recipient)
    return AddressRefusal(line, order_id, fault) if fault else AddressRow(line, order_id, recipient)


def _fault(recipient: Recipient) -> str | None:
    """What is wrong with an address that a machine wrote, in words."""
    if recipient.country_code and not _COUNTRY.fullmatch(recipient.country_code):
        return texts.COUNTRY_NO_CODE
    return texts.POSTAL_CODE_CUT if _lacks_zeros(recipient) else None


def _text(value: str | list[str] | Disagreement) -> str | None:
    """A cell's text on one line; None for what is no text."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    return " ".join(value.split())


def _recipient(cells: Mapping[str, str]) -> Recipient:
    told_by_file = msgspec.structs.replace(
        recipient_in(cells),
        postal_code=tidied(cells.get("ship-postal-code") or "") or None,
        country_code=tidied(cells.get("ship-country") or "").upper() or None,
        from_file=True,
    )
    return msgspec.structs.replace(told_by_file, letters_lost=letters_lost(told_by_file))


def _lacks_zeros(recipient: Recipient) -> bool:
    code, digits = recipient.postal_code or "", _ZEROS_IN_FRONT.get(recipient.country_code or "", 0)
    return code.isdecimal() and len(code) < digits


def _is_damaged(text: str) -> bool:
    if any(sign in text for sign in _LOST) or _OTHER_CODE_PAGE.search(text):
        return True
    # UTF-8 that somebody has read as Windows' letters and saved so: "MÃ¼ller".
    try:
        again = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return again != text


def _plain(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
