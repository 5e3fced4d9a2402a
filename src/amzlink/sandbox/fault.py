"""What a fault is: the call that it looks at, and the points at which it may strike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from amzlink.amazon.marketplaces import Region
from amzlink.sandbox.account import HOME
from amzlink.sandbox.distortions import Distortion
from amzlink.sandbox.messages import Response

HUGE_MEGABYTES: Final = 600


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way through the sandbox: the operation's id, the query, decoded, the host's region, the body.

    `renewed` is true of a call whose token stems from a later authorisation than the first. `megabytes` is the size of
    a huge answer, should a fault give one.
    """

    operation: str
    query: Mapping[str, str] = field(default_factory=dict)
    region: Region = HOME
    renewed: bool = False
    body: bytes = b""
    megabytes: int = HUGE_MEGABYTES


Memory = set[str]  # what a fault has done already; empty each time it is switched on
Stop = Callable[[Call, Memory], Response | None]
Choice = Callable[[Call, Memory], Distortion | None]


def _nothing(_call: Call, _memory: Memory) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and what it does where; what it leaves alone goes on as usual.

    `strikes` are the statuses of the answers that `distort` gets.

    `ahead` moves Amazon's time, by which it answers. `date` moves no more than the header that tells it, in every
    answer or, `date_once`, in the API's next one.
    """

    name: str
    description: str
    intercept: Stop = _nothing
    refuse: Stop = _nothing
    distort: Choice = _nothing
    strikes: frozenset[int] = frozenset({200})
    lose: Stop = _nothing
    region: Region | None = None
    ahead: timedelta = timedelta()
    date: timedelta = timedelta()
    date_once: bool = False


def always(operations: frozenset[str], answer: Response) -> Stop:
    """Strikes every call of these operations."""
    return lambda call, _memory: answer if call.operation in operations else None


def first_call_of_each(operations: frozenset[str], answer: Response) -> Stop:
    """Strikes each of these operations once."""

    def stop(call: Call, memory: Memory) -> Response | None:
        if call.operation not in operations or call.operation in memory:
            return None
        memory.add(call.operation)
        return answer

    return stop


def either(*stops: Stop) -> Stop:
    """Strikes where one of these does."""

    def stop(call: Call, memory: Memory) -> Response | None:
        return next((answer for each in stops if (answer := each(call, memory)) is not None), None)

    return stop
