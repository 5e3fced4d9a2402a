"""The runs of the jobs: when, and with what result."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from amzlink.clock import to_iso
from amzlink.orderbook.database import StoreBook, upsert
from amzlink.orderbook.schema import RUNS
from amzlink.problems import ProblemName


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One finished run of a job. `amazon_time` is set where Amazon's Date header bore out the time."""

    job: str
    started_at: datetime
    finished_at: datetime
    problem: ProblemName | None
    counts: Mapping[str, object]
    amazon_time: datetime | None


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
