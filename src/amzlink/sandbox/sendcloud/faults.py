"""Sendcloud's faults. Those without a point at which they strike are asked for by name, where their work is done."""

import json
from typing import Any, Final

from amzlink.sandbox import distortions, hostile
from amzlink.sandbox.fault import Call, Fault, Memory, Stop, always, either, first_call_of_each
from amzlink.sandbox.hostile_faults import body_faults
from amzlink.sandbox.messages import Response, json_response, raw_json
from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.errors import Flaw
from amzlink.sandbox.sendcloud.table import (
    AUTH_METADATA,
    CREATE_ORDERS,
    DELETE_ORDER,
    LIST_STATUSES,
    NO_OPERATION,
    OPERATIONS,
    PATCH_ORDER,
    TOKEN_EXCHANGE,
)

OAUTH_ONLY: Final = "sendcloud-oauth-only"
INTEGRATION_MISSING: Final = "sendcloud-integration-missing"
AMAZON_ACTIVE: Final = "sendcloud-amazon-active"
FORGETS: Final = "sendcloud-forgets"
SLOW: Final = "sendcloud-slow"
ANY_CURRENCY: Final = "sendcloud-any-currency"
UPDATED_AT_STILL: Final = "sendcloud-updated-at-still"

_TOKEN: Final = frozenset({TOKEN_EXCHANGE.id})
_API: Final = frozenset(operation.id for operation in OPERATIONS)
_EVERYTHING: Final = _API | _TOKEN | {NO_OPERATION}
_IN_AN_INTEGRATION: Final = _API - {AUTH_METADATA.id, LIST_STATUSES.id}
_CREATE: Final = frozenset({CREATE_ORDERS.id})
_WRITE: Final = frozenset({CREATE_ORDERS.id, PATCH_ORDER.id, DELETE_ORDER.id})
_WAIT_SECONDS: Final = 5


def _refuse_one(call: Call, memory: Memory) -> Response | None:
    """Picks the first order of every batch of orders never seen, and refuses it from then on wherever it turns up."""
    refused = _find_refused(call, memory)
    place = "/data/attributes/[{}]/shipping_address/postal_code"
    flaws = [Flaw(place.format(number), "Input should be a valid postal code") for number in refused]
    return errors.flawed(flaws) if flaws else None


def _refuse_without_a_pointer(call: Call, memory: Memory) -> Response | None:
    return errors.failure(422, "invalid", "Something is wrong.") if _find_refused(call, memory) else None


def _find_refused(call: Call, memory: Memory) -> list[int]:
    """The places in a batch of the orders that are refused for good."""
    if call.operation not in _CREATE:
        return []
    ids = _order_ids(call.body)
    if ids and not any(f"seen {order_id}" in memory for order_id in ids):
        memory.add(f"refused {ids[0]}")
    memory.update(f"seen {order_id}" for order_id in ids)
    return [number for number, order_id in enumerate(ids) if f"refused {order_id}" in memory]


def _order_ids(body: bytes) -> list[str]:
    try:
        orders: Any = json.loads(body)
    except ValueError:
        return []
    if not isinstance(orders, list):
        return []
    return [str(order.get("order_id")) for order in orders if isinstance(order, dict)]


def _keys_unknown() -> Stop:
    return either(always(_TOKEN, errors.client_refused()), always(_API, errors.keys_refused()))


