"""The listings in the book: what each is known to weigh, here and at Amazon, and what was asked to be changed there.

Beside the weights stands what the merchant says that customs ask of the product.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy import Row as SqlRow

from amzlink.clock import from_iso, to_iso
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData
from amzlink.orderbook.database import Row, StoreBook, execute_many, insert_missing, upsert
from amzlink.orderbook.schema import DISPATCHES, LISTING_SWEEPS, LISTINGS, ORDER_LINES, ORDERS

_SET_HERE: Final = frozenset({"local_grams", "hs_code", "country_of_origin"})
_PATCHED: Final = frozenset({"patch_state", "patched_grams", "patched_at", "patch_reason", "patch_beside"})
_FROM_THE_CATALOGUE: Final = frozenset({"catalogue_grams", "catalogue_at"})
_UPSERT_LOOKED: Final = upsert(LISTINGS, keep=_SET_HERE | _PATCHED | _FROM_THE_CATALOGUE)
_INSERT_SKU: Final = insert_missing(LISTINGS)
_UPSERT_SWEEP: Final = upsert(LISTING_SWEEPS)
_CHUNK: Final = 500


class PatchState(StrEnum):
    """What became of a weight that was sent to Amazon."""

    ASKED = "asked"
    """About to be sent, or sent without an answer: sending it again does no harm."""
    QUEUED = "queued"
    """Accepted, which is no proof that it takes (docs/services/amazon.md, "Changing a listing")."""
    TAKEN = "taken"
    LOST = "lost"
    """Looked at again, and the listing still says something else."""
    REFUSED = "refused"


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A weight that was sent to Amazon's listing, and what became of it; `reason` is Amazon's, in a word or a code.

    `beside` are the other marketplaces for which the listing said a weight then, and should go on to.
    """

    state: PatchState
    grams: int
    at: datetime
    reason: str | None = None
    beside: tuple[str, ...] = ()


class BookedListing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as the book has it, weights in whole grams. `is_listed` None: nobody has looked yet.

    `customs` is what the merchant set here.
    """

    sku: str
    asin: str | None = None
    title: str | None = None
    product_type: str | None = None
    attribute: str | None = None
    family: str | None = None
    is_listed: bool | None = None
    is_suppressed: bool = False
    local_grams: int | None = None
    shipping_grams: int | None = None
    package_grams: int | None = None
    item_grams: int | None = None
    catalogue_grams: int | None = None
    catalogue_at: datetime | None = None
    unknown_unit: str | None = None
    looked_at: datetime | None = None
    patch: Patch | None = None
    customs: CustomsData = NO_CUSTOMS


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """How far the whole catalogue has been looked through."""

    until: datetime | None = None
    begun_at: datetime | None = None
    report_id: str | None = None


def find_listings(book: StoreBook, skus: Collection[str]) -> dict[str, BookedListing]:
    """The listings with these SKUs; those that the book does not know are left out."""
    found: dict[str, BookedListing] = {}
    wanted = sorted(set(skus))
    with book.reading() as connection:
        for start in range(0, len(wanted), _CHUNK):
            here = LISTINGS.c.sku.in_(wanted[start : start + _CHUNK])
            for row in connection.execute(select(LISTINGS).where(LISTINGS.c.store == book.store, here)):
                found[row.sku] = _to_listing(row)
    return found


def listed_skus(book: StoreBook) -> list[str]:
    """The SKUs of the account's listings, without those that only hold a variation family together."""
    is_parent = LISTINGS.c.family == LISTINGS.c.sku
    query = select(LISTINGS.c.sku).where(LISTINGS.c.store == book.store, LISTINGS.c.is_listed.is_(True))
    query = query.where(or_(LISTINGS.c.family.is_(None), ~is_parent))
    with book.reading() as connection:
        return list(connection.scalars(query.order_by(LISTINGS.c.sku)))


def count_listed(book: StoreBook) -> int:
    """How many listings the account had when they were looked up last, parents of families among them."""
    query = select(func.count()).where(LISTINGS.c.store == book.store, LISTINGS.c.is_listed.is_(True))
    with book.reading() as connection:
        return int(connection.scalar(query) or 0)


def families(book: StoreBook, parents: Collection[str]) -> dict[str, list[BookedListing]]:
    """The variation families under these parents, by parent SKU."""
    query = select(LISTINGS).where(LISTINGS.c.store == book.store, LISTINGS.c.family.in_(parents))
    found: dict[str, list[BookedListing]] = {}
    with book.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.family, []).append(_to_listing(row))
    return found


