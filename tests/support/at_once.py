"""A job of nothing for stores at once. Processes of their own load this, so it loads little."""

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping

import msgspec

from amzlink.deps import Deps
from amzlink.problems import Problem, ProblemName

SLUGS = [f"shop-{number}" for number in range(5)]


class Report(msgspec.Struct, kw_only=True):
    """What the job did, and in which process."""

    store: str
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None
    left_out: bool = False
    process: int = 0

    def counts(self) -> Mapping[str, int]:
        return {}


def empty(slug: str) -> Report:
    return Report(store=slug)


def work_elsewhere(deps: Deps, report: Report) -> None:
    """Warn, and say something; the first store's process is killed, and the fourth store has a problem."""
    report.process = os.getpid()
    deps.observer.note(f"{report.store} is worked on")
    deps.observer.warn(Problem(ProblemName.NOTIFY_FAILED, detail=report.store))
    if report.store == SLUGS[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    if report.store == SLUGS[3]:
        raise Problem(ProblemName.DNS_FAILED, host="amazon.example")


def wait_for_ever(deps: Deps, report: Report, *, stubborn: bool) -> None:
    """The first store is done at once, and says so when the second is begun. That one waits, and notes a Ctrl-C."""
    begun = deps.home.state / "begun"
    if report.store == SLUGS[0]:
        while not begun.exists():
            time.sleep(0.01)
        deps.observer.note("done")
        return
    begun.touch()
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        (deps.home.state / "stopped").touch()
        if stubborn:
            time.sleep(60)
        raise
