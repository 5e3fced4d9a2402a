"""The Feeds API, version 2021-06-30, for the one type of feed that confirms shipments."""

from typing import Final

from amzlink.sandbox import fulfilment_feed, processing
from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.feed_queue import Feed
from amzlink.sandbox.job_queue import Status
from amzlink.sandbox.messages import Request, Response, json_response
from amzlink.sandbox.parameters import Arguments, read_payload
from amzlink.sandbox.processing import bad_input
from amzlink.sandbox.shipment_faults import (
    DOCUMENT_EXPIRED,
    FEED_CANCELLED,
    FEED_FATAL,
    FEED_FATAL_HALFWAY,
    FEED_STUCK,
)
from amzlink.sandbox.world import World

FEED_TYPE: Final = "POST_ORDER_FULFILLMENT_DATA"
_REPORT_TYPE: Final = "text/xml; charset=UTF-8"


def create_feed_document(world: World, _arguments: Arguments, request: Request) -> Response:
    """A place for a document, and the address to which it is uploaded."""
    content_type = read_payload(request).get("contentType")
    if not isinstance(content_type, str) or not content_type:
        raise bad_input("contentType is required.")
    document = world.documents.add(content_type)
    expires = processing.expiry(world, DOCUMENT_EXPIRED)
    url = world.documents.sign(document, "PUT", request.origin, expires)
    return json_response(201, {"feedDocumentId": document.id, "url": url})


def create_feed(world: World, _arguments: Arguments, request: Request) -> Response:
    """Takes a feed whose document was uploaded."""
    body = read_payload(request)
    if body.get("feedType") != FEED_TYPE:
        raise bad_input(f"This sandbox knows feeds of type {FEED_TYPE}.")
    marketplace_ids = processing.read_marketplaces(body)
    refused = check_marketplaces(world, marketplace_ids)
    if refused:
        return refused
    document = world.documents.find(str(body.get("inputFeedDocumentId")))
    # What Amazon says of a document that was never uploaded is not known; it demands the upload to come first.
    if document is None or document.body is None:
        raise bad_input("Invalid input")
    feed_id = processing.make_job_id(world)
    world.feeds.take(feed_id, FEED_TYPE, marketplace_ids, document.id, world.now())
    return json_response(202, {"feedId": feed_id})


def get_feed(world: World, arguments: Arguments) -> Response:
    """How far a feed has come."""
    return processing.answer_job(world, world.feeds, arguments.text("feedId") or "")


def get_feeds(world: World, arguments: Arguments) -> Response:
    """Feeds, the newest first, page by page; the token of a next page stands alone."""
    if arguments.has("nextToken"):
        return processing.answer_next_page(world, world.feeds, arguments)
    processing.check_types(world.feeds, arguments)
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    return refused or processing.answer_first_page(world, world.feeds, arguments)


def get_feed_document(world: World, arguments: Arguments, request: Request) -> Response:
    """The address from which a document is downloaded."""
    document = world.documents.find(arguments.text("feedDocumentId") or "")
    if document is None or document.body is None:
        raise bad_input("Invalid input")
    return processing.answer_document(world, world.feeds, document, arguments, request, expired=DOCUMENT_EXPIRED)


def settle(world: World) -> None:
    """Brings the feeds up to the present."""
    processing.settle(world, world.feeds, _process, cancelled=FEED_CANCELLED, stuck=FEED_STUCK)


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
    feed.status, feed.result_document_id = Status.DONE, world.documents.add(_REPORT_TYPE, report).id
