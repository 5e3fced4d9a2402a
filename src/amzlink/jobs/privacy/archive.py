"""What the law wants kept of orders whose personal data goes: read once more, and written into the cold archive."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.archive import ArchiveFile, Recipients, write_archive
from amzlink.clock import from_iso
from amzlink.core.orders.order import NOTHING_PERSONAL, PersonalData
from amzlink.core.privacy.tax_record import TaxLine, TaxOrder, is_sale, tax_record
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import BookedLine, BookedOrder, find_orders, order_lines
from amzlink.orderbook.privacy.archive_folders import note_archive_folder
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
) -> ArchiveFile | None:
    """Write the sales among these orders into one archive file, which is whole and synced when this returns.

    `order_ids` gives them each time it is called: they are gone through twice, so that none are kept in memory. None:
    there are no sales among them (what was cancelled was never one).

    Raises:
        Problem: as `Recipients.parse` and `write_archive`; nothing must be destroyed then.
    """
    parsed = Recipients.parse(recipients)
    count = sum(len(sales) for sales in _sales(book, order_ids()))
    if not count:
        return None
    records = _records(book, sealed, order_ids(), country)
    written = write_archive(folder, parsed, store=book.store, made_at=now, records=records, count=count)
    note_archive_folder(book, folder)
    return written


def _sales(book: StoreBook, order_ids: Iterable[str]) -> Iterator[list[BookedOrder]]:
    ids = iter(order_ids)
    while chunk := list(itertools.islice(ids, _CHUNK)):
        yield [order for order in find_orders(book, chunk) if is_sale(order.status, _moment(order.shipped_at))]


def _records(
    book: StoreBook, sealed: SealedOrders, order_ids: Iterable[str], country: str
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """One order after the other, so that no more than a chunk of them is ever open."""
    for sales in _sales(book, order_ids):
        ids = [order.order_id for order in sales]
        lines, personal = order_lines(book, ids), sealed.personal_data(ids)
        for order in sales:
            known = personal.get(order.order_id, NOTHING_PERSONAL)
            yield tax_record(_tax_order(order, lines[order.order_id], known, country))


def _tax_order(
    order: BookedOrder, lines: Sequence[BookedLine], personal: PersonalData, country: str
) -> TaxOrder:  # fmt: skip
    marketplace = BY_ID.get(order.marketplace_id or "")
    return TaxOrder(
        order_id=order.order_id,
        marketplace_id=order.marketplace_id,
        countries=tuple(dict.fromkeys([*([marketplace.country] if marketplace else []), country])),
        status=order.status,
        purchased_at=from_iso(order.purchased_at),
        shipped_at=_moment(order.shipped_at),
        total=order.total,
        currency=order.currency,
        lines=tuple(
            TaxLine(
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=line.unit_price,
                currency=line.currency,
                ioss_number=line.ioss_number,
            )
            for line in lines
        ),
        personal=personal,
    )


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None
