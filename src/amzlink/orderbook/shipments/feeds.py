"""The feeds under way: each is a row before anything of it is sent, so that the next run can continue it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import select, update

from amzlink.clock import from_iso, to_iso
from amzlink.orderbook.database import StoreBook, upsert
from amzlink.orderbook.schema import FEEDS


class FeedState(StrEnum):
    """Where a feed stands."""

    PREPARING = "preparing"
    """Nothing has been asked of Amazon that would set it to work."""
    SUBMITTING = "submitting"
    """Asked for, and the answer is not known."""
    SUBMITTED = "submitted"
    DONE = "done"
    FAILED = "failed"
    """Amazon ended it without a result, or would not take it."""
    DROPPED = "dropped"
    """It never got as far as Amazon's work, by no fault of Amazon's."""


UNDER_WAY: Final = (FeedState.PREPARING, FeedState.SUBMITTING, FeedState.SUBMITTED)


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed: `name` is ours, `feed_id` Amazon's, known once it has answered. `asked_at` is in Amazon's time."""

    name: str
    feed_id: str | None
    state: FeedState
    messages: int
    asked_at: datetime
    finished_at: datetime | None = None


def note_feed(book: StoreBook, feed: FeedRow) -> None:
    """Write the row, or what has changed of it."""
    row = {
        "store": book.store,
        "feed": feed.name,
        "feed_id": feed.feed_id,
        "state": feed.state.value,
        "messages": feed.messages,
        "asked_at": to_iso(feed.asked_at),
        "finished_at": to_iso(feed.finished_at) if feed.finished_at else None,
    }
    with book.writing() as connection:
        connection.execute(upsert(FEEDS), row)


def note_feed_state(
    book: StoreBook,
    name: str,
    state: FeedState,
    *,
    feed_id: str | None = None,
    finished_at: datetime | None = None,
) -> None:
    """Move a feed on."""
    values: dict[str, object] = {"state": state.value}
    if feed_id:
        values["feed_id"] = feed_id
    if finished_at:
        values["finished_at"] = to_iso(finished_at)
    with book.writing() as connection:
        connection.execute(update(FEEDS).where(FEEDS.c.store == book.store, FEEDS.c.feed == name).values(values))


def feeds_under_way(book: StoreBook) -> list[FeedRow]:
    """The feeds whose result is not known yet, the oldest first."""
    query = select(FEEDS).where(FEEDS.c.store == book.store, FEEDS.c.state.in_([state.value for state in UNDER_WAY]))
    with book.reading() as connection:
        return [_to_feed(dict(row._mapping)) for row in connection.execute(query.order_by(FEEDS.c.asked_at))]


def known_feed_ids(book: StoreBook) -> frozenset[str]:
    """Amazon's ids of all feeds that this book has sent."""
    query = select(FEEDS.c.feed_id).where(FEEDS.c.store == book.store, FEEDS.c.feed_id.is_not(None))
    with book.reading() as connection:
        return frozenset(connection.scalars(query))


def last_feed(book: StoreBook, *states: FeedState) -> FeedRow | None:
    """The newest feed in one of these states."""
    query = select(FEEDS).where(FEEDS.c.store == book.store, FEEDS.c.state.in_([state.value for state in states]))
    with book.reading() as connection:
        row = connection.execute(query.order_by(FEEDS.c.asked_at.desc()).limit(1)).one_or_none()
    return _to_feed(dict(row._mapping)) if row else None


def _to_feed(row: dict[str, str | int | None]) -> FeedRow:
    return FeedRow(
        name=str(row["feed"]),
        feed_id=str(row["feed_id"]) if row["feed_id"] else None,
        state=FeedState(str(row["state"])),
        messages=int(row["messages"] or 0),
        asked_at=from_iso(str(row["asked_at"])),
        finished_at=from_iso(str(row["finished_at"])) if row["finished_at"] else None,
    )
