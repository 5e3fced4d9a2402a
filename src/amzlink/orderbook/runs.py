"""The runs of the jobs: when, with what result; and what the vault has to know when it is opened."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from sqlalchemy import func, select

from amzlink.clock import to_iso
from amzlink.orderbook.database import Database, StoreBook, upsert
from amzlink.orderbook.schema import RUNS, VAULT_CHAINS, VAULT_FLOORS
from amzlink.problems import ProblemName


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One finished run of a job. `amazon_time` is set where Amazon's Date header bore out the time."""

    job: str
    started_at: datetime
    finished_at: datetime
    problem: ProblemName | None
    counts: Mapping[str, object]
    amazon_time: datetime | None


class SealedMarks(msgspec.Struct, frozen=True):
    """The first day whose boxes may be opened, and the chains that boxes were sealed with, by month."""

    floor: date | None
    chain_ids: Mapping[str, str]


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
    }
    with book.writing() as connection:
        connection.execute(upsert(RUNS), row)


def last_amazon_time(database: Database) -> str | None:
    """The latest time that Amazon bore out to any store, ISO 8601."""
    with database.reading() as connection:
        latest: str | None = connection.scalar(select(func.max(RUNS.c.amazon_time)))
        return latest


def sealed_marks(book: StoreBook) -> SealedMarks:
    """What the vault of a store has to be held against."""
    with book.reading() as connection:
        floor = connection.scalar(select(VAULT_FLOORS.c.floor).where(VAULT_FLOORS.c.store == book.store))
        chains = connection.execute(select(VAULT_CHAINS).where(VAULT_CHAINS.c.store == book.store))
        return SealedMarks(date.fromisoformat(floor) if floor else None, {row.month: row.chain_id for row in chains})
