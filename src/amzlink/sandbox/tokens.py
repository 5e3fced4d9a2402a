"""The Tokens API: restricted data tokens."""

import re
from typing import Any, Final
from urllib.parse import unquote

from amzlink.sandbox import report_faults, shipping_report
from amzlink.sandbox.faults import ROLE_MISSING_PII
from amzlink.sandbox.messages import Request, Response, json_response
from amzlink.sandbox.parameters import check_media_type, read_json
from amzlink.sandbox.refusals import RefusalError, invalid_input
from amzlink.sandbox.world import TOKEN_LIFE, World

MOST_RESOURCES: Final = 50
METHODS: Final = ("GET", "PUT", "POST", "DELETE")
DATA_ELEMENTS: Final = ("buyerInfo", "shippingAddress", "buyerTaxInformation")
_ELEMENTS_UNNAMED: Final = list(DATA_ELEMENTS)
_ORDERS_V0: Final = re.compile(
    r"/orders/v0/orders(/[^/]+(/(orderItems|address|buyerInfo|orderItems/buyerInfo|regulatedInfo))?)?"
)
_ORDERS_V0_MIXED: Final = re.compile(r"/orders/v0/orders(/[^/]+(/orderItems)?)?")
_DOCUMENT: Final = re.compile(r"/reports/2021-06-30/documents/[^/]+")
_MERCHANT_FULFILMENT: Final = re.compile(r"/mfn/v0/shipments(/[^/]+)?")


def create_restricted_data_token(world: World, request: Request) -> Response:
    """A token for the methods and paths that the body names, and for nothing else."""
    resources = frozenset(_read_resource(world, entry) for entry in _read_entries(request))
    token = world.issue_token("Atz.sprdt", resources)
    return json_response(200, {"restrictedDataToken": token, "expiresIn": int(TOKEN_LIFE.total_seconds())})


def _read_entries(request: Request) -> list[Any]:
    check_media_type(request)
    body = read_json(request)
    entries = body.get("restrictedResources") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not entries:
        raise _invalid_request("Resource not provided.")
    if len(entries) > MOST_RESOURCES:
        raise _invalid_request(f"More than {MOST_RESOURCES} resources.")
    return entries


def _read_resource(world: World, entry: object) -> tuple[str, str]:
    if not isinstance(entry, dict):
        raise _invalid_request("Resource not provided.")
    method, path = entry.get("method"), entry.get("path")
    if not method or not path or not isinstance(path, str):
        raise _invalid_request("Resource not provided.")
    if method not in METHODS:
        raise _invalid_request(f"Unknown method: {method}")
    path = unquote(path)  # clients encode it as they do in the call itself, or not at all
    _check_path(world, path, entry.get("dataElements"))
    return method, path


def _check_path(world: World, path: str, elements: object) -> None:
    if _DOCUMENT.fullmatch(path):
        # A report without personal data needs no such token, and gets none.
        if world.reports.type_of_document(path.rpartition("/")[2], world.now()) != shipping_report.TYPE:
            raise invalid_input("Invalid or unsupported document ID found")
        if _lacks_role(world):
            raise _no_access()
        return
    if _ORDERS_V0.fullmatch(path):
        _check_elements(elements, required=_ORDERS_V0_MIXED.fullmatch(path) is not None)
        if _lacks_role(world):
            raise _no_access_to(elements if isinstance(elements, list) else _ELEMENTS_UNNAMED)
    elif not _MERCHANT_FULFILMENT.fullmatch(path):
        raise _no_access()


def _check_elements(elements: object, *, required: bool) -> None:
    """Where a resource holds several kinds of personal data, those wanted must be named; elsewhere they may be."""
    if elements is None and not required:
        return
    if not isinstance(elements, list) or not elements or not all(element in DATA_ELEMENTS for element in elements):
        raise _invalid_request(f"dataElements must be a list of {', '.join(DATA_ELEMENTS)}.")


def _lacks_role(world: World) -> bool:
    return world.faults.has(ROLE_MISSING_PII) or world.faults.has(report_faults.ROLE_MISSING)


def _no_access_to(elements: list[str]) -> RefusalError:
    text = "Application does not have access to one or more requested data elements: "
    return RefusalError(403, "Unauthorized", f"{text}[{', '.join(elements)}]")


def _no_access() -> RefusalError:
    return RefusalError(403, "Unauthorized", "Application do not have access to some or all requested resource")


def _invalid_request(details: str) -> RefusalError:
    return RefusalError(400, "InvalidRequest", "Request is missing or has invalid parameters", details)
