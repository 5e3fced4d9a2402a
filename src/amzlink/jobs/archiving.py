"""What the law wants kept of orders whose personal data goes: read once more, and written into the cold archive."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.archive import Recipients, write_archive
from amzlink.core.archiving import TaxLine, TaxOrder, tax_record
from amzlink.core.orders import PersonalData
from amzlink.orderbook.book import Book
from amzlink.orderbook.orders import BookedLine, BookedOrder, booked_orders, boxes, order_lines
from amzlink.vault import Vault

_CHUNK: Final = 200
_decode: Final = msgspec.json.Decoder(PersonalData).decode


def archive_orders(
    book: Book,
    vault: Vault,
    slug: str,
    order_ids: Sequence[str],
    *,
    folder: Path,
    recipients: Sequence[str],
    now: datetime,
) -> tuple[Path, int] | None:
    """Write the orders into one archive file, synced when this returns. Gives the file and how many are in it.

    None: there is nothing in these orders that tax needs (they were cancelled).

    Raises:
        Problem: as `Recipients.parse` and `write_archive`; nothing must be destroyed then.
    """
    parsed = Recipients.parse(recipients)
    records = list(_records(book, vault, slug, order_ids, now))
    if not records:
        return None
    written = write_archive(folder, parsed, store=slug, made_at=now, records=records)
    return written.path, written.orders
