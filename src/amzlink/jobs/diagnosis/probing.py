"""Making the calls of the probes, with a limit of time, and keeping what came of each."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec

from amzlink.amazon.transport import DeadPageToken
from amzlink.core.diagnosis.judge import Reply
from amzlink.problems import Problem, ProblemName, services
from amzlink.time_limits import OutOfTime, outcomes_within

K = TypeVar("K")
Call = Callable[[], Mapping[str, Any]]


class Limits(msgspec.Struct, frozen=True):
    """How long a call may wait for quotas and for another try, and how long it may take in all."""

    waits: timedelta
    call: timedelta


_WAITS_OF_A_CHECK: Final = 0.4
PATIENT: Final = Limits(waits=timedelta(minutes=10), call=timedelta(minutes=7))
"""For connect: somebody waits for the proof. A search that meets an empty quota waits three minutes; the waits of calls
that are made at the same time are added up, although they pass together."""


def limits_of_check(limit: timedelta) -> Limits:
    """A check may wait for part of its time only: after the last wait a try must still come back, or be named."""
    return Limits(waits=limit * _WAITS_OF_A_CHECK, call=limit)


def replies_within(limits: Limits, calls: Mapping[K, Call]) -> dict[K, Reply]:
    """Make all calls at the same time; a call that is late ends in `check-timeout`."""
    tasks = {key: (lambda call=call: _reply_of(call)) for key, call in calls.items()}
    outcomes = outcomes_within(limits.call.total_seconds(), tasks, Problem)
    return {key: _as_reply(outcome, limits) for key, outcome in outcomes.items()}


def too_slow(limit: timedelta) -> Problem:
    """What a call that is late ends in."""
    return Problem(ProblemName.CHECK_TIMEOUT, seconds=round(limit.total_seconds()))


def _reply_of(call: Call) -> Reply:
    try:
        return Reply(facts=call())
    except DeadPageToken:
        detail = services.MENTIONS_PAGE_TOKEN
        return Reply(Problem(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail=detail))


def _as_reply(outcome: Reply | Problem | OutOfTime, limits: Limits) -> Reply:
    if isinstance(outcome, Reply):
        return outcome
    return Reply(outcome if isinstance(outcome, Problem) else too_slow(limits.call))
