"""Whether the machine's clock is wrong by so much that somebody should set it."""

from datetime import timedelta
from typing import Final

from amzlink.problems import Problem, ProblemName, network

_LARGE: Final = timedelta(minutes=2)


def is_skewed(offset: timedelta) -> bool:
    """Whether the machine's clock is so far from Amazon's that somebody should set it."""
    return abs(offset) > _LARGE


def skew_problem(offset: timedelta) -> Problem:
    """`clock-skewed`, with how far and which way."""
    return Problem(ProblemName.CLOCK_SKEWED, detail=network.clock_off_by(offset))
