"""Faults of reports: of the requests for them, of how they end, and of their documents and texts.

Those without a point at which they strike are asked for by name, where their work is done.
"""

from typing import Final

from amzlink.sandbox import refusals
from amzlink.sandbox.fault import Fault, always
from amzlink.sandbox.table import CREATE_REPORT, GET_REPORT, GET_REPORT_DOCUMENT, GET_REPORTS

ROLE_MISSING: Final = "role-missing-orders-report"
DENIED: Final = "report-denied"
FAILED: Final = "report-failed"
CANCELLED: Final = "report-cancelled"
STUCK: Final = "report-hang-in-progress"
WITHOUT_DOCUMENT: Final = "report-without-document"
DOCUMENT_EXPIRED: Final = "report-document-expired"
DOCUMENT_EXPIRED_ONCE: Final = "report-document-expired-once"
GZIP_ENDS_EARLY: Final = "report-gzip-ends-early"
GZIP_BOMB: Final = "report-gzip-bomb"
WITHOUT_CHARSET: Final = "report-without-charset"
UTF8: Final = "report-utf8"
UTF8_MISNAMED: Final = "report-utf8-misnamed"
SHIFT_JIS: Final = "report-shift-jis"
EMPTY: Final = "report-empty"
HEADER_ONLY: Final = "report-header-only"
COLUMNS_CHOSEN: Final = "report-columns-chosen"
COLUMNS_DOUBLED: Final = "report-columns-doubled"
COLUMN_MISSING: Final = "report-column-missing"
LINE_SHORT: Final = "report-line-short"
LINE_LONG: Final = "report-line-long"
LINE_BREAK: Final = "report-line-break"
QUOTATION_MARK: Final = "report-quotation-mark"
ORDER_TWICE: Final = "report-order-twice"

REPORT_CALLS: Final = frozenset({GET_REPORTS.id, CREATE_REPORT.id, GET_REPORT.id, GET_REPORT_DOCUMENT.id})
_CREATE_REPORT: Final = frozenset({CREATE_REPORT.id})

REPORT_FAULTS: Final = (
    Fault(
        ROLE_MISSING,
        "the app may list reports, but not request or read a report of orders; orders come with their addresses",
    ),
    Fault(DENIED, "every request for a report of orders is denied, and nothing else shows that"),
    Fault(FAILED, "every report ends in a fatal error; its document says why"),
    Fault(CANCELLED, "every report is cancelled before it is made"),
    Fault(STUCK, "reports are in progress and never end"),
    Fault(WITHOUT_DOCUMENT, "reports are done and have no document"),
    Fault(DOCUMENT_EXPIRED, "the addresses of reports have expired when they arrive"),
    Fault(DOCUMENT_EXPIRED_ONCE, "the first address of a report has expired when it arrives"),
    Fault(GZIP_ENDS_EARLY, "the documents of reports are compressed, and the compressed text is cut off"),
    Fault(GZIP_BOMB, "reports unpack to 1.8 gigabytes, or to three times what CONTROL/bodies says"),
    Fault(WITHOUT_CHARSET, "reports do not name their encoding"),
    Fault(UTF8, "reports are in UTF-8 and say so"),
    Fault(UTF8_MISNAMED, "reports are in UTF-8 and say that they are in Cp1252"),
    Fault(SHIFT_JIS, "reports are in Shift_JIS, as in Japan: umlauts and accents become question marks"),
    Fault(EMPTY, "the documents of reports are empty"),
    Fault(HEADER_ONLY, "reports have a header and no line"),
    Fault(COLUMNS_CHOSEN, "the merchant has chosen other columns for reports: another order, some new, some left out"),
    Fault(COLUMNS_DOUBLED, "reports have a second column of the first one's name"),
    Fault(COLUMN_MISSING, "reports lack a column that every line needs"),
    Fault(LINE_SHORT, "one line of every report ends in the middle"),
    Fault(LINE_LONG, "one line of every report has a cell too many"),
    Fault(LINE_BREAK, "one line of every report has a line break in a street or name"),
    Fault(QUOTATION_MARK, "one line of every report has a lone quotation mark in a street or name"),
    Fault(ORDER_TWICE, "the first line of every report is repeated at its end"),
    Fault(
        "report-lost-answer",
        "reports are requested, but the answer is an internal error",
        lose=always(_CREATE_REPORT, refusals.internal_failure()),
    ),
)
