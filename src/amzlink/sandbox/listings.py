"""The Listings Items API, read side: the seller's products with their weights."""

import re
from collections.abc import Iterator
from typing import Final

from amzlink.amazon.marketplaces import BY_ID
from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.catalogue import Product
from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.pagination import Place, fingerprint, make_token, read_token
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.refusals import not_valid, page_token_dead, query_changed, refusal, seller_unknown
from amzlink.sandbox.world import World

MOST_PAGED: Final = 1000
DEFAULT_PAGE: Final = 10
_FALLBACK_LANGUAGE: Final = "de"
_UNBUILT: Final = ("variationParentSku", "packageHierarchySku", "withIssueSeverity")
_SORT_KEYS: Final = {
    "sku": lambda product: product.sku,
    "createdDate": lambda product: (product.created, product.sku),
    "lastUpdatedDate": lambda product: (product.updated, product.sku),
}


def get_listings_item(world: World, arguments: Arguments) -> Response:
    """One listing by its SKU."""
    refused = _check_seller(world, arguments)
    if refused:
        return refused
    sku = arguments.text("sku") or ""
    product = world.catalogue.by_sku.get(sku)
    if product is None:
        return refusal(404, "NOT_FOUND", f"SKU '{sku}' not found in the marketplaces asked for")
    return json_response(200, _describe(product, arguments))


def search_listings_items(world: World, arguments: Arguments) -> Response:
    """One page of the seller's listings."""
    refused = _check_seller(world, arguments)
    if refused:
        return refused
    found = _sort(list(_filter(world, arguments)), arguments)[:MOST_PAGED]
    start, query, now = 0, fingerprint(arguments.raw), world.now()
    token = arguments.text("pageToken")
    if token is not None:
        place = read_token(token)
        if place is None or not place.is_alive(now):
            return page_token_dead()
        if place.query != query:
            return query_changed()
        start = int(place.after)
    size = arguments.number("pageSize", DEFAULT_PAGE)
    pagination = {}
    if start + size < len(found):
        pagination["nextToken"] = make_token(Place(str(start + size), now, query, now))
    if start > 0:
        pagination["previousToken"] = make_token(Place(str(max(0, start - size)), now, query, now))
    items = [_describe(product, arguments) for product in found[start : start + size]]
    answer: Json = {"numberOfResults": len(found), "items": items}
    return json_response(200, answer | ({"pagination": pagination} if pagination else {}))


def _check_seller(world: World, arguments: Arguments) -> Response | None:
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


def _filter(world: World, arguments: Arguments) -> Iterator[Product]:
    for name in _UNBUILT:
        if arguments.has(name):
            raise not_valid(name, "This sandbox has no variations, package hierarchies and issues to filter by.")
    if arguments.has("identifiers") != arguments.has("identifiersType"):
        raise not_valid("identifiers", "identifiers and identifiersType go together.")
    wanted, kind = arguments.items("identifiers"), arguments.text("identifiersType")
    if kind not in {None, "SKU", "ASIN"}:
        raise not_valid("identifiersType", "The products of this sandbox have SKUs and ASINs only.")
    for product in world.catalogue.products:
        if kind and (product.sku if kind == "SKU" else product.asin) not in wanted:
            continue
        if _is_in_time(product, arguments) and _has_status(product, arguments):
            yield product


def _is_in_time(product: Product, arguments: Arguments) -> bool:
    for field, moment in (("created", product.created), ("lastUpdated", product.updated)):
        after, before = arguments.time(f"{field}After"), arguments.time(f"{field}Before")
        if (after is not None and moment < after) or (before is not None and moment > before):
            return False
    return True


def _has_status(product: Product, arguments: Arguments) -> bool:
    statuses = set(_statuses(product))
    wanted, unwanted = arguments.items("withStatus"), arguments.items("withoutStatus")
    return statuses.issuperset(wanted) and statuses.isdisjoint(unwanted)


def _sort(products: list[Product], arguments: Arguments) -> list[Product]:
    key = _SORT_KEYS[arguments.text("sortBy") or "lastUpdatedDate"]
    return sorted(products, key=key, reverse=arguments.text("sortOrder") != "ASC")


def _statuses(product: Product) -> list[str]:
    return ["BUYABLE", "DISCOVERABLE"] if product.buyable else ["DISCOVERABLE"]


def _describe(product: Product, arguments: Arguments) -> Json:
    wanted = arguments.items("includedData") or ("summaries",)
    marketplace_ids = arguments.items("marketplaceIds")
    item: Json = {"sku": product.sku}
    if "summaries" in wanted:
        item["summaries"] = [_summary(product, marketplace_id) for marketplace_id in marketplace_ids]
    if "attributes" in wanted:
        item["attributes"] = _attributes(product, marketplace_ids)
    if "productTypes" in wanted:
        item["productTypes"] = [
            {"marketplaceId": marketplace_id, "productType": product.product_type} for marketplace_id in marketplace_ids
        ]
    if "issues" in wanted:
        item["issues"] = []
    return item


def _title(product: Product, marketplace_id: str) -> str:
    language = BY_ID[marketplace_id].locale[:2]
    return product.titles.get(language, product.titles[_FALLBACK_LANGUAGE])


def _summary(product: Product, marketplace_id: str) -> Json:
    return {
        "marketplaceId": marketplace_id,
        "asin": product.asin,
        "productType": product.product_type,
        "conditionType": "new_new",
        "status": _statuses(product),
        "itemName": _title(product, marketplace_id),
        "createdDate": iso(product.created),
        "lastUpdatedDate": iso(product.updated),
    }


def _attributes(product: Product, marketplace_ids: tuple[str, ...]) -> Json:
    attributes: Json = {
        "item_name": [
            {
                "value": _title(product, marketplace_id),
                "language_tag": BY_ID[marketplace_id].locale,
                "marketplace_id": marketplace_id,
            }
            for marketplace_id in marketplace_ids
        ]
    }
    for name, values in product.attributes.items():
        attributes[name] = [value for value in values if value["marketplace_id"] in marketplace_ids]
    return attributes
