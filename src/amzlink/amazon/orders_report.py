"""The report of orders to ship: what the Reports API tells of an order, a line for each of its items.

It lacks much of what searchOrders tells: prices, the buyer's wish to cancel, customisation, all programs but Prime, the
packages, gift messages, and what the parcel must have. Letters that its encoding lacks arrive as question marks.
Columns are found by their names, since merchants choose them in Seller Central.

Source: docs/services/amazon.md, "Report types and their columns" and "What goes wrong with reports".
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from amzlink.amazon.marketplaces import MARKETPLACES
from amzlink.amazon.reports import BROKEN, COLUMNS, LOST_LETTER
from amzlink.amazon.transport import DOWNLOAD
from amzlink.clock import in_our_time
from amzlink.core.orders.order import NOTHING_PERSONAL, Buyer, Order, OrderId, OrderLine, PersonalData, Recipient
from amzlink.core.orders.order_number import ORDER_NUMBER, order_numbers_in
from amzlink.core.orders.shipping_columns import recipient_in
from amzlink.problems import ProblemName, services
from amzlink.problems.failures import Unreadable

_SERVICE_LEVELS: Final = {
    "standard": "STANDARD", "expedited": "EXPEDITED", "nextday": "NEXT_DAY", "secondday": "SECOND_DAY",
    "sameday": "SAME_DAY", "priority": "PRIORITY", "scheduled": "SCHEDULED", "freeeconomy": "FREE_ECONOMY",
}  # fmt: skip
_BY_CHANNEL: Final = {marketplace.shop.casefold(): marketplace.id for marketplace in MARKETPLACES}
_MOST_DIGITS: Final = 6
_ADDRESS: Final = (
    "recipient-name", "ship-address-1", "ship-address-2", "ship-address-3", "ship-city", "ship-state",
    "ship-postal-code", "ship-country",
)  # fmt: skip
_MOST_NAMED: Final = 5
_UNKNOWN: Final = datetime.min.replace(tzinfo=UTC)
NEEDED: Final = ("order-id", "order-item-id", "purchase-date", "quantity-purchased")
"""The columns without which nothing can be read."""


class ReportedOrders(msgspec.Struct, kw_only=True):
    """What a report told besides its orders.

    `broken` counts the lines that could not be read: `broken_at` are the first of them, where the header is line 1, and
    `unread` the orders that they name. `nameless` counts those of which nobody can tell what order they belong to.
    """

    broken: int = 0
    broken_at: list[int] = []
    unread: set[str] = set()
    nameless: int = 0
    torn: "_Torn | None" = None

    def note_broken(self, number: int, text: str, columns: int) -> None:
        """Note a line that could not be read, by its text and how many columns the report has."""
        if columns and not text.strip():
            return  # an empty line tells nothing, and lacks nothing
        self.broken += 1
        if len(self.broken_at) < _MOST_NAMED:
            self.broken_at.append(number)
        cells = text.count("\t") + 1
        if order_ids := order_numbers_in(text):
            self.end_torn()
            self.unread.update(order_ids)
            self.torn = _Torn(columns - cells) if cells < columns else None
        elif self.torn and cells - 1 <= self.torn.lacking:
            self.torn = _Torn(self.torn.lacking - (cells - 1), pieces=self.torn.pieces + 1)
        else:
            self.nameless += 1

    def end_torn(self) -> None:
        """Judge what followed a line that was too short: pieces that do not make it whole are somebody else's."""
        if self.torn and self.torn.lacking:
            self.nameless += self.torn.pieces
        self.torn = None


class _Torn(msgspec.Struct, frozen=True):
    """A line that lacks cells, and how many pieces without an order's number came after it.

    A line break inside a field tears a line in two, and what lacks in the first piece stands in the next ones.
    """

    lacking: int
    pieces: int = 0


