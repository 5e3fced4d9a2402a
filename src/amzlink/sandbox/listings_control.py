"""The control calls for listings: which there are, what they say of their weight, and changes as sellers make them."""

from typing import Any, Final
from urllib.parse import unquote

from amzlink.sandbox.clock import iso
from amzlink.sandbox.control_bodies import BadCallError, read_body
from amzlink.sandbox.messages import Json, Request
from amzlink.sandbox.parameters import parse_query
from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import PACKAGE, WeightKind
from amzlink.sandbox.world import World

_MOST_ADDED: Final = 20_000


def list_listings(world: World, request: Request) -> Json:
    """All listings, or those of a kind."""
    kind = parse_query(request.query).get("kind")
    if kind is not None and kind not in set(WeightKind):
        raise BadCallError(f"no such kind: {kind}; there are {', '.join(WeightKind)}")
    return {"listings": [_sum_up(each) for each in world.catalogue.by_sku.values() if kind in {None, each.kind}]}


def change_listings(world: World, request: Request) -> Json:
    """Touches so many listings, those first that were unchanged longest, or adds so many new ones."""
    body = read_body(request)
    if len(body) != 1:
        raise BadCallError('the body is {"touch": N} or {"add": N}')
    (name, number), now = next(iter(body.items())), world.now()
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= _MOST_ADDED:
        raise BadCallError(f"a number of listings is at most {_MOST_ADDED}")
    match name:
        case "touch":
            chosen = world.catalogue.changed_between(None, None)[:number]
            for product in chosen:
                world.catalogue.note_change(product, now)
        case "add":
            chosen = world.catalogue.add(number, now)
        case _:
            raise BadCallError('the body is {"touch": N} or {"add": N}')
    return {"changed": [product.sku for product in chosen]}


def answer_for_listing(world: World, request: Request, segment: str) -> Json:
    """Shows or changes one listing; `segment` is its SKU, percent-encoded."""
    sku = unquote(segment)
    product = world.catalogue.by_sku.get(sku)
    if product is None:
        raise BadCallError(f"no such listing: {sku}", 404)
    if request.method == "POST":
        _change(world, product, read_body(request))
    return {
        **_sum_up(product),
        "attributes": product.attributes,
        "statuses": product.statuses,
        "answers_to_patches": world.patches.said_to(sku),
    }


def _change(world: World, product: Product, body: Json) -> None:
    match body:
        case {"action": "touch"}:
            pass
        case {"action": "remove"}:
            world.catalogue.remove(product)
            return
        case {"weight": weight, **rest} if weight is None or isinstance(weight, dict):
            _weigh(world, product, weight, rest)
        case _:
            raise BadCallError('the body is {"action": "touch" or "remove"} or {"weight": {"value": V, "unit": U}}')
    world.catalogue.note_change(product, world.now())


def _weigh(world: World, product: Product, weight: Any, rest: Json) -> None:
    """Sets a weight attribute as it stands, however senseless, or takes it away."""
    unknown = rest.keys() - {"attribute", "marketplace_ids"}
    attribute = rest.get("attribute", PACKAGE)
    own = [marketplace.id for marketplace in world.marketplaces]
    marketplace_ids = rest.get("marketplace_ids", own)
    if unknown or not isinstance(attribute, str) or not isinstance(marketplace_ids, list):
        raise BadCallError('beside "weight" there may be an "attribute" and "marketplace_ids"')
    kept = [
        entry for entry in product.attributes.get(attribute, []) if entry.get("marketplace_id") not in marketplace_ids
    ]
    fresh = [] if weight is None else [{**weight, "marketplace_id": each} for each in marketplace_ids]
    product.own[attribute] = kept + fresh


def _sum_up(product: Product) -> Json:
    told = {
        "sku": product.sku,
        "asin": product.asin,
        "kind": product.kind.value,
        "grams": product.grams,
        "product_type": product.product_type,
        "last_updated": iso(product.updated),
    }
    return told | ({"parent": product.parent} if product.parent else {})
