"""Faults in which something other than the API answers, or the API says nothing by which a cause could be told."""

from datetime import timedelta
from typing import Final

from amzlink.sandbox import refusals
from amzlink.sandbox.fault import Fault, always
from amzlink.sandbox.table import API_CALLS, CREATE_FEED, EVERY_CALL, GET_ORDER, SEARCH_ORDERS

ID_MISSING: Final = "request-id-missing"

_GET_ORDER: Final = frozenset({GET_ORDER.id})
_FOREIGN: Final = (
    ("404-empty", "a 404 without a body, by a gateway that calls itself nginx", refusals.gateway(404)),
    ("404-html", "a gateway's page for 404", refusals.gateway_page(404, "404 Not Found")),
    ("403-empty", "a 403 without a body, by a gateway that calls itself nginx", refusals.gateway(403)),
    ("200-html", "a gateway's page that calls itself a success", refusals.gateway_page(200, "Welcome to nginx!")),
)

FOREIGN_FAULTS: Final = (
    *(
        Fault(f"order-{name}", f"a single order is answered with {what}", intercept=always(_GET_ORDER, answer))
        for name, what, answer in _FOREIGN
    ),
    *(
        Fault(f"gateway-{name}", f"every call is answered with {what}", intercept=always(API_CALLS, answer))
        for name, what, answer in _FOREIGN
    ),
    Fault(
        "proxy-502",
        "a proxy reaches nothing, and answers everything with its page for 502",
        intercept=always(EVERY_CALL, refusals.gateway_page(502, "502 Bad Gateway")),
    ),
    Fault(
        "orders-refused-vaguely",
        "every search for orders is refused as invalid, and no field is named",
        refuse=always(frozenset({SEARCH_ORDERS.id}), refusals.vaguely_invalid()),
    ),
    Fault(
        "refused-vaguely",
        "every call is refused as invalid, and no field is named",
        refuse=always(API_CALLS, refusals.vaguely_invalid()),
    ),
    Fault(
        "feed-throttled",
        "feeds are over quota, and the gateway that says so gives no request id",
        intercept=always(frozenset({CREATE_FEED.id}), refusals.throttled_by_gateway()),
    ),
    Fault(ID_MISSING, "no answer has a request id"),
    Fault("date-two-years-ahead", "every answer has a Date two years ahead", date=timedelta(days=730)),
    Fault(
        "date-two-years-ahead-once",
        "the first answer of the API has a Date two years ahead",
        date=timedelta(days=730),
        date_once=True,
    ),
    Fault("date-40-days-ahead", "every answer has a Date 40 days ahead", date=timedelta(days=40)),
    Fault("date-40-days-behind", "every answer has a Date 40 days behind", date=-timedelta(days=40)),
)
