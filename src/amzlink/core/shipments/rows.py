"""Shipments that a file tells of: CSV, JSON, or one JSON object a line.

The file is read as it comes, a record at a time, and each record becomes a `ShipmentRow` or a `RowRefusal`; a bad one
never holds back a good one. Only a JSON array, or an object with `shipments`, is read whole.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import BinaryIO, Final

import msgspec

from amzlink.core.files.cell_content import (
    DigitsLostError,
    has_lost_digits,
    is_formula,
    is_link,
    means_nothing,
    whole_number,
)
from amzlink.core.files.records import Disagreement, Record, Unreadable, read_records
from amzlink.core.files.spreadsheet_cells import tidied
from amzlink.core.orders.order_number import ORDER_NUMBER
from amzlink.core.shipments.column_names import CARRIER_CODE, COLUMN_NAMES
from amzlink.core.shipments.parcels import Kind
from amzlink.core.shipments.ship_date import (
    DayOrders,
    Span,
    Surroundings,
    WrittenDate,
    order_in,
    parse_ship_date,
    settle_ship_date,
)
from amzlink.core.shipments.tracking_number import BadTrackingNumberError, read_tracking_number
from amzlink.problems import Problem, ProblemName
from amzlink.problems import shipments as texts

REQUIRED: Final = ("order_id", "carrier", "tracking_number", "ship_date")
OPTIONAL: Final = ("service", "status", "order_item_id", "quantity", "transparency_codes")
LONGEST_VALUE: Final = 200
"""Characters; no carrier, service or tracking number is near it."""

MOST_UNITS: Final = 100_000
LONGEST_ITEM_ID: Final = 30
"""Digits; Amazon's have 14."""

_STATUSES: Final[Mapping[str, Kind]] = {
    "": Kind.UNDER_WAY,
    "announced": Kind.LABELLED,
    "processed": Kind.UNDER_WAY,
    "delivered": Kind.DELIVERED,
    "cancelled": Kind.CANCELLED,
    "canceled": Kind.CANCELLED,
}
_OTHER_CARRIER: Final = "other"
_LONGEST_CARRIER_NUMBER: Final = 5  # digits; a carrier may be called 17 or 4PX, but not 00340434161094042557


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


class _Undated(msgspec.Struct, frozen=True, gc=False):
    """A row whose date is not settled yet: that takes the other rows of the file."""

    row: ShipmentRow
    written: WrittenDate


def read_shipments(
    stream: BinaryIO,
    *,
    file: str,
    now: datetime,
    zone: tzinfo | None = UTC,
    codes: Mapping[str, Kind] | None = None,
    countries: Collection[str] = (),
    known_between: Callable[[str], Span | None] | None = None,
) -> Iterator[ShipmentRow | RowRefusal]:
    """The shipments of a file, in its order.

    `now` is aware: what is shipped later is refused. `zone` is where the file was written, for times that name none;
    None: where this machine is.
    `codes` are further words for the status, in upper case (Sendcloud's codes).

    A date with two readings waits, and what comes behind it, until the whole file has been read: other dates may show
    which is meant. Where they do not, `known_between` is asked by order number when it can have been shipped, at the
    earliest and the latest; and then the stores' `countries` decide, if they write dates alike.

    Raises:
        Problem: `input-malformed`: no CSV with the required columns and no JSON that could be read.
    """
    reader = _Reader(
        known=Surroundings(now=now, zone=zone, country_order=order_in(countries)),
        codes=codes or {},
        known_between=known_between or (lambda _: None),
    )
    waiting: list[_Undated | RowRefusal] = []
    records = read_records(stream, file=file, required=REQUIRED, optional=OPTIONAL, other_names=COLUMN_NAMES)
    for line, record in records:
        row = reader.read(line, record)
        if waiting or (isinstance(row, _Undated) and row.written.is_open):
            waiting.append(row)
        else:
            yield reader.dated(row)
    yield from map(reader.dated, waiting)


