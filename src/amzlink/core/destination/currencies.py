"""Which currency Sendcloud refuses of an order, and which orders to try again that it refused for that.

Its documentation names three currencies, its own shop links know more: one refusal proves nothing for the next order
(docs/services/sendcloud.md, "Currencies").
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import msgspec

from amzlink.clock import age_of

_ASK_AGAIN_AFTER: Final = timedelta(days=1)
_OF_ITEM: Final = re.compile(r"(?:^|/)order_items/\[?(\d{1,4})\]?/")


def currency_at(pointer: str, of_order: str | None, of_items: Sequence[str | None]) -> str | None:
    """The currency that a refusal's `pointer` points at: that of an item, or else the order's.

    `of_items` are those of the items that were sent, in their sequence; an item without one has the order's.
    """
    found = _OF_ITEM.search(pointer)
    number = int(found[1]) if found else len(of_items)
    return (of_items[number] if number < len(of_items) else None) or of_order


class RefusedCurrency(msgspec.Struct, frozen=True):
    """An order that was refused for its currency. `asked_at` is None where Sendcloud was never asked."""

    order_id: str
    currency: str
    asked_at: datetime | None


def orders_to_try_again(
    refused: Sequence[RefusedCurrency], accepted: Mapping[str, datetime], now: datetime
) -> Iterator[str]:
    """The order ids, a currency after the other. `refused` has the most urgent order first.

    An order that Sendcloud was never asked about goes, and so does every one whose currency was `accepted` since. Of
    each other currency a single order goes once a day.
    """
    by_currency = sorted(refused, key=lambda order: order.currency)  # stable: the most urgent stays first
    for currency, orders in groupby(by_currency, key=lambda order: order.currency):
        asked: list[tuple[str, datetime]] = []
        for order in orders:
            if order.asked_at is None:
                yield order.order_id
            else:
                asked.append((order.order_id, order.asked_at))
        accepted_at = accepted.get(currency)
        since = [order_id for order_id, at in asked if accepted_at is not None and at <= accepted_at]
        yield from since
        if asked and not since and min(age_of(at, now) for _, at in asked) >= _ASK_AGAIN_AFTER:
            yield asked[0][0]
