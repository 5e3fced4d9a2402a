"""The shipments that Sendcloud has, each with its parcels."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.carriers import Carrier
from amzlink.sandbox.sendcloud.statuses import CANCELLED


@dataclass(slots=True)
class Parcel:
    """One parcel. Its number is empty before the label, and for mail without tracking."""

    id: int
    shipment_id: int
    status: str
    created: datetime
    updated: datetime
    items: list[Json]
    weight_kg: str
    tracking_number: str = ""
    announced: datetime | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it was not cancelled."""
        return self.status not in CANCELLED


@dataclass(slots=True)
class Shipment:
    """One shipment: what goes to one address at once. `id` is for the order of pages alone, `uuid` what others see."""

    id: int
    uuid: str
    integration_id: int
    order_number: str
    carrier: Carrier
    option: str
    to_address: Json
    total: Json | None
    created: datetime
    parcels: list[Parcel] = field(default_factory=list)

    @property
    def updated(self) -> datetime:
        """When it, or a parcel of it, changed last."""
        return max((parcel.updated for parcel in self.parcels), default=self.created)


class ShipmentStore:
    """All shipments of the account, by id; `ids` are in rising order."""

    def __init__(self, rng: Random, first_parcel: int) -> None:
        self.ids: list[int] = []
        self._rng = rng
        self._next_parcel = first_parcel
        self._shipments: dict[int, Shipment] = {}
        self._parcels: dict[int, Parcel] = {}
        self._by_uuid: dict[str, int] = {}
        self._by_number: defaultdict[str, list[int]] = defaultdict(list)
        self._by_tracking: defaultdict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._shipments)

    def __getitem__(self, key: int) -> Shipment:
        return self._shipments[key]

    @property
    def parcels(self) -> list[Parcel]:
        """All parcels, the oldest first."""
        return list(self._parcels.values())

    def parcel(self, key: int) -> Parcel | None:
        """The parcel of that id."""
        return self._parcels.get(key)

    def add_shipment(
        self,
        *,
        integration_id: int,
        order_number: str,
        carrier: Carrier,
        option: str,
        to_address: Json,
        total: Json | None,
        now: datetime,
    ) -> Shipment:
        """A new shipment, without parcels yet."""
        name = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        shipment = Shipment(
            len(self.ids) + 1, name, integration_id, order_number, carrier, option, to_address, total, now
        )
        self.ids.append(shipment.id)
        self._shipments[shipment.id] = shipment
        self._by_uuid[shipment.uuid] = shipment.id
        self._by_number[order_number].append(shipment.id)
        return shipment

    def add_parcel(
        self, shipment: Shipment, *, status: str, items: list[Json], weight_kg: str, now: datetime
    ) -> Parcel:
        """A new parcel, without a label yet."""
        parcel = Parcel(self._next_parcel, shipment.id, status, now, now, items, weight_kg)
        self._next_parcel += 1
        self._parcels[parcel.id] = parcel
        shipment.parcels.append(parcel)
        return parcel

    def label(self, parcel: Parcel, now: datetime) -> None:
        """Announces a parcel to its carrier, which gives it a number. It is one that was not announced yet."""
        parcel.announced = now
        parcel.tracking_number = self._shipments[parcel.shipment_id].carrier.draw_number(self._rng)
        self._by_tracking[parcel.tracking_number].append(parcel.shipment_id)

    def by_uuid(self, uuids: set[str]) -> list[int]:
        """Ids, rising, of the shipments of these uuids."""
        return sorted(self._by_uuid[each] for each in uuids if each in self._by_uuid)

    def by_number(self, order_number: str) -> list[int]:
        """Ids, rising, of the shipments of an order."""
        return self._by_number.get(order_number, [])

    def by_tracking(self, number: str) -> list[int]:
        """Ids, rising, of the shipments with a parcel of that number."""
        return sorted(set(self._by_tracking.get(number, ())))

    def by_parcels(self, ids: set[int]) -> list[int]:
        """Ids, rising, of the shipments of these parcels."""
        return sorted({self._parcels[each].shipment_id for each in ids if each in self._parcels})
