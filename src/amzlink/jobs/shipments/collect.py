"""What Sendcloud or a file reports of parcels, and keeping it: the tracking numbers go into the vault."""

import itertools
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.core.privacy.retention import lease_for
from amzlink.core.privacy.sealed_data import ITS_PARCELS, Box, keyed_hash
from amzlink.core.shipments.parcels import FILE, LIVE, SENDCLOUD, Kind, Parcel, ParcelItem, SealedParcels, follow
from amzlink.core.shipments.rows import ShipmentRow
from amzlink.core.shipments.ship_date import moment_of
from amzlink.orderbook.privacy.lifetimes import lifetimes
from amzlink.orderbook.shipments.parcels import (
    ParcelsSeen,
    booked_orders,
    bought_at,
    note_polled,
    open_parcels,
    parcels_of,
    polled_until,
    purged_among,
    save_parcels,
    touch_parcels,
)
from amzlink.run import StoreRun

if TYPE_CHECKING:
    from amzlink.problems.failures import Unreadable
    from amzlink.sendcloud.shipments import Shipment
    from amzlink.sendcloud.transport import SendcloudClient

_FIRST_POLL: Final = timedelta(days=30)
_OVERLAP: Final = timedelta(minutes=15)  # clocks differ, and what has just changed may be listed late
# A change of status may not move the date that is polled by (docs/services/sendcloud.md, "Shipments").
_READ_AGAIN_AFTER: Final = timedelta(days=1)
_GIVEN_UP_AFTER: Final = timedelta(days=90)
_CHUNK: Final = 200
_SALT_BYTES: Final = 16


class ReportedParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as somebody told of it just now, with its tracking number."""

    parcel: Parcel
    number: str | None


class ParcelUpdates:
    """Takes in what is reported of one store's parcels.

    `reported` are the keys of parcels of which something is new, or that a file told of; `touched` are their orders.
    """

    def __init__(self, run: StoreRun) -> None:
        self._book = run.book
        self._reporter = run.reporter
        self._sealed = run.sealed
        self._policy = run.retention
        self._now = run.now()
        self.unknown_statuses: Counter[str] = Counter()
        self.reported: set[str] = set()
        self.touched: set[str] = set()

    def take(self, updates: Mapping[str, Sequence[ReportedParcel]], salts: Mapping[str, str] | None = None) -> None:
        """Take in what was reported of some orders, all of which the book has, in one transaction.

        `salts` are for orders of which nothing is sealed yet, where one was needed before.
        """
        ids = list(updates)
        before, sealed = parcels_of(self._book, ids), self._sealed.parcels(ids)
        leases = self._leases(ids)
        rows: list[Parcel] = []
        fresh: dict[str, Box] = {}
        for order_id, told in updates.items():
            parcels = {parcel.key: parcel for parcel in before[order_id]}
            old = sealed.get(order_id)
            numbers = dict(old.numbers) if old else {}
            for reported in told:
                if changed := self._follow(reported, parcels, numbers):
                    rows.append(changed)
                    self.reported.add(changed.key)
                    self.touched.add(order_id)
            salt = old.salt if old else (salts or {}).get(order_id) or new_salt()
            after = SealedParcels(salt, numbers)
            if after != old and (lease := leases.get(order_id)):
                fresh[order_id] = self._sealed.seal_parcels(order_id, after, lease)
        seen = ParcelsSeen(parcels=rows, boxes=fresh, chain_ids=self._sealed.chain_ids)
        save_parcels(self._book, seen, self._now)

    def _follow(self, reported: ReportedParcel, parcels: dict[str, Parcel], numbers: dict[str, str]) -> Parcel | None:
        """The parcel as it is now, if there is anything new about it. What a file tells always counts as new."""
        key = reported.parcel.key
        known = parcels.get(key)
        merged = follow(known, reported.parcel)
        is_late = merged is known
        has_new_number = bool(reported.number) and not is_late and numbers.get(key) != reported.number
        if has_new_number and reported.number:
            numbers[key] = reported.number
        parcels[key] = merged
        return merged if merged != known or has_new_number or merged.source == FILE else None

    def _leases(self, order_ids: Sequence[str]) -> dict[str, date]:
        """Until when the numbers may be kept: as long as the order's own data, and never shorter than before.

        Where nothing of the order itself can be read, its rule alone decides; one whose time is over gets none.
        """
        found = self._sealed.leases(order_ids)
        others = [order_id for order_id in order_ids if order_id not in found]
        today = self._sealed.today(self._now)
        for order_id, order in lifetimes(self._book, others).items():
            if lease := lease_for(order, today, self._policy):
                found[order_id] = lease
        for order_id, lease in self._sealed.leases(order_ids, ITS_PARCELS).items():
            found[order_id] = max(found.get(order_id, date.min), lease)
        return found

    # From Sendcloud.

    def poll(self, client: "SendcloudClient", integration_id: int) -> None:
        """Bring in what has changed since the last poll, and once a day every parcel of which more can be heard.

        A shipment that cannot be read holds back no other, and is asked for again by the next poll.

        Raises:
            Problem: `response-malformed`, after all others were taken in; or as the calls.
        """
        from amzlink.sendcloud.shipments import changed_shipments, shipments_of_parcels  # noqa: PLC0415

        until = polled_until(self._book)
        if until and until > self._now:  # noted under a wrong clock: nobody knows how far it really reaches
            until = None
        since = max(until or self._now - _FIRST_POLL, self._now - _FIRST_POLL) - _OVERLAP
        unreadable: list[Unreadable] = []
        changed = changed_shipments(client, integration_id, since, unreadable=unreadable)
        self._take_shipments(changed, "reading parcels from Sendcloud")
        if not unreadable:
            note_polled(self._book, self._now)
        stale = open_parcels(
            self._book,
            SENDCLOUD,
            seen_before=self._now - _READ_AGAIN_AFTER,
            not_before=self._now - _GIVEN_UP_AFTER,
        )
        for start in range(0, len(stale), _CHUNK // 2):
            keys = stale[start : start + _CHUNK // 2]
            numbers = [int(key.partition(":")[2]) for key in keys]
            again = shipments_of_parcels(client, numbers, unreadable=unreadable)
            self._take_shipments(again, "reading parcels again that are under way", start, len(stale))
            touch_parcels(self._book, keys, self._now)
        if unreadable:
            raise unreadable[0]

    def _take_shipments(
        self, shipments: "Iterable[Shipment]", what: str, done: int = 0, total: int | None = None
    ) -> None:
        """Parcels of orders that the book does not have are another shop's, or older than the book.

        `what` is said with how many are `done`, of a `total` where that is known.
        """
        listed = iter(shipments)
        self._reporter.step(what, done or None, total)
        while chunk := list(itertools.islice(listed, _CHUNK)):
            done += len(chunk)
            self._reporter.step(what, done, total)
            numbers = {shipment.order_number for shipment in chunk if shipment.order_number}
            booked = booked_orders(self._book, numbers)
            updates: dict[str, list[ReportedParcel]] = {}
            for shipment in chunk:
                if (order_id := shipment.order_number) in booked:
                    self._count_unknown(shipment)
                    updates.setdefault(order_id, []).extend(_from_shipment(shipment, order_id, self._now))
            if updates:
                self.take(updates)

    def _count_unknown(self, shipment: "Shipment") -> None:
        """A status that is in no table changes nothing, so that somebody has to hear of it."""
        from amzlink.sendcloud.statuses import STATUSES  # noqa: PLC0415

        self.unknown_statuses.update(
            parcel.status_code for parcel in shipment.parcels if parcel.status_code not in STATUSES
        )

    # From a file.

    def take_rows(self, rows: Mapping[str, Sequence[ShipmentRow]]) -> list[str]:
        """Take in the rows of a file, by order; the book has all of the orders. Gives those of which none is taken.

        Their numbers were deleted, or may not be kept. A parcel without its number has no lasting name: it would be a
        new one each time that the file is read.
        """
        ids = list(rows)
        nameless: list[str] = []
        for start in range(0, len(ids), _CHUNK):
            asked = ids[start : start + _CHUNK]
            self._reporter.step("reading parcels from the file", start + len(asked), len(ids))
            sealed = self._sealed.parcels(asked)
            kept = self._leases(asked).keys() - purged_among(self._book, asked)
            nameless += [order_id for order_id in asked if order_id not in kept]
            chunk = [order_id for order_id in asked if order_id in kept]
            # The salt that names the parcels has to be the one that is sealed with them.
            salts = {order_id: sealed[order_id].salt if order_id in sealed else new_salt() for order_id in chunk}
            bought = bought_at(self._book, chunk)
            updates = {
                order_id: list(_from_rows(rows[order_id], salts[order_id], bought[order_id], self._now))
                for order_id in chunk
            }
            self.take(updates, salts)
        return nameless


def new_salt() -> str:
    """A key for the hashes of one order's numbers, in hex."""
    return secrets.token_hex(_SALT_BYTES)


def _from_shipment(shipment: "Shipment", order_id: str, now: datetime) -> Iterator[ReportedParcel]:
    from amzlink.sendcloud.statuses import kind_of, status_of  # noqa: PLC0415

    for parcel in shipment.parcels:
        status = status_of(parcel.status_code)
        changed = parcel.updated_at or now
        yield ReportedParcel(
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


def _from_rows(
    rows: Sequence[ShipmentRow], salt: str, bought: datetime, now: datetime
) -> Iterator[ReportedParcel]:  # fmt: skip
    """Rows with the same tracking number tell of one parcel; of mail without one, rows of the same carrier and day."""
    groups: dict[str, list[ShipmentRow]] = {}
    for row in rows:
        groups.setdefault(_name(row, salt), []).append(row)
    for name, group in groups.items():
        first, last = group[0], group[-1]
        shipped = moment_of(last.ship_date, now, bought)
        yield ReportedParcel(
            parcel=Parcel(
                key=f"{FILE}:{name}",
                order_id=first.order_id,
                status=last.status.value,
                kind=last.status,
                updated_at=now,
                announced_at=shipped if last.status in LIVE else None,
                processed_at=shipped if last.status in LIVE and last.status is not Kind.LABELLED else None,
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
    shipped = row.ship_date.date() if isinstance(row.ship_date, datetime) else row.ship_date
    day = "" if number else f"{row.carrier} {shipped}"
    return keyed_hash(salt, f"{row.order_id}\0{number}\0{day}".encode())
