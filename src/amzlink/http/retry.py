"""When a call is made again and when it is given up: one policy and one loop for both services.

A service says what an answer means (`Outcome`), `judge` decides what follows, and `Retrier` does it. A call that counts
as failed is made `ATTEMPTS` times at most. The time between doubles from `FIRST_BACKOFF` up to `LONGEST_BACKOFF`
seconds, and up to half of it is taken off at random; the service's own wish comes first.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from amzlink.problems import Problem
from amzlink.problems.failures import CallFailed

if TYPE_CHECKING:
    from amzlink.http.client import Response
    from amzlink.http.patience import Patience

ATTEMPTS: Final = 4
FIRST_BACKOFF: Final = 1.0
LONGEST_BACKOFF: Final = 30.0


class Meaning(Enum):
    """What an answer, or its absence, means for another attempt."""

    DONE = auto()
    MAY_PASS = auto()
    """The service or the network has a problem that may be over in a moment."""
    THROTTLED = auto()
    """The service takes no more calls for now; nothing was done."""
    CREDENTIALS_REFUSED = auto()
    """Other credentials may help, a fresh token for example; nothing was done."""
    FINAL = auto()
    """Another attempt would end the same way."""


class WhenThrottled(Enum):
    """What a call does that the service throttles."""

    GIVE_UP = auto()
    TRY_AGAIN = auto()
    """As often as after any failure. The quota's own wait comes first, so there is no other after the first attempt."""
    WAIT = auto()
    """For as long as the run may wait. It counts as no attempt."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a call may be made. `repeatable`: twice does no harm, because it changes nothing or ends the same way."""

    operation: str
    repeatable: bool
    when_throttled: WhenThrottled


@dataclass(frozen=True, slots=True)
class Attempt:
    """The attempt that is under way. `number` begins at 1; `pauses` are the waits that counted as no attempt."""

    number: int = 1
    pauses: int = 0
    credentials_renewed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `failure` is raised where it was the last; `told` is the wait in seconds that was asked."""

    meaning: Meaning
    failure: Exception | None = None
    told: float | None = None


class Wait(NamedTuple):
    """Seconds to wait: a random time between these two."""

    least: float
    most: float


NO_WAIT: Final = Wait(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Again:
    """Make the call again `after` a wait, as the attempt `counts`."""

    after: Wait
    counts: Attempt


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Raise the failure."""

    failure: Exception


DONE: Final = Outcome(Meaning.DONE)


def judge(call: Call, attempt: Attempt, outcome: Outcome) -> Again | GiveUp:
    """What follows from how an attempt of a call ended that is not done."""
    again: Again | None = None
    if outcome.meaning is Meaning.MAY_PASS and call.repeatable:
        again = _counted(attempt, _wait(outcome.told, attempt.number))
    elif outcome.meaning is Meaning.THROTTLED:
        again = _throttled(call, attempt, outcome.told)
    elif outcome.meaning is Meaning.CREDENTIALS_REFUSED and not attempt.credentials_renewed:
        again = Again(NO_WAIT, replace(attempt, credentials_renewed=True))
    if again:
        return again
    if outcome.failure is None:
        raise ValueError(f"{outcome.meaning} comes without a failure")
    return GiveUp(outcome.failure)


def _throttled(call: Call, attempt: Attempt, told: float | None) -> Again | None:
    if call.when_throttled is WhenThrottled.WAIT:
        pauses = attempt.pauses + 1
        return Again(_wait(told, pauses), replace(attempt, pauses=pauses))
    if call.when_throttled is WhenThrottled.TRY_AGAIN:
        return _counted(attempt, _wait(told, attempt.number) if told or attempt.number > 1 else NO_WAIT)
    return None


def _counted(attempt: Attempt, wait: Wait) -> Again | None:
    return Again(wait, replace(attempt, number=attempt.number + 1)) if attempt.number < ATTEMPTS else None


def _wait(told: float | None, number: int) -> Wait:
    """The service's own wish; else a time that doubles with the number of attempts or pauses, which begins at 1."""
    if told:
        return Wait(told, told)
    ceiling = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (number - 1))
    return Wait(ceiling / 2, ceiling)


class Retrier:
    """Makes calls until they are done or given up, within the waits that the run is allowed."""

    def __init__(self, patience: "Patience", rng: random.Random | None = None) -> None:
        self._patience = patience
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret

    def run(
        self,
        call: Call,
        send: "Callable[[], Response]",
        classify: "Callable[[Response], Outcome]",
        renew_credentials: Callable[[], None] | None = None,
    ) -> "Response":
        """The answer of the attempt that was done.

        Raises:
            CallFailed: of the last attempt. What else `classify` gives as a failure is raised too.
        """
        attempt = Attempt()
        while True:
            try:
                response = send()
            except CallFailed as failure:
                outcome = Outcome(Meaning.MAY_PASS if failure.passes else Meaning.FINAL, failure)
            else:
                outcome = classify(response)
                if outcome.meaning is Meaning.DONE:
                    return response
            verdict = judge(call, attempt, outcome)
            if isinstance(verdict, GiveUp):
                raise verdict.failure
            self._prepare(verdict, attempt, outcome, renew_credentials)
            attempt = verdict.counts

    def _prepare(
        self, again: Again, attempt: Attempt, outcome: Outcome, renew_credentials: Callable[[], None] | None
    ) -> None:
        if again.counts.credentials_renewed and not attempt.credentials_renewed and renew_credentials:
            renew_credentials()
        if again.after.most and isinstance(outcome.failure, Problem):
            self._patience.wait(self._rng.uniform(*again.after), outcome.failure)
