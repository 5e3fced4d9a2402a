"""Parcels that no carrier has scanned while their orders fall due: what is said of them."""

from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun


def ship_by_near(run: StoreRun, count: int) -> Problem:
    """The warning; a store that has set a guard is told what that does, and no other number of hours."""
    near = run.naming_store(Problem(ProblemName.SHIP_BY_NEAR, count=count))
    guard_hours = run.store.ship_by_guard_hours
    return near.with_facts(advice=guard_hours) if guard_hours > 0 else near
