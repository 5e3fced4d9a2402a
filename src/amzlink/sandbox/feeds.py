"""The Feeds API, version 2021-06-30, for the one type of feed that confirms shipments."""

import gzip
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox import fulfilment_feed
from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.clock import iso
from amzlink.sandbox.documents import LIFE
from amzlink.sandbox.feed_desk import Feed, Status
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.parameters import Arguments, read_object
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid, page_token_dead, refusal
from amzlink.sandbox.shipment_faults import (
    DOCUMENT_EXPIRED,
    FEED_CANCELLED,
    FEED_FATAL,
    FEED_FATAL_HALFWAY,
    FEED_STUCK,
)
from amzlink.sandbox.world import World

FEED_TYPE: Final = "POST_ORDER_FULFILLMENT_DATA"
KEPT: Final = timedelta(days=90)
DEFAULT_PAGE: Final = 10
_MOST_MARKETPLACES: Final = 25
_COMPRESSED_FROM_BYTES: Final = 64 * 1024  # Amazon decides for itself; here small reports stay readable
_REPORT_TYPE: Final = "text/xml; charset=UTF-8"


def create_feed_document(world: World, _arguments: Arguments, request: Request) -> Response:
    """A place for a document, and the address to which it is uploaded."""
    content_type = _read_payload(request).get("contentType")
    if not isinstance(content_type, str) or not content_type:
        raise _bad_input("contentType is required.")
    document = world.documents.add(content_type)
    url = world.documents.sign(document, "PUT", _origin(request), _expiry(world))
    return json_response(201, {"feedDocumentId": document.id, "url": url})


def create_feed(world: World, _arguments: Arguments, request: Request) -> Response:
    """Takes a feed whose document was uploaded."""
    body = _read_payload(request)
    feed_type, marketplace_ids = body.get("feedType"), body.get("marketplaceIds")
    if feed_type != FEED_TYPE:
        raise _bad_input(f"This sandbox knows feeds of type {FEED_TYPE}.")
    if not isinstance(marketplace_ids, list) or not all(isinstance(each, str) for each in marketplace_ids):
        raise _bad_input("marketplaceIds is a list of ids.")
    if not 0 < len(marketplace_ids) <= _MOST_MARKETPLACES:
        raise _bad_input(f"marketplaceIds holds one to {_MOST_MARKETPLACES} ids.")
    refused = check_marketplaces(world, marketplace_ids)
    if refused:
        return refused
    document = world.documents.find(str(body.get("inputFeedDocumentId")))
    # What Amazon says of a document that was never uploaded is not known; it demands the upload to come first.
    if document is None or document.body is None:
        raise _bad_input("Invalid input")
    feed_id = f"{world.random().randrange(10**10, 10**11)}"
    world.feeds.take(feed_id, feed_type, tuple(marketplace_ids), document.id, world.now())
    return json_response(202, {"feedId": feed_id})


def get_feed(world: World, arguments: Arguments) -> Response:
    """How far a feed has come."""
    feed_id = arguments.text("feedId") or ""
    feed = world.feeds.feeds.get(feed_id)
    if feed is None or world.now() - feed.created > KEPT:
        return refusal(404, "NotFound", "The requested feed was not found.", feed_id)
    return json_response(200, _tell(feed))


def get_feeds(world: World, arguments: Arguments) -> Response:
    """Feeds, the newest first, page by page; the token of a next page stands alone."""
    if arguments.has("nextToken"):
        if len(arguments.raw) > 1:
            raise not_valid("nextToken", "It is given alone.")
        kept = world.feeds.pages.get(arguments.raw["nextToken"])
        return page_token_dead() if kept is None else _page(world, *kept)
    if not arguments.has("feedTypes"):
        raise not_valid("feedTypes", "Either feedTypes or nextToken must be given.")
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    now = world.now()
    since = arguments.time("createdSince") or now - KEPT
    if now - since > KEPT:
        raise not_valid("createdSince", f"Feeds are kept for {KEPT.days} days.")
    return _page(world, _find(world, arguments, since, now), arguments.number("pageSize", DEFAULT_PAGE))


