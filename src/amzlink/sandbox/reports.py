"""The Reports API, version 2021-06-30, for the one type of report that lists what the seller sells."""

import gzip
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox import listings_report
from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.clock import iso
from amzlink.sandbox.documents import LIFE, Document
from amzlink.sandbox.feed_desk import Status
from amzlink.sandbox.listing_faults import (
    REPORT_CANCELLED,
    REPORT_DOCUMENT_EXPIRED,
    REPORT_FAILED,
    REPORT_STUCK,
    REPORT_WITHOUT_CHARSET,
)
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.parameters import Arguments, parse_time, read_payload
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid, page_token_dead, refusal
from amzlink.sandbox.report_desk import Report
from amzlink.sandbox.world import World

KEPT: Final = timedelta(days=90)
DEFAULT_PAGE: Final = 10
_MOST_MARKETPLACES: Final = 25
_COMPRESSED_FROM_BYTES: Final = 64 * 1024  # Amazon decides for itself; here small reports stay readable
_WHY_FATAL: Final = b'{"errorDetails":"The report could not be made. Please try again later."}'
_ENDED: Final = frozenset({Status.DONE, Status.FATAL})


def create_report(world: World, _arguments: Arguments, request: Request) -> Response:
    """Takes the request for a report."""
    body, now = read_payload(request), world.now()
    report_type, marketplace_ids = body.get("reportType"), body.get("marketplaceIds")
    if report_type != listings_report.TYPE:
        raise _bad_input(f"This sandbox makes reports of type {listings_report.TYPE}.")
    if not isinstance(marketplace_ids, list) or not all(isinstance(each, str) for each in marketplace_ids):
        raise _bad_input("marketplaceIds is a list of ids.")
    if not 0 < len(marketplace_ids) <= _MOST_MARKETPLACES:
        raise _bad_input(f"marketplaceIds holds one to {_MOST_MARKETPLACES} ids.")
    refused = check_marketplaces(world, marketplace_ids)
    if refused:
        return refused
    data = _read_moment(body, "dataStartTime", now), _read_moment(body, "dataEndTime", now)
    report_id = f"{world.random().randrange(10**10, 10**11)}"
    world.reports.take(report_id, report_type, tuple(marketplace_ids), data, now)
    return json_response(202, {"reportId": report_id})


def get_report(world: World, arguments: Arguments) -> Response:
    """How far a report has come."""
    report_id = arguments.text("reportId") or ""
    report = world.reports.reports.get(report_id)
    if report is None or world.now() - report.created > KEPT:
        return refusal(404, "NotFound", "The requested report was not found.", report_id)
    return json_response(200, _tell(report))


def get_reports(world: World, arguments: Arguments) -> Response:
    """The reports of some types, the newest first; without a type there has to be the token of a next page."""
    if arguments.has("nextToken"):
        if len(arguments.raw) > 1:
            raise not_valid("nextToken", "It is given alone.")
        kept = world.reports.pages.get(arguments.raw["nextToken"])
        return page_token_dead() if kept is None else _page(world, *kept)
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    if not arguments.has("reportTypes"):
        raise not_valid("reportTypes", "Either reportTypes or nextToken must be given.")
    now = world.now()
    since = arguments.time("createdSince") or now - KEPT
    if now - since > KEPT:
        raise not_valid("createdSince", f"Reports are kept for {KEPT.days} days.")
    return _page(world, _find(world, arguments, since, now), arguments.number("pageSize", DEFAULT_PAGE))


def get_report_document(world: World, arguments: Arguments, request: Request) -> Response:
    """The address from which a report is downloaded."""
    document_id = arguments.text("reportDocumentId") or ""
    document = world.documents.find(document_id)
    if document is None or not world.reports.has_document(document_id):
        raise _bad_input("Invalid input")
    encoding = "gzip" if document.compressed and arguments.flag("enableContentEncodingUrlHeader") else None
    expires = world.now() + (timedelta() if world.faults.has(REPORT_DOCUMENT_EXPIRED) else LIFE)
    url = world.documents.sign(document, "GET", request.origin, expires, encoding=encoding)
    told = {"reportDocumentId": document.id, "url": url}
    return json_response(200, told | ({"compressionAlgorithm": "GZIP"} if document.compressed else {}))


def settle(world: World) -> None:
    """Brings the reports up to the present."""
    if not world.reports.open:
        return
    now = world.now()
    for report in world.reports.open:
        if report.status is Status.IN_QUEUE and now >= report.starts:
            report.status = Status.CANCELLED if world.faults.has(REPORT_CANCELLED) else Status.IN_PROGRESS
        if report.status is Status.IN_PROGRESS and now >= report.ends and not world.faults.has(REPORT_STUCK):
            _make(world, report)
    world.reports.open = [each for each in world.reports.open if each.status in {Status.IN_QUEUE, Status.IN_PROGRESS}]


def _make(world: World, report: Report) -> None:
    if world.faults.has(REPORT_FAILED):
        report.status = Status.FATAL
        report.document_id = world.documents.add("application/json", _WHY_FATAL).id
        return
    text = listings_report.write_listings(world, report.marketplace_ids)
    if text is None:
        # A report that would tell nothing is not made.
        report.status = Status.CANCELLED
        return
    report.status, report.document_id = Status.DONE, _keep(world, text).id


def _keep(world: World, text: bytes) -> Document:
    told = "" if world.faults.has(REPORT_WITHOUT_CHARSET) else f"; charset={listings_report.CHARSET}"
    compressed = len(text) > _COMPRESSED_FROM_BYTES
    body = gzip.compress(text) if compressed else text
    return world.documents.add(f"text/plain{told}", body, compressed=compressed)


def _find(world: World, arguments: Arguments, since: datetime, now: datetime) -> list[Report]:
    until = arguments.time("createdUntil") or now
    types, statuses = arguments.items("reportTypes"), arguments.items("processingStatuses")
    marketplaces = set(arguments.items("marketplaceIds"))
    return [
        report
        for report in reversed(world.reports.reports.values())
        if since <= report.created <= until
        and report.type in types
        and (not statuses or report.status in statuses)
        and (not marketplaces or marketplaces & set(report.marketplace_ids))
    ]


def _page(world: World, found: list[Report], size: int) -> Response:
    told: Json = {"reports": [_tell(report) for report in found[:size]]}
    if len(found) > size:
        told["nextToken"] = token = world.make_request_id()
        world.reports.pages[token] = found[size:], size
    return json_response(200, told)


def _tell(report: Report) -> Json:
    told: Json = {
        "reportId": report.id,
        "reportType": report.type,
        "marketplaceIds": list(report.marketplace_ids),
        "dataStartTime": iso(report.data_start),
        "dataEndTime": iso(report.data_end),
        "createdTime": iso(report.created),
        "processingStatus": report.status.value,
    }
    if report.status is not Status.IN_QUEUE:
        told["processingStartTime"] = iso(report.starts)
    if report.status in _ENDED or report.status is Status.CANCELLED:
        told["processingEndTime"] = iso(report.ends if report.status in _ENDED else report.starts)
    if report.document_id:
        told["reportDocumentId"] = report.document_id
    return told


def _read_moment(body: Json, name: str, now: datetime) -> datetime:
    value = body.get(name)
    if value is None:
        return now
    moment = parse_time(value) if isinstance(value, str) else None
    if moment is None:
        raise invalid_input(f"Invalid date/time field [{name}]")
    if moment > now:
        raise _bad_input(f"{name} lies in the future.")
    return moment


def _bad_input(details: str) -> RefusalError:
    return invalid_input("Invalid input", details)
