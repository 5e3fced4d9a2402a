"""Finding out what products weigh: listings are looked up, judged, and the lines of open orders get their weight."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from amzlink.amazon.listings import Listing, find_listings
from amzlink.amazon.transport import Link
from amzlink.config import Store
from amzlink.core.weights import Verdict, Weights, assess
from amzlink.orderbook import listings as booked
from amzlink.orderbook.book import Book
from amzlink.orderbook.listings import BookedListing

_SEARCHED_AT_ONCE: Final = 20
_LOOKED_LATELY: Final = timedelta(days=1)  # a product without a weight is asked for again the next day
_CHUNK: Final = 500


class Weigher:
    """Knows the weights of one store's products. `now` is the time of the look-ups."""

    def __init__(
        self,
        *,
        link: Link,
        book: Book,
        slug: str,
        store: Store,
        now: datetime,
        progress: Callable[[str], None],
    ) -> None:
        self._link = link
        self._book = book
        self._slug = slug
        self._store = store
        self._now = now
        self._progress = progress

    def look_up_open_orders(self) -> None:
        """Look up what open orders hold and nobody has looked up lately."""
        self.look_up(booked.skus_to_weigh(self._book, self._slug, looked_before=self._now - _LOOKED_LATELY))

    def weigh_open_orders(self) -> int:
        """Give the lines of open orders the weights that are known. Gives how many orders to ship still lack one."""
        self.weigh_lines(booked.open_orders_by_sku(self._book, self._slug))
        return booked.hold_missing_weights(self._book, self._slug, self._now)

    def look_up(self, skus: Sequence[str]) -> None:
        """Ask Amazon what its listings say of these SKUs, and write it down, twenty at a time."""
        for start in range(0, len(skus), _SEARCHED_AT_ONCE):
            chunk = skus[start : start + _SEARCHED_AT_ONCE]
            self._progress(f"looking up weights: {start} of {len(skus)} products")
            found = find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, chunk)
            self.keep(found.get(sku, sku) for sku in chunk)

    def keep(self, listings: Iterable[Listing | str]) -> None:
        """Write down what listings say; a bare SKU is one that the account does not have."""
        rows = [
            BookedListing(sku=listing, is_listed=False) if isinstance(listing, str) else self._to_row(listing)
            for listing in listings
        ]
        booked.save_looked_up(self._book, self._slug, rows, self._now)

    def weigh_lines(self, skus: Iterable[str]) -> None:
        """Give the lines of open orders the weights that count now."""
        verdicts = self.judge(list(skus))
        booked.weigh_lines(self._book, self._slug, {sku: verdict.weight_grams for sku, verdict in verdicts.items()})

    def judge(self, skus: Sequence[str]) -> dict[str, Verdict]:
        """What these products weigh, by what is in the book, and what is wrong with it."""
        verdicts: dict[str, Verdict] = {}
        for start in range(0, len(skus), _CHUNK):
            chunk = skus[start : start + _CHUNK]
            known = booked.find_listings(self._book, self._slug, chunk)
            verdicts |= self.judge_listings([known.get(sku) or BookedListing(sku=sku) for sku in chunk])
        return verdicts

    def judge_listings(self, listings: Sequence[BookedListing]) -> dict[str, Verdict]:
        """The same for listings at hand; those of a variation family are held against each other."""
        parents = {listing.family for listing in listings if listing.family}
        families = booked.families(self._book, self._slug, parents)
        return {
            listing.sku: assess(
                _weights(listing),
                default=self._store.default_weight_grams,
                siblings=_siblings(listing, families),
            )
            for listing in listings
        }

    def _to_row(self, listing: Listing) -> BookedListing:
        grams = listing.grams_in(self._store.marketplace_ids)
        return BookedListing(
            sku=listing.sku,
            asin=listing.asin,
            title=listing.title,
            product_type=listing.product_type,
            attribute=listing.weight_attribute,
            family=listing.family,
            is_listed=True,
            is_suppressed=listing.is_suppressed,
            shipping_grams=grams.shipping,
            package_grams=grams.package,
            item_grams=grams.item,
            unknown_unit=grams.unknown_unit,
        )


def _weights(listing: BookedListing) -> Weights:
    return Weights(
        local=listing.local_grams,
        shipping=listing.shipping_grams,
        package=listing.package_grams,
        item=listing.item_grams,
        catalogue=listing.catalogue_grams,
        unknown_unit=listing.unknown_unit,
    )


def _siblings(listing: BookedListing, families: Mapping[str, Sequence[BookedListing]]) -> tuple[int, ...]:
    """What the others of the family weigh, by their own listings."""
    others = families.get(listing.family or "", ())
    weights = [
        other.local_grams or other.shipping_grams or other.package_grams for other in others if other.sku != listing.sku
    ]
    return tuple(weight for weight in weights if weight)
