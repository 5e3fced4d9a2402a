"""Orders that Amazon tells without some of their parts for a while, under the same time of their last change."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.messages import Json

_LINES: Final = ("addressLine1", "addressLine2", "addressLine3")


def withhold(order: Json, parts: Iterable[str]) -> Json:
    """The order as it is told without these parts; the one given stays as it is."""
    for part in parts:
        order = PARTS[part](order)
    return order


def _without_in_address(*names: str) -> Callable[[Json], Json]:
    def leave_out(order: Json) -> Json:
        if "recipient" not in order:
            return order
        address = {name: each for name, each in order["recipient"]["deliveryAddress"].items() if name not in names}
        return {**order, "recipient": {**order["recipient"], "deliveryAddress": address}}

    return leave_out


def _without(name: str) -> Callable[[Json], Json]:
    return lambda order: {key: value for key, value in order.items() if key != name}


def _without_items(order: Json) -> Json:
    # The field itself is required.
    return {**order, "orderItems": []}


PARTS: Final[Mapping[str, Callable[[Json], Json]]] = MappingProxyType(
    {
        "name": _without_in_address("name"),
        "lines": _without_in_address(*_LINES),
        "phone": _without_in_address("phone"),
        "address": _without("recipient"),
        "buyer": _without("buyer"),
        "items": _without_items,
    }
)
USUAL: Final = ("name", "lines", "phone")
