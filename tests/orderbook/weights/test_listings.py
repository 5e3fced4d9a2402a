"""The listings in the book: what Amazon says and what the merchant says, side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amzlink.orderbook.database import Database
from amzlink.orderbook.weights import listings as booked
from amzlink.orderbook.weights.listings import BookedListing, Patch, PatchState
from tests.orderbook.samples import empty_book_in

pytestmark = pytest.mark.on_both_engines

STORE, NOW = "shop", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def test_a_look_up_leaves_what_was_set_here_sent_to_amazon_or_told_by_the_catalogue(book: Database) -> None:
    patch = Patch(state=PatchState.QUEUED, grams=450, at=NOW, reason="x", beside=("A", "B"))
    booked.set_local_weights(book.of(STORE), {"MUG": 450})
    booked.note_patch(book.of(STORE), "MUG", patch)
    booked.note_catalogue(book.of(STORE), {"MUG": 430}, NOW)
    booked.save_looked_up(book.of(STORE), [BookedListing(sku="MUG", is_listed=True, package_grams=410)], NOW)
    mug = booked.find_listings(book.of(STORE), ["MUG"])["MUG"]
    assert (mug.local_grams, mug.catalogue_grams, mug.catalogue_at, mug.package_grams) == (450, 430, NOW, 410)
    assert (mug.patch, mug.looked_at, mug.is_listed) == (patch, NOW, True)


def test_skus_written_down_are_listed_and_what_is_known_of_them_stays(book: Database) -> None:
    booked.save_looked_up(book.of(STORE), [BookedListing(sku="MUG", is_listed=False, package_grams=410)], NOW)
    booked.note_skus(book.of(STORE), {"MUG": None, "LAMP": "B0AAAAAAAA"})
    found = booked.find_listings(book.of(STORE), ["MUG", "LAMP"])
    assert (found["MUG"].is_listed, found["MUG"].package_grams) == (True, 410)
    assert (found["LAMP"].is_listed, found["LAMP"].asin, found["LAMP"].looked_at) == (True, "B0AAAAAAAA", None)
    assert booked.skus_not_looked_up(book.of(STORE), NOW, 10) == ["LAMP"]
    assert booked.count_not_looked_up(book.of(STORE), NOW) == 1


def test_a_parent_of_a_family_counts_as_a_listing_and_is_none_to_be_sent(book: Database) -> None:
    rows = [BookedListing(sku=sku, is_listed=True, family="MUGS") for sku in ("MUGS", "MUG-1")]
    booked.save_looked_up(book.of(STORE), [*rows, BookedListing(sku="GONE", is_listed=False)], NOW)
    assert booked.listed_skus(book.of(STORE)) == ["MUG-1"]
    assert booked.count_listed(book.of(STORE)) == 2
    assert {each.sku for each in booked.families(book.of(STORE), ["MUGS"])["MUGS"]} == {"MUGS", "MUG-1"}
