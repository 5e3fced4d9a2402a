"""purge-pii: destroy personal data that is due, and be able to prove it."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from amzlink.deps import Deps
from amzlink.jobs.privacy.purge import JOB, PurgeOptions, Purger, PurgeReport
from amzlink.jobs.runs.each_store import each_store
from amzlink.jobs.runs.one_of_many import Task
from amzlink.problems import Problem
from amzlink.run import JOBS, StoreRun, run_job

_MAX_WAIT: Final = timedelta(minutes=1)


def purge_pii(deps: Deps, slugs: Sequence[str], options: PurgeOptions) -> list[PurgeReport]:
    """Purge the stores one after the other; one that fails does not hold back the others."""
    task = Task(
        job=JOB,
        report=lambda slug: PurgeReport(store=slug),
        work=lambda each, report: _purge_store(each, report, options),
        once=options == PurgeOptions(),
    )
    return each_store(deps, slugs, task)


def _purge_store(deps: Deps, report: PurgeReport, options: PurgeOptions) -> None:
    def work(run: StoreRun) -> None:
        _ask_the_time(run)
        Purger(run, options, report).purge()

    run_job(deps, JOB, report, work, dry_run=options.dry_run, max_wait=_MAX_WAIT, also_locked=set(JOBS) - {JOB})


def _ask_the_time(run: StoreRun) -> None:
    """Amazon's time, if it can be had; else what earlier runs have noted counts."""
    with contextlib.suppress(Problem):
        run.ask_time()
