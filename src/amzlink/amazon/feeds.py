"""Feeds API 2021-06-30: many confirmations in one document (docs/services/amazon.md, "Fulfilment feeds").

The caller takes the steps one by one, so that it can write down how far it came: `create_document`,
`upload_document`, `create_feed`; then `get_feed` until the feed is over, and `feed_results`. After a lost answer of
`create_feed` (`AnswerUnknown`) `recent_feeds` shows whether there is a feed after all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from amzlink.amazon.feed_reports import FeedResult, read_report
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import DOWNLOAD, DeadPageToken, SpApiClient
from amzlink.clock import to_iso
from amzlink.http.bodies import UndecodableError, read_json
from amzlink.http.client import Answer
from amzlink.problems import ProblemName, services
from amzlink.problems.failures import DocumentLinkExpired, Unreadable

FULFILMENT_FEED: Final = "POST_ORDER_FULFILLMENT_DATA"
CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
DONE: Final = "DONE"
CANCELLED: Final = "CANCELLED"
FATAL: Final = "FATAL"
_OVER: Final = frozenset({DONE, CANCELLED, FATAL})

_ROLE: Final = "Inventory and Order Tracking"
CREATE_FEED_DOCUMENT: Final = Operation("createFeedDocument", 0.5, 15, _ROLE)
CREATE_FEED: Final = Operation("createFeed", 0.0083, 15, _ROLE)
GET_FEEDS: Final = Operation("getFeeds", 0.0222, 10, _ROLE)
GET_FEED: Final = Operation("getFeed", 2.0, 15, _ROLE)
GET_FEED_DOCUMENT: Final = Operation("getFeedDocument", 0.0222, 10, _ROLE)

_PATH: Final = "/feeds/2021-06-30"
_PAGE: Final = "100"
Kind = TypeVar("Kind")


class UploadPlace(msgspec.Struct, frozen=True):
    """Where a document goes. The address opens it for five minutes to whoever has it, so it is shown nowhere."""

    document_id: str
    url: str

    def __repr__(self) -> str:
        return f"UploadPlace({self.document_id!r})"


class Feed(msgspec.Struct, frozen=True):
    """How far a feed has come. `status` is Amazon's word; a new one counts as not over.

    CANCELLED: nothing of it was done. FATAL: some, none or all of it was. DONE: it was read to its end, and the result
    tells which messages were refused.
    """

    feed_id: str
    status: str
    created_at: datetime
    result_document_id: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether its status is the last one."""
        return self.status in _OVER


class _ContentType(msgspec.Struct, frozen=True, rename="camel"):
    content_type: str = CONTENT_TYPE


class _NewDocument(msgspec.Struct, frozen=True, rename="camel"):
    feed_document_id: str
    url: str


class _NewFeed(msgspec.Struct, frozen=True, rename="camel"):
    marketplace_ids: tuple[str, ...]
    input_feed_document_id: str
    feed_type: str


class _FeedId(msgspec.Struct, frozen=True, rename="camel"):
    feed_id: str


class _Feed(msgspec.Struct, frozen=True, rename="camel"):
    feed_id: str
    processing_status: str
    created_time: datetime
    result_feed_document_id: str | None = None


class _Feeds(msgspec.Struct, frozen=True, rename="camel"):
    feeds: tuple[_Feed, ...]
    next_token: str | None = None


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    url: str
    compression_algorithm: str | None = None


def create_document(link: SpApiClient) -> UploadPlace:
    """A place for a feed's document. One that is never used does no harm.

    Raises:
        Problem: as `SpApiClient.post_json`, or `response-malformed`.
    """
    answer = link.post_json(CREATE_FEED_DOCUMENT, f"{_PATH}/documents", _ContentType())
    place = _decode(link, CREATE_FEED_DOCUMENT, answer, _NewDocument)
    return UploadPlace(place.feed_document_id, place.url)


