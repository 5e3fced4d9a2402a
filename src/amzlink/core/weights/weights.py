"""What a product weighs: Amazon's units and people's spellings to whole grams, and what is wrong with a weight.

Nothing here is a float: values are whole numbers, decimals or text, and grams are rounded up, because a parcel that
is said to be lighter than it is costs the merchant a surcharge.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

import msgspec

from amzlink.problems import weights as texts

PARCEL_LIMIT: Final = 70_000
"""Grams; no parcel carrier takes more."""

MOST_GRAMS: Final = 10**9
"""A thousand tons; what is more is cut to that, so that it can be stored. It is far past the limit either way."""

# A slip of the unit makes a product a thousandfold. The variations of a family differ too, so the weight that it is
# held against is known only to about a factor of three, and what is 300 times as heavy counts as such a slip.
_FOLD: Final = 300
_NEARLY: Final = 3
_SLIP: Final = 1000

# The international pound is 0.45359237 kg, an ounce is its sixteenth. Amazon does not say which ton it means; its other
# units are American, so it is taken for the American one of 2,000 pounds.
_POUND: Final = Fraction("453.59237")
_UNITS: Final[tuple[tuple[Fraction, str, tuple[str, ...]], ...]] = (
    (Fraction(1), "g", ("g", "gr", "gram", "grams", "gramm", "gramme", "grammes")),
    (Fraction(1000), "kg", ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "kilogramm", "kilogrammes")),
    (_POUND, "lb", ("lb", "lbs", "pound", "pounds")),
    (_POUND / 16, "oz", ("oz", "ozs", "ounce", "ounces")),
    (Fraction(1, 1000), "mg", ("mg", "milligram", "milligrams")),
    (_POUND / 100, "", ("hundredths_pounds", "hundredths_pound", "hundredth_pounds")),
    (_POUND * 2000, "", ("ton", "tons")),
)
_IN_GRAMS: Final = {spelling: grams for grams, _, spellings in _UNITS for spelling in spellings}
_FOR_PEOPLE: Final = ("kg", "g", "lb", "oz")
_SPELLED: Final = {s: short for _, short, spellings in _UNITS if short in _FOR_PEOPLE for s in spellings}

_LONGEST_TEXT: Final = 60
_TEXT: Final = re.compile(r"([+\-\u2212\u2013]?)\s*([0-9.,'’ \u00a0\u202f]*)([^0-9]*)")
_NUMBER: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+")
_GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?:[.,'’ \u00a0\u202f][0-9]{3})+(?:[.,][0-9]*)?")
# With three digits behind it a single sign may be either; only as a decimal sign it makes kilograms and pounds that a
# parcel can have, but grams and ounces can be meant either way.
_DOUBTFUL: Final = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_DOUBTFUL_IN: Final = ("g", "oz")


class BadWeightError(ValueError):
    """A weight that a person gave and that cannot be used; the text says why."""


# Conversion ----------------------------------------------------------------------------------------------------------


def to_grams(value: Decimal | int, unit: str) -> int | None:
    """A weight of Amazon's in whole grams, rounded up; None where the unit is not known.

    Less than nothing is nothing; what is not finite, or more than `MOST_GRAMS`, is `MOST_GRAMS`.
    """
    factor = _IN_GRAMS.get(_plain(unit))
    if factor is None:
        return None
    if isinstance(value, int):
        value = Decimal(value)
    if not value.is_finite():
        return MOST_GRAMS
    if value <= 0:
        return 0
    # Neither end is reckoned out: a number of a million digits is a short text.
    if value.adjusted() > 18:  # noqa: PLR2004 - in milligrams this is MOST_GRAMS a thousandfold
        return MOST_GRAMS
    if value.adjusted() < -18:  # noqa: PLR2004
        return 1
    return min(ceil(Fraction(value) * factor), MOST_GRAMS)


def amazon_value(grams: int, unit: str | None = None) -> tuple[str, str]:
    """A weight as a JSON number and a unit of Amazon's, exactly.

    The unit is kept where grams go into it without a remainder (grams, kilograms, milligrams); in any other case it is
    kilograms, which the product types of all marketplaces have.
    """
    kept = _plain(unit or "")
    if kept == "grams":
        return str(grams), kept
    if kept == "milligrams":
        return str(grams * 1000), kept
    return _decimals(grams), "kilograms"


def spell_grams(grams: int) -> str:
    """For people: `450 g`, `1.25 kg`."""
    return f"{grams} g" if grams < 1000 else f"{_decimals(grams)} kg"  # noqa: PLR2004


def _decimals(grams: int) -> str:
    """Grams as kilograms, without zeros that say nothing."""
    whole, rest = divmod(grams, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def _plain(unit: str) -> str:
    return re.sub(r"[\s_-]+", "_", unit.strip().casefold().rstrip("."))


# What people give ----------------------------------------------------------------------------------------------------


def parse_weight(text: str, unit: str = "") -> int:
    """What a person gives as a weight, in whole grams, rounded up: `0.45kg`, `450 g`, `0,45 kg`, `1 lb`.

    `unit` is the one that stands beside it, in a column of its own; a unit in the text itself wins. A decimal comma is
    as good as a point. Signs between thousands are refused, because one and the same text would mean two weights.

    Raises:
        BadWeightError: it is no weight, negative, nothing, under 1 g, over `PARCEL_LIMIT`, or has no known unit.
    """
    text = text.strip()
    found = _TEXT.fullmatch(text)
    if not text or len(text) > _LONGEST_TEXT or not found or not found[2].strip():
        raise BadWeightError(texts.NOT_A_WEIGHT)
    sign, number, own_unit = found[1], found[2].strip(), found[3].strip()
    if sign not in ("", "+"):
        raise BadWeightError(texts.WEIGHT_NEGATIVE)
    known = _known_unit(own_unit or unit.strip())
    if _is_doubtful(number, known):
        raise BadWeightError(texts.WEIGHT_AMBIGUOUS)
    if not _NUMBER.fullmatch(number):
        raise BadWeightError(texts.NOT_A_WEIGHT)
    grams = _exact(number) * _IN_GRAMS[known]
    if grams == 0:
        raise BadWeightError(texts.WEIGHT_ZERO)
    if grams < 1:
        raise BadWeightError(texts.WEIGHT_UNDER_A_GRAM)
    if grams > PARCEL_LIMIT:
        raise BadWeightError(texts.weight_too_heavy(most=spell_grams(PARCEL_LIMIT)))
    return ceil(grams)


def parse_setting(text: str) -> tuple[str, int]:
    """`SKU=0.45kg` as SKU and grams. A SKU may have an equals sign in it, so the last one counts.

    Raises:
        BadWeightError: as `parse_weight`, or it is not of this form.
    """
    sku, equals, weight = text.rpartition("=")
    if not equals or not sku.strip():
        raise BadWeightError(texts.NOT_A_SETTING)
    return sku.strip(), parse_weight(weight)


def _known_unit(unit: str) -> str:
    if not unit:
        raise BadWeightError(texts.unit_missing(units=_FOR_PEOPLE))
    known = _SPELLED.get(_plain(unit))
    if known is None:
        shown = unit if unit.isprintable() and len(unit) <= 20 else ""  # noqa: PLR2004 - a word's length
        raise BadWeightError(texts.unit_unknown(unit=shown, units=_FOR_PEOPLE))
    return known


def _is_doubtful(number: str, unit: str) -> bool:
    if _DOUBTFUL.fullmatch(number):
        return unit in _DOUBTFUL_IN
    return bool(_GROUPED.fullmatch(number))


def _exact(number: str) -> Fraction:
    """A number of the form `_NUMBER`, without the rounding of a float."""
    return Fraction(Decimal(number.replace(",", ".")))


# What is wrong -------------------------------------------------------------------------------------------------------


class Source(StrEnum):
    """Where the weight that counts comes from, the first of them that has one."""

    LOCAL = "local"
    """What the merchant set here."""
    SHIPPING = "shipping"
    """The listing's shipping weight."""
    PACKAGE = "package"
    """The listing's package weight."""
    DEFAULT = "default"
    """The store's."""


