"""Whatever the sandbox does to a report, an import by report names the failure or takes no harm."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.orderbook.schema import ORDERS
from amzlink.sandbox.report_faults import REPORT_FAULTS
from tests.support.world import SLUG, store_on_sandbox

NO_ROLE, FAILED, UNREADABLE = "role-missing-reports", "report-failed", "response-malformed"
LINES: Final = "report-lines-unreadable"
NAMED: Final = {
    "role-missing-orders-report": NO_ROLE,
    "report-denied": NO_ROLE,
    "report-failed": FAILED,
    "report-without-document": FAILED,
    "report-hang-in-progress": "report-late",
    "report-document-expired": "document-refused",
    "report-gzip-ends-early": UNREADABLE,
    "report-gzip-bomb": UNREADABLE,
    "report-column-missing": UNREADABLE,
    "report-lost-answer": "service-unavailable",
    "report-empty": UNREADABLE,
    "report-line-short": LINES,
    "report-line-long": LINES,
    "report-line-break": LINES,
}
HARMLESS: Final = {
    "report-cancelled", "report-document-expired-once", "report-without-charset", "report-utf8", "report-utf8-misnamed",
    "report-shift-jis", "report-header-only", "report-columns-chosen", "report-columns-doubled",
    "report-quotation-mark", "report-order-twice",
}  # fmt: skip


def test_every_fault_of_reports_has_its_outcome_here() -> None:
    assert {fault.name for fault in REPORT_FAULTS} == set(NAMED) | HARMLESS


@pytest.mark.parametrize("fault", [fault.name for fault in REPORT_FAULTS])
def test_whatever_becomes_of_the_report_all_orders_come_and_a_failure_has_its_name(tmp_path: Path, fault: str) -> None:
    at = store_on_sandbox(tmp_path, orders=0, quota="off", faults=[fault])
    at.sandbox.world.faults.megabytes = 1
    at.sandbox.world.add_orders(20)
    at.clock.advance(3600)
    (report,) = import_orders(at.deps, [SLUG], ImportOptions(max_wait=timedelta(hours=1), route="report"))
    assert report.problem is None
    assert [warning.name.value for warning in at.reported.warnings] == ([NAMED[fault]] if fault in NAMED else [])
    ours = at.deps.load_config().stores[SLUG].marketplace_ids
    at_amazon = {each for each in at.sandbox.world.shippable() if at.sandbox.world.orders[each].marketplace_id in ours}
    with at.deps.book(SLUG) as book, book.reading() as connection:
        assert set(connection.scalars(select(ORDERS.c.order_id))) >= at_amazon
