"""Listings Items API 2021-08-01: what the seller's products are said to weigh, and saying something else.

It is also the one API that proves a Seller ID (docs/services/amazon.md, "What an answer proves").
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from amzlink.amazon.listing_json import Issue, Listing, WireIssue, read_listing, to_issues
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import DeadPageToken, SpApiClient
from amzlink.clock import to_iso
from amzlink.core.weights.weights import amazon_value
from amzlink.http.bodies import UndecodableError, read_json
from amzlink.problems import services
from amzlink.problems.failures import NotFound

__all__ = [
    "ACCEPTED",
    "INVALID",
    "MOST_PAGED",
    "PAGE_SIZE",
    "PREVIEW_VALID",
    "Issue",
    "Listing",
    "ListingsPage",
    "PatchAnswer",
    "TooManyListings",
    "changed_listings",
    "count_listings",
    "find_listings",
    "listings_of_asins",
    "patch_weight",
    "prove_seller_id",
]

_ROLE: Final = "Product Listing"
SEARCH_LISTINGS_ITEMS: Final = Operation("searchListingsItems", 5.0, 5, _ROLE)
GET_LISTINGS_ITEM: Final = Operation("getListingsItem", 5.0, 10, _ROLE)
PATCH_LISTINGS_ITEM: Final = Operation("patchListingsItem", 5.0, 5, _ROLE)

PAGE_SIZE: Final = 20
MOST_PAGED: Final = 1000
"""Listings of one search that Amazon gives out, however many there are (docs/services/amazon.md,
"Reading listings and the catalogue")."""

PREVIEW_VALID: Final = "VALID"
ACCEPTED: Final = "ACCEPTED"
INVALID: Final = "INVALID"

_PATH: Final = "/listings/2021-08-01/items"
_INCLUDED: Final = "summaries,attributes,issues,relationships,productTypes"
_MOST_TURNS: Final = 3


class TooManyListings(Exception):  # noqa: N818 - a turn of events that the sweep handles, not a failure
    """A search finds more than can be paged through: a shorter time has to be asked for, or the listings report."""


class ListingsPage(msgspec.Struct, frozen=True):
    """Some of what a search finds, and how many it finds in all."""

    listings: tuple[Listing, ...]
    total: int


class PatchAnswer(msgspec.Struct, frozen=True):
    """What Amazon says to a patch, all with HTTP 200 (docs/services/amazon.md, "Changing a listing").

    `status` is VALID or INVALID for a preview, ACCEPTED or INVALID for a patch. ACCEPTED means queued and no more: not
    even that there is such a SKU.
    """

    status: str
    submission_id: str
    issues: tuple[Issue, ...] = ()

    @property
    def is_taken(self) -> bool:
        """Whether Amazon has nothing against it."""
        return self.status in (ACCEPTED, PREVIEW_VALID)

    def issues_of(self, attribute: str) -> tuple[Issue, ...]:
        """The issues that are about an attribute; a preview names old faults of the listing too.

        Source: docs/services/amazon.md, "Changing a listing".
        """
        return tuple(issue for issue in self.issues if attribute in issue.attribute_names)


class _Count(msgspec.Struct, frozen=True, rename="camel"):
    number_of_results: int


class _Pagination(msgspec.Struct, frozen=True, rename="camel"):
    next_token: str | None = None


class _Results(msgspec.Struct, frozen=True, rename="camel"):
    number_of_results: int
    items: tuple[msgspec.Raw, ...]
    pagination: _Pagination | None = None


class _Patch(msgspec.Struct, frozen=True):
    op: str
    path: str
    value: tuple[Mapping[str, object], ...]


class _Submission(msgspec.Struct, frozen=True, rename="camel"):
    status: str
    submission_id: str
    issues: tuple[WireIssue, ...] | None = None


class _PatchRequest(msgspec.Struct, frozen=True, rename="camel"):
    product_type: str
    patches: tuple[_Patch, ...]


def prove_seller_id(link: SpApiClient, seller_id: str, marketplace_id: str) -> None:
    """Ask for one listing: it comes back only if the Seller ID is the token's and the app may read listings.

    Raises:
        Problem: `seller-id-wrong`, `access-denied`, `response-malformed`, or as `SpApiClient.get`.
    """
    _count(link, seller_id, {"marketplaceIds": marketplace_id})


def count_listings(link: SpApiClient, seller_id: str, marketplace_ids: Sequence[str]) -> int:
    """How many listings there are; `MOST_PAGED` can stand for more than that.

    Raises:
        Problem: as `prove_seller_id`.
    """
    return _count(link, seller_id, {"marketplaceIds": ",".join(marketplace_ids)})


def _count(link: SpApiClient, seller_id: str, query: Mapping[str, str]) -> int:
    answer = link.get(SEARCH_LISTINGS_ITEMS, _path(seller_id), {**query, "pageSize": "1"})
    try:
        return read_json(answer.body, _Count).number_of_results
    except UndecodableError as error:
        raise link.malformed(SEARCH_LISTINGS_ITEMS, answer.request_id, services.NO_LISTINGS) from error


# Reading -------------------------------------------------------------------------------------------------------------


def find_listings(
    link: SpApiClient, seller_id: str, marketplace_ids: Sequence[str], skus: Sequence[str]
) -> dict[str, Listing]:
    """The listings with these SKUs, as many as wanted: twenty a call. A SKU that is not the seller's is left out.

    The search takes a list with commas, so a SKU with a comma in it is asked for alone, and so is one that the search
    does not give back.

    Raises:
        Problem: `seller-id-wrong`, `access-denied`, `response-malformed`, or as `SpApiClient.get`.
    """
    wanted = list(dict.fromkeys(sku for sku in skus if sku.strip()))
    searched = [sku for sku in wanted if "," not in sku]
    found: dict[str, Listing] = {}
    for start in range(0, len(searched), PAGE_SIZE):
        chunk = searched[start : start + PAGE_SIZE]
        query = {"identifiers": ",".join(chunk), "identifiersType": "SKU"}
        for page in _search(link, seller_id, marketplace_ids, query):
            found |= {listing.sku: listing for listing in page.listings if listing.sku in chunk}
    for sku in wanted:
        if sku not in found and (listing := _get_listing(link, seller_id, marketplace_ids, sku)):
            found[sku] = listing
    return found


def listings_of_asins(
    link: SpApiClient, seller_id: str, marketplace_ids: Sequence[str], asins: Sequence[str]
) -> Iterator[Listing]:
    """The seller's listings of these products, for SKUs that a report has damaged; one ASIN can have several.

    Raises:
        Problem: as `find_listings`.
    """
    wanted = list(dict.fromkeys(asins))
    for start in range(0, len(wanted), PAGE_SIZE):
        query = {"identifiers": ",".join(wanted[start : start + PAGE_SIZE]), "identifiersType": "ASIN"}
        for page in _search(link, seller_id, marketplace_ids, query):
            yield from page.listings


def changed_listings(
    link: SpApiClient, seller_id: str, marketplace_ids: tuple[str, ...], after: datetime, before: datetime
) -> Iterator[ListingsPage]:
    """The listings that changed in a span of time, the earliest first; both ends belong to it.

    One that changes while pages are read leaves the span, and those behind it move up a place: then the span is read
    again from its start, so a listing can come twice.

    Raises:
        TooManyListings: there are `MOST_PAGED` or more, or they change too fast to be read in one go.
        Problem: as `find_listings`.
    """
    query = {
        "lastUpdatedAfter": to_iso(after),
        "lastUpdatedBefore": to_iso(before),
        "sortBy": "lastUpdatedDate",
        "sortOrder": "ASC",
    }
    for _ in range(_MOST_TURNS):
        total = None
        for page in _search(link, seller_id, marketplace_ids, query):
            # What is counted may be cut to what can be paged through.
            if page.total >= MOST_PAGED:
                raise TooManyListings
            yield page
            if total is not None and page.total < total:
                break
            total = page.total
        else:
            return
    raise TooManyListings


def _search(
    link: SpApiClient, seller_id: str, marketplace_ids: Sequence[str], query: Mapping[str, str]
) -> Iterator[ListingsPage]:
    """The pages of a search."""
    asked = {
        "marketplaceIds": ",".join(marketplace_ids),
        "includedData": _INCLUDED,
        "pageSize": str(PAGE_SIZE),
        **query,
    }
    used: set[str] = set()
    token: str | None = None
    while True:
        try:
            answer = link.get(
                SEARCH_LISTINGS_ITEMS, _path(seller_id), {**asked, "pageToken": token} if token else asked
            )
        except DeadPageToken:
            raise link.malformed(SEARCH_LISTINGS_ITEMS, "", services.NO_NEXT_PAGE) from None
        try:
            results = read_json(answer.body, _Results)
        except UndecodableError as error:
            raise link.malformed(SEARCH_LISTINGS_ITEMS, answer.request_id, services.NO_LISTINGS) from error
        listings = (read_listing(item, marketplace_ids) for item in results.items)
        yield ListingsPage(tuple(listing for listing in listings if listing), results.number_of_results)
        token = (results.pagination.next_token or None) if results.pagination else None
        if token is None or token in used:
            return
        used.add(token)


def _get_listing(link: SpApiClient, seller_id: str, marketplace_ids: Sequence[str], sku: str) -> Listing | None:
    query = {"marketplaceIds": ",".join(marketplace_ids), "includedData": _INCLUDED}
    try:
        answer = link.get(GET_LISTINGS_ITEM, _path(seller_id, sku), query)
    except NotFound:
        return None
    listing = read_listing(answer.body, marketplace_ids)
    if listing is None:
        raise link.malformed(GET_LISTINGS_ITEM, answer.request_id, services.NO_LISTING)
    return msgspec.structs.replace(listing, sku=sku)


def _path(seller_id: str, sku: str | None = None) -> str:
    """Each is one segment of the path, whatever signs it has."""
    path = f"{_PATH}/{quote(seller_id, safe='')}"
    if sku is None:
        return path
    # Dots alone would be taken for a step up the path.
    return f"{path}/{quote(sku, safe='') if sku.strip('.') else '%2E' * len(sku)}"


# Writing -------------------------------------------------------------------------------------------------------------


def patch_weight(
    link: SpApiClient,
    seller_id: str,
    sku: str,
    *,
    marketplace_id: str,
    product_type: str,
    attribute: str,
    grams: int,
    preview: bool,
    locale: str,
    unit: str | None = None,
) -> PatchAnswer:
    """Set a weight of a listing in one marketplace, or only ask what Amazon would say to it.

    `attribute` is `Listing.weight_attribute`. The attribute is replaced as a whole; whether that leaves alone what it
    holds for other marketplaces is not documented, so they are to be read back. `unit` is the one that stands there now
    (`Listing.unit_of`); it is kept where grams go into it exactly, and is kilograms otherwise. `locale` is the language
    of the issues, `en_GB`.

    A patch is sent once. After a lost answer (`AnswerUnknown`) the listing shows whether it was taken;
    sending the same again does no harm. A preview is tried again like any question.

    Raises:
        Problem: as `SpApiClient.patch_json`, or `response-malformed`, after which it may have been taken.
    """
    value, spelled = amazon_value(grams, unit)
    entry = {"value": msgspec.Raw(value.encode()), "unit": spelled, "marketplace_id": marketplace_id}
    document = _PatchRequest(product_type, (_Patch("replace", f"/attributes/{attribute}", (entry,)),))
    query = {"marketplaceIds": marketplace_id, "includedData": "issues", "issueLocale": locale}
    if preview:
        query["mode"] = "VALIDATION_PREVIEW"
    answer = link.patch_json(PATCH_LISTINGS_ITEM, _path(seller_id, sku), query, document, changes_nothing=preview)
    try:
        told = read_json(answer.body, _Submission)
    except UndecodableError as error:
        raise link.malformed(PATCH_LISTINGS_ITEM, answer.request_id, services.NO_PATCH_RESULT) from error
    return PatchAnswer(told.status, told.submission_id, to_issues(told.issues))