class Finding(StrEnum):
    """What is wrong with a product's weight; the worst last."""

    OK = "ok"
    MISSING = "missing"
    ZERO = "zero"
    IMPLAUSIBLE = "implausible"


class SuggestionSource(StrEnum):
    """Where a weight comes from that is only suggested."""

    PACKAGE = "package"
    """The listing's package weight, where its shipping weight cannot be right."""
    CATALOGUE = "catalogue"
    """The package weight in Amazon's catalogue, which is not this seller's alone."""
    UNIT_SLIP = "unit-slip"
    """A thousandth of what the listing says, where something else bears it out."""
    ITEM = "item"
    """The bare item's weight, in the listing: the parcel is heavier."""


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one SKU, in whole grams. `unknown_unit` is one in which its listing gives a weight."""

    local: int | None = None
    shipping: int | None = None
    package: int | None = None
    item: int | None = None
    catalogue: int | None = None
    unknown_unit: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What counts, and what is wrong.

    `weight_grams` may go onto orders: it is never zero and never one that cannot be right; `source` is where it comes
    from. `found_grams` is what stands in the first place that was passed over as zero or
    implausible. `reason` is for the merchant, whole sentences; empty where there is nothing to say.
    """

    weight_grams: int | None
    source: Source | None
    finding: Finding
    reason: str
    suggestion_grams: int | None = None
    suggestion_source: SuggestionSource | None = None
    found_grams: int | None = None


