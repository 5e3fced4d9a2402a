"""Orders at Sendcloud: sent in batches, read back, taken away (docs/services/sendcloud.md, "Order calls")."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.core.decoding import UndecodableError, UnexpectedFormError, json_decoder, read_json
from amzlink.problems import ProblemName
from amzlink.problems.destination import OTHER_ORDERS_LISTED
from amzlink.problems.failures import AccountRefused, Unreadable
from amzlink.problems.services import DAMAGED_TEXT
from amzlink.sendcloud.errors import ApiError, parse_errors
from amzlink.sendcloud.times import in_utc
from amzlink.sendcloud.transport import Reply, SendcloudClient

CREATE_ORDERS: Final = "sendcloud/create_orders"
LIST_ORDERS: Final = "sendcloud/list_orders"
DELETE_ORDER: Final = "sendcloud/delete_order"

BATCH: Final = 100
PAGE: Final = 200
_PATH: Final = "/orders"
# The whole body: a request that still works on one of these orders, and the one 400 to try again
# (docs/services/sendcloud.md, "Refused orders").
_BUSY: Final = "/data"
# More pages than the orders that are looked for would fill, for those of other programs and of earlier days.
_SPARE_PAGES: Final = 2
_MOST_STRANGE_PAGES: Final = 5


class FieldRefusal(msgspec.Struct, frozen=True):
    """Why Sendcloud does not take an order: its code, and the path in the order (`shipping_address/postal_code`).

    `message` is Sendcloud's text without what that quotes.
    """

    code: str
    pointer: str
    message: str = ""


class BatchRefused(Exception):  # noqa: N818 - a turn of events that the sender handles: nothing of the batch is stored
    """Sendcloud refused a batch, and stored nothing of it, because of the orders at these places (counted from 0).

    `pinned` is false where the answer names no order; all of them stand in `refusals` then.
    """

    def __init__(self, refusals: Mapping[int, tuple[FieldRefusal, ...]], *, pinned: bool) -> None:
        super().__init__(f"{len(refusals)} orders")
        self.refusals = dict(refusals)
        self.pinned = pinned


class StoredOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as Sendcloud has it. `id` is Sendcloud's own; the others were sent.

    `updated_at` is the `order_updated_at` of the last version that was stored, `modified_at` when Sendcloud stored it.
    """

    id: str
    order_id: str
    order_number: str
    integration_id: int
    status_code: str
    updated_at: datetime | None = None
    modified_at: datetime | None = None


class _Named(msgspec.Struct, frozen=True):
    id: int | str


class _Status(msgspec.Struct, frozen=True):
    code: str = ""


class _Details(msgspec.Struct, frozen=True):
    integration: _Named
    status: _Status | None = None
    order_updated_at: str | None = None


class _Row(msgspec.Struct, frozen=True):
    # A text here, a number in other answers (docs/services/sendcloud.md, "What makes an order one order").
    id: str | int
    order_id: str
    order_details: _Details
    order_number: str = ""
    modified_at: str | None = None


class _Page(msgspec.Struct, frozen=True):
    data: list[_Row]


class _LoosePage(msgspec.Struct, frozen=True):
    """The same with each row as it came, for a page on which one cannot be read."""

    data: list[msgspec.Raw]


class _NameOfRow(msgspec.Struct, frozen=True):
    order_id: str


_decode_row: Final = json_decoder(_Row)
_decode_name: Final = json_decoder(_NameOfRow)


def upsert_orders(client: SendcloudClient, orders: Sequence[object]) -> None:
    """Hand over at most `BATCH` orders, all or none; one that is there already is updated, by its order id.

    That they are accepted does not mean that they are stored: read them back. While Sendcloud is busy with an earlier
    request for one of them, the batch is sent again after a pause.

    Raises:
        BatchRefused: nothing was stored.
        Problem: `sendcloud-integration-missing`, `sendcloud-busy`, or as `SendcloudClient.post`.
    """
    if not orders:
        return
    if len(orders) > BATCH:
        raise ValueError(f"a batch holds {BATCH} orders at most, not {len(orders)}")
    reply = client.post(CREATE_ORDERS, _PATH, list(orders), repeatable=True, accept=_REFUSALS, is_busy=_is_busy)
    if reply.status in _REFUSALS:
        raise _refusal(client, reply, parse_errors(reply.body), len(orders))


def _is_busy(status: int, body: bytes) -> bool:
    return status == HTTPStatus.BAD_REQUEST and any(error.source == _BUSY for error in parse_errors(body))


_REFUSALS: Final = frozenset({400, 409, 413, 422})


def _refusal(
    client: SendcloudClient, reply: Reply, errors: Sequence[ApiError], count: int
) -> BatchRefused | AccountRefused:
    if any(error.source.endswith("order_details/integration/id") for error in errors):
        return client.failure(AccountRefused, ProblemName.SENDCLOUD_INTEGRATION_MISSING, reply)
    refusals: dict[int, tuple[FieldRefusal, ...]] = {}
    for error in errors:
        if (place := error.place) and place[0] < count:
            number, path = place
            refusals[number] = (*refusals.get(number, ()), FieldRefusal(error.code, path, error.message))
    if refusals:
        return BatchRefused(refusals, pinned=True)
    whole = tuple(FieldRefusal(error.code, error.source, error.message) for error in errors) or (
        FieldRefusal(f"status {reply.status}", ""),
    )
    return BatchRefused(dict.fromkeys(range(count), whole), pinned=False)


