"""The listings in the book: what each is known to weigh, here and at Amazon, and what was asked to be changed there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Row as SqlRow
from sqlalchemy import Select, delete, func, or_, select, update

from amzlink.clock import from_iso, to_iso
from amzlink.core.holds import Hold
from amzlink.core.orders import TO_SHIP
from amzlink.orderbook.book import Book, Row, execute_many, insert_missing, upsert
from amzlink.orderbook.schema import DISPATCHES, HOLDS, LISTING_SWEEPS, LISTINGS, ORDER_LINES, ORDERS

_FROM_HERE: Final = frozenset({"local_grams", "patch_state", "patched_grams", "patched_at", "patch_reason"})
_UPSERT_LOOKED: Final = upsert(LISTINGS, keep=_FROM_HERE | {"catalogue_grams"})
_INSERT_SKU: Final = insert_missing(LISTINGS)
_UPSERT_HOLD: Final = upsert(HOLDS)
_UPSERT_SWEEP: Final = upsert(LISTING_SWEEPS)
_CHUNK: Final = 500


class PatchState(StrEnum):
    """What became of a weight that was sent to Amazon."""

    QUEUED = "queued"
    """Accepted, which is no proof that it takes (facts 8.3)."""
    TAKEN = "taken"
    LOST = "lost"
    """Looked at again, and the listing still says something else."""
    REFUSED = "refused"


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A weight that was sent to Amazon's listing, and what became of it; `reason` is Amazon's, in a word or a code."""

    state: PatchState
    grams: int
    at: datetime
    reason: str | None = None


class BookedListing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as the book has it, weights in whole grams. `is_listed` None: nobody has looked yet."""

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
    unknown_unit: str | None = None
    looked_at: datetime | None = None
    patch: Patch | None = None


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """How far the whole catalogue has been looked through."""

    until: datetime | None = None
    begun_at: datetime | None = None
    report_id: str | None = None


def find_listings(book: Book, store: str, skus: Collection[str]) -> dict[str, BookedListing]:
    """The listings with these SKUs; those that the book does not know are left out."""
    found: dict[str, BookedListing] = {}
    wanted = sorted(set(skus))
    with book.reading() as connection:
        for start in range(0, len(wanted), _CHUNK):
            here = LISTINGS.c.sku.in_(wanted[start : start + _CHUNK])
            for row in connection.execute(select(LISTINGS).where(LISTINGS.c.store == store, here)):
                found[row.sku] = _to_listing(row)
    return found


def iterate_listings(book: Book, store: str) -> Iterator[BookedListing]:
    """All listings of the store, by SKU; memory stays flat."""
    query = select(LISTINGS).where(LISTINGS.c.store == store).order_by(LISTINGS.c.sku)
    with book.reading() as connection:
        for rows in connection.execution_options(yield_per=_CHUNK).execute(query).partitions():
            yield from map(_to_listing, rows)


def families(book: Book, store: str, parents: Collection[str]) -> dict[str, list[BookedListing]]:
    """The variation families under these parents, by parent SKU."""
    query = select(LISTINGS).where(LISTINGS.c.store == store, LISTINGS.c.family.in_(parents))
    found: dict[str, list[BookedListing]] = {}
    with book.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.family, []).append(_to_listing(row))
    return found


def skus_to_weigh(book: Book, store: str, *, looked_before: datetime) -> list[str]:
    """SKUs of orders to ship of which no weight is known and that nobody has looked up since a time."""
    open_skus = _open_skus(store).where(ORDER_LINES.c.weight_grams.is_(None))
    looked = select(LISTINGS.c.sku).where(LISTINGS.c.store == store, LISTINGS.c.looked_at >= to_iso(looked_before))
    with book.reading() as connection:
        return list(connection.scalars(open_skus.where(ORDER_LINES.c.sku.not_in(looked)).order_by(ORDER_LINES.c.sku)))


def open_orders_by_sku(book: Book, store: str) -> dict[str, int]:
    """How many orders to ship wait for each SKU."""
    query = (
        select(ORDER_LINES.c.sku, func.count(func.distinct(ORDER_LINES.c.order_id)).label("orders"))
        .join(ORDERS, (ORDERS.c.store == ORDER_LINES.c.store) & (ORDERS.c.order_id == ORDER_LINES.c.order_id))
        .where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.sku.is_not(None))
        .where(ORDER_LINES.c.quantity_unshipped > 0)
        .group_by(ORDER_LINES.c.sku)
    )
    with book.reading() as connection:
        return {row.sku: row.orders for row in connection.execute(query)}


def save_looked_up(book: Book, store: str, listings: Sequence[BookedListing], now: datetime) -> None:
    """Write down what Amazon's listings say; what the merchant set here, and what was sent to Amazon, stays."""
    with book.writing() as connection:
        execute_many(connection, _UPSERT_LOOKED, [_row(store, listing, looked_at=now) for listing in listings])


