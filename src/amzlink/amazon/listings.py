"""Listings Items API 2021-08-01. It is also the one API that proves a Seller ID (facts 2.7)."""

from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import Link

SEARCH_LISTINGS_ITEMS: Final = Operation("searchListingsItems", 5.0, 5, "Product Listing")


class _Results(msgspec.Struct, frozen=True):
    numberOfResults: int  # noqa: N815 - Amazon's name


def prove_seller_id(link: Link, seller_id: str, marketplace_id: str) -> None:
    """Ask for one listing: it comes back only if the Seller ID is the token's and the app may read listings.

    Raises:
        Problem: `seller-id-wrong`, `access-denied`, `response-malformed`, or as `Link.get`.
    """
    path = f"/listings/2021-08-01/items/{quote(seller_id, safe='')}"
    answer = link.get(SEARCH_LISTINGS_ITEMS, path, {"marketplaceIds": marketplace_id, "pageSize": "1"})
    try:
        msgspec.json.decode(answer.body, type=_Results)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise link.malformed(SEARCH_LISTINGS_ITEMS, answer.request_id, "it is no list of listings") from error
