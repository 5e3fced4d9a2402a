"""The reports of a world: which there are, and how far each has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.feed_desk import Status

# How long Amazon takes is not published; a listings report of some thousand lines is told to take a minute or two.
REPORT_TIME: Final = timedelta(seconds=90)
_SHARE_IN_QUEUE: Final = 6  # a sixth of that time a report waits for its turn


@dataclass(slots=True)
class Report:
    """One report, with the moments at which it leaves the queue and is done, and the times that its data are for."""

    id: str
    type: str
    marketplace_ids: tuple[str, ...]
    data_start: datetime
    data_end: datetime
    created: datetime
    starts: datetime
    ends: datetime
    status: Status = Status.IN_QUEUE
    document_id: str | None = None


class ReportDesk:
    """Takes requests for reports, each made beside the others. `report_time` is how long one takes."""

    def __init__(self) -> None:
        self.report_time = REPORT_TIME
        self.reports: dict[str, Report] = {}
        self.pages: dict[str, tuple[list[Report], int]] = {}
        self.open: list[Report] = []

    def take(
        self,
        report_id: str,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        data: tuple[datetime, datetime],
        now: datetime,
    ) -> Report:
        """A new report; `data` is the first and the last moment that it is to tell of."""
        starts, ends = now + self.report_time / _SHARE_IN_QUEUE, now + self.report_time
        report = Report(report_id, report_type, marketplace_ids, *data, now, starts, ends)
        self.reports[report_id] = report
        self.open.append(report)
        return report

    def has_document(self, document_id: str) -> bool:
        """Whether a report has that document."""
        return any(report.document_id == document_id for report in self.reports.values())