def note_skus(book: Book, store: str, skus: Collection[str]) -> None:
    """Write down that there are listings with these SKUs, to be looked up; those that are known stay as they are."""
    with book.writing() as connection:
        rows = [_row(store, BookedListing(sku=sku, is_listed=True), looked_at=None) for sku in skus]
        execute_many(connection, _INSERT_SKU, rows)


def skus_not_looked_up(book: Book, store: str, since: datetime, limit: int) -> list[str]:
    """Listings that a sweep has still to look up, by SKU."""
    query = (
        select(LISTINGS.c.sku)
        .where(LISTINGS.c.store == store, LISTINGS.c.is_listed.is_(True))
        .where(or_(LISTINGS.c.looked_at.is_(None), LISTINGS.c.looked_at < to_iso(since)))
        .order_by(LISTINGS.c.sku)
        .limit(limit)
    )
    with book.reading() as connection:
        return list(connection.scalars(query))


def count_not_looked_up(book: Book, store: str, since: datetime) -> int:
    """How many listings a sweep has still to look up."""
    query = select(func.count()).where(
        LISTINGS.c.store == store,
        LISTINGS.c.is_listed.is_(True),
        or_(LISTINGS.c.looked_at.is_(None), LISTINGS.c.looked_at < to_iso(since)),
    )
    with book.reading() as connection:
        return int(connection.scalar(query) or 0)


def set_local_weights(book: Book, store: str, grams: Mapping[str, int]) -> None:
    """Keep what the merchant says that products weigh; a SKU that is not known yet is written down with it."""
    with book.writing() as connection:
        execute_many(connection, _INSERT_SKU, [_row(store, BookedListing(sku=sku), looked_at=None) for sku in grams])
        for sku, weight in grams.items():
            connection.execute(_here(store, sku).values(local_grams=weight))


def note_catalogue(book: Book, store: str, grams: Mapping[str, int | None]) -> None:
    """Write down what Amazon's catalogue says that packages weigh, by SKU."""
    with book.writing() as connection:
        for sku, weight in grams.items():
            connection.execute(_here(store, sku).values(catalogue_grams=weight))


def note_patch(book: Book, store: str, sku: str, patch: Patch) -> None:
    """Keep what was sent to Amazon, and what became of it."""
    with book.writing() as connection:
        values = {
            "patch_state": patch.state.value,
            "patched_grams": patch.grams,
            "patched_at": to_iso(patch.at),
            "patch_reason": patch.reason,
        }
        connection.execute(_here(store, sku).values(values))


def patched(book: Book, store: str, state: PatchState) -> list[BookedListing]:
    """The listings whose last patch stands so."""
    query = select(LISTINGS).where(LISTINGS.c.store == store, LISTINGS.c.patch_state == state.value)
    with book.reading() as connection:
        return [_to_listing(row) for row in connection.execute(query.order_by(LISTINGS.c.sku))]


def weigh_lines(book: Book, store: str, grams: Mapping[str, int | None]) -> int:
    """Give the lines of orders to ship their weight, by SKU; an order whose weight changes is considered for sending.

    Gives how many lines have changed.
    """
    to_ship = select(ORDERS.c.order_id).where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP))
    changed = 0
    with book.writing() as connection:
        for sku, weight in grams.items():
            here = (
                ORDER_LINES.c.store == store,
                ORDER_LINES.c.sku == sku,
                ORDER_LINES.c.weight_grams.is_distinct_from(weight),
                ORDER_LINES.c.order_id.in_(to_ship),
            )
            ids = set(connection.scalars(select(ORDER_LINES.c.order_id).where(*here)))
            if not ids:
                continue
            changed += connection.execute(update(ORDER_LINES).where(*here).values(weight_grams=weight)).rowcount
            connection.execute(
                update(DISPATCHES)
                .where(DISPATCHES.c.store == store, DISPATCHES.c.order_id.in_(ids))
                .values(considered=None)
            )
    return changed


