"""Shipments and their parcels: what has become of the orders at Sendcloud (docs/services/sendcloud.md, "Shipments").

Answers hold buyers' names and addresses; nothing of those is read. A shipment tells the order by `order_number` alone,
so that an order has to be sent with Amazon's order id as its number.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from amzlink.clock import to_iso_exact
from amzlink.core.decoding import Count, Id, UndecodableError, UnexpectedFormError, json_decoder
from amzlink.core.files.cell_content import is_link, means_nothing
from amzlink.problems.failures import Unreadable
from amzlink.problems.services import DAMAGED_TEXT
from amzlink.sendcloud.times import in_utc
from amzlink.sendcloud.transport import SendcloudClient

ALL_SHIPMENTS: Final = "sendcloud/all_shipments"

PAGE: Final = 100
MOST_IDS: Final = 100
_PATH: Final = "/shipments"


class ParcelItem(msgspec.Struct, frozen=True):
    """A line of an order in a parcel. `item_id` is the order item's id that was sent, where it has survived."""

    quantity: int
    item_id: str | None = None
    sku: str | None = None


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel. `status_code` is Sendcloud's (`statuses.status_of`).

    That a status changes does not always move `updated_at`, so open parcels have to be read again by their ids.
    """

    id: int
    status_code: str
    tracking_number: str | None = None
    tracking_url: str | None = None
    announced_at: datetime | None = None
    updated_at: datetime | None = None
    items: tuple[ParcelItem, ...] = ()


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that go to one address together. The carrier's code is free text, and not always one of a list."""

    id: str
    order_number: str | None
    carrier_code: str | None
    carrier_name: str | None
    shipping_option_code: str | None
    parcels: tuple[Parcel, ...]


class _Status(msgspec.Struct, frozen=True):
    code: str = "UNKNOWN"


class _Item(msgspec.Struct, frozen=True):
    quantity: Count = 1
    item_id: str | int | None = None
    sku: str | None = None


class _Parcel(msgspec.Struct, frozen=True):
    id: Id
    status: _Status | None = None
    tracking_number: str | int | None = None
    tracking_url: str | None = None
    announced_at: str | None = None
    updated_at: str | None = None
    parcel_items: list[_Item] | None = None


class _Carrier(msgspec.Struct, frozen=True):
    code: str | None = None
    name: str | None = None


class _ShippingOption(msgspec.Struct, frozen=True):
    shipping_option_code: str | None = None


class _ShipWith(msgspec.Struct, frozen=True):
    properties: _ShippingOption | None = None


class _Shipment(msgspec.Struct, frozen=True):
    id: str | int
    order_number: str | None = None
    integration_id: int | str | None = None  # in no published model; believed where it comes
    carrier: _Carrier | None = None
    ship_with: _ShipWith | None = None
    parcels: list[_Parcel] | None = None


_decode_shipment: Final = json_decoder(_Shipment)


class _Page(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]


def changed_shipments(
    client: SendcloudClient,
    integration_id: int,
    updated_after: datetime,
    *,
    unreadable: list[Unreadable] | None = None,
) -> Iterator[Shipment]:
    """The integration's shipments that were changed since then, page by page as they are asked for.

    What changes meanwhile may come twice, or not at all until the next time: let the times overlap. A shipment that
    cannot be read holds back no other where its failure may go to `unreadable`.

    Raises:
        Problem: as `SendcloudClient.pages`.
    """
    query = {"integration_id": str(integration_id), "updated_after": to_iso_exact(updated_after)}
    return _shipments(client, query, integration_id, unreadable)


def shipments_of_order(client: SendcloudClient, integration_id: int, order_number: str) -> list[Shipment]:
    """All shipments of an order of the integration.

    Raises:
        Problem: as `SendcloudClient.pages`.
    """
    query = {"integration_id": str(integration_id), "order_number": order_number}
    # A filter that Sendcloud does not know is ignored without a word.
    return [each for each in _shipments(client, query, integration_id) if each.order_number == order_number]


def shipments_of_parcels(
    client: SendcloudClient, parcel_ids: Iterable[int], *, unreadable: list[Unreadable] | None = None
) -> Iterator[Shipment]:
    """The shipments that hold these parcels, `MOST_IDS` parcels a call. A parcel that is gone is in none.

    A shipment that cannot be read holds back no other where its failure may go to `unreadable`.

    Raises:
        Problem: as `SendcloudClient.pages`.
    """
    waiting = iter(dict.fromkeys(parcel_ids))
    while wanted := set(islice(waiting, MOST_IDS)):
        query = {"ids": ",".join(map(str, sorted(wanted)))}
        for shipment in _shipments(client, query, None, unreadable):
            if wanted & {parcel.id for parcel in shipment.parcels}:
                yield shipment


def _shipments(
    client: SendcloudClient,
    query: dict[str, str],
    integration_id: int | None,
    unreadable: list[Unreadable] | None = None,
) -> Iterator[Shipment]:
    for reply in client.pages(ALL_SHIPMENTS, _PATH, {**query, "page_size": str(PAGE)}):
        for raw in client.decode(reply, _Page).data:
            try:
                row = _decode_shipment(bytes(raw))
            except UndecodableError as error:
                detail = str(error) if isinstance(error, UnexpectedFormError) else DAMAGED_TEXT
                failure = client.malformed(reply, detail)
                if unreadable is None:
                    raise failure from None
                unreadable.append(failure)
                continue
            if integration_id is None or row.integration_id is None or str(row.integration_id) == str(integration_id):
                yield _shipment(row)


def _shipment(row: _Shipment) -> Shipment:
    carrier = row.carrier or _Carrier()
    option = row.ship_with.properties if row.ship_with else None
    return Shipment(
        id=str(row.id),
        order_number=row.order_number or None,
        carrier_code=carrier.code or None,
        carrier_name=carrier.name or None,
        shipping_option_code=(option.shipping_option_code or None) if option else None,
        parcels=tuple(map(_parcel, row.parcels or ())),
    )


def _number(told: str | int | None) -> str | None:
    """A tracking number; none where a word or a filler stands in its place, or a link."""
    text = str(told or "").strip()
    return None if means_nothing(text) or is_link(text) else text


def _parcel(row: _Parcel) -> Parcel:
    return Parcel(
        id=row.id,
        status_code=(row.status or _Status()).code,
        tracking_number=_number(row.tracking_number),
        tracking_url=row.tracking_url or None,
        announced_at=in_utc(row.announced_at),
        updated_at=in_utc(row.updated_at),
        items=tuple(
            ParcelItem(item.quantity, None if item.item_id in (None, "") else str(item.item_id), item.sku or None)
            for item in row.parcel_items or ()
        ),
    )
