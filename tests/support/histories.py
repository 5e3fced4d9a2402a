"""State machines of hypothesis as tests of a length: short ones for every run, long ones for `make soak`."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine


def of_length(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> Any:
    """The test of a state machine, with so many histories of at most so many steps."""
    every = list(HealthCheck)  # a history takes its time, and none of the checks is about what is wrong here
    wanted = settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=every)
    return type("TestCase", (machine.TestCase,), {"settings": wanted})
