"""The reports of a world: which there are, and how far each has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.clock import iso
from amzlink.sandbox.job_queue import Job, JobQueue
from amzlink.sandbox.messages import Json

# How long Amazon takes is not published; a listings report of some thousand lines is told to take a minute or two.
REPORT_TIME: Final = timedelta(seconds=90)


@dataclass(slots=True, kw_only=True)
class Report(Job):
    """One report, the first and the last moment that it is to tell of, and the options it was asked for with.

    `kept` is how long its document can be had.
    """

    data_start: datetime
    data_end: datetime
    options: Mapping[str, str]
    kept: timedelta

    def tell(self) -> Json:
        """The report as `getReport` tells it."""
        told: Json = {"reportId": self.id, "reportType": self.type, "marketplaceIds": list(self.marketplace_ids)}
        told |= {"dataStartTime": iso(self.data_start), "dataEndTime": iso(self.data_end)} | self.tell_progress()
        return told | ({"reportDocumentId": self.result_document_id} if self.result_document_id else {})


class ReportQueue(JobQueue[Report]):
    """Takes requests for reports, each made beside the others."""

    def __init__(self) -> None:
        super().__init__("report", REPORT_TIME)

    def take(
        self,
        report_id: str,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        now: datetime,
        *,
        data: tuple[datetime, datetime],
        options: Mapping[str, str],
        kept: timedelta,
    ) -> None:
        """Queues a new report; `data` is the first and the last moment that it is to tell of."""
        starts, ends = self.plan(now)
        self.add(
            Report(
                id=report_id,
                type=report_type,
                marketplace_ids=marketplace_ids,
                created=now,
                starts=starts,
                ends=ends,
                data_start=data[0],
                data_end=data[1],
                options=options,
                kept=kept,
            )
        )

    def type_of_document(self, document_id: str, now: datetime) -> str | None:
        """The type of the report that has that document, as long as it is kept."""
        owners = (report for report in self.jobs.values() if report.result_document_id == document_id)
        return next((report.type for report in owners if now - report.ends <= report.kept), None)
