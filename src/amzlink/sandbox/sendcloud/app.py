"""Sendcloud's half of the sandbox without a socket: a request in, an answer out."""

from collections.abc import Callable, Mapping
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.fault import Call
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.parameters import parse_query
from amzlink.sandbox.sendcloud import errors, integrations, orders, shipments
from amzlink.sandbox.sendcloud.access import answer_token, check_caller
from amzlink.sandbox.sendcloud.ask import Ask
from amzlink.sandbox.sendcloud.errors import SendcloudError
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.table import (
    AUTH_METADATA,
    CREATE_ORDERS,
    DELETE_ORDER,
    GET_INTEGRATION,
    GET_ORDER,
    GET_SHIPMENT,
    LIST_INTEGRATIONS,
    LIST_ORDERS,
    LIST_SHIPMENTS,
    LIST_STATUSES,
    NO_OPERATION,
    PATCH_INTEGRATION,
    PATCH_ORDER,
    ROOT,
    TOKEN_EXCHANGE,
    TOKEN_PATH,
    Operation,
    find_operation,
    knows_path,
)

_ROOTS: Final = ("/api/", "/oauth2/")
_ANSWERS: Final[Mapping[str, Callable[[Panel, Ask], Response]]] = MappingProxyType(
    {
        AUTH_METADATA.id: integrations.get_metadata,
        LIST_INTEGRATIONS.id: integrations.list_integrations,
        GET_INTEGRATION.id: integrations.get_integration,
        PATCH_INTEGRATION.id: integrations.patch_integration,
        LIST_STATUSES.id: integrations.list_statuses,
        CREATE_ORDERS.id: orders.create_orders,
        LIST_ORDERS.id: orders.list_orders,
        GET_ORDER.id: orders.get_order,
        PATCH_ORDER.id: orders.patch_order,
        DELETE_ORDER.id: orders.delete_order,
        LIST_SHIPMENTS.id: shipments.list_shipments,
        GET_SHIPMENT.id: shipments.get_shipment,
    }
)


def is_sendclouds(path: str) -> bool:
    """Whether a call there is one to Sendcloud."""
    return path.startswith(_ROOTS)


def handle(panel: Panel, request: Request, count_call: Callable[[str], None]) -> Response:
    """The answer to one request; each is counted under its operation, however it is answered."""
    answer = _token(panel, request, count_call) if request.path == TOKEN_PATH else _call(panel, request, count_call)
    return answer.with_headers({"Date": format_datetime(panel.now(), usegmt=True)})


def _token(panel: Panel, request: Request, count_call: Callable[[str], None]) -> Response:
    count_call(TOKEN_EXCHANGE.id)
    struck = panel.faults.intercept(Call(TOKEN_EXCHANGE.id))
    if struck is not None:
        return struck
    if request.method != "POST":
        return errors.oauth_error(405, "request_forbidden", "The token endpoint takes POST only.")
    return answer_token(panel, request).with_headers({"Cache-Control": "no-store"})


def _call(panel: Panel, request: Request, count_call: Callable[[str], None]) -> Response:
    found = find_operation(request.method, request.path)
    if found is None:
        return panel.faults.intercept(Call(NO_OPERATION)) or _nothing_there(request)
    operation, variable = found
    count_call(operation.id)
    ask = Ask(
        path=request.path.removeprefix(ROOT),
        variable=variable,
        query=parse_query(request.query),
        media_type=request.media_type,
        body=request.body,
    )
    return _answer(panel, operation, ask, request)


def _answer(panel: Panel, operation: Operation, ask: Ask, request: Request) -> Response:
    call = Call(operation.id, ask.query, body=ask.body)
    refused = panel.faults.intercept(call) or check_caller(panel, request, operation)
    if refused is not None:
        return refused
    wait = panel.limits.take(panel.keys.integration_id, panel.now(), reads=operation.reads)
    if wait is not None:
        return errors.throttled(wait)
    refused = panel.faults.refuse(call)
    if refused is not None:
        return refused
    panel.orders.settle(panel.now())
    try:
        answer = panel.faults.distort(call, _ANSWERS[operation.id](panel, ask))
    except SendcloudError as error:
        return error.response
    # What was refused was not carried out: there is no answer to lose.
    return (panel.faults.lose(call) if answer.status < 300 else None) or answer


def _nothing_there(request: Request) -> Response:
    if knows_path(request.path):
        return errors.failure(405, "invalid", f'Method "{request.method}" not allowed.')
    return errors.not_found("The requested resource was not found.")
