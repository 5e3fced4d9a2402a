"""Kinds of orders that are rare, and made only when they are asked for: no sandbox has them from the start."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.sandbox import hostile
from amzlink.sandbox.items import tell_taxes
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Plan, Trait

Write = Callable[[Plan], Json]


def read_kinds(names: Iterable[str], write: Write) -> tuple[frozenset[Trait], Write]:
    """The traits among these kinds, and what writes orders out with the others. An unknown kind is a ValueError."""
    names = tuple(names)
    unknown = sorted(set(names) - KINDS)
    if unknown:
        raise ValueError(f"no such kind: {', '.join(unknown)}; there are {', '.join(sorted(KINDS))}")
    traits = frozenset(Trait(name) for name in names if name not in _EXTRAS)
    changes = [_EXTRAS[name] for name in names if name in _EXTRAS]

    def write_kind(plan: Plan) -> Json:
        body = write(plan)
        for change in changes:
            change(body)
        return body

    return traits, write_kind


def _demand(constraint: str) -> Callable[[Json], None]:
    def change(body: Json) -> None:
        shipping = body["orderItems"][0]["fulfillment"].setdefault("shipping", {})
        shipping.setdefault("shippingConstraints", {})[constraint] = "MANDATORY"

    return change


def _gift(**option: str) -> Callable[[Json], None]:
    def change(body: Json) -> None:
        packing = body["orderItems"][0]["fulfillment"].setdefault("packing", {})
        packing["giftOption"] = {**packing.get("giftOption", {}), **option}

    return change


def _deliver_to(country: str, city: str, postal_code: str) -> Callable[[Json], None]:
    """An order for a place in another country; name and street stay."""

    def change(body: Json) -> None:
        address = body["recipient"]["deliveryAddress"]
        address |= {"city": city, "postalCode": postal_code, "countryCode": country}
        for left in ("stateOrRegion", "phone"):
            address.pop(left, None)

    return change


def _speak_to_the_terminal(body: Json) -> None:
    text = hostile.TEXT
    body["buyer"]["buyerName"] = f"Buyer {text}"
    address = body["recipient"]["deliveryAddress"]
    address |= {"name": f"Name {text}", "addressLine2": f"Line {text}", "city": f"City {text}"}
    item = body["orderItems"][0]
    item["product"] |= {"title": f"Title {text}", "sellerSku": f"SKU {text}"}
    _gift(giftMessage=f"Gift {text}", giftWrapLevel=f"Wrap {text}")(body)
    item["cancellation"] = {"cancellationRequest": {"requester": "SELLER", "cancelReason": f"Reason {text}"}}
    body["programs"] = [*body.get("programs", []), f"PROGRAM {text}"]
    body["fulfillment"]["fulfillmentServiceLevel"] = f"LEVEL {text}"


_EXTRAS: Final[Mapping[str, Callable[[Json], None]]] = MappingProxyType(
    {
        "signature": _demand("signatureConfirmation"),
        "age-check": _demand("recipientAgeVerification"),
        "identity-check": _demand("recipientIdentityVerification"),
        "pallet": _demand("palletDelivery"),
        "cash-on-delivery": _demand("cashOnDelivery"),
        "gift-wrap": _gift(giftWrapLevel="PREMIUM"),
        "gift-message": _gift(giftMessage="Happy birthday! 🎂\nYours, Aunt Zoë"),
        "taxed": tell_taxes,
        "to-switzerland": _deliver_to("CH", "Zürich", "8001"),
        "to-great-britain": _deliver_to("GB", "Leeds", "LS1 4AP"),
        "to-northern-ireland": _deliver_to("GB", "Belfast", "BT1 5GS"),
        "to-the-canaries": _deliver_to("ES", "Las Palmas de Gran Canaria", "35001"),
        "to-austria": _deliver_to("AT", "Wien", "1070"),
        "hostile-text": _speak_to_the_terminal,
    }
)
KINDS: Final = frozenset(_EXTRAS) | frozenset(trait.value for trait in Trait)
