"""What listings and Amazon's catalogue say of weights: every kind of truth, gap and slip that a shop's data has."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.account import COUNTRIES
from amzlink.sandbox.messages import Json

SHIPPING: Final = "website_shipping_weight"
PACKAGE: Final = "item_package_weight"
ITEM: Final = "item_weight"
WEIGHT_ATTRIBUTES: Final = (SHIPPING, PACKAGE, ITEM)
# Amazon's units. Its ton is taken for the American one: no page of Amazon's says which it is.
GRAMS: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        "grams": Decimal(1),
        "kilograms": Decimal(1000),
        "milligrams": Decimal("0.001"),
        "ounces": Decimal("28.349523125"),
        "pounds": Decimal("453.59237"),
        "hundredths_pounds": Decimal("4.5359237"),
        "tons": Decimal("907184.74"),
    }
)
_STONE: Final = "stone"  # no unit of Amazon's
_GRAMS: Final = {**GRAMS, _STONE: Decimal("6350.29318")}
_FINEST: Final = Decimal("0.000001")
_CATALOGUE_UNITS: Final = ("pounds", "kilograms", "grams", "ounces")


class WeightKind(StrEnum):
    """What a listing says of its product's weight, or what becomes of a change to it."""

    PACKAGE = "package"
    SHIPPING = "shipping"
    SHIPPING_AND_PACKAGE = "shipping-and-package"
    BY_MARKETPLACE = "by-marketplace"
    ELSEWHERE = "elsewhere"
    OUNCES = "ounces"
    POUNDS = "pounds"
    HUNDREDTHS_POUNDS = "hundredths-pounds"
    MILLIGRAMS = "milligrams"
    TONS = "tons"
    NONE = "none"
    ITEM_ONLY = "item-only"
    CATALOGUE_ONLY = "catalogue-only"
    UNKNOWN_UNIT = "unknown-unit"
    NO_ATTRIBUTE = "no-attribute"
    SUPPRESSED = "suppressed"
    ZERO = "zero"
    ZERO_SHIPPING = "zero-shipping"
    GRAMS_AS_KILOGRAMS = "grams-as-kilograms"
    LIGHTER_THAN_ITEM = "lighter-than-item"
    THOUSANDFOLD = "thousandfold"
    THOUSANDTH = "thousandth"
    UNDER_A_GRAM = "under-a-gram"
    OLD_ISSUE = "old-issue"
    OUTWEIGHED = "outweighed"
    PARENT = "parent"


# Attribute, unit, share of what the product weighs.
_Entry = tuple[str, str, str]
_BARE: Final[_Entry] = (ITEM, "grams", "0.9")
_LISTED: Final[Mapping[WeightKind, tuple[_Entry, ...]]] = MappingProxyType(
    {
        WeightKind.PACKAGE: ((PACKAGE, "kilograms", "1"), _BARE),
        WeightKind.SHIPPING: ((SHIPPING, "kilograms", "1"),),
        WeightKind.SHIPPING_AND_PACKAGE: ((SHIPPING, "grams", "1.1"), (PACKAGE, "grams", "1")),
        WeightKind.BY_MARKETPLACE: ((PACKAGE, "kilograms", "1"), _BARE),
        WeightKind.ELSEWHERE: ((PACKAGE, "kilograms", "1"),),
        WeightKind.OUNCES: ((PACKAGE, "ounces", "1"),),
        WeightKind.POUNDS: ((PACKAGE, "pounds", "1"), _BARE),
        WeightKind.HUNDREDTHS_POUNDS: ((PACKAGE, "hundredths_pounds", "1"),),
        WeightKind.MILLIGRAMS: ((PACKAGE, "milligrams", "1"),),
        WeightKind.TONS: ((PACKAGE, "tons", "1"),),
        WeightKind.ITEM_ONLY: ((ITEM, "kilograms", "0.9"),),
        WeightKind.UNKNOWN_UNIT: ((PACKAGE, _STONE, "1"),),
        WeightKind.ZERO: ((PACKAGE, "kilograms", "0"),),
        WeightKind.ZERO_SHIPPING: ((SHIPPING, "kilograms", "0"), (PACKAGE, "kilograms", "1")),
        # Grams typed into a field of kilograms, and the other way round.
        WeightKind.GRAMS_AS_KILOGRAMS: ((PACKAGE, "kilograms", "1000"),),
        WeightKind.THOUSANDFOLD: ((PACKAGE, "kilograms", "1000"),),
        WeightKind.THOUSANDTH: ((PACKAGE, "grams", "0.001"),),
        WeightKind.UNDER_A_GRAM: ((PACKAGE, "grams", "0.001"),),
        WeightKind.LIGHTER_THAN_ITEM: ((PACKAGE, "grams", "0.25"), _BARE),
        WeightKind.OLD_ISSUE: ((PACKAGE, "kilograms", "0"), _BARE),
        WeightKind.OUTWEIGHED: ((PACKAGE, "kilograms", "1000"),),
    }
)
_UNWEIGHED: Final = frozenset({WeightKind.NONE, WeightKind.NO_ATTRIBUTE, WeightKind.PARENT})
_BY_COUNTRY: Final = {"DE": "1", "FR": "1.05", "NL": "1", "PL": "1.3"}  # other boxes, other weights
_ELSEWHERE: Final = "FR"


def list_weights(kind: WeightKind, grams: int) -> dict[str, list[Json]]:
    """A listing's weight attributes, with an entry for each marketplace that has one."""
    return {name: list(_entries(kind, unit, Decimal(share) * grams)) for name, unit, share in _LISTED.get(kind, ())}


def know_weights(kind: WeightKind, grams: int) -> dict[str, Json]:
    """What Amazon's catalogue knows: the weights of `item` and `package`, as far as it has them."""
    if kind in _UNWEIGHED:
        return {}
    unit = _CATALOGUE_UNITS[grams % len(_CATALOGUE_UNITS)]
    known = {"item": _measure(unit, Decimal("0.9") * grams)}
    if kind is WeightKind.ITEM_ONLY:
        return known
    # The brand owner's slip is what outweighs the seller.
    return {**known, "package": _measure(unit, Decimal(1000 if kind is WeightKind.OUTWEIGHED else 1) * grams)}


def _entries(kind: WeightKind, unit: str, grams: Decimal) -> Iterable[Json]:
    for country in COUNTRIES:
        if kind is WeightKind.ELSEWHERE and country != _ELSEWHERE:
            continue
        factor = Decimal(_BY_COUNTRY[country]) if kind is WeightKind.BY_MARKETPLACE else 1
        yield {**_measure(unit, factor * grams), "marketplace_id": BY_COUNTRY[country].id}


def _measure(unit: str, grams: Decimal) -> Json:
    value = (grams / _GRAMS[unit]).quantize(_FINEST)
    return {"value": int(value) if value == value.to_integral_value() else float(value), "unit": unit}
