"""What the law wants kept of orders whose personal data goes: read once more, and written into the cold archive."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink.amazon.marketplaces import BY_ID
from amzlink.archive import ArchiveFile, Recipients, write_archive
from amzlink.core.orders.order import NOTHING_PERSONAL
from amzlink.core.privacy.tax_record import is_sale, tax_record
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.rows import orders_of
from amzlink.orderbook.privacy.archive_folders import note_archive_folder
from amzlink.orderbook.privacy.lifetimes import lifetimes
from amzlink.sealed import SealedOrders

_CHUNK: Final = 200


def archive_orders(
    book: StoreBook,
    sealed: SealedOrders,
    order_ids: Callable[[], Iterable[str]],
    *,
    country: str,
    folder: Path,
    recipients: Sequence[str],
    now: datetime,
    on_record: Callable[[int, int], None] = lambda _, __: None,
) -> ArchiveFile | None:
    """Write the sales among these orders into one archive file, which is whole and synced when this returns.

    `order_ids` gives them each time it is called: they are gone through twice, so that none are kept in memory.
    `on_record` hears how many are written, of how many. None: there are no sales among them (what was cancelled was
    never one).

    Raises:
        Problem: as `Recipients.parse` and `write_archive`; nothing must be destroyed then.
    """
    parsed = Recipients.parse(recipients)
    count = sum(map(len, _sales(book, order_ids())))
    if not count:
        return None
    records = _told(_records(book, sealed, order_ids(), country), count, on_record)
    written = write_archive(folder, parsed, store=book.store, made_at=now, records=records, count=count)
    note_archive_folder(book, folder)
    return written


def _told(
    records: Iterable[dict[str, Any]], count: int, on_record: Callable[[int, int], None]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for number, record in enumerate(records, 1):
        on_record(number, count)
        yield record


def _sales(book: StoreBook, order_ids: Iterable[str]) -> Iterator[list[str]]:
    ids = iter(order_ids)
    while chunk := list(itertools.islice(ids, _CHUNK)):
        told = lifetimes(book, chunk)
        yield [order_id for order_id in sorted(told) if is_sale(told[order_id].status, told[order_id].shipped_on)]


def _records(
    book: StoreBook, sealed: SealedOrders, order_ids: Iterable[str], country: str
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """One order after the other, so that no more than a chunk of them is ever open."""
    for sales in _sales(book, order_ids):
        personal = sealed.personal_data(sales)
        for order in orders_of(book, sales):
            known = personal.get(order.order_id, NOTHING_PERSONAL)
            marketplace = BY_ID.get(order.marketplace_id or "")
            countries = dict.fromkeys([*([marketplace.country] if marketplace else []), country])
            yield tax_record(msgspec.structs.replace(order, personal=known), list(countries))
