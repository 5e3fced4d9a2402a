"""What the seller sells: the products behind the orders' lines and the listings' answers, and how they change."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from random import Random
from typing import Final

from amzlink.sandbox.clock import whole_seconds
from amzlink.sandbox.products import SERIES, Product, make_products

LISTINGS: Final = SERIES  # how many there are unless a number is given
FEWEST: Final = 10  # an order has up to five lines, of different products


class Catalogue:
    """All listings of a seed, looked up by SKU or ASIN, drawn from, or found by the time of their last change.

    Orders are for `products`, which are those of the beginning, without the parents of families.
    """

    def __init__(self, seed: int, now: datetime, listings: int = LISTINGS) -> None:
        if listings < FEWEST:
            raise ValueError(f"there are at least {FEWEST} listings, not {listings}")
        self._source = make_products(seed, whole_seconds(now))
        self.by_sku: dict[str, Product] = {}
        self.by_asin: dict[str, Product] = {}
        self._by_update: list[tuple[datetime, str]] = []
        for product in islice(self._source, listings):
            self._keep(product)
        self.products = tuple(product for product in self.by_sku.values() if not product.is_parent)
        self._join_families()
        self._by_update.sort()

    def draw(self, rng: Random, count: int) -> list[Product]:
        """Different products, the first ones of the catalogue oftenest, as in a real shop."""
        chosen: dict[str, Product] = {}
        while len(chosen) < count:
            product = self.products[int(rng.random() ** 2 * len(self.products))]
            chosen[product.sku] = product
        return list(chosen.values())

    def changed_between(self, after: datetime | None, before: datetime | None) -> list[Product]:
        """What was last changed then, both moments included, the oldest change first."""
        start = bisect_left(self._by_update, after, key=_moment) if after else 0
        end = bisect_right(self._by_update, before, key=_moment) if before else len(self._by_update)
        return [self.by_sku[sku] for _moment, sku in self._by_update[start:end]]

    def note_change(self, product: Product, now: datetime) -> None:
        """The listing was changed at that moment, in whatever way."""
        self._forget(product)
        product.updated = whole_seconds(now)
        insort(self._by_update, (product.updated, product.sku))

    def add(self, count: int, now: datetime) -> list[Product]:
        """New listings, as of now; none of them is of a family."""
        fresh = (product for product in self._source if not product.is_parent)
        added = []
        for product in islice(fresh, count):
            product.created = product.updated = whole_seconds(now)
            self._keep(product)
            insort(self._by_update, self._by_update.pop())
            added.append(product)
        return added

    def remove(self, product: Product) -> None:
        """The seller deletes the listing; Amazon's catalogue keeps the product."""
        self._forget(product)
        del self.by_sku[product.sku]

    def children(self, product: Product) -> Iterator[Product]:
        """The listings that a parent holds together."""
        return (self.by_sku[sku] for sku in product.children if sku in self.by_sku)

    def _keep(self, product: Product) -> None:
        self.by_sku[product.sku] = product
        self.by_asin[product.asin] = product
        self._by_update.append((product.updated, product.sku))

    def _forget(self, product: Product) -> None:
        del self._by_update[bisect_left(self._by_update, (product.updated, product.sku))]

    def _join_families(self) -> None:
        """Tells the children of their parents; of a family that was cut off before its parent nobody knows."""
        for parent in self.by_sku.values():
            for sku in parent.children:
                self.by_sku[sku].parent = parent.sku


def _moment(entry: tuple[datetime, str]) -> datetime:
    return entry[0]
