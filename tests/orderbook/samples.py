"""Orders, pages and books as the tests of the order book and of the core need them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Table, select

from amzlink.core.orders.changes import digest
from amzlink.core.orders.holds import causes
from amzlink.core.orders.order import (
    Amount,
    Buyer,
    LineMoney,
    Money,
    Order,
    OrderLine,
    Package,
    PackageItem,
    Part,
    PersonalData,
    Recipient,
    TaxCollection,
)
from amzlink.core.privacy.sealed_data import Box
from amzlink.orderbook.database import Database
from amzlink.orderbook.orders.pages import OrderChange, Page, save_page
from amzlink.orderbook.orders.searches import Search
from amzlink.orderbook.schema import LEASES, METADATA, SHARED_COUNTS
from tests.support.books import lay_out, url_of

STORE: Final = "my-shop"
NOW: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ORDER_ID: Final = "302-1234567-1234567"
RECIPIENT: Final = Recipient(
    name="Žofie Nováková",
    address_line_1="Dlouhá 12",
    city="Praha",
    postal_code="110 00",
    country_code="CZ",
    phone="+420 601 000 000",
)
PERSONAL: Final = PersonalData(
    buyer=Buyer(name="Jan Novák", email="abc123@marketplace.amazon.de"),
    recipient=RECIPIENT,
    gift_messages={"1": "Všechno nejlepší!"},
    tracking_numbers={"P1": "00340434292135100186"},
)

_PARTS: Final = (Part("TAX", "6.38", "EUR", (Amount("ITEM", "6.38", "EUR"),)), Part("ITEM", "33.60", "EUR"))
MONEY: Final = Money(
    parts=_PARTS,
    lines={
        "1": LineMoney(
            parts=_PARTS,
            tax_collections=(TaxCollection("MARKETPLACE_FACILITATOR", "Amazon Services Europe S.a.r.L."),),
            schemes=("UOSS",),
        )
    },
)


def line_of(order_item_id: str = "1", **fields: Any) -> OrderLine:
    """An order line; `fields` replace what it would have."""
    return OrderLine(
        **{
            "order_item_id": order_item_id,
            "sku": f"SKU-{order_item_id}",
            "asin": "B000000001",
            "title": "Tea pot",
            "quantity": 2,
            "quantity_unshipped": 2,
            "unit_price": "19.99",
            "currency": "EUR",
            "programs": (),
            "ioss_number": None,
            "cancellation_requested": False,
            **fields,
        }
    )


def package_of(reference: str = "P1", **fields: Any) -> Package:
    """A package; `fields` replace what it would have."""
    return Package(
        **{
            "reference": reference,
            "status": "SHIPPED",
            "detailed_status": "PICKED_UP",
            "carrier": "DHL",
            "service": "DHL Paket",
            "shipped_at": NOW - timedelta(days=1),
            "items": (PackageItem("1", 2),),
            **fields,
        }
    )


def order_of(order_id: str = ORDER_ID, **fields: Any) -> Order:
    """An order that is ready to be shipped; `fields` replace what it would have."""
    return Order(
        **{
            "order_id": order_id,
            "marketplace_id": "A1PA6795UKMFR9",
            "status": "UNSHIPPED",
            "fulfilled_by": "MERCHANT",
            "purchased_at": NOW - timedelta(days=2),
            "changed_at": NOW - timedelta(days=1),
            "ship_by": NOW + timedelta(days=2),
            "deliver_by": NOW + timedelta(days=5),
            "label_from": None,
            "service_level": "STANDARD",
            "programs": (),
            "replaces": None,
            "total": "39.98",
            "currency": "EUR",
            "lines": (line_of(),),
            "packages": (),
            "personal": PERSONAL,
            **fields,
        }
    )


def change_of(order: Order, **fields: Any) -> OrderChange:
    """The order as something to be stored, with the holds that are in it and a box that is none."""
    change = OrderChange(
        order=order,
        digest=digest(order),
        is_new=True,
        causes={hold.value: cause for hold, cause in causes(order).items()},
        sealed=Box(date(2026, 12, 23), "chain", b"sealed data of " + order.order_id.encode()),
        purge=None,
    )
    return msgspec.structs.replace(change, **fields)


def search_of(kind: str = "changes", **fields: Any) -> Search:
    """A search at its beginning; `fields` replace what it would have."""
    return Search(
        **{
            "kind": kind,
            "position": 2,
            "query": {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "marketplaceIds": "A1PA6795UKMFR9"},
            "window_start": NOW - timedelta(days=22),
            "window_end": NOW - timedelta(minutes=3),
            "marketplace_ids": ("A1PA6795UKMFR9",),
            **fields,
        }
    )


def save(book: Database, *changes: OrderChange, store: str = STORE, now: datetime = NOW, **fields: Any) -> None:
    """Store a page."""
    save_page(book.of(store), Page(**{"changes": changes, "chain_ids": {"2026-12": "chain"}, **fields}), now)


def rows_of(book: Database, table: Table, store: str = STORE) -> Sequence[Mapping[str, Any]]:
    """All rows that a table has of a store, by their key."""
    query = select(table).where(table.c.store == store).order_by(*table.primary_key.columns)
    with book.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def contents(book: Database) -> Mapping[str, Sequence[Any]]:
    """Everything that is in the book, by table."""
    with book.reading() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for table in METADATA.sorted_tables
        }


def kept_in(book: Database) -> Mapping[str, Sequence[Any]]:
    """The same but for what a dry run leaves too: who was at work in it, and how many calls were made."""
    of_the_run = {LEASES.name, SHARED_COUNTS.name}
    return {table: rows for table, rows in contents(book).items() if table not in of_the_run}


@contextmanager
def book_in(folder: Path) -> Iterator[Database]:
    """A book of its own."""
    file = folder / "data" / "orders.db"
    with Database.open(file, url_of(file)) as book:
        yield book


@contextmanager
def empty_book_in(folder: Path) -> Iterator[Database]:
    """The same, but that it need not be made first."""
    lay_out(folder / "data" / "orders.db")
    with book_in(folder) as book:
        yield book