def hold_missing_weights(book: Book, store: str, now: datetime) -> int:
    """Note the orders to ship that lack the weight of a product, and forget those that have all by now.

    The cause names the SKUs, so a hold that a person lifted stays lifted until others are missing. Whether it keeps an
    order back is the store's setting. Gives how many orders lack a weight.
    """
    lines = (
        select(ORDER_LINES.c.order_id, func.group_concat(func.coalesce(ORDER_LINES.c.sku, "?"), ",").label("skus"))
        .join(ORDERS, (ORDERS.c.store == ORDER_LINES.c.store) & (ORDERS.c.order_id == ORDER_LINES.c.order_id))
        .where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.weight_grams.is_(None))
        .where(ORDER_LINES.c.quantity_unshipped > 0)
        .group_by(ORDER_LINES.c.order_id)
    )
    known = select(HOLDS.c.order_id, HOLDS.c.cause).where(
        HOLDS.c.store == store, HOLDS.c.hold == Hold.MISSING_WEIGHT.value
    )
    with book.writing() as connection:
        wanted = {row.order_id: ",".join(sorted(set(row.skus.split(",")))) for row in connection.execute(lines)}
        there = {row.order_id: row.cause for row in connection.execute(known)}
        for order_id in there.keys() - wanted.keys():
            connection.execute(
                delete(HOLDS).where(
                    HOLDS.c.store == store, HOLDS.c.order_id == order_id, HOLDS.c.hold == Hold.MISSING_WEIGHT.value
                )
            )
        rows = [
            {
                "store": store, "order_id": order_id, "hold": Hold.MISSING_WEIGHT.value, "cause": cause,
                "set_at": to_iso(now), "lifted_at": None,
            }
            for order_id, cause in wanted.items()
            if there.get(order_id) != cause
        ]  # fmt: skip
        execute_many(connection, _UPSERT_HOLD, rows)
    return len(wanted)


def sweep_of(book: Book, store: str) -> Sweep:
    """How far the catalogue has been looked through."""
    with book.reading() as connection:
        row = connection.execute(select(LISTING_SWEEPS).where(LISTING_SWEEPS.c.store == store)).one_or_none()
    if row is None:
        return Sweep()
    return Sweep(
        until=from_iso(row.until) if row.until else None,
        begun_at=from_iso(row.begun_at) if row.begun_at else None,
        report_id=row.report_id,
    )


def note_sweep(book: Book, store: str, sweep: Sweep) -> None:
    """Write down how far the catalogue has been looked through."""
    row = {
        "store": store,
        "until": to_iso(sweep.until) if sweep.until else None,
        "begun_at": to_iso(sweep.begun_at) if sweep.begun_at else None,
        "report_id": sweep.report_id,
    }
    with book.writing() as connection:
        connection.execute(_UPSERT_SWEEP, row)


def _open_skus(store: str) -> Select[Any]:
    return (
        select(ORDER_LINES.c.sku)
        .distinct()
        .join(ORDERS, (ORDERS.c.store == ORDER_LINES.c.store) & (ORDERS.c.order_id == ORDER_LINES.c.order_id))
        .where(ORDERS.c.store == store, ORDERS.c.status.in_(TO_SHIP), ORDER_LINES.c.sku.is_not(None))
    )


def _here(store: str, sku: str) -> Any:  # SQLAlchemy's Update, before its values
    return update(LISTINGS).where(LISTINGS.c.store == store, LISTINGS.c.sku == sku)


def _row(store: str, listing: BookedListing, *, looked_at: datetime | None) -> Row:
    names = ("sku", "asin", "title", "product_type", "attribute", "family", "is_listed", "is_suppressed", "local_grams",
             "shipping_grams", "package_grams", "item_grams", "catalogue_grams", "unknown_unit")  # fmt: skip
    return {
        "store": store,
        **{name: getattr(listing, name) for name in names},
        "looked_at": to_iso(looked_at) if looked_at else None,
        "patch_state": None,
        "patched_grams": None,
        "patched_at": None,
        "patch_reason": None,
    }


def _to_listing(row: SqlRow[Any]) -> BookedListing:
    patch = None
    if row.patch_state:
        patch = Patch(
            state=PatchState(row.patch_state),
            grams=row.patched_grams,
            at=from_iso(row.patched_at),
            reason=row.patch_reason,
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
        unknown_unit=row.unknown_unit,
        looked_at=from_iso(row.looked_at) if row.looked_at else None,
        patch=patch,
    )