def get_feed_document(world: World, arguments: Arguments, request: Request) -> Response:
    """The address from which a document is downloaded."""
    document = world.documents.find(arguments.text("feedDocumentId") or "")
    if document is None or document.body is None:
        raise _bad_input("Invalid input")
    encoding = "gzip" if document.compressed and arguments.flag("enableContentEncodingUrlHeader") else None
    url = world.documents.sign(document, "GET", _origin(request), _expiry(world), encoding=encoding)
    told = {"feedDocumentId": document.id, "url": url}
    return json_response(200, told | ({"compressionAlgorithm": "GZIP"} if document.compressed else {}))


def settle(world: World) -> None:
    """Brings the feeds up to the present: what is due by now is processed as of the moment at which it was due."""
    if not world.feeds.open:
        return
    now = world.now()
    for feed in world.feeds.open:
        if feed.status is Status.IN_QUEUE and now >= feed.starts:
            feed.status = Status.CANCELLED if world.faults.has(FEED_CANCELLED) else Status.IN_PROGRESS
        if feed.status is Status.IN_PROGRESS and now >= feed.ends and not world.faults.has(FEED_STUCK):
            _process(world, feed)
    world.feeds.open = [feed for feed in world.feeds.open if feed.status in {Status.IN_QUEUE, Status.IN_PROGRESS}]


def _process(world: World, feed: Feed) -> None:
    if world.faults.has(FEED_FATAL):
        feed.status = Status.FATAL
        return
    document = world.documents.find(feed.document_id)
    body = document.body if document is not None else None
    messages = fulfilment_feed.read(body or b"", world.account.seller_id)
    if world.faults.has(FEED_FATAL_HALFWAY):
        fulfilment_feed.process(world, messages.first_half(), feed.id, feed.ends)
        feed.status = Status.FATAL
        return
    report = fulfilment_feed.process(world, messages, feed.id, feed.ends)
    compressed = len(report) > _COMPRESSED_FROM_BYTES
    result = world.documents.add(_REPORT_TYPE, gzip.compress(report) if compressed else report, compressed=compressed)
    feed.result_document_id, feed.status = result.id, Status.DONE


def _find(world: World, arguments: Arguments, since: datetime, now: datetime) -> list[Feed]:
    until = arguments.time("createdUntil") or now
    types, statuses = arguments.items("feedTypes"), arguments.items("processingStatuses")
    marketplaces = set(arguments.items("marketplaceIds"))
    return [
        feed
        for feed in reversed(world.feeds.feeds.values())
        if since <= feed.created <= until
        and feed.type in types
        and (not statuses or feed.status in statuses)
        and (not marketplaces or marketplaces & set(feed.marketplace_ids))
    ]


def _page(world: World, found: list[Feed], size: int) -> Response:
    told: Json = {"feeds": [_tell(feed) for feed in found[:size]]}
    if len(found) > size:
        told["nextToken"] = token = world.make_request_id()
        world.feeds.pages[token] = found[size:], size
    return json_response(200, told)


def _tell(feed: Feed) -> Json:
    told: Json = {
        "feedId": feed.id,
        "feedType": feed.type,
        "marketplaceIds": list(feed.marketplace_ids),
        "createdTime": iso(feed.created),
        "processingStatus": feed.status.value,
    }
    if feed.status is not Status.IN_QUEUE:
        told["processingStartTime"] = iso(feed.starts)
    if feed.status in {Status.DONE, Status.FATAL}:
        told["processingEndTime"] = iso(feed.ends)
    if feed.status is Status.CANCELLED:
        told["processingEndTime"] = iso(feed.starts)
    if feed.result_document_id:
        told["resultFeedDocumentId"] = feed.result_document_id
    return told


def _read_payload(request: Request) -> Json:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise RefusalError(415, "UnsupportedMediaType", "The request payload is in an unsupported format.")
    return read_object(request)


def _bad_input(details: str) -> RefusalError:
    return invalid_input("Invalid input", details)


def _expiry(world: World) -> datetime:
    return world.now() if world.faults.has(DOCUMENT_EXPIRED) else world.now() + LIFE


def _origin(request: Request) -> str:
    """Where the client reached the sandbox: its documents lie on the same origin."""
    return f"http://{request.headers.get('host', '127.0.0.1')}"
