"""The operations that the sandbox serves: paths, parameters, rates.

Names and limits are those of Amazon's models (2026-08-05); a conformance test compares them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import unquote


class Kind(StrEnum):
    """How a parameter's text is read."""

    TEXT = "text"
    TIME = "time"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CSV = "csv"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter and what a value of it must be. `maximum` and `minimum` are inclusive.

    A time of a `utc_only` parameter ends in `Z`. The models allow an offset everywhere, and the Reports API takes one
    (models#1719, models#2537); the Orders API was seen to refuse it (docs/services/amazon.md, "Searching orders").
    """

    name: str
    kind: Kind = Kind.TEXT
    place: str = "query"
    required: bool = False
    values: tuple[str, ...] = ()
    max_items: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    utc_only: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API; `rate` is in requests a second."""

    id: str
    method: str
    template: str
    rate: float
    burst: int
    parameters: tuple[Parameter, ...] = ()
    by_name: dict[str, Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {parameter.name: parameter for parameter in self.parameters})

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path's variables, decoded, if this operation answers there; an encoded slash stays in its segment."""
        wanted, given = self.template.split("/"), path.split("/")
        if method != self.method or len(wanted) != len(given):
            return None
        found = {}
        for pattern, segment in zip(wanted, given, strict=True):
            if pattern.startswith("{"):
                found[pattern[1:-1]] = unquote(segment)
            elif pattern != segment:
                return None
        return found if all(found.values()) else None


STATUSES: Final = (
    "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE",
)  # fmt: skip
DATASETS: Final = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
    "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
LISTING_DATASETS: Final = (
    "summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships",
    "productTypes",
)  # fmt: skip
IDENTIFIER_TYPES: Final = ("ASIN", "EAN", "FNSKU", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
LISTING_STATUSES: Final = ("BUYABLE", "DISCOVERABLE")
CATALOG_DATASETS: Final = (
    "attributes", "classifications", "dimensions", "identifiers", "images", "productTypes", "relationships",
    "salesRanks", "summaries", "vendorDetails",
)  # fmt: skip
CATALOG_IDENTIFIER_TYPES: Final = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")
PROCESSING_STATUSES: Final = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")

_INCLUDED_DATA: Final = Parameter("includedData", Kind.CSV, values=DATASETS)
_LISTING_PARAMETERS: Final = (
    Parameter("sellerId", place="path", required=True),
    Parameter("marketplaceIds", Kind.CSV, required=True),
    Parameter("issueLocale"),
    Parameter("includedData", Kind.CSV, values=LISTING_DATASETS),
)

SEARCH_ORDERS: Final = Operation(
    "searchOrders", "GET", "/orders/2026-01-01/orders", 0.0056, 20,
    (
        Parameter("createdAfter", Kind.TIME, utc_only=True),
        Parameter("createdBefore", Kind.TIME, utc_only=True),
        Parameter("lastUpdatedAfter", Kind.TIME, utc_only=True),
        Parameter("lastUpdatedBefore", Kind.TIME, utc_only=True),
        Parameter("fulfillmentStatuses", Kind.CSV, values=STATUSES),
        Parameter("marketplaceIds", Kind.CSV, max_items=50),
        Parameter("fulfilledBy", Kind.CSV, values=("MERCHANT", "AMAZON")),
        Parameter("maxResultsPerPage", Kind.INTEGER, minimum=1, maximum=100),
        Parameter("paginationToken"),
        _INCLUDED_DATA,
    ),
)  # fmt: skip
GET_ORDER: Final = Operation(
    "getOrder", "GET", "/orders/2026-01-01/orders/{orderId}", 0.5, 30,
    (Parameter("orderId", place="path", required=True), _INCLUDED_DATA),
)  # fmt: skip
GET_PARTICIPATIONS: Final = Operation(
    "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", 0.016, 15
)
GET_ACCOUNT: Final = Operation("getAccount", "GET", "/sellers/v1/account", 0.016, 15)
CREATE_RDT: Final = Operation(
    "createRestrictedDataToken", "POST", "/tokens/2021-03-01/restrictedDataToken", 1, 10,
    (Parameter("body", Kind.BODY, place="body", required=True),),
)  # fmt: skip
GET_LISTING: Final = Operation(
    "getListingsItem", "GET", "/listings/2021-08-01/items/{sellerId}/{sku}", 5, 10,
    (*_LISTING_PARAMETERS, Parameter("sku", place="path", required=True)),
)  # fmt: skip
SEARCH_LISTINGS: Final = Operation(
    "searchListingsItems", "GET", "/listings/2021-08-01/items/{sellerId}", 5, 5,
    (
        *_LISTING_PARAMETERS,
        Parameter("identifiers", Kind.CSV, max_items=20),
        Parameter("identifiersType", values=IDENTIFIER_TYPES),
        Parameter("variationParentSku"),
        Parameter("packageHierarchySku"),
        Parameter("createdAfter", Kind.TIME),
        Parameter("createdBefore", Kind.TIME),
        Parameter("lastUpdatedAfter", Kind.TIME),
        Parameter("lastUpdatedBefore", Kind.TIME),
        Parameter("withIssueSeverity", Kind.CSV, values=("WARNING", "ERROR")),
        Parameter("withStatus", Kind.CSV, values=LISTING_STATUSES),
        Parameter("withoutStatus", Kind.CSV, values=LISTING_STATUSES),
        Parameter("sortBy", values=("sku", "createdDate", "lastUpdatedDate")),
        Parameter("sortOrder", values=("ASC", "DESC")),
        Parameter("pageSize", Kind.INTEGER, minimum=1, maximum=20),
        Parameter("pageToken"),
    ),
)  # fmt: skip
PATCH_LISTING: Final = Operation(
    "patchListingsItem", "PATCH", "/listings/2021-08-01/items/{sellerId}/{sku}", 5, 5,
    (
        Parameter("sellerId", place="path", required=True),
        Parameter("sku", place="path", required=True),
        Parameter("marketplaceIds", Kind.CSV, required=True),
        Parameter("includedData", Kind.CSV, values=("identifiers", "issues")),
        Parameter("mode", values=("VALIDATION_PREVIEW",)),
        Parameter("issueLocale"),
        Parameter("body", Kind.BODY, place="body", required=True),
    ),
)  # fmt: skip

_CATALOG_INCLUDED_DATA: Final = Parameter("includedData", Kind.CSV, values=CATALOG_DATASETS)
SEARCH_CATALOG: Final = Operation(
    "searchCatalogItems", "GET", "/catalog/2022-04-01/items", 2, 2,
    (
        Parameter("identifiers", Kind.CSV, max_items=20),
        Parameter("identifiersType", values=CATALOG_IDENTIFIER_TYPES),
        Parameter("marketplaceIds", Kind.CSV, required=True, max_items=1),
        _CATALOG_INCLUDED_DATA,
        Parameter("locale"),
        Parameter("sellerId"),
        Parameter("keywords", Kind.CSV, max_items=20),
        Parameter("brandNames", Kind.CSV),
        Parameter("classificationIds", Kind.CSV),
        Parameter("pageSize", Kind.INTEGER, minimum=1, maximum=20),
        Parameter("pageToken"),
        Parameter("keywordsLocale"),
    ),
)  # fmt: skip
GET_CATALOG_ITEM: Final = Operation(
    "getCatalogItem", "GET", "/catalog/2022-04-01/items/{asin}", 2, 2,
    (
        Parameter("asin", place="path", required=True),
        Parameter("marketplaceIds", Kind.CSV, required=True),
        _CATALOG_INCLUDED_DATA,
        Parameter("locale"),
    ),
)  # fmt: skip

CREATE_REPORT: Final = Operation(
    "createReport", "POST", "/reports/2021-06-30/reports", 0.0167, 15,
    (Parameter("body", Kind.BODY, place="body", required=True),),
)  # fmt: skip
GET_REPORT: Final = Operation(
    "getReport", "GET", "/reports/2021-06-30/reports/{reportId}", 2, 15,
    (Parameter("reportId", place="path", required=True),),
)  # fmt: skip
GET_REPORT_DOCUMENT: Final = Operation(
    "getReportDocument", "GET", "/reports/2021-06-30/documents/{reportDocumentId}", 0.0167, 15,
    (
        Parameter("reportDocumentId", place="path", required=True),
        Parameter("enableContentEncodingUrlHeader", Kind.BOOLEAN),
    ),
)  # fmt: skip
GET_REPORTS: Final = Operation(
    "getReports", "GET", "/reports/2021-06-30/reports", 0.0222, 10,
    (
        Parameter("reportTypes", Kind.CSV, max_items=10),
        Parameter("processingStatuses", Kind.CSV, values=PROCESSING_STATUSES),
        Parameter("marketplaceIds", Kind.CSV, max_items=10),
        Parameter("pageSize", Kind.INTEGER, minimum=1, maximum=100),
        Parameter("createdSince", Kind.TIME),
        Parameter("createdUntil", Kind.TIME),
        Parameter("nextToken"),
    ),
)  # fmt: skip
CONFIRM_SHIPMENT: Final = Operation(
    "confirmShipment", "POST", "/orders/v0/orders/{orderId}/shipmentConfirmation", 2, 10,
    (Parameter("orderId", place="path", required=True), Parameter("payload", Kind.BODY, place="body", required=True)),
)  # fmt: skip

CREATE_FEED_DOCUMENT: Final = Operation(
    "createFeedDocument", "POST", "/feeds/2021-06-30/documents", 0.5, 15,
    (Parameter("body", Kind.BODY, place="body", required=True),),
)  # fmt: skip
CREATE_FEED: Final = Operation(
    "createFeed", "POST", "/feeds/2021-06-30/feeds", 0.0083, 15,
    (Parameter("body", Kind.BODY, place="body", required=True),),
)  # fmt: skip
GET_FEEDS: Final = Operation(
    "getFeeds", "GET", "/feeds/2021-06-30/feeds", 0.0222, 10,
    (
        Parameter("feedTypes", Kind.CSV, max_items=10),
        Parameter("marketplaceIds", Kind.CSV, max_items=10),
        Parameter("pageSize", Kind.INTEGER, minimum=1, maximum=100),
        Parameter("processingStatuses", Kind.CSV, values=PROCESSING_STATUSES),
        Parameter("createdSince", Kind.TIME),
        Parameter("createdUntil", Kind.TIME),
        Parameter("nextToken"),
    ),
)  # fmt: skip
GET_FEED: Final = Operation(
    "getFeed", "GET", "/feeds/2021-06-30/feeds/{feedId}", 2, 15, (Parameter("feedId", place="path", required=True),)
)
GET_FEED_DOCUMENT: Final = Operation(
    "getFeedDocument", "GET", "/feeds/2021-06-30/documents/{feedDocumentId}", 0.0222, 10,
    (
        Parameter("feedDocumentId", place="path", required=True),
        Parameter("enableContentEncodingUrlHeader", Kind.BOOLEAN),
    ),
)  # fmt: skip

# LWA's endpoint has no operationId; this name stands for it where calls are counted and faults are switched.
LWA_CALL: Final = "token"
# Documents lie on hosts of their own, behind signed addresses and outside the API; these names stand for the two ways.
UPLOAD_CALL: Final = "uploadDocument"
DOWNLOAD_CALL: Final = "downloadDocument"
# A path that no operation answers; what stands on the way strikes it all the same.
NO_OPERATION: Final = ""
OPERATIONS: Final = (
    SEARCH_ORDERS, GET_ORDER, GET_PARTICIPATIONS, GET_ACCOUNT, CREATE_RDT, GET_LISTING, SEARCH_LISTINGS, GET_REPORTS,
    CONFIRM_SHIPMENT, CREATE_FEED_DOCUMENT, CREATE_FEED, GET_FEEDS, GET_FEED, GET_FEED_DOCUMENT, PATCH_LISTING,
    SEARCH_CATALOG, GET_CATALOG_ITEM, CREATE_REPORT, GET_REPORT, GET_REPORT_DOCUMENT,
)  # fmt: skip


API_CALLS: Final = frozenset(operation.id for operation in OPERATIONS)
EVERY_CALL: Final = API_CALLS | {LWA_CALL, UPLOAD_CALL, DOWNLOAD_CALL, NO_OPERATION}


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation behind a method and a raw path, with the path's variables."""
    for operation in OPERATIONS:
        found = operation.match(method, path)
        if found is not None:
            return operation, found
    return None
