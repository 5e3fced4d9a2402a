"""Reports API 2021-06-30: asking for a report, waiting for it, and reading its lines.

The caller takes the steps one by one, so that it can write down how far it came: `request_report`; then
`report_status` until the report is over; then `report_lines` of its document, or `listing_skus`.

Source: docs/services/amazon.md, "Requesting and reading a report".
"""

import codecs
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from amzlink.amazon.documents import charset_of, is_utf8, lines, pieces
from amzlink.amazon.errors import SpApiError
from amzlink.amazon.quota import Operation
from amzlink.amazon.tokens import prove_address_role, token_for
from amzlink.amazon.transport import DOWNLOAD, Document, SpApiClient
from amzlink.clock import to_iso
from amzlink.http.bodies import UndecodableError, read_json
from amzlink.http.client import Answer
from amzlink.problems import Problem, ProblemName, services
from amzlink.problems.failures import CallFailed, Denied, DocumentLinkExpired, Refused, Unreadable

GET_REPORTS: Final = Operation("getReports", 0.0222, 10, "Direct-to-Consumer Shipping")
CREATE_REPORT: Final = Operation("createReport", 0.0167, 15, "Product Listing")
GET_REPORT: Final = Operation("getReport", 2.0, 15, "Product Listing")
GET_REPORT_DOCUMENT: Final = Operation("getReportDocument", 0.0167, 15, "Product Listing")
ORDERS_TO_SHIP: Final = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
ALL_LISTINGS: Final = "GET_MERCHANT_LISTINGS_ALL_DATA"
DONE: Final = "DONE"
CANCELLED: Final = "CANCELLED"
FATAL: Final = "FATAL"
MOST_REPORT_BYTES: Final = 1024 * 1024 * 1024
"""What a report may measure unpacked; a hundred thousand listings with long descriptions have a quarter of it."""

_MOST_MARKETPLACES: Final = 10  # that getReports takes
_MOST_COLUMNS: Final = 500  # the reports have a tenth of it
_PATH: Final = "/reports/2021-06-30"
_ROLE_MISSING: Final = "access to the resource is forbidden"
_OVER: Final = frozenset({DONE, CANCELLED, FATAL})
_WITHOUT_CHARSET: Final = "cp1252"
_MISNAMED: Final = ("cp1252", "cp932")
BROKEN: Final = "\0broken"
"""In place of columns, the key of a whole line that is not of its header's form. No header can have it."""
COLUMNS: Final = "\0columns"
"""The key of how many cells that line should have."""
LOST_LETTER: Final = ("?", "\N{REPLACEMENT CHARACTER}")
"""What stands in a report for a letter that its encoding lacks."""
_ID_IS_ASIN: Final = "1"
Kind = TypeVar("Kind")


