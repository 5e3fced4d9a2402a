"""The order book as a dry run works on it: it reads what it wrote, keeps nothing, and holds nobody up."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from amzlink.orderbook.database import Database, UnkeptDatabase
from amzlink.orderbook.orders.browse import Filter, find_order, iterate_orders
from amzlink.orderbook.privacy.purges import kept_orders
from amzlink.orderbook.schema import ORDERS
from tests.orderbook.samples import ORDER_ID, STORE, change_of, contents, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

OTHER_ID = "302-7654321-7654321"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        save(found, change_of(order_of()))
        yield found


def test_it_has_what_the_book_has_and_what_was_written_and_gives_nothing_back(book: Database) -> None:
    before = contents(book)
    with UnkeptDatabase(book) as unkept:
        save(unkept, change_of(order_of(OTHER_ID)))
        save(unkept, change_of(order_of(status="CANCELLED"), is_new=False, sealed=None, purge="cancelled"))
        seen = {order.order_id: order.order.status for order in iterate_orders(unkept.of(STORE), Filter())}
        assert seen == {ORDER_ID: "CANCELLED", OTHER_ID: "UNSHIPPED"}
    assert contents(book) == before


def test_a_write_that_fails_leaves_nothing_in_it_either(book: Database) -> None:
    def fail(unkept: Database) -> None:
        with unkept.writing() as connection:
            connection.execute(delete(ORDERS))
            raise LookupError

    with UnkeptDatabase(book) as unkept:
        with pytest.raises(LookupError):
            fail(unkept)
        assert find_order(unkept.of(STORE), ORDER_ID)
        save(unkept, change_of(order_of(OTHER_ID)))
        assert find_order(unkept.of(STORE), OTHER_ID)


def test_a_real_run_writes_meanwhile(book: Database) -> None:
    with UnkeptDatabase(book) as unkept:
        save(unkept, change_of(order_of(OTHER_ID)))
        save(book, change_of(order_of("302-0000000-0000000")))
        assert find_order(unkept.of(STORE), "302-0000000-0000000") is None
        assert find_order(book.of(STORE), OTHER_ID) is None


def test_who_only_looks_copies_nothing(book: Database) -> None:
    with UnkeptDatabase(book) as unkept:
        assert list(kept_orders(unkept.of(STORE)))
        save(book, change_of(order_of(OTHER_ID)))
        assert find_order(unkept.of(STORE), OTHER_ID), "it reads the book itself"
    assert find_order(book.of(STORE), OTHER_ID), "which is still open"
