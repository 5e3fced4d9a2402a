"""A listing as Amazon's JSON has it (Listings Items API 2021-08-01), and how it becomes one of ours.

The structs name only what amzlink uses. Attributes are free-form in Amazon's model, so what is no weight among them is
passed over, and a listing that cannot be read at all is one of which nothing but its SKU is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import msgspec

from amzlink.core.weights.weights import to_grams
from amzlink.http.bodies import UndecodableError, json_decoder

SHIPPING_WEIGHT: Final = "website_shipping_weight"
PACKAGE_WEIGHT: Final = "item_package_weight"
ITEM_WEIGHT: Final = "item_weight"
_BUYABLE: Final = "BUYABLE"
_VARIATION: Final = "VARIATION"
_ERROR: Final = "ERROR"
_LONGEST_UNIT: Final = 40

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ListedWeight(msgspec.Struct, frozen=True):
    """One entry of a weight attribute, as it stands there: exact, in any unit, for a marketplace (None: not said)."""

    value: Decimal
    unit: str
    marketplace_id: str | None = None


class Grams(msgspec.Struct, frozen=True, kw_only=True):
    """A listing's weights in whole grams. `unknown_unit` is a unit in which one of them could not be read."""

    shipping: int | None = None
    package: int | None = None
    item: int | None = None
    unknown_unit: str | None = None


class Issue(msgspec.Struct, frozen=True):
    """What Amazon has to say against a listing or a patch. `severity` is its word: ERROR, WARNING or INFO."""

    code: str
    message: str
    severity: str
    attribute_names: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it keeps a patch from being taken."""
        return self.severity == _ERROR


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One of the seller's products at Amazon. What stands by marketplace is taken from the first asked for that has it.

    `status` joins those of all marketplaces asked for. `family` is the parent's SKU where the product is a variation,
    its own where it is the parent. `updated_at` is the last change in any of the marketplaces. Of one that
    cannot be read nothing is known but its SKU.
    """

    sku: str
    asin: str | None = None
    title: str | None = None
    product_type: str | None = None
    status: frozenset[str] = frozenset()
    shipping: tuple[ListedWeight, ...] = ()
    package: tuple[ListedWeight, ...] = ()
    item: tuple[ListedWeight, ...] = ()
    family: str | None = None
    issues: tuple[Issue, ...] = ()
    updated_at: datetime | None = None

    @property
    def weight_attribute(self) -> str:
        """The attribute to write a weight to: the shipping weight where the listing has one, else the package's.

        Only some product types have a shipping weight (docs/services/amazon.md, "Where a weight is"), and one that is
        there shows that its type has it.
        """
        return SHIPPING_WEIGHT if self.shipping else PACKAGE_WEIGHT

    @property
    def is_suppressed(self) -> bool:
        """Whether nobody can buy it because of an error in it; one that is only sold out is not."""
        return _BUYABLE not in self.status and any(issue.is_error for issue in self.issues)

    def grams_in(self, marketplace_ids: Sequence[str]) -> Grams:
        """What it weighs in a store's marketplaces.

        Of several entries the first that is more than zero counts, in the order of the marketplaces, then any other's
        (docs/services/amazon.md, "Where a weight is").
        """
        found = {name: _grams(getattr(self, name), marketplace_ids) for name in ("shipping", "package", "item")}
        unknown = next((unit for _, unit in found.values() if unit), None)
        return Grams(**{name: grams for name, (grams, _) in found.items()}, unknown_unit=unknown)

    def unit_of(self, attribute: str, marketplace_id: str) -> str | None:
        """The unit in which an attribute stands there for a marketplace, or for any other."""
        entries = _in_order(self.shipping if attribute == SHIPPING_WEIGHT else self.package, (marketplace_id,))
        return entries[0].unit if entries else None


def _in_order(entries: Iterable[ListedWeight], marketplace_ids: Sequence[str]) -> list[ListedWeight]:
    places = {marketplace_id: place for place, marketplace_id in enumerate(marketplace_ids)}
    return sorted(entries, key=lambda entry: places.get(entry.marketplace_id or "", len(places)))


def _grams(entries: Iterable[ListedWeight], marketplace_ids: Sequence[str]) -> tuple[int | None, str | None]:
    """The weight that counts, and a unit that is not known."""
    found: int | None = None
    unknown: str | None = None
    for entry in _in_order(entries, marketplace_ids):
        grams = to_grams(entry.value, entry.unit)
        if grams:
            return grams, unknown
        if grams is None:
            unknown = unknown or entry.unit[:_LONGEST_UNIT]
        elif found is None:
            found = grams
    return found, unknown


