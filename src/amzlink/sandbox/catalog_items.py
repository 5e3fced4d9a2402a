"""The Catalog Items API: what Amazon knows of a product, whoever sells it."""

from typing import Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.listing_bodies import VARIATION_THEME, names_in, title_in
from amzlink.sandbox.messages import Json, Response, json_response
from amzlink.sandbox.pagination import find_start, token_at
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.products import Product
from amzlink.sandbox.refusals import invalid_input, not_valid, refusal, seller_unknown
from amzlink.sandbox.weights import ITEM, PACKAGE, know_weights
from amzlink.sandbox.world import World

DEFAULT_PAGE: Final = 10
_FOR_KEYWORDS: Final = ("brandNames", "classificationIds", "keywordsLocale")
_BRAND: Final = "Kontor"
_EDGE: Final = {"unit": "centimeters", "value": 21.5}


def get_catalog_item(world: World, arguments: Arguments) -> Response:
    """One product by its ASIN."""
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    asin = arguments.text("asin") or ""
    product = world.catalogue.by_asin.get(asin)
    if product is None:
        return refusal(404, "NOT_FOUND", f"Requested item '{asin}' not found in the marketplaces asked for.")
    return json_response(200, _describe(world, product, arguments))


def search_catalog_items(world: World, arguments: Arguments) -> Response:
    """One page of the products that have some identifiers or words; an identifier that nothing has is passed over."""
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    found = _find(world, arguments)
    if found is None:
        return seller_unknown()
    start = find_start(arguments.raw, world.now())
    if isinstance(start, Response):
        return start
    end = start + arguments.number("pageSize", DEFAULT_PAGE)
    answer: Json = {
        "numberOfResults": len(found),
        "items": [_describe(world, product, arguments) for product in found[start:end]],
    }
    if end < len(found):
        answer["pagination"] = {"nextToken": token_at(end, arguments.raw, world.now())}
    return json_response(200, answer)


def _find(world: World, arguments: Arguments) -> list[Product] | None:
    """What is asked for, or None for the SKUs of another seller."""
    if arguments.has("keywords"):
        return _find_by_words(world, arguments)
    if not arguments.has("identifiers") or not arguments.has("identifiersType"):
        raise not_valid("identifiers", "identifiers and identifiersType go together.")
    for name in _FOR_KEYWORDS:
        if arguments.has(name):
            raise not_valid(name, "It goes with keywords.")
    kind, wanted = arguments.text("identifiersType"), dict.fromkeys(arguments.items("identifiers"))
    catalogue = world.catalogue
    if kind == "ASIN":
        return [catalogue.by_asin[asin] for asin in wanted if asin in catalogue.by_asin]
    if kind != "SKU":
        raise not_valid("identifiersType", "The products of this sandbox have SKUs and ASINs only.")
    if not arguments.has("sellerId"):
        raise invalid_input("Missing required 'sellerId' for identifiersType 'SKU'.")
    if arguments.text("sellerId") != world.account.seller_id:
        return None
    return [catalogue.by_sku[sku] for sku in wanted if sku in catalogue.by_sku]


def _find_by_words(world: World, arguments: Arguments) -> list[Product]:
    """What has all the words in its name. No product here is in a class."""
    if arguments.has("identifiers"):
        raise not_valid("keywords", "It cannot be used with identifiers.")
    if arguments.has("classificationIds") or _BRAND not in (arguments.items("brandNames") or (_BRAND,)):
        return []
    (marketplace_id,) = arguments.items("marketplaceIds")
    words = [word.casefold() for word in arguments.items("keywords")]
    return [
        product
        for product in world.catalogue.by_asin.values()
        if all(word in title_in(product, marketplace_id).casefold() for word in words)
    ]


def _describe(world: World, product: Product, arguments: Arguments) -> Json:
    marketplace_ids = arguments.items("marketplaceIds")
    item: Json = {"asin": product.asin}
    for name in arguments.items("includedData") or ("summaries",):
        match name:
            case "attributes":
                item[name] = _attributes(product, marketplace_ids)
            case "dimensions":
                item[name] = [{"marketplaceId": each, **_dimensions(product)} for each in marketplace_ids]
            case "summaries":
                item[name] = [_summary(product, each) for each in marketplace_ids]
            case "relationships":
                related = _relationships(world, product)
                item[name] = [{"marketplaceId": each, "relationships": related} for each in marketplace_ids]
            case "productTypes":
                item[name] = [{"marketplaceId": each, "productType": product.product_type} for each in marketplace_ids]
            case "vendorDetails":
                raise not_valid("includedData", "vendorDetails are for vendors.")
            case _:
                item[name] = []  # pictures, ranks and other numbers, of which these products have none
    return item


def _dimensions(product: Product) -> Json:
    if product.is_parent:
        return {}
    known = know_weights(product.kind, product.grams)
    box = {"height": _EDGE, "length": _EDGE, "width": _EDGE}
    return {part: {**box, **({"weight": known[part]} if part in known else {})} for part in ("item", "package")}


def _attributes(product: Product, marketplace_ids: tuple[str, ...]) -> Json:
    attributes: Json = {"item_name": names_in(product, marketplace_ids)}
    known = know_weights(product.kind, product.grams)
    for name, part in ((ITEM, "item"), (PACKAGE, "package")):
        if part in known:
            attributes[name] = [{**known[part], "marketplace_id": each} for each in marketplace_ids]
    return attributes


def _summary(product: Product, marketplace_id: str) -> Json:
    return {
        "marketplaceId": marketplace_id,
        "brand": _BRAND,
        "itemClassification": "VARIATION_PARENT" if product.is_parent else "BASE_PRODUCT",
        "itemName": title_in(product, marketplace_id),
        "packageQuantity": 1,
    }


def _relationships(world: World, product: Product) -> list[Json]:
    by_sku = world.catalogue.by_sku
    if product.is_parent:
        relatives = {"childAsins": [by_sku[sku].asin for sku in product.children if sku in by_sku]}
    elif product.parent in by_sku:
        relatives = {"parentAsins": [by_sku[product.parent].asin]}
    else:
        return []
    return [{"type": "VARIATION", **relatives, "variationTheme": VARIATION_THEME}]
