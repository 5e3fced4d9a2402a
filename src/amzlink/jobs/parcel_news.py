"""What is heard of parcels, from Sendcloud or from a file, and keeping it: the tracking numbers go into the vault."""

import itertools
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.core.parcels import DEAD, Kind, Parcel, ParcelItem, SealedParcels, follow
from amzlink.core.sealing import ITS_PARCELS, Box, keyed_hash
from amzlink.core.shipment_rows import ShipmentRow
from amzlink.orderbook.book import Book
from amzlink.orderbook.orders import boxes
from amzlink.orderbook.parcels import (
    ParcelsSeen,
    booked_orders,
    note_polled,
    open_parcels,
    parcels_of,
    polled_until,
    save_parcels,
    touch_parcels,
)
from amzlink.vault import Vault

if TYPE_CHECKING:
    from amzlink.sendcloud.shipments import Shipment
    from amzlink.sendcloud.transport import Client

SENDCLOUD: Final = "sendcloud"
FILE: Final = "file"
_FIRST_POLL: Final = timedelta(days=30)
_OVERLAP: Final = timedelta(minutes=15)  # clocks differ, and what has just changed may be listed late
_READ_AGAIN_AFTER: Final = timedelta(days=1)  # a change of status may not move the date that is polled by (facts 4.1)
_GIVEN_UP_AFTER: Final = timedelta(days=90)
_CHUNK: Final = 200
_SALT_BYTES: Final = 16
_SUPERSEDED: Final = "superseded"
_decode: Final = msgspec.json.Decoder(SealedParcels).decode
_encode: Final = msgspec.json.Encoder().encode


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as somebody told of it just now, with its tracking number."""

    parcel: Parcel
    number: str | None


class OrderParcels(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an order's parcels."""

    parcels: tuple[Parcel, ...]
    sealed: SealedParcels