class _Fault(msgspec.Struct, frozen=True):
    """A weight that was passed over."""

    source: Source
    grams: int
    finding: Finding
    words: str


_PLACE: Final = {
    Source.LOCAL: "The weight set here",
    Source.SHIPPING: "The shipping weight at Amazon",
    Source.PACKAGE: "The package weight at Amazon",
    Source.DEFAULT: "The store's default",
}


def assess(weights: Weights, *, default: int | None, siblings: Sequence[int] = ()) -> Verdict:
    """What a product weighs, and what is wrong with it.

    `siblings` are what the others of its variation family weigh. Local, shipping and package weight are looked at in
    that order, and the first that can be right counts; the store's default comes last.

    - What the merchant set here is the last word: it is held against the limit only, and what the listing says is then
      no matter any more.
    - A zero says nothing, as if nothing stood there. It is the finding only where nothing else counts.
    - What cannot be right never counts, and is the finding whatever counts in its place: the listing needs a look.
    - A default is what the merchant wants for products without a weight, so with it nothing is missing.

    Weights are rounded up to whole grams, so 1 g in a listing stands for all that is under a gram; no packed product
    weighs that little.
    """
    faults: list[_Fault] = []
    source, grams = _counting(weights, siblings, faults)
    if grams is None and default:
        source, grams = Source.DEFAULT, default
    implausible = next((fault for fault in faults if fault.finding is Finding.IMPLAUSIBLE), None)
    if implausible:
        finding = Finding.IMPLAUSIBLE
    elif grams is not None:
        finding = Finding.OK
    else:
        finding = Finding.ZERO if faults else Finding.MISSING
    first = implausible or next(iter(faults), None)
    suggestion, suggested_by = None, None
    if finding is not Finding.OK or source is Source.DEFAULT:
        suggestion, suggested_by = _suggest(weights, siblings, implausible, source)
    return Verdict(
        weight_grams=grams,
        source=source,
        finding=finding,
        reason=_reason(weights, faults, source, grams),
        suggestion_grams=suggestion,
        suggestion_source=suggested_by,
        found_grams=first.grams if first else None,
    )


