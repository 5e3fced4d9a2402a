"""How the Listings Items API tells of a product: the datasets of one listing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox.clock import iso
from amzlink.sandbox.listing_issues import ATTRIBUTE_MISSING, localise, make_issue
from amzlink.sandbox.messages import Json
from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import PACKAGE, WeightKind

OLD_ATTRIBUTE: Final = "number_of_boxes"
_ZLOTY_PER_EURO: Final = 4.3
_FALLBACK_LANGUAGE: Final = "de"
VARIATION_THEME: Final = {"attributes": ["color"], "theme": "COLOR"}
_MOST_IN_STOCK: Final = 60


def describe(product: Product, marketplace_ids: tuple[str, ...], wanted: tuple[str, ...], locale: str | None) -> Json:
    """The listing with the datasets that are wanted; `procurement` is for vendors, and no seller's listing has it."""
    item: Json = {"sku": product.sku}
    for name in wanted:
        if name in _DATASETS:
            item[name] = _DATASETS[name](product, marketplace_ids)
        elif name == "issues":
            item[name] = localise(issues_of(product), locale, marketplace_ids)
    return item


def issues_of(product: Product) -> list[Json]:
    """What is wrong with the listing, not yet put into words."""
    missing = [make_issue(ATTRIBUTE_MISSING, PACKAGE, action="LISTING_SUPPRESSED")] if product.is_suppressed else []
    return missing + product.issues


def title_in(product: Product, marketplace_id: str) -> str:
    """What the shop of that marketplace calls it."""
    language = BY_ID[marketplace_id].locale[:2]
    return product.titles.get(language, product.titles[_FALLBACK_LANGUAGE])


def price_in(product: Product, marketplace_id: str) -> Json:
    """What it costs there."""
    currency = BY_ID[marketplace_id].currency
    cents = round(product.price_cents * _ZLOTY_PER_EURO) if currency == "PLN" else product.price_cents
    return {"currencyCode": currency, "amount": f"{cents // 100}.{cents % 100:02d}"}


def stock_of(product: Product) -> int:
    """How many are there; nothing in this sandbox counts them."""
    return product.price_cents // 100 % _MOST_IN_STOCK


def attributes_of(product: Product, marketplace_ids: tuple[str, ...]) -> Json:
    """The attributes, as far as they have an entry for these marketplaces."""
    attributes: Json = {"item_name": names_in(product, marketplace_ids)}
    if product.parent or product.is_parent:
        level = "parent" if product.is_parent else "child"
        attributes["parentage_level"] = [{"value": level, "marketplace_id": each} for each in marketplace_ids]
    if product.kind is WeightKind.OLD_ISSUE:
        # The product type had it once; what stands there cannot be changed any more, and a preview minds it.
        attributes[OLD_ATTRIBUTE] = [{"value": 0, "marketplace_id": each} for each in marketplace_ids]
    for name, entries in product.attributes.items():
        told = [entry for entry in entries if entry.get("marketplace_id", marketplace_ids[0]) in marketplace_ids]
        if told:
            attributes[name] = told
    return attributes


def names_in(product: Product, marketplace_ids: tuple[str, ...]) -> list[Json]:
    """Its name in each of these marketplaces, as an attribute."""
    return [
        {"value": title_in(product, each), "language_tag": BY_ID[each].locale, "marketplace_id": each}
        for each in marketplace_ids
    ]


def _summaries(product: Product, marketplace_ids: tuple[str, ...]) -> list[Json]:
    return [
        {
            "marketplaceId": each,
            "asin": product.asin,
            "productType": product.product_type,
            "conditionType": "new_new",
            "status": product.statuses,
            "itemName": title_in(product, each),
            "createdDate": iso(product.created),
            "lastUpdatedDate": iso(product.updated),
        }
        for each in marketplace_ids
    ]


def _product_types(product: Product, marketplace_ids: tuple[str, ...]) -> list[Json]:
    return [{"marketplaceId": each, "productType": product.product_type} for each in marketplace_ids]


def _relationships(product: Product, marketplace_ids: tuple[str, ...]) -> list[Json]:
    relatives = {"childSkus": list(product.children)} if product.is_parent else {"parentSkus": [product.parent]}
    related = [{"type": "VARIATION", **relatives, "variationTheme": VARIATION_THEME}]
    has_family = product.is_parent or product.parent
    return [{"marketplaceId": each, "relationships": related if has_family else []} for each in marketplace_ids]


def _offers(product: Product, marketplace_ids: tuple[str, ...]) -> list[Json]:
    if product.is_parent:
        return []
    return [{"marketplaceId": each, "offerType": "B2C", "price": price_in(product, each)} for each in marketplace_ids]


def _availability(product: Product, _marketplace_ids: tuple[str, ...]) -> list[Json]:
    if product.is_parent:
        return []
    return [{"fulfillmentChannelCode": "DEFAULT", "quantity": stock_of(product)}]


_DATASETS: Final[Mapping[str, Callable[[Product, tuple[str, ...]], object]]] = MappingProxyType(
    {
        "summaries": _summaries,
        "attributes": attributes_of,
        "offers": _offers,
        "fulfillmentAvailability": _availability,
        "relationships": _relationships,
        "productTypes": _product_types,
    }
)
