"""Catalog Items API 2022-04-01: what Amazon's catalogue says that a product weighs.

It is Amazon's view, merged from all who sell the product, and not this seller's: good for a suggestion
(docs/services/amazon.md, "Where a weight is").
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from amzlink.amazon.listing_json import ITEM_WEIGHT, PACKAGE_WEIGHT, exact_number, read_weights
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import DeadPageToken, SpApiClient
from amzlink.core.weights.weights import to_grams
from amzlink.http.bodies import UndecodableError, json_decoder, read_json
from amzlink.problems import services

SEARCH_CATALOG_ITEMS: Final = Operation("searchCatalogItems", 2.0, 2, "Product Listing")
PAGE_SIZE: Final = 20


class CatalogWeights(msgspec.Struct, frozen=True):
    """What the catalogue says that the bare item and its package weigh, in whole grams, rounded up."""

    item: int | None
    package: int | None


class _Measure(msgspec.Struct, frozen=True):
    value: Decimal | None = None
    unit: str | None = None

    @property
    def grams(self) -> int | None:
        """In whole grams; None for nothing, and where it cannot be told."""
        return (to_grams(self.value, self.unit) or None) if self.value is not None and self.unit else None


class _Dimensions(msgspec.Struct, frozen=True):
    weight: _Measure | None = None


class _InMarketplace(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_id: str
    item: _Dimensions | None = None
    package: _Dimensions | None = None


class _Item(msgspec.Struct, frozen=True):
    asin: str
    dimensions: tuple[_InMarketplace, ...] | None = None
    attributes: dict[str, Any] | None = None


class _Pagination(msgspec.Struct, frozen=True, rename="camel"):
    next_token: str | None = None


class _Results(msgspec.Struct, frozen=True):
    items: tuple[msgspec.Raw, ...]
    pagination: _Pagination | None = None


_decode_item: Final = json_decoder(_Item, float_hook=exact_number)


def package_weights(link: SpApiClient, marketplace_id: str, asins: Sequence[str]) -> dict[str, CatalogWeights]:
    """What the catalogue of a marketplace knows of these products, twenty a call; those it does not have are left out.

    Raises:
        Problem: `access-denied`, `response-malformed`, or as `SpApiClient.get`.
    """
    wanted = list(dict.fromkeys(asin for asin in asins if asin))
    found: dict[str, CatalogWeights] = {}
    for start in range(0, len(wanted), PAGE_SIZE):
        chunk = wanted[start : start + PAGE_SIZE]
        found |= {item.asin: _to_weights(item) for item in _search(link, marketplace_id, chunk) if item.asin in chunk}
    return found


def _search(link: SpApiClient, marketplace_id: str, asins: Sequence[str]) -> list[_Item]:
    query = {
        "identifiers": ",".join(asins),
        "identifiersType": "ASIN",
        "marketplaceIds": marketplace_id,
        "includedData": "dimensions,attributes",
        "pageSize": str(PAGE_SIZE),
    }
    found: list[_Item] = []
    used: set[str] = set()
    while True:
        try:
            answer = link.get(SEARCH_CATALOG_ITEMS, "/catalog/2022-04-01/items", query)
        except DeadPageToken:
            raise link.malformed(SEARCH_CATALOG_ITEMS, "", services.NO_NEXT_PAGE) from None
        try:
            results = read_json(answer.body, _Results)
        except UndecodableError as error:
            raise link.malformed(SEARCH_CATALOG_ITEMS, answer.request_id, services.NO_PRODUCTS) from error
        found += filter(None, map(_read, results.items))
        token = (results.pagination.next_token or None) if results.pagination else None
        if token is None or token in used:
            return found
        used.add(token)
        query = {**query, "pageToken": token}


def _read(item: msgspec.Raw) -> _Item | None:
    """A product; one that cannot be read is one of which nothing is known."""
    try:
        return _decode_item(item)
    except UndecodableError:
        return None


def _to_weights(item: _Item) -> CatalogWeights:
    """From the dimensions; what they lack, from the attributes."""
    attributes = item.attributes or {}
    bare, packed = (
        next((weight.grams for part in parts if part and (weight := part.weight) and weight.grams), None)
        for parts in (
            [entry.item for entry in item.dimensions or ()],
            [entry.package for entry in item.dimensions or ()],
        )
    )
    return CatalogWeights(bare or _first(attributes.get(ITEM_WEIGHT)), packed or _first(attributes.get(PACKAGE_WEIGHT)))


def _first(entries: object) -> int | None:
    return next((grams for weight in read_weights(entries) if (grams := to_grams(weight.value, weight.unit))), None)
