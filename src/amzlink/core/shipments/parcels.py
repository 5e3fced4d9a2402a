"""Parcels as amzlink follows them, whoever reports them: Sendcloud, or a file.

A tracking number is personal data and lies sealed with the order, so a parcel knows only whether it has one.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """How far a parcel has come. Sendcloud's status codes fall into these.

    Source: docs/services/sendcloud.md, "Parcel statuses".
    """

    BEFORE = "before"
    """No label yet."""
    FAILED = "failed"
    """The label could not be made."""
    LABELLED = "labelled"
    """Announced to the carrier; nobody has scanned it."""
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    RETURNING = "returning"
    CANCELLING = "cancelling"
    """To be cancelled, and not cancelled yet: it may still travel."""
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """A status that says nothing, or that nobody has seen yet: what was known before stays."""


LIVE: Final = frozenset({Kind.LABELLED, Kind.UNDER_WAY, Kind.DELIVERED, Kind.RETURNING})
"""There is a parcel, and it is (or was) on its way to the buyer."""

DEAD: Final = frozenset({Kind.CANCELLED, Kind.FAILED})
"""There is no parcel any more."""

SENDCLOUD: Final = "sendcloud"
FILE: Final = "file"
"""Who tells of a parcel; its key begins with that."""

SUPERSEDED: Final = "superseded"
"""The status of a parcel of which a file said something else later; its kind is `CANCELLED`."""

OPEN: Final = frozenset({Kind.BEFORE, Kind.FAILED, Kind.LABELLED, Kind.UNDER_WAY, Kind.CANCELLING, Kind.UNKNOWN})
"""It can still change."""


class ParcelItem(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a parcel holds of a line; `order_item_id` is Amazon's, `quantity` None means all that is left of it."""

    order_item_id: str | None
    sku: str | None
    quantity: int | None
    transparency_codes: tuple[str, ...] = ()


class Parcel(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A parcel. `key` says who reported it; no `items`: all of the order that no other parcel holds.

    `announced_at`, `processed_at` and `delivered_at` are set once, when that was first known. `nothing_left`: other
    parcels hold all its items, so that Amazon is not told of it.
    """

    key: str
    order_id: str
    status: str
    kind: Kind
    updated_at: datetime
    announced_at: datetime | None = None
    processed_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str | None = None
    carrier_label: str | None = None
    service: str | None = None
    traceable: bool = False
    items: tuple[ParcelItem, ...] = ()
    nothing_left: bool = False

    @property
    def source(self) -> str:
        """Who told of it: `SENDCLOUD` or `FILE`."""
        return self.key.partition(":")[0]

    @property
    def is_live(self) -> bool:
        """Whether there is a parcel; one whose last word said nothing counts by what it was before."""
        return self.kind in LIVE or (self.kind is Kind.UNKNOWN and self.announced_at is not None)


class SealedParcels(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is personal in an order's parcels: the tracking numbers, by parcel key. It is kept sealed, and in one piece.

    `salt` (hex) is of our own making, the key of the hashes by which a changed number is noticed.
    """

    salt: str
    numbers: dict[str, str] = {}


def follow(known: Parcel | None, seen: Parcel) -> Parcel:
    """What is known of a parcel after it has been seen once more.

    News can arrive out of order: what is older than what is known changes nothing. A status that says nothing leaves
    the one before it. A moment that was reached stays reached, whatever comes after it.
    """
    if known is None:
        return seen
    if seen.updated_at < known.updated_at:
        return known
    is_silent = seen.kind is Kind.UNKNOWN and known.kind is not Kind.UNKNOWN
    # That a label is there was known when the file was read; only a scan says more.
    kind = known.kind if is_silent or (known.status == SUPERSEDED and seen.kind is Kind.LABELLED) else seen.kind
    return msgspec.structs.replace(
        seen,
        kind=kind,
        status=known.status if kind is not seen.kind else seen.status,
        announced_at=known.announced_at or seen.announced_at,
        processed_at=known.processed_at or seen.processed_at,
        delivered_at=known.delivered_at or seen.delivered_at,
        carrier=seen.carrier or known.carrier,
        carrier_label=seen.carrier_label or known.carrier_label,
        service=seen.service or known.service,
        traceable=seen.traceable or known.traceable,
        items=seen.items or known.items,
        nothing_left=known.nothing_left,
    )


def delivered_at(parcels: tuple[Parcel, ...]) -> datetime | None:
    """When the slowest of an order's parcels was delivered; None while one of them is, or may be, on its way."""
    on_the_way = [parcel for parcel in parcels if parcel.is_live or parcel.kind is Kind.CANCELLING]
    times = [parcel.delivered_at for parcel in on_the_way]
    return max((time for time in times if time), default=None) if all(times) else None
