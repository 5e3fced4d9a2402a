"""What can still be read of a page of orders that is no JSON as a whole: its orders' numbers and the next page's token.

Damage of any form inside one order must cost that order alone, so nothing here depends on the text of an order: the
numbers are found by their form, and each order is then asked for on its own.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from amzlink.http.bodies import UndecodableError, json_decoder

# The number may have lost its quotes, or have too many.
_NUMBER: Final = re.compile(rb"orderId[^0-9A-Za-z]{1,8}([0-9]{3}-[0-9]{7}-[0-9]{7})(?![0-9-])")
_ORDER: Final = re.compile(rb'"orderId"\s*:')
# Numbers of other orders that an order names, such as the one that it replaces.
_ASSOCIATED: Final = re.compile(rb'"associatedOrders"\s*:\s*\[[^\[\]]*\]')
_FIELD: Final = rb'"\w+"\s*:\s*(?:\{[^{}]*\}|"[^"]*"|null)\s*'
_HEAD: Final = re.compile(rb"\A\s*\{\s*((?:" + _FIELD + rb',\s*)*)"orders"\s*:\s*\[')
_TAIL: Final = re.compile(rb"\]\s*((?:,\s*" + _FIELD + rb")*)\}\s*\Z")
# Fields of a page that no order has (docs/services/amazon.md, "Pages and their tokens").
_OF_A_PAGE: Final = re.compile(rb'"(?:pagination|createdBefore|lastUpdatedBefore)"')
_TOKEN: Final = re.compile(rb'"nextToken"\s*:\s*("(?:[^"\\]|\\.)*"|null)\s*[,}]')
_MOST_OF_THE_TAIL: Final = 64 * 1024
_read_token: Final[Callable[[bytes | str], str | None]] = json_decoder(str | None)  # type: ignore[arg-type]


class Salvage(msgspec.Struct, frozen=True):
    """`nameless` counts the orders whose number cannot be read either; `next_token` is None on the last page."""

    order_ids: tuple[str, ...]
    nameless: int
    next_token: str | None


def salvage(body: bytes) -> Salvage | None:
    """What is found in the text of a page; None where its end is missing, or what stands around its orders is damaged.

    A page that was cut off must not pass for the last one.
    """
    head = _HEAD.match(body)
    tail = _TAIL.search(body, max(0, len(body) - _MOST_OF_THE_TAIL))
    if head is None or tail is None:
        return None
    around = head[1] + tail[1]
    if not _OF_A_PAGE.search(around) and body.count(b"[") != body.count(b"]"):
        return None
    token = None
    if b"nextToken" in around:
        found = _TOKEN.search(around)
        if found is None:
            return None
        try:
            token = _read_token(found[1])
        except UndecodableError:
            return None
    orders = _ASSOCIATED.sub(b"", body[head.end() : tail.start()])
    numbers = [number.decode() for number in _NUMBER.findall(orders)]
    nameless = max(0, len(_ORDER.findall(orders)) - len(numbers))
    return Salvage(tuple(dict.fromkeys(numbers)), nameless, token or None)
