"""Finding out what products weigh: listings are looked up, judged, and the lines of open orders get their weight."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from amzlink.amazon.catalog import package_weights
from amzlink.amazon.listings import PAGE_SIZE, Listing, find_listings, listings_of_asins
from amzlink.clock import age_of
from amzlink.config.settings import Store
from amzlink.core.weights.weights import Finding, Source, Verdict, Weights, assess
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.weights import listings as booked
from amzlink.orderbook.weights import order_lines as line_weights
from amzlink.orderbook.weights.listings import BookedListing
from amzlink.problems.failures import Denied
from amzlink.run import StoreRun

_LOOKED_LATELY: Final = timedelta(days=1)  # a product without a weight is asked for again the next day
_ASKED_LATELY: Final = timedelta(days=30)
_OWN: Final = (Source.LOCAL, Source.SHIPPING, Source.PACKAGE)
_CHUNK: Final = 500


class Weigher:
    """Knows the weights of one store's products. `now` is Amazon's time, and that of the look-ups."""

    def __init__(self, run: StoreRun) -> None:
        self.now = run.now()
        self._link = run.amazon
        self._book = run.book
        self._store = run.store
        self._reporter = run.reporter

    def look_up_orders(self) -> bool:
        """Look up what orders hold and nobody knows the weight of; what has none, a day later again.

        Returns whether there was any.
        """
        never = line_weights.skus_never_looked_up(self._book)
        to_ship = [sku for sku in line_weights.skus_to_ship(self._book) if sku not in set(never)]
        known = booked.find_listings(self._book, to_ship)
        verdicts = self.judge(to_ship)
        again = [
            sku for sku in to_ship if verdicts[sku].source not in _OWN and not self._is_looked_up_lately(known.get(sku))
        ]
        self.look_up([*never, *again])
        return bool(never or again)

    def weigh_orders(self) -> int:
        """Give the lines of orders the weights that are known. Gives how many orders to ship still lack one."""
        there = line_weights.weights_on_lines(self._book)
        wanted = {sku: verdict.weight_grams for sku, verdict in self.judge(list(there)).items()}
        changed = {sku: grams for sku, grams in wanted.items() if there[sku] != {grams}}
        line_weights.weigh_lines(self._book, changed)
        return line_weights.hold_missing_weights(self._book, self.now)

    def look_up(self, skus: Sequence[str], *, before: int = 0, total: int | None = None) -> None:
        """Ask Amazon what its listings say of these SKUs, and write it down, twenty at a time.

        `before` of a `total` have been looked up before these, which is only for the progress that is told.
        """
        done = before
        for chunk, asins in self._in_pages(skus):
            self._reporter.step("looking up weights", done, total or len(skus))
            found: dict[str, Listing] = {}
            if asins:
                listings = listings_of_asins(self._link, self._store.seller_id, self._store.marketplace_ids, asins)
                found = {listing.sku: listing for listing in listings if listing.sku in chunk}
            left = [sku for sku in chunk if sku not in found]
            found |= find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, left)
            self.keep(found.get(sku, sku) for sku in chunk)
            done += len(chunk)

    def ask_catalogue(self, skus: Sequence[str]) -> None:
        """Ask Amazon's catalogue about those of these products that have a finding; what it says is a suggestion.

        It is asked once a month about a product. Where the role for it is missing, there are fewer suggestions.
        """
        verdicts = self.judge(skus)
        found = [sku for sku in skus if verdicts[sku].finding is not Finding.OK]
        asins = {
            listing.sku: listing.asin
            for listing in booked.find_listings(self._book, found).values()
            if listing.asin
            and listing.family != listing.sku  # a parent is never sent, and weighs nothing
            and (listing.catalogue_at is None or age_of(listing.catalogue_at, self.now) >= _ASKED_LATELY)
        }
        for done, page in enumerate(_pages(list(asins))):
            self._reporter.step("asking Amazon's catalogue", done * PAGE_SIZE, len(asins))
            try:
                weights = package_weights(self._link, self._store.marketplace_ids[0], [asins[sku] for sku in page])
            except Denied:
                return
            catalogue = {sku: weights[asins[sku]].package if asins[sku] in weights else None for sku in page}
            booked.note_catalogue(self._book, catalogue, self.now)

    def _in_pages(self, skus: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
        """The SKUs, as many as one search takes, and the ASINs to search by where it is not the SKUs.

        A search takes SKUs with commas between them, so one with a comma in it costs a call of its own. By their ASINs
        such SKUs come together, and with them those that would not fill a page.
        """
        plain = [sku for sku in skus if "," not in sku]
        with_comma = [sku for sku in skus if "," in sku]
        asins = self._asins(with_comma) if with_comma else {}
        if not asins:
            yield from ((chunk, ()) for chunk in _pages([*plain, *with_comma]))
            return
        full = len(plain) - len(plain) % PAGE_SIZE
        yield from ((chunk, ()) for chunk in _pages(plain[:full]))
        rest = [*plain[full:], *with_comma]
        asins |= self._asins(rest)
        by_asin = [sku for sku in rest if sku in asins]
        yield from ((chunk, [asins[sku] for sku in chunk]) for chunk in _pages(by_asin))
        yield from ((chunk, ()) for chunk in _pages([sku for sku in rest if sku not in asins]))

    def _asins(self, skus: list[str]) -> dict[str, str]:
        known = booked.find_listings(self._book, skus)
        listed = {sku: listing.asin for sku, listing in known.items() if listing.asin}
        return line_weights.asins_of_lines(self._book, skus) | listed

    def _is_looked_up_lately(self, listing: BookedListing | None) -> bool:
        return bool(listing and listing.looked_at and age_of(listing.looked_at, self.now) < _LOOKED_LATELY)

    def keep(self, listings: Iterable[Listing | str]) -> None:
        """Write down what listings say; a bare SKU is one that the account does not have."""
        rows = [
            BookedListing(sku=listing, is_listed=False) if isinstance(listing, str) else self._to_row(listing)
            for listing in listings
        ]
        booked.save_looked_up(self._book, rows, self.now)

    def judge(self, skus: Sequence[str]) -> dict[str, Verdict]:
        """What these products weigh, by what is in the book, and what is wrong with it."""
        return judge_booked(self._book, self._store, skus)

    def judge_listings(self, listings: Sequence[BookedListing]) -> dict[str, Verdict]:
        """The same for listings that are already read; those of a variation family are compared with each other."""
        return _judge_listings(self._book, self._store, listings)

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


def judge_booked(book: StoreBook, store: Store, skus: Sequence[str]) -> dict[str, Verdict]:
    """What these products weigh, by what is in the book, and what is wrong with it."""
    verdicts: dict[str, Verdict] = {}
    for start in range(0, len(skus), _CHUNK):
        chunk = skus[start : start + _CHUNK]
        known = booked.find_listings(book, chunk)
        verdicts |= _judge_listings(book, store, [known.get(sku) or BookedListing(sku=sku) for sku in chunk])
    return verdicts


def _judge_listings(book: StoreBook, store: Store, listings: Sequence[BookedListing]) -> dict[str, Verdict]:
    families = booked.families(book, {listing.family for listing in listings if listing.family})
    return {
        listing.sku: assess(
            _weights(listing), default=store.default_weight_grams, siblings=_siblings(listing, families)
        )
        for listing in listings
    }


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


def _pages(skus: Sequence[str]) -> Iterator[Sequence[str]]:
    return (skus[start : start + PAGE_SIZE] for start in range(0, len(skus), PAGE_SIZE))
