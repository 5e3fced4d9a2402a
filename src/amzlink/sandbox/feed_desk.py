"""The feeds of a world: which there are, and how far each has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# How long Amazon takes is not published; two minutes is the order that people tell of.
FEED_TIME: Final = timedelta(seconds=120)
_SHARE_IN_QUEUE: Final = 6  # a sixth of that time a feed waits for its turn


class Status(StrEnum):
    """How far a feed has come."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


@dataclass(slots=True)
class Feed:
    """One feed, with the moments at which it leaves the queue and is done."""

    id: str
    type: str
    marketplace_ids: tuple[str, ...]
    document_id: str
    created: datetime
    starts: datetime
    ends: datetime
    status: Status = Status.IN_QUEUE
    result_document_id: str | None = None


class FeedDesk:
    """Takes feeds in, one after the other. `feed_time` is how long one takes from its creation to its result."""

    def __init__(self, feed_time: timedelta = FEED_TIME) -> None:
        self.feed_time = feed_time
        self.feeds: dict[str, Feed] = {}
        self.pages: dict[str, tuple[list[Feed], int]] = {}
        self.open: list[Feed] = []

    def take(
        self, feed_id: str, feed_type: str, marketplace_ids: tuple[str, ...], document_id: str, now: datetime
    ) -> Feed:
        """A new feed; it waits until those before it are done."""
        waiting = self.feed_time / _SHARE_IN_QUEUE
        starts = max([now + waiting, *(feed.ends for feed in self.open)])
        feed = Feed(feed_id, feed_type, marketplace_ids, document_id, now, starts, starts + self.feed_time - waiting)
        self.feeds[feed_id] = feed
        self.open.append(feed)
        return feed