class _Reader:
    """Reads one file's records, and remembers what their dates show."""

    def __init__(
        self, *, known: Surroundings, codes: Mapping[str, Kind], known_between: Callable[[str], Span | None]
    ) -> None:  # fmt: skip
        self._known = known
        self._codes = codes
        self._known_between = known_between
        self._orders = DayOrders()

    def read(self, line: int, record: Record | Unreadable) -> _Undated | RowRefusal:
        """A record as a row, but for its date."""
        if isinstance(record, Unreadable):
            return _refusal(line, None, record.why)
        written = self._written(record)
        try:
            row = _to_row(line, record, self._codes)
            return _Undated(row, written or _parse_date(record))
        except _BadValueError as error:
            return _refusal(line, _known_order_id(record), str(error))

    def _written(self, record: Record) -> WrittenDate | None:
        """The date, which counts as a sign of how the file writes dates even where the row is refused."""
        try:
            written = _parse_date(record)
        except _BadValueError:
            return None
        self._orders.note(written)
        return written

    def dated(self, row: _Undated | RowRefusal) -> ShipmentRow | RowRefusal:
        """The row with its date, as far as the file has shown how it writes them."""
        if isinstance(row, RowRefusal):
            return row
        order_id, written = row.row.order_id, row.written
        known = self._known
        if written.is_open or written.is_serial:
            known = msgspec.structs.replace(
                known, file_order=self._orders.order_of(written), between=self._known_between(order_id)
            )
        try:
            return msgspec.structs.replace(row.row, ship_date=settle_ship_date(written, known))
        except ValueError as error:
            return _refusal(row.row.line, order_id, str(error))


def _refusal(line: int, order_id: str | None, why: str) -> RowRefusal:
    problem = Problem(ProblemName.SHIPMENT_ROW_UNUSABLE, line=line, detail=why)
    return RowRefusal(line, order_id, problem.name, problem.summary)


def _to_row(line: int, record: Record, codes: Mapping[str, Kind]) -> ShipmentRow:
    order_id, carrier = _order_id(record), _carrier(record) or _missing("carrier")
    return ShipmentRow(
        line=line,
        order_id=order_id,
        carrier=carrier,
        tracking_number=_tracking_number(record, order_id),
        ship_date=date.max,
        service=_service(record),
        status=_status(record, codes),
        order_item_id=_order_item_id(record),
        quantity=_quantity(record),
        transparency_codes=_transparency_codes(record),
    )


def _missing(column: str) -> str:
    raise _BadValueError(texts.value_missing(column=column))


def _cell(record: Record, column: str) -> str:
    """A value without what spreadsheets and web pages put around it; see `tidied`."""
    value = record.get(column)
    if isinstance(value, Disagreement):
        raise _BadValueError(texts.value_disagrees(column=column, names=[name for name, _ in value.cells]))
    if isinstance(value, list | tuple):
        raise _BadValueError(texts.value_is_list(column=column))
    text = tidied(value or "")
    if len(text) > LONGEST_VALUE:
        raise _BadValueError(texts.value_too_long(column=column, most=LONGEST_VALUE))
    return text


def _text(record: Record, column: str) -> str | None:
    text = _cell(record, column)
    if not text.isprintable():
        raise _BadValueError(texts.value_unprintable(column=column))
    return text or None


def _name(record: Record, column: str) -> str | None:
    """A carrier's or a service's name; a word for nothing is none."""
    text = _text(record, column)
    if text is None or means_nothing(text):
        return None
    if is_link(text):
        raise _BadValueError(texts.value_is_link(column=column))
    if is_formula(text):
        raise _BadValueError(texts.value_is_formula(column=column))
    return text


def _order_id(record: Record) -> str:
    value = record.get("order_id")
    if isinstance(value, Disagreement):
        # A shop numbers orders too; Amazon's number is the one that looks like it.
        found = {text for _, cell in value.cells if ORDER_NUMBER.fullmatch(text := _order_number(tidied(cell)))}
        if len(found) == 1:
            return found.pop()
    text = _order_number(_text(record, "order_id") or _missing("order_id"))
    if (digits := _digits("order_id", text)) and digits != text:
        raise _BadValueError(texts.value_rounded(column="order_id"))
    if not ORDER_NUMBER.fullmatch(text):
        raise _BadValueError(texts.ORDER_ID_INVALID)
    return text


