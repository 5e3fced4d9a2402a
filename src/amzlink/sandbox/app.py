"""The sandbox without a socket: a request in, an answer out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import ENDPOINTS, Region
from amzlink.sandbox import (
    catalog_items,
    control,
    documents,
    feeds,
    listings,
    lwa,
    orders,
    patches,
    reports,
    sellers,
    shipments,
    tokens,
)
from amzlink.sandbox.access import HEADER, check_region, check_token
from amzlink.sandbox.account import HOME
from amzlink.sandbox.fault import Call
from amzlink.sandbox.foreign_faults import ID_MISSING
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.parameters import Arguments, parse_query, read_arguments
from amzlink.sandbox.refusals import RefusalError, quota_exceeded, request_broken, unknown_path
from amzlink.sandbox.sendcloud import app as sendcloud
from amzlink.sandbox.table import (
    CONFIRM_SHIPMENT,
    CREATE_FEED,
    CREATE_FEED_DOCUMENT,
    CREATE_RDT,
    CREATE_REPORT,
    DOWNLOAD_CALL,
    GET_ACCOUNT,
    GET_CATALOG_ITEM,
    GET_FEED,
    GET_FEED_DOCUMENT,
    GET_FEEDS,
    GET_LISTING,
    GET_ORDER,
    GET_PARTICIPATIONS,
    GET_REPORT,
    GET_REPORT_DOCUMENT,
    GET_REPORTS,
    LWA_CALL,
    NO_OPERATION,
    PATCH_LISTING,
    SEARCH_CATALOG,
    SEARCH_LISTINGS,
    SEARCH_ORDERS,
    UPLOAD_CALL,
    Operation,
    find_operation,
)
from amzlink.sandbox.world import World

_NO_URL: Final = frozenset('"<>[\\]^`{|}')  # no request's target has them unless they are encoded (RFC 3986)
_RATE_IS_TOLD: Final = frozenset({200, 201, 202, 204, 400, 404})
_ANSWERS: Final[Mapping[str, Callable[[World, Arguments], Response]]] = MappingProxyType(
    {
        SEARCH_ORDERS.id: orders.search_orders,
        GET_ORDER.id: orders.get_order,
        GET_PARTICIPATIONS.id: sellers.get_participations,
        GET_ACCOUNT.id: sellers.get_account,
        GET_LISTING.id: listings.get_listings_item,
        SEARCH_LISTINGS.id: listings.search_listings_items,
        GET_CATALOG_ITEM.id: catalog_items.get_catalog_item,
        SEARCH_CATALOG.id: catalog_items.search_catalog_items,
        GET_REPORT.id: reports.get_report,
        GET_REPORTS.id: reports.get_reports,
        GET_FEED.id: feeds.get_feed,
        GET_FEEDS.id: feeds.get_feeds,
    }
)
# Those that look at more of a request than its parameters.
_ANSWERS_TO_REQUESTS: Final[Mapping[str, Callable[[World, Arguments, Request], Response]]] = MappingProxyType(
    {
        CREATE_RDT.id: lambda world, _arguments, request: tokens.create_restricted_data_token(world, request),
        CONFIRM_SHIPMENT.id: shipments.confirm_shipment,
        CREATE_FEED_DOCUMENT.id: feeds.create_feed_document,
        CREATE_FEED.id: feeds.create_feed,
        GET_FEED_DOCUMENT.id: feeds.get_feed_document,
        PATCH_LISTING.id: patches.patch_listings_item,
        CREATE_REPORT.id: reports.create_report,
        GET_REPORT_DOCUMENT.id: reports.get_report_document,
    }
)


class SandboxApp:
    """LWA, SP-API, Sendcloud and the control calls of one world, on one origin.

    A path that begins with `/na`, `/eu` or `/fe` is a call to the host of that region; any other, to the seller's own.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def handle(self, request: Request) -> Response:
        """The answer to one request; may be called from several threads."""
        with self.world.lock:
            self.world.faults.settle(self.world.clock.now())
            feeds.settle(self.world)
            patches.settle(self.world)
            reports.settle(self.world)
            if request.path == control.ROOT or request.path.startswith(f"{control.ROOT}/"):
                return control.handle(self.world, request)
            if sendcloud.is_sendclouds(request.path):
                return sendcloud.handle(self.world.sendcloud, request, self.world.count_call)
            if request.path.startswith(f"{documents.ROOT}/"):
                return self._document(request)
            if request.path == lwa.PATH:
                return self._sign(self._token(request), of_the_api=False)
            return self._sign(self._call(request), of_the_api=True)

    def _sign(self, answer: Response, *, of_the_api: bool) -> Response:
        """Adds what every answer of Amazon's carries; what something else put in its place has no request id."""
        told = self.world.now() + self.world.faults.shift_date(of_the_api=of_the_api)
        headers = {"Date": format_datetime(told, usegmt=True)}
        if answer.has_id and not self.world.faults.has(ID_MISSING):
            headers["x-amzn-RequestId"] = self.world.make_request_id()
        return answer.with_headers(headers)

    def _document(self, request: Request) -> Response:
        name = UPLOAD_CALL if request.method == "PUT" else DOWNLOAD_CALL
        self.world.count_call(name)
        call = Call(name)
        struck = self.world.faults.intercept(call)
        answer = struck or self.world.faults.distort(call, self.world.documents.serve(request, self.world.now()))
        return answer.with_headers({"Date": format_datetime(self.world.now(), usegmt=True)})

    def _token(self, request: Request) -> Response:
        self.world.count_call(LWA_CALL)
        call = Call(LWA_CALL)
        struck = self.world.faults.intercept(call)
        answer = struck or self.world.faults.distort(call, lwa.answer_token(self.world, request))
        return answer.with_headers({"Cache-Control": "no-store"})

    def _call(self, request: Request) -> Response:
        if (request.method == "GET" and request.body) or not _NO_URL.isdisjoint(request.query):
            # Stopped in front of the API, by something that speaks HTML (for brackets: models#3970).
            return request_broken()
        region, request = _split_region(request)
        found = find_operation(request.method, request.path)
        if found is None:
            return self.world.faults.intercept(Call(NO_OPERATION)) or unknown_path()
        operation, variables = found
        self.world.count_call(operation.id)
        answer = self._answer(region, operation, variables, request)
        if answer.status in _RATE_IS_TOLD:
            answer = answer.with_headers({"x-amzn-RateLimit-Limit": str(self.world.quota.rate(operation))})
        return answer

    def _answer(self, region: Region, operation: Operation, variables: dict[str, str], request: Request) -> Response:
        grant = self.world.grants.get(request.headers.get(HEADER, ""))
        call = Call(operation.id, parse_query(request.query), region, renewed=grant is not None and grant.renewed)
        refused = self.world.faults.intercept(call) or check_token(self.world, request)
        if refused is not None:
            return refused
        if not self.world.quota.take(region, operation, self.world.now()):
            return quota_exceeded()
        marketplace_ids = call.query.get("marketplaceIds", "").split(",")
        refused = self.world.faults.refuse(call) or check_region(self.world, region, marketplace_ids)
        if refused is not None:
            return refused
        try:
            answer = self.world.faults.distort(call, self._perform(operation, variables, request))
        except RefusalError as error:
            return error.response
        return (self.world.faults.lose(call) if answer.status < 300 else None) or answer

    def _perform(self, operation: Operation, variables: dict[str, str], request: Request) -> Response:
        arguments = read_arguments(operation, variables, request.query)
        if operation.id in _ANSWERS_TO_REQUESTS:
            return _ANSWERS_TO_REQUESTS[operation.id](self.world, arguments, request)
        return _ANSWERS[operation.id](self.world, arguments)


def _split_region(request: Request) -> tuple[Region, Request]:
    """The region whose host is called, and the request without it."""
    for region in ENDPOINTS:
        if request.path.startswith(f"/{region}/"):
            return region, replace(request, path=request.path.removeprefix(f"/{region}"))
    return HOME, request
