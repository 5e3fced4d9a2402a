"""Faults in which a service, or whatever answers in its place, sends what no good service would.

The bodies of `body-...` come from Amazon's API, those of `lwa-body-...` from Login with Amazon, of `document-body-...`
from where reports and the results of feeds are downloaded, and of `sendcloud-body-...` from Sendcloud.
"""

from collections.abc import Callable
from typing import Final

from amzlink.sandbox import distortions, hostile
from amzlink.sandbox.distortions import Distortion
from amzlink.sandbox.fault import Call, Choice, Fault, Memory, always
from amzlink.sandbox.messages import Json, Response, raw_json
from amzlink.sandbox.refusals import lwa_error, refusal
from amzlink.sandbox.table import (
    API_CALLS,
    CREATE_FEED_DOCUMENT,
    DOWNLOAD_CALL,
    GET_FEED_DOCUMENT,
    GET_REPORT_DOCUMENT,
    LWA_CALL,
    SEARCH_ORDERS,
)

_BODIES: Final[tuple[tuple[str, str, Callable[[Response, int], Response]], ...]] = (
    ("nested", "are 100,000 nested lists", hostile.nested),
    ("huge", "are 600 megabytes large, or as large as CONTROL/bodies says", hostile.huge),
    ("gzip-bomb", "unpack to 600 megabytes, or to as many as CONTROL/bodies says", hostile.gzip_bomb),
    ("drips", "come as one byte every two seconds and never end", hostile.drips),
    ("ends-early", "are cut off before the length that they promise", hostile.ends_early),
)
_DOCUMENT_URLS: Final = frozenset({GET_REPORT_DOCUMENT.id, GET_FEED_DOCUMENT.id, CREATE_FEED_DOCUMENT.id})
_WITH_URL: Final = frozenset({200, 201})


def body_faults(prefix: str, whose: str, operations: frozenset[str]) -> tuple[Fault, ...]:
    """A fault for each kind of body, at these operations."""
    return tuple(
        Fault(f"{prefix}{name}", f"{whose} {what}", distort=_spoil(operations, make)) for name, what, make in _BODIES
    )


def _spoil(operations: frozenset[str], make: Callable[[Response, int], Response]) -> Choice:
    def choose(call: Call, _memory: Memory) -> Distortion | None:
        return (lambda answer: make(answer, call.megabytes)) if call.operation in operations else None

    return choose


def _change(operations: frozenset[str], change: Callable[[Json], None]) -> Choice:
    def distort(answer: Response) -> Response:
        return distortions.change_json(answer, change)

    return lambda call, _memory: distort if call.operation in operations else None


HOSTILE_FAULTS: Final = (
    *body_faults("body-", "the API's answers", API_CALLS),
    *body_faults("lwa-body-", "LWA's answers", frozenset({LWA_CALL})),
    *body_faults("document-body-", "downloaded documents", frozenset({DOWNLOAD_CALL})),
    Fault(
        "refusal-nested",
        "every call is refused, and the error is 100,000 lists within each other",
        refuse=always(API_CALLS, raw_json(400, hostile.NESTED)),
    ),
    Fault(
        "refusal-hostile-text",
        "every call is refused with a code and a message that would take over a terminal",
        refuse=always(API_CALLS, refusal(400, hostile.TEXT, hostile.TEXT, hostile.TEXT)),
    ),
    Fault(
        "lwa-hostile-text",
        "LWA refuses with a code and a message that would take over a terminal",
        intercept=always(frozenset({LWA_CALL}), lwa_error(400, hostile.TEXT, hostile.TEXT)),
    ),
    Fault(
        "lwa-endless-life",
        "LWA says that its tokens are valid for 10^400 seconds",
        distort=lambda call, _memory: hostile.endless_life if call.operation == LWA_CALL else None,
    ),
    Fault(
        "page-token-huge",
        "every page of orders has a next page, with a token of a million characters",
        distort=_change(frozenset({SEARCH_ORDERS.id}), hostile.huge_page_token),
    ),
    Fault(
        "document-url-control-characters",
        "the addresses of documents have control characters in them",
        distort=_change(_DOCUMENT_URLS, hostile.control_character_in_url),
        strikes=_WITH_URL,
    ),
    Fault(
        "document-url-huge",
        "the addresses of documents have a million characters",
        distort=_change(_DOCUMENT_URLS, hostile.huge_url),
        strikes=_WITH_URL,
    ),
)