def _order_number(text: str) -> str:
    return "".join(text.split()).upper()


def _known_order_id(record: Record) -> str | None:
    try:
        return _order_id(record)
    except _BadValueError:
        return None


def _digits(column: str, text: str) -> str | None:
    """A whole number's digits, None where it is no such number. One that a spreadsheet rounded is refused."""
    try:
        digits = whole_number(text)
    except DigitsLostError:
        raise _BadValueError(texts.value_rounded(column=column)) from None
    if digits and has_lost_digits(digits):
        raise _BadValueError(texts.value_rounded(column=column))
    return digits


def _carrier(record: Record) -> str | None:
    value = record.get("carrier")
    if isinstance(value, Disagreement):
        # Amazon's own file has a code, and a name that counts where the code is Other.
        by_code = {_is_code(name): cell for name, cell in value.cells}
        if len(value.cells) == len(by_code) == 2:  # noqa: PLR2004 - the code and one name
            code = tidied(by_code[True])
            is_open = code.casefold() == _OTHER_CARRIER or means_nothing(code)
            record = record | {"carrier": by_code[False] if is_open else code}
    name = _name(record, "carrier")
    if name and name.isdecimal() and len(name) > _LONGEST_CARRIER_NUMBER:
        raise _BadValueError(texts.CARRIER_IS_NUMBER)
    return name


def _is_code(name: str) -> bool:
    return re.sub(r"[\W_]", "", name).casefold() == CARRIER_CODE.replace("-", "")


def _tracking_number(record: Record, order_id: str) -> str | None:
    text = _cell(record, "tracking_number")
    if re.sub(r"\W", "", text).upper() == order_id.replace("-", ""):
        raise _BadValueError(texts.TRACKING_NUMBER_IS_ORDER)
    try:
        return read_tracking_number(text) if text else None
    except BadTrackingNumberError as error:
        raise _BadValueError(str(error)) from None


def _parse_date(record: Record) -> WrittenDate:
    try:
        return parse_ship_date(_text(record, "ship_date") or _missing("ship_date"))
    except ValueError as error:
        raise _BadValueError(str(error)) from None


def _service(record: Record) -> str | None:
    return _name(record, "service")


def _status(record: Record, codes: Mapping[str, Kind]) -> Kind:
    text = _text(record, "status") or ""
    kind = _STATUSES.get(text.casefold()) or codes.get(text.upper().replace(" ", "_"))
    if kind is None:
        raise _BadValueError(texts.STATUS_INVALID)
    return kind


def _order_item_id(record: Record) -> str | None:
    text = _text(record, "order_item_id")
    if text is None:
        return None
    digits = _digits("order_item_id", text)
    if digits is None or len(digits) > LONGEST_ITEM_ID:
        raise _BadValueError(texts.ORDER_ITEM_ID_INVALID)
    return digits


def _quantity(record: Record) -> int | None:
    text = _text(record, "quantity")
    if text is None:
        return None
    digits = _digits("quantity", text)
    if digits is None or len(digits) > LONGEST_ITEM_ID or not 0 < int(digits) <= MOST_UNITS:
        raise _BadValueError(texts.quantity_invalid(most=MOST_UNITS))
    return int(digits)


def _transparency_codes(record: Record) -> tuple[str, ...]:
    value = record.get("transparency_codes")
    if isinstance(value, Disagreement):
        value = _cell(record, "transparency_codes")
    parts = value if isinstance(value, list | tuple) else re.split(r"[\s,;|]+", value or "")
    codes = tuple(code for part in parts if (code := tidied(part)))
    if all(means_nothing(code) for code in codes):
        return ()
    if not all(re.fullmatch(r"[!-~]{1,200}", code) and not is_link(code) and not is_formula(code) for code in codes):
        raise _BadValueError(texts.TRANSPARENCY_CODES_INVALID)
    return codes
