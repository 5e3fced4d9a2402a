"""The feeds of a world: which there are, and how far each has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.job_queue import Job, JobQueue
from amzlink.sandbox.messages import Json

# How long Amazon takes is not published; two minutes is the order that people tell of.
FEED_TIME: Final = timedelta(seconds=120)


@dataclass(slots=True, kw_only=True)
class Feed(Job):
    """One feed, and the document that it was created with."""

    document_id: str

    def tell(self) -> Json:
        """The feed as `getFeed` tells it."""
        told: Json = {"feedId": self.id, "feedType": self.type, "marketplaceIds": list(self.marketplace_ids)}
        told |= self.tell_progress()
        return told | ({"resultFeedDocumentId": self.result_document_id} if self.result_document_id else {})


class FeedQueue(JobQueue[Feed]):
    """Takes feeds in, one after the other."""

    def __init__(self) -> None:
        super().__init__("feed", FEED_TIME)

    def take(
        self, feed_id: str, feed_type: str, marketplace_ids: tuple[str, ...], document_id: str, now: datetime
    ) -> None:
        """Queues a new feed; it waits until those before it are done."""
        starts, ends = self.plan(now, before=self.open)
        self.add(
            Feed(
                id=feed_id,
                type=feed_type,
                marketplace_ids=marketplace_ids,
                created=now,
                starts=starts,
                ends=ends,
                document_id=document_id,
            )
        )