def _counting(weights: Weights, siblings: Sequence[int], faults: list[_Fault]) -> tuple[Source | None, int | None]:
    """The first weight that can be right; those before it are added to `faults`."""
    if weights.local and weights.local <= PARCEL_LIMIT:
        return Source.LOCAL, weights.local
    if weights.local:
        faults.append(_Fault(Source.LOCAL, weights.local, Finding.IMPLAUSIBLE, _over()))
    for source, grams in ((Source.SHIPPING, weights.shipping), (Source.PACKAGE, weights.package)):
        if grams is None:
            continue
        if grams <= 0:
            faults.append(_Fault(source, grams, Finding.ZERO, ""))
        elif words := _what_is_implausible(grams, weights, siblings):
            faults.append(_Fault(source, grams, Finding.IMPLAUSIBLE, words))
        else:
            return source, grams
    return None, None


def _what_is_implausible(grams: int, weights: Weights, siblings: Sequence[int]) -> str | None:
    """Why a weight cannot be right, fit to follow the weight itself."""
    usual = _usual(siblings)
    if usual and grams >= _FOLD * usual:
        return (
            f"about a thousandfold of what its variations weigh ({spell_grams(usual)}): "
            f"grams were probably entered as kilograms"
        )
    if usual and usual >= _FOLD * grams:
        return (
            f"about a thousandth of what its variations weigh ({spell_grams(usual)}): "
            f"kilograms were probably entered as grams"
        )
    if grams > PARCEL_LIMIT:
        return _over()
    if grams <= 1:
        return "which is too little for anything that is packed"
    item = _trusted_item(weights, siblings)
    if item and grams < item:
        return f"less than the item itself, which weighs {spell_grams(item)}"
    return None


def _over() -> str:
    return f"more than the {spell_grams(PARCEL_LIMIT)} that a parcel may have"


def _usual(siblings: Sequence[int]) -> int | None:
    """What a family's members weigh, the middle one; those that cannot be right by themselves do not count."""
    weights = sorted(grams for grams in siblings if 1 < grams <= PARCEL_LIMIT)
    return weights[(len(weights) - 1) // 2] if weights else None


def _trusted_item(weights: Weights, siblings: Sequence[int]) -> int | None:
    """The bare item's weight, unless the slip is there."""
    item, usual = weights.item or 0, _usual(siblings)
    if not 1 < item <= PARCEL_LIMIT or (usual and (item >= _FOLD * usual or usual >= _FOLD * item)):
        return None
    return item


def _suggest(
    weights: Weights, siblings: Sequence[int], implausible: _Fault | None, source: Source | None
) -> tuple[int | None, SuggestionSource | None]:
    item, catalogue = _trusted_item(weights, siblings), weights.catalogue or 0
    if implausible and source is Source.PACKAGE:
        return weights.package, SuggestionSource.PACKAGE
    if catalogue > 0 and not _what_is_implausible(catalogue, weights, siblings):
        return catalogue, SuggestionSource.CATALOGUE
    if implausible and (corrected := _without_slip(implausible.grams, item, _usual(siblings))):
        return corrected, SuggestionSource.UNIT_SLIP
    return (item, SuggestionSource.ITEM) if item else (None, None)


def _without_slip(grams: int, item: int | None, usual: int | None) -> int | None:
    """A thousandth, where the bare item or the variations weigh about as much."""
    corrected = -(-grams // _SLIP)
    if item and corrected < item:
        return None
    borne_out = any(known and known <= _NEARLY * corrected and corrected <= _NEARLY * known for known in (item, usual))
    return corrected if borne_out else None


def _reason(weights: Weights, faults: Sequence[_Fault], source: Source | None, grams: int | None) -> str:
    sentences = [
        f"{_PLACE[fault.source]} is {spell_grams(fault.grams)}, {fault.words}." if fault.words
        else f"{_PLACE[fault.source]} is zero."
        for fault in faults
    ]  # fmt: skip
    if weights.unknown_unit and source in (None, Source.DEFAULT):
        sentences.append(f"A weight at Amazon is in a unit that is not known ({weights.unknown_unit}).")
    if not sentences and source in (None, Source.DEFAULT):
        sentences.append("No weight is set here, and its listing has none.")
    if sentences and source and grams:
        sentences.append(f"{_PLACE[source]}, {spell_grams(grams)}, counts.")
    return " ".join(sentences)