class Report(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How far a report has come. `processing_status` is Amazon's word; a new one counts as not over."""

    report_id: str
    report_type: str
    processing_status: str
    report_document_id: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether its status is the last one."""
        return self.processing_status in _OVER

    def document(self) -> str | None:
        """The id of its document; None as long as it is not over.

        Raises:
            Problem: `report-cancelled`, which mostly means that there was nothing to report; `report-failed`.
        """
        if not self.is_over:
            return None
        if self.processing_status == DONE and self.report_document_id:
            return self.report_document_id
        name = ProblemName.REPORT_CANCELLED if self.processing_status == CANCELLED else ProblemName.REPORT_FAILED
        raise Problem(name, report_type=self.report_type, report_id=self.report_id)


class ReportedListing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A line of the listings report.

    `is_damaged`: the SKU has a question mark in it, which stands for a letter that the report's encoding lacks (or for
    itself); or the line is broken and the SKU empty.
    """

    sku: str
    asin: str | None = None
    title: str | None = None
    status: str | None = None
    is_damaged: bool = False


class _Reports(msgspec.Struct, frozen=True):
    reports: tuple[Report, ...]


class _NewReport(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    report_type: str
    marketplace_ids: tuple[str, ...]
    data_start_time: str | None = None
    report_options: dict[str, str] | None = None


class _ReportId(msgspec.Struct, frozen=True, rename="camel"):
    report_id: str


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    url: str
    compression_algorithm: str | None = None


def prove_reports_access(link: SpApiClient) -> Mapping[str, object]:
    """Ask for the latest report of orders to ship, if there ever was one; what may stand in evidence comes back.

    Nothing is made and nothing with personal data is read. An answer shows that the API is open, and no more: reports
    can be listed without the restricted role. `document_id` is that of the report's document, where it has one.

    Raises:
        Problem: `access-denied`, `response-malformed`, or as `SpApiClient.get`.
    """
    answer = link.get(GET_REPORTS, f"{_PATH}/reports", {"reportTypes": ORDERS_TO_SHIP, "pageSize": "1"})
    reports = _decode(link, GET_REPORTS, answer, _Reports).reports
    told: dict[str, object] = {"status": 200, "request_id": answer.request_id, "reports": len(reports)}
    document_id = next((each.report_document_id for each in reports if each.processing_status == DONE), None)
    return told | ({"document_id": document_id} if document_id else {})


def prove_restricted_role(link: SpApiClient, document_id: str | None) -> Mapping[str, object]:
    """Ask for a token that opens this document of a report of orders, or addresses of orders where there is none.

    It is thrown away and nothing is read. `document` says whether it was one for the document. What remains open is
    whether Amazon makes a report when it is asked for one.

    Raises:
        Problem: `role-missing-reports`, or as `SpApiClient.post_json`.
    """
    if document_id:
        try:
            token_for(link, _document_path(document_id))
        except Refused as refusal:  # a document of orders is kept for 30 days, and the list goes back 90
            if refusal.name is ProblemName.ROLE_MISSING_REPORTS:
                raise
        else:
            return {"document": True}
    prove_address_role(link)
    return {"document": False}


def _document_path(document_id: str) -> str:
    return f"{_PATH}/documents/{quote(document_id, safe='')}"


# The steps -----------------------------------------------------------------------------------------------------------


def request_report(link: SpApiClient, report_type: str, marketplace_ids: Sequence[str]) -> str:
    """Have a report made; its id. One that is never fetched does no harm, but one call a minute is all there are.

    Raises:
        Problem: `role-missing-reports`, or as `SpApiClient.post_json`.
    """
    return _request(link, _NewReport(report_type, tuple(marketplace_ids)))


def _request(link: SpApiClient, document: _NewReport) -> str:
    answer = link.post_json(CREATE_REPORT, f"{_PATH}/reports", document, explain=_explain)
    return _decode(link, CREATE_REPORT, answer, _ReportId).report_id


def request_listings_report(link: SpApiClient, marketplace_ids: Sequence[str]) -> str:
    """Have the report of all listings made, whatever their state; its id.

    Raises:
        Problem: as `request_report`.
    """
    return request_report(link, ALL_LISTINGS, marketplace_ids)


def request_orders_report(link: SpApiClient, marketplace_ids: Sequence[str], since: datetime) -> str:
    """Have the report made of the orders that became ready to ship since then and still are; its id.

    Raises:
        Problem: as `request_report`; `role-missing-reports` where the restricted role is missing.
    """
    options = {"ShowSalesChannel": "true"}
    return _request(link, _NewReport(ORDERS_TO_SHIP, tuple(marketplace_ids), to_iso(since), options))


def find_orders_report(link: SpApiClient, marketplace_ids: Sequence[str], since: datetime) -> str | None:
    """The id of the newest report of orders to ship that was asked for since then; None where there is none.

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    query = {
        "reportTypes": ORDERS_TO_SHIP,
        "marketplaceIds": ",".join(marketplace_ids[:_MOST_MARKETPLACES]),
        "createdSince": to_iso(since),
        "pageSize": "1",
    }
    answer = link.get(GET_REPORTS, f"{_PATH}/reports", query)
    reports = _decode(link, GET_REPORTS, answer, _Reports).reports
    return reports[0].report_id if reports else None


def report_status(link: SpApiClient, report_id: str) -> Report:
    """How far a report has come.

    Raises:
        Problem: as `SpApiClient.get`, or `response-malformed`.
    """
    answer = link.get(GET_REPORT, f"{_PATH}/reports/{quote(report_id, safe='')}", {})
    return _decode(link, GET_REPORT, answer, Report)


def report_lines(
    link: SpApiClient,
    document_id: str,
    *,
    without_charset: str = _WITHOUT_CHARSET,
    restricted: bool = False,
    needed: Sequence[str] | None = None,
) -> Iterator[dict[str, str]]:
    """The lines of a flat-file report, by the names in its header; the document is fetched before the first.

    A report with personal data is `restricted`: its document opens to a restricted data token alone.

    Its encoding is the one that its answer names. Where it names none, or one of Windows, it is UTF-8 if all of it can
    be; without a name it is else `without_charset` (cp932 in Japan). Columns are apart by tabs and a quotation mark is
    a letter like any (docs/services/amazon.md, "What goes wrong with reports"). Nobody can tell what stands where in a
    line with more cells than the header: it comes as an empty one.

    With the columns that are `needed`, a line counts only with exactly as many cells as the header: one that lacks a
    tab in its middle has its values in the wrong columns. Any other line, an empty one too, comes as its text under
    `BROKEN` and the number of columns under `COLUMNS`, so that each line of the document comes once.

    Raises:
        Problem: `document-refused`; `response-malformed`, also where a column that is `needed` is missing; or as
            `SpApiClient.get`.
    """
    try:
        found, document = _fetch(link, document_id, restricted=restricted)
    except DocumentLinkExpired:
        # A new link is good for five minutes.
        found, document = _fetch(link, document_id, restricted=restricted)
    return _read_lines(document, found.compression_algorithm == "GZIP", without_charset, needed)


def listing_skus(link: SpApiClient, document_id: str) -> Iterator[ReportedListing]:
    """The listings in a report of `ALL_LISTINGS`.

    Headers are translated in some marketplaces (docs/services/amazon.md, "Report types and their columns"); the column
    of SKUs is then the one that has SKU in it.

    Raises:
        Problem: as `report_lines`; `response-malformed` where no column is that of the SKUs.
    """
    sku_column: str | None = None
    for line in report_lines(link, document_id):
        if not line:
            yield ReportedListing(sku="", is_damaged=True)
            continue
        sku_column = sku_column or _sku_column(line)
        sku = line.get(sku_column, "").strip()
        yield ReportedListing(
            sku=sku,
            asin=line.get("asin1") or _asin(line),
            title=line.get("item-name") or None,
            status=line.get("status") or None,
            is_damaged=not sku or any(sign in sku for sign in LOST_LETTER),
        )


def _asin(line: Mapping[str, str]) -> str | None:
    """The product's id, where it is an ASIN."""
    return (line.get("product-id") or None) if line.get("product-id-type") == _ID_IS_ASIN else None


def _sku_column(line: Mapping[str, str]) -> str:
    named = [name for name in line if name == "seller-sku"] or [name for name in line if "sku" in name]
    if len(named) != 1:
        raise Unreadable(ProblemName.RESPONSE_MALFORMED, operation=DOWNLOAD, detail=services.NO_SKU_COLUMN)
    return named[0]


def _fetch(link: SpApiClient, document_id: str, *, restricted: bool) -> tuple[_Document, Document]:
    path = _document_path(document_id)
    token = token_for(link, path) if restricted else None
    answer = link.get(GET_REPORT_DOCUMENT, path, {}, restricted_token=token)
    found = _decode(link, GET_REPORT_DOCUMENT, answer, _Document)
    return found, link.download(found.url)


def _read_lines(
    document: Document,
    compressed: bool,  # noqa: FBT001 - passed on, no switch
    fallback: str,
    needed: Sequence[str] | None,
) -> Iterator[dict[str, str]]:
    def parts() -> Iterator[bytes]:
        return pieces(document.body, compressed=compressed, most_bytes=MOST_REPORT_BYTES)

    try:
        texts = lines(parts(), _codec(document, parts, fallback))
        header = _header(next(texts, ""))
        if needed is not None:
            yield from _exactly(header, texts, needed)
            return
        for text in texts:
            cells = text.split("\t")
            if any(cells[len(header) :]):
                yield {}
            elif text.strip():
                yield dict(itertools.zip_longest(header, cells[: len(header)], fillvalue=""))
    except ValueError as error:
        raise Unreadable(ProblemName.RESPONSE_MALFORMED, operation=DOWNLOAD, detail=str(error)) from None


def _exactly(header: list[str], texts: Iterable[str], needed: Sequence[str]) -> Iterator[dict[str, str]]:
    """The lines that have a cell for each column, and the text of the others.

    Raises:
        ValueError: a column is missing.
    """
    if lacking := [name for name in needed if name not in header]:
        raise ValueError(services.columns_missing(", ".join(lacking)))
    columns = len(header)
    for text in texts:
        cells = text.split("\t")
        if len(cells) == columns:
            yield dict(zip(header, cells, strict=True))
        else:
            yield {BROKEN: text, COLUMNS: str(columns)}


def _codec(document: Document, parts: Callable[[], Iterator[bytes]], fallback: str) -> str:
    """The encoding that a document has. That of Windows is named for UTF-8 too, which no other text happens to be."""
    named = charset_of(document.content_type)
    if named not in (None, *_MISNAMED):
        return named
    if next(parts(), b"").startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if is_utf8(parts()) else named or fallback


def _header(line: str) -> list[str]:
    """The names of the columns. Of two with one name the first has it: merchants add columns, and these stand last."""
    names = [name.strip().casefold() for name in line.split("\t")]
    if len(names) > _MOST_COLUMNS:
        raise ValueError(services.TOO_MANY_COLUMNS)
    return [name if name not in names[:place] else f"{name}\t{place}" for place, name in enumerate(names)]


def _explain(refusal: Denied | Refused, error: SpApiError) -> CallFailed | None:
    """The Reports API has words of its own for a missing role.

    Source: docs/services/amazon.md, "What goes wrong with reports".
    """
    if isinstance(refusal, Denied) and _ROLE_MISSING in error.message.lower():
        return refusal.named(ProblemName.ROLE_MISSING_REPORTS)
    return None


def _decode(link: SpApiClient, operation: Operation, answer: Answer, kind: type[Kind]) -> Kind:
    try:
        return read_json(answer.body, kind)
    except UndecodableError:
        # The error's own text may quote the answer, which may hold a document's address.
        raise link.malformed(operation, answer.request_id, services.UNEXPECTED_FORM) from None