def reported_orders(
    lines: Iterable[Mapping[str, str]], marketplace_ids: tuple[str, ...], told: ReportedOrders
) -> Iterator[Order]:
    """The orders of a report's lines (`reports.report_lines`), each as far as the report tells it.

    Lines of one order stand together; where they do not, the order comes twice. A line that cannot be read is
    noted in `told` and costs nothing else; its order may come without it.

    Raises:
        Problem: `response-malformed`, where a column is missing without which nothing can be read.
    """
    lines_of_one: list[Mapping[str, str]] = []
    only = marketplace_ids[0] if len(marketplace_ids) == 1 else None
    for number, line in enumerate(lines, 2):
        if not line or BROKEN in line:
            told.note_broken(number, line.get(BROKEN, ""), int(line.get(COLUMNS, 0)))
            continue
        told.end_torn()
        if lacking := [name for name in NEEDED if name not in line]:
            detail = services.columns_missing(", ".join(lacking))
            raise Unreadable(ProblemName.RESPONSE_MALFORMED, operation=DOWNLOAD, detail=detail)
        if not _is_readable(line):
            told.note_broken(number, "\t".join(line.values()), len(line))
            continue
        if lines_of_one and lines_of_one[0]["order-id"] != line["order-id"]:
            yield _to_order(lines_of_one, only)
            lines_of_one = []
        lines_of_one.append(line)
    told.end_torn()
    if lines_of_one:
        yield _to_order(lines_of_one, only)


def _is_readable(line: Mapping[str, str]) -> bool:
    """Whether a line names its order and item, and says when it was bought and how many."""
    return bool(
        ORDER_NUMBER.fullmatch(line["order-id"])
        and line["order-item-id"].strip()
        and _number(line["quantity-purchased"]) is not None
        and _moment(line["purchase-date"]) is not None
    )


def _to_order(lines: list[Mapping[str, str]], only: str | None) -> Order:
    first = lines[0]
    bought = _moment(first["purchase-date"]) or _UNKNOWN  # `_is_readable` has seen that there is one
    shop = first.get("sales-channel", "").strip().casefold()
    items = [_to_line(line) for line in lines]
    started = any(_number(line.get("quantity-shipped", "")) for line in lines)
    return Order(
        order_id=OrderId(first["order-id"]),
        marketplace_id=_BY_CHANNEL.get(shop, only if not shop else None),
        status="PARTIALLY_SHIPPED" if started else "UNSHIPPED",
        fulfilled_by="MERCHANT",
        purchased_at=bought,
        changed_at=bought,  # the earliest that it can be: whatever a search or getOrder tells is later
        ship_by=_moment(first.get("promise-date", "")),
        deliver_by=None,
        label_from=None,
        service_level=_service_level(first.get("ship-service-level", "")),
        programs=("PRIME",) if first.get("is-prime", "").strip().casefold() == "true" else (),
        replaces=None,
        total=None,
        currency=None,
        lines=tuple({item.order_item_id: item for item in items}.values()),
        packages=(),
        personal=_to_personal(first),
        from_report=True,
    )


def _to_line(line: Mapping[str, str]) -> OrderLine:
    ordered = _number(line["quantity-purchased"]) or 0
    left = _number(line.get("quantity-to-ship", ""))
    return OrderLine(
        order_item_id=line["order-item-id"].strip(),
        sku=line.get("sku") or None,
        asin=None,
        title=line.get("product-name") or None,
        quantity=ordered,
        quantity_unshipped=ordered if left is None else min(left, ordered),
        unit_price=None,
        currency=None,
        programs=(),
        ioss_number=None,
        cancellation_requested=False,
    )


def _to_personal(line: Mapping[str, str]) -> PersonalData:
    def text(name: str) -> str | None:
        return line.get(name, "").strip() or None

    buyer = Buyer(
        name=text("buyer-name"), email=text("buyer-email"), purchase_order_number=text("purchase-order-number")
    )
    lost = any(sign in line.get(name, "") for name in _ADDRESS for sign in LOST_LETTER)
    recipient = msgspec.structs.replace(recipient_in(line), letters_lost=lost)
    if buyer == Buyer() and recipient == Recipient():
        return NOTHING_PERSONAL
    return PersonalData(buyer=buyer, recipient=recipient)


def _service_level(told: str) -> str | None:
    return _SERVICE_LEVELS.get(told.strip().casefold().replace(" ", ""), told.strip()) or None


def _number(text: str) -> int | None:
    """A count of pieces; None where it is none, or more than anybody orders."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _moment(text: str) -> datetime | None:
    """A time with its offset, in UTC and to the second; None where there is none that can be read."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return in_our_time(moment.astimezone(UTC).replace(microsecond=0)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
