"""The Reports API, version 2021-06-30, for two reports: of what the seller sells, and of the orders to ship."""

from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox import listings_report, processing, report_faults, shipping_report
from amzlink.sandbox.access import check_marketplaces, is_restricted
from amzlink.sandbox.faults import ROLE_MISSING_PII
from amzlink.sandbox.job_queue import Status
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.parameters import Arguments, parse_time, read_payload
from amzlink.sandbox.processing import bad_input
from amzlink.sandbox.refusals import denied, invalid_input, resource_forbidden
from amzlink.sandbox.report_documents import add_document
from amzlink.sandbox.report_queue import Report
from amzlink.sandbox.world import World

_TYPES: Final = (listings_report.TYPE, shipping_report.TYPE)
_DENIED_BY: Final = (ROLE_MISSING_PII, report_faults.ROLE_MISSING, report_faults.DENIED)
_KEPT_WITH_ORDERS: Final = timedelta(days=30)
_WHY_FATAL: Final = b'{"errorDetails":"The report could not be made. Please try again later."}'


def create_report(world: World, _arguments: Arguments, request: Request) -> Response:
    """Takes the request for a report."""
    body, now = read_payload(request), world.now()
    report_type = body.get("reportType")
    if report_type not in _TYPES:
        raise bad_input(f"This sandbox makes reports of type {' and '.join(_TYPES)}.")
    if report_type == shipping_report.TYPE and any(world.faults.has(fault) for fault in _DENIED_BY):
        return resource_forbidden()
    marketplace_ids = processing.read_marketplaces(body)
    refused = check_marketplaces(world, marketplace_ids)
    if refused:
        return refused
    data = _read_moment(body, "dataStartTime", now), _read_moment(body, "dataEndTime", now)
    report_id = processing.make_job_id(world)
    kept = _KEPT_WITH_ORDERS if report_type == shipping_report.TYPE else processing.KEPT
    world.reports.take(report_id, report_type, marketplace_ids, now, data=data, options=_read_options(body), kept=kept)
    return json_response(202, {"reportId": report_id})


def get_report(world: World, arguments: Arguments) -> Response:
    """How far a report has come."""
    return processing.answer_job(world, world.reports, arguments.text("reportId") or "")


def get_reports(world: World, arguments: Arguments) -> Response:
    """The reports of some types, the newest first; without a type there has to be the token of a next page."""
    if arguments.has("nextToken"):
        return processing.answer_next_page(world, world.reports, arguments)
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    processing.check_types(world.reports, arguments)
    return processing.answer_first_page(world, world.reports, arguments)


def get_report_document(world: World, arguments: Arguments, request: Request) -> Response:
    """The address from which a report is downloaded."""
    document_id = arguments.text("reportDocumentId") or ""
    document = world.documents.find(document_id)
    report_type = world.reports.type_of_document(document_id, world.now())
    if document is None or report_type is None:
        raise bad_input("Invalid input")
    if report_type == shipping_report.TYPE and not is_restricted(world, request):
        return denied()
    once = world.faults.strikes_once(report_faults.DOCUMENT_EXPIRED_ONCE)
    expired = report_faults.DOCUMENT_EXPIRED_ONCE if once else report_faults.DOCUMENT_EXPIRED
    return processing.answer_document(world, world.reports, document, arguments, request, expired=expired)


def settle(world: World) -> None:
    """Brings the reports up to the present."""
    processing.settle(world, world.reports, _make, cancelled=report_faults.CANCELLED, stuck=report_faults.STUCK)


def _make(world: World, report: Report) -> None:
    if world.faults.has(report_faults.FAILED):
        report.status = Status.FATAL
        report.result_document_id = world.documents.add("application/json", _WHY_FATAL).id
        return
    text = _write(world, report)
    if text is None:
        # A report that would tell nothing is not made.
        report.status = Status.CANCELLED
        return
    report.status = Status.DONE
    if not world.faults.has(report_faults.WITHOUT_DOCUMENT):
        report.result_document_id = add_document(world, text, report.marketplace_ids[0]).id


def _write(world: World, report: Report) -> str | None:
    if report.type == listings_report.TYPE:
        return listings_report.write_listings(world, report.marketplace_ids)
    data = report.data_start, report.data_end
    with_channel = report.options.get("ShowSalesChannel") == "true"
    return shipping_report.write_orders(world, report.marketplace_ids, data, with_channel=with_channel)


def _read_options(body: Json) -> dict[str, str]:
    options = body.get("reportOptions") or {}  # an empty list counts as none: clients in PHP send it (models#2537)
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise bad_input("reportOptions is a map of texts.")
    return options


def _read_moment(body: Json, name: str, now: datetime) -> datetime:
    value = body.get(name)
    if value is None:
        return now
    moment = parse_time(value) if isinstance(value, str) else None
    if moment is None:
        raise invalid_input(f"Invalid date/time field [{name}]")
    if moment > now:
        raise bad_input(f"{name} lies in the future.")
    return moment
