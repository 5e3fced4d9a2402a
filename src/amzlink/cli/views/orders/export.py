"""Writing orders to a file: CSV, JSON or JSON lines, one row per order line."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from amzlink.amazon.marketplaces import BY_ID
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, OfStore, join, joined, path_text
from amzlink.cli.shell.output_file import whole_file
from amzlink.cli.shell.safe_text import visible_in_json
from amzlink.cli.views.orders.lists import OrderLine, head_of, lines_of
from amzlink.cli.views.words import counted
from amzlink.core.files.spreadsheet_cells import harmless
from amzlink.core.orders import order as orders
from amzlink.core.orders.order import NO_LINE_MONEY, NOTHING_PERSONAL, LineMoney, Order, PersonalData
from amzlink.jobs.orders.browse import Exported

_TOLD_EVERY: Final = 500


class RowMarks(msgspec.Struct, frozen=True, kw_only=True):
    """The order's programs and holds, with a space between each."""

    programs: str
    holds: str


class RowPersonal(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer, and where the parcel goes."""

    buyer_name: str | None
    buyer_email: str | None
    buyer_company_name: str | None
    purchase_order_number: str | None
    recipient_name: str | None
    recipient_company_name: str | None
    address_line_1: str | None
    address_line_2: str | None
    address_line_3: str | None
    city: str | None
    state_or_region: str | None
    postal_code: str | None
    country_code: str | None
    phone: str | None
    gift_message: str | None


class RowMoney(msgspec.Struct, frozen=True, kw_only=True):
    """The tax on the line, all parts of its price (`TAX 6.38 EUR; ITEM 33.60 EUR`), and what the parcel must have."""

    tax: str | None
    price_parts: str
    demands: str
    gift_wrap: str | None


class RowOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order of a row, as `OrderHead` has it."""

    order_id: str
    marketplace_id: str | None
    marketplace_country: str | None
    status: str
    purchased_at: datetime | None
    changed_at: datetime | None
    ship_by: datetime | None
    service_level: str | None


ExportRow = joined("ExportRow", msgspec.Struct, OfStore, RowOrder, RowMarks, OrderLine, RowMoney)
PersonalExportRow = joined(
    "PersonalExportRow", msgspec.Struct, OfStore, RowOrder, RowMarks, OrderLine, RowMoney, RowPersonal
)
_BYTE_ORDER_MARK: Final = "\ufeff"  # by which a spreadsheet knows that a file is UTF-8
COLUMNS: Final = ExportRow.__struct_fields__
PERSONAL_COLUMNS: Final = RowPersonal.__struct_fields__


class ExportDocument(Document, frozen=True, kw_only=True):
    """`orders export --json`: the rows, or the file that they were written to and their number."""

    store: str
    file: str | UnsetType = UNSET
    rows: list[msgspec.Struct] | int


class Writable(Protocol):
    """Where rows go."""

    def write(self, text: str, /) -> object:
        """Write whole lines."""


def export(
    console: Console, slug: str, orders: Iterable[Exported], *, form: str, output: str | None, with_pii: bool
) -> None:
    """Write the rows; a file appears as a whole or not at all, readable by its owner alone."""
    rows = _rows(slug, orders, with_pii=with_pii)
    if with_pii:
        console.say(
            "This export contains personal data. Amazon's policy applies to the copy too: delete it when you no longer "
            "need it, at the latest 30 days after delivery."
        )
    columns = COLUMNS + (PERSONAL_COLUMNS if with_pii else ())
    if output is None and not console.as_json:
        _write(console.data(), rows, form, columns)
        return
    if output is None:
        console.result_of_many(lambda some: ExportDocument(store=slug, rows=some), rows, lambda: None)
        return
    is_file = _is_file(Path(output))
    with whole_file(Path(output)) as file:
        if form == "csv" and is_file:
            file.write(_BYTE_ORDER_MARK)
        count = _write(file, _told(console, rows), form, columns)
    console.result(
        lambda: ExportDocument(store=slug, file=path_text(output), rows=count),
        lambda: console.say(f"{counted(count, 'row')} written to {output}."),
    )


def may_be_written(console: Console, output: str) -> bool:
    """Whether the file may be written: where one is there already, a person at a terminal is asked."""
    if not (console.interactive and Path(output).is_file()):
        return True
    console.tell(f"{output} exists already.")
    if console.confirm(
        "Overwrite it?",
        default=False,
        option="--force",
        explanation="Yes replaces the file with this export. No leaves it as it is. --force asks no question.",
    ):
        return True
    console.say("Nothing was written.")
    return False


def _is_file(path: Path) -> bool:
    """Whether it is a file, or will be one; not a pipe or a device, such as /dev/stdout."""
    return path.is_file() or not path.exists()


def _told(console: Console, rows: Iterable[msgspec.Struct]) -> Iterator[msgspec.Struct]:
    """The rows; on the way it is shown how many there were."""
    for count, row in enumerate(rows):
        if count % _TOLD_EVERY == 0:
            console.step("writing rows", count)
        yield row


def _rows(slug: str, orders: Iterable[Exported], *, with_pii: bool) -> Iterator[msgspec.Struct]:
    store = OfStore(store=slug)
    for order, holds, personal in orders:
        head = _row_order(order.order)
        marks = RowMarks(programs=" ".join(order.order.programs), holds=" ".join(holds))
        for line, known in zip(lines_of(order), order.order.lines, strict=True):
            money = _money(known, order.order.money.lines.get(known.order_item_id, NO_LINE_MONEY))
            if with_pii:
                yield join(PersonalExportRow, store, head, marks, line, money, _personal(personal, line.order_item_id))
            else:
                yield join(ExportRow, store, head, marks, line, money)


def _row_order(order: Order) -> RowOrder:
    marketplace = BY_ID.get(order.marketplace_id or "")
    country = marketplace.country if marketplace else None
    return RowOrder(**msgspec.structs.asdict(head_of(order)), marketplace_country=country)


def _money(line: orders.OrderLine, money: LineMoney) -> RowMoney:
    return RowMoney(
        tax=next((part.amount for part in money.parts if part.kind == "TAX"), None),
        price_parts="; ".join(f"{part.kind} {part.amount} {part.currency}" for part in money.parts),
        demands=" ".join(line.demands),
        gift_wrap=line.gift_wrap,
    )


def _personal(personal: PersonalData | None, order_item_id: str) -> RowPersonal:
    personal = personal or NOTHING_PERSONAL
    buyer, recipient = personal.buyer, personal.recipient
    return RowPersonal(
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        buyer_company_name=buyer.company_name,
        purchase_order_number=buyer.purchase_order_number,
        recipient_name=recipient.name,
        recipient_company_name=recipient.company_name,
        address_line_1=recipient.address_line_1,
        address_line_2=recipient.address_line_2,
        address_line_3=recipient.address_line_3,
        city=recipient.city,
        state_or_region=recipient.state_or_region,
        postal_code=recipient.postal_code,
        country_code=recipient.country_code,
        phone=recipient.phone,
        gift_message=personal.gift_messages.get(order_item_id),
    )


def _write(file: Writable, rows: Iterable[msgspec.Struct], form: str, columns: tuple[str, ...]) -> int:
    count = 0
    if form == "csv":
        writer = csv.DictWriter(file, columns, lineterminator="\r\n")
        writer.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
            writer.writerow({name: _cell(value) for name, value in msgspec.to_builtins(row).items()})
        return count
    if form == "jsonl":
        for count, row in enumerate(rows, 1):  # noqa: B007
            file.write(f"{_json(row)}\n")
        return count
    file.write("[")
    for count, row in enumerate(rows, 1):
        file.write((",\n" if count > 1 else "\n") + _json(row))
    file.write("\n]\n")
    return count


def _json(row: msgspec.Struct) -> str:
    return visible_in_json(msgspec.json.encode(row).decode())


def _cell(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value
