"""What verify asks of the order book: is it sound, is anything overdue, when did a job last succeed."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select

from amzlink.clock import from_iso
from amzlink.orderbook.database import Database, StoreBook
from amzlink.orderbook.schema import RUNS


class LastRuns(msgspec.Struct, frozen=True):
    """When a job last succeeded and last failed; None: never."""

    success: datetime | None
    failure: datetime | None
    failed_with: str | None


def book_faults(database: Database, *, thorough: bool) -> list[str]:
    """What the database finds wrong with itself; the quick form leaves out what an index has to hold."""
    with database.reading() as connection:
        return database.location.faults(connection, thorough=thorough)


def facts_of(database: Database) -> dict[str, str]:
    """Where the book is, and what it is kept by."""
    with database.reading() as connection:
        return database.location.facts(connection)


def last_runs(book: StoreBook, job: str) -> LastRuns:
    """The last good and the last bad end of a job."""
    ends = select(func.max(RUNS.c.finished_at)).where(RUNS.c.store == book.store, RUNS.c.job == job)
    failed = (
        select(RUNS.c.finished_at, RUNS.c.problem)
        .where(RUNS.c.store == book.store, RUNS.c.job == job, RUNS.c.problem.is_not(None))
        .order_by(RUNS.c.finished_at.desc())
        .limit(1)
    )
    with book.reading() as connection:
        success = connection.scalar(ends.where(RUNS.c.problem.is_(None)))
        failure = connection.execute(failed).one_or_none()
    return LastRuns(
        from_iso(success) if success else None,
        from_iso(failure.finished_at) if failure else None,
        failure.problem if failure else None,
    )


def recent_runs(database: Database, limit: int) -> list[dict[str, object]]:
    """The newest runs of all stores, for a bundle: times, counts and names of problems."""
    query = select(RUNS).order_by(RUNS.c.started_at.desc()).limit(limit)
    with database.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]
