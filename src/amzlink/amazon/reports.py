"""Reports API 2021-06-30. Here only its door is tried: whether the app may look at the reports of orders."""

from collections.abc import Mapping
from typing import Final

import msgspec

from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import Link
from amzlink.wire.bodies import UNREADABLE

GET_REPORTS: Final = Operation("getReports", 0.0222, 10, "Direct-to-Consumer Shipping")
ORDERS_TO_SHIP: Final = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"


class _Report(msgspec.Struct, frozen=True, rename="camel"):
    report_id: str


class _Reports(msgspec.Struct, frozen=True):
    reports: tuple[_Report, ...]


def prove_reports_access(link: Link) -> Mapping[str, object]:
    """Ask for the latest report of orders to ship, if there ever was one; what may stand in evidence comes back.

    Nothing is made and nothing with personal data is read. An answer shows that the API is open; that the report's
    document may be read as well, only a real one can show.

    Raises:
        Problem: `access-denied`, `response-malformed`, or as `Link.get`.
    """
    answer = link.get(GET_REPORTS, "/reports/2021-06-30/reports", {"reportTypes": ORDERS_TO_SHIP, "pageSize": "1"})
    try:
        reports = msgspec.json.decode(answer.body, type=_Reports).reports
    except UNREADABLE as error:
        raise link.malformed(GET_REPORTS, answer.request_id, "it is no list of reports") from error
    return {"status": 200, "request_id": answer.request_id, "reports": len(reports)}
