"""The runs of the jobs: when, and with what result."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select

from amzlink.clock import from_iso, to_iso
from amzlink.orderbook.database import Database, StoreBook, upsert
from amzlink.orderbook.schema import RUNS
from amzlink.problems import ProblemName

_decode_facts: Final = msgspec.json.Decoder(dict[str, str | int]).decode


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One finished run of a job. `amazon_time` is set where Amazon's Date header bore out the time.

    `facts` fill the sentences of its problem.
    """

    job: str
    started_at: datetime
    finished_at: datetime
    problem: ProblemName | None
    counts: Mapping[str, object]
    amazon_time: datetime | None
    facts: Mapping[str, str | int] = {}


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """How the last runs of a job ended; None: never. `facts` fill the sentences of the problem `failed_with`.

    `failing_since` is the end of the first run that failed since the last success.
    """

    success: datetime | None = None
    failure: datetime | None = None
    failed_with: str | None = None
    facts: Mapping[str, str | int] = {}
    failing_since: datetime | None = None

    @property
    def is_failing(self) -> bool:
        """Whether the last run failed."""
        return self.failing_since is not None


def note_run(book: StoreBook, run: Run) -> None:
    """Keep the record of a run."""
    row = {
        "store": book.store,
        "job": run.job,
        "started_at": to_iso(run.started_at),
        "finished_at": to_iso(run.finished_at),
        "problem": run.problem.value if run.problem else None,
        "counts": msgspec.json.encode(run.counts).decode(),
        "amazon_time": to_iso(run.amazon_time) if run.amazon_time else None,
        "facts": msgspec.json.encode(run.facts).decode() if run.facts else None,
    }
    with book.writing() as connection:
        connection.execute(upsert(RUNS), row)


def last_begun_of_all(database: Database, job: str) -> dict[str, datetime]:
    """When each store's last run of a job began that has come to an end, by the store's slug.

    A store of which the time cannot be read is left out: it is damaged, and its own run tells of that.
    """
    query = select(RUNS.c.store, func.max(RUNS.c.started_at)).where(RUNS.c.job == job).group_by(RUNS.c.store)
    found: dict[str, datetime] = {}
    with database.reading() as connection:
        for store, started in connection.execute(query):
            with contextlib.suppress(ValueError):
                found[store] = from_iso(started)
    return found


def last_begun(book: StoreBook, job: str) -> datetime | None:
    """When the last run of a job began that has come to an end; None: there is none."""
    query = select(func.max(RUNS.c.started_at)).where(RUNS.c.store == book.store, RUNS.c.job == job)
    with book.reading() as connection:
        started = connection.scalar(query)
    return from_iso(started) if started else None


def last_ends(book: StoreBook, job: str) -> Ends:
    """How the last runs ended. Runs of one job follow each other, so the last that began ended last."""
    ours = (RUNS.c.store == book.store, RUNS.c.job == job)
    failed = select(RUNS).where(*ours, RUNS.c.problem.is_not(None))
    succeeded = select(RUNS.c.started_at, RUNS.c.finished_at).where(*ours, RUNS.c.problem.is_(None))
    newest = RUNS.c.started_at.desc()
    with book.reading() as connection:
        success = connection.execute(succeeded.order_by(newest).limit(1)).one_or_none()
        failure = connection.execute(failed.order_by(newest).limit(1)).one_or_none()
        since = failed.where(RUNS.c.started_at > success.started_at) if success else failed
        first = connection.execute(since.order_by(RUNS.c.started_at).limit(1)).one_or_none()
    return Ends(
        success=from_iso(success.finished_at) if success else None,
        failure=from_iso(failure.finished_at) if failure else None,
        failed_with=failure.problem if failure else None,
        facts=_decode_facts(failure.facts) if failure and failure.facts else {},
        failing_since=from_iso(first.finished_at) if first else None,
    )
