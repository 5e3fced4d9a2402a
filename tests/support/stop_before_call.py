"""Runs amzlink in this process and stops it just before a call, as a machine stops that is put to sleep.

`python -m tests.support.stop_before_call PART COUNT WORDS...`: the process gets SIGSTOP before its COUNT-th call that
changes something at an address with PART in it. After SIGCONT ten minutes have passed on this machine, by its own
counter.
"""

import os
import signal
import sys
import time

import httpx

from amzlink.cli.main import run
from amzlink.clock import elapsed_seconds
from amzlink.deps import system_deps

SLEPT = 600.0


class Stopping(httpx.BaseTransport):
    """The way to the services, with a stop on it."""

    def __init__(self, part: str, count: int) -> None:
        self.is_awake = False
        self._part = part
        self._left = count
        self._way = httpx.HTTPTransport(verify=False)
        signal.signal(signal.SIGCONT, self._wake)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and self._part in request.url.path:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGSTOP)
                while not self.is_awake:  # the other threads may have got the signal first
                    time.sleep(0.01)
        return self._way.handle_request(request)

    def elapsed(self) -> float:
        return elapsed_seconds() + (SLEPT if self.is_awake else 0)

    def _wake(self, *_: object) -> None:
        self.is_awake = True


def main() -> int:
    """Run the command line; its way to the services is `Stopping`."""
    part, count, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    deps = system_deps(os.environ, interactive=False)
    stopping = Stopping(part, count)
    deps.transport, deps.elapsed = stopping, stopping.elapsed
    return run(words, deps)


if __name__ == "__main__":
    sys.exit(main())
