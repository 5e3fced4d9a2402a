"""The queues of feeds and reports: what they take in waits, is in progress and comes to an end."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from amzlink.sandbox.clock import iso
from amzlink.sandbox.messages import Json

_SHARE_IN_QUEUE: Final = 6  # a sixth of its time a job waits for its turn


class Status(StrEnum):
    """How far a job has come: Amazon's `processingStatus`."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


OPEN: Final = frozenset({Status.IN_QUEUE, Status.IN_PROGRESS})


@dataclass(slots=True, kw_only=True)
class Job(ABC):
    """What Amazon processes in its own time, with the moments at which it leaves the queue and is done."""

    id: str
    type: str
    marketplace_ids: tuple[str, ...]
    created: datetime
    starts: datetime
    ends: datetime
    status: Status = Status.IN_QUEUE
    result_document_id: str | None = None

    @abstractmethod
    def tell(self) -> Json:
        """The job as its API tells it."""

    def tell_progress(self) -> Json:
        """How far it has come, in the fields that both APIs have."""
        told: Json = {"createdTime": iso(self.created), "processingStatus": self.status.value}
        if self.status is not Status.IN_QUEUE:
            told["processingStartTime"] = iso(self.starts)
        if self.status not in OPEN:
            told["processingEndTime"] = iso(self.starts if self.status is Status.CANCELLED else self.ends)
        return told


AnyJob = TypeVar("AnyJob", bound=Job)


class JobQueue(Generic[AnyJob]):
    """Takes jobs in. `job_time` is how long one takes by itself, from its creation to its result.

    `noun` is Amazon's name for such a job, with which its fields and parameters begin.
    """

    def __init__(self, noun: str, job_time: timedelta) -> None:
        self.noun = noun
        self.job_time = job_time
        self.jobs: dict[str, AnyJob] = {}
        self.pages: dict[str, tuple[list[AnyJob], int]] = {}
        self.open: list[AnyJob] = []

    def plan(self, now: datetime, before: Iterable[AnyJob] = ()) -> tuple[datetime, datetime]:
        """When a job that is created now leaves the queue, behind those that come before it, and when it is done."""
        waiting = self.job_time / _SHARE_IN_QUEUE
        starts = max([now + waiting, *(job.ends for job in before)])
        return starts, starts + self.job_time - waiting

    def add(self, job: AnyJob) -> None:
        """Queues a job."""
        self.jobs[job.id] = job
        self.open.append(job)
