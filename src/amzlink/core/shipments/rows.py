"""Shipments that a file tells of: CSV, JSON, or one JSON object a line.

The file is read as it comes, a record at a time, and each record becomes a `ShipmentRow` or a `RowRefusal`; a bad one
never holds back a good one. Only a JSON array, or an object with `shipments`, is read whole.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import BinaryIO, Final

import msgspec

from amzlink.core.files.records import Record, Unreadable, read_records
from amzlink.core.files.spreadsheet_cells import unwrapped
from amzlink.core.shipments.parcels import Kind
from amzlink.core.shipments.ship_date import read_ship_date
from amzlink.problems import Problem, ProblemName, shipments

REQUIRED: Final = ("order_id", "carrier", "tracking_number", "ship_date")
OPTIONAL: Final = ("service", "status", "order_item_id", "quantity", "transparency_codes")
LONGEST_VALUE: Final = 200
"""Characters; no carrier, service or tracking number is near it."""

MOST_UNITS: Final = 100_000

_STATUSES: Final[Mapping[str, Kind]] = {
    "": Kind.UNDER_WAY,
    "announced": Kind.LABELLED,
    "processed": Kind.UNDER_WAY,
    "delivered": Kind.DELIVERED,
    "cancelled": Kind.CANCELLED,
    "canceled": Kind.CANCELLED,
}
_ORDER_ID: Final = re.compile(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}")
# A long number after a spreadsheet took it for one: 3.02E+16, 3,02E+16, or with a decimal part that it never had.
_SPREADSHEET_NUMBER: Final = re.compile(r"\d+([.,]\d+)?e\+?\d+|\d{6,}[.,]\d+", re.IGNORECASE | re.ASCII)


class ShipmentRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One shipment, or part of one.

    `line` counts from 1, the header included (in a JSON array: the entries). `ship_date` is a moment in UTC, or the
    bare day where the file gives no time. `status` says how far the parcel has come; `quantity` counts pieces of
    `order_item_id`, or of the order's only line where that is None.
    """

    line: int
    order_id: str
    carrier: str
    tracking_number: str | None
    ship_date: datetime | date
    service: str | None = None
    status: Kind = Kind.UNDER_WAY
    order_item_id: str | None = None
    quantity: int | None = None
    transparency_codes: tuple[str, ...] = ()


class RowRefusal(msgspec.Struct, frozen=True, gc=False):
    """A record that cannot be used, and why; the order's id where it can be read."""

    line: int
    order_id: str | None
    problem: ProblemName
    message: str


class _BadValueError(Exception):
    """A value that cannot be used; the text says which and why, and never quotes it."""


def read_shipments(
    stream: BinaryIO,
    *,
    file: str,
    now: datetime,
    zone: tzinfo = UTC,
    codes: Mapping[str, Kind] | None = None,
) -> Iterator[ShipmentRow | RowRefusal]:
    """The shipments of a file, in its order.

    `now` is aware: what is shipped later is refused. `zone` is where the file was written, for times that name none.
    `codes` are further words for the status, in upper case (Sendcloud's codes).

    Raises:
        Problem: `input-malformed`: no CSV with the required columns and no JSON that could be read.
    """
    words = codes or {}
    for line, record in read_records(stream, file=file, required=REQUIRED, optional=OPTIONAL):
        if isinstance(record, Unreadable):
            yield _refusal(line, None, record.why)
            continue
        try:
            yield _to_row(line, record, now, zone, words)
        except _BadValueError as error:
            yield _refusal(line, _known_order_id(record), str(error))


def _refusal(line: int, order_id: str | None, why: str) -> RowRefusal:
    problem = Problem(ProblemName.SHIPMENT_ROW_UNUSABLE, line=line, detail=why)
    return RowRefusal(line, order_id, problem.name, problem.summary)


def _to_row(line: int, record: Record, now: datetime, zone: tzinfo, codes: Mapping[str, Kind]) -> ShipmentRow:
    return ShipmentRow(
        line=line,
        order_id=_order_id(record),
        carrier=_text(record, "carrier") or _missing("carrier"),
        tracking_number=_tracking_number(record),
        ship_date=_ship_date(record, now, zone),
        service=_text(record, "service"),
        status=_status(record, codes),
        order_item_id=_order_item_id(record),
        quantity=_quantity(record),
        transparency_codes=_transparency_codes(record),
    )


def _missing(column: str) -> str:
    raise _BadValueError(shipments.value_missing(column=column))


def _text(record: Record, column: str) -> str | None:
    """A value without what spreadsheets put around it: spaces, a leading apostrophe, `="..."`."""
    value = record.get(column)
    if isinstance(value, list | tuple):
        raise _BadValueError(shipments.value_is_list(column=column))
    text = unwrapped(value or "")
    if len(text) > LONGEST_VALUE:
        raise _BadValueError(shipments.value_too_long(column=column, most=LONGEST_VALUE))
    if not text.isprintable():
        raise _BadValueError(shipments.value_unprintable(column=column))
    return text or None


def _order_id(record: Record) -> str:
    text = (_text(record, "order_id") or _missing("order_id")).upper()
    _refuse_spreadsheet_number("order_id", text)
    if not _ORDER_ID.fullmatch(text):
        raise _BadValueError(shipments.ORDER_ID_INVALID)
    return text


def _known_order_id(record: Record) -> str | None:
    try:
        return _order_id(record)
    except _BadValueError:
        return None


def _refuse_spreadsheet_number(column: str, text: str) -> None:
    if _SPREADSHEET_NUMBER.fullmatch(text):
        raise _BadValueError(shipments.value_rounded(column=column))


def _tracking_number(record: Record) -> str | None:
    text = _text(record, "tracking_number")
    if text is None:
        return None
    _refuse_spreadsheet_number("tracking_number", text)
    number = "".join(text.split())
    if not number.isascii() or not any(sign.isalnum() for sign in number):
        raise _BadValueError(shipments.TRACKING_NUMBER_INVALID)
    return number


def _ship_date(record: Record, now: datetime, zone: tzinfo) -> datetime | date:
    try:
        return read_ship_date(_text(record, "ship_date") or _missing("ship_date"), now, zone)
    except ValueError as error:
        raise _BadValueError(str(error)) from None


def _status(record: Record, codes: Mapping[str, Kind]) -> Kind:
    text = _text(record, "status") or ""
    kind = _STATUSES.get(text.casefold()) or codes.get(text.upper().replace(" ", "_"))
    if kind is None:
        raise _BadValueError(shipments.STATUS_INVALID)
    return kind


def _order_item_id(record: Record) -> str | None:
    text = _text(record, "order_item_id")
    if text is not None:
        _refuse_spreadsheet_number("order_item_id", text)
        if not re.fullmatch(r"\d{1,30}", text, re.ASCII):
            raise _BadValueError(shipments.ORDER_ITEM_ID_INVALID)
    return text


def _quantity(record: Record) -> int | None:
    text = _text(record, "quantity")
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 0 < int(text) <= MOST_UNITS:
        raise _BadValueError(shipments.quantity_invalid(most=MOST_UNITS))
    return int(text)


def _transparency_codes(record: Record) -> tuple[str, ...]:
    value = record.get("transparency_codes")
    parts = value if isinstance(value, list | tuple) else re.split(r"[\s,;|]+", value or "")
    codes = tuple(part.strip().removeprefix("'") for part in parts if part.strip())
    if not all(re.fullmatch(r"[!-~]{1,200}", code) for code in codes):
        raise _BadValueError(shipments.TRANSPARENCY_CODES_INVALID)
    return codes
