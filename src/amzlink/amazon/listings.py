"""Listings Items API 2021-08-01. It is also the one API that proves a Seller ID (facts 2.7)."""

from typing import Final
from urllib.parse import quote

from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import Link

SEARCH_LISTINGS_ITEMS: Final = Operation("searchListingsItems", 5.0, 5, "Product Listing")


def prove_seller_id(link: Link, seller_id: str, marketplace_id: str) -> None:
    """Ask for one listing: it comes back only if the Seller ID is the token's and the app may read listings.

    Raises:
        Problem: `seller-id-wrong`, `access-denied`, or as `Link.get`.
    """
    path = f"/listings/2021-08-01/items/{quote(seller_id, safe='')}"
    link.get(SEARCH_LISTINGS_ITEMS, path, {"marketplaceIds": marketplace_id, "pageSize": "1"})
