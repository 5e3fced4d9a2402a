"""The Listings Items API, read side: the seller's products with their weights."""

import re
from typing import Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.listing_bodies import describe, issues_of
from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.pagination import find_start, token_at
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.products import Product
from amzlink.sandbox.refusals import not_valid, refusal, seller_unknown
from amzlink.sandbox.world import World

MOST_PAGED: Final = 1000
DEFAULT_PAGE: Final = 10
_SELECTORS: Final = ("identifiers", "variationParentSku", "packageHierarchySku")
_SORT_KEYS: Final = {
    "sku": lambda product: product.sku,
    "createdDate": lambda product: (product.created, product.sku),
    "lastUpdatedDate": lambda product: (product.updated, product.sku),
}


def get_listings_item(world: World, arguments: Arguments) -> Response:
    """One listing by its SKU."""
    refused = check_seller(world, arguments)
    if refused:
        return refused
    sku = arguments.text("sku") or ""
    product = world.catalogue.by_sku.get(sku)
    if product is None:
        return refusal(404, "NOT_FOUND", f"SKU '{sku}' not found in the marketplaces asked for")
    return json_response(200, _describe(product, arguments))


def search_listings_items(world: World, arguments: Arguments) -> Response:
    """One page of the seller's listings.

    All that are found are counted, but only the first thousand can be paged through. A page is cut by its place in
    what is found at that moment, so that a listing which changes meanwhile moves others across the pages' borders.
    """
    refused = check_seller(world, arguments)
    if refused:
        return refused
    found = _sort(_find(world, arguments), arguments)
    start = find_start(arguments.raw, world.now())
    if isinstance(start, Response):
        return start
    size = arguments.number("pageSize", DEFAULT_PAGE)
    end = min(start + size, MOST_PAGED)
    pagination = {}
    if end < min(len(found), MOST_PAGED):
        pagination["nextToken"] = token_at(end, arguments.raw, world.now())
    if start > 0:
        pagination["previousToken"] = token_at(max(0, start - size), arguments.raw, world.now())
    items = [_describe(product, arguments) for product in found[start:end]]
    answer: Json = {"numberOfResults": len(found), "items": items}
    return json_response(200, answer | ({"pagination": pagination} if pagination else {}))


def check_seller(world: World, arguments: Arguments) -> Response | None:
    """The refusal of a call for listings that are not the token's seller's, or in no shop of theirs; or None."""
    wanted = arguments.items("marketplaceIds")
    refused = check_marketplaces(world, wanted)
    if refused:
        return refused
    own = {marketplace.id for marketplace in world.marketplaces}
    if arguments.text("sellerId") != world.account.seller_id or not own.issuperset(wanted):
        return seller_unknown()
    locale = arguments.text("issueLocale")
    if locale is not None and not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", locale):
        raise not_valid("issueLocale", "It is no locale such as en_GB.")
    return None


def _find(world: World, arguments: Arguments) -> list[Product]:
    after, before = arguments.time("createdAfter"), arguments.time("createdBefore")
    wanted, unwanted = set(arguments.items("withStatus")), set(arguments.items("withoutStatus"))
    severities = set(arguments.items("withIssueSeverity"))
    found = _select(world, arguments)
    if after:
        found = [product for product in found if product.created >= after]
    if before:
        found = [product for product in found if product.created <= before]
    if wanted or unwanted:
        found = [each for each in found if wanted.issubset(each.statuses) and unwanted.isdisjoint(each.statuses)]
    if severities:
        found = [each for each in found if severities & {issue["severity"] for issue in issues_of(each)}]
    return found


def _select(world: World, arguments: Arguments) -> list[Product]:
    """What the selector and the time of the last change leave."""
    if arguments.has("identifiers") != arguments.has("identifiersType"):
        raise not_valid("identifiers", "identifiers and identifiersType go together.")
    if sum(arguments.has(name) for name in _SELECTORS) > 1:
        raise not_valid("identifiers", f"Only one of {', '.join(_SELECTORS)} can be used.")
    after, before = arguments.time("lastUpdatedAfter"), arguments.time("lastUpdatedBefore")
    if not any(arguments.has(name) for name in _SELECTORS):
        return world.catalogue.changed_between(after, before)
    return [
        product
        for product in _named(world, arguments)
        if (after is None or product.updated >= after) and (before is None or product.updated <= before)
    ]


def _named(world: World, arguments: Arguments) -> list[Product]:
    catalogue = world.catalogue
    if arguments.has("packageHierarchySku"):
        return []  # nothing in this sandbox contains something else
    if arguments.has("variationParentSku"):
        parent = catalogue.by_sku.get(arguments.raw["variationParentSku"])
        return list(catalogue.children(parent)) if parent else []
    kind, wanted = arguments.text("identifiersType"), dict.fromkeys(arguments.items("identifiers"))
    if kind == "SKU":
        return [catalogue.by_sku[sku] for sku in wanted if sku in catalogue.by_sku]
    if kind == "ASIN":
        known = (catalogue.by_asin.get(asin) for asin in wanted)
        return [product for product in known if product is not None and product.sku in catalogue.by_sku]
    raise not_valid("identifiersType", "The products of this sandbox have SKUs and ASINs only.")


def _sort(products: list[Product], arguments: Arguments) -> list[Product]:
    key = _SORT_KEYS[arguments.text("sortBy") or "lastUpdatedDate"]
    return sorted(products, key=key, reverse=arguments.text("sortOrder") != "ASC")


def _describe(product: Product, arguments: Arguments) -> Json:
    wanted = arguments.items("includedData") or ("summaries",)
    return describe(product, arguments.items("marketplaceIds"), wanted, arguments.text("issueLocale"))