# What comes over the wire --------------------------------------------------------------------------------------------


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """JSON in Amazon's camel case. Without cycles, so that the garbage collector need not look."""


class _Summary(_Wire, frozen=True):
    marketplace_id: str
    asin: str | None = None
    product_type: str | None = None
    item_name: str | None = None
    status: tuple[str, ...] | None = None
    last_updated_date: Moment | None = None


class _ProductType(_Wire, frozen=True):
    marketplace_id: str
    product_type: str


class _Relationship(_Wire, frozen=True):
    type: str
    parent_skus: tuple[str, ...] | None = None
    child_skus: tuple[str, ...] | None = None


class _Relationships(_Wire, frozen=True):
    relationships: tuple[_Relationship, ...]


class WireIssue(_Wire, frozen=True):
    """An entry of `issues`."""

    code: str
    message: str
    severity: str
    attribute_names: tuple[str, ...] | None = None


class WireItem(_Wire, frozen=True):
    """A listing."""

    sku: str
    summaries: tuple[_Summary, ...] | None = None
    attributes: dict[str, Any] | None = None
    issues: tuple[WireIssue, ...] | None = None
    relationships: tuple[_Relationships, ...] | None = None
    product_types: tuple[_ProductType, ...] | None = None


class _Sku(_Wire, frozen=True):
    sku: str


def exact_number(digits: str) -> Decimal | str:
    """For decoding what is free-form: a number by its digits, never as a float."""
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond all reckoning
        return digits


_decode_item: Final = json_decoder(WireItem, float_hook=exact_number)
_decode_sku: Final = json_decoder(_Sku)


def read_listing(body: bytes | msgspec.Raw, marketplace_ids: Sequence[str]) -> Listing | None:
    """The listing; with nothing but its SKU where the rest cannot be read, None where not even that can."""
    try:
        return _to_listing(_decode_item(body), marketplace_ids)
    except UndecodableError:
        pass
    try:
        return Listing(sku=_decode_sku(body).sku)
    except UndecodableError:
        return None


def read_weights(entries: object) -> tuple[ListedWeight, ...]:
    """The weights in a free-form attribute; what is none is passed over."""
    if not isinstance(entries, list):
        return ()
    return tuple(weight for entry in entries if isinstance(entry, dict) and (weight := _read_weight(entry)))


def _read_weight(entry: Mapping[str, object]) -> ListedWeight | None:
    value, unit, marketplace_id = entry.get("value"), entry.get("unit"), entry.get("marketplace_id")
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not isinstance(unit, str):
        return None
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return None
    return ListedWeight(exact, unit, marketplace_id if isinstance(marketplace_id, str) else None)


def to_issues(issues: Iterable[WireIssue] | None) -> tuple[Issue, ...]:
    """The issues in our terms."""
    return tuple(
        Issue(issue.code, issue.message, issue.severity, issue.attribute_names or ()) for issue in issues or ()
    )


def _to_listing(item: WireItem, marketplace_ids: Sequence[str]) -> Listing:
    places = {marketplace_id: place for place, marketplace_id in enumerate(marketplace_ids)}
    summaries = sorted(item.summaries or (), key=lambda summary: places.get(summary.marketplace_id, len(places)))
    types = sorted(item.product_types or (), key=lambda entry: places.get(entry.marketplace_id, len(places)))
    product_types = (*(summary.product_type for summary in summaries), *(entry.product_type for entry in types))
    attributes = item.attributes or {}
    return Listing(
        sku=item.sku,
        asin=next((summary.asin for summary in summaries if summary.asin), None),
        title=next((summary.item_name for summary in summaries if summary.item_name), None),
        product_type=next((product_type for product_type in product_types if product_type), None),
        status=frozenset(word for summary in summaries for word in summary.status or ()),
        shipping=read_weights(attributes.get(SHIPPING_WEIGHT)),
        package=read_weights(attributes.get(PACKAGE_WEIGHT)),
        item=read_weights(attributes.get(ITEM_WEIGHT)),
        family=_family(item),
        issues=to_issues(item.issues),
        updated_at=max((each.last_updated_date for each in summaries if each.last_updated_date), default=None),
    )


def _family(item: WireItem) -> str | None:
    for entry in item.relationships or ():
        for relationship in entry.relationships:
            if relationship.type != _VARIATION:
                continue
            if relationship.parent_skus:
                return relationship.parent_skus[0]
            if relationship.child_skus:
                return item.sku
    return None
