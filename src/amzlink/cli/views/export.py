"""Writing orders to a file: CSV, JSON or JSON lines, one row per order line."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.output_file import whole_file
from amzlink.core.files.spreadsheet_cells import harmless
from amzlink.core.orders.order import PersonalData
from amzlink.jobs.orders.browse import Exported

COLUMNS: Final = (
    "store", "order_id", "marketplace_id", "status", "purchased_at", "changed_at", "ship_by", "service_level",
    "programs", "holds", "order_item_id", "sku", "asin", "title", "quantity", "quantity_unshipped", "unit_price",
    "currency", "weight_grams",
)  # fmt: skip
PERSONAL_COLUMNS: Final = (
    "buyer_name", "buyer_email", "buyer_company_name", "purchase_order_number", "recipient_name",
    "recipient_company_name", "address_line_1", "address_line_2", "address_line_3", "city", "state_or_region",
    "postal_code", "country_code", "phone", "gift_message",
)  # fmt: skip


def export(
    console: Console, slug: str, orders: Iterable[Exported], *, form: str, output: str | None, with_pii: bool
) -> None:
    """Write the rows; a file appears as a whole or not at all, readable by its owner alone."""
    rows = _rows(slug, orders, with_pii=with_pii)
    if with_pii:
        console.say(
            "This export holds personal data. Amazon's policy binds the copy too: delete it when it has served its "
            "purpose, 30 days after delivery at the latest."
        )
    columns = COLUMNS + (PERSONAL_COLUMNS if with_pii else ())
    if output is None:
        if console.as_json:
            console.result({"store": slug, "rows": list(rows)})
            return
        _write(sys.stdout, rows, form, columns)
        return
    count = 0
    with whole_file(Path(output)) as file:
        count = _write(file, rows, form, columns)
    console.result(
        {"store": slug, "file": output, "rows": count},
        lambda: console.say(f"{count} {'row' if count == 1 else 'rows'} written to {output}."),
    )


def _rows(slug: str, orders: Iterable[Exported], *, with_pii: bool) -> Iterator[dict[str, Any]]:
    for order, holds, lines, personal in orders:
        for line in lines:
            row: dict[str, Any] = {
                "store": slug,
                **{name: getattr(order, name) for name in COLUMNS[1:8]},
                "programs": " ".join(order.programs),
                "holds": " ".join(holds),
                **{name: getattr(line, name) for name in COLUMNS[10:]},
            }
            if with_pii:
                row |= _personal(personal or PersonalData(), line.order_item_id)
            yield row


def _personal(personal: PersonalData, order_item_id: str) -> dict[str, Any]:
    buyer, recipient = personal.buyer, personal.recipient
    return {
        "buyer_name": buyer.name,
        "buyer_email": buyer.email,
        "buyer_company_name": buyer.company_name,
        "purchase_order_number": buyer.purchase_order_number,
        "recipient_name": recipient.name,
        "recipient_company_name": recipient.company_name,
        **{name: getattr(recipient, name) for name in PERSONAL_COLUMNS[6:14]},
        "gift_message": personal.gift_messages.get(order_item_id),
    }


def _write(file: IO[str], rows: Iterable[dict[str, Any]], form: str, columns: tuple[str, ...]) -> int:
    count = 0
    if form == "csv":
        writer = csv.DictWriter(file, columns, lineterminator="\r\n")
        writer.writeheader()
        for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return count
    if form == "jsonl":
        for count, row in enumerate(rows, 1):  # noqa: B007
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return count
    file.write("[")
    for count, row in enumerate(rows, 1):
        file.write((",\n" if count > 1 else "\n") + json.dumps(row, ensure_ascii=False))
    file.write("\n]\n")
    return count


def _cell(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value
