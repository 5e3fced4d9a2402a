"""Calls with a time limit: a name look-up or a call into D-Bus can hang beyond any time-out of its own.

Each runs in a daemon thread. One that is late is left behind, because nothing can break it off.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


class OutOfTime(BaseException):
    """The call has not come back in time. It is no `Exception`, so that no error of a call's own is taken for it."""


def outcomes_within(
    seconds: float, calls: Mapping[K, Callable[[], T]], expected: type[E]
) -> dict[K, T | E | OutOfTime]:
    """Make all calls at the same time: what each returns, the `expected` error it raises, or that it was late.

    Raises:
        BaseException: what any call raised that is not `expected`.
    """
    results: dict[K, T | E | OutOfTime] = {}
    unexpected: list[BaseException] = []

    def work(key: K, call: Callable[[], T]) -> None:
        try:
            results[key] = call()
        except expected as error:
            results[key] = error
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            unexpected.append(error)

    threads = [
        threading.Thread(target=work, name=f"amzlink-{key}", args=(key, call), daemon=True)
        for key, call in calls.items()
    ]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    if unexpected:
        raise unexpected[0]
    return {key: results.get(key, OutOfTime()) for key in calls}


def within(seconds: float, call: Callable[[], T]) -> T:
    """What the call returns, or raises.

    Raises:
        OutOfTime: it has not come back in time.
    """
    outcome = outcomes_within(seconds, {"call": call}, OutOfTime)["call"]
    if isinstance(outcome, OutOfTime):
        raise outcome
    return outcome