class ParcelNews:
    """Takes in news of one store's parcels. `known` keeps, in a dry run, what would have been stored."""

    def __init__(
        self, *, book: Book, vault: Vault, slug: str, days: int, now: datetime, dry_run: bool
    ) -> None:  # fmt: skip
        self._book = book
        self._vault = vault
        self._slug = slug
        self._lease = now.date() + timedelta(days=days)
        self._now = now
        self._dry_run = dry_run
        self.heard: set[str] = set()
        self.touched: set[str] = set()
        self.known: dict[str, OrderParcels] = {}

    def take(self, order_id: str, news: Sequence[Heard]) -> None:
        """Take in what was heard of one order's parcels."""
        self.take_all({order_id: news})

    def take_all(self, news: Mapping[str, Sequence[Heard]]) -> None:
        """Take in what was heard of some orders, all of which the book has, in one transaction."""
        ids = list(news)
        before, sealed = parcels_of(self._book, self._slug, ids), self.sealed_of(ids)
        there = boxes(self._book, self._slug, ids, ITS_PARCELS)
        leases = {order_id: box.lease_day for order_id, box in boxes(self._book, self._slug, ids).items()}
        rows: list[Parcel] = []
        fresh: dict[str, Box] = {}
        for order_id, told in news.items():
            parcels = {parcel.key: parcel for parcel in before[order_id]}
            numbers = dict(sealed[order_id].numbers)
            for heard in told:
                key = heard.parcel.key
                merged = follow(parcels.get(key), heard.parcel)
                parcels[key] = merged
                rows.append(merged)
                self.heard.add(key)
                if heard.number and merged.updated_at == heard.parcel.updated_at:
                    numbers[key] = heard.number
            after = msgspec.structs.replace(sealed[order_id], numbers=numbers)
            self.touched.add(order_id)
            if self._dry_run:
                self.known[order_id] = OrderParcels(parcels=tuple(parcels.values()), sealed=after)
            elif after != sealed[order_id] or order_id not in there:
                lease = max([leases.get(order_id, self._lease), *(box.lease_day for box in _of(there, order_id))])
                fresh[order_id] = self._vault.seal(order_id, _encode(after), lease, part=ITS_PARCELS)
        if not self._dry_run:
            seen = ParcelsSeen(parcels=rows, boxes=fresh, chain_ids=self._vault.chain_ids)
            save_parcels(self._book, self._slug, seen, self._now)

    def sealed_of(self, order_ids: Sequence[str]) -> dict[str, SealedParcels]:
        """The tracking numbers of these orders; an order without any gets a salt of its own."""
        found = {
            order_id: _decode(self._vault.open(order_id, box, part=ITS_PARCELS))
            for order_id, box in boxes(self._book, self._slug, order_ids, ITS_PARCELS).items()
            if self._vault.floor is None or box.lease_day >= self._vault.floor
        }
        for order_id in order_ids:
            if order_id in self.known:
                found[order_id] = self.known[order_id].sealed
            elif order_id not in found:
                found[order_id] = SealedParcels(secrets.token_hex(_SALT_BYTES))
        return found

    # From Sendcloud.

    def poll(self, client: "Client", integration_id: int) -> None:
        """Bring in what has changed since the last poll, and once a day every parcel of which more can be heard."""
        from amzlink.sendcloud.shipments import changed_shipments, shipments_of_parcels  # noqa: PLC0415

        until = polled_until(self._book, self._slug)
        since = (until or self._now - _FIRST_POLL) - _OVERLAP
        self._take_shipments(changed_shipments(client, integration_id, since))
        if not self._dry_run:
            note_polled(self._book, self._slug, self._now)
        stale = open_parcels(
            self._book,
            self._slug,
            SENDCLOUD,
            seen_before=self._now - _READ_AGAIN_AFTER,
            not_before=self._now - _GIVEN_UP_AFTER,
        )
        for start in range(0, len(stale), _CHUNK // 2):
            keys = stale[start : start + _CHUNK // 2]
            numbers = [int(key.partition(":")[2]) for key in keys]
            self._take_shipments(shipments_of_parcels(client, numbers))
            if not self._dry_run:
                touch_parcels(self._book, self._slug, keys, self._now)

    def _take_shipments(self, shipments: "Iterable[Shipment]") -> None:
        """Parcels of orders that the book does not have are another shop's, or older than the book."""
        listed = iter(shipments)
        while chunk := list(itertools.islice(listed, _CHUNK)):
            numbers = {shipment.order_number for shipment in chunk if shipment.order_number}
            booked = booked_orders(self._book, self._slug, numbers)
            news: dict[str, list[Heard]] = {}
            for shipment in chunk:
                if (order_id := shipment.order_number) in booked:
                    news.setdefault(order_id, []).extend(_from_shipment(shipment, order_id, self._now))
            if news:
                self.take_all(news)

    # From a file.

    def take_rows(self, rows: Mapping[str, Sequence[ShipmentRow]]) -> None:
        """Take in the rows of a file, by order; the book has all of the orders."""
        ids = list(rows)
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            sealed = self.sealed_of(chunk)
            before = parcels_of(self._book, self._slug, chunk)
            news = {}
            for order_id in chunk:
                if order_id not in self.known:
                    # The salt that names the parcels has to be the one that is sealed with them.
                    self.known[order_id] = OrderParcels(parcels=(), sealed=sealed[order_id])
                told = list(_from_rows(rows[order_id], sealed[order_id].salt, self._now))
                news[order_id] = [*_superseded(before[order_id], told, self._now), *told]
            self.take_all(news)
            if not self._dry_run:
                for order_id in chunk:
                    del self.known[order_id]


def _of(there: Mapping[str, Box], order_id: str) -> list[Box]:
    return [there[order_id]] if order_id in there else []


def _from_shipment(shipment: "Shipment", order_id: str, now: datetime) -> Iterator[Heard]:
    from amzlink.sendcloud.statuses import kind_of, status_of  # noqa: PLC0415

    for parcel in shipment.parcels:
        status = status_of(parcel.status_code)
        changed = parcel.updated_at or now
        yield Heard(
            parcel=Parcel(
                key=f"{SENDCLOUD}:{parcel.id}",
                order_id=order_id,
                status=parcel.status_code,
                kind=kind_of(parcel.status_code),
                updated_at=changed,
                announced_at=(parcel.announced_at or changed) if status.announced else None,
                processed_at=changed if status.processed else None,
                delivered_at=changed if status.delivered else None,
                carrier=shipment.carrier_code,
                carrier_label=shipment.carrier_name,
                service=shipment.shipping_option_code,
                traceable=bool(parcel.tracking_number),
                items=tuple(ParcelItem(item.item_id, item.sku, item.quantity) for item in parcel.items),
            ),
            number=parcel.tracking_number,
        )


def _from_rows(rows: Sequence[ShipmentRow], salt: str, now: datetime) -> Iterator[Heard]:
    """Rows with the same tracking number tell of one parcel; of mail without one, rows of the same carrier and day."""
    groups: dict[str, list[ShipmentRow]] = {}
    for row in rows:
        groups.setdefault(_name(row, salt), []).append(row)
    for name, group in groups.items():
        first, last = group[0], group[-1]
        shipped = _moment(last.ship_date)
        scanned = last.status not in (Kind.LABELLED, Kind.BEFORE)
        yield Heard(
            parcel=Parcel(
                key=f"{FILE}:{name}",
                order_id=first.order_id,
                status=last.status.value,
                kind=last.status,
                updated_at=now,
                announced_at=shipped if last.status is not Kind.BEFORE else None,
                processed_at=shipped if scanned else None,
                delivered_at=now if last.status is Kind.DELIVERED else None,
                carrier=last.carrier,
                service=last.service,
                traceable=bool(last.tracking_number),
                items=_items(group),
            ),
            number=last.tracking_number,
        )


def _items(rows: Sequence[ShipmentRow]) -> tuple[ParcelItem, ...]:
    named = {
        row.order_item_id: ParcelItem(row.order_item_id, None, row.quantity, row.transparency_codes)
        for row in rows
        if row.order_item_id or row.quantity or row.transparency_codes
    }
    return tuple(named.values())


def _name(row: ShipmentRow, salt: str) -> str:
    number = "".join((row.tracking_number or "").split()).upper()
    day = "" if number else f"{row.carrier} {_moment(row.ship_date).date()}"
    return keyed_hash(salt, f"{row.order_id}\0{number}\0{day}".encode())


def _moment(shipped: datetime | date) -> datetime:
    """A day without a time counts to its end; whoever uses it never goes beyond the present."""
    if isinstance(shipped, datetime):
        return shipped
    return datetime.combine(shipped, time(23, 59, 59), tzinfo=UTC)


def _superseded(before: Sequence[Parcel], told: Sequence[Heard], now: datetime) -> Iterator[Heard]:
    """A file that tells of one parcel with the same things as the one before it, and another number, corrects that."""
    live = [parcel for parcel in before if parcel.key.startswith(f"{FILE}:") and parcel.kind not in DEAD]
    keys = {heard.parcel.key for heard in told}
    if len(told) != 1 or len(live) != 1 or live[0].key in keys or live[0].items != told[0].parcel.items:
        return
    old = msgspec.structs.replace(live[0], kind=Kind.CANCELLED, status=_SUPERSEDED, updated_at=now)
    yield Heard(parcel=old, number=None)
