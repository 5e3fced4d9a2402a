"""Calls that get only so long."""

import threading

import pytest

from amzlink.time_limits import OutOfTime, outcomes_within, within


def test_a_call_in_time_gives_its_result() -> None:
    assert within(30, lambda: "done") == "done"


def test_a_call_that_hangs_is_left_behind() -> None:
    with pytest.raises(OutOfTime):
        within(0.05, threading.Event().wait)


def test_an_error_of_the_call_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        within(30, lambda: 1 // 0)


def test_of_several_calls_each_has_its_own_outcome() -> None:
    def refuse() -> str:
        raise LookupError("refused")

    calls = {"good": lambda: "done", "refused": refuse, "late": lambda: str(threading.Event().wait())}
    outcomes = outcomes_within(1, calls, LookupError)
    assert outcomes["good"] == "done"
    assert isinstance(outcomes["refused"], LookupError)
    assert isinstance(outcomes["late"], OutOfTime)


def test_several_calls_run_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=30)
    assert len(set(outcomes_within(30, dict.fromkeys("abc", barrier.wait), LookupError).values())) == 3


def test_an_error_that_nobody_expects_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        outcomes_within(30, {"good": lambda: 1, "bug": lambda: 1 // 0}, LookupError)
