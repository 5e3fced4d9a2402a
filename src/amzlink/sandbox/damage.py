"""One order of a page damaged in its text: each kind of damage leaves the rest of the page as it is.

The order in the middle of the first page is struck, and the same one from then on wherever it turns up; on a page
without it another one is. A fault whose name ends in `-for-good` damages the order in `getOrder` too, where the others
tell it whole.
"""

import re
from collections.abc import Callable
from typing import Final

from amzlink.sandbox.distortions import Distortion
from amzlink.sandbox.fault import Call, Choice, Fault, Memory
from amzlink.sandbox.messages import Response, encode, raw_json
from amzlink.sandbox.table import GET_ORDER, SEARCH_ORDERS

_STRUCK: Final = "order "


def _replace(pattern: bytes, by: bytes) -> Callable[[bytes], bytes]:
    """Alters the first place in the order's text that the pattern finds."""
    return lambda text: re.sub(pattern, by, text, count=1)


_FORMS: Final = (
    (
        "unquoted-word",
        "has a word without quotes",
        _replace(rb'"quantityOrdered":', rb'"deemedResellerCategory":UOSS,\g<0>'),
    ),
    ("missing-comma", "lacks a comma", _replace(rb',"lastUpdatedTime"', rb'"lastUpdatedTime"')),
    ("line-break", "has a raw line break in a text", _replace(rb'"title":"', rb"\g<0>Kerze\n")),
    ("stray-quote", "has a quote in a text", _replace(rb'"title":"', rb'\g<0>Kerze 30" ')),
    ("wrong-utf8", "has a byte that is not UTF-8", _replace(rb'"title":"', b"\\g<0>K\xfcchen")),
    (
        "no-number",
        "has a quantity that is not a number",
        _replace(rb'"quantityOrdered":\d+', rb'"quantityOrdered":2..0'),
    ),
    ("not-a-number", "has the quantity NaN", _replace(rb'"quantityOrdered":\d+', rb'"quantityOrdered":NaN')),
    (
        "word-for-number",
        "has a word instead of a quantity, in correct JSON",
        _replace(rb'"quantityOrdered":\d+', rb'"quantityOrdered":"two"'),
    ),
    (
        "unknown-status",
        "has an unknown status, in correct JSON",
        _replace(rb'"fulfillmentStatus":"\w+"', rb'"fulfillmentStatus":"AWAITING_DRONE"'),
    ),
    (
        "cut-object",
        "is cut off inside an object and continues after it",
        _replace(rb'("salesChannel":\{"channelName":"\w\w)[^}]*\}', rb"\1"),
    ),
)


def _strike(damage: Callable[[bytes], bytes], *, for_good: bool) -> Choice:
    def choose(call: Call, memory: Memory) -> Distortion | None:
        if call.operation == SEARCH_ORDERS.id:
            return lambda answer: _damage_page(answer, damage, memory)
        if for_good and call.operation == GET_ORDER.id:
            return lambda answer: _damage_order(answer, damage, memory)
        return None

    return choose


def _damage_page(answer: Response, damage: Callable[[bytes], bytes], memory: Memory) -> Response:
    page = answer.json()
    orders = page.pop("orders")
    if not orders:
        return answer
    if not any(_mark(order) in memory for order in orders):
        memory.add(_mark(orders[len(orders) // 2]))
    texts = [damage(encode(order)) if _mark(order) in memory else encode(order) for order in orders]
    return raw_json(answer.status, b'{"orders":[' + b",".join(texts) + b"]," + encode(page)[1:])


def _damage_order(answer: Response, damage: Callable[[bytes], bytes], memory: Memory) -> Response:
    order = answer.json()["order"]
    if _mark(order) not in memory:
        return answer
    return raw_json(answer.status, b'{"order":' + damage(encode(order)) + b"}")


def _mark(order: dict[str, object]) -> str:
    return f"{_STRUCK}{order['orderId']}"


def struck_orders(memory: Memory) -> set[str]:
    """Ids of the orders that a fault's memory says it has damaged."""
    return {entry.removeprefix(_STRUCK) for entry in memory if entry.startswith(_STRUCK)}


DAMAGE_FAULTS: Final = tuple(
    fault
    for name, what, damage in _FORMS
    for fault in (
        Fault(
            f"order-damaged-{name}",
            f"in a search, one order of a page {what}",
            distort=_strike(damage, for_good=False),
        ),
        Fault(
            f"order-damaged-{name}-for-good",
            f"one order of a page {what}, and so has the same order on its own",
            distort=_strike(damage, for_good=True),
        ),
    )
)