def upload_document(link: SpApiClient, place: UploadPlace, body: bytes) -> None:
    """Put the document into its place; doing so twice changes nothing.

    Raises:
        Problem: as `SpApiClient.upload`; after `document-refused` a new place is needed.
    """
    link.upload(place.url, body, CONTENT_TYPE)


def create_feed(link: SpApiClient, marketplace_ids: Sequence[str], document_id: str) -> str:
    """Have the uploaded document processed; the feed's id.

    Raises:
        Problem: as `SpApiClient.post_json`, or `response-malformed`, after which the feed may exist.
    """
    document = _NewFeed(tuple(marketplace_ids), document_id, FULFILMENT_FEED)
    answer = link.post_json(CREATE_FEED, f"{_PATH}/feeds", document)
    return _decode(link, CREATE_FEED, answer, _FeedId).feed_id


def get_feed(link: SpApiClient, feed_id: str) -> Feed:
    """How far a feed has come.

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    answer = link.get(GET_FEED, f"{_PATH}/feeds/{quote(feed_id, safe='')}", {})
    return _to_feed(_decode(link, GET_FEED, answer, _Feed))


def recent_feeds(link: SpApiClient, since: datetime) -> list[Feed]:
    """The account's feeds of confirmations since then, this app's or not, the newest first.

    Amazon keeps 90 days of them and does not tell which document a feed was made of: it is the time that tells which
    feed came of a call whose answer was lost.

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    query = {"feedTypes": FULFILMENT_FEED, "createdSince": to_iso(since), "pageSize": _PAGE}
    found: list[Feed] = []
    used: set[str] = set()
    while True:
        page = _read_feeds(link, query)
        found += map(_to_feed, page.feeds)
        if not page.next_token or page.next_token in used:
            return sorted(found, key=lambda feed: feed.created_at, reverse=True)
        used.add(page.next_token)
        query = {"nextToken": page.next_token}  # it goes alone


def feed_results(link: SpApiClient, document_id: str, messages: int | None = None) -> dict[int, FeedResult]:
    """What the report of a feed that is DONE says: by message, and only of those refused or doubted.

    The message 0 stands for the feed as a whole: then nothing of it was read. `messages` is how many the feed had; a
    report that contradicts that, or itself, is as good as none.

    Raises:
        Problem: `document-refused`, `response-malformed`, or as `SpApiClient.get`.
    """
    try:
        return _fetch_results(link, document_id, messages)
    except DocumentLinkExpired:
        # A new link is good for five minutes.
        return _fetch_results(link, document_id, messages)


def _fetch_results(link: SpApiClient, document_id: str, messages: int | None) -> dict[int, FeedResult]:
    answer = link.get(GET_FEED_DOCUMENT, f"{_PATH}/documents/{quote(document_id, safe='')}", {})
    document = _decode(link, GET_FEED_DOCUMENT, answer, _Document)
    body = link.download(document.url).body
    try:
        return read_report(body, compressed=document.compression_algorithm == "GZIP", messages=messages)
    except ValueError as error:
        raise Unreadable(ProblemName.RESPONSE_MALFORMED, operation=DOWNLOAD, detail=str(error)) from None


def _read_feeds(link: SpApiClient, query: dict[str, str]) -> _Feeds:
    try:
        answer = link.get(GET_FEEDS, f"{_PATH}/feeds", query)
    except DeadPageToken:
        raise link.malformed(GET_FEEDS, "", services.NO_NEXT_PAGE) from None
    return _decode(link, GET_FEEDS, answer, _Feeds)


def _to_feed(feed: _Feed) -> Feed:
    return Feed(feed.feed_id, feed.processing_status, feed.created_time, feed.result_feed_document_id)


def _decode(link: SpApiClient, operation: Operation, answer: Answer, kind: type[Kind]) -> Kind:
    try:
        return read_json(answer.body, kind)
    except UndecodableError:
        # The error's own text may quote the answer, which may hold a document's address.
        raise link.malformed(operation, answer.request_id, services.UNEXPECTED_FORM) from None