def save_looked_up(book: StoreBook, listings: Sequence[BookedListing], now: datetime) -> None:
    """Write down what Amazon's listings say; what the merchant set here, and what was sent to Amazon, stays."""
    with book.writing() as connection:
        execute_many(connection, _UPSERT_LOOKED, [_row(book.store, listing, looked_at=now) for listing in listings])


def note_skus(book: StoreBook, asins: Mapping[str, str | None]) -> None:
    """Write down that there are listings with these SKUs, to be looked up; what is known of them stays as it is."""
    with book.writing() as connection:
        rows = [
            _row(book.store, BookedListing(sku=sku, asin=asin, is_listed=True), looked_at=None)
            for sku, asin in asins.items()
        ]
        execute_many(connection, _INSERT_SKU, rows)
        skus = list(asins)
        for start in range(0, len(skus), _CHUNK):
            here = LISTINGS.c.sku.in_(skus[start : start + _CHUNK])
            connection.execute(update(LISTINGS).where(LISTINGS.c.store == book.store, here).values(is_listed=True))


def skus_not_looked_up(book: StoreBook, since: datetime, limit: int) -> list[str]:
    """Listings that a sweep has still to look up, by SKU."""
    query = (
        select(LISTINGS.c.sku)
        .where(LISTINGS.c.store == book.store, LISTINGS.c.is_listed.is_(True))
        .where(or_(LISTINGS.c.looked_at.is_(None), LISTINGS.c.looked_at < to_iso(since)))
        .order_by(LISTINGS.c.sku)
        .limit(limit)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def count_not_looked_up(book: StoreBook, since: datetime) -> int:
    """How many listings a sweep has still to look up."""
    query = select(func.count()).where(
        LISTINGS.c.store == book.store,
        LISTINGS.c.is_listed.is_(True),
        or_(LISTINGS.c.looked_at.is_(None), LISTINGS.c.looked_at < to_iso(since)),
    )
    with book.reading() as connection:
        return int(connection.scalar(query) or 0)


def set_local_weights(book: StoreBook, grams: Mapping[str, int]) -> None:
    """Keep what the merchant says that products weigh; a SKU that is not known yet is written down with it."""
    with book.writing() as connection:
        execute_many(
            connection, _INSERT_SKU, [_row(book.store, BookedListing(sku=sku), looked_at=None) for sku in grams]
        )
        for sku, weight in grams.items():
            connection.execute(_here(book.store, sku).values(local_grams=weight))


def forget_local_weights(book: StoreBook, skus: Collection[str]) -> None:
    """Drop what the merchant said that products weigh: what Amazon says counts again."""
    with book.writing() as connection:
        for sku in skus:
            connection.execute(_here(book.store, sku).values(local_grams=None))


def set_customs(book: StoreBook, customs: Mapping[str, CustomsData]) -> None:
    """Keep what the merchant says that customs ask of products; what is not given stays as it is."""
    with book.writing() as connection:
        execute_many(
            connection, _INSERT_SKU, [_row(book.store, BookedListing(sku=sku), looked_at=None) for sku in customs]
        )
        for sku, data in customs.items():
            values = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
            connection.execute(_here(book.store, sku).values(**values))
        _consider_orders_with(connection, book.store, customs.keys())


def forget_customs(book: StoreBook, skus: Collection[str]) -> None:
    """Drop what the merchant said that customs ask of products."""
    with book.writing() as connection:
        for sku in skus:
            connection.execute(_here(book.store, sku).values(hs_code=None, country_of_origin=None))
        _consider_orders_with(connection, book.store, skus)


def _consider_orders_with(connection: Connection, store: str, skus: Collection[str]) -> None:
    """Have the orders to ship with these products considered for sending once more: what is sent of them changed."""
    to_ship = select(ORDERS.c.order_id).where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP))
    wanted = sorted(skus)
    for start in range(0, len(wanted), _CHUNK):
        with_them = select(ORDER_LINES.c.order_id).where(
            ORDER_LINES.c.store == store,
            ORDER_LINES.c.sku.in_(wanted[start : start + _CHUNK]),
            ORDER_LINES.c.order_id.in_(to_ship),
        )
        connection.execute(
            update(DISPATCHES)
            .where(DISPATCHES.c.store == store, DISPATCHES.c.order_id.in_(with_them))
            .values(considered=None)
        )


