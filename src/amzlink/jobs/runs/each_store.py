"""A job on store after store, or on several at once: which comes first, and what came of each."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from amzlink.deps import Deps
from amzlink.jobs.runs.one_of_many import Crew, OfMany, R, Task, Told, begun_here, do_it, do_store
from amzlink.orderbook.runs import last_begun_of_all
from amzlink.problems import Problem


def each_store(deps: Deps, slugs: Sequence[str], task: Task[R], crew: Crew | None = None) -> list[R]:
    """Do a job for these stores, and give their reports in the same order.

    Those whose last run is longest ago come first: where runs are cut off again and again, none is always last.

    Raises what the work on a single store raises, where it is no Problem and nobody takes reports of bugs.
    """
    if len(slugs) == 1:
        report = task.report(slugs[0])
        do_it(deps, report, task)
        return [report]
    with deps.sharing() as shared:
        began = _time(shared)
        order = longest_ago_first(shared, task.job, slugs)
        found = _in_turn(shared, order, task, began) if crew is None else {}
    if crew is not None:  # what was opened here is closed, so that no other process has a hand on it
        from amzlink.jobs.runs.at_once import at_once  # noqa: PLC0415 - most runs are one process

        found = at_once(deps, order, task, crew, began)
    return [found[slug] for slug in slugs]


def _in_turn(deps: Deps, slugs: Sequence[str], task: Task[R], began: datetime) -> Mapping[str, R]:
    told = Told(deps.observer)
    return {
        slug: do_store(replace(deps, observer=OfMany(told, slug, number, len(slugs))), slug, task, began)
        for number, slug in enumerate(slugs, start=1)
    }


def _time(deps: Deps) -> datetime:
    """The time by which runs over all stores are compared: the server's, where machines share the order book."""
    if deps.shares_book:
        from amzlink.orderbook.leases import server_time  # noqa: PLC0415 - SQLAlchemy is heavy

        with contextlib.suppress(Problem), deps.database() as database:  # each store's run says what is wrong with it
            return server_time(database)
    return deps.clock.now()


def longest_ago_first(deps: Deps, job: str, slugs: Sequence[str]) -> Sequence[str]:
    """The stores in the order in which they come; those that never had a run of this job are first."""
    noted: Mapping[str, datetime] = {}
    ahead = timedelta()
    with contextlib.suppress(Problem), deps.database() as database:  # each store's run says what is wrong with the book
        noted = last_begun_of_all(database, job)
        if deps.shares_book:
            from amzlink.orderbook.leases import begun_by_server, server_time  # noqa: PLC0415 - SQLAlchemy is heavy

            noted = {**noted, **begun_by_server(database, job)}
            ahead = datetime.now(UTC) - server_time(database)  # as files' times are
    never = datetime.min.replace(tzinfo=UTC)

    def last(slug: str) -> datetime:
        here = begun_here(deps, job, slug)
        return max(noted.get(slug, never), here - ahead if here else never)

    return sorted(slugs, key=last)