SENDCLOUD_FAULTS: Final = (
    *body_faults("sendcloud-body-", "Sendcloud's answers", _API),
    Fault(
        "sendcloud-hostile-text",
        "Sendcloud refuses everything with a text that would take over a terminal",
        refuse=always(_API, errors.failure(400, hostile.TEXT, hostile.TEXT)),
    ),
    Fault(
        ANY_CURRENCY,
        "Sendcloud accepts orders in every currency, and not only in the three of its published list",
    ),
    Fault("sendcloud-credentials", "Sendcloud does not know the keys", intercept=_keys_unknown()),
    Fault(OAUTH_ONLY, "the Sendcloud integration takes OAuth2 only, and refuses the keys themselves"),
    Fault(
        "sendcloud-token-refused",
        "the Sendcloud integration takes OAuth2 only, and Sendcloud refuses the tokens that it issues",
        intercept=always(_API, errors.keys_refused()),
    ),
    Fault(
        INTEGRATION_MISSING,
        "the Sendcloud integration of the keys is deleted: it is in no list, and takes no orders",
    ),
    Fault(AMAZON_ACTIVE, "Sendcloud's own Amazon integration is on as well"),
    Fault(
        "sendcloud-throttled",
        "Sendcloud allows no more calls for now",
        intercept=always(_API, errors.throttled(_WAIT_SECONDS)),
    ),
    Fault(
        "sendcloud-throttled-once",
        "Sendcloud refuses the first call of every operation as one too many",
        intercept=first_call_of_each(_API, errors.throttled(_WAIT_SECONDS)),
    ),
    Fault(
        "sendcloud-forbidden",
        "Sendcloud knows the keys, but allows nothing with them",
        refuse=always(_API, errors.forbidden()),
    ),
    Fault(
        "sendcloud-not-found",
        "Sendcloud answers every call about the integration with 404",
        refuse=always(_IN_AN_INTEGRATION, errors.not_found(errors.INTEGRATION_GONE)),
    ),
    Fault(
        "sendcloud-broken",
        "Sendcloud answers every call with 500",
        intercept=either(
            always(_TOKEN, errors.oauth_error(500, "server_error", "An unexpected error occurred.")),
            always(_EVERYTHING, errors.broken()),
        ),
    ),
    Fault(
        "sendcloud-broken-once",
        "Sendcloud answers the first call of every operation with 500",
        intercept=first_call_of_each(_API, errors.broken()),
    ),
    Fault("sendcloud-hang", "Sendcloud never answers", intercept=always(_EVERYTHING, Response(200, silent=True))),
    Fault(
        "sendcloud-html",
        "something answers instead of Sendcloud, with a page to sign in; Amazon can be reached",
        intercept=always(_EVERYTHING, distortions.proxy_page()),
    ),
    Fault(
        "sendcloud-malformed",
        "Sendcloud's answers are cut off in the middle",
        intercept=either(
            always(_TOKEN, json_response(200, {"token_type": "bearer"})), always(_API, raw_json(200, b'{"data": [{"id'))
        ),
    ),
    Fault(
        "sendcloud-conflict",
        "Sendcloud refuses every change of orders as a conflict",
        refuse=always(_WRITE, errors.conflict()),
    ),
    Fault(
        "sendcloud-busy",
        "Sendcloud refuses every batch of orders, because it is still busy with them",
        refuse=always(_CREATE, errors.busy()),
    ),
    Fault(
        "sendcloud-busy-once",
        "Sendcloud refuses the first batch of orders, because it is still busy with them",
        refuse=first_call_of_each(_CREATE, errors.busy()),
    ),
    Fault("sendcloud-refuses-one", "Sendcloud refuses one order of every batch, for good", refuse=_refuse_one),
    Fault(
        "sendcloud-refuses-vaguely",
        "Sendcloud refuses one order of every batch, for good, and does not say which",
        refuse=_refuse_without_a_pointer,
    ),
    Fault(
        "sendcloud-keeps-orders",
        "Sendcloud deletes no order",
        refuse=always(frozenset({DELETE_ORDER.id}), errors.conflict()),
    ),
    Fault(SLOW, "Sendcloud takes minutes to store the orders that it accepts"),
    Fault(FORGETS, "Sendcloud accepts orders and stores none of them"),
    Fault(
        "sendcloud-lost-answer",
        "Sendcloud makes the first change of orders of each kind, but its answer is lost",
        lose=first_call_of_each(_WRITE, errors.broken()),
    ),
    Fault(UPDATED_AT_STILL, "a parcel's new status does not change its `updated_at`, by which amzlink finds changes"),
)
