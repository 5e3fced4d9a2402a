"""Which orders leave the customs union, and what is known of their products, in the book."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData
from amzlink.orderbook.database import Database
from amzlink.orderbook.orders.pages import Page, save_page
from amzlink.orderbook.schema import HOLDS
from amzlink.orderbook.weights import customs as booked
from amzlink.orderbook.weights.listings import BookedListing, find_listings, forget_customs, save_looked_up, set_customs
from tests.orderbook.samples import STORE, change_of, empty_book_in, line_of, order_of, rows_of

pytestmark = pytest.mark.on_both_engines

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MUG = CustomsData("691110", "PT")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def save(book: Database, number: int, *skus: str | None, leaves: bool | None = True, **fields: Any) -> str:
    """An order with these products."""
    order_id = f"302-1234567-{number:07d}"
    lines = tuple(line_of(str(position), sku=sku) for position, sku in enumerate(skus, 1))
    change = change_of(order_of(order_id, lines=lines, **fields), leaves_customs_union=leaves)
    save_page(book.of(STORE), Page(changes=[change]), NOW)
    return order_id


def held(book: Database) -> dict[str, tuple[str, str]]:
    return {str(row["order_id"]): (str(row["hold"]), str(row["cause"])) for row in rows_of(book, HOLDS)}


def test_what_is_given_is_added_to_what_is_there_and_a_look_up_leaves_it(book: Database) -> None:
    at = book.of(STORE)
    set_customs(at, {"MUG": CustomsData("691110"), "LAMP": MUG})
    set_customs(at, {"MUG": CustomsData(None, "PT")})
    save_looked_up(at, [BookedListing(sku="MUG", is_listed=True)], NOW)
    assert {sku: each.customs for sku, each in find_listings(at, ["MUG", "LAMP"]).items()} == {"MUG": MUG, "LAMP": MUG}
    forget_customs(at, ["MUG"])
    assert find_listings(at, ["MUG"])["MUG"].customs == NO_CUSTOMS
    assert booked.customs_of(at, ["MUG", "LAMP", "NONE"]) == {"LAMP": MUG}


def test_orders_are_counted_by_product(book: Database) -> None:
    save(book, 1, "MUG", "MUG", "LAMP")
    save(book, 2, "MUG", None)
    save(book, 3, "MUG", leaves=False)
    save(book, 4, "MUG", leaves=None)
    save(book, 5, "MUG", status="CANCELLED")
    assert booked.orders_abroad_by_sku(book.of(STORE)) == {"MUG": 2, "LAMP": 1}
    assert booked.orders_abroad_by_sku(book.of("other")) == {}


def test_an_order_is_held_for_the_products_that_lack_something(book: Database) -> None:
    at = book.of(STORE)
    first, second = save(book, 1, "MUG", "LAMP"), save(book, 2, "MUG")
    save(book, 3, "MUG", leaves=False)
    missing = booked.hold_missing_customs(at, NOW)
    assert (missing.orders, missing.by_sku, missing.known) == (2, {"MUG": 2, "LAMP": 1}, {})
    assert held(book) == {
        first: ("missing-customs", '["LAMP", "MUG"]'), second: ("missing-customs", '["MUG"]'),
    }  # fmt: skip
    set_customs(at, {"MUG": MUG, "LAMP": CustomsData("691110")})
    missing = booked.hold_missing_customs(at, NOW)
    assert (missing.orders, missing.by_sku) == (1, {"LAMP": 1})
    assert missing.known == {"LAMP": CustomsData("691110")}
    assert held(book).keys() == {first}
    set_customs(at, {"LAMP": CustomsData(None, "CN")})
    assert booked.hold_missing_customs(at, NOW) == booked.NOTHING_MISSING
    assert held(book) == {}


def test_an_order_that_comes_again_keeps_its_hold(book: Database) -> None:
    order_id = save(book, 1, "MUG")
    booked.hold_missing_customs(book.of(STORE), NOW)
    change = change_of(order_of(order_id, lines=(line_of("1", sku="MUG"),)), is_new=False, leaves_customs_union=True)
    save_page(book.of(STORE), Page(changes=[change]), NOW)
    assert held(book).keys() == {order_id}


def test_orders_whose_destination_nobody_knows_are_found_as_long_as_they_are_to_ship(book: Database) -> None:
    at = book.of(STORE)
    unknown, abroad = save(book, 1, "MUG", leaves=None), save(book, 2, "MUG", leaves=None)
    save(book, 3, "MUG", leaves=None, status="SHIPPED")
    save(book, 4, "MUG", leaves=False)
    assert booked.orders_of_unknown_destination(at) == [unknown, abroad]
    booked.note_destinations(at, {unknown: False, abroad: True})
    assert booked.orders_of_unknown_destination(at) == []
    assert booked.orders_abroad_by_sku(at) == {"MUG": 1}


def test_a_line_without_a_sku_holds_its_order_and_counts_as_no_product(book: Database) -> None:
    at = book.of(STORE)
    set_customs(at, {"MUG": MUG})
    order_id = save(book, 1, "MUG", None)
    missing = booked.hold_missing_customs(at, NOW)
    assert (missing.orders, missing.by_sku) == (1, {})
    assert held(book) == {order_id: ("missing-customs", '[""]')}