def note_catalogue(book: StoreBook, grams: Mapping[str, int | None], now: datetime) -> None:
    """Write down what Amazon's catalogue says that packages weigh, by SKU; None where it does not know."""
    with book.writing() as connection:
        for sku, weight in grams.items():
            connection.execute(_here(book.store, sku).values(catalogue_grams=weight, catalogue_at=to_iso(now)))


def note_patch(book: StoreBook, sku: str, patch: Patch) -> None:
    """Keep what was sent to Amazon, and what became of it."""
    with book.writing() as connection:
        values = {
            "patch_state": patch.state.value,
            "patched_grams": patch.grams,
            "patched_at": to_iso(patch.at),
            "patch_reason": patch.reason,
            "patch_beside": ",".join(patch.beside) or None,
        }
        connection.execute(_here(book.store, sku).values(values))


def forget_patch(book: StoreBook, sku: str) -> None:
    """Drop the last patch, of which Amazon has said nothing: it never arrived, or was not carried out."""
    with book.writing() as connection:
        values = dict.fromkeys(("patch_state", "patched_grams", "patched_at", "patch_reason", "patch_beside"))
        connection.execute(_here(book.store, sku).values(values))


def patched(book: StoreBook, *states: PatchState) -> list[BookedListing]:
    """The listings whose last patch stands so."""
    query = select(LISTINGS).where(LISTINGS.c.store == book.store, LISTINGS.c.patch_state.in_(states))
    with book.reading() as connection:
        return [_to_listing(row) for row in connection.execute(query.order_by(LISTINGS.c.sku))]


def sweep_of(book: StoreBook) -> Sweep:
    """How far the catalogue has been looked through."""
    with book.reading() as connection:
        row = connection.execute(select(LISTING_SWEEPS).where(LISTING_SWEEPS.c.store == book.store)).one_or_none()
    if row is None:
        return Sweep()
    return Sweep(
        until=from_iso(row.until) if row.until else None,
        begun_at=from_iso(row.begun_at) if row.begun_at else None,
        report_id=row.report_id,
    )


def note_sweep(book: StoreBook, sweep: Sweep) -> None:
    """Write down how far the catalogue has been looked through."""
    row = {
        "store": book.store,
        "until": to_iso(sweep.until) if sweep.until else None,
        "begun_at": to_iso(sweep.begun_at) if sweep.begun_at else None,
        "report_id": sweep.report_id,
    }
    with book.writing() as connection:
        connection.execute(_UPSERT_SWEEP, row)


def _here(store: str, sku: str) -> Any:  # SQLAlchemy's Update, before its values
    return update(LISTINGS).where(LISTINGS.c.store == store, LISTINGS.c.sku == sku)


def _row(store: str, listing: BookedListing, *, looked_at: datetime | None) -> Row:
    names = ("sku", "asin", "title", "product_type", "attribute", "family", "is_listed", "is_suppressed", "local_grams",
             "shipping_grams", "package_grams", "item_grams", "catalogue_grams", "unknown_unit")  # fmt: skip
    return {
        "store": store,
        **{name: getattr(listing, name) for name in names},
        "looked_at": to_iso(looked_at) if looked_at else None,
        "hs_code": listing.customs.hs_code,
        "country_of_origin": listing.customs.country_of_origin,
        "catalogue_at": None,
        "patch_state": None,
        "patched_grams": None,
        "patched_at": None,
        "patch_reason": None,
        "patch_beside": None,
    }


def _to_listing(row: SqlRow[Any]) -> BookedListing:
    patch = None
    if row.patch_state:
        patch = Patch(
            state=PatchState(row.patch_state),
            grams=row.patched_grams,
            at=from_iso(row.patched_at),
            reason=row.patch_reason,
            beside=tuple(row.patch_beside.split(",")) if row.patch_beside else (),
        )
    return BookedListing(
        sku=row.sku,
        asin=row.asin,
        title=row.title,
        product_type=row.product_type,
        attribute=row.attribute,
        family=row.family,
        is_listed=row.is_listed,
        is_suppressed=row.is_suppressed,
        local_grams=row.local_grams,
        shipping_grams=row.shipping_grams,
        package_grams=row.package_grams,
        item_grams=row.item_grams,
        catalogue_grams=row.catalogue_grams,
        catalogue_at=from_iso(row.catalogue_at) if row.catalogue_at else None,
        unknown_unit=row.unknown_unit,
        looked_at=from_iso(row.looked_at) if row.looked_at else None,
        patch=patch,
        customs=CustomsData(row.hs_code, row.country_of_origin),
    )
