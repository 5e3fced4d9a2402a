"""`GET /orders`: which orders, and in which order."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from amzlink.sandbox.sendcloud.ask import Ask
from amzlink.sandbox.sendcloud.errors import wrong_parameter
from amzlink.sandbox.sendcloud.order_store import StoredOrder
from amzlink.sandbox.sendcloud.paging import Page, newest_first, read_size, slice_page
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.times import read_time

USUAL_SIZE: Final = 100
LARGEST_SIZE: Final = 200
_USUAL_ORDER: Final = "-pk"
_TIMES: Final = ("order_created_at", "order_updated_at")
Test = Callable[[StoredOrder], bool]


def find_page(panel: Panel, ask: Ask) -> Page:
    """The page that the query asks for; raises the refusal of a filter that cannot be."""
    tests = _read_filters(panel, ask.query)
    store = panel.orders
    ids: Sequence[int] | None = store.named(
        order_id=ask.query.get("order_id"), order_number=ask.query.get("order_number")
    )
    if ids is None:
        ids = store.ids
    if "order_id" in ask.query and "order_number" in ask.query:
        number = ask.query["order_number"].casefold()
        tests.append(lambda order: order.order_number.casefold() == number)

    def matches(key: int) -> bool:
        return all(test(store[key]) for test in tests)

    size = read_size(ask.query.get("page_size"), USUAL_SIZE, LARGEST_SIZE)
    keys = [key for key in ask.query.get("sort", "").split(",") if key.removeprefix("-") in _SORTS]
    if not keys or keys == [_USUAL_ORDER]:
        return newest_first(ids, matches, ask.cursor(), size)
    return slice_page(_sort([store[key] for key in ids if matches(key)], keys), ask.cursor(), size)


def _read_filters(panel: Panel, query: Mapping[str, str]) -> list[Test]:
    tests: list[Test] = []
    if "integration" in query:
        wanted = {_read_integration(panel, each) for each in query["integration"].split(",")}
        tests.append(lambda order: order.integration_id in wanted)
    if "status" in query:
        status = query["status"].casefold()
        tests.append(lambda order: order.body["order_details"]["status"]["code"].casefold() == status)
    for name in _TIMES:
        tests += _read_days(name, query)
    return tests


def _read_integration(panel: Panel, text: str) -> int:
    if text.isascii() and text.isdecimal() and panel.integration(int(text)) is not None:
        return int(text)
    message = f"Select a valid choice. {text} is not one of the available choices."
    raise wrong_parameter("integration", message, "invalid_choice")


def _read_days(name: str, query: Mapping[str, str]) -> list[Test]:
    """The filters of a time, by whole days in UTC, both ends included."""
    bounds: tuple[tuple[str, Callable[[date, date], bool]], ...] = (
        (name, lambda day, wanted: day == wanted),
        (f"{name}_min", lambda day, wanted: day >= wanted),
        (f"{name}_max", lambda day, wanted: day <= wanted),
    )
    return [
        _test_day(name, _read_day(parameter, query[parameter]), holds)
        for parameter, holds in bounds
        if parameter in query
    ]


def _test_day(name: str, wanted: date, holds: Callable[[date, date], bool]) -> Test:
    return lambda order: holds(date.fromisoformat(_time_of(order, name)[:10]), wanted)


def _read_day(parameter: str, text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise wrong_parameter(parameter, "Enter a valid date.")


def _time_of(order: StoredOrder, name: str) -> str:
    """A time of the shop's, in UTC; an order that was never updated was so when it was created."""
    details = order.body["order_details"]
    moment = read_time(details.get(name, details["order_created_at"]))
    return "" if moment is None else moment.isoformat()


def _sort(orders: list[StoredOrder], keys: list[str]) -> list[int]:
    named = [key.removeprefix("-") for key in keys]
    orders = sorted(orders, key=_SORTS["pk"], reverse=True)
    for key, name in zip(reversed(keys), reversed(named), strict=True):
        # Of two that contradict each other, neither counts.
        if named.count(name) == 1:
            orders.sort(key=_SORTS[name], reverse=key.startswith("-"))
    return [order.id for order in orders]


_SORTS: Final[Mapping[str, Callable[[StoredOrder], str | int]]] = {
    "integration": lambda order: order.integration_id,
    "order_number": lambda order: order.order_number,
    "order_created_at": lambda order: _time_of(order, "order_created_at"),
    "order_updated_at": lambda order: _time_of(order, "order_updated_at"),
    "pk": lambda order: order.id,
}
