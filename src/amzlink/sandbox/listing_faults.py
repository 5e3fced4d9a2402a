"""Faults of listings and of Amazon's catalogue.

Those without a point at which they strike are asked for by name, where their work is done.
"""

from typing import Final

from amzlink.sandbox import refusals
from amzlink.sandbox.fault import Fault, always
from amzlink.sandbox.messages import Response
from amzlink.sandbox.table import (
    GET_CATALOG_ITEM,
    GET_LISTING,
    PATCH_LISTING,
    SEARCH_CATALOG,
    SEARCH_LISTINGS,
)

PATCH_REFUSED: Final = "listing-patch-refused"
PATCH_REFUSED_AFTER_PREVIEW: Final = "listing-patch-refused-after-preview"
PATCH_REFUSED_LATER: Final = "listing-patch-refused-later"
PATCH_LOST: Final = "listing-patch-lost"
PATCH_SPOILS_OTHERS: Final = "listing-patch-spoils-others"

LISTING_CALLS: Final = frozenset({GET_LISTING.id, SEARCH_LISTINGS.id, PATCH_LISTING.id})
_PATCH: Final = frozenset({PATCH_LISTING.id})
_CATALOG: Final = frozenset({SEARCH_CATALOG.id, GET_CATALOG_ITEM.id})

LISTING_FAULTS: Final = (
    Fault("role-missing-catalog", "the app may not read the catalogue", refuse=always(_CATALOG, refusals.denied())),
    Fault(
        "role-missing-listings-write",
        "the app may read listings but not change them",
        refuse=always(_PATCH, refusals.denied()),
    ),
    Fault(
        "listings-throttled",
        "every call for listings is over quota",
        intercept=always(LISTING_CALLS, refusals.quota_exceeded()),
    ),
    Fault(PATCH_REFUSED, "every change to a listing is invalid, and so is its preview"),
    Fault(PATCH_REFUSED_AFTER_PREVIEW, "every change to a listing is invalid, although its preview was valid"),
    Fault(
        PATCH_REFUSED_LATER, "changes to listings are accepted, but later the listing has an issue and its old weight"
    ),
    Fault(PATCH_LOST, "changes to listings are accepted, but never made"),
    Fault(PATCH_SPOILS_OTHERS, "a change for one marketplace removes the values of the others"),
    Fault(
        "listing-patch-lost-answer",
        "changes to listings are accepted, but the answer is an internal error",
        lose=always(_PATCH, refusals.internal_failure()),
    ),
    Fault(
        "listing-patch-lost-answer-hang",
        "changes to listings are accepted, but the answer never comes",
        lose=always(_PATCH, Response(200, silent=True)),
    ),
)
