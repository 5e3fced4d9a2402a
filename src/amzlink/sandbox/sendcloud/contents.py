"""What is in a parcel: which pieces of an order, what they weigh, and how Sendcloud tells of them."""

from decimal import Decimal
from typing import Any, Final

from amzlink.sandbox.messages import Json

BY_ITEM: Final = "items"
_IN_KG: Final = {"kg": Decimal(1), "g": Decimal("0.001"), "lbs": Decimal("0.45359237"), "oz": Decimal("0.0283495231")}
_LEAST_KG: Final = Decimal("0.001")
_LONGEST_DESCRIPTION: Final = 255
Split = int | str | list[dict[str, int]]  # so many parcels, one for each item, or the units of each parcel by item id


class ImpossibleParcelError(Exception):
    """The order or the parcel is in no state for it."""


def share_out(items: list[Json], split: Split) -> list[list[Json]]:
    """The contents of each parcel; raises ImpossibleParcelError where the order has not so much."""
    if isinstance(split, list):
        return [_pick(items, units) for units in split]
    if split == BY_ITEM:
        return [[item] for item in items]
    units = [{**item, "quantity": 1} for item in items for _ in range(item["quantity"])]
    if not isinstance(split, int) or not 0 < split <= max(1, len(units)):
        raise ImpossibleParcelError(f"the order's {len(units)} pieces do not go into {split} parcels")
    if split == 1:
        return [items]
    return [_join(units[number::split]) for number in range(split)]


def _pick(items: list[Json], units: dict[str, int]) -> list[Json]:
    known = {item.get("item_id"): item for item in items}
    for item_id, quantity in units.items():
        if item_id not in known or not 0 < quantity <= known[item_id]["quantity"]:
            raise ImpossibleParcelError(f"the order has no {quantity} pieces of the item {item_id}")
    return [{**known[item_id], "quantity": quantity} for item_id, quantity in units.items()]


def _join(units: list[Json]) -> list[Json]:
    """Pieces of the same item, put together again."""
    items: list[Json] = []
    for unit in units:
        like = next((item for item in items if {**item, "quantity": 1} == unit), None)
        if like is None:
            items.append(dict(unit))
        else:
            like["quantity"] += 1
    return items


def render_item(item: Json) -> Json:
    """A line of an order as a parcel tells it. Weight, price, description and tariff number are always there."""
    price = item.get("unit_price") or item["total_price"]
    shown: Json = {
        "description": (item.get("description") or item["name"] or "-")[:_LONGEST_DESCRIPTION],
        "quantity": item["quantity"],
        "weight": {"value": float(_weigh(item)), "unit": "kg"},
        "price": {"value": price_text(price.get("value", 0)), "currency": price.get("currency", "EUR")},
        "hs_code": item.get("hs_code", "")[:12],
    }
    names = ("item_id", "sku", "product_id", "mid_code", "material_content", "intended_use", "properties")
    shown.update({name: item[name] for name in names if name in item})
    if "country_of_origin" in item:
        shown["origin_country"] = item["country_of_origin"]
    return shown


def _weigh(item: Json) -> Decimal:
    """Kilograms of one piece; where the shop gave none, the least that Sendcloud knows."""
    weight = item.get("measurement", {}).get("weight")
    if weight is None:
        return _LEAST_KG
    return max(_LEAST_KG, Decimal(str(weight["value"])) * _IN_KG[weight["unit"]]).quantize(_LEAST_KG)


def weigh(items: list[Json]) -> str:
    """What a parcel with these items weighs, in kilograms, as Sendcloud writes it."""
    weight = sum((_weigh(item) * item["quantity"] for item in items), Decimal())
    return str(max(weight, _LEAST_KG).quantize(_LEAST_KG))


def price_text(value: Any) -> str:
    """An amount of money as shipments have it: as a text."""
    return str(Decimal(str(value)).quantize(Decimal("0.01")))
