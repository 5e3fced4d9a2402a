"""Faults of confirmations and feeds.

Those without a point at which they strike are asked for by name, where their work is done.
"""

from typing import Final

from amzlink.sandbox import refusals
from amzlink.sandbox.fault import Fault, always
from amzlink.sandbox.messages import Response
from amzlink.sandbox.table import (
    CONFIRM_SHIPMENT,
    CREATE_FEED,
    CREATE_FEED_DOCUMENT,
    GET_FEED,
    GET_FEED_DOCUMENT,
    GET_FEEDS,
)

NOT_STORED: Final = "confirmation-not-stored"
NOT_STORED_ONCE: Final = "confirmation-not-stored-once"
TRACKING_REFUSED: Final = "shipment-refused"
TRACKING_DOUBTED: Final = "tracking-doubted"
PACKAGE_STALE: Final = "package-stale"
FEED_FATAL: Final = "feed-fatal"
FEED_FATAL_HALFWAY: Final = "feed-fatal-halfway"
FEED_CANCELLED: Final = "feed-cancelled"
FEED_CONTRADICTS: Final = "feed-report-contradicts"
FEED_CONTRADICTS_AND_STORES: Final = "feed-report-contradicts-and-stores"
FEED_STUCK: Final = "feed-hang-in-progress"
DOCUMENT_EXPIRED: Final = "feed-document-expired"

_CONFIRM: Final = frozenset({CONFIRM_SHIPMENT.id})
_FEEDS: Final = frozenset({CREATE_FEED_DOCUMENT.id, CREATE_FEED.id, GET_FEED.id, GET_FEEDS.id, GET_FEED_DOCUMENT.id})
_CREATE_FEED: Final = frozenset({CREATE_FEED.id})

SHIPMENT_FAULTS: Final = (
    Fault("role-missing-confirm", "the app may not confirm shipments", refuse=always(_CONFIRM, refusals.denied())),
    Fault("role-missing-feeds", "the app may not send feeds", refuse=always(_FEEDS, refusals.denied())),
    Fault(NOT_STORED, "Amazon accepts every confirmation and stores none of them"),
    Fault(NOT_STORED_ONCE, "Amazon accepts the first confirmation and does not store it"),
    Fault(TRACKING_REFUSED, "Amazon refuses every tracking number, because it is not one of the carrier's"),
    Fault(
        TRACKING_DOUBTED, "Amazon accepts tracking numbers that do not look like the carrier's; a feed's report warns"
    ),
    Fault(PACKAGE_STALE, "every change of a package fails, because the package has changed in the meantime"),
    Fault(
        "confirm-lost-answer",
        "confirmations are stored, but the answer is an internal error",
        lose=always(_CONFIRM, refusals.internal_failure()),
    ),
    Fault(
        "confirm-lost-answer-hang",
        "confirmations are stored, but the answer never comes",
        lose=always(_CONFIRM, Response(200, silent=True)),
    ),
    Fault(FEED_FATAL, "every feed ends in a fatal error, and nothing of it is stored"),
    Fault(FEED_FATAL_HALFWAY, "every feed ends in a fatal error after half of its messages, without a report"),
    Fault(FEED_CANCELLED, "every feed is cancelled before it is processed"),
    Fault(
        "feed-lost-answer",
        "feeds are accepted, but the answer is an internal error",
        lose=always(_CREATE_FEED, refusals.internal_failure()),
    ),
    Fault(
        FEED_CONTRADICTS,
        "a feed's report refuses only the first message, but counts no success; nothing of the feed is stored",
    ),
    Fault(FEED_CONTRADICTS_AND_STORES, "the same report, but all messages except the first are stored"),
    Fault(FEED_STUCK, "feeds are in progress and never end"),
    Fault(DOCUMENT_EXPIRED, "the addresses of documents have expired when they arrive"),
)