def find_order(client: SendcloudClient, integration_id: int, order_id: str) -> StoredOrder | None:
    """The order with the order id that it was sent with; None where the integration has none.

    Raises:
        Problem: as `SendcloudClient.pages`; `response-malformed` too where Sendcloud lists page after page of other
            orders, so that nothing can be told.
    """
    query = {"integration": str(integration_id), "order_id": order_id, "page_size": str(PAGE)}
    nameless: Unreadable | None = None
    for number, reply in enumerate(client.pages(LIST_ORDERS, _PATH, query), 1):
        rows, unreadable = _rows(client, reply, integration_id, {order_id})
        nameless = nameless or unreadable
        if order_id in rows:
            return rows[order_id]
        if number == _MOST_STRANGE_PAGES and reply.cursor:
            raise client.malformed(reply, OTHER_ORDERS_LISTED)
    if nameless:
        raise nameless
    return None


def find_orders(
    client: SendcloudClient, integration_id: int, order_ids: Iterable[str], *, most_singles: int | None = None
) -> dict[str, StoredOrder]:
    """Which of these orders Sendcloud has, by order id.

    The integration's orders are read from the newest on, which finds what was sent last in few calls; what does not
    show within as many pages as the orders fill, and a few more, is looked up one by one, though not more than
    `most_singles`: an order beyond these is not among those found, and may be there all the same.

    Raises:
        Problem: as `find_order`.
    """
    missing = set(order_ids)
    found: dict[str, StoredOrder] = {}
    if not missing:
        return found
    most = -(-len(missing) // PAGE) + _SPARE_PAGES
    query = {"integration": str(integration_id), "sort": "-pk", "page_size": str(PAGE)}
    nameless: Unreadable | None = None
    for number, reply in enumerate(client.pages(LIST_ORDERS, _PATH, query), 1):
        rows, unreadable = _rows(client, reply, integration_id, missing)
        nameless = nameless or unreadable
        found.update({order_id: rows[order_id] for order_id in missing & rows.keys()})
        missing -= rows.keys()
        if not missing or (reply.cursor is None and not nameless):
            return found
        if number == most:
            break
    singles = {order_id: find_order(client, integration_id, order_id) for order_id in sorted(missing)[:most_singles]}
    return found | {order_id: stored for order_id, stored in singles.items() if stored}


def delete_order(client: SendcloudClient, sendcloud_id: str) -> bool:
    """Take an order away, by Sendcloud's own id. False where it is gone already.

    Raises:
        Problem: as `SendcloudClient.delete`.
    """
    path = f"{_PATH}/{quote(sendcloud_id, safe='')}"
    return client.delete(DELETE_ORDER, path, accept=(HTTPStatus.NOT_FOUND,)).status != HTTPStatus.NOT_FOUND


def _rows(
    client: SendcloudClient, reply: Reply, integration_id: int, wanted: Collection[str]
) -> tuple[dict[str, StoredOrder], Unreadable | None]:
    """The page's orders of the integration: a filter that Sendcloud does not know is ignored without a word.

    One that cannot be read, and is not wanted, holds back no other. The failure is given where one cannot be read whose
    order id cannot be read either: that may be one that is wanted.

    Raises:
        Unreadable: the page, or a wanted order on it, cannot be read.
    """
    nameless: Unreadable | None = None
    try:
        rows = read_json(reply.body, _Page).data
    except UndecodableError:
        rows = []
        for raw in client.decode(reply, _LoosePage).data:
            try:
                rows.append(_decode_row(bytes(raw)))
            except UndecodableError as error:
                detail = str(error) if isinstance(error, UnexpectedFormError) else DAMAGED_TEXT
                failure = client.malformed(reply, detail)
                name = _name_in(bytes(raw))
                if name in wanted:
                    raise failure from None
                nameless = nameless or (failure if name is None else None)
    found = {row.order_id: _stored(row, integration_id) for row in rows if _is_of(row, integration_id)}
    return found, nameless


def _name_in(raw: bytes) -> str | None:
    try:
        return _decode_name(raw).order_id
    except UndecodableError:
        return None


def _is_of(row: _Row, integration_id: int) -> bool:
    return str(row.order_details.integration.id) == str(integration_id)


def _stored(row: _Row, integration_id: int) -> StoredOrder:
    details = row.order_details
    return StoredOrder(
        id=str(row.id),
        order_id=row.order_id,
        order_number=row.order_number,
        integration_id=integration_id,
        status_code=details.status.code if details.status else "",
        updated_at=in_utc(details.order_updated_at),
        modified_at=in_utc(row.modified_at),
    )
